r"""Lines that no reader of logs gets right by luck: format, line, and what Apache meant by it, or None for "refused".

What is wanted follows from mod_log_config (`ap_escape_logitem`, `log_request_time`, …) and from what administrators
write into LogFormat, not from what the reader gives.
"""

from __future__ import annotations

from typing import Any

Case = tuple[str, str, dict[str, Any] | None]

T = "[23/Nov/2026:18:30:44 +0000]"
AT = "2026-11-23T18:30:44Z"
H = "198.51.100.7"
COMMON = '%h %l %u %t "%r" %>s %b'
COMBINED = f'{COMMON} "%{{Referer}}i" "%{{User-Agent}}i"'
VHOST = '%v:%p %h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i"'
GET = '"GET / HTTP/1.1"'
TAIL = f'{GET} 200 512 "-" "curl/8.0"'
LINE = f"{H} - - {T} {TAIL}"


def of(text: str, *, was: str) -> str:
    """Return the usual line with one piece of it exchanged."""
    assert LINE.count(was) == 1, was
    return LINE.replace(was, text)


CLIENTS: tuple[Case, ...] = (
    (COMBINED, of("unknown", was=H), {"client": "unknown"}),
    (COMBINED, of("ip_7.pool.example.", was=H), {"client": "ip_7.pool.example."}),
    (COMBINED, of("xn--bcher-kva.example", was=H), {"client": "xn--bcher-kva.example"}),
    (COMBINED, of("2001:DB8:0:0:0:0:0:7", was=H), {"client": "2001:DB8:0:0:0:0:0:7"}),
    (COMBINED, of("fe80::1%25", was=H), {"client": "fe80::1%25"}),
    (COMBINED, of("fe80::1%br-0a.1", was=H), {"client": "fe80::1%br-0a.1"}),
    (COMBINED, of("fe80::1%", was=H), None),
    (COMBINED, of("198.51.100.7:51234", was=H), None),
    (COMBINED, of("203.0.113.9, 198.51.100.7", was=H), None),
    (COMBINED, of("<script>", was=H), None),
    (COMBINED, of("", was=H), None),
    (f"%a:%{{remote}}p {COMMON[3:]}", f"{H}:51234 - - {T} {GET} 200 5", {"client": H, "port": 51234}),
    (f"%a:%{{remote}}p {COMMON[3:]}", f"2001:db8::7:8080 - - {T} {GET} 200 5", {"client": "2001:db8::7", "port": 8080}),
    (f"[%a]:%{{remote}}p {COMMON[3:]}", f"[2001:db8::7]:0 - - {T} {GET} 200 5", {"client": "2001:db8::7", "port": 0}),
    ('%{c}a %a %t "%r"', f"10.0.0.1 203.0.113.9 {T} {GET}", {"client": "203.0.113.9", "peer": "10.0.0.1"}),
    ('%h (%a) %t "%r"', f"a.example ({H}) {T} {GET}", {"client": H}),
)

VIRTUAL_HOSTS: tuple[Case, ...] = (
    (VHOST, f"*.example.com:80 {H} - - {T} {TAIL}", {"server_name": "*.example.com", "port": 80}),
    (VHOST, f"[2001:db8::1]:443 {H} - - {T} {TAIL}", {"server_name": "[2001:db8::1]", "client": H}),
    (VHOST, f"old.example.test:0 2001:db8::7 - - {T} {TAIL}", {"port": 0, "client": "2001:db8::7"}),
    (VHOST, f"old.example.test:- {H} - - {T} {TAIL}", {"port": None, "server_name": "old.example.test"}),
    (VHOST, f"old.example.test:443 {H} - mary ann {T} {TAIL}", {"user": "mary ann", "bytes_out": 512}),
    (VHOST, f"old.example.test {H} - - {T} {TAIL}", None),
    (VHOST, f"old.example.test: {H} - - {T} {TAIL}", None),
    (VHOST, f"old.example.test:https {H} - - {T} {TAIL}", None),
    (VHOST, f"a.example:80 old.example.test:443 {H} - - {T} {TAIL}", None),
    (VHOST, f"2001:db8::7 - - {T} {TAIL}", None),
    (COMBINED, f"old.example.test {H} - - {T} {TAIL}", None),
    (COMBINED, f"old.example.test 2001:db8::7 - - {T} {TAIL}", None),
    (COMBINED, f"old.example.test a.example - - {T} {TAIL}", None),
    (COMBINED, f"{H} old.example.test - - {T} {TAIL}", None),
    (f"%v {COMBINED}", f"old.example.test {H} - - {T} {TAIL}", {"host": "old.example.test", "client": H}),
    (f"%V {COMBINED}", f"Old.Example.TEST {H} - - {T} {TAIL}", {"host": "old.example.test"}),
    (f"{COMBINED} %V:%p", f"{LINE} old.example.test:8080", {"host": "old.example.test", "port": 8080}),
    (f'{COMBINED} "%{{Host}}i"', f'{LINE} "Old.example.test:8443"', {"host": "old.example.test"}),
    (f"{COMBINED} %{{Host}}i", f"{LINE} [2001:db8::1]:8443", {"host": "[2001:db8::1]"}),
    (f"{COMBINED} %v", f"{LINE}", None),
)

