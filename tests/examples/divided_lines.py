"""Values without quotes between brackets and marks, names of hosts, and what else divides values, as `hard_lines`.

What is wanted follows from mod_log_config, RFC 3696 and nginx's documentation, not from what is read.
"""

from __future__ import annotations

from hard_lines import AT, COMBINED, GET, VHOST, Case, H, T, of

AGENT = "Mozilla/5.0 (X11; Linux) [en]"
LIST = "203.0.113.9, 10.0.0.1"
USED = '%V:%p %h %l %u %t "%r" %>s %b'
USED_ALONE = '%V %h %l %u %t "%r" %>s %b'
ASKED = '%{Host}i:%p %h %l %u %t "%r" %>s %b'
LISTED = '%h %{X-Forwarded-For}i %l %u %t "%r" %>s'
ZONED = '%{%F %T %Z}t %h "%r"'


def used(name: str, **wanted: object) -> Case:
    """Return a line whose `%V` is this name, before a port."""
    return (USED, f"{name}:443 {H} - - {T} {GET} 200 5", {"client": H, "port": 443, **wanted})


def zoned(clock: str, zone: str, wanted: str | None) -> Case:
    """Return a line with a time in a zone, which is that one, or none may be."""
    return (ZONED, f"2026-11-{clock} {zone} {H} {GET}", None if wanted is None else {"time": wanted})


