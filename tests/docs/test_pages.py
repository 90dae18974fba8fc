"""What the pages on ads and webhooks say is what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from collector.core.event import CHAT_EVENTS
from collector.ingest.hooks import crisp, intercom
from collector.ingest.hooks.providers import CONVERSATION, TRANSLATORS
from collector.ingest.impression import sign
from tests.support.chats import AT, crisp_message
from tests.support.chats import intercom as notification
from tests.support.connected import connected
from tests.support.documents import DOCS, blocks

WEBHOOKS = (DOCS / "webhooks.md").read_text()


def test_the_example_signs_as_the_pixel_checks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (example,) = blocks("ads.md", "python")
    for place in connected(tmp_path / "data"):
        key = place.catalog.ad_pixel_key(place.site_id)
        monkeypatch.setenv("DESIRELINE_AD_KEY", key)
        monkeypatch.setenv("DESIRELINE_WRITE_KEY", place.site.site.write_key)
        monkeypatch.setenv("DESIRELINE_URL", "")
        names: dict[str, object] = {}
        exec(compile(example, "ads.md", "exec"), names)
        pixel = names["pixel"]
        assert callable(pixel)
        client = place.app.test_client()
        for campaign, source in (("Frühling & co", "dsp"), ("spring", "")):
            address = str(pixel(campaign, source))
            assert sign(key, campaign, source) in address
            assert client.get(address).mimetype == "image/gif"
            assert client.get(address.replace("sig=", "sig=0")).status_code == 403


def test_the_page_names_the_events_that_a_webhook_stands_in_for() -> None:
    rule = WEBHOOKS.partition("the webhook tells of conversations**")[2].partition(")")[0]
    assert set(re.findall(r"`(\w+)`", rule)) == CONVERSATION
    assert set(CHAT_EVENTS) - CONVERSATION == {"chat_shown", "chat_opened", "chat_offline_form"}


def test_every_topic_of_the_page_is_one_that_something_is_made_of() -> None:
    row = next(line for line in WEBHOOKS.splitlines() if line.startswith("| what to send"))
    columns = [set(re.findall(r"`([\w.:]+)`", cell)) for cell in row.split("|")[2:5]]
    assert len(TRANSLATORS) == len(columns) == 3
    source = {name: Path(str(module.__file__)).read_text() for name, module in (("i", intercom), ("c", crisp))}
    assert all(topic in source["i"] or topic.startswith("contact.") for topic in columns[1])
    assert all(topic in source["c"] for topic in columns[2])


def test_a_crisp_chat_is_one_of_a_day() -> None:
    def keys(at: int) -> list[str]:
        talk = crisp.translate(crisp_message("user", 1, at))
        assert talk is not None
        return [said.key for said in talk.said if said.name == "chat_started"]

    assert keys(AT * 1000) == keys(AT * 1000 + 3_600_000) != keys(AT * 1000 + 86_400_000)


def test_an_intercom_campaign_that_nobody_answered_is_no_chat() -> None:
    outbound = notification("conversation.admin.single.created")
    assert intercom.translate(outbound) is None
