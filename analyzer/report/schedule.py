"""Units of systemd and lines of crontab that run a migration's report or watch, with as few rights as it needs."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzer.errors import Fault, UsageError
from analyzer.units import DAY_S, HOUR_S, MINUTE_S, spoken_duration

if TYPE_CHECKING:
    from pathlib import Path

HOURS_A_DAY, MINUTES_AN_HOUR = 24, 60
CRON_MINUTE = 7  # past the hour: not when everybody's jobs run
_PLAIN = re.compile(r"[A-Za-z0-9@_+=:,./-]+")
_UNSAFE = re.compile(r"[^A-Za-z0-9.-]")
_ACCOUNT = re.compile(r"[a-z_][a-z0-9_-]{0,31}")

_SERVICE = """\
# /etc/systemd/system/{name}.service
[Unit]
Description=cutover: {what} of {title}
Documentation=man:systemd.exec(5)
Wants=network-online.target
After=network-online.target

[Service]
{run}
User={user}
{group}UMask=0027
Nice=10
{mail}
# What it may write to; all else is read-only or not there.
ReadWritePaths={writes}
CacheDirectory=cutover
Environment=NUMBA_CACHE_DIR=%C/cutover MPLCONFIGDIR=%C/cutover
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectProc=invisible
ProtectClock=yes
ProtectHostname=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
# No rights beyond those of its user, and no way to get any.
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
RestrictSUIDSGID=yes
RestrictNamespaces=yes
RestrictRealtime=yes
LockPersonality=yes
RemoveIPC=yes
KeyringMode=private
# It asks resolvers and sends mail; it listens to nobody but on loopback.
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
# MemoryDenyWriteExecute stays away: logs are read by code that is compiled when it first runs.
"""
_TIMER = """\
# /etc/systemd/system/{name}.timer
[Unit]
Description=cutover: every {every} the report of {title}

[Timer]
OnActiveSec=1min
OnUnitActiveSec={seconds:.0f}s
AccuracySec=10s
RandomizedDelaySec=15s

