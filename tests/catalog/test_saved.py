"""One-time tokens, saved reports and saved segments."""

from __future__ import annotations

from threading import Thread
from urllib.parse import parse_qsl

import pytest

from collector.catalog.catalog import Catalog
from collector.catalog.values import Token
from collector.core.errors import UserError
from collector.core.matcher import parse_matcher
from collector.store.open import open_engine


def test_a_token_works_once_for_its_purpose_and_in_time(catalog: Catalog) -> None:
    token = catalog.issue_token("setup", 1_000, 500)
    assert catalog.peek_token("setup", token, 1_499) == Token("setup", None)
    assert catalog.redeem_token("login", token, 1_100) is None
    assert catalog.redeem_token("setup", token, 1_500) is None
    assert catalog.redeem_token("setup", token + "x", 1_100) is None
    assert catalog.redeem_token("setup", token, 1_499) == Token("setup", None)
    assert catalog.redeem_token("setup", token, 1_499) is None
    assert catalog.peek_token("setup", token, 1_100) is None


def test_a_token_is_kept_as_a_hash_only(catalog: Catalog, ledger_url: str) -> None:
    token = catalog.issue_token("setup", 1_000, 500)
    engine = open_engine(ledger_url)
    assert token not in str(engine.rows("SELECT * FROM token"))
    engine.close()


