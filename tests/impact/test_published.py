"""The estimators on published data: without the lot they must say what the lot said."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from collector.journeys.part import Float64
from collector.reports.impact.balancing import tilt, tilted
from collector.reports.impact.estimate import Effect, estimate
from tests.impact.published import BY_LOT, BY_LOT_ERROR, PLAIN_OF_SURVEY, Study, by_lot, by_survey


def weights(study: Study) -> Float64:
    case, control = study.x[study.exposed], study.x[~study.exposed]
    base = np.ones(len(control))
    return tilted(base, control, tilt(case.mean(axis=0), control, base), float(len(case)))


def effect(study: Study) -> Effect:
    of = study.exposed
    case, control = study.y[of][:, None], study.y[~of][:, None]
    return estimate(case, control, weights(study), study.x[of], study.x[~of], np.flatnonzero(of), np.flatnonzero(~of))


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
