"""The kinds of clients, and what a client's own words (its User-Agent) say about its kind.

The mistakes are not alike: calling a person or a business program a crawler can remove the proxy too early, the
reverse only delays. So what counts is looked for first, and what stays unknown counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from analyzer.logs.agent_lists import crawler_word, tags

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS = ("person", "program", "crawler", "monitor", "scanner")
AGENT_LENGTH = 512  # [characters] looked at: a real agent is shorter, a hostile one shall not cost time
INTERNAL = "(internal dummy connection)"  # Apache waking its own children: httpd server/mpm_common.c


@dataclass(frozen=True, slots=True)
class Words:
    """Words that name a kind, in lower case: anywhere in an agent, or at its start."""

    kind: str
    rule: str
    anywhere: tuple[str, ...] = ()
    start: tuple[str, ...] = ()

    def fit(self, lower: str) -> bool:
        """Return whether the agent, in lower case, holds one of them."""
        return lower.startswith(self.start) or any(word in lower for word in self.anywhere)


# fmt: off
# Calls of other systems and in-app browsers, and text browsers. The lists of crawlers have them too (most under "seo"),
# but a lost payment notice is what hurts most.
_COUNTED = (
    Words("person", "in-app-browser", ("metaiab facebook", "chrome privacy preserving prefetch proxy")),
    Words("person", "browser", start=("lynx/", "links (", "elinks", "w3m/")),
    Words("program", "business", (
        "webhook", "hookshot", "captain-hook", "cloudflare-stream-hook", "sendgrid", "sparkpost", "mailgun", "twilio",
        "stripe/",
        "paypal", "mollie", "gopay", "trustly/", "recurly", "klarna", "adyen", "sfdc-callout", "salesforce.com",
        "hubspot", "zapier", "ifttt/", "integromat", "retool/", "snipcart/", "sora pos/", "sparkshipping",
        "easybill", "blingerp", "bling erp", "emoney advisor", "jumio", "klaviyo/", "metorik", "omnisend/",
        "yokoygroup", "google-apps-script", "appengine-google", "apis-google", "indy library", "mainwp/", "managewp",
        "nextcloud", "asana/", "stape/",
    ), ("wordpress/", "make/")),
)
_SCANNERS = Words("scanner", "scanner-name", (
    "nikto", "sqlmap", "nmap", "masscan", "zgrab", "zmap", "nuclei", "nessus", "acunetix", "netsparker", "invicti",
    "w3af", "wpscan", "dirbuster", "gobuster", "feroxbuster", "openvas", "censys", "shodan", "l9explore", "leakix",
    "libredtail", "krebsonsecurity", "wfuzz", "modatscanner", "xfa1", "mozlila", "hello, world",
    "jorgee", "zmeu", "morfeus", "muieblackcat", "fuzz faster", "arachni", "palo alto networks",
    "internet-measurement", "internetmeasurement", "projectdiscovery", "() {",
))
_MONITORS = Words("monitor", "monitor-name", (
    "kube-probe/", "elb-healthchecker", "googlehc/", "consul health", "envoy/hc", "check_http", "monitoring-plugins",
    "nagios", "icinga", "zabbix", "prtg", "pingdom", "uptime", "statuscake", "site24x7", "blackbox exporter",
    "blackbox-exporter", "check_mk", "checkmk",
), ("monit/", "sensu", "munin", "haproxy", "cutover-"))  # ours: rehearsal and canary
# Apps and HTTP libraries: somebody's program, often with a pinned address.
_LIBRARIES = Words("program", "library", (
    "dalvik/", "cfnetwork/", "okhttp", "apache-httpclient", "apache-cxf", "httpurlconnection", "jakarta commons",
    "asynchttpclient", "python-requests", "python-urllib", "python-httpx", "aiohttp", "urllib3", "libwww-perl",
    "lwp::simple", "www-mechanize", "libcurl", "go-http-client", "package http", "guzzlehttp", "php-soap",
    "http_request", "zend_http", "faraday", "rest-client", "httparty", "node-fetch", "axios/", "undici",
    "superagent", "postmanruntime", "insomnia/", "httpie/", "restsharp", "microsoft.data", "ms web services client",
    "winhttp", "microsoft-cryptoapi", "microsoft office", "microsoft-webdav", "davclnt", "davfs2", "gvfs/",
    "webdavfs/", "reqwest", "alamofire", "libsoup", "libfetch", "soap::lite", "gsoap", "thunderbird", "liferea",
    "akregator", "netnewswire", "rssowl", "quiterss", "fasthttp", "pycurl", "httpasyncclient", "reactornetty",
    "unirest", "go-resty", "feedparser", "uri client", "eventmachine", "cpp-httplib", "lua-resty", "boost.beast",
    "typhoeus", "powershell", "ms-office",
), (
    "java/", "python/", "lwp-", "curl/", "wget", "php/", "ruby", "node", "got ", "got/", ".net", "git/", "svn/",
    "hyper/", "ureq/", "dart/", "ktor", "axis/", "deno/", "bun/", "outlook", "symfony", "neon/", "spring",
    "httpclient", "http.rb/", "jersey/", "vert.x", "grpc-", "resty/", "req/v", "aria2/", "libhttp", "net::http",
))
_BENEATH = (("program", "library"), ("program", "crawler-user-agents:http-library"))  # may stand beneath a program
_FIRST_PRODUCT = re.compile(r"([A-Za-z][\w.+-]{2,39}(?:/[\w.+-]{1,39})?) ")  # RFC 9110 section 10.1.5: most significant
# What every browser begins with, and none ends with: it tells as much as no agent.
_NOTHING_SAID = frozenset({"", "-", "mozilla", "mozilla/4.0", "mozilla/5.0"})
_BROWSERS = (
    "mozilla", "opera", "dillo", "netsurf", "samsung", "nokia", "blackberry", "ucweb", "mobilesafari", "midori",
)
# What a crawler says of itself: its trade, or where to complain.
_SELF_NAMED = (
    "bot", "crawl", "spider", "slurp", "scrap", "archiv", "headless", "index", "feed", "rss", "search", "http://",
    "https://", "www.", "@",
)
# Words that crawlerdetect takes for a crawler's wherever they stand.
_ANYBODYS = (
    "reader", "fetcher", "cron", "checker", "validator", "extractor", "analyzer", "monitoring", "transcoder", "uptime",
)
# fmt: on

# Tags of crawler-user-agents, those that win first; the others mean crawler. A headless browser may be a business
# program as well as anything else. A feed reader reads for somebody, if it does not call itself a robot.
_TAG_KINDS: Mapping[str, str] = {
    "scanner": "scanner",
    "monitoring": "monitor",
    "http-library": "program",
    "browser-automation": "program",
}
_READS_FOR_SOMEBODY = ["feed-reader"]  # the tags of such a one
_ROBOTS = ("bot", "crawl", "spider")
_AS_ROBOTS = re.compile(r"like \w*bot")  # pages that are shown to robots alone are shown to it, too


@lru_cache(maxsize=65_536)
def kind_of_agent(agent: str | None) -> tuple[str, str]:
    """Return the kind of client that an agent names, and the rule that says so.

    Parameters
    ----------
    agent
        The User-Agent as logged; None where none was sent.

    Returns
    -------
    tuple of str
        One of `KINDS`, and the rule: `internal`, `business`, `in-app-browser`, `library`, `scanner-name`,
        `monitor-name`, `crawler-user-agents:TAG`, `crawlerdetect`, `no-agent`, `browser`, `not-a-browser`, or
        `application` (a name of its own before a library's).

    Examples
    --------
    >>> kind_of_agent("Java/11.0.2")
    ('program', 'library')
    """
    if agent is None or agent.strip().lower() in _NOTHING_SAID:
        return "program", "no-agent"
    text = agent[:AGENT_LENGTH]
    if INTERNAL in text:
        return "monitor", "internal"
    lower = text.lower()
    counted = next((words for words in _COUNTED if words.fit(lower)), None)
    if counted is not None:
        return counted.kind, counted.rule
    found = _of_tags(tags(text), lower) or _of_names(text, lower) or _of_form(lower)
    return ("program", "application") if found in _BENEATH and _names_itself(text, lower) else found


def _names_itself(agent: str, lower: str) -> bool:
    """Return whether an agent that holds a library's name begins with one of its own, or is a telephone's program."""
    if lower.startswith("dalvik/"):
        return True
    first = _FIRST_PRODUCT.match(agent)
    return first is not None and kind_of_agent(first[1]) == ("program", "not-a-browser")


def _of_tags(found: list[str], lower: str) -> tuple[str, str] | None:
    """Return what the tags of crawler-user-agents say; a name of its own says more than the library beneath it."""
    if not found:
        return None
    if found == _READS_FOR_SOMEBODY and not any(word in _AS_ROBOTS.sub("", lower) for word in _ROBOTS):
        return "program", f"crawler-user-agents:{found[0]}"
    beneath = [tag for tag in found if _TAG_KINDS.get(tag) == "program"]
    named = sorted((tag for tag in found if tag not in beneath), key=lambda tag: tag not in _TAG_KINDS)
    tag = (named or beneath)[0]
    return _TAG_KINDS.get(tag, "crawler"), f"crawler-user-agents:{tag}"


def _of_names(agent: str, lower: str) -> tuple[str, str] | None:
    """Return what other names say: scanners, monitors, libraries, and at last the second list of crawlers."""
    for words in (_SCANNERS, _MONITORS, _LIBRARIES):
        if words.fit(lower):
            return words.kind, words.rule
    return ("crawler", "crawlerdetect") if _is_crawler(agent, lower) else None


def _is_crawler(agent: str, lower: str) -> bool:
    """Return whether the second list names a crawler, and the agent does not deny it.

    The list also holds names and words of business programs (SAP NetWeaver, anything with "cron" or "checker" in it).
    A crawler says what it is, or whom to ask; one that poses as a browser has no other reason to be on the list.
    """
    taken_by = crawler_word(agent)
    if taken_by is None:
        return False
    if any(word in lower for word in _SELF_NAMED):
        return True
    return lower.startswith(_BROWSERS) and not taken_by.lower().endswith(_ANYBODYS)


def _of_form(lower: str) -> tuple[str, str]:
    """Return what an unknown agent is by its form: a browser is a person's, anything else somebody's program."""
    return ("person", "browser") if lower.startswith(_BROWSERS) else ("program", "not-a-browser")
