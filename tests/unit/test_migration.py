"""cutover.toml: what is accepted, and how each fault is told."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from cutover_tomls import LEAST, faults, read

from analyzer.migration import Policy, template
from analyzer.migration.values import Refused, host_name

CONTRACT = """\
[migration]
names      = ["app.example.com"]        # every host name that moves (IDNA accepted)
old        = ["192.0.2.4"]              # addresses of the old server, IPv4 and IPv6
new        = ["198.51.100.5"]           # addresses of the new server
staging    = "app-new.example.com"      # optional: the temporary name of the new server
changed_at = 2026-03-02T22:00:00Z       # optional
ttl        = 3600                       # optional

[logs.old]                              # the old server's access logs
paths  = ["old/access.log*"]
format = "combined"

[logs.new]
paths  = ["new/access.log*"]
format = "vhost_combined"

[dns]
snapshots = ["dns.jsonl"]
resolvers = ["public"]

[policy]
horizon           = "30d"
max_lost_requests = 10
confidence        = 0.95
counts            = ["person", "program"]
accepted          = ["203.0.113.9", "2001:db8::/32"]
"""


def test_the_contracts_example_is_read_whole(tmp_path: Path) -> None:
    """Every key of the contract ends where it belongs."""
    mine = read(tmp_path, CONTRACT)
    assert mine.names == ("app.example.com",)
    assert (mine.old, mine.new) == ((ip_address("192.0.2.4"),), (ip_address("198.51.100.5"),))
    assert mine.staging == "app-new.example.com"
    assert mine.changed_at == datetime(2026, 3, 2, 22, tzinfo=UTC)
    assert mine.ttl_s == 3600.0
    assert mine.old_logs is not None
    assert mine.old_logs.paths == (str(tmp_path / "old/access.log*"),)
    assert mine.new_logs is not None
    assert mine.new_logs.format == "vhost_combined"
    assert mine.dns.snapshots == (str(tmp_path / "dns.jsonl"),)
    assert mine.dns.resolvers == ("public",)
    assert mine.policy == Policy(
        horizon_s=30 * 86_400,
        max_lost_requests=10,
        confidence=0.95,
        counts=("person", "program"),
        accepted=(ip_network("203.0.113.9/32"), ip_network("2001:db8::/32")),
    )
    assert mine.source == tmp_path / "cutover.toml"


def test_what_is_optional_may_be_absent(tmp_path: Path) -> None:
    """Names and addresses are enough; the policy is the contract's."""
    mine = read(tmp_path, LEAST)
    assert (mine.staging, mine.changed_at, mine.ttl_s, mine.old_logs, mine.new_logs) == (None,) * 5
    assert mine.policy == Policy(30 * 86_400, 10, 0.95, ("person", "program"), ())


def test_a_new_file_is_one_that_is_accepted(tmp_path: Path) -> None:
    """`template` and `load` agree."""
    text = template(
        ["a.example", "b.example"], [ip_address("192.0.2.4"), ip_address("2001:db8::4")], [ip_address("198.51.100.5")],
        staging="new.example",
    )  # fmt: skip
    mine = read(tmp_path, text)
    assert mine.names == ("a.example", "b.example")
    assert mine.old == (ip_address("192.0.2.4"), ip_address("2001:db8::4"))
    assert (mine.new, mine.staging) == ((ip_address("198.51.100.5"),), "new.example")
    assert mine.policy == Policy()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("App.Example.COM.", "app.example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
        ("intranet", "intranet"),
        ("3com.example", "3com.example"),
    ],
)
def test_names_become_what_the_dns_is_asked(written: str, meant: str) -> None:
    """Lower-case A-labels (RFC 5890, RFC 5891), without the dot."""
    assert host_name(written) == meant


@pytest.mark.parametrize(
    "name",
    [
        "", " ", "a b.example", "http://a.example", "a.example/x", "a.example:80", "*.example", "a..example",
        ".example", "-a.example", "a-.example", "a_b.example", "192.0.2.4", "a.example\n", "a.example;", 'a".example',
        "a$(x).example", "a\\.example", "l" * 64 + ".example", ".".join(["l" * 60] * 5), "ab--c.example",
        "xn--.example", "a\u202e.example", "a.example\x00", "\u0301a.example", "a\u2044x.example", "a.\U0001d7cf",
    ],
)  # fmt: skip
def test_what_is_no_name_cannot_reach_a_configuration(name: str) -> None:
    """Nothing but letters, digits and inner hyphens."""
    with pytest.raises(Refused):
        host_name(name)


