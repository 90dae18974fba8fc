"""The steps that turn a checked event into one the ledger keeps: `STEPS`, in order, each pure and fast."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, TypeAlias

from collector.core import event as events
from collector.core.event import VALUE_PROPERTIES, Event, Json
from collector.core.identity import VERIFIED
from collector.core.number import number_in
from collector.core.times import MINUTE
from collector.ingest.agent import parse_agent
from collector.ingest.bots import BY_USER_AGENT, agent_reason, is_spam, is_trusted
from collector.ingest.clock import event_time
from collector.ingest.deny import NAMED
from collector.ingest.preview import FILES, PREVIEW, is_preview
from collector.ingest.rules import Arrival
from collector.ingest.source import campaign_source, impression_source, is_own, referrer_source
from collector.ingest.url import mask_text, mask_words, parse_place

Step: TypeAlias = Callable[[Event, Arrival, Mapping[str, Any]], None]

# A page left open by a sleeping laptop must not count as hours of reading (REQUIREMENTS A6.4).
MAX_ENGAGEMENT = 30 * MINUTE
_NO_VALUE = frozenset([events.ENGAGEMENT, events.IDENTIFY, events.CONSENT])
_NO_PROPS: Mapping[str, Json] = {}


def new_event(raw: Mapping[str, Any], arrival: Arrival) -> Event:
    """The event of one checked wire event (`check_events`), nothing derived yet."""
    get = raw.get
    title = get("title", "")
    props = get("props") or _NO_PROPS
    if arrival.rules.denied and props:
        # The door has done so already; what is imported, or waited when the setting changed, meets it here.
        props = arrival.rules.denied.strip(dict(props))
    return Event(
        id=raw["id"],
        type=raw["type"],
        visitor=get("visitor") or arrival.visitor,
        time=arrival.received,
        received=arrival.received,
        name=get("name", ""),
        target=get("target", ""),
        created=get("at"),
        sent=arrival.sent,
        title=mask_words(title),
        pageview=get("pid", ""),
        props=props,
        truncated="cut" in raw,
    )


def put_time(event: Event, arrival: Arrival, raw: Mapping[str, Any]) -> None:  # noqa: ARG001 - the shape of a step
    """When it happened, by the device's clock corrected."""
    event.time = event_time(arrival.received, arrival.sent, event.created, arrival.server, arrival.ahead)


def put_url(event: Event, arrival: Arrival, raw: Mapping[str, Any]) -> None:
    """Page and link addresses, masked."""
    url = raw.get("url")
    if url:
        place = parse_place(url, arrival.rules.hidden_params)
        event.url, event.path, event.query = place.url, place.path, place.query
    if "href" in event.props and isinstance(event.props["href"], str):
        event.props = {**event.props, "href": mask_text(event.props["href"])}
    if event.type in (events.OUTBOUND, events.CLICK) and event.name:
        event.name = mask_words(event.name)


def put_agent(event: Event, arrival: Arrival, raw: Mapping[str, Any]) -> None:
    """The device; a server-side sender speaks for a device only where it names one."""
    text = raw.get("ua") if arrival.server else arrival.user_agent
    if text:
        event.agent = parse_agent(text)


def put_source(event: Event, arrival: Arrival, raw: Mapping[str, Any]) -> None:
    """Where it came from: on pages by campaign and referrer, elsewhere by campaign or an ad impression's own word.

    None stays where nothing says so; that a session began directly is for the reader to decide.
    """
    rules = arrival.rules
    if event.query:
        event.source = campaign_source(event.query, rules.retargeting)
    referrer = raw.get("ref")
    if event.type == events.PAGE and referrer:
        place = parse_place(referrer, rules.hidden_params)
        page_host = parse_place(raw.get("url", ""), rules.hidden_params).host
        if is_own(place.host, page_host, rules.own_hosts):
            event.referrer = place.url
            return
        # Other people's pages are kept as origin only: their paths are not ours to know (E11).
        event.referrer = "/".join(place.url.split("/", 3)[:3]) + "/" if place.host else ""
        if event.source is None:
            event.source = referrer_source(place.host, rules.payment_hosts)
    elif event.type == events.CUSTOM and event.source is None and "channel" in event.props:
        event.source = impression_source(event.name, event.props)


