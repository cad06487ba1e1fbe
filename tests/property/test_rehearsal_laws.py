"""What holds of every rehearsal, whatever logs and servers say."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.handover.asking import Answer, Question
from analyzer.handover.rehearsal import Choice, Sampler, compare
from analyzer.handover.rehearsal.compare import HEADERS
from analyzer.handover.rehearsal.likeness import likeness, readable

NAME = "app.example.com"
TARGETS = st.one_of(st.sampled_from(["/", "/a/1", "/a/2", "/b?x=1", "/logout"]), st.text(max_size=30).map("/".__add__))
ROWS = st.fixed_dictionaries(
    {
        "method": st.sampled_from(["GET", "HEAD", "POST", "get", None]),
        "target": st.one_of(TARGETS, st.none()),
        "status": st.sampled_from([200, 301, 404, 500, None]),
        "host": st.sampled_from([NAME, "other.example.com", None]),
    }
)
HTML = st.text(alphabet="<>!-/ abscriptyle&;#\n", max_size=200)
ANSWERS = st.builds(
    Answer,
    st.sampled_from([200, 301, 404, None]),
    st.lists(
        st.tuples(st.sampled_from([*HEADERS, "location", "set-cookie", "date"]), st.text(max_size=20)), max_size=6
    ).map(tuple),
    st.one_of(st.binary(max_size=60), HTML.map(str.encode)),
    st.booleans(),
    error=st.none(),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(ROWS, max_size=30), st.integers(0, 30), st.integers(1, 5), st.randoms(use_true_random=False))
def test_the_sample_does_not_depend_on_order_or_parts(
    rows: list[dict[str, object]], cut: int, size: int, rng: object
) -> None:
    """Two readings of parts in any order ask what one reading asks, and count the same left out."""
    whole, parts = Sampler(Choice((NAME,)), size, 7), Sampler(Choice((NAME,)), size, 7)
    whole.add(rows)
    shuffled = list(rows)
    rng.shuffle(shuffled)  # type: ignore[attr-defined] -- a Random
    parts.add(shuffled[cut:])
    parts.add(shuffled[:cut])
    assert parts.questions() == whole.questions()
    assert parts.left_out == whole.left_out
    assert len(whole.questions()) <= size


@settings(max_examples=100, deadline=None)
@given(st.lists(ROWS, max_size=30), st.booleans())
def test_only_safe_questions_for_our_names_are_asked(rows: list[dict[str, object]], queries: bool) -> None:
    """GET and HEAD, printable targets without spaces or fragments, no query unless wanted."""
    taken = Sampler(Choice((NAME,), queries=queries), 50, 0)
    taken.add(rows)
    for one in taken.questions():
        assert one.method in {"GET", "HEAD"}
        assert one.host == NAME
        assert one.target.startswith("/")
        assert one.target.isascii()
        assert not set(one.target) & set(" #\r\n\t")
        assert queries or "?" not in one.target


@settings(max_examples=150, deadline=None)
@given(ANSWERS, ANSWERS)
def test_comparing_never_breaks_and_an_answer_is_like_itself(old: Answer, new: Answer) -> None:
    """Whatever headers and bodies hold; every cause can be printed."""
    question = Question("GET", NAME, "/")
    if old.status is not None:
        assert compare(question, old, old) == ()
    for one in compare(question, old, new):
        assert (one.cause + one.old + one.new).isprintable()


@settings(max_examples=150, deadline=None)
@given(HTML, HTML)
def test_likeness_is_a_symmetric_share(left: str, right: str) -> None:
    """Between 0 and 1, 1 with itself; what a reader sees holds no tag's bracket left open."""
    one, two = left.encode(), right.encode()
    assert 0.0 <= likeness(one, two) == likeness(two, one) <= 1.0
    assert likeness(one, one) == 1.0
    assert "<" not in readable(left.replace("&", ""))
