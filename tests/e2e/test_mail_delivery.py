"""A mail against real and failing servers on loopback: it arrives once, or one line says why not."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import smtp_servers as servers

from analyzer.errors import MailError
from analyzer.migration import MailSettings
from analyzer.report.mail.deliver import Patience, deliver, once
from analyzer.report.mail.login import Login
from analyzer.report.mail.session import Unsure
from analyzer.state import State

OPS, BOSS = "ops@example.com", "boss@example.com"
QUICK = Patience(answer_s=2.0, session_s=4.0, pauses_s=(1.0, 2.0))
MESSAGE = b"Subject: x\r\nFrom: a@example.com\r\n\r\n.dot\r\nline\n" + b"y" * 70 + b"\r\n"
# aiosmtpd thinks of STARTTLS only: a login within TLS from the first byte on makes it warn.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
KNOWN = Login(servers.USER, servers.PASSWORD)


def settings(port: int, security: str = "none", **changed: object) -> MailSettings:
    """Return how the server at a port is reached."""
    return replace(MailSettings((OPS, BOSS), "cutover@example.com", "127.0.0.1", port, security), **changed)  # type: ignore[arg-type]


def sent(
    given: MailSettings, login: Login | None = None, message: bytes = MESSAGE, *, patience: Patience = QUICK
) -> tuple[tuple[tuple[str, str], ...], list[float]]:
    """Return who was refused, and the pauses that were made."""
    pauses: list[float] = []
    return deliver(given, login, message, sleep=pauses.append, patience=patience), pauses


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a certificate for 127.0.0.1 that signs itself, and its key."""
    return servers.certificate(tmp_path_factory.mktemp("tls"))


def test_a_plain_server_gets_it_whole() -> None:
    """Both recipients in one message; a line that begins with a dot stays one, line ends become CR LF."""
    box = servers.Box()
    with servers.real(box) as port:
        assert sent(settings(port)) == ((), [])
    assert box.taken == [((OPS, BOSS), MESSAGE.replace(b"line\n", b"line\r\n"))]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_tls_and_login(keys: tuple[Path, Path], security: str) -> None:
    """A server that wants both gets both; without the login it takes nothing."""
    box, context = servers.Box(), servers.trusting(*keys)
    with servers.real(box, tls=context, implicit=security == "tls", login=True) as port:
        given = settings(port, security, ca_file=keys[0])
        assert sent(given, KNOWN) == ((), [])
        with pytest.raises(MailError, match=r"530"):
            sent(given)
        with pytest.raises(MailError, match=r"the login was refused: 535"):
            sent(given, Login(servers.USER, "wrong"))
    assert len(box.taken) == 1


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_is_refused(keys: tuple[Path, Path], security: str) -> None:
    """Neither login nor mail goes to a stranger."""
    box, context = servers.Box(), servers.trusting(*keys)
    with servers.real(box, tls=context, implicit=security == "tls", login=True) as port:
        with pytest.raises(MailError, match=r"certificate cannot be trusted: self.signed"):
            sent(settings(port, security), KNOWN)
        with pytest.raises(MailError, match=r"certificate cannot be trusted: Hostname mismatch"):
            sent(settings(port, security, ca_file=keys[0], server="localhost"), KNOWN)
    assert box.taken == []


def test_a_server_without_starttls_gets_nothing() -> None:
    """Somebody may have stripped it from the answer; there is no way back to plain text."""
    box = servers.Box()
    with servers.real(box) as port, pytest.raises(MailError, match="it offers no STARTTLS"):
        sent(settings(port, "starttls"), KNOWN)
    assert box.taken == []


def test_plain_text_where_tls_was_expected_is_told() -> None:
    """One line says which setting is meant."""
    with servers.real(servers.Box()) as port, pytest.raises(MailError, match=r'no TLS: .*"starttls" after a plain'):
        sent(settings(port, "tls"))


def test_who_is_refused_for_good_is_told_and_the_others_get_it() -> None:
    """A wrong address among good ones holds nobody up."""
    box = servers.Box(answers={BOSS: ["550 5.1.1 nobody\x1b[31m here"]})
    with servers.real(box) as port:
        refused, pauses = sent(settings(port))
    assert [to for to, _ in box.taken] == [(OPS,)]
    assert pauses == []
    assert refused[0][0] == BOSS
    assert "550" in refused[0][1]
    assert refused[0][1].isprintable()


def test_who_is_refused_for_now_is_asked_again_and_alone() -> None:
    """Greylisting: the second try is for the one that was put off; the other does not get it twice."""
    box = servers.Box(answers={BOSS: ["450 4.2.0 come back later"]})
    with servers.real(box) as port:
        assert sent(settings(port)) == ((), [1.0])
    assert [to for to, _ in box.taken] == [(OPS,), (BOSS,)]


def test_who_is_put_off_for_ever_is_told() -> None:
    """After the last try."""
    box = servers.Box(answers={BOSS: ["450 later"] * 9})
    with servers.real(box) as port:
        refused, pauses = sent(settings(port))
    assert (refused[0][0], pauses) == (BOSS, [1.0, 2.0])
    assert len(box.taken) == 1