@pytest.mark.parametrize(
    ("lines", "where", "what", "remedy"),
    [
        ("[migration]\nnames = []", "migration.names", "must not be empty", "name at least one"),
        ("[migration]\nnames = 'a.example'", "migration.names", "must be a list", "["),
        ("[migration]\nnames = [3]", "migration.names[0]", "must be text", "quotes"),
        ("[migration]\nold = ['192.0.2.400']", "migration.old[0]", "not an IPv4 or IPv6 address", "192.0.2.4"),
        ("[migration]\nold = ['192.0.2.4/32']", "migration.old[0]", "not an IPv4 or IPv6 address", "192.0.2.4"),
        ("[migration]\nnew = ['fe80::1%eth0']", "migration.new[0]", "zone", "2001:db8"),
        ("[migration]\nnew = ['fe80::1%$(reboot)']", "migration.new[0]", "zone", "2001:db8"),
        ("[migration]\nnew = ['0.0.0.0']", "migration.new[0]", "not the address of one server", "192.0.2.4"),
        ("[migration]\nnew = ['ff02::1']", "migration.new[0]", "not the address of one server", "192.0.2.4"),
        ("[migration]\nstaging = 'a b'", "migration.staging", "not a host name", "app.example.com"),
        ("[migration]\nchanged_at = 2026-03-02T22:00:00", "migration.changed_at", "without its offset", "Z"),
        ("[migration]\nchanged_at = 2026-03-02", "migration.changed_at", "without a time", "Z"),
        ("[migration]\nchanged_at = 22:00:00", "migration.changed_at", "not a time", "Z"),
        ("[migration]\nchanged_at = 'yesterday'", "migration.changed_at", "not a time", "Z"),
        ("[migration]\nchanged_at = 1790000000", "migration.changed_at", "not a time", "Z"),
        ("[migration]\nchanged_at = 0001-01-01T00:00:00+14:00", "migration.changed_at", "", "Z"),
        ("[migration]\nttl = '1h'", "migration.ttl", "whole number", "3600"),
        ("[migration]\nttl = 3600.0", "migration.ttl", "whole number", "3600"),
        ("[migration]\nttl = true", "migration.ttl", "whole number", "3600"),
        ("[migration]\nttl = -1", "migration.ttl", "too small", "3600"),
        ("[migration]\nttl = 2147483648", "migration.ttl", "too large", "3600"),
        ("[logs.old]\npaths = ['a']\nformat = 'combinde'", "logs.old.format", "", ""),
        ("[logs.old]\nformat = 'combined'", "logs.old.paths", "is missing", "add it"),
        ("[logs.old]\npaths = []", "logs.old.paths", "must not be empty", "at least one"),
        ("[logs.old]\npaths = ['']", "logs.old.paths[0]", "1 to 4096", ""),
        ("[logs.old]\npaths = ['a\\u0000b']".replace("'", '"'), "logs.old.paths[0]", "control", "remove"),
        ("[logs]\nold = 'access.log'", "logs.old", "must be a table", "[section]"),
        ("[dns]\nresolvers = ['1.1.1']", "dns.resolvers[0]", "not an IPv4", "public"),
        ("[dns]\nresolvers = ['1.1.1.1:65536']", "dns.resolvers[0]", "not a port", "public"),
        ("[dns]\nresolvers = ['[2001:db8::53]:99999']", "dns.resolvers[0]", "not a port", "public"),
        ("[dns]\nresolvers = ['tls://dns.example:0']", "dns.resolvers[0]", "not a port", "public"),
        ("[dns]\nresolvers = ['http://x.example']", "dns.resolvers[0]", "not a resolver", "https://"),
        ("[dns]\nresolvers = ['a;reboot']", "dns.resolvers[0]", "not a resolver", "public"),
        ("[policy]\nhorizon = '30 fortnights'", "policy.horizon", "not a duration", "30d"),
        ("[policy]\nhorizon = '0d'", "policy.horizon", "not a duration", "30d"),
        ("[policy]\nhorizon = '-3d'", "policy.horizon", "not a duration", "30d"),
        ("[policy]\nhorizon = 30", "policy.horizon", "not a duration", "30d"),
        ("[policy]\nhorizon = '999999999w'", "policy.horizon", "longer than", "shorter"),
        ("[policy]\nmax_lost_requests = -1", "policy.max_lost_requests", "too small", "10"),
        ("[policy]\nmax_lost_requests = inf", "policy.max_lost_requests", "finite", "10"),
        ("[policy]\nmax_lost_requests = nan", "policy.max_lost_requests", "", "10"),
        ("[policy]\nmax_lost_requests = '10'", "policy.max_lost_requests", "must be a number", "10"),
        ("[policy]\nconfidence = 95", "policy.confidence", "too large", "0.95"),
        ("[policy]\nconfidence = 0", "policy.confidence", "too small", "0.95"),
        ("[policy]\nconfidence = 1.0", "policy.confidence", "too large", "0.95"),
        ("[policy]\ncounts = ['persons']", "policy.counts[0]", "not a kind", "person"),
        ("[policy]\ncounts = []", "policy.counts", "must not be empty", "at least one"),
        ("[policy]\naccepted = ['192.0.2.4/24']", "policy.accepted[0]", "inside a network", "192.0.2.0/24"),
        ("[policy]\naccepted = ['example.com']", "policy.accepted[0]", "not an address or network", "192.0.2.0/24"),
        ("policy = 3", "policy", "must be a table", "[section]"),
    ],
)  # fmt: skip
def test_each_fault_says_key_value_and_remedy(tmp_path: Path, lines: str, where: str, what: str, remedy: str) -> None:
    """One bad value, told at its key."""
    found = faults(tmp_path, lines)
    assert where in found
    assert what in found[where].what
    assert remedy in found[where].remedy


