"""When each person was in which stage of the journey: moves between stages, over whole arrays (docs/stages.md).

At any time a person is in the furthest stage, in the order of the list, that they came into before. Silence is a stage
of its own while it lasts: from so long after an event to the next one, which leads back to the furthest stage.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from collector.core.deadline import check
from collector.core.errors import UserError
from collector.core.people import Fact
from collector.core.query import Query, Site
from collector.core.stages import Stage, default_stages
from collector.journeys.journeys import Journeys
from collector.journeys.part import Bool, Int32, Int64, Part
from collector.reports.people_mask import first_times, resolves

Int8 = NDArray[np.int8]
EVER = 2**62
NONE = -1


class Moves(NamedTuple):
    """Changes of stage, ascending by (person, time), at most one at an instant; `before` is `NONE` for the first."""

    person: Int32
    time: Int64
    before: Int8
    to: Int8

    def only(self, kept: Bool) -> Moves:
        """Some of them."""
        return Moves(self.person[kept], self.time[kept], self.before[kept], self.to[kept])


class Stays(NamedTuple):
    """The stages that were someone's furthest, silence aside, ascending by (person, begin).

    end: when the next one began, `EVER` where none did.
    """

    person: Int32
    stage: Int8
    begin: Int64
    end: Int64

    def only(self, kept: Bool) -> Stays:
        """Some of them."""
        return Stays(self.person[kept], self.stage[kept], self.begin[kept], self.end[kept])


class Staged(NamedTuple):
    """What is known of the stages of a part's persons, alive or not, at all times."""

    moves: Moves
    stays: Stays


def stages_of(site: Site) -> Sequence[Stage]:
    """The site's own stages, else those made of its goals."""
    return site.stages or default_stages(site.goals)


def until(query: Query) -> int:
    """The instant (ms UTC) before which everything in the range has happened: its end, or just after now."""
    return min(query.end, query.now + 1)


def staged(journeys: Journeys, part: Part, stages: Sequence[Stage], include_bots: bool) -> Staged:
    """The moves and stays of a part's persons; remembered with the part."""
    conditions = tuple((one.ways, one.quiet) for one in stages)
    return part.memo.get(("stages", conditions, include_bots), lambda: _staged(journeys, part, stages, include_bots))


def states_at(moves: Moves, persons: int, before: int) -> tuple[Int8, Int64]:
    """For each person the stage after all moves before an instant (ms UTC), `NONE` for none, and since when."""
    past = np.flatnonzero(moves.time < before)
    state = np.full(persons, NONE, dtype=np.int8)
    since = np.zeros(persons, dtype=np.int64)
    person = moves.person[past]  # ascending, and of several writes to one place the last one stays
    state[person] = moves.to[past]
    since[person] = moves.time[past]
    return state, since


def by_stage(journeys: Journeys, query: Query) -> Journeys:
    """The same journeys, which a question can break down by `stage`: the one that each person is in now."""
    stages = stages_of(query.site)

    def told(part: Part) -> tuple[Int32, Sequence[str]]:
        moves = staged(journeys, part, stages, query.include_bots).moves
        state, _ = states_at(moves, len(part.persons), query.now + 1)
        return state.astype(np.int32), [one.name for one in stages]

    return replace(journeys, of_persons={**journeys.of_persons, "stage": told})


def stage_names(journeys: Journeys, part: Part, query: Query, places: Int64) -> list[str]:
    """The stage that each of these persons is in now, by its name; "" for none."""
    stages = stages_of(query.site)
    moves = staged(journeys, part, stages, query.include_bots).moves
    last = np.searchsorted(moves.person, places + 1)
    first = np.searchsorted(moves.person, places)
    found = []
    for low, high in zip(first.tolist(), last.tolist(), strict=True):
        past = low + int(np.searchsorted(moves.time[low:high], query.now, "right"))
        found.append(stages[int(moves.to[past - 1])].name if past > low else "")
    return found


def stages_begun(journeys: Journeys, part: Part, query: Query, person: int) -> dict[int, Stage]:
    """The stages that were once the furthest of one person, by the instant (ms UTC) at which they began."""
    stages = stages_of(query.site)
    stays = staged(journeys, part, stages, query.include_bots).stays
    run = slice(*np.searchsorted(stays.person, [person, person + 1]).tolist())
    return {time: stages[at] for time, at in zip(stays.begin[run].tolist(), stays.stage[run].tolist(), strict=True)}


