"""How alike two bodies are: bytes, JSON values, or the words that a reader of the page sees."""

from __future__ import annotations

import json
import re
from collections import Counter
from html import unescape

SHINGLE = 3  # words that are compared together: their order counts, and one changed word costs three of them
SKIPPED = ("script", "style", "template", "noscript")  # elements whose text nobody reads
_WORD = re.compile(r"\w+")
_NAME = re.compile(r"/?([A-Za-z][A-Za-z0-9-]{0,30})")


def same_json(old: bytes, new: bytes) -> bool:
    """Return whether both are JSON of the same value: spacing and the order of keys do not count."""
    try:
        return bool(json.loads(old) == json.loads(new))
    except (ValueError, RecursionError):
        return False


def likeness(old: bytes, new: bytes) -> float:
    """Return how alike the words of two pages are [0..1]: shared runs of three words by all of them (Dice).

    Parameters
    ----------
    old, new
        HTML, of any encoding that has ASCII's letters where ASCII has them.

    Examples
    --------
    >>> likeness(b"<p>one two three</p>", b"<p class='x'>one  two three")
    1.0
    """
    left, right = (_shingles(readable(body.decode("utf-8", "replace"))) for body in (old, new))
    total = left.total() + right.total()
    return 1.0 if total == 0 else 2 * (left & right).total() / total


def readable(html: str) -> str:
    """Return the text that a reader sees: no tags, comments, scripts or styles, one space between words.

    One pass over the text, whatever stands in it: pages may be hostile.
    """
    kept, hidden = [], ""
    comment = False
    for n, piece in enumerate(html.split("<")):
        if comment or (n and piece.startswith("!--")):
            _, end, text = piece.partition("-->")
            comment = not end
            kept.append("" if comment else text)
            continue
        tag, closed, text = piece.partition(">") if n else ("", ">", piece)
        name = _NAME.match(tag)
        word = name[1].lower() if name else ""
        if hidden:
            hidden = "" if tag.startswith("/") and word == hidden else hidden
        elif word in SKIPPED and not tag.startswith("/"):
            hidden = word
        if not hidden and closed:
            kept.append(text)
    return " ".join(unescape(" ".join(kept)).split())


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    """Return the runs of three words, each with how often it occurs; a shorter text is one run."""
    words = _WORD.findall(text.lower())
    if len(words) <= SHINGLE:
        return Counter([tuple(words)] if words else [])
    return Counter(zip(words, words[1:], words[2:], strict=False))
