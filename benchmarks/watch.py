"""An hour of `cutover watch`: processor and memory, against a log that grows and resolvers that answer.

    python benchmarks/watch.py [--minutes 60] [--rate 50] [--every 5m] [--days 7]

BIND has the zone, an Unbound and a dnsmasq cache it, all on loopback. After a sixth of the time the name moves; at half
of it the log is rotated. What the watch costs is read from /proc each minute; the first two looks (imports, history)
are told apart from the rest.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

CLIENTS, SEED, TTL_S, END_S = 400, 7, 60, 20
OLD, NEW = "192.0.2.4", "198.51.100.5"
ZONE = """$TTL {ttl}
@ IN SOA ns.example.test. root.example.test. {serial} 60 60 600 30
@ IN NS ns.example.test.
ns IN A 127.0.0.1
app IN A {address}
"""
NAMED = """
options {{ directory "{folder}"; listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
  pid-file "{folder}/named.pid"; session-keyfile "{folder}/key"; recursion no; dnssec-validation no; }};
zone "example.test" {{ type primary; file "zone"; }};
controls {{ }};
"""
UNBOUND = """
server:
  interface: 127.0.0.1
  port: {port}
  chroot: ""
  username: ""
  directory: "{folder}"
  pidfile: "{folder}/unbound.pid"
  use-syslog: no
  logfile: "{folder}/unbound.log"
  do-not-query-localhost: no
  module-config: "iterator"
  domain-insecure: "test"
  local-zone: "test." nodefault
remote-control:
  control-enable: no
stub-zone:
  name: "example.test."
  stub-addr: 127.0.0.1@{upstream}
"""
CONFIG = """[migration]
names = ["app.example.test"]
old = ["{old}"]
new = ["{new}"]
[dns]
resolvers = ["127.0.0.1:{unbound}", "127.0.0.1:{dnsmasq}"]
[logs.old]
paths = ["access.log*"]
format = "vhost_combined"
"""


@dataclass(frozen=True)
class Sample:
    """What the watch has used so far."""

    minute: float
    cpu_s: float
    resident_mb: float
    lines: int


@dataclass(slots=True)
class Writer:
    """Who writes the log."""

    log: Path
    rate: float
    chance: random.Random
    lines: int = 0

    def line(self, at: datetime) -> str:
        """Return a line of some client."""
        client = int(CLIENTS * self.chance.random() ** 2)
        when = at.strftime("%d/%b/%Y:%H:%M:%S +0000")
        agent = f"Mozilla/5.0 (X11; Linux x86_64; rv:{90 + client % 40}.0) Gecko/20100101 Firefox/{90 + client % 40}.0"
        address, path = f"203.0.113.{client % 250}", f"/page/{client % 37}"
        return f'app.example.test:443 {address} - - [{when}] "GET {path} HTTP/1.1" 200 5120 "-" "{agent}"\n'

    def past(self, days: float) -> None:
        """Write a line a second for so many days up to now."""
        now = datetime.now(UTC)
        count = int(days * 86400)
        with self.log.open("w", encoding="ascii") as log:
            log.writelines(self.line(now - timedelta(seconds=count - n)) for n in range(count))

    def write(self, ended: threading.Event) -> None:
        """Write until the end, as many lines a second as asked."""
        begun_s = time.monotonic()
        while not ended.wait(0.5):
            due = int((time.monotonic() - begun_s) * self.rate)
            with self.log.open("a", encoding="ascii") as log:
                log.writelines(self.line(datetime.now(UTC)) for _ in range(due - self.lines))
            self.lines = due


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket(type=socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def program(folder: Path, *command: str) -> subprocess.Popen[bytes]:
    """Start a server."""
    path = os.environ["PATH"] + ":/usr/sbin"
    found = shutil.which(command[0], path=path) or sys.exit(f"{command[0]} is not installed")
    with (folder / f"{command[0]}.out").open("wb") as out:
        return subprocess.Popen([found, *command[1:]], stdout=out, stderr=out)


def publish(folder: Path, address: str, serial: int) -> None:
    """Write the zone."""
    (folder / "zone").write_text(ZONE.format(ttl=TTL_S, serial=serial, address=address), encoding="ascii")


def servers(folder: Path, ending: ExitStack) -> tuple[subprocess.Popen[bytes], int, int]:
    """Start the three name servers; return the primary and the ports of the caches."""
    primary, unbound, dnsmasq = free_port(), free_port(), free_port()
    publish(folder, OLD, 1)
    (folder / "named.conf").write_text(NAMED.format(folder=folder, port=primary), encoding="utf-8")
    text = UNBOUND.format(folder=folder, port=unbound, upstream=primary)
    (folder / "unbound.conf").write_text(text, encoding="utf-8")
    bind = program(folder, "named", "-f", "-c", str(folder / "named.conf"))
    caches = [
        program(folder, "unbound", "-d", "-c", str(folder / "unbound.conf")),
        program(
            folder,
            *("dnsmasq", "-k", "-C", "/dev/null", "--no-resolv", "--no-hosts", "--listen-address=127.0.0.1"),
            *("--bind-interfaces", f"--port={dnsmasq}", f"--server=127.0.0.1#{primary}", "--user=root", "--pid-file"),
        ),
    ]
    for one in (bind, *caches):
        ending.callback(one.wait)
        ending.callback(one.terminate)
    time.sleep(2)
    return bind, unbound, dnsmasq


def sample(process: int, minute: float, lines: int) -> Sample:
    """Return what a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    cpu_s = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")  # its own and that of its children
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    resident_kb = int(status.split("VmRSS:")[1].split()[0])
    return Sample(minute, cpu_s, resident_kb / 1024, lines)


