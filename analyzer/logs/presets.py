"""Formats that people name: the texts, and lines of each that test it.

`drain` and `json` are ours, for the old server while it is a proxy: they use nothing but mod_log_config, which every
Apache 2.4 has (no `%I %O` of mod_logio, no `%{…}x` of mod_ssl: an Apache without those does not start with them).
Their time is `%t` alone, so that all lanes read it. The upstream of a proxied request is not logged by Apache:
`handler` is `proxy-server` where the request was passed on, and `-` where the old server refused it itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzer.logs import caddy, haproxy
from analyzer.logs.grammar import LogFormat, parts_of
from analyzer.logs.w3c import w3c

if TYPE_CHECKING:
    from collections.abc import Mapping

Values = dict[str, object]
COMBINED = '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"'
DRAIN = (
    '%v:%p %a %l %u %t "%r" %>s %B "%{Referer}i" "%{User-Agent}i" host="%{Host}i" xff="%{X-Forwarded-For}i"'
    " peer=%{c}a local=%A us=%D k=%k conn=%X handler=%R"
)
JSON = (
    '{"time":"%t","client":"%a","peer":"%{c}a","user":"%u","request":"%r","status":%>s,"bytes":%B,'
    '"referer":"%{Referer}i","agent":"%{User-Agent}i","host":"%{Host}i","xff":"%{X-Forwarded-For}i","vhost":"%v",'
    '"port":%p,"local":"%A","us":%D,"k":%k,"conn":"%X","handler":"%R"}'
)


@dataclass(frozen=True, slots=True)
class Preset:
    """A format that people name, with lines that it must read and what they say.

    Attributes
    ----------
    log_format
        What it stands for.
    source
        Who writes it.
    samples
        Lines, and some of the values that they must give.
    alone
        False if its lines cannot be told from those of another preset, so that nothing can prove it.
    """

    log_format: LogFormat
    source: str
    samples: tuple[tuple[str, Values], ...]
    alone: bool = True


def _preset(name: str, text: str, source: str, *samples: tuple[str, Values], alone: bool = True) -> Preset:
    """Return a preset of a LogFormat string."""
    return Preset(LogFormat(name, text, parts_of(text)), source, samples, alone)


_ASKED: Values = {"status": 200, "method": "GET", "target": "/a?b=1", "protocol": "HTTP/1.1"}
_GET: Values = {**_ASKED, "user": None}
_AT: Values = {"time": "2026-11-23T18:30:44Z", "client": "198.51.100.7"}
_TIME, _LINE = "[23/Nov/2026:18:30:44 +0000]", '"GET /a?b=1 HTTP/1.1"'

_PRESETS: Mapping[str, Preset] = {
    "common": _preset(
        "common",
        '%h %l %u %t "%r" %>s %b',
        "httpd.conf of Apache 2.4",
        (
            f"2001:db8::7 - - [23/Nov/2026:18:30:44 +0530] {_LINE} 200 -",
            {**_GET, "client": "2001:db8::7", "bytes": 0, "time": "2026-11-23T13:00:44Z"},
        ),
    ),
    "combined": _preset(
        "combined",
        COMBINED,
        "httpd.conf of Apache 2.4",
        (
            rf'198.51.100.7 - mary ann {_TIME} {_LINE} 200 512 "-" "A \"10\""',
            {**_GET, **_AT, "user": "mary ann", "bytes": 512, "agent": 'A "10"'},
        ),
    ),
    "combinedio": _preset(
        "combinedio",
        f"{COMBINED} %I %O",
        "httpd.conf of Apache 2.4",
        (
            f'198.51.100.7 - - {_TIME} {_LINE} 200 512 "-" "a" 300 812',
            {**_GET, **_AT, "bytes": 512, "bytes_in": 300, "bytes_out": 812},
        ),
    ),
    "vhost_combined": _preset(
        "vhost_combined",
        '%v:%p %h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i"',
        "apache2.conf of Debian",
        (
            f'old.example.com:443 198.51.100.7 - - {_TIME} {_LINE} 200 73 "" "a"',
            {**_GET, **_AT, "host": "old.example.com", "port": 443, "bytes_out": 73, "referer": "", "agent": "a"},
        ),
    ),
    "drain": _preset(
        "drain",
        DRAIN,
        "cutover, for an Apache that is to go",
        (
            (f'app.example.com:443 203.0.113.9 - - {_TIME} {_LINE} 200 512 "-" "a" host="App.example.com:443"'
            ' xff="203.0.113.9" peer=198.51.100.7 local=192.0.2.4 us=1520 k=3 conn=+ handler=proxy-server'),
            {
                **_GET, **_AT, "client": "203.0.113.9", "bytes": 512, "host": "app.example.com", "port": 443,
                "server_name": "app.example.com", "forwarded_for": "203.0.113.9", "peer": "198.51.100.7",
                "local_address": "192.0.2.4", "duration_us": 1520, "keepalive": 3, "connection": "+",
                "handler": "proxy-server", "agent": "a", "referer": None,
            },
        ),
    ),
    "json": _preset(
        "json",
        JSON,
        "cutover, for an Apache whose log others read as JSON",
        (
            (f'{{"time":"{_TIME}","client":"198.51.100.7","peer":"198.51.100.7","user":"-",'
            r'"request":"GET /a?b=1 HTTP/1.1",'
            r'"status":200,"bytes":512,"referer":"-","agent":"\xc3\xa9 \"x\"","host":"app.example.com","xff":"-",'
            '"vhost":"app.example.com","port":80,"local":"192.0.2.4","us":1520,"k":0,"conn":"-","handler":"-"}'),
            {
                **_GET, **_AT, "bytes": 512, "host": "app.example.com", "agent": 'é "x"', "port": 80,
                "duration_us": 1520, "connection": "-", "handler": None, "forwarded_for": None,
            },
        ),
    ),
    "nginx": _preset(
        "nginx",
        '%h - %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"',
        "nginx, its `combined`",
        (
            rf'198.51.100.7 - mary {_TIME} {_LINE} 200 512 "-" "a \x22b\x22"',
            {**_GET, **_AT, "user": "mary", "bytes": 512, "agent": 'a "b"', "referer": None},
        ),
        alone=False,
    ),
    "lighttpd": _preset(
        "lighttpd",
        '%h %V %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"',
        "lighttpd, its default",
        (
            f'198.51.100.7 app.example.com - {_TIME} {_LINE} 200 512 "-" "a"',
            {**_GET, **_AT, "host": "app.example.com", "bytes": 512, "agent": "a"},
        ),
    ),
    "caddy": Preset(
        caddy.LOG_FORMAT,
        "Caddy 2, its JSON",
        (
            (
                ('{"level":"info","ts":1795458644.25,"logger":"http.log.access","msg":"handled request","request":'
                '{"remote_ip":"198.51.100.7","remote_port":"41342","client_ip":"198.51.100.7","proto":"HTTP/1.1",'
                '"method":"GET","host":"app.example.com","uri":"/a?b=1","headers":{"User-Agent":["a"]}},"bytes_read":0,'
                '"user_id":"","duration":0.00152,"size":512,"status":200,"resp_headers":{"Server":["Caddy"]}}'),
                {
                    **_GET, **_AT, "time": "2026-11-23T18:30:44.25Z", "bytes": 512, "host": "app.example.com",
                    "duration_us": 1520, "agent": "a", "referer": None,
                },
            ),
        ),
    ),
    "haproxy": Preset(
        haproxy.LOG_FORMAT,
        "HAProxy, its HTTP log",
        (
            (
                ("Nov 23 18:30:44 web1 haproxy[14389]: 198.51.100.7:33317 [23/Nov/2026:18:30:44.655] http-in~ app/srv1"
                ' 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {1wt.eu} {} "GET /a?b=1#22 HTTP/1.1"'),
                {
                    **_ASKED, **_AT, "time": "2026-11-23T18:30:44.655Z", "target": '/a?b=1"', "bytes_out": 2750,
                    "duration_us": 109_000, "client_port": 33317, "backend": "app", "upstream": "srv1",
                    "host": "1wt.eu", "agent": None,
                },
            ),
            (
                ("198.51.100.7:33317 [23/Nov/2026:18:30:44.655] http-in app/srv1 10/0/30/69/109 200 2750 - - ----"
                ' 1/1/1/1/0 0/0 {App.example.com:8080|Mozilla/5.0 (X11; #22a#22)|http://a/} "GET /a?b=1 HTTP/1.1"'),
                {**_ASKED, "client": "198.51.100.7", "host": "app.example.com", "agent": 'Mozilla/5.0 (X11; "a")'},
            ),
            (
                ("2001:db8::7:33317 [23/Nov/2026:18:30:44.655] http-in http-in/<NOSRV> -1/-1/-1/-1/50 400 187 - -"
                ' PR-- 1/1/0/0/0 0/0 "<BADREQ>"'),
                {"client": "2001:db8::7", "status": 400, "method": None, "request": "<BADREQ>", "duration_us": 50_000},
            ),
        ),
    ),
    "iis": Preset(
        w3c(),
        "IIS, W3C extended",
        (
            (
                "2026-11-23 18:30:44 192.0.2.4 GET /a b=1 443 - 198.51.100.7 a+(b) - 200 0 0 15",
                {
                    "status": 200, "method": "GET", "target": "/a?b=1", **_AT, "user": None, "port": 443,
                    "duration_us": 15_000, "agent": "a (b)", "referer": None, "local_address": "192.0.2.4",
                },
            ),
        ),
    ),
}  # fmt: skip
AUTO = "auto"
PRESETS: dict[str, str] = {name: preset.log_format.text for name, preset in _PRESETS.items()}
PROVABLE = tuple(name for name, preset in _PRESETS.items() if preset.alone)


def preset(name: str) -> Preset | None:
    """Return the preset of a name; None if there is none."""
    return _PRESETS.get(name)


def samples(name: str) -> tuple[tuple[str, Values], ...]:
    """Return a preset's sample lines, each with the values that it must give."""
    return _PRESETS[name].samples
