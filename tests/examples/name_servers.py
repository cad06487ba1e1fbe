"""Real name servers and resolvers on loopback, and one zone that can be changed: started on free ports, and stopped."""

from __future__ import annotations

import contextlib
import ipaddress
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dns.message
import dns.query
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HERE = "127.0.0.1"
ZONE = "example.test"
LIMIT_S = 20  # [s] a server that takes longer to start has failed
NAMED, UNBOUND, DNSMASQ, RECURSOR, KRESD = (
    Path(f"/usr/sbin/{name}") for name in ("named", "unbound", "dnsmasq", "pdns_recursor", "kresd")
)
PRIMARY = """
options {{ directory "{folder}"; listen-on port {port} {{ {here}; }}; listen-on-v6 {{ none; }}; recursion no;
  pid-file none; session-keyfile none; notify no; allow-transfer {{ any; }}; server-id "primary";
  {secure} }};
controls {{ }};
zone "{zone}" {{ type primary; file "zone"; }};
"""
SECURE = """listen-on port {dot} tls ours {{ {here}; }};
  listen-on port {doh} tls ours http ours {{ {here}; }};"""
BLOCKS = """tls ours {{ cert-file "{folder}/leaf.pem"; key-file "{folder}/leaf.key"; }};
http ours {{ endpoints {{ "/dns-query"; }}; }};
"""
SECONDARY = """
options {{ directory "{folder}"; listen-on port {port} {{ {here}; }}; listen-on-v6 {{ none; }}; recursion no;
  pid-file none; session-keyfile none; notify no; min-refresh-time {lag_s}; max-refresh-time {lag_s};
  min-retry-time 1; max-retry-time 1; server-id "secondary"; }};
controls {{ }};
zone "{zone}" {{ type secondary; primaries {{ {here} port {primary}; }}; file "copy"; masterfile-format text; }};
"""
CACHE = """
options {{ directory "{folder}"; listen-on port {port} {{ {here}; }}; listen-on-v6 {{ none; }}; recursion yes;
  pid-file none; session-keyfile none; dnssec-validation no; empty-zones-enable no; {more} }};
controls {{ }};
zone "{zone}" {{ type forward; forward only; forwarders {{ {here} port {upstream}; }}; }};
"""
KRESD_CONF = """
net.listen('{here}', {port}, {{ kind = 'dns' }})
cache.open(10 * MB, 'lmdb://{folder}/cache')
trust_anchors.remove('.')
policy.add(policy.suffix(policy.STUB({{'{here}@{upstream}'}}), policy.todnames({{'{zone}.'}})))
"""
UNBOUND_CONF = """
server:
  interface: {here}
  access-control: 127.0.0.0/8 {access}
  chroot: ""
  username: ""
  directory: "{folder}"
  pidfile: "{folder}/pid"
  use-syslog: no
  logfile: "{folder}/log"
  do-not-query-localhost: no
  do-ip6: no
  module-config: "iterator"
  num-threads: 1
  ede: yes
  local-zone: "test." nodefault
{more}
remote-control:
  control-enable: no
{zones}"""
STUB = """stub-zone:
  name: "{zone}"
"""
ABOVE = f"""auth-zone:
  name: "{ZONE.partition(".")[2]}"
  zonefile: "{{folder}}/zone"
  for-upstream: no
  for-downstream: yes
"""


