"""From weighted moments to what a candidate changed, and how likely that is by chance alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

from collector.journeys.part import Bool, Float64, Int64
from collector.reports.drivers.candidates import Candidate
from collector.reports.drivers.scene import Scene
from collector.reports.impact.coded import Coded
from collector.reports.impact.engine import FLOORS, SURE
from collector.reports.impact.estimate import LEVEL, Sample, effect, effective_people, fit
from collector.reports.impact.outcome import STAYED, Outcome, settled

LEAST_GOALS = 5
ROUGH = 0.25  # by so much those who stayed without it may count as more or fewer than they were


@dataclass(frozen=True, slots=True)
class Finding:
    """What a candidate changed, or the floor that it fell short of.

    rate: of those who did it, and `without`, had they not; error: the standard error of their difference, freedom: the
    degrees of freedom that it is judged by; p: how likely as large a difference is by chance alone.
    refused: "few" people who can be compared, "goals" too few, "unlike" anybody else, "needed" where nobody reached
    the goal without it, "same" where all who did it reach the goal, "chosen" where a filter says who did it, "closer"
    where when people do it is told too roughly by where they are; "" where it could be judged.
    """

    candidate: Candidate
    refused: str = ""
    rate: float = float("nan")
    without: float = float("nan")
    error: float = float("nan")
    freedom: float = float("nan")
    p: float = float("nan")

    @property
    def difference(self) -> float:
        """By how much doing it changed the goal rate."""
        return self.rate - self.without


@dataclass(frozen=True, slots=True, eq=False)
class Cases:
    """Rows of the cases looked at, which of them have anybody alike, and the features of those."""

    rows: Int64
    fits: Bool
    x: Coded


def estimated(
    scene: Scene, candidate: Candidate, cases: Cases, theirs: tuple[Outcome, Coded], weight: Float64
) -> Finding:
    tape, (controls, x) = scene.tape, theirs
    won = (weight > 0) & np.isfinite(controls.delay)
    goals = _people(controls.person[won])
    if _people(controls.person[weight > 0]) < FLOORS["controls"]:
        return Finding(candidate, "unlike")
    if goals < LEAST_GOALS:
        return Finding(candidate, "goals" if goals else "needed")
    person = tape.person[cases.rows]
    reached = (tape.reached[person] <= scene.last[cases.rows]).astype(np.float64)
    # Of a sample of the cases only what was known before is told by the sample: how many of them all reached the goal
    # is known, so that their own outcomes would only add noise.
    sampled = scene.sample.share(candidate) < 1
    own = Sample((np.zeros_like(reached) if sampled else reached)[cases.fits, None], cases.x, person[cases.fits])
    other = Sample(settled(controls, weight).y[:, :1], x, controls.person)
    # Taking the chances of a later exposure as known makes the interval a little wider than it need be.
    none = np.zeros((len(own.y), 1)), np.zeros((len(weight), 1))
    whole = effect(fit(own, other, weight, none))
    if whole is None:
        return Finding(candidate, "unlike")
    people, freedom = len(own.y), max(min(len(own.y), effective_people(controls.person, weight)) - 1, 1.0)
    error = float(whole.high[0] - whole.difference[0]) / float(stdtrit(freedom, (1 + LEVEL) / 2))
    rate, without, spread = float(whole.exposed[0]), float(whole.counterfactual[0]), error**2
    if sampled:
        people = candidate.people
        rate, more = _rate_of_all(candidate, reached, cases.fits)
        spread += more
    if rate > SURE:
        return Finding(candidate, "same")
    # Who stays without it counts for those who do it later, and all together for as many as there are. Where they do
    # not, the chances of doing it later are not those of the place where somebody is.
    stayed = float(weight @ controls.y[:, STAYED] / weight.sum())
    if abs(stayed - 1) > ROUGH or not 0 <= without <= 1:
        return Finding(candidate, "closer")
    return _told(candidate, (rate, without), spread, people, freedom)


def _rate_of_all(candidate: Candidate, reached: Float64, fits: Bool) -> tuple[float, float]:
    """The goal rate of all cases with anybody alike, and its variance; the sample tells of those without."""
    lonely = np.where(fits, 0.0, 1.0)
    kept = 1 - float(lonely.mean())
    rate = (candidate.reached / candidate.people - float((lonely * reached).mean())) / kept
    rate = min(max(rate, 0.0), 1.0)
    left_out = float((lonely * (rate - reached) ** 2).mean()) / len(reached) / kept**2
    return rate, rate * (1 - rate) / candidate.people + left_out


def _people(person: Int64) -> int:
    return int(np.count_nonzero(np.bincount(person)))


def _told(candidate: Candidate, rates: tuple[float, float], spread: float, people: int, freedom: float) -> Finding:
    rate, without = rates
    # Where few of those who did it reached the goal, their own spread says less than what would have been expected.
    expected = min(max(without, 0.0), 1.0)
    error = float(np.sqrt(spread + max(expected * (1 - expected) - rate * (1 - rate), 0.0) / people))
    p = 2 * float(stdtr(freedom, -abs(rate - without) / error)) if error > 0 else float("nan")
    return Finding(candidate, "", rate, without, error, freedom, p)