def put_user(event: Event, arrival: Arrival, raw: Mapping[str, Any]) -> None:
    """Whom the event claims to be: identify by its name, what comes by way of a server or a relay by `user`."""
    if arrival.rules.anonymous:
        if event.type == events.IDENTIFY:
            event.name, event.props = "", _NO_PROPS
        if event.visitor.startswith(NAMED):  # imported: the door refuses these
            event.visitor = "h_" + sha256(event.visitor.encode()).hexdigest()[:32]
        return
    if event.type == events.IDENTIFY:
        event.user = event.name
    elif arrival.server or arrival.relayed:
        event.user = raw.get("user")
    if "verified" in raw and event.user:
        event.verified = True
        if event.type == events.IDENTIFY:
            event.props = {**event.props, VERIFIED: True}


def put_notice(event: Event, arrival: Arrival, raw: Mapping[str, Any]) -> None:  # noqa: ARG001 - the shape of a step
    """Which privacy notice a consent is about: the version that the event names, else the site's own of now."""
    if event.type == events.CONSENT and arrival.rules.notice_version and "version" not in event.props:
        event.props = {**event.props, "version": arrival.rules.notice_version}


def put_value(event: Event, arrival: Arrival, raw: Mapping[str, Any]) -> None:  # noqa: ARG001 - the shape of a step
    """The number it carries: engaged milliseconds, or the first numeric property that means money (SEMANTICS 11)."""
    props = event.props
    if not props:
        return
    if event.type == events.ENGAGEMENT:
        ms = number_in(props.get("ms"))
        event.value = None if ms is None else min(max(ms, 0.0), float(MAX_ENGAGEMENT))
    elif event.type not in _NO_VALUE:
        for name in VALUE_PROPERTIES:
            if name in props and (found := number_in(props[name])) is not None:
                event.value = found
                return


def flag_bot(event: Event, arrival: Arrival, raw: Mapping[str, Any]) -> None:
    """The reason to think that no visitor did this; servers skip the list unless they name a user agent (F7)."""
    agent = raw.get("ua", "") if arrival.server else arrival.user_agent
    # Without one, a program speaks for somebody whose browser it does not name.
    if agent or not (arrival.server or arrival.relayed):
        event.bot = _reason(event, arrival, raw, agent)
        if event.bot:
            event.flagged = (agent, arrival.bots.version)
    if not event.bot and not arrival.judged and _is_tried_out(arrival, raw):
        event.bot = PREVIEW
        # User 17 of a developer's database is not the user 17 of the site.
        event.user = None


def _reason(event: Event, arrival: Arrival, raw: Mapping[str, Any], agent: str) -> str:
    """The first layer that says so: the list, the browser's own signals and headers, a referrer known for spam (F2)."""
    rules = arrival.rules
    listed = agent_reason(agent, arrival.bots)
    if listed in BY_USER_AGENT and is_trusted(agent, rules.trusted_agents):
        listed = ""
    if listed or arrival.server:
        return listed
    if arrival.hints and (signs := [sign for sign in arrival.hints if sign != PREVIEW]):
        return signs[0]
    if event.type == events.PAGE and "ref" in raw and is_spam(parse_place(raw["ref"]).host, rules.spam_hosts):
        return "referrer_spam"
    return ""


def _is_tried_out(arrival: Arrival, raw: Mapping[str, Any]) -> bool:
    """Whether it happened on a page that is tried out: the door said so, or the address does and is not the site's."""
    if PREVIEW in arrival.hints:
        return True
    url: str = raw.get("url", "")
    if not url:
        return False
    host = parse_place(url, arrival.rules.hidden_params).host
    if not host:
        return url[:5].lower() == FILES
    return is_preview(host) and not is_own(host, "", arrival.rules.own_hosts)


STEPS: tuple[tuple[str, Step], ...] = (
    ("time", put_time),
    ("url", put_url),
    ("agent", put_agent),
    ("source", put_source),
    ("user", put_user),
    ("notice", put_notice),
    ("value", put_value),
    ("bot", flag_bot),
)
_RUN = tuple(step for _, step in STEPS)


def make_event(raw: Mapping[str, Any], arrival: Arrival) -> Event:
    """A checked wire event with every step done."""
    event = new_event(raw, arrival)
    for step in _RUN:
        step(event, arrival, raw)
    return event
