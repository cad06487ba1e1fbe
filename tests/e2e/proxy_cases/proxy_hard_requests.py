"""More awkward requests: those that nobody writes by hand, and that come to every public server each day."""

from __future__ import annotations

from proxy_hard_answers import CODES, LOCATIONS, MORE_CODES, ODD
from proxy_requests import NAME, Request

PLAIN = ("http",)
TWO = ("http", "h2")  # over https with HTTP/1.1 they would be asked the same way as over http

PATHS = {
    "percent alone": "/%",
    "percent without digits": "/%zz",
    "percent cut off": "/a%2",
    "percent and u": "/%u2713",
    "nul": "/%00",
    "nul inside": "/a%00b",
    "leaves the root": "/../x",
    "leaves the root later": "/a/../../x",
    "leaves the root escaped": "/.%2e/x",
    "dots alone": "/..",
    "host behind two slashes": "//host/path",
    "host and escapes": "//evil.example/%2F..",
    "parameters alone": "/;",
    "parameters last": "/a;",
    "parameters first": "/;p=1/a",
    "dot escaped": "/%2e",
    "slash escaped alone": "/%2F",
    "slashes escaped": "/a%2F%2Fb",
    "backslash and dots escaped": "/%5C..%5Cx",
    "colon first": "/:80",
    "URL inside": "/http://evil.example/x",
    "URL inside escaped": "/http%3A%2F%2Fevil.example",
    "header inside": "/%0d%0aX:%20y",
    "delete escaped": "/%7F",
    "bytes escaped": "/%80%FF",
    "overlong": "/%C0%AF",
    "emoji": "/%F0%9F%98%80",
    "variable": "/$%7B1%7D",
    "percents": "/%25%25",
    "dots twice escaped": "/%252e%252e/",
    "blank last": "/a%20",
    "blank first": "/%20a",
    "challenges": "/.well-known/acme-challenge/",
    "path behind a script": "/index.php/a/b",
    "option of a script": "/?-s",
    "server info": "/server-info",
    "balancer": "/balancer-manager",
    "user's folder": "/~root/",
    "error page": "/error/HTTP_NOT_FOUND.html.var",
    "very long": "/" + "p" * 60_000,
    "query very long": "/x?" + "q" * 60_000,
    "query nul": "/x?%00",
    "query percent": "/x?%",
    "query percent without digits": "/x?a=%zz",
    "query line end": "/x?a=%0d%0a",
}
RAW_PATHS = {
    "backslashes raw": "/\\\\host\\x",
    "latin-1 raw": "/\xfc",
    "pipe raw": "/a|b",
    "tag raw": "/<x>",
    "query backslash raw": "/x?\\",
}
HEADS: dict[str, tuple[tuple[str, str], ...]] = {
    "empty values": (("X-E", ""), ("Accept", ""), ("Cookie", ""), ("Referer", "")),
    "no agent": (("User-Agent", ""),),
    "tabs": (("X-T", "a\tb"),),
    "odd name": (("X!#$%&'*+.^_`|~", "1"),),
    "long": (("X-L", "x" * 60_000),),
    "400": tuple((f"X-{number}", "v") for number in range(400)),
    "cookies in 50 fields": tuple(("Cookie", f"c{number}=v") for number in range(50)),
    "40 kB of cookies": tuple(("Cookie", f"c{number}=" + "v" * 4_000) for number in range(10)),
    "answer's trailers": (("TE", "trailers"),),
    "max-forwards": (("Max-Forwards", "5"),),
    "old hop-by-hop": (("Keep-Alive", "timeout=5"), ("Proxy-Connection", "keep-alive")),
    "proxy authorization": (("Proxy-Authorization", "Basic eA=="),),
    "proxy": (("Proxy", "http://evil.example/"),),
    "method override": (("X-HTTP-Method-Override", "DELETE"), ("X-Original-URL", "/admin"), ("X-Rewrite-URL", "/a")),
    "signature": (("Content-Digest", "sha-256=:YQ==:"), ("Signature", 'sig1=:YQ==:; keyid="a"')),
    "range over text": (("Range", "bytes=0-1,3-4"),),
    "range of the end": (("Range", "bytes=-5"),),
    "range in many": (("Range", "bytes=" + ",".join(f"{n}-{n}" for n in range(0, 500, 2))),),
    "range beyond": (("Range", "bytes=999999-"),),
    "range in lines": (("Range", "lines=1-2"),),
}
CONDITIONS = {
    "etag": ("If-None-Match", '"lm"'),
    "weak etag": ("If-None-Match", 'W/"lm"'),
    "any etag": ("If-None-Match", "*"),
    "another etag": ("If-Match", '"zzz"'),
    "since": ("If-Modified-Since", "Mon, 01 Jan 2035 00:00:00 GMT"),
    "until": ("If-Unmodified-Since", "Mon, 01 Jan 1990 00:00:00 GMT"),
}
METHODS = ("QUERY", "SEARCH", "M-SEARCH", "PROPPATCH", "UNLOCK", "get", "TRACE")


