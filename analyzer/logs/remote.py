"""Logs at URLs, by fsspec: whatever its file systems raise becomes an OSError with a sentence; waits are bounded."""

from __future__ import annotations

import io
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn

from analyzer.errors import Fault, InputError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
CONNECT_S, SILENT_S = 20, 60  # [s] for a connection, and for the next bytes
_SSH = {"timeout": CONNECT_S, "banner_timeout": CONNECT_S, "auth_timeout": CONNECT_S, "channel_timeout": CONNECT_S}
_BUFFER_BYTES = 1 << 16
_PACKAGES = {
    **dict.fromkeys(("s3", "s3a"), "s3fs"),
    **dict.fromkeys(("gs", "gcs"), "gcsfs"),
    **dict.fromkeys(("abfs", "abfss", "az"), "adlfs"),
    **dict.fromkeys(("sftp", "ssh"), "paramiko"),
    **dict.fromkeys(("http", "https"), "aiohttp"),
    "smb": "smbprotocol",
}


def is_url(path: str) -> bool:
    """Return whether a path is a URL: `https://…`, `s3://…`, `sftp://…`, `memory://…`."""
    return _URL.match(path) is not None


def opened(url: str) -> io.BufferedReader:
    """Return what is stored at a URL, as a stream.

    Raises
    ------
    InputError
        If a package is missing that such URLs need.
    OSError
        If it cannot be opened.
    """
    files, path = _file_system(url)
    try:
        return io.BufferedReader(_Remote(files.open(path, "rb")), _BUFFER_BYTES)
    except Exception as error:  # noqa: BLE001 -- each file system has exceptions of its own
        _refuse(error)


def matching(url: str) -> list[str]:
    """Return the URLs that a pattern names; a URL without one names itself.

    Raises
    ------
    InputError
        If a package is missing that such URLs need.
    OSError
        If the server cannot be asked.
    """
    if not any(sign in url for sign in "*["):  # a ? begins the query of a URL
        return [url]
    files, path = _file_system(url)
    try:
        return [str(files.unstrip_protocol(one)) for one in files.glob(path)]
    except Exception as error:  # noqa: BLE001 -- each file system has exceptions of its own
        _refuse(error)


def _file_system(url: str) -> tuple[Any, str]:
    """Return the file system of a URL, and the path in it."""
    import fsspec  # noqa: PLC0415 -- only URLs need it

    scheme = url.partition("://")[0].lower()
    try:
        files, path = fsspec.core.url_to_fs(url, **_options(scheme))
    except ImportError:
        package = _PACKAGES.get(scheme, f"that fsspec names for {scheme}")
        remedy = f"install it beside cutover: pip install {package}" if scheme in _PACKAGES else "install it"
        raise InputError(
            Fault(f"{scheme}:// needs the package {package}, which is not here", url, "", remedy)
        ) from None
    except ValueError as error:
        remedy = "write https://, s3://, sftp:// or another scheme of fsspec"
        raise InputError(Fault("a URL of no known kind", url, str(error), remedy)) from None
    except Exception as error:  # noqa: BLE001 -- each file system has exceptions of its own
        _refuse(error)
    with suppress(AttributeError):  # only sftp has a channel
        files.ftp.get_channel().settimeout(SILENT_S)
    return files, str(path)


def _options(scheme: str) -> dict[str, Any]:
    """Return what bounds the waits of a file system."""
    if scheme in {"http", "https"}:
        import aiohttp  # noqa: PLC0415 -- only such URLs need it

        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S, sock_read=SILENT_S)
        return {"client_kwargs": {"timeout": timeout}, "use_listings_cache": False}
    if scheme in {"s3", "s3a"}:
        return {"config_kwargs": {"connect_timeout": CONNECT_S, "read_timeout": SILENT_S}, "use_listings_cache": False}
    if scheme in {"sftp", "ssh"}:
        return _SSH
    return {"timeout": CONNECT_S} if scheme == "ftp" else {}


def _refuse(error: Exception) -> NoReturn:
    """Raise what a file system raised as an OSError with one short sentence."""
    text = getattr(error, "strerror", None) or getattr(error, "message", None) or str(error)
    name = "no such file" if isinstance(error, FileNotFoundError) else ""
    told = name or " ".join(str(text).split())[:200] or type(error).__name__
    raise OSError(None, told) from error


class _Remote(io.RawIOBase):
    """A file of fsspec as a raw stream; gone back in only where its size is known."""

    def __init__(self, file: Any) -> None:  # noqa: ANN401 -- each file system has a class of its own
        super().__init__()
        self._file = file
        self._seekable = bool(file.seekable()) and getattr(file, "size", None) is not None

    @property
    def size(self) -> int | None:
        """The bytes stored; None where that is not known."""
        return int(self._file.size) if self._seekable else None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._seekable

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill a buffer as far as there is something."""
        view = memoryview(buffer).cast("B")
        try:
            some = self._file.read(len(view))
        except Exception as error:  # noqa: BLE001 -- each file system has exceptions of its own
            _refuse(error)
        view[: len(some)] = some
        return len(some)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        if not self._seekable:
            raise io.UnsupportedOperation("not seekable")
        return int(self._file.seek(offset, whence))

    def tell(self) -> int:
        return int(self._file.tell())

    def close(self) -> None:
        if not self.closed:
            with suppress(Exception):
                self._file.close()
        super().close()