BRACKETS: tuple[Case, ...] = (
    ("%h %t [%r] %>s", f"{H} {T} [GET /a b HTTP/1.1] 200", {"target": "/a b", "status": 200}),
    ("%h %t [%r] %>s", f"{H} {T} [GET /a[1] 5] HTTP/1.1] 200", {"target": "/a[1] 5]", "status": 200}),
    ("%h %t [%r] %>s", f"{H} {T} [-] 408", {"request": None, "status": 408}),
    ('%h %t "%r" [%{User-Agent}i] %>s', f"{H} {T} {GET} [{AGENT}] 200", {"agent": AGENT, "status": 200}),
    ('%h %t "%r" %>s [%{User-Agent}i]', f"{H} {T} {GET} 200 [{AGENT}]", {"agent": AGENT}),
    ('%h [%u] %t "%r" %>s', f"{H} [mary ann] {T} {GET} 200", {"user": "mary ann", "time": AT}),
    ('%h [%u] %t "%r" %>s', f'{H} [""] {T} {GET} 401', {"user": "", "time": AT}),
    ('%h [%u] %t "%r" %>s', f"{H} [x] [y] {T} {GET} 401", {"user": "x] [y", "time": AT}),
    ('%h %l [%u] %t "%r" %>s', f"{H} - [mary] ann] {T} {GET} 200", {"user": "mary] ann"}),
    ('%h %l [%u] %t "%r" %>s', f"{H} bob [mary] ann] {T} {GET} 200", None),
    ('%a [%{X-Forwarded-For}i] %u %t "%r"', f"{H} [{LIST}] - {T} {GET}", {"forwarded_for": LIST, "user": None}),
    ("%h %t %r: %>s", f"{H} {T} GET /a:b HTTP/1.1: 200", {"target": "/a:b", "status": 200}),
    ("%h %t «%r» %>s", f"{H} {T} «GET /a b HTTP/1.1» 200", {"target": "/a b", "status": 200}),
    ("%h %t {%r} %>s", f"{H} {T} {{GET /{{a}} HTTP/1.1}} 200", {"target": "/{a}", "status": 200}),
    ("%h %t %r- %>s", f"{H} {T} GET /a-b HTTP/1.1- 200", {"target": "/a-b", "status": 200}),
    ("%h %t %rEND %>s", f"{H} {T} GET /END HTTP/1.1END 200", {"target": "/END", "status": 200}),
    ('"%{Host}i: %{User-Agent}i" %h %t', f'"a.example: {AGENT}" {H} {T}', {"host": "a.example", "agent": AGENT}),
    ('%h~%{X}i~%l~%t "%r"', f"{H}~a b~-~{T} {GET}", {"header_in_x": "a b", "ident": None}),
    ('%{User-Agent}i:%h:%t "%r"', f"curl:{H}:{T} {GET}", {"agent": "curl", "client": H}),
)
BEFORE_IDENT: tuple[Case, ...] = (
    ('%h (%{X-Forwarded-For}i) %l %u %t "%r"', f"{H} ({LIST}) - - {T} {GET}", {"forwarded_for": LIST, "ident": None}),
    (
        "%{X-Forwarded-For}i|%l|%u|%t|%r|%h",
        f"{LIST}|-|-|{T}|GET / HTTP/1.1|{H}",
        {"forwarded_for": LIST, "target": "/"},
    ),
    ("%h;%{User-Agent}i;%l;%u;%t;%r", f"{H};a (b; c);-;-;{T};GET / HTTP/1.1", {"agent": "a (b; c)", "user": None}),
    ("%h;%{User-Agent}i;%l;%u;%t;%r", f"{H};a;b-c;d e;{T};GET / HTTP/1.1", {"agent": "a", "ident": "b-c"}),
    ("%h|%l|%u|%t|%r", f"{H}|-|a b|c|{T}|GET / HTTP/1.1", {"user": "a b|c"}),
    ("%h|%l|%u|%t|%r", f"{H}|x|a b|c|{T}|GET / HTTP/1.1", None),
    ("%{X}i|%l|%h|%t", f"a|192.0.2.1|{H}|{T}", None),
)
HOSTS: tuple[Case, ...] = (
    used("::1", server_name="::1", host="::1"),
    used("2001:db8::5", server_name="2001:db8::5", host="2001:db8::5"),
    used("1:2:3:4:5:6:7:8", host="1:2:3:4:5:6:7:8"),
    used("[2001:db8::5]", host="[2001:db8::5]"),
    used("evil<script>.x", host="evil<script>.x"),
    used(r"\"q\".x", host='"q".x'),
    used("%41.x", host="%41.x"),
    used("o'x.x", host="o'x.x"),
    used("a;b|c.x", host="a;b|c.x"),
    used("a.x:http", host="a.x:http"),
    used(r"b\xc3\xbccher.example", host="bücher.example"),
    (USED, f"2001:db8::7 - - {T} {GET} 200 5", None),
    (USED, f"2001:db8::7 - mary ann {T} {GET} 200 5", None),
    (USED, f"a.x:80:443 {H} - - {T} {GET} 200 5", None),
    (USED, f":443 {H} - - {T} {GET} 200 5", None),
    (USED, f"a b:443 {H} - - {T} {GET} 200 5", None),
    (USED_ALONE, f"2001:db8::5 {H} - - {T} {GET} 200 5", {"host": "2001:db8::5", "client": H}),
    (USED_ALONE, f"o'x.x {H} - - {T} {GET} 200 5", {"host": "o'x.x", "client": H}),
    (USED_ALONE, f"old.example.test:443 {H} - - {T} {GET} 200 5", None),
    ('%h %t "%r" %>s %V', f"{H} {T} {GET} 200 2001:db8::5 ", {"host": "2001:db8::5"}),
    ('%h %t "%r" "%V"', f'{H} {T} {GET} "x y.x"', {"host": "x y.x"}),
    (VHOST, rf'b\xc3\xbccher.example:443 {H} - - {T} {GET} 200 5 "-" "-"', {"server_name": "bücher.example"}),
    (VHOST, f'::1:443 {H} - - {T} {GET} 200 5 "-" "-"', None),
    (VHOST, f'old.example.test:65535 {H} - - {T} {GET} 200 5 "-" "-"', {"port": 65_535}),
    (VHOST, f'old.example.test:65536 {H} - - {T} {GET} 200 5 "-" "-"', None),
    (VHOST, f'old.example.test:99999 {H} - - {T} {GET} 200 5 "-" "-"', None),
    (ASKED, f"a.example:8080:8080 {H} - - {T} {GET} 200 5", {"host": "a.example", "port": 8080}),
    (ASKED, f"[2001:db8::5]:80 {H} - - {T} {GET} 200 5", {"host": "[2001:db8::5]", "port": 80}),
    (ASKED, f"[2001:db8::5]:81:80 {H} - - {T} {GET} 200 5", {"host": "[2001:db8::5]", "port": 80}),
    (ASKED, f"a.example:80 {H} - - {T} {GET} 200 5", {"host": "a.example", "client": H}),
    ('%h %t "%r" local=%A %>s', f"{H} {T} {GET} local=2001:db8::4 200", {"local_address": "2001:db8::4"}),
    ('%h %t "%r" local=%A %>s', f"{H} {T} {GET} local=192.0.2.4.example 200", {"local_address": "192.0.2.4.example"}),
)
CLIENTS: tuple[Case, ...] = (
    *((COMBINED, of(text, was=H), None) for text in (
        "198.51.1198.51.100.7", "999.999.999.999", "198.51.100.256", "1.2.3", "1.2.3.", "1.2.3.4.5", "12345",
        "a.example.7", "access.log-198.51.100.7", "::ffff:198.51.100.256", "unix:80",
    )),
    *((COMBINED, of(text, was=H), {"client": text}) for text in (
        "255.255.255.255", "0.0.0.1", "7.example", "host7", "web-7", "1.2.3.4.example", "a.b-7", "a.7b", "_7", "7_",
        "unix:",
    )),
    ("nginx", of("unix:", was=H), {"client": "unix:"}),
)  # fmt: skip
LISTS: tuple[Case, ...] = (
    (LISTED, f"{H} 203.0.113.9, - - {T} {GET} 200", {"forwarded_for": "203.0.113.9,", "ident": None, "user": None}),
    (LISTED, f"{H} {LIST}, - mary {T} {GET} 200", {"forwarded_for": f"{LIST},", "user": "mary"}),
    (LISTED, f"{H} {LIST} - - {T} {GET} 200", {"forwarded_for": LIST}),
    ('%h %t "%r" %{X-Forwarded-For}i %a', f"{H} {T} {GET} 203.0.113.9, 192.0.2.1", None),
    ('%h,%{X-Forwarded-For}i,%u,%t,"%r"', f"{H},{LIST},-,{T},{GET}", {"forwarded_for": LIST, "user": None}),
    ('%h,%{X-Forwarded-For}i,%u,%t,"%r"', f"{H},-, x,{T},{GET}", {"forwarded_for": None, "user": " x"}),
    ('%h,%{X-Forwarded-For}i, %u,%t,"%r"', f"{H},{H}, -,{T},{GET}", {"forwarded_for": H, "user": None}),
)
BEGINNINGS: tuple[Case, ...] = (
    ('%{Host}i %h %t "%r" %>s', f"\0\0app.example.com {H} {T} {GET} 200", {"host": "app.example.com"}),
    ('%u %h %t "%r" %>s', f"\0bob {H} {T} {GET} 200", {"user": "bob"}),
    ('%u %h %t "%r" %>s', f"\ufeffbob {H} {T} {GET} 200", {"user": "bob"}),
    ('%l %h %t "%r" %>s', f"\0- {H} {T} {GET} 200", {"ident": None}),
    ('%h %t "%m %U%q %H" %>s', f'{H} {T} "GET\vx / HTTP/1.1" 200', None),
    ("%h %t %m %>s", f"{H} {T} GET\vx 200", None),
)
TIMES: tuple[Case, ...] = (
    ('%{usec_frac}t %{sec}t %h "%r"', f"967218 1795458644 {H} {GET}", {"time": "2026-11-23T18:30:44.967218Z"}),
    ('%{msec_frac}t %{%s}t %h "%r"', f"967 1795458644 {H} {GET}", {"time": "2026-11-23T18:30:44.967Z"}),
    ('%t %{usec}t %h "%r"', f"{T} 1795458644967218 {H} {GET}", {"time": "2026-11-23T18:30:44.967218Z"}),
    ('%t %{usec}t %h "%r"', f"{T} 1795458645967218 {H} {GET}", {"time": AT}),
    ('%{msec}t.%{usec_frac}t %h "%r"', f"1795458644967.967218 {H} {GET}", {"time": "2026-11-23T18:30:44.967218Z"}),
    zoned("24 03:30:44", "JST", AT),
    zoned("23 15:00:44", "NST", AT),
    zoned("24 05:30:44", "AEDT", "2026-11-23T18:30:44Z"),
    zoned("23 18:30:44", "IST", None),
)
NUMBERS: tuple[Case, ...] = (
    (COMBINED, of("200 9223372036854775807", was="200 512"), {"bytes": 9_223_372_036_854_775_807}),
    (COMBINED, of("200 9223372036854775808", was="200 512"), None),
    (COMBINED, of("200 1234567890123456789", was="200 512"), {"bytes": 1_234_567_890_123_456_789}),
    (COMBINED, of("200 10000000000000000000", was="200 512"), None),
)
DIVIDED = {
    "brackets": BRACKETS, "before %l": BEFORE_IDENT, "host": HOSTS, "client": CLIENTS, "list": LISTS,
    "beginning": BEGINNINGS, "time": TIMES, "number": NUMBERS,
}  # fmt: skip