def test_a_bad_value_is_quoted(tmp_path: Path) -> None:
    """The line that the user sees holds place, value and remedy."""
    fault = faults(tmp_path, LEAST.replace("192.0.2.4", "192.0.2.400"))["migration.old[0]"]
    assert "'192.0.2.400'" in str(fault)
    assert str(fault).startswith(f"{tmp_path / 'cutover.toml'}: migration.old[0]: ")


@pytest.mark.parametrize(
    ("lines", "where", "nearest"),
    [
        ("[migration]\nnmaes = ['a']", "migration.nmaes", "did you mean names in [migration]?"),
        ("[migration]\nchange_at = 1", "migration.change_at", "did you mean changed_at in [migration]?"),
        ("[migration]\nhorizon = '30d'", "migration.horizon", "did you mean horizon in [policy]?"),
        ("[policy]\nmax_lost_request = 1", "policy.max_lost_request", "did you mean max_lost_requests in [policy]?"),
        ("[logs.old]\npath = ['x']", "logs.old.path", "did you mean paths in [logs.old]?"),
        ("[logs.nwe]\npaths = ['x']", "logs.nwe", "did you mean new in [logs]?"),
        ("[polciy]\na = 1", "polciy", "did you mean policy?"),
        ("names = ['a.example']", "names", "did you mean names in [migration]?"),
        ("[logs]\npaths = ['x']", "logs.paths", "did you mean paths in [logs.old]?"),
        ("[dns]\nqqq = 1", "dns.qqq", "known are snapshots, resolvers"),
    ],
)
def test_an_unknown_key_names_the_nearest_known_one(tmp_path: Path, lines: str, where: str, nearest: str) -> None:
    """With the table that it belongs to."""
    found = faults(tmp_path, lines)[where]
    assert found.what == "unknown key"
    assert nearest in found.remedy


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    """Bad values, missing and unknown keys, and contradictions, in one go."""
    text = """\
        [migration]
        names = ["bad name"]
        old = ["192.0.2.4"]
        new = ["192.0.2.4"]
        tll = 3600
        [policy]
        horizon = "soon"
        [logs.old]
        format = "%h %!"
        """
    assert set(faults(tmp_path, text)) == {
        "migration.names[0]", "migration.new", "migration.tll", "policy.horizon", "logs.old.paths", "logs.old.format",
    }  # fmt: skip


def test_an_address_is_old_or_new(tmp_path: Path) -> None:
    """The same server under its IPv4-mapped address is found out too."""
    found = faults(tmp_path, LEAST.replace("198.51.100.5", "::ffff:192.0.2.4"))
    assert "192.0.2.4 is an old address too" in found["migration.new"].what


def test_the_staging_name_does_not_move(tmp_path: Path) -> None:
    """It has pointed at the new server all along."""
    found = faults(tmp_path, LEAST + 'staging = "APP.example.com"\n')
    assert found["migration.staging"].what == "also one of names"


def test_paths_are_those_of_the_files_folder(tmp_path: Path) -> None:
    """Relative ones are resolved, others left; a folder's own brackets are no pattern."""
    folder = tmp_path / "[app]"
    folder.mkdir()
    text = LEAST + '[logs.old]\npaths = ["a.log*", "/var/log/b.log", "-", "s3://bucket/c.log"]\n'
    logs = read(folder, text).old_logs
    assert logs is not None
    assert logs.paths == (f"{tmp_path}/[[]app]/a.log*", "/var/log/b.log", "-", "s3://bucket/c.log")


@pytest.mark.parametrize(
    ("client", "accepted"),
    [
        ("192.0.2.9", True), ("192.0.3.9", False), ("::ffff:192.0.2.9", True), ("2001:db8::7", True),
        ("2001:db8::7%eth0", True), ("fe80::1", False), ("client.example", False), ("", False),
    ],
)  # fmt: skip
def test_the_policy_accepts_networks(client: str, accepted: bool) -> None:
    """By address; a name that was logged instead is in no network."""
    policy = Policy(accepted=(ip_network("192.0.2.0/24"), ip_network("2001:db8::/64")))
    assert policy.accepts(client) is accepted
