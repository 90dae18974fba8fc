"""Sites as the door and the loader see them, through the real catalog."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from collector.app import close_app, create_app
from collector.catalog.catalog import Catalog
from collector.catalog.values import Retargeting
from collector.ingest.rules import RetargetingRule
from collector.settings import read_settings
from collector.sites import FRESH, CatalogBook, Remembered
from collector.store.protocol import LedgerDown


def test_a_site_is_found_by_its_keys_with_the_rules_it_set(tmp_path: Path) -> None:
    catalog = Catalog(f"sqlite://{tmp_path}/ledger.sqlite3")
    catalog.migrate()
    made = catalog.add_site(
        "shop",
        ["https://shop.example:8443", "https://*.shop.example"],
        1,
        policy_gpc="off",
        retargeting=[Retargeting("param:rt", "1")],
        payment_domains=["bank.example"],
        hidden_parameters=["card"],
    )
    book = CatalogBook(catalog)
    found = book.by_write_key(made.site.write_key)
    assert found is not None
    assert (found.id, found.policy_gpc, found.policy_dnt) == (made.site.id, "off", "ignore")
    assert found.allows("https://eu.shop.example")
    assert book.by_secret_key(made.secret_key) == found
    assert book.by_secret_key(made.site.write_key) is None
    assert book.by_write_key(made.secret_key) is None
    rules = book.rules(made.site.id)
    assert rules is not None
    assert rules.own_hosts == {"shop.example", ".shop.example"}
    assert rules.retargeting == (RetargetingRule("param:rt", "1"),)
    assert rules.hidden_params == {"card"}
    assert rules.payment_hosts == {"bank.example"}
    assert book.rules(99) is None
    catalog.close()


def test_while_the_database_is_down_an_old_answer_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[str | None] = ["site"]

    def ask(key: str) -> str:
        found = answers[0]
        if found is None:
            raise LedgerDown("down")
        return f"{found} {key}"

    monkeypatch.setattr("collector.sites.FRESH", 0.0)
    remembered = Remembered(ask)
    assert remembered.get("a") == "site a"
    answers[0] = None
    assert remembered.get("a") == "site a"
    with pytest.raises(LedgerDown):
        remembered.get("b")


def test_a_database_that_hangs_holds_up_one_request_of_many() -> None:
    hangs, goes_on = threading.Event(), threading.Event()
    asked: list[str] = []

    def ask(key: str) -> str:
        asked.append(key)
        if len(asked) > 1:
            hangs.set()
            goes_on.wait(10)
            raise LedgerDown("timeout")
        return key

    remembered = Remembered(ask)
    assert remembered.get("a") == "a"
    remembered._known["a"] = (time.monotonic() - 2 * FRESH, "a")
    slow = threading.Thread(target=remembered.get, args=("a",))
    slow.start()
    assert hangs.wait(5)
    assert [remembered.get("a") for _ in range(10)] == ["a"] * 10
    goes_on.set()
    slow.join()
    assert len(asked) == 2


def test_strangers_who_guess_keys_do_not_make_the_known_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collector.sites.MANY", 10)
    asked: list[str] = []

    def ask(key: str) -> str | None:
        asked.append(key)
        return "site" if key == "ours" else None

    remembered = Remembered(ask)
    for key in ["ours", *map(str, range(100)), "ours"]:
        remembered.get(key)
    assert asked.count("ours") == 1
    assert len(remembered._known) <= 11


def test_the_app_answers_503_not_500_while_no_site_can_be_looked_up(tmp_path: Path) -> None:
    settings = read_settings({"DESIRELINE_DATA": str(tmp_path), "DESIRELINE_DATABASE": "postgresql://127.0.0.1:1/none"})
    app = create_app(settings)
    answer = app.test_client().post(
        "/collect", data=b'{"key":"wk_demo","events":[]}', headers={"Origin": "https://x.example"}
    )
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert answer.headers["Access-Control-Allow-Origin"] == "https://x.example"
    close_app(app)


def test_what_is_remembered_is_said_without_waiting_and_asked_for_anew_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [0.0]
    may_answer, answered = threading.Event(), threading.Event()
    answers = ["old", "new"]
    monkeypatch.setattr("collector.sites.time", SimpleNamespace(monotonic=lambda: now[0]))

    def ask(key: str) -> str:
        if answers[0] == "new":
            assert may_answer.wait(5)
            answered.set()
        return answers.pop(0)

    book: Remembered[str] = Remembered(ask)
    assert book.remembered("key") is None
    assert book.get("key") == "old"
    now[0] = FRESH - 0.1
    assert book.remembered("key") == "old"
    assert answers == ["new"]
    now[0] = FRESH + 0.1
    assert book.remembered("key") == "old"
    assert book.remembered("key") == "old"
    may_answer.set()
    assert answered.wait(5)
    until = time.monotonic() + 5
    while book.remembered("key") != "new" and time.monotonic() < until:
        time.sleep(0.01)
    assert book.remembered("key") == "new"
    now[0] += 2 * FRESH
    assert book.remembered("key") is None
