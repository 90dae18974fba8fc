"""The estimators on published data: without the lot they must say what the lot said."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.optimize import minimize

from collector.journeys.part import Float64
from collector.reports.impact.balancing import tilt, tilted
from collector.reports.impact.estimate import Effect, Sample, fit
from collector.reports.impact.estimate import effect as of_all
from tests.impact.published import BY_LOT, BY_LOT_ERROR, PLAIN_OF_SURVEY, Study, by_lot, by_survey


@dataclass(frozen=True)
class Wide:
    """A table of numbers as it is, for the models that otherwise see levels only."""

    values: Float64

    @property
    def rows(self) -> int:
        return len(self.values)

    @property
    def width(self) -> int:
        return int(self.values.shape[1])

    def dot(self, coefficients: Float64) -> Float64:
        return np.asarray(self.values @ coefficients)

    def sums(self, weight: Float64) -> Float64:
        return np.asarray(weight @ self.values)

    def gram(self, weight: Float64) -> Float64:
        return np.asarray((self.values.T * weight) @ self.values)

    def form(self, square: Float64) -> Float64:
        return np.asarray(np.einsum("ij,jk,ik->i", self.values, square, self.values))


def weights(study: Study) -> Float64:
    case, control = study.x[study.exposed, 1:], Wide(study.x[~study.exposed, 1:])
    base = np.ones(control.rows)
    return tilted(base, control, tilt(case.mean(axis=0), control, base), float(len(case)))


def effect(study: Study) -> Effect:
    sides = [
        Sample(study.y[of][:, None], Wide(study.x[of, 1:]), np.flatnonzero(of))
        for of in (study.exposed, ~study.exposed)
    ]
    nothing = np.zeros((sides[0].x.rows, 1)), np.zeros((sides[1].x.rows, 1))
    found = of_all(fit(sides[0], sides[1], weights(study), nothing))
    assert found is not None
    return found


def plain(study: Study) -> float:
    return float(study.y[study.exposed].mean() - study.y[~study.exposed].mean())


def test_the_data_are_those_of_the_papers() -> None:
    lot, survey = by_lot(), by_survey()
    assert [(int(s.exposed.sum()), int((~s.exposed).sum())) for s in (lot, survey)] == [(185, 260), (185, 2490)]
    assert plain(lot) == pytest.approx(BY_LOT, abs=0.001)
    assert plain(survey) == pytest.approx(PLAIN_OF_SURVEY, abs=0.001)


def test_with_people_of_a_survey_the_answer_is_that_of_the_lot() -> None:
    found = effect(by_survey())
    assert float(found.difference[-1]) == pytest.approx(BY_LOT, abs=BY_LOT_ERROR)
    assert float(found.low[-1]) < BY_LOT < float(found.high[-1])
    assert float(found.low[-1]) > 0


def test_by_lot_balancing_changes_little_and_the_error_is_the_published_one() -> None:
    found = effect(by_lot())
    assert float(found.difference[-1]) == pytest.approx(BY_LOT, abs=0.15)
    assert float(found.high[-1] - found.low[-1]) / 2 / 1.96 == pytest.approx(BY_LOT_ERROR, rel=0.15)


def test_the_weights_are_those_of_a_general_optimiser() -> None:
    # The dual of entropy balancing (Hainmueller, Political Analysis 2012, equation 6), minimised without its gradient.
    study = by_lot()
    control, target = study.x[~study.exposed][:, 1:], study.x[study.exposed][:, 1:].mean(axis=0)
    found = minimize(lambda at: np.log(np.exp(control @ at).sum()) - at @ target, np.zeros(len(target)), tol=1e-12)
    raised = np.exp(control @ found.x)
    assert weights(study) == pytest.approx(185 * raised / raised.sum(), rel=0.02)
