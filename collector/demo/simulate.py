"""All events of a world: its people's and a few bots', in order of time."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from collector.core.times import DAY
from collector.demo.person import Person, Story
from collector.demo.trail import Trail, WireEvent
from collector.demo.world import BOTS, TITLES, World


def stories(world: World) -> Iterator[Story]:
    """One story a person, each drawn on its own: person 7 is the same in a larger world."""
    for number in range(world.visitors):
        yield Person(world, number).tell()


def bot_events(world: World) -> Iterator[WireEvent]:
    """Crawlers that walk page after page, a few every week."""
    for number in range(max(1, world.visitors // 150)):
        rng = Random(f"{world.seed}/bot/{number}")
        trail = Trail(
            world, f"bot-{world.seed}-{number}", BOTS[number % len(BOTS)], Random(f"{world.seed}/bot/{number}/ids")
        )
        at = world.start + rng.randrange(world.days * DAY)
        for path in rng.sample(list(TITLES), rng.randrange(4, len(TITLES))):
            trail.arrive(at, path)
            trail.wait(rng.uniform(200, 3_000))
        yield from (found for found in trail.events if found["at"] <= world.now)


def simulate(world: World) -> list[WireEvent]:
    """Every event in order of time, in the wire's own form with the fields a server-side sender adds."""
    found = [happened for story in stories(world) for happened in story.events]
    found.extend(bot_events(world))
    found.sort(key=lambda happened: (happened["at"], happened["id"]))
    return found
