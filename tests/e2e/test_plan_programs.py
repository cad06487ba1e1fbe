"""The commands of `cutover plan --server`, pasted into a shell: the real programs take what they make.

Everything below /etc stands in a folder of the test, sudo and systemctl are stand-ins, and nothing listens.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from apache_pair import certificate
from inside import inside

NAMES = ("app.example.com", "www.example.com")
PORTS = " --listen-http 18080 --listen-https 18443"  # of no matter: nobody listens
OWN = {
    "nginx": "server { listen 18080; server_name app.example.com; return 204; }\n",
    "haproxy": "defaults\n mode http\n timeout client 1s\n timeout connect 1s\n timeout server 1s\n"
    "frontend own\n bind 127.0.0.1:18080\n",
    "caddy": "http://:18080 {\n\trespond 204\n}\n",
}
LIVE = {"nginx": "nginx/sites-available/SITE", "haproxy": "haproxy/haproxy.cfg", "caddy": "caddy/Caddyfile"}
SUDO = '#!/bin/sh\n[ "$1" = -u ] && shift 2\nexec "$@"\n'
SYSTEMCTL = '#!/bin/sh\necho "$@" >> "{folder}/reloads"\n'
NGINX = """#!/bin/sh
# The file that is named, or the whole configuration; and neither pid nor error log of the system's.
case "$*" in *-c*) ;; *) set -- "$@" -c "{folder}/etc/nginx/nginx.conf" ;; esac
exec {program} "$@" -p "{folder}" -g 'pid "{folder}/pid"; error_log stderr;'
"""
programs = pytest.mark.parametrize("name", ["nginx", "haproxy", "caddy"])


def program(name: str) -> str:
    """Return the path of a program, or skip where it is not installed."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if found is None and "CI" not in os.environ:
        pytest.skip(f"needs {name}; in CI it must be there")
    assert found is not None
    return found