USERS: tuple[Case, ...] = (
    (COMBINED, of(f'"" {T}', was=f"- {T}"), {"user": ""}),
    (COMBINED, of(rf"DOMAIN\\bob {T}", was=f"- {T}"), {"user": r"DOMAIN\bob"}),
    (COMBINED, of(rf"a\"b\" c {T}", was=f"- {T}"), {"user": 'a"b" c'}),
    (COMBINED, of(f"/C=DE/O=Acme GmbH/CN=Ann M. {T}", was=f"- {T}"), {"user": "/C=DE/O=Acme GmbH/CN=Ann M."}),
    (COMBINED, of(f"bob@EXAMPLE.TEST {T}", was=f"- {T}"), {"user": "bob@EXAMPLE.TEST"}),
    (COMBINED, of(f"x] [y {T}", was=f"- {T}"), {"user": "x] [y"}),
    (COMBINED, of(f"[ {T}", was=f"- {T}"), {"user": "["}),
    (COMBINED, of(f"{T} {T}", was=f"- {T}"), {"user": T, "time": AT}),
    (COMBINED, of(rf"[01/Jan/2020:00:00:00 +0000] \"GET {T}", was=f"- {T}"), {"time": AT, "request": "GET / HTTP/1.1"}),
    (COMBINED, of(f" bob  {T}", was=f"- {T}"), {"user": " bob "}),
    (COMBINED, of(f"- 198.51.100.8 - - {T}", was=f"- {T}"), None),
    (COMBINED, of(f"bob mary {T}", was=f"- - {T}"), {"ident": "bob", "user": "mary"}),
    (COMBINED, of(f"- {T}", was=f"- - {T}"), None),
    (COMBINED, of(rf"\xe5\xbc\xa0\xe4\xb8\x89 {T}", was=f"- {T}"), {"user": "张三"}),
)

