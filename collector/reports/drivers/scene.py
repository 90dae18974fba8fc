"""What all candidates share: the tape, the key steps, and the moments of both sorts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from collector.core.deadline import check
from collector.core.matcher import Matcher
from collector.core.query import Query
from collector.journeys.journeys import Journeys
from collector.journeys.part import Int64
from collector.reports.drivers.lens import Lens, make_lens
from collector.reports.drivers.sample import Sample
from collector.reports.impact.keysteps import KeyStep, key_steps, stage_steps
from collector.reports.impact.outcome import last_rows
from collector.reports.impact.plan import Plan
from collector.reports.impact.tape import Tape, make_tape


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """The tape without exposures of its own, and what does not depend on the candidate.

    last: for each row the person's last row within the horizon after it.
    """

    plan: Plan
    tape: Tape
    sample: Sample
    steps: Sequence[KeyStep]
    stages: Sequence[KeyStep]
    last: Int64
    actions: Lens
    touches: Lens


def set_scene(journeys: Journeys, query: Query, plan: Plan, sample: Sample) -> Scene:
    """Everything that is worked out once; `plan` has no exposures."""
    tape = make_tape(journeys, query, plan, sample.crowd)
    check()
    steps, stages = key_steps(journeys, plan, tape), stage_steps(journeys, plan, tape)
    check()
    # Which moments there are depends on whether exposures are ways that visits begin, not on which they are.
    by_action, by_touch = (replace(plan, exposures=(Matcher(subject, "*"),)) for subject in ("event", "source"))
    return Scene(
        plan=plan,
        tape=tape,
        sample=sample,
        steps=steps,
        stages=stages,
        last=last_rows(tape, tape.person, tape.time + plan.horizon),
        actions=make_lens(tape, by_action, steps, stages),
        touches=make_lens(tape, by_touch, steps, stages),
    )