@pytest.fixture
def folder(tmp_path: Path, name: str) -> Path:
    """Return a folder with the old server's files and the stand-ins."""
    (tmp_path / "cutover.toml").write_text(
        f'[migration]\nnames = {json.dumps(NAMES)}\nold = ["192.0.2.4"]\nnew = ["198.51.100.5"]\nttl = 3600\n'
    )
    live = tmp_path / "etc" / LIVE[name]
    live.parent.mkdir(parents=True)
    live.write_text(OWN[name])
    (tmp_path / "etc/nginx").mkdir(exist_ok=True)
    (tmp_path / "etc/nginx/nginx.conf").write_text(
        f'events {{}}\nhttp {{ include "{tmp_path}/etc/nginx/sites-available/SITE"; }}\n'
    )
    for tool, script in (
        ("sudo", SUDO),
        ("systemctl", SYSTEMCTL),
        ("cutover", f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m analyzer "$@"\n'),
        *((("nginx", NGINX),) if name == "nginx" else ()),
    ):
        made = tmp_path / "bin" / tool
        made.parent.mkdir(exist_ok=True)
        made.write_text(script.replace("{folder}", str(tmp_path)).replace("{program}", program(name)))
        made.chmod(0o755)
    files = certificate(tmp_path / "tls", *NAMES)
    (tmp_path / "CERT.pem").write_text("".join(one.read_text() for one in files))
    (tmp_path / "KEY.pem").write_text(files[1].read_text())
    return tmp_path


def planned(folder: Path, name: str) -> dict[str, dict[str, Any]]:
    """Return the steps by their ids."""
    run = inside("plan", "--config", folder / "cutover.toml", "--offline", "--server", name, "--format", "json")
    assert run.status == 0, run
    return {one["id"]: one for one in json.loads(run.out)["steps"]}


def pasted(folder: Path, name: str, lines: list[str]) -> None:
    """Paste lines into a shell; each of them must succeed."""
    for line in lines:
        if line.startswith("cutover logs"):
            continue
        typed = line.replace(" --role", f"{PORTS} --role", 1) if "--role new" not in line else line
        if name != "haproxy":
            typed = typed.replace(" --role", f" --log-dir {folder} --role", 1)
        for given, real in (("/etc/", f"{folder}/etc/"), ("YOUR.ADDRESS", "192.0.2.9")):
            typed = typed.replace(given, real)
        typed = typed.replace("CERT.pem", f"{folder}/CERT.pem").replace("KEY.pem", f"{folder}/KEY.pem")
        path = f"{folder}/bin:{os.environ['PATH']}:/usr/sbin:/sbin"
        done = subprocess.run(
            ["sh", "-c", typed],
            cwd=folder,
            env={**os.environ, "PATH": path, "EDITOR": "true", "HOME": str(folder)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, (line, done.stdout[-500:], done.stderr[-1_500:])


@programs
def test_a_move_by_its_commands_and_all_the_way_back(folder: Path, name: str) -> None:
    """Proxy, freeze, switch, brown-out: what lies in place is what the step says, and the way back is the former."""
    steps, live = planned(folder, name), folder / "etc" / LIVE[name]
    suffix = {"nginx": "conf", "haproxy": "cfg", "caddy": "caddyfile"}[name]
    pasted(folder, name, steps["proxy"]["commands"])
    drain = (folder / f"cutover-drain.{suffix}").read_text()
    assert live.read_text() == (OWN[name] if name == "haproxy" else drain)
    pasted(folder, name, steps["rollback"]["commands"])
    pasted(folder, name, steps["freeze"]["commands"])
    assert live.read_text() == (folder / f"cutover-freeze.{suffix}").read_text() != drain
    pasted(folder, name, [steps["freeze"]["undo"]])
    assert live.read_text() == (OWN[name] if name == "haproxy" else drain)
    pasted(folder, name, steps["switch"]["commands"])
    assert live.read_text() == drain
    assert (folder / "etc/cutover/proxy-on").exists() is (name != "haproxy")
    pasted(folder, name, steps["brownout"]["commands"])
    assert "503" in live.read_text() != drain
    pasted(folder, name, [steps["brownout"]["undo"]])
    assert live.read_text() == drain
    pasted(folder, name, [steps["switch"]["undo"]])
    pasted(folder, name, steps["proxy"]["commands"])  # again: the copy of the former file stays the former
    assert not (folder / "etc/cutover/proxy-on").exists()
    pasted(folder, name, [steps["switch" if name == "haproxy" else "proxy"]["undo"]])
    assert live.read_text() == OWN[name]
    assert set((folder / "reloads").read_text().splitlines()) == {f"reload {name}"}


@programs
def test_a_configuration_that_is_refused_is_not_loaded(folder: Path, name: str) -> None:
    """The program's own test stands before the reload."""
    steps = planned(folder, name)
    broken = next(folder / line.split(">")[1].strip() for line in steps["proxy"]["commands"] if ">" in line)
    broken.write_text("no such directive {\n")
    with pytest.raises(AssertionError):
        pasted(folder, name, [steps["brownout"]["undo"]])
    assert not (folder / "reloads").exists()


@pytest.mark.parametrize("name", ["nginx"])
def test_the_log_that_nginx_is_told_of_is_one_that_it_takes(folder: Path, name: str) -> None:
    """The two lines that the checklist prints, where it says that they go."""
    line = next(one for one in planned(folder, name)["log-format"]["commands"] if "log_format" in one)
    pasted(folder, name, [f"{line} > lines"])
    form, log = (folder / "lines").read_text().splitlines()
    assert form.startswith("log_format drain ")
    assert log.endswith(" drain;")
    (folder / "etc" / LIVE[name]).write_text(f"{form}\nserver {{\n listen 18080;\n {log}\n}}\n")
    pasted(folder, name, ["sudo nginx -t"])


@pytest.mark.parametrize("name", ["haproxy"])
def test_the_log_that_haproxy_is_told_of_is_one_that_it_takes(folder: Path, name: str) -> None:
    """The lines that the checklist prints, in a frontend of one's own."""
    line = next(one for one in planned(folder, name)["log-format"]["commands"] if "log-format" in one)
    pasted(folder, name, [f"{line} > lines"])
    told = (folder / "lines").read_text()
    assert told.count("set-var(") == 6
    (folder / "etc" / LIVE[name]).write_text(f"{OWN[name]} log stdout format raw local0 info\n{told}")
    pasted(folder, name, ["sudo haproxy -c -f /etc/haproxy/haproxy.cfg"])


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--server", "lighttpd"), "'lighttpd' is not one of 'apache', 'nginx', 'haproxy', 'caddy'"),
        (("--system", "gentoo"), "'gentoo' is not one of 'debian', 'redhat'"),
        (("--server", "haproxy", "--switch", "/etc/on"), "HAProxy cannot look at a file"),
    ],
)
def test_what_is_not_known_is_one_line(tmp_path: Path, options: tuple[str, ...], told: str) -> None:
    """Exit status 2, and what may be written."""
    run = inside("plan", "--config", tmp_path / "cutover.toml", "--offline", *options)
    assert (run.status, run.out, len(run.told)) == (2, "", 1)
    assert told in run.told[0]


@pytest.mark.parametrize("name", ["haproxy"])
def test_status_is_of_the_same_program(folder: Path, name: str) -> None:
    """The steps that are ticked are those of HAProxy."""
    given = ("--config", folder / "cutover.toml", "--offline", "--status", "--server", name, "--format", "json")
    run = inside("plan", *given)
    steps = {one["id"]: one for one in json.loads(run.out)["steps"]}
    assert steps["switch"]["seen"]["done"] is False
    assert "systemctl reload haproxy" in steps["switch"]["commands"][0]