REQUESTS: tuple[Case, ...] = (
    (COMBINED, of('"-" 408 -', was=f"{GET} 200 512"), {"request": None, "method": None, "status": 408, "bytes": 0}),
    (COMBINED, of('""', was=GET), {"request": "", "method": None, "target": None}),
    (
        COMBINED,
        of(r'"\x16\x03\x01\x02" 400 226', was=f"{GET} 200 512"),
        {"request": "\x16\x03\x01\x02", "method": None},
    ),
    (COMBINED, of(r'"\x16\x03\xee" 400 226', was=f"{GET} 200 512"), {"request": "\x16\x03î", "status": 400}),
    (COMBINED, of(r'"\x03" 400 226', was=f"{GET} 200 512"), {"request": "\x03", "protocol": None}),
    (COMBINED, of('"GET"', was=GET), {"request": "GET", "method": None}),
    (COMBINED, of('"GET /a b"', was=GET), {"method": "GET", "target": "/a b", "protocol": None}),
    (COMBINED, of('"GET  /  HTTP/1.1"', was=GET), {"method": "GET", "target": "/", "protocol": "HTTP/1.1"}),
    (COMBINED, of('"GET / HTTP/1.1 "', was=GET), {"target": "/", "protocol": "HTTP/1.1"}),
    (COMBINED, of(r'"GET\t/\tHTTP/1.1"', was=GET), {"request": "GET\t/\tHTTP/1.1"}),
    (COMBINED, of(r'"GET / HTTP/1.1\n"', was=GET), {"target": "/", "protocol": "HTTP/1.1"}),
    (COMBINED, of('"OPTIONS / RTSP/1.0"', was=GET), {"method": "OPTIONS", "target": "/", "protocol": "RTSP/1.0"}),
    (COMBINED, of('"OPTIONS sip:nm SIP/2.0"', was=GET), {"target": "sip:nm", "protocol": "SIP/2.0"}),
    (COMBINED, of('"CONNECT a.example:443 HTTP/1.1"', was=GET), {"method": "CONNECT", "target": "a.example:443"}),
    (COMBINED, of('"GET http://XXXXXXXX@a.example/ HTTP/1.1"', was=GET), {"target": "http://XXXXXXXX@a.example/"}),
    (COMBINED, of(r'"GET /\\x41\\\" HTTP/1.1"', was=GET), {"target": r"/\x41\""}),
    (
        COMBINED,
        of(r'"GET /\" 200 999 \"-\" \"x HTTP/1.1"', was=GET),
        {"status": 200, "bytes": 512, "agent": "curl/8.0"},
    ),
    (COMBINED, of('"GET /[x]?a={1}|b HTTP/1.1"', was=GET), {"target": "/[x]?a={1}|b"}),
    (COMBINED, of(f'"GET /{"a" * 70_000} HTTP/1.1"', was=GET), {"target": "/" + "a" * 70_000}),
    (COMBINED, of(f'"{"A" * 300} / HTTP/1.1"', was=GET), {"method": "A" * 300}),
    (COMBINED, of('"GET /" x" HTTP/1.1"', was=GET), None),
    (COMBINED, of("GET / HTTP/1.1", was=GET), None),
    ("%h %t %r %>s %b", f"{H} {T} GET /a 200 5 HTTP/1.1 404 196", {"request": "GET /a 200 5 HTTP/1.1", "status": 404}),
    ("%h %t %r %>s %b", f"{H} {T} - 408 -", {"request": None, "status": 408}),
    ("%h %t '%r' '%>s'", f"{H} {T} 'GET /o'neil HTTP/1.1' '200'", {"target": "/o'neil", "status": 200}),
    ("%h|%t|%r|%>s|%{User-Agent}i", f"{H}|{T}|GET /a|b HTTP/1.1|404|x|y", {"target": "/a|b", "agent": "x|y"}),
    ("%h;%t;%r;%>s", f"{H};{T};GET /a;b=1;c HTTP/1.1;200", {"target": "/a;b=1;c", "status": 200}),
    ('%h %t "%m %U%q %H" %>s', f'{H} {T} "GET /a b?c d HTTP/1.1" 200', {"target": "/a b?c d", "protocol": "HTTP/1.1"}),
    ('%h %t "%m" "%U" "%q" "%H" %>s', f'{H} {T} "GET" "/a" "" "HTTP/1.1" 200', {"target": "/a", "method": "GET"}),
    ("%h %t %m %U %q %H %>s", f"{H} {T} GET /a  HTTP/1.1 200", {"target": "/a", "protocol": "HTTP/1.1"}),
    ("%h %t %m %U %q %H %>s", f"{H} {T} GET /a ?b=c HTTP/1.1 200", {"target": "/a?b=c", "protocol": "HTTP/1.1"}),
    ("%h %t %m %U %q %H %>s", f"{H} {T} - - - HTTP/1.0 400", {"method": None, "target": None, "status": 400}),
)