@resolves("stage")
def _is_in(journeys: Journeys, part: Part, query: Query, fact: Fact) -> Bool:
    """Who is in the stage of this name now."""
    stages = stages_of(query.site)
    names = [one.name.casefold() for one in stages]
    if fact.name.casefold() not in names:
        known = ", ".join(one.name for one in stages)
        raise UserError(
            f"There is no stage {fact.name!r} (any more).",
            f"Choose another, or change the segment that names it. Known: {known}.",
        )
    moves = staged(journeys, part, stages, query.include_bots).moves
    state, _ = states_at(moves, len(part.persons), query.now + 1)
    found: Bool = state == names.index(fact.name.casefold())
    return found


def _staged(journeys: Journeys, part: Part, stages: Sequence[Stage], include_bots: bool) -> Staged:
    quiet = stages[-1].quiet if stages else 0
    stays = _stays(journeys, part, stages[:-1] if quiet else stages, include_bots)
    return Staged(_moves(part, stays, len(stages) - 1, quiet, include_bots), stays)


def _stays(journeys: Journeys, part: Part, stages: Sequence[Stage], include_bots: bool) -> Stays:
    """A stage is someone's furthest from when they came into it, or a further one, first, until a further one."""
    reached = np.full((len(part.persons), len(stages) + 1), EVER, dtype=np.int64)
    for at in range(len(stages) - 1, -1, -1):
        check()
        entered = _entered(journeys, part, stages[at], include_bots)
        np.minimum(entered, reached[:, at + 1], out=reached[:, at])
    person, stage = np.nonzero(reached[:, :-1] < reached[:, 1:])
    return Stays(person.astype(np.int32), stage.astype(np.int8), reached[person, stage], reached[person, stage + 1])


def _entered(journeys: Journeys, part: Part, stage: Stage, include_bots: bool) -> Int64:
    """For each person the time of the event that leads into a stage, whatever the others say; `EVER` for none."""
    entered = np.full(len(part.persons), EVER, dtype=np.int64)
    for matcher, times in stage.ways:
        if times == 1 and matcher.subject == "any" and not matcher.conditions:
            entered = np.minimum(entered, first_times(part, include_bots))
            continue
        rows = journeys.hits(part, matcher, include_bots).rows
        person = part.person[rows]
        fresh = np.flatnonzero(np.diff(person, prepend=-1))
        nth = fresh + (times - 1)
        nth = nth[nth < np.append(fresh[1:], len(person))[: len(fresh)]]
        who = person[nth]
        entered[who] = np.minimum(entered[who], part.time[rows[nth]])
    return entered


def _moves(part: Part, stays: Stays, silent: int, quiet: int, include_bots: bool) -> Moves:
    """Stays and silences as one sequence; `silent` is the number of the stage of silence, if there is one."""
    begins = [(stays.person, stays.begin)]
    if quiet:
        begins += _silences(part, quiet, include_bots)
    check()
    person = np.concatenate([one for one, _ in begins])
    time = np.concatenate([one for _, one in begins])
    ends = np.cumsum([len(one) for one, _ in begins])
    # What begins after the last event of all is somebody's last move whenever it begins, and stands after the others.
    key = person.astype(np.int64) << part.shift | np.minimum(time - part.origin, (1 << part.shift) - 1)
    order = np.argsort(key, kind="stable")
    if quiet:
        # An event that ends a silence and leads into a stage is one move, that of the stage, which stands first.
        again = np.append(False, key[order][1:] == key[order][:-1]) if len(order) else np.zeros(0, dtype=np.bool_)
        order = order[~(again & (order >= ends[0]) & (order < ends[1]))]
    own = order < ends[0]
    last = np.maximum.accumulate(np.where(own, np.arange(len(order)), -1))
    inside = last >= 0
    inside[inside] = person[order[last[inside]]] == person[order[inside]]
    awake = inside & (order < ends[min(1, len(ends) - 1)])
    to = np.full(len(order), silent, dtype=np.int8)
    to[awake] = stays.stage[order[last[awake]]]
    order, to = order[inside], to[inside]
    who = person[order]
    before = np.full(len(order), NONE, dtype=np.int8)
    same = who[1:] == who[:-1]
    before[1:][same] = to[:-1][same]
    return Moves(who, time[order], before, to)


def _silences(part: Part, quiet: int, include_bots: bool) -> list[tuple[Int32, Int64]]:
    """The (persons, times) of the events that end silences, and those at which silences begin; ascending both."""
    person, time = part.person, part.time
    if part.bot.any():
        rows = np.flatnonzero(part.counted(include_bots))
        person, time = person[rows], time[rows]
    if not len(time):
        return [(person, time), (person, time)]
    other = person[1:] != person[:-1]
    pause = time[1:] - time[:-1] > quiet
    check()
    begin = np.append(np.flatnonzero(other | pause), len(time) - 1)
    end = np.flatnonzero(pause & ~other) + 1
    return [(person[end], time[end]), (person[begin], time[begin] + quiet)]
