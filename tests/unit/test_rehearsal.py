"""What is asked in a rehearsal, and what counts as a difference."""

from __future__ import annotations

import re
from collections import Counter
from ipaddress import ip_address

import pytest

from analyzer.handover.asking import Answer, Question, Server
from analyzer.handover.rehearsal import Choice, Finding, Sampler, compare, rehearsal
from analyzer.handover.rehearsal.compare import varies
from analyzer.handover.rehearsal.likeness import likeness, readable
from analyzer.handover.rehearsal.sample import shape

NAME = "app.example.com"
CHOICE = Choice((NAME,))
ASKED = Question("GET", NAME, "/a/b")
PLAIN = {"content-type": "text/plain"}


def sampled(targets: list[str], size: int = 100, seed: int = 0, choice: Choice = CHOICE, **row: object) -> list[str]:
    """Return the targets of a sample."""
    taken = Sampler(choice, size, seed)
    taken.add({"method": "GET", "target": target, "status": 200, **row} for target in targets)
    return [one.target for one in taken.questions()]


def answer(body: str = "x", status: int = 200, **headers: str) -> Answer:
    """Return an answer; underscores in a header's name are hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, tuple({**PLAIN, **named}.items()), body.encode())


def causes(old: Answer, new: Answer, question: Question = ASKED, **options: object) -> list[str]:
    """Return the causes of what differs."""
    return [one.cause for one in compare(question, old, new, **options)]  # type: ignore[arg-type] -- options of `compare`


def test_a_rare_page_is_asked_as_surely_as_many_like_pages() -> None:
    """A thousand orders are one shape: three questions ask three kinds of pages."""
    targets = [f"/order/{n}" for n in range(1_000)] + ["/", "/imprint"]
    assert {shape(Question("GET", NAME, one)) for one in sampled(targets, 3)} == {
        f"GET {NAME}/order/*",
        f"GET {NAME}/",
        f"GET {NAME}/imprint",
    }


def test_the_sample_follows_from_seed_and_set_of_requests() -> None:
    """Order and repetition do not count, the seed does."""
    targets = [f"/order/{n}" for n in range(200)]
    first = sampled(targets, 20)
    assert len(set(first)) == 20
    assert sampled(list(reversed(targets)) + targets[:50], 20) == first
    assert sampled(targets, 20, seed=1) != first


def test_all_of_a_shape_are_drawn_alike() -> None:
    """Over 400 seeds each of ten paths is the one drawn about 40 times: chi-squared with 9 degrees stays below 28."""
    targets = [f"/order/{n}" for n in range(10)]
    drawn = Counter(sampled(targets, 1, seed=seed)[0] for seed in range(400))
    assert sum((drawn[one] - 40) ** 2 / 40 for one in targets) < 28


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"method": "POST"}, "not GET or HEAD"),
        ({"method": "OPTIONS"}, "not GET or HEAD"),
        ({"method": None}, "no request"),
        ({"target": "http://elsewhere.example/"}, "no plain path, or too long"),
        ({"target": "/a b"}, "no plain path, or too long"),
        ({"target": "/a\r\nX: y"}, "no plain path, or too long"),
        ({"target": "/caf\xe9"}, "no plain path, or too long"),
        ({"target": "/" + "a" * 5_000}, "no plain path, or too long"),
        ({"status": 404}, "refused or failed when it was asked"),
        ({"status": 503}, "refused or failed when it was asked"),
        ({"host": "other.example.com"}, "for another host"),
        ({"target": "/account/logout"}, "excluded"),
        ({"target": "/newsletter/unsubscribe/abc"}, "excluded"),
    ],
)
def test_what_is_not_asked_has_its_reason(row: dict[str, object], reason: str) -> None:
    """Unsafe, foreign, refused, odd, or with effects: counted, never asked."""
    taken = Sampler(CHOICE, 10, 0)
    taken.add([{"method": "GET", "target": "/", "status": 200, **row}])
    assert taken.questions() == ()
    assert taken.left_out == {reason: 1}


def test_queries_are_cut_off_unless_asked_for() -> None:
    """A token in a query is sent only on demand; one path without query is one question."""
    targets = ["/a?token=1", "/a?token=2", "/a"]
    assert sampled(targets) == ["/a"]
    assert sorted(sampled(targets, choice=Choice((NAME,), queries=True))) == sorted(targets)


def test_include_and_exclude() -> None:
    """`include` finds what usually has effects too; `exclude` is stronger."""
    targets = ["/shop/1", "/shop/logout", "/blog"]
    included = Choice((NAME,), include=(re.compile("^/shop"),), exclude=(re.compile("1$"),))
    assert sampled(targets, choice=included) == ["/shop/logout"]


def test_equal_answers_do_not_differ() -> None:
    """Nor do a session's value, the order of directives, Date and Server."""
    old = answer(cache_control="max-age=60, public", set_cookie="s=1; Path=/; Secure", date="Mon", server="Apache")
    new = answer(cache_control="public,max-age=60", set_cookie="s=2; path=/; secure", date="Tue", server="nginx")
    assert causes(old, new) == []


@pytest.mark.parametrize(
    ("old", "new", "cause"),
    [
        (answer(), answer(status=404), "status 200 became 404"),
        (answer(), answer(body="y"), "another body (text/plain)"),
        (answer(), answer(body=""), "the body of the new server is empty"),
        (answer(), answer(cache_control="no-store"), "cache-control: missing became no-store"),
        (answer(), answer(content_type="text/csv"), "content-type: text/plain became text/csv"),
        (answer(), answer(set_cookie="s=1"), "only the new server sets the cookie s"),
        (answer(set_cookie="s=1"), answer(), "the new server does not set the cookie s"),
        (answer(set_cookie="s=1; Secure"), answer(set_cookie="s=1"), "attributes of the cookie s"),
        (answer(), Answer(None, error="no answer in time"), "the new server does not answer: no answer in time"),
        (
            answer(strict_transport_security="max-age=9"),
            answer(),
            "strict-transport-security: max-age=9 became missing",
        ),
    ],
)
def test_each_difference_has_its_cause(old: Answer, new: Answer, cause: str) -> None:
    """In words without the path, so that equal ones are one."""
    assert causes(old, new) == [cause]


