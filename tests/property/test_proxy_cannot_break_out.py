"""Whatever stands in names, addresses and options: refused in one line, or a value; never another directive."""

from __future__ import annotations

import os
import re
import string
import sys
import tempfile
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "e2e" / "proxy_cases"))
from proxy_certificates import authority, issue
from proxy_servers import apache_main, free_everywhere

from analyzer.errors import UsageError
from analyzer.handover.proxy import Role, Server, Wanted, render, site
from analyzer.handover.proxy.check import check
from analyzer.migration.model import Migration
from analyzer.migration.values import Refused, host_name

PLAIN = "/srv/plain"
HOSTILE = st.text("\"'`\\\n\r\t $%{}<>#;|&!*?()/.-_:@,=+~[]^abcXYZ019\x00\x7f\u2028é", max_size=40)
LIKELY = st.text(string.ascii_letters + string.digits + " ._/@+,=~:-", max_size=30)
PATHS = st.one_of(HOSTILE, LIKELY, st.text(max_size=20)).map(lambda text: f"/{text}")
NAMES = st.one_of(st.from_regex(r"[a-z0-9-]{1,20}\.[a-z]{2,10}", fullmatch=True), HOSTILE, st.text(max_size=12))
OPTIONS = ("certificate", "key", "ca", "log_dir", "acme_dir", "switch")
servers = st.sampled_from(list(Server))
roles = st.sampled_from(list(Role))


def migration(*names: str) -> Migration:
    """Return a migration of names."""
    return Migration(names, (ip_address("192.0.2.4"),), (ip_address("198.51.100.5"), ip_address("2001:db8::5")))


def wanted(server: Server, role: Role, **given: str) -> Wanted:
    """Return options with a value for each path, plain but for those given."""
    paths = dict.fromkeys(OPTIONS, PLAIN) | given
    if server is Server.HAPROXY or role is Role.NEW:
        del paths["switch"]
    return Wanted(server, role, brownout="14:00/5m", **paths)


def skeleton(text: str) -> list[str]:
    """Return the first word of every line: what a configuration says but for its values."""
    return [(re.match(r"\s*\S*", line) or [""])[0] for line in text.split("\n")]


@given(server=servers, role=roles, option=st.sampled_from(OPTIONS), path=PATHS)
@settings(max_examples=400)
def test_a_path_is_refused_or_a_value(server: Server, role: Role, option: str, path: str) -> None:
    """The lines stay the same lines; only what stands behind their first words differs."""
    assume(option != "switch" or (server is not Server.HAPROXY and role is not Role.NEW))
    baseline = render(site(migration("app.example.com"), wanted(server, role))[0])
    told: list[str] = []
    try:
        found = site(migration("app.example.com"), wanted(server, role, **{option: path}))[0]
    except UsageError as error:
        told.append(str(error))
    if told:
        assert "\n" not in told[0]
        return
    assert skeleton(render(found)) == skeleton(baseline)
    assert not set(path) & set("\"'`\\\n\r$%{}<>#;|&*?()\x00")


@given(server=servers, role=roles, names=st.lists(NAMES, min_size=1, max_size=4))
@settings(max_examples=300)
def test_a_name_is_refused_or_a_name(server: Server, role: Role, names: list[str]) -> None:
    """What `cutover.toml` accepts as a name stands in the configuration as one."""
    try:
        checked = tuple(dict.fromkeys(host_name(name) for name in names))
    except Refused:
        return
    text = render(site(migration(*checked), wanted(server, role))[0])
    baseline = render(site(migration(*(f"n{n}.example.com" for n in range(len(checked)))), wanted(server, role))[0])
    assert skeleton(text) == skeleton(baseline)


@given(text=st.one_of(HOSTILE, st.text(max_size=20)), option=st.sampled_from(["upstream", "source", "brownout"]))
def test_other_options_are_refused_or_harmless(text: str, option: str) -> None:
    """An address is an address, a brown-out minutes."""
    try:
        found = site(migration("app.example.com"), Wanted(Server.APACHE, Role.DRAIN, **{option: text}))[0]
    except UsageError:
        return
    assert re.fullmatch(r"\[?[0-9a-fA-F:.]+\]?|\d\d:\d\d/\w+", text)
    assert render(found)


@given(server=servers, role=roles)
def test_the_same_site_gives_the_same_bytes(server: Server, role: Role) -> None:
    """Deterministic, ASCII, and no line that an editor would wrap in the middle of a directive."""
    made = [render(site(migration("app.example.com"), wanted(server, role))[0]) for _ in range(2)]
    assert made[0] == made[1]
    assert made[0].isascii()


# --- the programs themselves -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    """Return a certificate that is there."""
    folder = Path(tempfile.mkdtemp(prefix="cutover-property-"))
    ca = authority("tests")
    certificate, key = issue(ca, folder, "shown", "app.example.com")
    certificate.write_bytes(certificate.read_bytes() + key.read_bytes())
    main = apache_main(folder, "127.0.0.4", free_everywhere(1), [])
    return {
        "certificate": str(certificate),
        "key": str(certificate),
        "ca": str(ca.pem(folder / "ca.pem")),
        "main": str(main),
    }


@pytest.mark.parametrize("server", list(Server))
@given(name=LIKELY)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_server_takes_every_path_that_passes(files: dict[str, str], server: Server, name: str) -> None:
    """Blanks, commas, colons and all: the program accepts the file."""
    folder = Path(files["main"]).parent / name.replace("/", "_").strip()
    assume(name.strip(" ._/") and str(folder) != str(folder.parent))
    folder.mkdir(exist_ok=True)
    paths = {"log_dir": str(folder), "acme_dir": str(folder), "switch": str(folder / "on")}
    ports = dict(zip(("http", "https"), free_everywhere(2), strict=True))
    given = paths | {name: files[name] for name in ("certificate", "key", "ca")}
    if server is Server.HAPROXY:
        del given["switch"]
    try:
        found = site(migration("app.example.com"), Wanted(server, Role.DRAIN, listen=ports, **given))[0]
    except UsageError:
        return
    looked = check(found, render(found), Path(files["main"]) if server is Server.APACHE else None)
    assert looked.program or "CI" not in os.environ, "in CI it must be there"
    assert looked.program is None or looked.accepted, looked.told