[Install]
WantedBy=timers.target
"""


@dataclass(frozen=True, slots=True)
class Job:
    """What is to run.

    Attributes
    ----------
    program
        The command: absolute path, and arguments before its own.
    config, out, state
        Absolute paths of cutover.toml, of the report's folder, and of the state.
    name
        The first host name that moves.
    every_s
        [s] from one run to the next.
    user, group
        Who runs it, and a further group that may read the logs; None for none.
    email, ask
        Whether the report is mailed; whether resolvers are asked.
    needs_login
        Whether the mail server wants a login whose password stands in no file.
    """

    program: tuple[str, ...]
    config: Path
    out: Path
    state: Path
    name: str
    every_s: float
    user: str = "cutover"
    group: str | None = "adm"
    email: bool = False
    ask: bool = True
    needs_login: bool = False


def systemd(job: Job) -> dict[str, str]:
    """Return a service that runs once and the timer that starts it, by file name.

    References
    ----------
    systemd.service(5), systemd.exec(5), systemd.timer(5), systemd.syntax(7).
    """
    name = unit_name(job.name)
    lines = ["Type=oneshot"]
    if job.ask:
        lines.append(f"ExecStart=-{_line(job, 'dns', 'snapshot')}")
    lines.append(f"ExecStart={_line(job, 'report', '--out', str(job.out), *(['--email'] if job.email else []))}")
    lines += ["# The verdicts safe, wait, stuck and unknown are no failures.", "SuccessExitStatus=0 10 11 12"]
    lines.append("TimeoutStartSec=30min")
    timer = _TIMER.format(name=name, every=spoken_duration(job.every_s), title=_text(job.name), seconds=job.every_s)
    return {f"{name}.service": _service(job, "the report", lines), f"{name}.timer": timer}


def systemd_watch(job: Job) -> dict[str, str]:
    """Return a service that watches for as long as the machine runs, by file name."""
    options = ["--every", f"{job.every_s:.0f}s", "--out", str(job.out)]
    options += ["--email"] * job.email + ["--no-dns"] * (not job.ask)
    lines = ["Type=exec", f"ExecStart={_line(job, 'watch', *options)}"]
    lines += ["Restart=on-failure", "RestartSec=30s", "TimeoutStopSec=5s"]
    text = _service(job, "the watch", lines) + "\n[Install]\nWantedBy=multi-user.target\n"
    return {f"{unit_name(job.name)}-watch.service": text}


def cron(job: Job) -> str:
    """Return lines for the crontab of the user who runs it.

    Raises
    ------
    UsageError
        If cron has no words for the step.

    References
    ----------
    crontab(5): a percent sign in a command ends it, unless it is escaped.
    """
    words = [*job.program, "report", "--config", str(job.config), "--state", str(job.state), "--out", str(job.out)]
    asking = [*job.program, "dns", "snapshot", "--config", str(job.config), "--state", str(job.state)]
    line = shlex.join([*words, *(["--email"] if job.email else [])])
    line = f"{shlex.join(asking)} >/dev/null 2>&1; {line}" if job.ask else line
    log = shlex.quote(str(job.out.with_name(f"{job.out.name}.log")))
    command = f"nice -n 10 sh -c {shlex.quote(line)} >/dev/null 2>{log}"
    head = (
        f"# cutover: every {spoken_duration(job.every_s)} the report of {_text(job.name)}; crontab -e as {job.user}\n"
    )
    return head + f"{cron_times(job.every_s)} {command}".replace("%", "\\%") + "\n"


def cron_times(every_s: float) -> str:
    """Return the five fields of a step that divides an hour or a day.

    Raises
    ------
    UsageError
        If the step does not.

    Examples
    --------
    >>> cron_times(300), cron_times(3600), cron_times(21_600), cron_times(86_400)
    ('*/5 * * * *', '7 * * * *', '7 */6 * * *', '7 6 * * *')
    """
    minutes, hours = every_s / MINUTE_S, every_s / HOUR_S
    if every_s == DAY_S:
        return f"{CRON_MINUTE} 6 * * *"
    if minutes.is_integer() and 1 <= minutes < MINUTES_AN_HOUR and MINUTES_AN_HOUR % minutes == 0:
        return "* * * * *" if minutes == 1 else f"*/{minutes:.0f} * * * *"
    if hours.is_integer() and 1 <= hours < HOURS_A_DAY and HOURS_A_DAY % hours == 0:
        return f"{CRON_MINUTE} * * * *" if hours == 1 else f"{CRON_MINUTE} */{hours:.0f} * * *"
    remedy = "write one that divides an hour or a day (5m, 1h, 6h, 1d), or use --style systemd"
    raise UsageError(Fault("cron cannot say this step", "--every", spoken_duration(every_s), remedy))


def unit_name(host: str) -> str:
    """Return the name of a unit for a host, without ending."""
    return f"cutover-{_UNSAFE.sub('-', host)}"


def account(name: str, option: str) -> str:
    """Return the name of a user or group.

    Raises
    ------
    UsageError
        If nobody can be called so.
    """
    if not _ACCOUNT.fullmatch(name):
        raise UsageError(Fault("not the name of an account", option, name, "write one like cutover"))
    return name


def _service(job: Job, what: str, run: list[str]) -> str:
    """Return a service unit."""
    writes = dict.fromkeys((job.state.parent, job.out))
    given = "# CUTOVER_SMTP_PASSWORD=… stands there; mode 600.\nEnvironmentFile=/etc/cutover/mail.env\n"
    mail = given if job.email and job.needs_login else ""
    return _SERVICE.format(
        name=f"{unit_name(job.name)}{'-watch' if what == 'the watch' else ''}",
        what=what,
        title=_text(job.name),
        run="\n".join(run),
        user=job.user,
        group=f"SupplementaryGroups={job.group}\n" if job.group else "",
        mail=mail,
        writes=" ".join(_word(f"-{path}") for path in writes),
    )


def _line(job: Job, *words: str) -> str:
    """Return a command line of a unit."""
    return " ".join(
        _word(one, command=True)
        for one in (*job.program, *words, "--config", str(job.config), "--state", str(job.state))
    )


def _word(text: str, *, command: bool = False) -> str:
    """Return a word as systemd reads it: quoted where it must be, specifiers and variables doubled."""
    doubled = text.replace("%", "%%")
    if command:
        doubled = doubled.replace("$", "$$")
    if _PLAIN.fullmatch(doubled):
        return doubled
    escaped = doubled.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in escaped) + '"'


def _text(text: str) -> str:
    """Return a text for a description or a comment."""
    return "".join(c if c.isprintable() else "?" for c in text).replace("%", "%%")