NUMBERS: tuple[Case, ...] = (
    (COMBINED, of("000 512", was="200 512"), {"status": 0}),
    (COMBINED, of("- 512", was="200 512"), {"status": None}),
    (COMBINED, of("2000 512", was="200 512"), None),
    (COMBINED, of("20 512", was="200 512"), None),
    (COMBINED, of("200 -", was="200 512"), {"bytes": 0}),
    (COMBINED, of("200 5368709120", was="200 512"), {"bytes": 5_368_709_120}),
    (COMBINED, of("200 9223372036854775808", was="200 512"), None),
    (COMBINED, of("200 5.1", was="200 512"), None),
    (COMBINED, of("200 0x5", was="200 512"), None),
    (COMBINED, of("200", was="200 512"), None),
    (f"{COMBINED} %B", f"{LINE} 0", {"bytes": 512}),
    (f"{COMBINED} %I %O", f"{LINE} - -", {"bytes_in": None, "bytes_out": None}),
    (f"{COMBINED} %I %O", LINE, None),
    (f"{COMBINED} %D", f"{LINE} 1520", {"duration_us": 1_520}),
    (f"{COMBINED} %D", f"{LINE} -", {"duration_us": None}),
    (f"{COMBINED} %D", f"{LINE} -1520", {"duration_us": -1_520}),
    (f"{COMBINED} %T/%D", f"{LINE} 0/1520", {"duration_us": 1_520}),
    (f"{COMBINED} **%T/%D**", f"{LINE} **1/1000520**", {"duration_us": 1_000_520}),
    (f"{COMBINED} %{{ms}}T", f"{LINE} -2", {"duration_us": -2_000}),
    (f"{COMBINED} %{{s}}T", f"{LINE} 3", {"duration_us": 3_000_000}),
    (f"{COMBINED} %{{us}}Tus", f"{LINE} 3us", {"duration_us": 3}),
    (f"{COMBINED} %k %X %L", f"{LINE} 3 - -", {"keepalive": 3, "connection": "-", "request_id": None}),
    (f"{COMBINED} %k %X %L", f"{LINE} 0 X Zx4@AAA+b/c", {"connection": "X", "request_id": "Zx4@AAA+b/c"}),
    (f"{COMBINED} %^FB %^FU", f"{LINE} 77 -", {"first_byte_us": 77, "upload_us": None}),
    (f"{COMBINED} %P %{{tid}}P %{{hextid}}P", f"{LINE} 12 139 7f0a", {"pid": 12, "tid": "139"}),
)

