"""Which agents are one application's: those that name a device after themselves, never those of a library."""

from __future__ import annotations

import pytest

from analyzer.drain.direct import application


@pytest.mark.parametrize(
    ("agents", "one"),
    [
        (("ShopApp/3.2 CFNetwork/1410.0.3 Darwin/22.6.0", "ShopApp/3.3 (iPhone; iOS 17.2) CFNetwork/1490.0.4"), True),
        (("Dalvik/2.1.0 (Linux; U; Android 13; SM-A536B)", "Dalvik/2.1.0 (Linux; U; Android 11; SM-A215F)"), True),
        (("MeterLink/2.4 (esp32)", "MeterLink/2.5 (esp32)"), True),
        (("Java/11.0.2", "Java/17.0.12"), False),
        (("okhttp/4.12.0", "okhttp/4.9.3"), False),
        (("python-requests/2.32.5", "python-requests/2.31.0"), False),
        (("Mozilla/5.0 (Windows NT 10.0; Win64; x64)", "Mozilla/5.0 (X11; Linux x86_64)"), False),
        (("Googlebot/2.1", "Googlebot/2.2"), False),
        (("((", "(["), False),
        (("", " "), False),
    ],
)
def test_one_application_has_one_name(agents: tuple[str, str], *, one: bool) -> None:
    """Its versions and devices do not matter; of others each agent is its own."""
    assert (application(agents[0]) == application(agents[1])) is one
