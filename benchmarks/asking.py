"""Asking many resolvers: 1,000 addresses x 3 types with 5 % of them dead, and 40 live ones; beside dnsdiag's `dnseval`.

    python benchmarks/asking.py [--addresses 1000] [--dead 0.05] [--runs 3] [--dnseval PATH]

One Unbound answers at addresses of 127.0.0.0/8 from its own data; dead addresses are sockets that nobody reads. The
time of asking is without Python's start and imports; memory is the largest resident set of the asking process. dnseval
asks one type, one address after the other, so it is given the same list once, with one question an address and the same
time limit. Where the two stand side by side, CPU seconds are those of the whole process, Python's start and all.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

NAME, TYPES, LIMIT_S = "app.example.test", ("A", "AAAA", "HTTPS"), 2.0
UNBOUND = """
server:
{interfaces}
  port: {port}
  access-control: 127.0.0.0/8 allow
  chroot: ""
  username: ""
  directory: "{folder}"
  pidfile: "{folder}/pid"
  use-syslog: no
  logfile: "{folder}/log"
  do-tcp: no
  outgoing-range: 16
  num-queries-per-thread: 1024
  module-config: "iterator"
  local-zone: "example.test." static
  local-data: "{name}. 300 A 192.0.2.4"
  local-data: "{name}. 300 AAAA 2001:db8::4"
remote-control:
  control-enable: no
"""
ASKER = """
import json, resource, sys, time
from datetime import UTC, datetime
from analyzer.dns.ask import Limits, ask_all
from analyzer.dns.message import Ask
from analyzer.dns.targets import target
addresses, limit_s, name, types = json.load(sys.stdin)
asks = [Ask(target(one), name, kind) for one in addresses for kind in types]
start_s, cpu_s = time.perf_counter(), time.process_time()
records = ask_all(asks, clock=lambda: datetime.now(UTC), limits=Limits(question_s=limit_s))
took_s, cpu_s = time.perf_counter() - start_s, time.process_time() - cpu_s
answered = sum(one["rcode"] == "NOERROR" for one in records)
timeouts = sum(one["error"] == "timeout" for one in records)
memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps([took_s, cpu_s, memory_mb, answered, timeouts, len(records)]))
"""


def addresses(count: int) -> list[str]:
    """Return addresses of loopback, in order."""
    return [f"127.{1 + n // 62500}.{n // 250 % 250}.{1 + n % 250}" for n in range(count)]


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket(type=socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def start(folder: Path, live: list[str], port: int) -> subprocess.Popen[bytes]:
    """Start the server and wait until it answers."""
    interfaces = "\n".join(f"  interface: {one}" for one in live)
    text = UNBOUND.format(interfaces=interfaces, port=port, folder=folder, name=NAME)
    (folder / "unbound.conf").write_text(text, encoding="utf-8")
    server = subprocess.Popen(["/usr/sbin/unbound", "-d", "-p", "-c", str(folder / "unbound.conf")])
    with socket.socket(type=socket.SOCK_DGRAM) as one:
        one.settimeout(0.2)
        query = bytes.fromhex("000101000001000000000000") + b"\x03app\x07example\x04test\0" + b"\0\1\0\1"
        for _ in range(100):
            one.sendto(query, (live[-1], port))
            try:
                one.recv(512)
            except OSError:
                time.sleep(0.1)
            else:
                return server
    server.kill()
    raise SystemExit("the server does not answer")


def ours(resolvers: list[str], types: tuple[str, ...]) -> list[float]:
    """Return what one asking took: wall [s], CPU [s], memory [MB], answered, timeouts, questions."""
    given = json.dumps([resolvers, LIMIT_S, NAME, types]).encode()
    done = subprocess.run([sys.executable, "-c", ASKER], input=given, capture_output=True, check=True)
    found: list[float] = json.loads(done.stdout)
    return found


def children_cpu_s() -> float:
    """Return the CPU seconds of all programs that were started and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def dnseval(program: str, resolvers: list[str], port: int, folder: Path) -> tuple[float, float, int]:
    """Return what dnseval took for one question an address: wall [s], CPU [s], and how many it printed."""
    listed = folder / "list"
    listed.write_text("\n".join(resolvers) + "\n", encoding="utf-8")
    line = [program, "-f", str(listed), "-c", "1", "--skip-warmup", "-w", f"{LIMIT_S:.0f}", "-p", str(port), NAME]
    start_s, cpu_s = time.perf_counter(), children_cpu_s()
    done = subprocess.run(line, capture_output=True, check=False, text=True)
    took_s, cpu_s = time.perf_counter() - start_s, children_cpu_s() - cpu_s
    return took_s, cpu_s, sum("127." in one for one in done.stdout.splitlines())


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--addresses", type=int, default=1000)
    options.add_argument("--dead", type=float, default=0.05)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--dnseval", default=shutil.which("dnseval") or "")
    given = options.parse_args()
    everyone, port = addresses(given.addresses), free_port()
    dead = everyone[:: round(1 / given.dead)] if given.dead else []
    live = [one for one in everyone if one not in set(dead)]
    folder = Path(tempfile.mkdtemp(prefix="cutover-asking-"))
    silent = [socket.socket(type=socket.SOCK_DGRAM) for _ in dead]
    for one, address in zip(silent, dead, strict=True):
        one.bind((address, port))
    server = start(folder, live, port)
    try:
        print("                                   wall s   CPU s      MB   answered  timeouts")
        for title, chosen in (("all", everyone), ("40 live ones", live[:40])):
            runs = [ours([f"{one}:{port}" for one in chosen], TYPES) for _ in range(given.runs)]
            wall, cpu, memory, answered, timeouts, asked = (
                statistics.median(column) for column in zip(*runs, strict=True)
            )
            label = f"{title}: {len(chosen)} x {len(TYPES)}"
            print(
                f"{label:<32} {wall:>8.3f} {cpu:>7.2f} {memory:>7.0f} {answered:>6.0f}/{asked:<5.0f} {timeouts:>6.0f}"
            )
        if given.dnseval:
            took_s, cpu_s, rows = dnseval(given.dnseval, everyone, port, folder)
            before_s = children_cpu_s()
            (mine, *_) = ours([f"{one}:{port}" for one in everyone], TYPES[:1])
            used_s = children_cpu_s() - before_s
            print(
                f"1 question to each of {len(everyone)}: wall: dnseval {took_s:.1f} s ({rows} rows), ours {mine:.2f} s"
            )
            print(f"{'':<31} CPU: dnseval {cpu_s:.2f} s, ours {used_s:.2f} s")
    finally:
        server.terminate()
        server.wait(10)
        for one in silent:
            one.close()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
