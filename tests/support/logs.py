"""Random event logs, small and full of ties, for comparing reports with their oracles."""

from __future__ import annotations

from hypothesis import strategies as st

from collector.core.event import Source
from tests.support.worlds import E

MINUTE = 60_000
START = 1_700_000_000_000

PAID = Source("paid_search", "google", "cpc", "spring", campaign_mark=True)
RETARGETING = Source("retargeting", "meta", "retargeting", "back", campaign_mark=True)
REFERRAL = Source("referral", "blog.example")
SOURCES = (None, None, None, PAID, RETARGETING, REFERRAL)

# Few instants, so that many events share one; some more than a session's gap apart.
INSTANTS = tuple(START + minutes * MINUTE for minutes in (0, 1, 2, 3, 40, 41, 42, 80, 200, 1_500))
WHATS = ("page:/", "page:/a", "page:/a/b", "event:x", "event:x", "event:y", "click:Go")
MATCHERS = (
    *("page:/", "page:/a", "page:/**", "event:x", "event:y", "event:*", "event:x[n=1]", "event:x[n>=1]"),
    *("any", "source:retargeting", "source:*", "click:Go"),
)


def events(visitors: str = "uvw", instants: tuple[int, ...] = INSTANTS) -> st.SearchStrategy[E]:
    """One event of some visitor; some are bots', some carry a property or a source."""
    return st.builds(
        E,
        visitor=st.sampled_from(visitors),
        time=st.sampled_from(instants),
        what=st.sampled_from(WHATS),
        source=st.sampled_from(SOURCES),
        value=st.sampled_from((None, None, 5.0)),
        props=st.sampled_from(({}, {}, {"n": 1}, {"n": 2})),
        bot=st.sampled_from((0, 0, 0, 0, 0, 1)),
    )


def logs(longest: int = 12) -> st.SearchStrategy[list[E]]:
    """A short log."""
    return st.lists(events(), max_size=longest)
