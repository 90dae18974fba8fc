"""One simulated world for all tests of it."""

from __future__ import annotations

import pytest

from collector.demo.person import Story
from collector.demo.simulate import bot_events, stories
from collector.demo.trail import WireEvent
from collector.demo.world import World


@pytest.fixture(scope="package")
def world() -> World:
    return World(now=1_790_000_000_000, visitors=800, seed=7)


@pytest.fixture(scope="package")
def told(world: World) -> list[Story]:
    return list(stories(world))


@pytest.fixture(scope="package")
def found(world: World, told: list[Story]) -> list[WireEvent]:
    """What `simulate` gives for it, of the same people."""
    events = [happened for story in told for happened in story.events] + list(bot_events(world))
    return sorted(events, key=lambda happened: (happened["at"], happened["id"]))
