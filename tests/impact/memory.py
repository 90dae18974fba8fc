"""Columns of simulated events as journeys in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from collector.core.event import Agent, Kind, Source
from collector.journeys.build import Raw, build_part
from collector.journeys.journeys import Journeys, Properties
from collector.journeys.part import Float64, Int64
from tests.support.worlds import Ledger

AGENTS = (Agent("desktop"), Agent("mobile"))


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Events: `code` tells people apart, `kind`, `source` (-1 for none) and `device` are places in lists."""

    code: Int64
    visitor: Int64
    time: Int64
    kind: Int64
    source: Int64
    device: Int64
    value: Float64
    engaged: Int64
    bot: Int64


def in_memory(
    of: Columns, kinds: Sequence[Kind], sources: Sequence[Source], as_of: int, properties: Properties | None = None
) -> Journeys:
    """The journeys of these events."""
    raw = Raw(
        code=of.code,
        visitor=of.visitor,
        time=of.time,
        id=np.arange(1, len(of.code) + 1),
        kind=of.kind + 1,
        page=np.full(len(of.code), -1, dtype=np.int64),
        source=of.source,
        agent=of.device + 1,
        bot=of.bot,
        value=of.value,
        engaged=of.engaged,
        engagement=np.zeros(len(of.code), dtype=np.bool_),
        campaign=np.isin(of.source, [at for at, found in enumerate(sources) if found.campaign_mark]),
    )
    ledger = Ledger((), {}, {}, {})
    return Journeys(
        parts=[build_part(raw, len(kinds) + 1)],
        kinds=dict(enumerate(kinds, 1)),
        pages={},
        sources=dict(enumerate(sources)),
        agents=dict(enumerate(AGENTS, 1)),
        properties=properties or ledger,
        people=ledger,
        as_of=as_of,
    )
