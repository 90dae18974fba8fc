"""`desireline demo`: a collector, a pretend shop, and people in it, ready to look at."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from types import FrameType

import click

from collector.cli.child import Child, free_port
from collector.cli.demo_site import DemoSite, prepare_site
from collector.cli.place import now_ms, place_options
from collector.cli.rooms import Rooms, open_rooms
from collector.core.errors import UserError
from collector.demo.pages import PageServer, site_folder
from collector.demo.person import Person
from collector.demo.send import send_all
from collector.demo.simulate import bot_events
from collector.demo.trail import WireEvent
from collector.demo.world import World
from collector.settings import Settings, prepare_data, read_settings

_DEFAULT = World(now=0)
_READY = 30.0
_LOADED = 120.0


@click.command("demo")
@click.option(
    "--port",
    type=click.IntRange(1, 65_533),
    default=8000,
    show_default=True,
    help="The collector's; the sites take the next.",
)
@click.option(
    "--visitors",
    type=click.IntRange(1, 1_000_000),
    default=_DEFAULT.visitors,
    show_default=True,
    help="How many people to simulate.",
)
@click.option(
    "--days",
    type=click.IntRange(1, 720),
    default=_DEFAULT.days,
    show_default=True,
    help="Over how many days up to now.",
)
@click.option("--seed", type=int, default=_DEFAULT.seed, show_default=True, help="Another seed, other people.")
@click.option("--browser/--no-browser", default=False, help="Open the dashboard in a browser.")
@place_options
def demo_command(port: int, visitors: int, days: int, seed: int, browser: bool, settings: Settings) -> None:
    """Look around: a collector, a pretend shop with the tag, and thousands of simulated visitors.

    Everything lies in ./desireline-data/demo, or where --data says. Started again, it goes on with what is there.
    Ctrl-C ends it.
    """
    settings = _demo_settings(settings, port)
    prepare_data(settings)
    with ExitStack() as stack:
        stack.enter_context(_until_told())
        shop = stack.enter_context(_pages("shop", port + 1))
        elsewhere = stack.enter_context(_pages("elsewhere", port + 2))
        world = World(now_ms(), shop.origin, _named(elsewhere), seed, visitors, days)
        with open_rooms(settings) as rooms:
            site = prepare_site(rooms, world)
        values = {
            "COLLECTOR": settings.public_url,
            "WRITE_KEY": site.write_key,
            "SHOP": shop.origin,
            "ELSEWHERE": _named(elsewhere),
        }
        for server in (shop, elsewhere):
            server.values.update(values)
            server.start()
        begun = time.monotonic()
        child = stack.enter_context(Child(["serve"], settings.environment()))
        found = _simulate(site.world)  # while the collector gets ready
        child.wait_ready(settings.public_url, _READY)
        _fill(settings, site, found)
        _tell(settings, site, shop.origin, _named(elsewhere), time.monotonic() - begun)
        if browser:
            click.launch(site.login)
        child.wait()
    raise UserError("The collector ended by itself.", "What it said stands above.")


def _demo_settings(settings: Settings, port: int) -> Settings:
    """The demo keeps to a folder of its own, so that it never touches a real installation by chance."""
    default = read_settings({})
    if settings.data == default.data:
        data = default.data / "demo"
        database = settings.database if settings.database != default.database else f"sqlite://{data / 'ledger.sqlite3'}"
        settings = replace(settings, data=data, database=database)
    port = free_port(port)
    return replace(settings, host="127.0.0.1", port=port, public_url=f"http://127.0.0.1:{port}")


@contextmanager
def _pages(name: str, port: int) -> Iterator[PageServer]:
    server = PageServer(site_folder(name), free_port(port), one_name=name == "shop")
    try:
        yield server
    finally:
        server.stop()


def _named(server: PageServer) -> str:
    """Its origin under another name than the shop's, so that a click from there has a referrer from elsewhere."""
    return server.origin.replace("127.0.0.1", "localhost")


def _fill(settings: Settings, site: DemoSite, found: Sequence[WireEvent]) -> None:
    """Send through the wire, and wait until all of it can be seen."""
    with click.progressbar(length=len(found), label="Sending  ", file=sys.stderr) as bar:
        sent = send_all(found, settings.public_url, site.secret_key, bar.update)
    if sent.refused:
        raise UserError(f"The collector refused events: {dict(sent.refused)}.")
    with open_rooms(settings) as rooms:
        _wait_loaded(rooms, site, sent.ok)


def _simulate(world: World) -> list[WireEvent]:
    found: list[WireEvent] = []
    with click.progressbar(range(world.visitors), label="Simulating", file=sys.stderr) as numbers:
        for number in numbers:
            found.extend(Person(world, number).tell().events)
    found.extend(bot_events(world))
    found.sort(key=lambda happened: (happened["at"], happened["id"]))
    return found


def _wait_loaded(rooms: Rooms, site: DemoSite, expected: int) -> None:
    until = time.monotonic() + _LOADED
    with click.progressbar(length=expected, label="Loading  ", file=sys.stderr) as bar:
        while (stored := min(expected, rooms.ledger.counts(site.id)["events"])) < expected:
            bar.update(stored - bar.pos)
            if time.monotonic() > until:
                raise UserError(
                    f"Only {stored} of {expected} events were loaded in {_LOADED:.0f} s.", "Is the disk slow?"
                )
            time.sleep(0.1)
        bar.update(expected - bar.pos)
    rooms.refresh(rooms.site(site.name))


def _tell(settings: Settings, site: DemoSite, shop: str, elsewhere: str, seconds: float) -> None:
    click.echo(
        f"""
Ready in {seconds:.0f} s. Open:

  Dashboard   {site.login}
              (a link that works once; {site.email} is the owner)
  Shop        {shop}/
              (click around, and find yourself under Visitors)
  Its ad      {elsewhere}/
              (a page elsewhere whose ad leads back to the shop)

Data lies in {settings.data}. Ctrl-C ends it all."""
    )


@contextmanager
def _until_told() -> Iterator[None]:
    """Turn Ctrl-C and TERM into a quiet, orderly end."""

    def end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - a signal handler
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    except KeyboardInterrupt:
        click.echo("\nEnding.", err=True)
        sys.exit(0)
    finally:
        signal.signal(signal.SIGTERM, before)
