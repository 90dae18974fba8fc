"""What those who went on from a step of a funnel had done that those who dropped had not, alike in time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from collector.core.blocks import Block, Cell, Column
from collector.core.event import NO_ACTS, PAGE, PASSIVE, Kind
from collector.core.matcher import Matcher
from collector.core.query import Query
from collector.core.text import T, Text, Value
from collector.core.times import SECOND
from collector.journeys.journeys import Journeys
from collector.journeys.part import Float64, Int64
from collector.reports.funnel_outcome import Outcome
from collector.reports.funnel_steps import people_link
from collector.reports.funnel_stretch import Stretch, after, before, events_within
from collector.reports.scope import coded, page_path
from collector.reports.stats import benjamini_hochberg, chi_squared, odds_ratio

MOST = 12
LEAST = 10
_SLOTS = 16


@dataclass(frozen=True, slots=True, eq=False)
class Did:
    """Who did what in a stretch: pairs of an action and a place in `entrants`, each once, in no order."""

    stretch: Stretch
    action: Int64
    place: Int64
    texts: list[str]

    def entrants(self, text: str) -> Int64:
        """The entrants who did it; ValueError where nobody can have."""
        found: Int64 = self.stretch.entrants[self.place[self.action == self.texts.index(text)]]
        return found


def did(journeys: Journeys, query: Query, outcome: Outcome, step: int, stretch: Stretch) -> Did:
    """What each did in their stretch; the steps' own events, what widgets do by themselves, and bots aside."""
    every, texts = action_codes(journeys)
    codes = every.copy()
    codes[[number for number, kind in journeys.kinds.items() if kind in PASSIVE or kind.type in NO_ACTS]] = -1
    codes[[number for matcher in outcome.plan.steps[: step + 1] for number in _named(journeys, matcher)]] = -1
    actions, places = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    for entrants, place, kind in events_within(outcome, step, stretch, query.include_bots):
        action = codes[kind]
        known = np.flatnonzero(action >= 0)
        action, place = _distinct(action[known], place[known])
        actions.append(action)
        places.append(entrants[place])
    return Did(stretch, np.concatenate(actions), np.concatenate(places), texts)


