"""What all transports share: the reply, the bound on a wait, the words for what goes wrong, whom to trust."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from analyzer.dns.message import Unreadable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


class Failed(Exception):  # noqa: N818 -- it reads as what happened
    """No answer came; `error` is the contract's word for why."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


@dataclass(frozen=True, slots=True)
class Reply:
    """The bytes that came back.

    Attributes
    ----------
    transport
        By which they came: tcp where the answer over udp was cut.
    age_s
        [s] that an HTTP cache has had them.
    """

    wire: bytes
    transport: str
    age_s: int = 0


class Transport(Protocol):
    """A way to one resolver, for any number of questions."""

    async def exchange(self, wire: bytes) -> Reply:
        """Return the answer to a question."""
        ...

    async def close(self) -> None:
        """End what is open."""
        ...


@contextlib.asynccontextmanager
async def bounded(limit_s: float) -> AsyncIterator[None]:
    """Bound what is awaited inside, and say in the contract's words what goes wrong.

    Raises
    ------
    Failed
        For whatever the network, its certificates or a name's resolution raise.
    """
    try:
        async with asyncio.timeout(limit_s):
            yield
    except TimeoutError:
        raise Failed("timeout") from None
    except ssl.SSLError:
        raise Failed("tls") from None
    except (ConnectionRefusedError, ConnectionResetError, BrokenPipeError):
        raise Failed("refused") from None
    except (EOFError, Unreadable):
        raise Failed("malformed") from None
    except OSError:  # no route, no such family, no such name
        raise Failed("unreachable") from None


@lru_cache(maxsize=4)
def trust(ca: Path | None, protocol: str | None = None) -> ssl.SSLContext:
    """Return whom to trust: the system's authorities, and those of a file."""
    context = ssl.create_default_context()
    if ca is not None:
        context.load_verify_locations(ca)
    if protocol is not None:
        context.set_alpn_protocols([protocol])
    return context