TIMES: tuple[Case, ...] = (
    (COMBINED, of("[23/Nov/2026:18:30:44 -0330]", was=T), {"time": "2026-11-23T22:00:44Z"}),
    (COMBINED, of("[25/Oct/2026:02:30:00 +0100]", was=T), {"time": "2026-10-25T01:30:00Z"}),
    (COMBINED, of("[29/Mar/2026:02:30:00 +0100]", was=T), {"time": "2026-03-29T01:30:00Z"}),
    (COMBINED, of("[31/Dec/2016:23:59:60 +0000]", was=T), {"time": "2017-01-01T00:00:00Z"}),
    (COMBINED, of("[01/Jan/2017:00:59:60 +0100]", was=T), {"time": "2017-01-01T00:00:00Z"}),
    (COMBINED, of("[30/Feb/2026:18:30:44 +0000]", was=T), None),
    (COMBINED, of("[29/Feb/2027:18:30:44 +0000]", was=T), None),
    (COMBINED, of("[23/Nov/2026:18:30:61 +0000]", was=T), None),
    (COMBINED, of("[23/Mai/2026:18:30:44 +0000]", was=T), None),
    (COMBINED, of("[23/NOV/2026:18:30:44 +0000]", was=T), None),
    (COMBINED, of("[23/11/2026:18:30:44 +0000]", was=T), None),
    (COMBINED, of("[23/Nov/2026:18:30:44 UTC]", was=T), None),
    (COMBINED, of("[23/Nov/2026:18:30:44.123 +0000]", was=T), None),
    (COMBINED, of("[23/Nov/2026:18:30:44 +00:00]", was=T), None),
    (COMBINED, of("[23/Nov/2026:18:30:44+0000]", was=T), None),
    (COMBINED, of("[2026-11-23T18:30:44+00:00]", was=T), None),
    ('%{%s}t.%{usec_frac}t %h "%r"', f"1795438844.968218 {H} {GET}", {"time": "2026-11-23T13:00:44.968218Z"}),
    ('%{sec}t%{msec_frac}t %h "%r"', f"1795438844968 {H} {GET}", {"time": "2026-11-23T13:00:44.968Z"}),
    ('%{msec}t %h "%r"', f"1795438844968 {H} {GET}", {"time": "2026-11-23T13:00:44.968Z"}),
    (
        '%{begin:usec}t %{end:usec}t %h "%r"',
        f"1795438844968218 1795438849000000 {H} {GET}",
        {"time": "2026-11-23T13:00:44.968218Z"},
    ),
    ('%{end:usec}t %h "%r" %D', f"1795438844968218 {H} {GET} 968218", {"time": "2026-11-23T13:00:44Z"}),
    ('[%{%Y-%m-%d %H:%M:%S}t] %h "%r"', f"[2026-11-23 18:30:44] {H} {GET}", {"time": AT}),
    ('[%{%Y-%m-%d %H:%M:%S %z}t] %h "%r"', f"[2026-11-23 18:30:44 +0530] {H} {GET}", {"time": "2026-11-23T13:00:44Z"}),
    (
        '%{%d/%b/%Y:%H:%M:%S}t.%{msec_frac}t %{%z}t %h "%r"',
        f"23/Nov/2026:18:30:44.967 -0800 {H} {GET}",
        {"time": "2026-11-24T02:30:44.967Z"},
    ),
    (
        '[%{%d/%b/%Y:%T}t.%{usec_frac}t %{%z}t] %h "%r"',
        f"[23/Nov/2026:18:30:44.000001 +0000] {H} {GET}",
        {"time": "2026-11-23T18:30:44.000001Z"},
    ),
    ('%{%a, %d %b %Y %T %Z}t %h "%r"', f"Mon, 23 Nov 2026 18:30:44 GMT {H} {GET}", {"time": AT}),
    ('%{%a, %d %b %Y %T %Z}t %h "%r"', f"Mon, 31 Nov 2026 18:30:44 GMT {H} {GET}", None),
    ('%{%s}t %h "%r"', f"- {H} {GET}", None),
    ('%t %t %h "%r"', f"{T} {T} {H} {GET}", {"time": AT}),
)

ESCAPES: tuple[Case, ...] = (
    (COMBINED, of(r'"a\\"', was='"curl/8.0"'), {"agent": "a\\"}),
    (COMBINED, of(r'"a\\\\"', was='"curl/8.0"'), {"agent": "a\\\\"}),
    (COMBINED, of(r'"a\""', was='"curl/8.0"'), {"agent": 'a"'}),
    (COMBINED, of(r'"a\\\""', was='"curl/8.0"'), {"agent": 'a\\"'}),
    (COMBINED, of(r'"a\"', was='"curl/8.0"'), None),
    (COMBINED, of(r'"a\\""', was='"curl/8.0"'), None),
    (COMBINED, of(r'"\n\r\t\v\b\x0c\x1b[31m"', was='"curl/8.0"'), {"agent": "\n\r\t\v\b\f\x1b[31m"}),
    (COMBINED, of(r'"\xff\xfe"', was='"curl/8.0"'), {"agent": "ÿþ"}),
    (COMBINED, of(r'"\xed\xa0\x80"', was='"curl/8.0"'), {"agent": "\xed\xa0\x80"}),
    (COMBINED, of(r'"\xC3\xAB"', was='"curl/8.0"'), {"agent": "ë"}),
    (COMBINED, of(r'"\\xc3\\xab"', was='"curl/8.0"'), {"agent": r"\xc3\xab"}),
    (COMBINED, of(r'"\x"', was='"curl/8.0"'), {"agent": r"\x"}),
    (COMBINED, of('"Zoë"', was='"curl/8.0"'), {"agent": "Zoë"}),
    (COMBINED, of(r'"-" "a, \"b\" 200 5"', was='"-" "curl/8.0"'), {"referer": None, "agent": 'a, "b" 200 5'}),
    (COMBINED, of(r'"\" \"-\" \"x" "y"', was='"-" "curl/8.0"'), {"referer": '" "-" "x', "agent": "y"}),
    (COMBINED, of(rf'"x\" - - {T} \"GET / HTTP/1.1\" 500 1"', was='"curl/8.0"'), {"status": 200, "bytes": 512}),
    (COMBINED, of('" "', was='"curl/8.0"'), {"agent": " "}),
    (COMBINED, of('"--"', was='"curl/8.0"'), {"agent": "--"}),
    (COMBINED, of(r'"\x2d"', was='"curl/8.0"'), {"agent": "-"}),
)

