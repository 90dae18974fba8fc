"""The Markov model: how many conversions would be lost if a value were taken out of the chain of all paths."""

from __future__ import annotations

import numpy as np

from collector.journeys.part import Float64, Int64
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
    every = [(one.runs, one.many, won) for one in paths.found] + [(one, None, lost) for one in paths.lost]
    for runs, many, ends in every:
        times = None if many is None else many[runs.length > 0]
        start += np.bincount(runs.code[first_touch(runs)], times, count)
        ends += np.bincount(runs.code[last_touch(runs)], times, count)
        moves += _moves(runs, many, count)
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


def _moves(runs: Runs, many: Int64 | None, count: int) -> Float64:
    """How often each value follows each within a path; `many` is how often each path counts, None for once."""
    inside = np.ones(len(runs.code), dtype=np.bool_)
    inside[first_touch(runs)] = False
    after = np.flatnonzero(inside)
    pairs = runs.code[after - 1] * count
    pairs += runs.code[after]
    times = None if many is None else np.repeat(many, np.maximum(runs.length - 1, 0))
    return np.bincount(pairs, times, count * count).reshape(count, count).astype(np.float64)