def test_of_two_who_use_a_token_at_once_one_gets_in(catalog: Catalog) -> None:
    token = catalog.issue_token("setup", 1_000, 500)
    found: list[Token | None] = []

    def use() -> None:
        found.append(catalog.redeem_token("setup", token, 1_001))
        catalog.close()

    threads = [Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found.count(None) == 3


def test_a_saved_report_keeps_its_query_string(catalog: Catalog) -> None:
    site, other = (catalog.add_site(name, [], 5).site.id for name in ("shop", "blog"))
    saved = catalog.save_report(site, "  My   funnel ", "funnel", "?step=page:/a b&step=event:é&empty=", 9)
    assert (saved.name, saved.report, saved.created) == ("My funnel", "funnel", 9)
    assert saved.arguments == "step=page%3A%2Fa+b&step=event%3A%C3%A9&empty="
    assert catalog.saved_reports(site) == [saved]
    assert catalog.saved_report(site, saved.id) == saved
    assert catalog.saved_report(other, saved.id) is None
    assert not catalog.delete_report(other, saved.id)
    assert catalog.delete_report(site, saved.id)
    assert catalog.saved_reports(site) == []


def test_a_saved_name_is_replaced_only_when_asked(catalog: Catalog) -> None:
    site = catalog.add_site("shop", [], 5).site.id
    catalog.save_report(site, "mine", "funnel", "a=1", 9)
    with pytest.raises(UserError, match="already"):
        catalog.save_report(site, "mine", "paths", "b=1", 10)
    catalog.save_report(site, "mine", "paths", "b=1", 10, replace=True)
    assert [(saved.report, saved.arguments) for saved in catalog.saved_reports(site)] == [("paths", "b=1")]
    with pytest.raises(UserError, match="name"):
        catalog.save_report(site, " ", "funnel", "", 9)


def test_a_segment_keeps_its_matchers(catalog: Catalog) -> None:
    site = catalog.add_site("shop", [], 5).site.id
    texts = ['event:a[plan="a]b"]', "page:/pricing"]
    kept = catalog.save_segment(site, "Lookers", texts, ["event:purchase[total>=100]"], 9)
    assert kept.where == tuple(map(parse_matcher, texts))
    assert kept.where_not == (parse_matcher("event:purchase[total>=100]"),)
    assert catalog.segments(site) == {"Lookers": kept}
    with pytest.raises(UserError, match="already"):
        catalog.save_segment(site, "Lookers", ["any"], [], 9)
    assert catalog.save_segment(site, "Lookers", ["any"], [], 9, replace=True).where == (parse_matcher("any"),)
    assert catalog.delete_segment(site, "Lookers")
    assert not catalog.delete_segment(site, "Lookers")


def test_a_segment_that_says_nothing_or_nonsense_is_refused(catalog: Catalog) -> None:
    site = catalog.add_site("shop", [], 5).site.id
    with pytest.raises(UserError, match="condition"):
        catalog.save_segment(site, "x", [], [], 9)
    with pytest.raises(UserError, match="is no condition"):
        catalog.save_segment(site, "x", ["nonsense"], [], 9)
    with pytest.raises(UserError, match="no segment 'y'"):
        catalog.save_segment(site, "x", ["segment:y"], [], 9)
    assert catalog.segments(site) == {}


def test_a_segment_of_before_is_read_as_the_matcher_that_it_was(catalog: Catalog, ledger_url: str) -> None:
    site = catalog.add_site("shop", [], 5).site.id
    catalog.save_segment(site, "Old", ["any"], [], 9)
    engine = open_engine(ledger_url)
    with engine.writing():
        engine.run_many("UPDATE segment SET wheres = ? WHERE name = ?", [('["event:a[#shop=1]", "event:b"]', "Old")])
    engine.close()
    assert catalog.segments(site)["Old"].where == (parse_matcher("event:a[#shop=1]"), parse_matcher("event:b"))


def test_segments_may_stand_in_segments_but_never_in_a_circle(catalog: Catalog) -> None:
    site = catalog.add_site("shop", [], 5).site.id
    catalog.save_segment(site, "A", ["event:a[#times>=2]"], [], 9)
    catalog.save_segment(site, "B", ["segment:A | device:mobile"], [], 9)
    with pytest.raises(UserError, match="A → B → A"):
        catalog.save_segment(site, "A", ["any"], ["segment:B"], 9, replace=True)
    with pytest.raises(UserError, match="C → C"):
        catalog.save_segment(site, "C", ["segment:C"], [], 9)
    with pytest.raises(UserError, match="a part of B"):
        catalog.delete_segment(site, "A")
    assert list(catalog.segments(site)) == ["A", "B"]


def test_a_segment_takes_its_new_name_wherever_it_is_named(catalog: Catalog) -> None:
    site, other = (catalog.add_site(name, [], 5).site.id for name in ("shop", "blog"))
    for one in (site, other):
        catalog.save_segment(one, "A", ["event:a"], [], 9)
        catalog.save_segment(one, "B", [], ["event:x -> event:y | segment:A"], 9)
        catalog.save_report(one, "mine", "funnel", "step=event%3Aa&segment=A&where=segment%3AA&where=%5B", 9)
        catalog.save_report(one, "plain", "funnel", "step=segment%3AA&where=event%3AA", 9)
    user = catalog.create_user("ann@shop.example", "a long enough password", 5)
    catalog.make_share(site, user.id, "link", "overview", "segment=A", 9)
    uses = [(use.kind, use.name) for use in catalog.segment_uses(site, "A")]
    assert uses == [("report", "mine"), ("share", "link"), ("segment", "B")]
    assert catalog.rename_segment(site, "A", "Ä & B").name == "Ä & B"
    assert list(catalog.segments(site)) == ["B", "Ä & B"]
    assert str(catalog.segments(site)["B"].where_not[0]) == "event:x -> event:y | segment:Ä & B"
    saved = {one.name: dict(parse_qsl(one.arguments)) for one in catalog.saved_reports(site)}
    assert saved["plain"] == {"step": "segment:A", "where": "event:A"}
    assert saved["mine"] == {"step": "event:a", "segment": "Ä & B", "where": "["}
    assert [(use.kind, use.name) for use in catalog.segment_uses(site, "Ä & B")] == uses
    assert catalog.segment_uses(site, "A") == []
    assert len(catalog.segment_uses(other, "A")) == 2
    with pytest.raises(UserError, match="already"):
        catalog.rename_segment(site, "B", "Ä & B")
    with pytest.raises(UserError, match="no segment"):
        catalog.rename_segment(site, "A", "C")
    with pytest.raises(UserError, match="cannot be kept"):
        catalog.rename_segment(site, "Ä & B", "x | event:y")
    assert list(catalog.segments(site)) == ["B", "Ä & B"]
