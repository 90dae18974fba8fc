"""The Markov model: how many conversions would be lost if a value were taken out of the chain of all paths."""

from __future__ import annotations

import numpy as np

from collector.journeys.part import Float64
from collector.reports.attribution.paths import Paths, Runs, first_touch, last_touch


def markov(paths: Paths) -> Float64:
    """Each value's share by removal effect in a first-order Markov chain; all zero without conversions.

    The chain goes from the start through the values to conversion or to nothing, with the chances that the paths of
    conversions and of those who never converted show (E. Anderl, I. Becker, F. von Wangenheim, J. H. Schumann 2016,
    Int. J. of Research in Marketing 33). Removing a value turns whoever would come to it into nothing, so the chance of
    conversion falls by the chance to ever come there times the chance to convert from there; both are read from the
    fundamental matrix (J. G. Kemeny, J. L. Snell 1960), one inverse for all values.
    """
    count = len(paths.values)
    start, moves, won, lost = np.zeros(count), np.zeros((count, count)), np.zeros(count), np.zeros(count)
    every = [(one.sequences.runs, one.sequences.many_of_touch, won) for one in paths.found]
    every += [(one, np.ones(len(one.code)), lost) for one in paths.lost]
    for runs, times, ends in every:
        first, last = first_touch(runs), last_touch(runs)
        start += np.bincount(runs.code[first], times[first], count)
        ends += np.bincount(runs.code[last], times[last], count)
        moves += _moves(runs, times, count)
    if not won.any():
        return np.zeros(count)
    whole = moves.sum(axis=1) + won + lost
    met = np.flatnonzero(whole)
    whole = whole[met]
    visits = np.linalg.inv(np.eye(len(met)) - moves[np.ix_(met, met)] / whole[:, None])
    from_there = visits @ (won[met] / whole)
    ever = (start[met] / start.sum()) @ visits / np.diag(visits)
    effect = np.zeros(count)
    effect[met] = ever * from_there
    return np.asarray(effect / effect.sum())


def _moves(runs: Runs, times: Float64, count: int) -> Float64:
    """How often each value follows each within a path; `times` is how often the path of each touch counts."""
    pairs = runs.code[:-1] * count
    pairs += runs.code[1:]
    after = times.copy()
    after[first_touch(runs)] = 0  # which follow nothing
    return np.bincount(pairs, after[1:], count * count).reshape(count, count).astype(np.float64)
