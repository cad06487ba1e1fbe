"""What scanners ask for: paths behind which they hope to find a hole; and what anybody asks for of any server.

Some are looked for on every server, and nobody serves them: whoever asks for them is a scanner, whatever the answer
was, for a site may answer everything alike (a redirect to https, an application of one page). The others are
somebody's: they tell only where there is nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

# Answered 4xx or 5xx: what may be behind a blank, as in a request line, or a slash.
BEHIND = (
    r"\.env", r"\.git", r"\.svn", r"\.hg/", r"\.aws", r"\.ssh", r"\.vscode", r"\.DS_Store", r"\.ht(?:access|passwd)",
    r"\.bash_history", r"\.docker/", r"\.kube/", r"\.npmrc",
    r"wp-login\.php", "wp-admin", "wp-content/", "wp-includes/", "wp-config", "wlwmanifest", r"xmlrpc\.php",
    "php-?my-?admin", "pma/", "myadmin", "adminer", "phpinfo", r"info\.php", r"test\.php", "eval-stdin", "phpunit",
    "think/app", "thinkphp",
    "cgi-bin/", "boaform", "goform/", "HNAP1", "GponForm", r"setup\.cgi", r"currentsetting\.htm", "evox/about",
    "dana-na/", "remote/fgt_lang",
    "manager/(?:html|text)", "host-manager/", "solr/", "actuator", "jenkins/", "hudson", "jmx-console", "axis2",
    "_ignition", "telescope/", "_profiler", "debug/default", r"login\.action", "META-INF/", "WEB-INF/",
    "owa/", "ecp/", "autodiscover", "etc/passwd", "server-status", r"setup\.php", r"install\.php",
    r"shell(?:\.php|\?|/| |$)", "formLogin", r"\?cmd=",
    r"config\.(?:json|php|bak|old|yml)", "id_rsa", "nmaplowercheck", "nice%20ports", r"backup\.", r"dump\.sql",
    r"db\.sql", "magento_version",
)  # fmt: skip
ANYWHERE = (r"\.\./", "%2e%2e", r"\$\{jndi:", "/_/;/", "/s/333313e2")
PROBE = rf"(?i)[ /](?:{'|'.join(BEHIND)})|{'|'.join(ANYWHERE)}"
# The first four letters of those, in lower case, but of what begins with two dots, `%` or `$`.
PROBE_HEADS = (
    ".env", ".git", ".svn", ".hg/", ".aws", ".ssh", ".vsc", ".ds_", ".hta", ".htp", ".bas", ".doc", ".kub", ".npm",
    "wp-l", "wp-a", "wp-c", "wp-i", "wlwm", "xmlr", "phpm", "php-", "pma/", "myad", "admi", "phpi", "info", "test",
    "eval", "phpu", "thin", "cgi-", "boaf", "gofo", "hnap", "gpon", "setu", "curr", "evox", "dana", "remo", "mana",
    "host", "solr", "actu", "jenk", "huds", "jmx-", "axis", "_ign", "tele", "_pro", "debu", "logi", "meta", "web-",
    "owa/", "ecp/", "auto", "etc/", "serv", "inst", "shel", "form", "?cmd", "conf", "id_r", "nmap", "nice", "back",
    "dump", "db.s", "mage", "_/;/", "s/33",
)  # fmt: skip
# Beginnings of paths, in lower case, of four letters at least: whatever was answered.
NEVER_SERVED = (
    ".env", ".git/", ".svn/", ".hg/r", ".aws/", ".ssh/", ".vscode/", ".ds_store", ".htpasswd", ".bash_history",
    ".docker/", ".kube/", ".npmrc", ".git-credentials", "wp-admin/setup-config.php", "wp-config.php",
    "vendor/phpunit/", "lib/phpunit/", "phpunit/", "_ignition/execute-solution", "telescope/requests",
    "debug/default/view", "boaform/", "goform/", "hnap1", "gponform/", "setup.cgi", "cgi-bin/luci", "cgi-bin/.%2e",
    "cgi-bin/%%32", "shell?cd+", "evox/about", "remote/fgt_lang", "dana-na/", "nmaplowercheck",
    "nice%20ports", "etc/passwd", "eval-stdin.php", "config.json.bak", "s/333313e2",
)  # fmt: skip
METHOD = 10  # letters before the path's slash, at most: `OPTIONS` and a blank, and some more
SERVED = rf"(?i)\A[^/]{{0,{METHOD}}}/(?:{'|'.join(map(re.escape, NEVER_SERVED))})"
# What anybody asks for who knows nothing of a site, or wants nothing of it: heads alone, whole paths of GET or OPTIONS,
OF_ANY_SITE = (
    "", "favicon.ico", "robots.txt", "sitemap.xml", "ads.txt", "security.txt", ".well-known/security.txt",
    "index.html", "index.htm", "index.php", "login", "health", "healthz", "health-check", "status", "ping",
)  # fmt: skip
# and beginnings of what scanners look for, of any method; some sites serve them.
OF_ANY_SERVER = (
    *NEVER_SERVED, "wp-login.php", "xmlrpc.php", "owa/", "ecp/", "autodiscover/", "actuator/", "solr/", "manager/html",
    "manager/text", "host-manager/", "server-status", "phpmyadmin", "pma/", "myadmin", "adminer", "phpinfo", "cgi-bin/",
    "jenkins/", "jmx-console", "_profiler/", "login.action", "info.php", "test.php", "setup.php", "install.php",
    "administrator/", "admin/config.php", "backup.", "console/login", "druid/", "nacos/", "geoserver/", "wls-wsat/",
    "_cat/", "magento_version", "remote/login", "telescope/", "sftp-config.json", "config.json",
)  # fmt: skip
BLIND = (
    rf"\A(?:HEAD /|(?:(?:GET|OPTIONS) )?/(?i:{'|'.join(map(re.escape, OF_ANY_SITE))})(?: |$)"
    rf"|[^/]{{0,{METHOD}}}/(?i:{'|'.join(map(re.escape, OF_ANY_SERVER))}))"
)
HEAD, TABLE_BITS = 4, 14  # [bytes] of a path, by which most others are told apart, in a table of so many entries
LOWER, FACTOR, SHIFT = 0x20202020, 1_640_531_513, 20  # a letter's bit of lower case; Fibonacci hashing (Knuth, 6.4)
BLIND_HEADS = tuple({path[:HEAD]: None for path in (*OF_ANY_SITE[1:], *OF_ANY_SERVER)})


def heads(paths: Iterable[str] = NEVER_SERVED) -> npt.NDArray[np.uint8]:
    """Return the table in which the hash of a path's first four bytes finds 1 if the path may be one of those."""
    table = np.zeros(1 << TABLE_BITS, np.uint8)
    for path in paths:
        number = int.from_bytes(path[:HEAD].encode(), "little") | LOWER
        table[(number * FACTOR >> SHIFT) & (len(table) - 1)] = 1
    return table