def watched(folder: Path, options: argparse.Namespace, writer: Writer, bind: subprocess.Popen[bytes]) -> list[Sample]:
    """Run the watch; change the zone and rotate the log meanwhile."""
    command = [str(Path(sys.executable).with_name("cutover")), "watch", "--config", str(folder / "cutover.toml")]
    command += ["--every", options.every, "--out", str(folder / "report"), "--metrics", str(folder / "cutover.prom")]
    found: list[Sample] = []
    with (folder / "watch.out").open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        begun_s = time.monotonic()
        moved = rotated = False
        while (minute := (time.monotonic() - begun_s) / 60) < options.minutes and process.poll() is None:
            if not moved and minute >= options.minutes / 6:
                publish(folder, NEW, 2)
                bind.send_signal(signal.SIGHUP)
                moved = True
            if not rotated and minute >= options.minutes / 2:
                writer.log.rename(writer.log.with_name("access.log.1"))
                rotated = True
            if not found or minute - found[-1].minute >= 1:
                found.append(sample(process.pid, minute, writer.lines))
                one = found[-1]
                print(f"{one.minute:8.1f}{one.cpu_s:9.2f}{one.resident_mb:9.0f}{one.lines:10}", flush=True)
            time.sleep(1)
        if process.poll() is not None:
            sys.exit(f"the watch ended with {process.returncode}: {folder / 'watch.out'}")
        ended_s = time.monotonic()
        process.terminate()
        process.wait(END_S)
        print(f"\nSIGTERM: ended with {process.returncode} after {time.monotonic() - ended_s:.2f} s")
    return found


def main() -> None:
    """Print what each minute costs, and the sum."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--every", default="5m")
    parser.add_argument("--days", type=float, default=7)
    options = parser.parse_args()
    folder, ended = Path(tempfile.mkdtemp()), threading.Event()
    writer = Writer(folder / "access.log", options.rate, random.Random(SEED))  # noqa: S311 -- a load, no secret
    writer.past(options.days)
    with ExitStack() as ending:
        bind, unbound, dnsmasq = servers(folder, ending)
        text = CONFIG.format(old=OLD, new=NEW, unbound=unbound, dnsmasq=dnsmasq)
        (folder / "cutover.toml").write_text(text, encoding="utf-8")
        writing = threading.Thread(target=writer.write, args=(ended,))
        writing.start()
        ending.callback(writing.join)
        ending.callback(ended.set)
        print(f"{'minute':>8}{'cpu s':>9}{'RSS MB':>9}{'lines':>10}")
        found = watched(folder, options, writer, bind)
    print((folder / "watch.out").read_text(encoding="utf-8", errors="replace")[-3000:])
    print(told(found))
    with suppress(OSError):
        shutil.rmtree(folder)


def told(found: list[Sample]) -> str:
    """Return the sums: all of it, and what came after the first quarter."""
    first, last = found[len(found) // 4], found[-1]
    share = 100 * last.cpu_s / (60 * last.minute)
    later = 100 * (last.cpu_s - first.cpu_s) / (60 * (last.minute - first.minute))
    memory = f"{first.resident_mb:.0f} MB at minute {first.minute:.0f}, {last.resident_mb:.0f} MB at the end"
    return f"processor: {share:.2f} % of a core, {later:.2f} % after the first quarter; resident: {memory}"


if __name__ == "__main__":
    main()
