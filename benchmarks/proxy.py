"""The proxy's price: latency through generated Apache, nginx, HAProxy and Caddy beside the new server asked directly.

All targets are asked in turn within one run, over kept connections at a steady rate, so that what else the machine does
falls on all of them alike. The new server is an nginx that answers 1 kB from memory; everything is on loopback, so a
round trip costs nothing: add one per request (two with TLS) for connections that are not kept.

    python benchmarks/proxy.py --seconds 20 --rate 200
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import ssl
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "e2e" / "proxy_cases"))
from proxy_certificates import authority, issue
from proxy_pair import NAMES, NEW, OLD, PROGRAMS, migration, written
from proxy_requests import NAME
from proxy_servers import folder, free_everywhere, start_apache, start_caddy, start_haproxy, start_nginx

if TYPE_CHECKING:
    from collections.abc import Iterator

FRONTS = {
    "apache [P]": ("apache",),
    "apache [P], pooled": ("apache", "--pooled"),
    "apache ProxyPass": ("apache", "--method", "proxypass"),
    "nginx": ("nginx",),
    "haproxy": ("haproxy",),
    "caddy": ("caddy",),
}
CONNECTIONS = 4  # kept ones to each target
ORIGIN = """
server {{
    listen {address}:{http}; listen {address}:{https} ssl; server_name _; keepalive_requests 1000000;
    ssl_certificate {certificate}; ssl_certificate_key {key};
    location / {{ default_type text/plain; return 200 "{body}"; }}
}}
"""


@contextlib.contextmanager
def targets() -> Iterator[dict[str, dict[str, tuple[str, int]]]]:
    """Yield, by name, where each target listens, by scheme."""
    with contextlib.ExitStack() as stack:
        root = stack.enter_context(folder("bench"))
        ca = authority("bench")
        ca.pem(root / "ca.pem")
        certificate, key = issue(ca, root, "app", *NAMES)
        both = root / "both.pem"
        both.write_bytes(certificate.read_bytes() + key.read_bytes())
        http, https = free_everywhere(2)
        (root / "origin.conf").write_text(
            ORIGIN.format(address=NEW, http=http, https=https, certificate=certificate, key=key, body="x" * 1024)
        )
        stack.callback(start_nginx(root, NEW, [http, https], [root / "origin.conf"]).stop)
        found = {"direct": {"http": (NEW, http), "https": (NEW, https)}}
        for name, (server, *options) in FRONTS.items():
            if not PROGRAMS[server].exists():
                continue
            place = stack.enter_context(folder(server))
            ports = dict(zip(("http", "https"), free_everywhere(2), strict=True))
            text = written(
                "--config", migration(place), "--server", server, "--role", "drain", "--upstream-http", http,
                "--upstream-https", https, "--listen-http", ports["http"], "--listen-https", ports["https"],
                "--certificate", both, "--key", both, "--ca", root / "ca.pem", "--log-dir", place / "log", *options,
            )  # fmt: skip
            (place / "site.conf").write_text(text)
            listens = list(ports.values())
            if server in {"apache", "nginx"}:
                start = start_apache if server == "apache" else start_nginx
                running = start(place, OLD, listens, [place / "site.conf"])
            else:
                start_one = start_haproxy if server == "haproxy" else start_caddy
                running = start_one(place, OLD, listens, place / "site.conf")
            stack.callback(running.stop)
            found[name] = {scheme: (OLD, port) for scheme, port in ports.items()}
        yield found


class Kept:
    """One kept connection; opened again where the server has closed it (Apache does after 100 requests)."""

    def __init__(self, place: tuple[str, int], context: ssl.SSLContext | None) -> None:
        self.place, self.context = place, context
        self.lock = asyncio.Lock()
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self) -> float:
        """Return how long an answer took [s]; the connection stands before the clock starts."""
        async with self.lock:
            if self.streams is None:
                tls = {"ssl": self.context, "server_hostname": NAME} if self.context else {}
                self.streams = await asyncio.open_connection(*self.place, **tls)
            reader, writer = self.streams
            begun_s = time.perf_counter()
            writer.write(f"GET / HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(head[:200].decode("latin-1"))
            await reader.readexactly(1024)
            took_s = time.perf_counter() - begun_s
            if b"connection: close" in head.lower():
                await self.close()
            return took_s

    async def close(self) -> None:
        """Close it."""
        if self.streams is not None:
            self.streams[1].close()
            with contextlib.suppress(OSError):
                await self.streams[1].wait_closed()
            self.streams = None


async def measure(
    places: dict[str, tuple[str, int]], scheme: str, seconds: float, rate: float
) -> dict[str, list[float]]:
    """Return the seconds that each target's answers took, asked in turn."""
    context = ssl.create_default_context() if scheme == "https" else None
    if context:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(["http/1.1"])
    kept = {name: itertools.cycle([Kept(place, context) for _ in range(CONNECTIONS)]) for name, place in places.items()}
    took: dict[str, list[float]] = {name: [] for name in places}
    tasks = []
    begun_s = time.perf_counter()

    async def one(name: str) -> None:
        took[name].append(await next(kept[name]).ask())

    for number, name in zip(range(int(seconds * rate)), itertools.cycle(places), strict=False):
        await asyncio.sleep(max(0.0, begun_s + number / rate - time.perf_counter()))
        tasks.append(asyncio.create_task(one(name)))
    await asyncio.gather(*tasks)
    for connections in kept.values():
        for _ in range(CONNECTIONS):
            await next(connections).close()
    return {name: found[CONNECTIONS:] for name, found in took.items()}  # the first of each opens the connection


def main() -> None:
    """Print the table, and the numbers as JSON to benchmarks/out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rate", type=float, default=200.0, help="requests/s over all targets together")
    wanted = parser.parse_args()
    rows = []
    with targets() as found:
        for scheme in ("http", "https"):
            places = {name: by[scheme] for name, by in found.items()}
            took = asyncio.run(measure(places, scheme, wanted.seconds, wanted.rate))
            direct = np.quantile(took["direct"], [0.5, 0.99]) * 1e3
            for name, seconds in took.items():
                p50, p99 = np.quantile(seconds, [0.5, 0.99]) * 1e3
                row = {"scheme": scheme, "target": name, "requests": len(seconds), "p50_ms": p50, "p99_ms": p99}
                rows.append(row | {"added_p50_ms": p50 - direct[0], "added_p99_ms": p99 - direct[1]})
    print(f"{'':<6} {'target':<20} {'n':>6} {'p50 ms':>8} {'p99 ms':>8} {'added p50':>10} {'added p99':>10}")
    for row in rows:
        numbers = (
            f"{row['p50_ms']:>8.2f} {row['p99_ms']:>8.2f} {row['added_p50_ms']:>10.2f} {row['added_p99_ms']:>10.2f}"
        )
        print(f"{row['scheme']:<6} {row['target']:<20} {row['requests']:>6} {numbers}")
    out = Path(__file__).parent / "out"
    out.mkdir(exist_ok=True)
    (out / "proxy.json").write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
