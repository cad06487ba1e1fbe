"""What two answers mean: what differs by itself is not the proxy's doing."""

from __future__ import annotations

from analyzer.handover.proxy.questions import Question, Reply, compare, questions

ASKED = Question("root", "/")
HEADERS = (("Content-Type", "text/html"), ("Vary", "Accept,Cookie"), ("Date", "Mon"))


def reply(status: int = 200, body: bytes = b"same", headers: tuple[tuple[str, str], ...] = HEADERS) -> Reply:
    """Return a reply."""
    return Reply.of(status, headers, body)


def test_the_same_is_the_same() -> None:
    """The date, the connection and a list's spacing mean nothing."""
    through = reply(
        headers=(("date", "Tue"), ("vary", "Accept, Cookie"), ("content-type", "text/html"), ("Connection", "close"))
    )
    assert compare("http", ASKED, reply(), through, reply()).differences == ()


def test_each_kind_of_difference_is_told() -> None:
    """Status; else headers and body."""
    assert compare("http", ASKED, reply(), reply(404), reply()).differences == (
        "status 200 directly, 404 through the old server",
    )
    other = reply(body=b"other!", headers=(("Content-Type", "text/plain"), ("Vary", "Accept,Cookie"), ("X-Extra", "1")))
    assert compare("http", ASKED, reply(), other, reply()).differences == (
        "header content-type: text/html directly, text/plain through",
        "header x-extra: absent directly, 1 through",
        "body of 4 bytes directly, another of 6 through",
    )


def test_what_the_new_server_itself_changes_is_not_compared() -> None:
    """A page with a clock in it, a cookie with a number; but its status still is."""
    first = reply(body=b"12:00", headers=(("Set-Cookie", "s=1"),))
    second = reply(body=b"12:01", headers=(("Set-Cookie", "s=3"),))
    found = compare("http", ASKED, first, reply(body=b"12:02", headers=(("Set-Cookie", "s=2"),)), second)
    assert (found.differences, found.unstable) == ((), ("header set-cookie", "body"))
    assert compare("http", ASKED, first, reply(500), second).differences


def test_errors_are_answers_too() -> None:
    """The same one both ways is the same; one way only is a difference."""
    dead, alive = Reply(error="Connection refused"), reply()
    assert compare("http", ASKED, dead, dead, dead).differences == ()
    told = compare("http", ASKED, alive, dead, alive).differences
    assert told == ("status 200 directly, Connection refused through the old server",)


def test_repeated_headers_count_each() -> None:
    """One cookie of two is a difference."""
    two = reply(headers=(("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")))
    assert compare("http", ASKED, two, reply(headers=(("Set-Cookie", "a=1"),)), two).differences


def test_only_safe_questions_are_asked() -> None:
    """No method that changes anything, printable ASCII, the user's own paths once each."""
    asked = questions(("/login", "/login", "/"))
    assert {one.method for one in asked} <= {"GET", "HEAD", "OPTIONS"}
    assert [one.target for one in asked[:3]] == ["/", "/login", "/cutover-verify"]
    assert all("!" <= letter <= "~" for one in asked for letter in one.target)
    assert len({one.name for one in asked}) == len(asked)