def test_a_refusal_for_good_is_not_tried_again() -> None:
    """All recipients refused: one session, one line."""
    box = servers.Box(answers={OPS: ["550 no"] * 9, BOSS: ["550 no"] * 9})
    with servers.real(box) as port, pytest.raises(MailError, match=r"the mail was not taken: 550"):
        sent(settings(port))
    assert box.sessions == 1


REFUSING = {
    "in the greeting": (b"554 go away\r\n",),
    "of the sender": (b"220 hi\r\n", b"250 hi\r\n", b"550 not you\r\n"),
    "of the message": (b"220 hi\r\n", b"250 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"250 ok\r\n", b"554 no\r\n"),
    "for its size": (b"220 hi\r\n", b"250-hi\r\n250 SIZE 20\r\n"),
}


@pytest.mark.parametrize("moment", REFUSING)
def test_a_server_that_refuses(moment: str) -> None:
    """Whenever it does: one line with what it said, and no second try."""
    with servers.scripted(servers.says(*REFUSING[moment])) as port, pytest.raises(MailError) as caught:
        sent(settings(port))
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(f"mail server 127.0.0.1:{port}: it ")


BUSY = {
    "busy": servers.says(b"421 busy\r\n"),
    "silent": servers.says(b"22"),
    "dead": servers.says(),
    "dies within the message": servers.dies_within_the_message,
}


@pytest.mark.parametrize("trouble", BUSY)
def test_a_server_in_trouble_is_tried_again(trouble: str) -> None:
    """The mail arrives at the second try, once."""
    taken: list[bytes] = []
    big = MESSAGE + b"z" * 60 + b"\r\n"
    with servers.scripted(BUSY[trouble], servers.takes(taken)) as port:
        assert sent(settings(port), message=big) == ((), [1.0])
    assert len(taken) == 1


@pytest.mark.parametrize("size", [10, 3_000_000], ids=["small", "large"])
def test_a_message_cut_off_arrives_once(size: int) -> None:
    """Whether it fits into the buffers of the system or not, the server that died in the middle is noticed."""
    taken: list[bytes] = []
    message = MESSAGE + b"0123456789\r\n" * (size // 10)
    with servers.scripted(servers.dies_within_the_message, servers.takes(taken)) as port:
        assert sent(settings(port), message=message) == ((), [1.0])
    assert [len(one) for one in taken] == [len(message.replace(b"line\n", b"line\r\n")) + len(b".") + len(b".\r\n")]


def test_a_server_that_dies_with_the_whole_message_is_not_asked_again(tmp_path: Path) -> None:
    """It may have taken it: the reader gets it once or not at all, and one line says so, also in later runs."""
    taken: list[bytes] = []
    with (
        State.open(tmp_path / "state") as state,
        servers.scripted(servers.dies_after_the_message(taken), servers.takes(taken)) as port,
    ):
        with pytest.raises(Unsure, match="look whether it arrived"):
            once(state, "key", lambda: sent(settings(port))[0])
        assert once(state, "key", lambda: sent(settings(port))[0]) is None
    assert len(taken) == 1


def test_nobody_listens() -> None:
    """Three tries with pauses between them, then one line."""
    with servers.scripted(servers.says()) as port:
        pass
    pauses: list[float] = []
    with pytest.raises(MailError, match="Connection refused"):
        deliver(settings(port), None, MESSAGE, sleep=pauses.append, patience=QUICK)
    assert pauses == [1.0, 2.0]


@pytest.mark.parametrize("script", [servers.says(b"2"), servers.dribbles(9)], ids=["silent", "dribbling"])
def test_a_slow_server_is_left(script: object) -> None:
    """One that is silent, and one that sends a byte now and then, which no limit for a single answer would catch."""
    hasty = Patience(answer_s=0.5, session_s=0.8, pauses_s=())

    def hold(connection: object) -> None:
        script(connection)  # type: ignore[operator]
        time.sleep(1.5)

    begun_s = time.monotonic()
    with servers.scripted(hold) as port:
        with pytest.raises(MailError, match="not taken"):
            sent(settings(port), patience=hasty)
        took_s = time.monotonic() - begun_s
    assert took_s < 2.0


def test_one_state_is_sent_once(tmp_path: Path) -> None:
    """A second run, and a second process, send nothing; a failed try may be made again."""
    box, path = servers.Box(answers={OPS: ["550 no"], BOSS: ["550 no"]}), tmp_path / "cutover.sqlite"
    with servers.real(box) as port:

        def send(state: State, key: str) -> object:
            return once(state, key, lambda: sent(settings(port))[0])

        with State.open(path) as state, pytest.raises(MailError):
            send(state, "monday")
        with State.open(path) as state:
            assert send(state, "monday") == ()
        with State.open(path) as state:
            assert send(state, "monday") is None
            assert send(state, "tuesday") == ()
    assert len(box.taken) == 2


def test_a_second_copy_waits_for_nobody(tmp_path: Path) -> None:
    """While one is sending, another does not send the same."""
    with State.open(tmp_path / "state") as one, State.open(tmp_path / "state") as other:

        def send() -> tuple[tuple[str, str], ...]:
            assert once(other, "key", lambda: pytest.fail("sent twice")) is None
            return ()

        assert once(one, "key", send) == ()
