"""The shop that is asked: its pages, their assets, and what the log shows of an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyzer.simulation.parts import constant, texts, weighted

if TYPE_CHECKING:
    from analyzer.simulation.parts import Bools, Floats, Ints, Texts

PRODUCTS = 400
HEADERS_SIZE = 310  # [bytes] of a typical answer's header: Debian's formats log %O, which counts it
PROTOCOLS = ("HTTP/1.1", "HTTP/2.0")
ENTRY_WEIGHTS = (30, 22, 40, 8)  # where a visit begins: home, category, product, search
LATER_WEIGHTS = (5, 28, 40, 8, 10, 5, 4)  # … and goes on: the same, then cart, add to cart, checkout


@dataclass(frozen=True, slots=True)
class Pages:
    """Kinds of pages that can be asked for, drawn one by one."""

    line: Texts  # request line without its protocol
    path: Texts  # for the Referer of what follows
    status: Ints
    size: Ints


CATEGORIES = ("garden", "kitchen", "tools", "books", "toys", "sale")
ASSETS = (  # (path, bytes): the first ones are asked for first
    ("/assets/shop-4f1c.css", 48_211),
    ("/assets/shop-9b02.js", 131_844),
    ("/assets/logo.svg", 4_120),
    ("/assets/inter-latin.woff2", 39_428),
    ("/favicon.ico", 5_430),
    ("/img/hero.avif", 88_012),
    ("/img/badges.webp", 12_977),
    ("/img/footer.webp", 7_206),
)
ASSET_PATHS = texts([path for path, _ in ASSETS])
ASSET_SIZES = np.array([size for _, size in ASSETS], dtype=np.int64)


def pages(count: int, entry: Bools, draw: np.random.Generator) -> Pages:
    """Return `count` pages of visits.

    Parameters
    ----------
    entry : bool array, shape (count,)
        Where a visit begins: it does not begin in the cart.
    """
    later = weighted(draw, LATER_WEIGHTS, count)
    first = weighted(draw, ENTRY_WEIGHTS, count)
    sort = np.where(entry, first, later)
    product = draw.zipf(1.4, count) % PRODUCTS
    category = draw.integers(len(CATEGORIES), size=count)
    missing = draw.random(count) < 0.004  # noqa: PLR2004 -- an old link now and then
    path, method = np.empty(count, dtype=object), constant("GET ", count)
    for row, (kind, number, cat) in enumerate(zip(sort.tolist(), product.tolist(), category.tolist(), strict=True)):
        path[row] = _path(kind, number, CATEGORIES[cat])
    posts = sort == 5  # noqa: PLR2004 -- add to cart
    method[posts] = "POST "
    status = np.where(posts, 303, np.where(missing, 404, 200)).astype(np.int64)
    size = HEADERS_SIZE + np.where(posts, 0, draw.integers(7_000, 42_000, size=count))
    return Pages(method + path, path, status, size)


def _path(kind: int, product: int, category: str) -> str:
    """Return the path of one page."""
    return (
        "/",
        f"/c/{category}",
        f"/p/{1000 + product}",
        f"/search?q={category}+{product}",
        "/cart",
        "/cart/add",
        "/checkout",
    )[kind]


def took_s(count: int, mean_s: float, draw: np.random.Generator) -> Floats:
    """Return how long answers take [s]; one in a hundred goes to a slow line and takes many times as long."""
    slow = draw.random(count) < 0.01  # noqa: PLR2004 -- the share
    return draw.exponential(mean_s, count) + np.where(slow, draw.exponential(6.0, count), 0.0)