def free_port() -> int:
    """Return a port that nobody listens on, over UDP and TCP."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as stream, socket.socket(type=socket.SOCK_DGRAM) as one:
            stream.bind((HERE, 0))
            port = int(stream.getsockname()[1])
            with contextlib.suppress(OSError):
                one.bind((HERE, port))
                return port


def ask(port: int, name: str, kind: str = "A") -> dns.message.Message | None:
    """Return an answer by other means than the code that is tested; None if none came within a second."""
    query = dns.message.make_query(name, kind)
    with contextlib.suppress(Exception):
        return dns.query.udp(query, HERE, port=port, timeout=1, ignore_errors=True)
    return None


@dataclass
class Zone:
    """The one zone: its address, its TTL [s], and the file that the primary reads."""

    folder: Path
    servers: int
    ttl_s: int
    serial: int = 1

    def write(self, address: str, address6: str) -> None:
        """Write the zone with this address, under the next serial."""
        self.serial += 1
        names = "".join(f"@ 3600 NS ns{n}\nns{n} 3600 A {HERE}\n" for n in range(1, self.servers + 1))
        text = (
            f"$TTL {self.ttl_s}\n@ 3600 SOA ns1 host {self.serial} 3600 1 86400 1\n{names}"
            f'app CNAME web\nweb A {address}\nweb AAAA {address6}\nweb HTTPS 1 . alpn="h2" ipv4hint={address}\n'
            f"long TXT {' '.join(['x' * 250] * 12)}\n"
        )
        (self.folder / "zone").write_text(text)


@dataclass
class Servers:
    """Servers under way, each in a folder of its own; `stop` ends them all."""

    root: Path
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def folder(self, name: str) -> Path:
        """Return a new folder."""
        path = self.root / name
        path.mkdir(parents=True)
        return path

    def start(self, folder: Path, *line: str | Path) -> subprocess.Popen[bytes]:
        """Start a program; what it says goes to a file."""
        with (folder / "said").open("wb") as said:
            process = subprocess.Popen([str(one) for one in line], stdout=said, stderr=said, stdin=subprocess.DEVNULL)
        self.running.append(process)
        return process

    def stop(self) -> None:
        """End all of them."""
        for process in self.running:
            process.terminate()
        for process in self.running:
            try:
                process.wait(LIMIT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def primary(self, folder: Path, port: int, *, dot: int = 0, doh: int = 0) -> subprocess.Popen[bytes]:
        """Start BIND with the zone in its folder, over TLS and HTTPS too if ports for them are given."""
        secure = SECURE.format(dot=dot, doh=doh, here=HERE) if dot else ""
        blocks = BLOCKS.format(folder=folder) if dot else ""
        text = blocks + PRIMARY.format(folder=folder, port=port, here=HERE, zone=ZONE, secure=secure)
        return self.named(folder, text)

    def secondary(self, folder: Path, port: int, primary: int, lag_s: int) -> subprocess.Popen[bytes]:
        """Start BIND as a secondary that looks every `lag_s` seconds."""
        text = SECONDARY.format(folder=folder, port=port, here=HERE, zone=ZONE, primary=primary, lag_s=lag_s)
        return self.named(folder, text)

    def named(self, folder: Path, text: str) -> subprocess.Popen[bytes]:
        """Start BIND."""
        (folder / "named.conf").write_text(text)
        return self.start(folder, NAMED, "-g", "-n", "1", "-c", folder / "named.conf")

    def unbound(self, folder: Path, port: int, stubs: list[int], *more: str) -> None:
        """Start Unbound, which asks the zone's servers at these ports."""
        self.resolver(folder, port, {ZONE: [f"{HERE}@{one}" for one in stubs]}, *more)

    def resolver(self, folder: Path, port: int, stubs: dict[str, list[str]], *more: str) -> None:
        """Start Unbound, which asks these servers (`address@port`) for each zone."""
        zones = (
            STUB.format(zone=zone) + "".join(f"  stub-addr: {one}\n" for one in servers)
            for zone, servers in stubs.items()
        )
        self._unbound(folder, f"{HERE}@{port}", "".join(zones), *more)

    def above(self, name: str, address: str, port: int, zone: str, *, access: str = "allow") -> None:
        """Start Unbound as a server of the zone above, at another loopback address; `refuse` makes it a lame one."""
        folder = self.folder(name)
        (folder / "zone").write_text(zone)
        self._unbound(folder, f"{address}@{port}", ABOVE.format(folder=folder), access=access)

    def _unbound(self, folder: Path, here: str, zones: str, *more: str, access: str = "allow") -> None:
        """Start Unbound."""
        lines = "".join(f"  {one}\n" for one in more)
        text = UNBOUND_CONF.format(here=here, folder=folder, access=access, more=lines, zones=zones)
        (folder / "unbound.conf").write_text(text)
        self.start(folder, UNBOUND, "-d", "-p", "-c", folder / "unbound.conf")

    def cache(self, folder: Path, port: int, upstream: int, *more: str) -> None:
        """Start BIND as a cache, which forwards to one of the zone's servers."""
        text = CACHE.format(folder=folder, port=port, here=HERE, zone=ZONE, upstream=upstream, more=" ".join(more))
        self.named(folder, text)

    def knot(self, folder: Path, port: int, upstream: int) -> None:
        """Start Knot Resolver, which asks one of the zone's servers."""
        text = KRESD_CONF.format(folder=folder, port=port, here=HERE, zone=ZONE, upstream=upstream)
        (folder / "kresd.conf").write_text(text)
        self.start(folder, KRESD, "-n", "-q", "-c", folder / "kresd.conf", folder)

    def dnsmasq(self, folder: Path, port: int, upstream: int, *more: str) -> None:
        """Start dnsmasq, which forwards to one of the zone's servers."""
        self.start(
            folder, DNSMASQ, "--keep-in-foreground", f"--port={port}", f"--listen-address={HERE}", "--bind-interfaces",
            "--no-resolv", "--no-hosts", "--conf-file=/dev/null", f"--pid-file={folder}/pid", "--user=root",
            f"--server=/{ZONE}/{HERE}#{upstream}", *more,
        )  # fmt: skip

    def recursor(self, folder: Path, port: int, upstream: int) -> None:
        """Start PowerDNS Recursor, which asks one of the zone's servers."""
        self.start(
            folder, RECURSOR, f"--config-dir={folder}", f"--socket-dir={folder}", "--daemon=no", "--dnssec=off",
            f"--local-address={HERE}", f"--local-port={port}", f"--forward-zones={ZONE}={HERE}:{upstream}",
            "--dont-query=", "--threads=1", "--webserver=no",
        )  # fmt: skip


