"""The tables and keys that a cutover.toml may have, as pydantic models."""

from __future__ import annotations

import difflib
import ipaddress
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from analyzer.errors import InputError
from analyzer.logs.agents import KINDS
from analyzer.migration import values
from analyzer.migration.model import Policy
from analyzer.migration.values import Refused

LONGEST_TTL_S = 2**31 - 1  # [s] RFC 2181 s8
HostName = Annotated[str, BeforeValidator(values.host_name)]
Text = Annotated[str, BeforeValidator(values.text)]
MailAddress = Annotated[str, BeforeValidator(values.mail_address)]
Resolver = Annotated[str, BeforeValidator(values.resolver)]
AddressValue = Annotated[ipaddress.IPv4Address | ipaddress.IPv6Address, BeforeValidator(values.address)]
NetworkValue = Annotated[ipaddress.IPv4Network | ipaddress.IPv6Network, BeforeValidator(values.network)]
Moment = Annotated[datetime, BeforeValidator(values.moment)]
DurationS = Annotated[float, BeforeValidator(values.duration_s)]


def _kind(value: object) -> str:
    """Return a kind of client."""
    kind = values.text(value)
    if kind not in KINDS:
        near = difflib.get_close_matches(kind, KINDS, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise Refused("not a kind of client", f"{hint}There are {', '.join(KINDS)}")
    return kind


def _log_format(value: object) -> str:
    """Return a LogFormat that can be read, or `auto`."""
    from analyzer.logs.formats import AUTO, log_format  # noqa: PLC0415 -- only a file that names a format needs the compiler

    written = values.text(value)
    if written == AUTO:
        return written
    try:
        log_format(written)
    except InputError as error:
        fault = error.faults[0]
        what = f"{fault.what} ({fault.value})" if fault.value and fault.value != written else fault.what
        raise Refused(what, fault.remedy) from None
    return written


class Table(BaseModel):
    """A table: no keys but the known ones, no value taken for another type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class MigrationTable(Table):
    """[migration]."""

    names: list[HostName] = Field(min_length=1)
    old: list[AddressValue] = Field(min_length=1)
    new: list[AddressValue] = Field(min_length=1)
    staging: HostName | None = None
    changed_at: Moment | None = None
    ttl: int | None = Field(default=None, ge=0, le=LONGEST_TTL_S)

    @field_validator("new")
    @classmethod
    def _no_overlap(cls, new: list[Any], info: ValidationInfo) -> list[Any]:
        """Refuse an address that is both old and new: nothing could tell the servers apart."""
        both = [one for one in new if one in info.data.get("old", ())]
        if both:
            raise Refused(f"{both[0]} is an old address too", "an address belongs to the old or to the new server")
        return new

    @field_validator("staging")
    @classmethod
    def _staging_stays(cls, staging: str | None, info: ValidationInfo) -> str | None:
        """Refuse a staging name that moves: it has pointed at the new server all along."""
        if staging is not None and staging in info.data.get("names", ()):
            raise Refused("also one of names", "the staging name is the new server's temporary one and does not move")
        return staging


class LogTable(Table):
    """[logs.old] and [logs.new]."""

    paths: list[Text] = Field(min_length=1)
    format: Annotated[str, BeforeValidator(_log_format)] = "combined"
    trusted_proxies: list[NetworkValue] = []


class LogTables(Table):
    """[logs]."""

    old: LogTable | None = None
    new: LogTable | None = None


class DnsTable(Table):
    """[dns]."""

    snapshots: list[Text] = []
    resolvers: list[Resolver] = []


class PolicyTable(Table):
    """[policy]; the defaults are those of `Policy`."""

    horizon: DurationS = Policy().horizon_s
    max_lost_requests: float = Field(default=Policy().max_lost_requests, ge=0, allow_inf_nan=False)
    confidence: float = Field(default=Policy().confidence, gt=0, lt=1)
    counts: list[Annotated[str, BeforeValidator(_kind)]] = Field(default=list(Policy().counts), min_length=1)
    accepted: list[NetworkValue] = []


class MailTable(Table):
    """[mail]."""

    to: list[MailAddress] = Field(min_length=1, max_length=100)
    sender: MailAddress = Field(alias="from")
    server: Annotated[tuple[str, int | None], BeforeValidator(values.mail_server)] = ("localhost", None)
    security: Annotated[str, BeforeValidator(values.mail_security)] = "starttls"
    user: Text | None = None
    password_file: Text | None = None
    ca_file: Text | None = None

    @field_validator("user")
    @classmethod
    def _no_bare_login(cls, user: str | None, info: ValidationInfo) -> str | None:
        """Refuse to send a password over a network in the clear."""
        server = info.data.get("server", ("localhost", None))[0]
        if user is not None and info.data.get("security") == "none" and not values.is_loopback(server):
            raise Refused("a login without encryption", 'write security = "starttls" or "tls"')
        return user


class CutoverToml(Table):
    """The whole file."""

    migration: MigrationTable
    logs: LogTables = LogTables()
    dns: DnsTable = DnsTable()
    policy: PolicyTable = PolicyTable()
    mail: MailTable | None = None