def _lines() -> tuple[Request, ...]:
    """Return odd request lines, methods and hosts."""
    told = [Request(f"method: {one}", "/m", one, over=PLAIN) for one in METHODS]
    hosts = {"dot": f"{NAME}.", "dot and port": f"{NAME}.:80", "port 80": f"{NAME}:80", "port 443": f"{NAME}:443"}
    told += [Request(f"line: host with {kind}", "/", host=host) for kind, host in hosts.items()]
    return (
        *told,
        Request("line: all of the server", "*", "OPTIONS", over=PLAIN),
        Request("line: absolute https", f"https://{NAME}/x%2Fy"),
        Request("line: HTTP/1.0 kept", "/chunked", version="1.0", headers=(("Connection", "keep-alive"),)),
        Request("method: COPY", "/a", "COPY", (("Destination", f"http://{NAME}/b%20c"), ("Depth", "infinity"))),
    )


def _bodies() -> tuple[Request, ...]:
    """Return bodies in odd frames."""

    def whole(kind: str, first: str, *lines: str, body: bytes = b"") -> Request:
        told = (first, f"Host: {NAME}", "Connection: close", *lines, "", "")
        return Request(f"body: {kind}", over=PLAIN, whole="\r\n".join(told).encode() + body)

    chunked = "Transfer-Encoding: chunked"
    return (
        whole("chunked and empty", "PUT /b HTTP/1.1", chunked, body=b"0\r\n\r\n"),
        whole("chunked with extension", "PUT /b HTTP/1.1", chunked, body=b"3;a=b\r\nabc\r\n0\r\n\r\n"),
        whole(
            "chunked in capitals", "PUT /b HTTP/1.1", "Transfer-Encoding: Chunked", body=b"A\r\n0123456789\r\n0\r\n\r\n"
        ),
        whole("with trailers", "PUT /b HTTP/1.1", chunked, "Trailer: X-T", body=b"3\r\nabc\r\n0\r\nX-T: 1\r\n\r\n"),
        whole("GET of length 0", "GET /b HTTP/1.1", "Content-Length: 0"),
        whole("OPTIONS with one", "OPTIONS /b HTTP/1.1", "Content-Length: 3", body=b"abc"),
        whole("compressed", "POST /b HTTP/1.1", "Content-Encoding: gzip", "Content-Length: 3", body=b"abc"),
        whole("Expect of a GET", "GET /b HTTP/1.1", "Expect: 100-continue"),
        Request(
            "body: refused before sent", "/refuse-body", "POST", (("Expect", "100-continue"),), late_body=b"x" * 9_000
        ),
    )


def _answers() -> tuple[Request, ...]:
    """Return the requests for what the new server answers oddly."""
    plain = (
        "304-much", "204-length", "204-type", "no-reason", "no-date", "http-1.0", "two-hints", "hop",
        "via", "alt-svc", "empty-values", "long-header", "300-headers", "twice", "content", "brotli", "no-type",
        "no-charset", "odd-type", "no-header", "cookies", "expires", "multipart", "unsatisfied", "trailers",
        "chunk-extension", *(f"location-{name.replace(' ', '-')}" for name in LOCATIONS),
        *map(str, (*CODES, *MORE_CODES)),
    )  # fmt: skip
    gzip = (("Accept-Encoding", "gzip, br"),)
    told = [Request(f"answer: odd {name}", ODD + name, headers=gzip, over=TWO) for name in plain]
    for kind, condition in CONDITIONS.items():
        told.append(Request(f"answer: {kind} not looked at", f"{ODD}last-modified", headers=(condition,), over=TWO))
    told += [Request(f"answer: HEAD of {one}", one, "HEAD", over=TWO) for one in ("/empty", "/chunked", "/odd/brotli")]
    told.append(Request("answer: odd 304-length", f"{ODD}304-length", over=PLAIN))
    ranged = (("Range", "bytes=0-3"), ("If-Range", '"lm"'))
    return (*told, Request("answer: range and etag", f"{ODD}last-modified", headers=ranged, over=TWO))


HARD = (
    *(Request(f"path: {name}", target, over=TWO) for name, target in PATHS.items()),
    *(Request(f"path: {name}", target, over=PLAIN) for name, target in RAW_PATHS.items()),
    *(
        Request(f"head: {name}", "/plain-big" if "range" in name else "/h", headers=one, over=TWO)
        for name, one in HEADS.items()
    ),
    *_lines(),
    *_bodies(),
    *_answers(),
)
