"""What other tools export, from the file to the ledger and to a report: GA4, Matomo, Umami, PostHog, Segment."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Mapping
from typing import Any
from zipfile import ZipFile

import pytest

from collector.core.event import Agent
from collector.ingest.imports.devices import device_of
from tests.importing.conftest import Shop

T = 1_760_000_000_000  # 2025-10-09T08:53:20Z


def param(name: str, cell: object) -> dict[str, Any]:
    field = "int_value" if isinstance(cell, int) else "double_value" if isinstance(cell, float) else "string_value"
    return {"key": name, "value": {field: str(cell) if isinstance(cell, int) else cell}}


def ga4(
    name: str, second: int, who: str | None = "111.222", user: str | None = None, **params: object
) -> dict[str, Any]:
    """A row as BigQuery writes it: whole numbers are texts."""
    more = params.pop("row", {})
    assert isinstance(more, dict)
    return {
        "event_date": "20251009",
        "event_timestamp": str((T + second * 1_000) * 1_000),
        "event_name": name,
        "event_params": [param(key, cell) for key, cell in params.items()],
        "user_id": user,
        "user_pseudo_id": who,
        "device": {"category": "mobile", "operating_system": "Android", "web_info": {"browser": "Chrome"}},
        "traffic_source": {"source": "first-ever", "medium": "cpc", "name": "long ago"},
        "platform": "WEB",
        **more,
    }


def test_ga4_rows_become_pages_engagement_links_and_purchases(shop: Shop) -> None:
    page = {"page_location": "https://shop.example/shoes?color=red", "page_title": "Shoes"}
    collected = {"collected_traffic_source": {"manual_source": "news", "manual_medium": "email", "gclid": None}}
    bought = {
        "ecommerce": {"purchase_revenue": 59.5, "transaction_id": "T-1"},
        "items": [{"item_id": "S1", "item_name": "1984", "price": 59.5, "quantity": "1", "coupon": "(not set)"}],
    }
    rows = [
        ga4("session_start", 0, **page),
        ga4("first_visit", 0, **page),
        ga4("page_view", 0, ga_session_id=5, page_referrer="https://www.google.com/", row=collected, **page),
        ga4("scroll", 20, percent_scrolled=90, engagement_time_msec=5_000, **page),
        ga4("click", 25, link_url="https://other.example/x?y=1", outbound="true", **page),
        ga4("user_engagement", 30, engagement_time_msec=7_000, **page),
        ga4("purchase", 40, user="kim", currency="EUR", engagement_time_msec=900, row=bought, **page),
        ga4("page_view", 50, who="333.444", page_location="https://shop.example/"),
        ga4("page_view", 60, who=None, page_location="https://shop.example/"),
        ga4("page_view", 70, page_location="https://shop.example/", row={"event_timestamp": "soon"}),
    ]
    path = shop.lines("ga4.jsonl", [*rows, rows[2]])
    said = shop.take(path)
    assert "This looks like a GA4 BigQuery export: event_timestamp -> time, user_pseudo_id -> visitor" in said
    assert "11 rows read: 7 events added, 1 was there already, 1 refused, 3 left out." in said
    assert "line 10: time 'soon' is neither ISO 8601 nor an epoch number" in said
    assert "no visitor, as where consent was denied" in said
    assert shop.told("type", "name", "visitor", "person") == [
        ("page", "/shoes", "111.222", "kim"),
        ("engagement", "", "111.222", "kim"),
        ("outbound", "other.example/x", "111.222", "kim"),
        ("engagement", "", "111.222", "kim"),
        ("event", "purchase", "111.222", "kim"),
        ("engagement", "", "111.222", "kim"),
        ("page", "/", "333.444", ""),
    ]
    first, scroll, _, _, purchase, _, _ = shop.events()
    assert (first["time"], first["title"]) == ("2025-10-09T08:53:20.000+00:00", "Shoes")
    assert first["url"] == "https://shop.example/shoes?color=red&utm_source=news&utm_medium=email"
    assert (first["session_source"], first["device"], first["os"]) == ("email/news", "mobile", "Android")
    assert scroll["properties"] == {"ms": 5_000, "scroll": 90}
    assert purchase["properties"] == {
        "currency": "EUR",
        "revenue": 59.5,
        "transaction_id": "T-1",
        "items": [{"item_id": "S1", "item_name": "1984", "price": 59.5, "quantity": 1}],
    }
    assert shop.counts() == (2, 2, 2)
    assert "0 events added, 8 were there already" in shop.take(path)


def test_ga4_rows_of_the_intraday_table_are_those_of_the_daily_one(shop: Shop) -> None:
    row = ga4("page_view", 0, page_location="https://shop.example/", batch_page_id=3)
    shop.take(shop.lines("daily.jsonl", [row]))
    early = {**row, "event_params": row["event_params"][::-1], "traffic_source": None}
    assert "0 events added, 1 was there already" in shop.take(shop.lines("intraday.jsonl", [early]))


def visit(number: int, visitor: str, *actions: Mapping[str, Any], **more: object) -> dict[str, Any]:
    return {
        "idSite": "1",
        "idVisit": str(number),
        "visitIp": "203.0.113.9",
        "visitorId": visitor,
        "userId": None,
        "actionDetails": list(actions),
        "referrerType": "direct",
        "referrerUrl": "",
        "deviceType": "Smartphone",
        "operatingSystemName": "iOS",
        "browserName": "Mobile Safari",
        "serverTimestamp": T // 1_000,
        **more,
    }


def action(kind: str, second: int, number: int | None = None, **more: object) -> dict[str, Any]:
    return {"type": kind, "timestamp": T // 1_000 + second, "pageId": number, **more}


def matomo_visits() -> list[dict[str, Any]]:
    """As `Live.getLastVisitsDetails` answers: the newest visit first."""
    shoes = "https://shop.example/shoes"
    return [
        visit(
            2,
            "bbbb000011112222",
            action("action", 500, 20, url="https://shop.example/", pageTitle="It&#039;s us"),
            referrerType="search",
            referrerUrl="https://www.google.com/",
        ),
        visit(
            1,
            "aaaa000011112222",
            action("action", 0, 10, url=shoes, pageTitle="Shoes"),
            action("event", 5, 11, url=shoes, eventCategory="Video", eventAction="Play", eventValue="3.5"),
            action("goal", 6, goalName="Sign up", goalId=4, revenue=5, goalPageId="10", url=shoes),
            action(
                "ecommerceOrder",
                9,
                orderId="A-7",
                revenue="99.90",
                itemDetails=[{"itemSKU": "S1", "itemName": "Shoe", "price": 99.9, "quantity": 1}],
            ),
            action("outlink", 12, 12, url="https://other.example/page"),
            action("download", 13, 13, url="https://shop.example/files/sizes.pdf"),
            action("search", 14, 14, siteSearchKeyword="boots", siteSearchCount=0),
            action("content", 15, 15),
            userId="kim@shop.example",
            referrerType="campaign",
            referrerName="Spring",
            referrerKeyword="shoes",
        ),
    ]


MATOMO = [
    ("page", "/shoes", "aaaa000011112222"),
    ("event", "Play", "aaaa000011112222"),
    ("event", "Sign up", "aaaa000011112222"),
    ("event", "purchase", "aaaa000011112222"),
    ("outbound", "other.example/page", "aaaa000011112222"),
    ("download", "/files/sizes.pdf", "aaaa000011112222"),
    ("event", "search", "aaaa000011112222"),
    ("page", "/", "bbbb000011112222"),
]


def test_matomo_visits_become_their_actions(shop: Shop) -> None:
    path = shop.file("matomo.json", json.dumps(matomo_visits(), indent=2))
    said = shop.take(path)
    assert "This looks like a Matomo export of visits: visitorId -> visitor" in said
    assert "2 rows read: 8 events added, 0 were there already, 0 refused, 1 left out." in said
    assert "actions of type content" in said
    assert shop.told("type", "name", "visitor") == MATOMO
    found = shop.events()
    assert found[0]["url"] == "https://shop.example/shoes?utm_source=Spring&utm_campaign=Spring&utm_term=shoes"
    assert {event["person"] for event in found[:-1]} == {"kim@shop.example"}
    assert found[1]["properties"] == {"category": "Video", "value": 3.5}
    assert found[3]["properties"]["revenue"] == 99.9
    assert (found[7]["title"], found[7]["session_source"]) == ("It's us", "organic_search/google")
    assert "203.0.113.9" not in json.dumps(found)
    assert shop.counts() == (2, 2, 2)
    assert "0 events added, 8 were there already" in shop.take(path)


def test_matomo_csv_is_put_together_again_from_its_flat_columns(shop: Shop) -> None:
    rows = []
    for each in matomo_visits():
        flat = {name: cell for name, cell in each.items() if name != "actionDetails"}
        for place, told in enumerate(each["actionDetails"]):
            flat |= {f"actionDetails_{place}_{name}": cell for name, cell in told.items() if name != "itemDetails"}
        rows.append(flat)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(name for row in rows for name in row)), restval="")
    writer.writeheader()
    writer.writerows(rows)
    # Its own default: UTF-16 for spreadsheets.
    shop.take(shop.file("visits.csv", b"\xff\xfe" + text.getvalue().encode("utf-16-le")))
    assert shop.told("type", "name", "visitor") == MATOMO
    assert "0 events added, 8 were there already" in shop.take(shop.lines("visits.jsonl", matomo_visits()))


UMAMI = """event_id,website_id,session_id,visit_id,created_at,url_path,url_query,utm_source,referrer_domain,\
referrer_path,page_title,gclid,event_type,event_name,tag,hostname,browser,os,device,distinct_id,event_data
7e3d3c5e-5d50-4f7c-9a55-3d4f0a8a1b01,w,s1,v1,2025-10-09 08:53:20.5+00,/shoes,color=red,,news.example,/post,Shoes,,1,\
,,shop.example,chrome,Mac OS,laptop,,
7e3d3c5e-5d50-4f7c-9a55-3d4f0a8a1b02,w,s1,v1,2025-10-09 08:54:00+00,/shoes,,,,,Shoes,,2,buy,,shop.example,chrome,\
Mac OS,laptop,kim,"{""total"": 12.5}"
7e3d3c5e-5d50-4f7c-9a55-3d4f0a8a1b03,w,s2,v2,2025-10-09 09:00:00,/,,,,,Home,abc,1,,blue,shop.example,ios,\
iOS,mobile,NULL,
7e3d3c5e-5d50-4f7c-9a55-3d4f0a8a1b04,w,s2,v2,2025-10-09 09:00:01+00,/,,,,,,,5,,,shop.example,,,,,
7e3d3c5e-5d50-4f7c-9a55-3d4f0a8a1b05,w,,v2,2025-10-09 09:00:02+00,/,,,,,,,1,,,shop.example,,,,,
"""


def test_umami_rows_become_pages_and_events(shop: Shop) -> None:
    path = shop.file("website_event.csv", UMAMI)
    said = shop.take(path)
    assert "This looks like Umami's table website_event" in said
    assert "5 rows read: 3 events added, 0 were there already, 1 refused, 1 left out." in said
    assert "measures of speed" in said
    assert shop.told("id", "type", "name", "visitor", "person") == [
        ("7e3d3c5e-5d50-4f7c-9a55-3d4f0a8a1b01", "page", "/shoes", "s1", "kim"),
        ("7e3d3c5e-5d50-4f7c-9a55-3d4f0a8a1b02", "event", "buy", "s1", "kim"),
        ("7e3d3c5e-5d50-4f7c-9a55-3d4f0a8a1b03", "page", "/", "s2", ""),
    ]
    first, bought, second = shop.events()
    assert (first["url"], first["device"]) == ("https://shop.example/shoes?color=red", "desktop")
    assert first["session_source"] == "referral/news.example"
    assert bought["properties"] == {"total": 12.5}
    assert (second["session_source"], second["properties"]) == ("paid_search/google", {"tag": "blue"})
    assert second["time"] == "2025-10-09T09:00:00.000+00:00"
    assert shop.counts() == (2, 2, 2)


def test_umami_summaries_are_told_from_events(shop: Shop) -> None:
    path = shop.folder.parent / "umami.zip"
    with ZipFile(path, "w") as packed:
        for name in ("events", "pages", "referrers", "browsers", "os", "devices", "countries"):
            packed.writestr(f"{name}.csv", "x,y\r\n/,3\r\n")
    assert "Umami's summary: counts a page, not events" in shop.fails("import", str(path), "--site", "shop")


def posthog(name: str, second: int, distinct: str, number: int, **props: object) -> dict[str, Any]:
    return {
        "uuid": f"0198f3a2-5b1c-7d10-8a4e-{number:012d}",
        "event": name,
        "distinct_id": distinct,
        "timestamp": f"2025-10-09T08:{53 + second // 60}:{second % 60:02d}.000000+00:00",
        "properties": {"$lib": "web", "$ip": "203.0.113.9", "token": "phc_x", **props},
        "person_properties": {"email": "kim@shop.example"},
        "elements_chain": "",
    }


def posthog_rows() -> list[dict[str, Any]]:
    home = {"$current_url": "https://shop.example/", "$device_id": "dev-1", "$browser": "Firefox", "$os": "Linux"}
    return [
        posthog(
            "$pageview", 0, "dev-1", 1, title="Home", **{"$referrer": "$direct", "$device_type": "Desktop"}, **home
        ),
        posthog("$autocapture", 5, "dev-1", 2, **{"$event_type": "click", "$el_text": "Buy now"}, **home),
        posthog("$autocapture", 6, "dev-1", 3, **{"$event_type": "change"}, **home),
        posthog("$identify", 10, "kim", 4, **{"$anon_distinct_id": "dev-1", "$set": {"plan": "pro"}}, **home),
        posthog("order placed", 20, "kim", 5, total=30, **{"$is_identified": True}, **home),
        posthog("$web_vitals", 21, "kim", 6, **home),
        posthog("invoice paid", 30, "kim", 7, **{"$lib": "posthog-python"}),
        posthog("$pageview", 40, "dev-2", 8, **{"$current_url": "https://shop.example/blog", "$device_id": "dev-2"}),
        posthog("order placed", 50, "undefined", 9),
    ]


POSTHOG = [
    ("page", "/", "dev-1", "kim"),
    ("click", "Buy now", "dev-1", "kim"),
    ("identify", "", "dev-1", "kim"),
    ("event", "order placed", "dev-1", "kim"),
    ("event", "invoice paid", "user:kim", "kim"),
    ("page", "/blog", "dev-2", ""),
]


def test_posthog_events_keep_their_ids_and_people(shop: Shop) -> None:
    path = shop.file("posthog.jsonl.gz", gzip.compress("".join(json.dumps(r) + "\n" for r in posthog_rows()).encode()))
    said = shop.take(path)
    assert "This looks like a PostHog export of events" in said
    assert "9 rows read: 6 events added, 0 were there already, 1 refused, 2 left out." in said
    assert shop.told("type", "name", "visitor", "person") == POSTHOG
    found = shop.events()
    assert found[0]["id"] == "0198f3a2-5b1c-7d10-8a4e-000000000001"
    assert (found[0]["os"], found[0]["browser"], found[0]["session_source"]) == ("Linux", "Firefox", "direct")
    assert (found[2]["properties"], found[3]["properties"]) == ({"plan": "pro"}, {"total": 30})
    assert "203.0.113.9" not in json.dumps(found)
    assert shop.counts() == (2, 3, 2)  # kim's browser, kim's server, and dev-2


def test_posthog_tells_the_same_as_a_download_and_through_its_api(shop: Shop) -> None:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["uuid", "event", "properties", "timestamp", "distinct_id", "elements_chain"])
    for row in posthog_rows():
        cells = [row["uuid"], row["event"], json.dumps(row["properties"]), row["timestamp"], row["distinct_id"], ""]
        writer.writerow(cells)
    shop.take(shop.file("events.csv", text.getvalue()))
    assert shop.told("type", "name", "visitor", "person") == POSTHOG
    # The API: the newest first, in an array of one page of answers.
    api = [{**row, "id": row.pop("uuid")} for row in reversed(posthog_rows())]
    said = shop.take(shop.file("api.json", json.dumps({"next": None, "results": api})))
    assert "0 events added, 6 were there already" in said


@pytest.mark.parametrize(
    ("told", "agent"),
    [
        (("laptop", "Mac OS", "chrome"), ("desktop", "Mac OS X", "Chrome")),  # Umami
        (("mobile", "iOS", "ios"), ("mobile", "iOS", "Mobile Safari")),
        (("mobile", "Android", "Chrome"), ("mobile", "Android", "Chrome Mobile")),  # GA4, PostHog
        (("Smartphone", "iOS", "Mobile Safari"), ("mobile", "iOS", "Mobile Safari")),  # Matomo
        (("Desktop", "GNU/Linux", "Microsoft Edge"), ("desktop", "Linux", "Edge")),
        (("Desktop", "Windows 10", "Firefox"), ("desktop", "Windows", "Firefox")),
        (("smart tv", "Tizen", "Other one"), ("other", "Tizen", "Other one")),
    ],
)
def test_devices_go_by_the_names_of_live_ones(told: tuple[str, str, str], agent: tuple[str, str, str]) -> None:
    assert device_of(*told) == Agent(*agent)
    assert device_of("", "", "") is None


def segment_rows() -> list[dict[str, Any]]:
    def message(kind: str, second: int, number: int, **more: object) -> dict[str, Any]:
        return {
            "type": kind,
            "messageId": f"ajs-next-{number}",
            "anonymousId": "anon-1",
            "timestamp": f"2025-10-09T08:53:{second:02d}.000Z",
            "receivedAt": "2025-10-09T08:54:00.000Z",
            "context": {"ip": "203.0.113.9", "library": {"name": "analytics.js"}},
            **more,
        }

    url = {"url": "https://shop.example/pricing", "title": "Pricing", "referrer": "https://duckduckgo.com/"}
    return [
        message("page", 0, 1, properties=url),
        message("identify", 5, 2, userId="kim", traits={"plan": "pro"}),
        message("track", 9, 3, userId="kim", event="Order Completed", properties={"revenue": 12}),
        message("track", 10, 4, anonymousId=None, userId=None, event="x"),
        message("delete", 11, 5),
    ]


def test_segment_archives_are_read_as_its_api_is(shop: Shop) -> None:
    path = shop.file("1.gz", gzip.compress("".join(json.dumps(row) + "\n" for row in segment_rows()).encode()))
    said = shop.take(path)
    assert "This looks like a Segment archive" in said
    assert "5 rows read: 3 events added, 0 were there already, 2 refused." in said
    assert "line 4: neither anonymousId nor userId" in said
    assert "line 5: type 'delete' is not one of Segment's" in said
    assert shop.told("type", "name", "person") == [
        ("page", "/pricing", "kim"),
        ("identify", "", "kim"),
        ("event", "Order Completed", "kim"),
    ]
    found = shop.events()
    assert len({event["visitor"] for event in found}) == 1
    assert found[0]["session_source"] == "organic_search/duckduckgo"
    assert "203.0.113.9" not in json.dumps(found)
    assert shop.counts() == (1, 1, 1)
    assert "0 events added, 3 were there already" in shop.take(path)