WHOLE_LINES: tuple[Case, ...] = (
    (COMBINED, LINE + "\r", {"agent": "curl/8.0"}),
    (COMBINED, LINE + " ", {"agent": "curl/8.0"}),
    (COMBINED, LINE + " \t \r", {"agent": "curl/8.0"}),
    (COMBINED, "\ufeff" + LINE, {"client": H}),
    (COMBINED, "\0" * 300 + LINE, {"client": H}),
    (COMBINED, LINE.replace(" - - ", " - \0 "), {"user": "\0"}),
    (COMBINED, LINE + LINE, None),
    (COMBINED, f"{LINE} {LINE}", None),
    (COMBINED, LINE[:30] + LINE, None),
    (COMBINED, f"{H} - - {LINE}", None),
    (COMBINED, LINE[:-12] + LINE, None),
    (COMBINED, LINE[:-1], None),
    (COMBINED, " " + LINE, None),
    (COMBINED, LINE.replace(" ", "\t"), None),
    (COMBINED, "   ", None),
    (COMBINED, "\0" * 40, None),
    (COMBINED, "[Mon Nov 23 18:30:44.967218 2026] [core:error] [pid 7] [client 198.51.100.7:51234] AH00126: x", None),
    (COMBINED, f"Nov 23 18:30:44 web1 httpd[7]: {LINE}", None),
    (COMBINED, f"{H} - - {T} {GET} 200 512", None),
    (COMMON, LINE, None),
    (COMMON, f"{H} - - {T} {GET} 200 512 ", {"bytes": 512}),
    (COMBINED, f"{LINE} 300 812", None),
    (COMBINED, f'{LINE} "203.0.113.9"', None),
)

HEADERS: tuple[Case, ...] = (
    (
        f'{COMBINED} "%{{X-Forwarded-For}}i"',
        f'{LINE} "203.0.113.9, 2001:db8::9, unknown"',
        {"forwarded_for": "203.0.113.9, 2001:db8::9, unknown"},
    ),
    (
        '%{X-Forwarded-For}i %l %u %t "%r" %>s',
        f"203.0.113.9, 10.0.0.1 - - {T} {GET} 200",
        {"forwarded_for": "203.0.113.9, 10.0.0.1", "user": None},
    ),
    (
        '%{X-Forwarded-For}i %h %l %u %t "%r" %>s',
        f"203.0.113.9, 10.0.0.1 {H} - bob {T} {GET} 200",
        {"forwarded_for": "203.0.113.9, 10.0.0.1", "client": H, "user": "bob"},
    ),
    ('%{X-Forwarded-For}i %h %l %u %t "%r" %>s', f"- {H} - - {T} {GET} 200", {"forwarded_for": None, "client": H}),
    (
        '%h %{X-Forwarded-For}i %l %u %t "%r" %>s',
        f"{H} 203.0.113.9,10.0.0.1 - - {T} {GET} 200",
        {"forwarded_for": "203.0.113.9,10.0.0.1", "client": H},
    ),
    ("%h %t %{User-Agent}i %>s", f"{H} {T} Mozilla/5.0 (X11; Linux) a 200", {"agent": "Mozilla/5.0 (X11; Linux) a"}),
    ('%h %t "%r" %>s %{VARNAME}e', f"{H} {T} {GET} 200 two words", {"env_varname": "two words"}),
    ('%h %t %{VARNAME}e "%r" %>s', f"{H} {T} two words {GET} 200", {"env_varname": "two words"}),
    (
        '%h %t %{SSL_CLIENT_S_DN}x "%r"',
        f"{H} {T} CN=Ann M.,O=Acme GmbH {GET}",
        {"tls_client_s_dn": "CN=Ann M.,O=Acme GmbH"},
    ),
    ('%h %t %f "%r"', f"{H} {T} /var/www/a b.html {GET}", {"filename": "/var/www/a b.html"}),
    (
        '%h %t "%{Cookie}i" %{SSL_PROTOCOL}x',
        f'{H} {T} "a=1; b=\\"2\\"" TLSv1.3',
        {"header_in_cookie": 'a=1; b="2"', "tls_protocol": "TLSv1.3"},
    ),
    ('%h %t "%{x-request-id}i" "%{Set-Cookie}o" %{sess}C', f'{H} {T} "a" "-" b', {"header_out_set_cookie": None}),
    ('%h %t %{a}n/%{b}n "%r"', f"{H} {T} x/- {GET}", {"note_a": "x", "note_b": None}),
    ('%h %t "%!200{Referer}i" "%200,304{User-Agent}i" %>s', f'{H} {T} "x" "-" 404', {"referer": "x", "agent": None}),
    ("%h %t %{X}i %>s", f"{H} {T}  200", {"header_in_x": ""}),
    (r"%h\t%t\t%r\t%>s\t%{User-Agent}i", f"{H}\t{T}\tGET / HTTP/1.1\t200\ta b", {"agent": "a b", "status": 200}),
    (r"%h\t%t\t%r\t%>s\t%{User-Agent}i", f"{H}\t{T}\t-\t408\t-", {"agent": None, "request": None}),
)