def _distinct(action: Int64, place: Int64) -> tuple[Int64, Int64]:
    """Each (action, place) once. Every place has a few slots, and an action goes into one of them.

    The last pair in a slot is kept, those like it are not. The few that share a slot with another action are sorted.
    """
    slot = place * _SLOTS + action % _SLOTS
    holder = np.empty((int(place.max(initial=-1)) + 1) * _SLOTS, dtype=np.int32)
    holder[slot] = np.arange(len(slot), dtype=np.int32)
    last = holder[slot]
    is_last = last == np.arange(len(slot))
    others = np.flatnonzero((action != action[last]) & ~is_last)
    width = int(action.max(initial=0)) + 1
    pairs = np.sort(place[others] * width + action[others])
    pairs = pairs[np.append(pairs[1:] != pairs[:-1], True)] if len(pairs) else pairs
    kept = np.flatnonzero(is_last)
    return np.concatenate((action[kept], pairs % width)), np.concatenate((place[kept], pairs // width))


def action_codes(journeys: Journeys) -> tuple[Int64, list[str]]:
    """A code for each kind id, and the text of each code; remembered with the view."""
    found = journeys.memo.get("funnel actions")
    if not isinstance(found, tuple):
        every = np.arange(max(journeys.kinds, default=0) + 1)
        found = coded(every, lambda number: action_text(journeys.kinds.get(number)))
        journeys.memo["funnel actions"] = found
    return found


def _named(journeys: Journeys, step: Matcher) -> frozenset[int]:
    """The kinds a step names. The chain itself chooses which of its events stands for the step: no finding."""
    return frozenset() if step.subject in ("any", "source") else journeys.kind_ids(step)


def action_text(kind: Kind | None) -> str:
    """A kind as its matcher is written; a page with and without its closing slash is one."""
    if kind is None:
        return ""
    name = page_path(kind.name) if kind.type == PAGE else kind.name
    return f"{kind.type}:{name or (f'#{kind.target}' if kind.target else '')}"


def actions_block(journeys: Journeys, query: Query, outcome: Outcome, step: int) -> Block:
    """The actions that go with going on from step `step` (from 1), or with dropping: the surest of each stretch."""
    stretches = [("before", before(outcome, step))]
    later = after(outcome, step)
    if later is not None:
        stretches.append(("after", later))
    found: list[tuple[str, str, int, int, int, int]] = []
    for when, stretch in stretches:
        found += [(when, *counted) for counted in _counts(did(journeys, query, outcome, step, stretch), when)]
    return Block(
        id="actions",
        kind="table",
        title=T("What those who went on from step {step} did, and the others did not", step=step),
        columns=(
            Column("when", T("When"), "label"),
            Column("action", T("Action"), "text"),
            Column("people", T("Sessions") if outcome.sessions else T("People"), "count", T("How many did it then.")),
            Column("went_on", T("Went on"), "ratio", T("Of those who went on, how many had done it.")),
            Column("dropped", T("Did not"), "ratio", T("Of those who did not go on, how many had done it.")),
            Column("odds", T("Odds ratio"), "number", T("Above 1, who did it went on more often.")),
            Column("low", T("Low"), "number", T("Lower end of the 95 % interval of the odds ratio.")),
            Column("high", T("High"), "number", T("Upper end of the 95 % interval of the odds ratio.")),
            Column(
                "p_value", T("p"), "number", T("Chi-squared, corrected for the number of tests (Benjamini-Hochberg).")
            ),
        ),
        **_rows(query, step, found),  # type: ignore[arg-type]
        note=_words(step, later),
        empty=T("Too few people to compare."),
    )


def _counts(found: Did, when: str) -> Iterator[tuple[str, int, int, int, int]]:
    """(action, went on and did it, went on, dropped and did it, dropped) of what enough did and enough did not."""
    went = found.stretch.went
    asked = np.ones(len(went), dtype=np.bool_)
    if when == "after":
        asked = np.zeros(len(went), dtype=np.bool_)
        asked[found.place] = True
    size = len(found.texts)
    people = np.bincount(found.action, minlength=size)
    on = np.bincount(found.action[went[found.place]], minlength=size)
    everyone, all_on = int(asked.sum()), int((asked & went).sum())
    for code in np.flatnonzero((people >= LEAST) & (everyone - people >= LEAST)).tolist():
        yield found.texts[code], int(on[code]), all_on, int(people[code] - on[code]), everyone - all_on


def _rows(query: Query, step: int, found: list[tuple[str, str, int, int, int, int]]) -> dict[str, object]:
    if not found:
        return {"rows": []}
    on, all_on, off, all_off = (np.array([row[at] for row in found], dtype=np.float64) for at in (2, 3, 4, 5))
    odds, low, high = odds_ratio(on, all_on, off, all_off)
    p_values = benjamini_hochberg(chi_squared(on, all_on, off, all_off))
    order = np.lexsort((-np.abs(np.log(odds)), np.nan_to_num(p_values, nan=2.0))).tolist()
    kept = [at for when in ("before", "after") for at in [one for one in order if found[one][0] == when][:MOST]]
    rows: list[list[Cell]] = []
    links: list[tuple[tuple[tuple[str, str], ...], ...]] = []
    for at in kept:
        when, text, *_ = found[at]
        shares: list[Cell] = [_ratio(on[at], all_on[at]), _ratio(off[at], all_off[at])]
        numbers: list[Cell] = [float(odds[at]), float(low[at]), float(high[at]), _number(p_values, at)]
        rows.append([when, text, int(on[at] + off[at]), *shares, *numbers])
        subset = f"did:{when}:{step}:{text}"
        which = (("reached", step), ("reached", step + 1), ("stopped", step))
        links.append(tuple(people_link(query, list_, number, subset=subset) for list_, number in which))
    return {
        "rows": rows,
        "links": [link[0] for link in links],
        "draw": {
            "words": {"action": "act"},
            "cell_links": {"went_on": [link[1] for link in links], "dropped": [link[2] for link in links]},
        },
    }


def _words(step: int, later: Stretch | None) -> Text:
    if later is None:
        return T(
            "What both did in the 7 days before step {step}. Most who went on did so at once, so that nothing after it "
            "can be compared. Going together is not a cause: Impact says what an action changed.",
            step=step,
        )
    return T(
        "What both did in the 7 days before step {step}, and in the first {length} after it: there only of those who "
        "did anything and had not gone on by then, so that both had the same time. Going together is not a cause: "
        "Impact says what an action changed.",
        step=step,
        length=Value(later.length / SECOND, "seconds"),
    )


def _ratio(part: float, whole: float) -> float | None:
    return float(part / whole) if whole else None


def _number(values: Float64, at: int) -> float | None:
    return None if np.isnan(values[at]) else float(values[at])


def who_did(journeys: Journeys, query: Query, outcome: Outcome, text: str) -> Int64:
    """The entrants behind an action, as its link names it: `before:STEP:ACTION`; ValueError where nothing is so."""
    when, number, action = text.split(":", 2)
    step = int(number)
    if not 0 < step < outcome.size:
        raise ValueError(text)
    stretch = before(outcome, step) if when == "before" else after(outcome, step)
    if stretch is None:
        raise ValueError(text)
    return did(journeys, query, outcome, step, stretch).entrants(action)
