r"""More lines that no reader of logs gets right by luck, as `hard_lines` has them: mostly where lanes may differ.

What is wanted follows from mod_log_config, HAProxy's and Caddy's documentation and RFC 8259, not from what is read.
"""

from __future__ import annotations

from hard_lines import AT, COMBINED, GET, TAIL, VHOST, Case, H, T, of

MUSQ = '%h %t "%m %U%q %H" %>s'
BARE = "%h\t%t\t%r\t%>s\t%b"
PADDED = '%{%e/%b/%y %k:%M:%S}t %h "%r"'
ISO = '%{%Y-%m-%dT%H:%M:%S%z}t %h "%r"'
LISTS = '%h %{X-Forwarded-For}i %l %u %t "%r"'
STAMP = "[23/Nov/2026:18:30:44.655]"
MILLI = "2026-11-23T18:30:44.655Z"
COUNTS = "10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0"
SYSLOG = "Nov 23 18:30:44 web1 haproxy[14389]: "


def user(text: str, wanted: str | None) -> Case:
    """Return a line with a user, who is that one, or none may be."""
    return (COMBINED, of(f"{text} {T}", was=f"- {T}"), None if wanted is None else {"user": wanted, "time": AT})


def at(text: str, wanted: str | None) -> Case:
    """Return a line with a time, which is that one, or none may be."""
    return (COMBINED, of(text, was=T), None if wanted is None else {"time": wanted})


def who(text: str, *, read: bool = True) -> Case:
    """Return a line with a client, who may be read as such or not."""
    return (COMBINED, of(text, was=H), {"client": text} if read else None)


def balanced(text: str, wanted: dict[str, object] | None) -> Case:
    """Return a line of HAProxy."""
    return ("haproxy", text, wanted)


def caddy(more: str, wanted: dict[str, object] | None, *, ts: str = "1795458644.25", request: str = "") -> Case:
    """Return a line of Caddy with some more members, its time and some more members of its request."""
    asked = f'"client_ip":"{H}","method":"GET","uri":"/","proto":"HTTP/1.1"{request}'
    return ("caddy", f'{{"ts":{ts},"request":{{{asked}}},"status":200{more}}}', wanted)