_JSON = '{"time":"%t","h":"%h","u":"%u","r":"%r","s":%>s,"b":%b,"ua":"%{User-Agent}i"}'
WRITTEN: tuple[Case, ...] = (
    (
        _JSON,
        f'{{"time":"{T}","h":"{H}","u":"-","r":"GET /\\xc3\\xa9 HTTP/1.1","s":200,"b":-,"ua":"a\\"b"}}',
        {"target": "/é", "bytes": 0, "agent": 'a"b'},
    ),
    (
        _JSON,
        f'{{"time":"{T}","h":"{H}","u":"""","r":"-","s":-,"b":5,"ua":""}}',
        {"user": "", "status": None, "agent": ""},
    ),
    (_JSON, f'{{"time":"{T}","h":"{H}","u":"-","r":"-","s":200,"b":5,"ua":"x","y":1}}', None),
    (_JSON, f'{{"time":"{T}","h":"{H}","u":"-","r":"x","s":200,"b":5,"ua":"\\",\\"s\\":500"}}', {"agent": '","s":500'}),
    (COMBINED.replace('"', '\\"'), LINE, {"agent": "curl/8.0"}),
    (f'"{COMBINED}"'.replace('"', '\\"').replace('\\"%h', '"%h')[:-2] + '"', LINE, {"agent": "curl/8.0"}),
    (f'LogFormat "{COMBINED.replace(chr(34), chr(92) + chr(34))}" combined', LINE, {"agent": "curl/8.0"}),
    (f"LogFormat '{COMBINED}' combined", LINE, {"agent": "curl/8.0"}),
    (f"'{COMBINED}'", LINE, {"agent": "curl/8.0"}),
    (f"  {COMBINED}  ", LINE, {"agent": "curl/8.0"}),
    (
        COMBINED.replace("%{User-Agent}i", "%{USER-agent}i"),
        LINE,
        {"agent": "curl/8.0"},
    ),
    ('%h %t 100%% "%r"', f"{H} {T} 100% {GET}", {"method": "GET"}),
    ('<%h> (%t) ["%r"] {%>s}', f'<{H}> ({T}) ["GET / HTTP/1.1"] {{200}}', {"status": 200, "client": H}),
    ('%h %t "%r" -> %>s', f"{H} {T} {GET} -> 200", {"status": 200}),
    ('%h, %t, "%r", %>s, "%{User-Agent}i"', f'{H}, {T}, {GET}, 200, "a, b"', {"agent": "a, b"}),
)
GROUPS = {
    "client": CLIENTS, "virtual host": VIRTUAL_HOSTS, "user": USERS, "request": REQUESTS, "number": NUMBERS,
    "time": TIMES, "escape": ESCAPES, "line": WHOLE_LINES, "header": HEADERS, "written": WRITTEN,
}  # fmt: skip
