"""One event as a sentence that people can read."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from collector.core import event as events
from collector.core.assignment import EXPOSED
from collector.core.stored import StoredEvent
from collector.core.text import T, Text, Value


def sentence(event: StoredEvent) -> Text:
    """What happened, in words; every type of event, every chat event and an experiment's has its own sentence."""
    if event.kind.type == events.CUSTOM:
        say = _NAMED.get(event.kind.name)
        return say(event) if say else _custom(event)
    return _TYPES.get(event.kind.type, _other)(event)


def _page(event: StoredEvent) -> Text:
    path = event.kind.name or event.path
    return (
        T("Looked at {page} ({title})", page=path, title=event.title)
        if event.title
        else T("Looked at {page}", page=path)
    )


def _click(event: StoredEvent) -> Text:
    return T("Clicked {what}", what=event.kind.name or event.kind.target or "?")


def _form_failed(event: StoredEvent) -> Text:
    fields = event.props.get("invalid")
    if isinstance(fields, list) and fields:
        names = ", ".join(str(name) for name in fields)
        return T("Could not send the form {form}: {fields} was not accepted", form=event.kind.name, fields=names)
    return T("Could not send the form {form}", form=event.kind.name)


def _form_abandon(event: StoredEvent) -> Text:
    field = event.props.get("last_field")
    if field:
        return T("Left the form {form} at the field {field}", form=event.kind.name, field=str(field))
    return T("Left the form {form}", form=event.kind.name)


def _consent(event: StoredEvent) -> Text:
    granted = event.kind.name == "granted"
    return T("Agreed to be measured") if granted else T("Asked not to be measured")


def _custom(event: StoredEvent) -> Text:
    if event.value is not None:
        return T("{event} ({value})", event=event.kind.name, value=Value(event.value, "number"))
    return T("{event}", event=event.kind.name)


def _message(event: StoredEvent) -> Text:
    role = event.props.get("role")
    if role == "agent":
        return T("Got a chat message from an agent")
    return T("Got a chat message from the bot") if role == "bot" else T("Wrote a chat message")


def _rated(event: StoredEvent) -> Text:
    score = event.props.get("score")
    return T("Rated the chat") if score is None else T("Rated the chat {score}", score=str(score))


def _exposed(event: StoredEvent) -> Text:
    name, variant = str(event.props.get("experiment", "?")), str(event.props.get("variant", "?"))
    return T("Was in the arm {variant} of the experiment {name}", variant=variant, name=name)


def _identified(event: StoredEvent) -> Text:
    # The ledger keeps the user id with the person, where one erasure reaches it, and not with each event.
    return T("Was identified as {user}", user=event.kind.name) if event.kind.name else T("Was identified")


def _other(event: StoredEvent) -> Text:
    return T("{type} {name}", type=event.kind.type, name=event.kind.name)


Say = Callable[[StoredEvent], Text]

_TYPES: Mapping[str, Say] = {
    events.PAGE: _page,
    events.CLICK: _click,
    events.OUTBOUND: lambda event: T("Followed a link to {address}", address=event.kind.name),
    events.DOWNLOAD: lambda event: T("Downloaded {file}", file=event.kind.name),
    events.FORM_START: lambda event: T("Began the form {form}", form=event.kind.name),
    events.FORM: lambda event: T("Sent the form {form}", form=event.kind.name),
    events.FORM_FAILED: _form_failed,
    events.FORM_ABANDON: _form_abandon,
    events.IDENTIFY: _identified,
    events.CONSENT: _consent,
    events.ENGAGEMENT: lambda _: T("Paid attention"),
}
_NAMED: Mapping[str, Say] = {
    "chat_shown": lambda _: T("Was shown the chat"),
    "chat_opened": lambda _: T("Opened the chat"),
    "chat_started": lambda _: T("Started a chat"),
    "chat_message": _message,
    "chat_agent_joined": lambda _: T("An agent joined the chat"),
    "chat_ended": lambda _: T("The chat ended"),
    "chat_rated": _rated,
    "chat_offline_form": lambda _: T("Left a message in the chat"),
    "call_started": lambda _: T("A call began"),
    "call_ended": lambda _: T("The call ended"),
    EXPOSED: _exposed,
}
