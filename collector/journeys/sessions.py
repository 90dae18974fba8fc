"""Where a run of events is cut into sessions (SEMANTICS 2)."""

from __future__ import annotations

import numpy as np

from collector.core.times import HOUR, MINUTE
from collector.journeys.part import Bool, Int32, Int64

GAP = 30 * MINUTE
LONGEST = 24 * HOUR


def session_starts(
    visitor: Int32 | Int64, time: Int64, source: Int32, campaign: Bool, gap: int = GAP, longest: int = LONGEST
) -> Bool:
    """Which events begin a session.

    Args:
        visitor, time: sorted by visitor, then time.
        source: dictionary id of the source the event itself carries, -1 for none.
        campaign: True where that source is a campaign (utm or click id); only those cut a running session, when they
            differ from the session's own.
        gap: a longer pause (ms) since the visitor's previous event cuts. longest: a session that reaches it is cut.
    """
    count = len(time)
    starts = np.ones(count, dtype=np.bool_)
    if count < 2:
        return starts
    starts[1:] = (visitor[1:] != visitor[:-1]) | (time[1:] - time[:-1] > gap)
    first = np.flatnonzero(starts)
    ends = np.append(first[1:], count)
    # Only runs with a campaign after their first event, or longer than a day, can hold a further cut.
    inner = campaign & ~starts
    run_of = np.cumsum(starts) - 1
    suspects = np.zeros(len(first), dtype=np.bool_)
    suspects[run_of[inner]] = True
    suspects |= time[ends - 1] - time[first] >= longest
    for run in np.flatnonzero(suspects):
        _cut_run(starts, time, source, campaign, int(first[run]), int(ends[run]), longest)
    return starts


def _cut_run(starts: Bool, time: Int64, source: Int32, campaign: Bool, first: int, end: int, longest: int) -> None:
    begun, own = int(time[first]), int(source[first])
    for row in range(first + 1, end):
        if time[row] - begun >= longest or (campaign[row] and source[row] != own):
            starts[row] = True
            begun, own = int(time[row]), int(source[row])
