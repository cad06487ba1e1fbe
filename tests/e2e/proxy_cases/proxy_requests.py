"""The awkward requests: each is sent to the new server directly and through the old one, and must come to the same."""

from __future__ import annotations

from dataclasses import dataclass

NAME = "app.example.com"
BOTH = ("http", "https")
EVERY = ("http", "https", "h2")


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    Attributes
    ----------
    headers
        Beside Host and Connection, which every request carries unless `whole` says all.
    whole
        All bytes, where the parts would not do.
    """

    id: str
    target: str = "/"
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    chunked: bool = False
    over: tuple[str, ...] = BOTH
    host: str = NAME
    version: str = "1.1"
    whole: bytes = b""
    late_body: bytes = b""

    def raw(self) -> bytes:
        """Return the bytes of the request."""
        if self.whole:
            return self.whole
        lines = [f"{self.method} {self.target} HTTP/{self.version}"]
        lines += [f"Host: {self.host}"] if self.host else []
        lines += [f"{name}: {value}" for name, value in self.headers]
        if not any(name == "Connection" for name, _ in self.headers):
            lines.append("Connection: close")
        body = self.body
        if self.chunked:
            lines.append("Transfer-Encoding: chunked")
            body = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in (body[:5], body[5:]) if p) + b"0\r\n\r\n"
        elif self.late_body:
            lines.append(f"Content-Length: {len(self.late_body)}")
        elif body or self.method in {"POST", "PUT", "PATCH"}:
            lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


PATHS = {
    "root": "/",
    "plain": "/a/b.html",
    "two slashes first": "//two",
    "three slashes first": "///three/x",
    "two slashes inside": "/a//b",
    "many slashes": "/a////b//",
    "slash escaped": "/a%2Fb",
    "slash escaped low": "/a%2fb",
    "slash twice escaped": "/a%252Fb",
    "blank": "/a%20b",
    "percent": "/100%25",
    "percent twice": "/100%2525",
    "question escaped": "/what%3F",
    "question escaped and query": "/what%3Fx?y=1",
    "hash escaped": "/a%23b",
    "semicolon": "/a;v=1;w=2/b",
    "semicolon escaped": "/a%3Bb",
    "comma": "/a,b%2Cc",
    "colon": "/a:b%3Ac",
    "at": "/@me%40x",
    "ampersand": "/a&b%26c",
    "equals": "/a=b%3Dc",
    "plus": "/a+b%2Bc",
    "tilde": "/~user/%7Euser",
    "letters escaped": "/%41%62c",
    "utf-8": "/gr%C3%BC%C3%9Fe/%E2%9C%93",
    "latin-1": "/gr%FC%DFe",
    "lower escapes": "/%c3%bc",
    "star": "/a*b!c'd(e)f$g",
    "quote escaped": "/a%22b%27c",
    "less escaped": "/%3Cscript%3E",
    "backslash escaped": "/a%5Cb",
    "braces escaped": "/%7Ba%7D%7Cb%5B1%5D%5E%60",
    "dot": "/a/./b",
    "dots": "/a/b/../c",
    "dots escaped": "/a/%2e%2e/b",
    "dots and slash escaped": "/a/..%2Fb",
    "dot last": "/a/.",
    "dots last": "/a/b/..",
    "dot file": "/.htaccess",
    "status page": "/server-status",
    "script": "/cgi-bin/x",
    "icons": "/icons/",
    "index": "/index.php",
    "carriage escaped": "/a%0D%0Ab",
    "tab escaped": "/a%09b",
    "query": "/?a=1&b=2",
    "query empty": "/x?",
    "query twice": "/x??",
    "query with question": "/x?a=1?b=2",
    "query with slashes": "/x?u=http://e.example//a/../b",
    "query escapes": "/x?a=%2F%20%25%3F%23%26%3D",
    "query plus": "/x?a+b=c+d",
    "query utf-8": "/x?q=gr%C3%BC%C3%9Fe",
    "query last ampersand": "/x?a=1&",
    "query semicolon": "/x?a=1;b=2",
    "query quote": "/x?a='b'",
    "query looks like a rule": "/x?a=%{HTTP_HOST}$1",
    "path looks like a rule": "/$1/$0/%25%7BENV:x%7D",
    "long path": "/" + "p" * 7_000,
    "long query": "/x?" + "q" * 30_000,
    "many segments": "/" + "s/" * 500,
    "challenge": "/.well-known/acme-challenge/unknown-token",
    "well known": "/.well-known/security.txt",
}
RAW_PATHS = {
    "brackets raw": "/a[1]|{b}^",
    "query brackets raw": "/x?a[]=1&b={2}|^",
    "utf-8 raw": "/gr\xc3\xbc\xc3\x9fe",
    "query utf-8 raw": "/x?q=gr\xc3\xbc",
    "quote raw": '/a"b',
    "query quote raw": '/x?a="b"',
    "backslash raw": "/a\\b",
    "less raw": "/x?a=<b>",
    "backtick raw": "/a`b",
}


def paths() -> tuple[Request, ...]:
    """Return the requests that differ in their path or query."""
    told = [Request(f"path: {name}", target, over=EVERY) for name, target in PATHS.items()]
    told += [Request(f"path: {name}", target) for name, target in RAW_PATHS.items()]
    return tuple(told)


def lines() -> tuple[Request, ...]:
    """Return the requests with odd request lines."""
    absolute = f"http://{NAME}"
    return (
        Request("line: absolute", f"{absolute}/a//b%2Fc?x=1", over=("http",)),
        Request("line: absolute without path", absolute, over=("http",)),
        Request("line: absolute with query only", f"{absolute}?q=1", over=("http",)),
        Request("line: absolute for another host", "http://evil.example/", host="evil.example", over=("http",)),
        Request("line: another host", "/", host="other.example.net"),
        Request("line: bare address", "/", host="127.0.0.4", over=("http",)),
        Request("line: host with port", "/", host=f"{NAME}:8443"),
        Request("line: host in capitals", "/", host="APP.Example.COM"),
        Request("line: HTTP/1.0", "/a//b", version="1.0"),
        Request("line: HTTP/1.0 without host", "/", version="1.0", host="", over=("http",)),
    )


def methods() -> tuple[Request, ...]:
    """Return the requests with every method."""
    told = [Request(f"method: {one}", "/m", one, over=EVERY) for one in ("OPTIONS", "DELETE", "PATCH")]
    told.append(Request("method: HEAD", "/html", "HEAD", over=EVERY))
    told += [Request(f"method: {one}", "/m", one) for one in ("PROPFIND", "REPORT", "PURGE", "CUSTOM", "MKCOL", "LOCK")]
    told += [
        Request("body: POST", "/p", "POST", (("Content-Type", "text/plain"),), b"hello body", over=EVERY),
        Request("body: POST empty", "/p", "POST", (("Content-Type", "text/plain"),), over=BOTH),
        Request("body: PUT", "/p//q", "PUT", body=b"x" * 100_000, over=EVERY),
        Request("body: POST chunked", "/p", "POST", body=b"chunked body here", chunked=True),
        Request("body: PUT chunked large", "/p", "PUT", body=bytes(range(256)) * 2000, chunked=True),
        Request("body: binary", "/p", "POST", body=bytes(range(256)) * 4, over=EVERY),
        Request("body: GET with one", "/p", "GET", body=b"body of a GET"),
        Request("body: DELETE with one", "/p", "DELETE", body=b"why"),
        Request("body: 100-continue", "/p", "POST", (("Expect", "100-continue"),), late_body=b"awaited"),
        Request("body: refused while sent", "/refuse-body", "POST", body=b"z" * 50_000),
        Request("body: form", "/p?q=1", "POST", (("Content-Type", "application/x-www-form-urlencoded"),), b"a=1&b=%2F"),
    ]
    return tuple(told)


def heads() -> tuple[Request, ...]:
    """Return the requests with headers that proxies like to touch."""
    many = tuple((f"X-Many-{number}", "v") for number in range(150))
    told: dict[str, tuple[tuple[str, str], ...]] = {
        "authorization": (("Authorization", "Basic dXNlcjpwYXNz"),),
        "bearer": (("Authorization", "Bearer a.b.c"),),
        "cookies": (("Cookie", 'a=1; b="2"; c=%3B'),),
        "range": (("Range", "bytes=2-5"), ("If-Range", '"v1"')),
        "conditional": (("If-None-Match", '"v1", W/"v2"'), ("If-Modified-Since", "Mon, 23 Nov 2026 12:00:00 GMT")),
        "accept": (("Accept", "text/html;q=0.9, */*;q=0.1"), ("Accept-Language", "de, en;q=0.5")),
        "accept encoding": (("Accept-Encoding", "gzip, br, zstd"),),
        "no encoding": (("Accept-Encoding", "identity"),),
        "user agent": (("User-Agent", 'odd "agent" (x; y) \\z'),),
        "referer": (("Referer", "https://e.example/?a=1"),),
        "origin": (("Origin", "https://e.example"), ("Access-Control-Request-Method", "PUT")),
        "underscore": (("X_Under_Score", "1"), ("X.Dot", "2")),
        "empty value": (("X-Empty", ""),),
        "twice": (("X-Twice", "1"), ("X-Twice", "2")),
        "bytes beyond ascii": (("X-Utf", "gr\xc3\xbc\xc3\x9fe"),),
        "long cookie": (("Cookie", "c=" + "x" * 20_000),),
        "many": many,
        "forwarded": (("Forwarded", "for=192.0.2.1;proto=https"), ("X-Real-IP", "192.0.2.1")),
        "via": (("Via", "1.1 cache"), ("X-Request-Id", "abc")),
        "priority": (("Priority", "u=1"), ("Sec-Fetch-Mode", "navigate"), ("DNT", "1")),
        "cache": (("Cache-Control", "no-cache"), ("Pragma", "no-cache")),
        "forwarded host": (("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Port", "1")),
    }
    return tuple(Request(f"head: {name}", "/h", headers=given, over=EVERY) for name, given in told.items())


def answers() -> tuple[Request, ...]:
    """Return the requests whose answers are what proxies like to touch."""
    codes = (201, 202, 204, 206, 400, 401, 403, 404, 405, 409, 410, 418, 422, 429, 451, 500, 501, 502, 503, 504)
    gzip = (("Accept-Encoding", "gzip, deflate, br"),)
    told = [Request(f"answer: {code}", f"/status/{code}", over=EVERY) for code in codes]
    told += [Request(f"answer: redirect {code}", f"/redirect/{code}", over=EVERY) for code in (301, 302, 303, 307, 308)]
    plain = (
        "redirect/relative", "redirect/own", "cookies", "vary", "not-modified", "gzip", "plain-big", "html",
        "range-served", "long-header", "many-headers", "odd-bytes", "security", "auth", "link", "empty",
        "retry", "chunked", "until-close",
    )  # fmt: skip
    told += [Request(f"answer: {name}", f"/{name}", headers=gzip, over=EVERY) for name in plain]
    told += [
        Request("answer: reason phrase", "/reason"),
        Request("answer: early hints", "/early", over=EVERY),
        Request("answer: accel", "/accel"),
        Request("answer: range ignored", "/range-ignored", headers=(("Range", "bytes=2-5"),), over=EVERY),
        Request("answer: HEAD with length", "/plain-big", "HEAD", gzip, over=EVERY),
        Request("answer: HEAD of redirect", "/redirect/301", "HEAD", over=EVERY),
        Request("answer: HEAD of 404", "/status/404", "HEAD", over=EVERY),
        Request("answer: POST redirected", "/redirect/307", "POST", body=b"again", over=EVERY),
        Request("answer: broken off, with length", "/broken-length"),
        Request("answer: broken off, chunked", "/broken-chunks"),
    ]
    return tuple(told)