def wait_for(ports: list[int], name: str = f"app.{ZONE}") -> None:
    """Wait until each port answers for a name."""
    end_s = time.monotonic() + LIMIT_S
    left = list(ports)
    while left:
        left = [port for port in left if (answer := ask(port, name)) is None or not answer.answer]
        assert time.monotonic() < end_s, f"nobody answers at {left}"


def reload(process: subprocess.Popen[bytes]) -> None:
    """Let BIND read its zones again."""
    process.send_signal(signal.SIGHUP)


def certificates(folder: Path, *names: str) -> Path:
    """Write a test authority and a leaf of it for loopback and some names; return the authority's file."""
    now = datetime.now(UTC)
    ca_key, leaf_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority of a test")])
    subjects: list[x509.GeneralName] = [x509.IPAddress(ipaddress.ip_address(HERE)), *map(x509.DNSName, names)]
    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    made = x509.CertificateBuilder().not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=1))
    authority = (
        made.subject_name(ca_name)
        .issuer_name(ca_name)
        .public_key(ca_key.public_key())
        .serial_number(x509.random_serial_number())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    leaf = (
        made.subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server of a test")]))
        .issuer_name(ca_name)
        .public_key(leaf_key.public_key())
        .serial_number(x509.random_serial_number())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(subjects), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = (serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
    (folder / "ca.pem").write_bytes(authority.public_bytes(pem))
    (folder / "leaf.pem").write_bytes(leaf.public_bytes(pem))
    (folder / "leaf.key").write_bytes(leaf_key.private_bytes(pem, *plain))
    return folder / "ca.pem"
