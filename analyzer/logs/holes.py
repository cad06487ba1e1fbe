"""What scanners ask for: paths behind which they hope to find a hole.

Some are looked for on every server, and nobody serves them: whoever asks for them is a scanner, whatever the answer
was, for a site may answer everything alike (a redirect to https, an application of one page). The others are
somebody's: they tell only where there is nothing.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

# Answered 4xx or 5xx. A blank is before it in a request line, a slash in a path.
PROBE = (
    r"(?i)[ /](?:\.env|\.git|\.svn|\.hg/|\.aws|\.ssh|\.vscode|\.DS_Store|\.ht(?:access|passwd)"
    r"|\.bash_history|\.docker/|\.kube/|\.npmrc"
    r"|wp-login\.php|wp-admin|wp-content/|wp-includes/|wp-config|wlwmanifest|xmlrpc\.php"
    r"|php-?my-?admin|pma/|myadmin|adminer|phpinfo|info\.php|test\.php|eval-stdin|(?:[a-z]{3,6}/)?phpunit"
    r"|think/app|thinkphp"
    r"|cgi-bin/|boaform|goform/|HNAP1|GponForm|setup\.cgi|currentsetting\.htm|evox/about|dana-na/|remote/fgt_lang"
    r"|manager/(?:html|text)|host-manager/|solr/|actuator|jenkins/|hudson|jmx-console|axis2"
    r"|_ignition|telescope/|_profiler|debug/default|login\.action|META-INF/|WEB-INF/"
    r"|owa/|ecp/|autodiscover|etc/passwd|server-status|setup\.php|install\.php|shell(?:\.php|\?|/| |$)|formLogin|\?cmd="
    r"|config\.(?:json|php|bak|old|yml)|id_rsa|nmaplowercheck|nice%20ports|backup\.|dump\.sql|db\.sql"
    r"|magento_version)"
    r"|\.\./|%2e%2e|\$\{jndi:|/_/;/|/s/333313e2"
)
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
HEAD, TABLE_BITS = 4, 14  # [bytes] of a path, by which most others are told apart, in a table of so many entries
LOWER, FACTOR, SHIFT = 0x20202020, 1_640_531_513, 20  # a letter's bit of lower case; Fibonacci hashing (Knuth, 6.4)


def heads() -> npt.NDArray[np.uint8]:
    """Return the table in which the hash of a path's first four bytes finds 1 if the path may be one of those."""
    table = np.zeros(1 << TABLE_BITS, np.uint8)
    for path in NEVER_SERVED:
        number = int.from_bytes(path[:HEAD].encode(), "little") | LOWER
        table[(number * FACTOR >> SHIFT) & (len(table) - 1)] = 1
    return table
