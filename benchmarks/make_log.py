"""Writes a large combined access log that looks like a real one, the same for the same seed.

    python benchmarks/make_log.py benchmarks/out/big.log --lines 5000000 [--month 3] [--clients 50000] [--once 0.1]

Thirty days with days and nights, clients that come in visits, crawlers and a monitor, agents of 100 characters,
lines seconds out of order (Apache writes a line when the request ends), and 1 line in 20,000 that is escaped or broken.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

START = datetime(2026, 3, 1, tzinfo=UTC)
HOURS = 30 * 24
REQUESTS_A_VISIT = 8  # mean
ODD_EVERY = 20_000  # [lines] one of so many is escaped or broken
CLOCK = [f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}" for s in range(86_400)]


@dataclass(frozen=True)
class Shape:
    """What a log is like.

    Attributes
    ----------
    month
        How many times thirty days after `START` it begins: the same clients, other visits.
    clients
        How many there are.
    once
        Share of requests with a query that never comes again; one in seven on real servers.
    """

    seed: int = 1
    month: int = 0
    clients: int = 50_000
    once: float = 0.1

    def days(self) -> list[str]:
        """Return its days as logged."""
        first = START + self.month * timedelta(hours=HOURS)
        return [(first + timedelta(days=n)).strftime("[%d/%b/%Y:") for n in range(HOURS // 24 + 1)]


def addresses(random: np.random.Generator, clients: int) -> list[str]:
    """Return the clients' addresses, one in twelve of IPv6."""
    low = random.integers(1, 255, (clients, 4))
    return [
        f"2001:db8:{a:x}{b:02x}:{c:x}::{d:x}" if n % 12 == 0 else f"{a}.{b}.{c}.{d}"
        for n, (a, b, c, d) in enumerate(low.tolist())
    ]


def agents(random: np.random.Generator) -> list[str]:
    """Return 3,000 agents: browsers mostly, then crawlers, programs and one monitor."""
    system = [
        "Windows NT 10.0; Win64; x64",
        "Macintosh; Intel Mac OS X 10_15_7",
        "X11; Linux x86_64",
        "Linux; Android 15",
    ]
    browsers = [
        f"Mozilla/5.0 ({system[n % 4]}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{major}.0.{build}.{n % 200}"
        if n % 3
        else f"Mozilla/5.0 ({system[n % 4]}; rv:{major}.0) Gecko/20100101 Firefox/{major}.{n % 7}"
        for n, (major, build) in enumerate(random.integers((90, 4000), (140, 7000), (2_900, 2)).tolist())
    ]
    crawlers = [f"Mozilla/5.0 (compatible; bot-{n}/1.{n % 7}; +http://bot-{n}.example/about.html)" for n in range(70)]
    return [
        *browsers,
        *crawlers,
        *(f"Java/11.0.{n}" for n in range(29)),
        "check_http/v2.3.3 (monitoring-plugins 2.3.3)",
    ]


def targets(random: np.random.Generator) -> list[str]:
    """Return 8,000 request lines."""
    words = ["news", "images", "static", "articles", "shop", "download", "team", "archive"]
    kinds = [".html", "", ".png", ".js", ".css", "?page=2&sort=date", ".jpg", "/"]
    picks = random.integers(0, 8, (8_000, 3)).tolist()
    return [
        f"GET /{words[a]}/{words[b]}/item-{n:05}-{words[c]}{kinds[n % 8]} HTTP/1.1" for n, (a, b, c) in enumerate(picks)
    ]


def odd_line(head: str, stamp: str, which: int) -> str:
    """Return a line that the plain way of reading cannot take."""
    return [
        f'{head}{stamp}"GET /search?q=\\"a\\" HTTP/1.1" 200 512 "-" "Acme \\"10\\" tablet"\n',
        f'{head}{stamp}"\\x16\\x03\\x01\\x02" 400 463 "-" "-"\n',
        f'{head}{stamp}"GET / HTTP/1.1" 200 512 "-" "zo\\xc3\\xab"\n',
        f'{head}{stamp}"GET /cut/off HTTP/1.\n',
        f'{head.replace("- - ", "- mary ann ")}{stamp}"GET /auth HTTP/1.1" 200 512 "-" "curl/8.0"\n',
    ][which % 5]


def hour_of_visits(random: np.random.Generator, hour: int, lines: int, clients: int) -> tuple[np.ndarray, np.ndarray]:
    """Return seconds since the start, in the order written, and the client of each of an hour's lines."""
    visits = max(1, lines // REQUESTS_A_VISIT)
    who = (clients * random.random(visits) ** 3).astype(np.int64)  # few come often, many seldom
    visit = random.integers(0, visits, lines)
    second = hour * 3600 + random.integers(0, 3600, visits)[visit] + random.exponential(90, lines).astype(np.int64)
    second = np.minimum(second, HOURS * 3600 - 1)
    order = np.argsort(second + random.exponential(1.5, lines), kind="stable")
    return second[order], who[visit[order]]


def lines_of_hour(
    random: np.random.Generator, hour: int, lines: int, pools: tuple[list[str], ...], first: int, *, once_share: float
) -> Iterator[str]:
    """Yield an hour's lines."""
    address, agent, target, days = pools
    seconds, who = hour_of_visits(random, hour, lines, len(address))
    what = (len(target) * random.random(lines) ** 2).astype(np.int64)
    size = random.integers(200, 90_000, lines)
    status = random.choice([200, 304, 301, 404, 500], lines, p=[0.90, 0.05, 0.025, 0.02, 0.005])
    came = random.random(lines) < 0.5
    once = random.random(lines) < once_share
    columns = (seconds, who, what, size, status, came, once)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    for n, (second, client, page, length, code, from_page, alone) in enumerate(rows, start=first):
        stamp = f"{days[second // 86_400]}{CLOCK[second % 86_400]} +0000] "
        if n % ODD_EVERY == ODD_EVERY - 1:
            yield odd_line(f"{address[client]} - - ", stamp, n // ODD_EVERY)
            continue
        referer = f"https://app.example.com/{page % 400}.html" if from_page else "-"
        asked = target[page].replace(" HTTP", f"?id={length:x}{second:x} HTTP") if alone else target[page]
        yield (
            f'{address[client]} - - {stamp}"{asked}" {code} {length} "{referer}" "{agent[client * 7 % len(agent)]}"\n'
        )


def make_log(path: Path, lines: int, shape_of: Shape | None = None) -> None:
    """Write the log, hour by hour."""
    mine = shape_of or Shape()
    random = np.random.default_rng(mine.seed)
    pools = (addresses(random, mine.clients), agents(random), targets(random), mine.days())
    random = np.random.default_rng([mine.seed, mine.month]) if mine.month else random
    shape = 1.2 + np.sin(2 * np.pi * (np.arange(HOURS) % 24 - 9) / 24)
    edges = np.rint(lines * np.concatenate(([0], np.cumsum(shape))) / shape.sum()).astype(int)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="ascii", buffering=1 << 22) as out:
        for hour in range(HOURS):
            count = int(edges[hour + 1] - edges[hour])
            out.writelines(lines_of_hour(random, hour, count, pools, int(edges[hour]), once_share=mine.once))


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", type=Path)
    parser.add_argument("--lines", type=int, default=5_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--month", type=int, default=0)
    parser.add_argument("--clients", type=int, default=50_000)
    parser.add_argument("--once", type=float, default=0.1)
    options = parser.parse_args()
    shape = Shape(options.seed, options.month, options.clients, options.once)
    make_log(options.path, options.lines, shape)


if __name__ == "__main__":
    main()