@pytest.mark.parametrize(
    ("before", "after", "cause"),
    [
        ("/x", f"https://{NAME}/x", []),
        (f"https://{NAME}/x", f"http://{NAME}/x", ["redirects to http instead of https"]),
        (
            f"https://{NAME}/x",
            "https://app-new.example.com/x",
            ["redirects to app-new.example.com instead of the public name"],
        ),
        (f"https://{NAME}/x", f"https://{NAME}:8443/x", ["redirects to another port"]),
        ("/x", "/y", ["redirects to another path"]),
        ("/x", "/x?y", ["redirects to another path"]),
        ("//[", "/x", ["a Location that is no URL"]),
    ],
)
def test_redirects_are_compared_as_places(before: str, after: str, cause: list[str]) -> None:
    """Relative and absolute forms of one place are the same."""
    old, new = (answer(status=301, location=one) for one in (before, after))
    assert causes(old, new, foreign=("app-new.example.com",)) == cause


def test_html_is_compared_by_its_words() -> None:
    """A token in a script and a class do not count; another text does, and says how alike it is."""
    words = " ".join(f"w{n}" for n in range(100))
    old = answer(f"<p>{words}</p><script>x=1</script>", content_type="text/html")
    new = answer(f"<div class=a>{words}</div><script>x=2</script>", content_type="text/html")
    other = answer(f"<p>{words} {words[::-1]}</p>", content_type="text/html")
    assert causes(old, new) == []
    assert [one.likeness is not None and 0.5 < one.likeness < 0.8 for one in compare(ASKED, old, other)] == [True]


def test_json_is_compared_by_its_value() -> None:
    """Spacing and the order of keys do not count; a broken one is another value."""
    kinds = {"content_type": "application/json"}
    assert causes(answer('{"a":1,"b":[2]}', **kinds), answer('{"b": [2], "a": 1}', **kinds)) == []
    assert causes(answer('{"a":1}', **kinds), answer('{"a":2}', **kinds)) == ["another JSON value"]
    assert causes(answer("[" * 9_999, **kinds), answer("]", **kinds)) == ["another JSON value"]


def test_a_head_answer_has_no_body_to_compare() -> None:
    """Whatever stands there."""
    assert causes(answer("a"), answer("b"), Question("HEAD", NAME, "/")) == []


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a &amp; b</p>", "a & b"),
        ("a<script>if (1<2) x</script>b", "a b"),
        ("a<!-- <p>hidden</p> -->b", "a b"),
        ("<style>p{}</style>a<br>b", "a b"),
        ("a < b", "a"),
        ("", ""),
        ("<" * 1_000, ""),
        ("<!--" * 1_000, ""),
    ],
)
def test_readable_is_what_a_reader_sees(html: str, text: str) -> None:
    """No tags, comments, scripts or styles."""
    assert readable(html) == text


def test_likeness_is_symmetric_and_bounded() -> None:
    """1 for the same words, 0 for none in common."""
    one, two = b"<p>a b c d e f</p>", b"<p>a b c x y z</p>"
    assert likeness(one, one) == 1.0
    assert likeness(one, two) == likeness(two, one) == pytest.approx(2 * 1 / 8)
    assert likeness(one, b"<p>k l m n</p>") == 0.0


def test_what_the_old_server_does_with_itself_does_not_count() -> None:
    """A varying header is told apart; a page far less alike than the old one's own is not."""
    old, new = answer(cache_control="a"), answer(cache_control="b")
    again = compare(ASKED, old, answer(cache_control="c"))
    assert varies(compare(ASKED, old, new)[0], again)
    html = {"content_type": "text/html"}
    page, token = "<p>one two three four five six {}</p>", "<p>x y z</p>"
    first, second = answer(page.format("k1"), **html), answer(page.format("k2 k3"), **html)
    itself = compare(ASKED, first, second)
    assert itself, "the old server's two answers differ"
    assert not varies(compare(ASKED, first, answer(token, **html))[0], itself)


def test_causes_are_grouped_and_counted() -> None:
    """Three questions, two causes, the more frequent first; exit status 10; without any 0."""
    servers = (
        Server("old", ip_address("192.0.2.4"), 443, "https"),
        Server("new", ip_address("2001:db8::5"), 443, "https"),
    )
    pairs = [
        (answer(), answer(status=404)),
        (answer(), answer(status=404)),
        (answer(), answer(body="y")),
        (answer(), answer()),
    ]
    asked = [Question("GET", NAME, f"/{n}") for n in range(4)]
    findings = [Finding(q, old, new, compare(q, old, new)) for q, (old, new) in zip(asked, pairs, strict=True)]
    found = rehearsal(findings, servers, seed=0, left_out={})
    assert [(one.cause, one.questions) for one in found.groups] == [
        ("status 200 became 404", 2),
        ("another body (text/plain)", 1),
    ]
    assert (found.asked, found.same, found.exit_status) == (4, 1, 10)
    assert found.as_json()["servers"] == {"old": "https://192.0.2.4:443", "new": "https://[2001:db8::5]:443"}
    assert rehearsal(findings[3:], servers, seed=0, left_out={}).exit_status == 0
