"""More odd answers of the new server: what applications and old servers really send, and what no browser minds."""

from __future__ import annotations

from proxy_origin import HEAD, TEXT, fixed, raw

ODD = "/odd/"  # paths of what is told here
CODES = (203, 205, 207, 208, 226, 300, 305, 402, 406, 407, 408, 411, 412, 413, 415, 416, 417, 421, 423, 424, 425, 426)
MORE_CODES = (428, 431, 499, 505, 507, 511, 599)
LOCATIONS = {
    "own port": b"http://app.example.com:8080/x",
    "upstream's address": b"http://127.0.0.5/x",
    "upstream's port": b"https://127.0.0.5:8443/x",
    "old server's address": b"http://127.0.0.4/x#y",
    "no scheme": b"//app.example.com/x",
    "blank": b"/x y",
    "utf-8": b"/gr\xc3\xbc",
    "query": b"?a",
    "empty": b"",
    "other scheme": b"app:bar",
}


def odd(name: str, *lines: bytes, first: bytes = b"", body: bytes = b"x", framed: bool = True) -> None:
    """Add an answer made of these header lines."""
    head = HEAD.replace(b"HTTP/1.1 200 OK", first) if first else HEAD
    length = (b"Content-Length: %d" % len(body),) if framed else ()
    raw(ODD + name, head + b"\r\n".join((*lines, *length, b"", b"")) + body)


def _add() -> None:
    """Add them all."""
    for code in (*CODES, *MORE_CODES):
        told = b"" if code == 205 else b"body"
        fixed(f"{ODD}{code}", code, [TEXT, ("X-A", "1")], told)
    for name, location in LOCATIONS.items():
        odd(f"location-{name.replace(' ', '-')}", b"Location: " + location, first=b"HTTP/1.1 302 Found")
    validators = (b'ETag: W/"x"', b"Vary: A", b"Set-Cookie: a=b", b"Last-Modified: Mon, 23 Nov 2020 12:00:00 GMT")
    odd("304-much", *validators, first=b"HTTP/1.1 304 Not Modified", body=b"", framed=False)
    odd("304-length", b"Content-Length: 500", *validators, first=b"HTTP/1.1 304 No", body=b"", framed=False)
    odd("204-length", b"Content-Length: 0", first=b"HTTP/1.1 204 No Content", body=b"", framed=False)
    odd("204-type", b"Content-Type: text/html", first=b"HTTP/1.1 204 No Content", body=b"", framed=False)
    odd("no-reason", first=b"HTTP/1.1 200 ")
    raw(f"{ODD}no-date", b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")
    raw(f"{ODD}http-1.0", HEAD.replace(b"1.1", b"1.0") + b"\r\nuntil the end")
    raw(
        f"{ODD}two-hints",
        *([b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"] * 2),
        HEAD + b"Content-Length: 0\r\n\r\n",
    )
    odd("hop", b"Connection: close, X-Hop", b"X-Hop: 1", b"Keep-Alive: timeout=9")
    odd("via", b"Via: 1.1 cache", b"X-Powered-By: x", b"Server-Timing: a;dur=1", b"X-Cache: HIT")
    odd("alt-svc", b'Alt-Svc: h3=":443"')
    odd("empty-values", b"X-Empty:", b"X-Blanks:   a  ")
    odd("long-header", b"X-L: " + b"v" * 60_000)
    odd("300-headers", *(b"X-%d: 1" % number for number in range(300)))
    odd("twice", b"X-D: 1", b"X-D: 2", b"Cache-Control: a", b"Cache-Control: b", b"Link: <a>", b"Link: <b>")
    odd("content", b"Content-Language: de", b"Content-Location: /x", b"Refresh: 1", b"Content-Disposition: inline")
    odd("brotli", b"Content-Encoding: br", b"Content-Type: text/html", b'ETag: W/"q"', body=b"abc")
    odd("no-type", body=b"<html>abc")
    odd("no-charset", b"Content-Type: text/html", body=b"<html>\xe4")
    odd("odd-type", b'Content-Type: TEXT/HTML;charset="utf-8" ;x=y', body=b"<html>")
    odd("no-header", b"this line is none", b"X-After: 1")
    odd(
        "cookies",
        b"Set-Cookie: a=1; Domain=app.example.com; SameSite=None; Secure",
        b"Set-Cookie: b=2; Domain=127.0.0.5",
    )
    odd("expires", b"Expires: 0", b"Cache-Control: no-store", b"Pragma: no-cache")
    odd("multipart", b"Content-Type: multipart/byteranges; boundary=X", first=b"HTTP/1.1 206 Partial Content")
    odd("unsatisfied", b"Content-Range: bytes */9", first=b"HTTP/1.1 416 Range Not Satisfiable")
    odd("last-modified", b"Last-Modified: Mon, 23 Nov 2020 12:00:00 GMT", b'ETag: "lm"', body=b"0123456789")
    odd("trailers", b"Trailer: X-T", b"Transfer-Encoding: chunked", body=b"1\r\nx\r\n0\r\nX-T: 1\r\n\r\n", framed=False)
    odd("chunk-extension", b"Transfer-Encoding: chunked", body=b"3;a=b\r\nabc\r\n0\r\n\r\n", framed=False)


_add()
