"""What all candidates share: the tape, the key steps, and the moments of both sorts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from collector.core.deadline import check
from collector.core.matcher import Matcher
from collector.core.query import Query
from collector.journeys.journeys import Journeys
from collector.journeys.part import Int64
from collector.reports.drivers.candidates import Candidate
from collector.reports.drivers.lens import Lens, make_lens
from collector.reports.drivers.sample import Sample
from collector.reports.impact.keysteps import KeyStep, key_steps, stage_steps
from collector.reports.impact.outcome import last_rows
from collector.reports.impact.plan import Plan
from collector.reports.impact.tape import Tape, make_tape


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """The tape without exposures of its own, and what does not depend on the candidate.

    last: for each row the person's last row within the horizon after it. order: rows by their kind, those of a kind
    from `starts` of it on. opens: rows at which visits begin.
    """

    plan: Plan
    tape: Tape
    sample: Sample
    steps: Sequence[KeyStep]
    stages: Sequence[KeyStep]
    last: Int64
    order: Int64
    starts: Int64
    opens: Int64
    actions: Lens
    touches: Lens

    def rows(self, candidate: Candidate) -> Int64:
        """All rows of a candidate, ascending."""
        if candidate.channel >= 0:
            return np.asarray(self.opens[self.tape.channel[self.opens] == candidate.channel])
        runs = [self.order[slice(*self.starts[kind : kind + 2])] for kind in candidate.kinds]
        return np.asarray(np.sort(np.concatenate(runs)))


def set_scene(journeys: Journeys, query: Query, plan: Plan, sample: Sample) -> Scene:
    """Everything that is worked out once; `plan` has no exposures."""
    tape = make_tape(journeys, query, plan, sample.crowd)
    check()
    steps, stages = key_steps(journeys, plan, tape), stage_steps(journeys, plan, tape)
    check()
    # Which moments there are depends on whether exposures are ways that visits begin, not on which they are.
    sorts = [replace(plan, exposures=(Matcher(subject, "*"),)) for subject in ("event", "source")]
    actions, touches = (make_lens(tape, sort, steps, stages) for sort in sorts)
    order = np.argsort(tape.kind.astype(np.min_scalar_type(int(tape.kind.max(initial=0)))), kind="stable")
    return Scene(
        plan=plan,
        tape=tape,
        sample=sample,
        steps=steps,
        stages=stages,
        last=last_rows(tape, tape.person, tape.time + plan.horizon),
        order=order,
        starts=np.concatenate([[0], np.cumsum(np.bincount(tape.kind, minlength=max(journeys.kinds, default=0) + 1))]),
        opens=np.flatnonzero(tape.first == np.arange(tape.none)),
        actions=actions,
        touches=touches,
    )