USERS = (
    user("mary ann", "mary ann"),
    user("john q public", "john q public"),
    user("a [b", "a [b"),
    user("x [1", "x [1"),
    user("x [23/Nov", "x [23/Nov"),
    user(r"\"", '"'),
    user(r"a\\", "a\\"),
    user(r"a\\\" x", 'a\\" x'),
    user(r"mary\tann", "mary\tann"),
    user("-x y", "-x y"),
    user("1.2.3.4 x", "1.2.3.4 x"),
    user("::1 x", "::1 x"),
    user("192.0.2.1 - x", None),
    user("2001:db8::1 - x", None),
    user('"" x', None),
    user("- x", None),
    (COMBINED, of(f"bob mary ann {T}", was=f"- - {T}"), None),
    (COMBINED, of(f"bob- mary {T}", was=f"- - {T}"), {"ident": "bob-", "user": "mary"}),
    (VHOST, f"_default_:80 {H} - a b {T} {TAIL}", {"server_name": "_default_", "user": "a b"}),
    (VHOST, f"old.example.test:080 {H} - - {T} {TAIL}", {"port": 80}),
)
CLIENTS = (
    who("::ffff:198.51.100.7"),
    who("1:2:3:4:5:6:198.51.100.7"),
    who("::1.2.3.4"),
    who(f"fe80::1%{'a' * 32}"),
    who("1:2:3:4:5:6:7::"),
    who(f"fe80::1%{'a' * 33}", read=False),
    who("::ffff:198.51.100.7.8", read=False),
    who("1:2:3:4:5:6:7:198.51.100.7", read=False),
    who("1:2:3:4:5:6:7:8:9", read=False),
    who("::1::", read=False),
    who("12345::1", read=False),
)
TIMES = (
    at("[29/Feb/2028:00:00:00 -0000]", "2028-02-29T00:00:00Z"),
    at("[01/Jan/1970:00:00:00 +0100]", "1969-12-31T23:00:00Z"),
    at("[23/Nov/2026:12:00:60 +0000]", None),
    at("[23/Nov/2026:23:58:60 +0000]", None),
    at("[23/Nov/2026:12:60:00 +0000]", None),
    at("[23/Nov/2026:24:00:00 +0000]", None),
    at("[29/Feb/2100:00:00:00 +0000]", None),
    at("[23/Nov/2026:18:30:44 +2400]", None),
    (ISO, f"2026-11-23T18:30:44-0330 {H} {GET}", {"time": "2026-11-23T22:00:44Z"}),
    (ISO, f"2016-12-31T22:59:60-0100 {H} {GET}", {"time": "2017-01-01T00:00:00Z"}),
    (ISO, f"2026-11-23T18:30:60+0000 {H} {GET}", None),
    (PADDED, f" 3/Nov/26  7:05:09 {H} {GET}", {"time": "2026-11-03T07:05:09Z"}),
    (PADDED, f"23/Nov/69 17:05:09 {H} {GET}", {"time": "1969-11-23T17:05:09Z"}),
    (PADDED, f"3/Nov/26 7:05:09 {H} {GET}", None),
    ('%{msec}t %h "%r"', f"0 {H} {GET}", {"time": "1970-01-01T00:00:00Z"}),
    ('%{usec}t %h "%r"', f"1795458644250001 {H} {GET}", {"time": "2026-11-23T18:30:44.250001Z"}),
)
REQUESTS = (
    (BARE, f"{H}\t{T}\tGET /a b HTTP/1.1\t200\t5", {"target": "/a b", "status": 200}),
    (BARE, f"{H}\t{T}\tGET /a\\t200 HTTP/1.1\t404\t-", {"request": "GET /a\t200 HTTP/1.1", "bytes": 0}),
    (BARE, f"{H}\t{T}\t-\t408\t-", {"request": None, "status": 408}),
    (MUSQ, f'{H} {T} "GET /a  b HTTP/1.1" 200', {"target": "/a  b", "protocol": "HTTP/1.1"}),
    (MUSQ, f'{H} {T} "- - -" 408', {"method": None, "target": None, "protocol": None}),
    (MUSQ, f'{H} {T} "GET /\\" x HTTP/1.1" 200', {"target": '/" x', "method": "GET"}),
    (MUSQ, f'{H} {T} "GET /" 200', None),
    (LISTS, f"{H} 203.0.113.9, 10.0.0.1, ::1 - - {T} {GET}", {"forwarded_for": "203.0.113.9, 10.0.0.1, ::1"}),
    (LISTS, f"{H} unknown, 203.0.113.9 - a b {T} {GET}", {"forwarded_for": "unknown, 203.0.113.9", "user": "a b"}),
)
BALANCED = (
    balanced(f"2001:db8::7:8080 {STAMP} a b/c {COUNTS} {GET}", {"client": "2001:db8::7", "client_port": 8080}),
    balanced(f"::ffff:{H}:1 {STAMP} a b/c {COUNTS} {GET}", {"client": f"::ffff:{H}", "time": MILLI}),
    balanced(f"unix:1 {STAMP} a~ b/<NOSRV> {COUNTS} {GET}", {"client": "unix", "upstream": "<NOSRV>"}),
    balanced(f'{SYSLOG}{H}:1 {STAMP} a b/c {COUNTS} {{x "y" z}} {GET}', {"target": "/", "status": 200}),
    balanced(f"2026-11-23T18:30:44.1Z web1 haproxy: {H}:1 {STAMP} a b/c {COUNTS} {GET}", {"client": H}),
    # The manual's section 8.8, with the time of a newer version: Host, Content-Length and Referer are captured.
    balanced(
        f"{SYSLOG}{H}:1 {STAMP} a b/c {COUNTS} {{fr.adserver.yahoo.co||http://fr.f416.mail.}} {{|864|private||}} {GET}",
        {"host": "fr.adserver.yahoo.co", "agent": None},
    ),
    balanced(
        f"{H}:1 {STAMP} a b/c {COUNTS} {{WWW.Example.org:8080|Mozilla/5.0 (#22#7C#7D; #C3#A9)}} {GET}",
        {"host": "www.example.org", "agent": 'Mozilla/5.0 ("|}; é)'},
    ),
    balanced(f"{H}:1 {STAMP} a b/c {COUNTS} {{a.example|Mozilla/5.0 (Win}} {GET}", {"agent": "Mozilla/5.0 (Win"}),
    balanced(f"{H}:1 {STAMP} a b/c {COUNTS} {{{H}|Java/11.0.2}} {{}} {GET}", {"host": None, "agent": "Java/11.0.2"}),
    balanced(f"{H}:1 {STAMP} a b/c {COUNTS} {{Apache/2.4.41 (Debian)|text/html}} {GET}", {"host": None, "agent": None}),
    balanced(f"{H}:1 {STAMP} a b/c {COUNTS} {{a.example|Mozilla/5.0 (Win", None),
    balanced(f'{SYSLOG}{H}:1 {STAMP} a b/c {COUNTS} "GET /#3F#C3#A9#2 HTTP/1.1', {"target": "/?é#2"}),
    balanced(f'{H}:1 {STAMP} a b/c -1/-1/-1/-1/5 -1 0 - - CR-- 1/1/0/0/+3 0/0 "<BADREQ>"', {"status": None}),
    balanced(f"{H} {STAMP} a b/c {COUNTS} {GET}", None),
    balanced(f"{H}:1 {STAMP} a b {COUNTS} {GET}", None),
    balanced(f"{H}:1 {STAMP} a b/c {COUNTS.replace('200', '2000')} {GET}", None),
)
CADDY = (
    caddy(',"status":404', {"status": 404, "client": H}),
    caddy("", {"time": "2026-11-23T18:30:45Z"}, ts="1795458644.9999998"),
    caddy("", {"time": "2026-11-23T18:30:44.000001Z"}, ts="1795458644.0000006"),
    caddy("", {"time": "2026-11-23T18:30:44Z"}, ts="1795458644e0"),
    caddy(r',"\u0073tatus":500', {"status": 500}),
    caddy("", {"agent": 'a "b"'}, request=r',"headers":{"User-Agent":["a \"b\""]}'),
    caddy("", {"agent": "Zoë"}, request=',"headers":{"User-Agent":["Zoë"]}'),
    caddy(
        "",
        {"agent": "x", "host": "a.example"},
        request=r',"headers":{"A\"":[],"User-Agent":["x"]},"host":"A.example:1"',
    ),
    caddy(',"duration":NaN', None),
    caddy(',"size":01', None),
    caddy(",", None),
    caddy('},{"a":1', None),
    caddy("", None, request=',"headers":{"User-Agent":["a\tb"]}'),
)
IIS = (
    ("iis", f"2026-11-23 18:30:44 192.0.2.4 GET /a - 443 - {H} a+b - 200 0 0 15", {"agent": "a b", "target": "/a"}),
    (
        "iis",
        f"2026-11-23 18:30:44 192.0.2.4 GET /a\\b x 443 D\\u {H} a\\b - 404 0 0 -",
        {"agent": "a\\b", "user": "D\\u"},
    ),
    ("iis", f"2026-11-23 18:30:44 192.0.2.4 GET /é - 443 - {H} é - 200 0 0 1", {"agent": "é", "target": "/é"}),
    ("iis", f"2026-11-23 24:00:00 192.0.2.4 GET /a - 443 - {H} a - 200 0 0 15", None),
    ("iis", f"2026-11-23 18:30:44 192.0.2.4 GET /a b - 443 - {H} a - 200 0 0 15", None),
)
MORE_GROUPS = {
    "user": USERS, "client": CLIENTS, "time": TIMES, "request": REQUESTS, "HAProxy": BALANCED, "Caddy": CADDY,
    "IIS": IIS,
}  # fmt: skip
