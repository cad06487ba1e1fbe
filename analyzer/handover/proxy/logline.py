"""The `drain` log format, as each server can write it: one line a request, read by one preset."""

from __future__ import annotations

import re

from analyzer.logs.formats import PRESETS

# The rules add to X-Forwarded-For before the line is written: what the client itself sent is kept under this name.
CLIENTS_OWN = "cutover_xff"
_DIRECTIVE = re.compile(r"%[<>!]?(?:\{[^{}]*\})?\^?[A-Za-z]")

# Apache's directive -> nginx's variable. Its time is that of the answer's end.
_NGINX = {
    "%v": "$server_name",
    "%p": "$server_port",
    "%a": "$remote_addr",
    "%{c}a": "$realip_remote_addr",
    "%u": "$remote_user",
    "%t": "[$time_local]",
    "%r": "$request",
    "%>s": "$status",
    "%B": "$body_bytes_sent",
    "%{Referer}i": "$http_referer",
    "%{User-Agent}i": "$http_user_agent",
    "%{Host}i": "$http_host",
    "%{X-Forwarded-For}i": "$http_x_forwarded_for",
    "%A": "$server_addr",
    "%D": "$cutover_us",
    "%R": "proxy-server",
}
# Apache's directive -> HAProxy's. Texts of clients are captured first; +E escapes their quotes.
_HAPROXY = {
    "%p": "%fp",
    "%a": "%ci",
    "%{c}a": "%ci",
    "%t": "[%trl]",
    "%r": "%{+E}r",
    "%>s": "%ST",
    "%B": "%B",
    "%{Host}i": "%{+E}[capture.req.hdr(0)]",
    "%{Referer}i": "%{+E}[capture.req.hdr(1)]",
    "%{User-Agent}i": "%{+E}[capture.req.hdr(2)]",
    "%{X-Forwarded-For}i": "%{+E}[capture.req.hdr(3)]",
    "%A": "%fi",
    "%D": "%[date(0,us),sub(txn.cutover_begun)]",
    "%R": "proxy-server",
}


# On the new server: the address of the client is known by then, that of the peer was kept.
_HAPROXY_NEW = {
    "%a": "%[src]",
    "%{c}a": "%[var(txn.cutover_peer)]",
    "%{Host}i": "%{+E}[var(txn.cutover_host)]",
    "%{Referer}i": "%{+E}[var(txn.cutover_referer)]",
    "%{User-Agent}i": "%{+E}[var(txn.cutover_agent)]",
    "%{X-Forwarded-For}i": "%{+E}[var(txn.cutover_xff)]",
    "%R": "-",
}


def apache_format() -> str:
    """Return it for a LogFormat line, its quotes escaped."""
    text = PRESETS["drain"].replace("%{X-Forwarded-For}i", f"%{{{CLIENTS_OWN}}}e")
    return text.replace("\\", "\\\\").replace('"', '\\"')


def nginx_format() -> str:
    """Return it for nginx's log_format, between single quotes; what nginx cannot know is `-`."""
    return _filled(_NGINX)


def nginx_new_format() -> str:
    """Return it for the new server's nginx, which answers itself and has no map for the time that took."""
    return _filled(_NGINX | {"%D": "-", "%R": "-"})


def haproxy_format(name: str) -> str:
    """Return it for HAProxy's log-format, its quotes escaped; what HAProxy cannot know is `-`.

    Parameters
    ----------
    name
        The site's own name, which HAProxy has no word for.
    """
    return _filled(_HAPROXY | {"%v": name}).replace('"', '\\"')


def haproxy_new_format(name: str) -> str:
    """Return it for the log-format of the new server's HAProxy, which knows proxied from direct."""
    return _filled(_HAPROXY | _HAPROXY_NEW | {"%v": name}).replace('"', '\\"')


def _filled(words: dict[str, str]) -> str:
    """Return the format in a server's own words; what it has none for is `-`."""
    return _DIRECTIVE.sub(lambda match: words.get(match[0], "-"), PRESETS["drain"])
