"""Rate limits: nobody below a limit is turned away, whoever is above it learns when to come back."""

from __future__ import annotations

import pytest

from collector.counters import BUSY, LIMITED
from collector.web import limits
from collector.web.limits import Limiter, network
from tests.web.doors import Collector, batch, page

SOMEBODY = {"REMOTE_ADDR": "8.8.8.8"}


class Clock:
    now = 1_000_000 * 60.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("8.8.8.8", "8.8.8.8"),
        ("2a00:1450:4001:800::200e", "2a00:1450:4001:800::/64"),
        ("2a00:1450:4001:800:ffff::1", "2a00:1450:4001:800::/64"),
        ("::ffff:8.8.8.8", "8.8.8.8"),
        ("127.0.0.1", None),
        ("::1", None),
        ("10.1.2.3", None),
        ("::ffff:192.168.0.1", None),
        ("fe80::1%eth0", None),
        ("unknown", None),
        ("", None),
    ],
)
def test_a_client_is_its_address_or_its_network(address: str, client: str | None) -> None:
    assert network(address) == client


def test_a_limit_counts_events_by_the_minute() -> None:
    clock = Clock()
    limiter = Limiter(address=100, clock=clock)
    assert [limiter.wait("8.8.8.8", 1, 40)[0] for _ in range(3)] == [0, 0, 60]
    clock.now += 45.5
    assert limiter.wait("8.8.8.8", 1, 40) == (15, "address")
    assert limiter.wait("8.8.8.8", 1, 20) == (0, ""), "what still fits passes"
    assert limiter.wait("9.9.9.9", 1, 40) == (0, "")
    clock.now += 15
    assert limiter.wait("8.8.8.8", 1, 40) == (0, "")


def test_a_batch_larger_than_the_limit_passes_when_it_is_the_first_of_its_minute() -> None:
    limiter = Limiter(address=10, site=10, clock=Clock())
    assert limiter.wait("8.8.8.8", 1, 500) == (0, "")
    assert limiter.wait("8.8.8.8", 1, 1)[1] == "address"


def test_a_site_has_a_limit_of_its_own_whoever_sends() -> None:
    limiter = Limiter(site=50, clock=Clock())
    assert [limiter.wait("", 1, 30)[1] for _ in range(2)] == ["", "site"]
    assert limiter.wait("", 2, 30) == (0, "")


def test_nothing_is_limited_where_limits_are_off() -> None:
    limiter = Limiter(clock=Clock())
    assert {limiter.wait("8.8.8.8", 1, 10**6) for _ in range(50)} == {(0, "")}


def test_a_fault_of_the_limiter_lets_everything_through_and_is_logged_once_in_a_while(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(address: str) -> str:
        raise RuntimeError("broken")

    monkeypatch.setattr(limits, "network", broken)
    limiter = Limiter(address=1, clock=Clock())
    assert {limiter.wait("8.8.8.8", 1, 10) for _ in range(20)} == {(0, "")}
    assert len(caplog.records) == 1


def test_the_memory_of_a_minute_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MANY", 100)
    limiter = Limiter(address=10, clock=Clock())
    for number in range(1_000):
        limiter.wait(f"8.8.{number // 250}.{number % 250}", 1, 1)
    assert len(limiter._minute.sums()) <= 101


def test_a_visitor_beyond_what_a_person_does_is_counted() -> None:
    limiter = Limiter(clock=Clock())
    assert limiter.beyond("v_1", limits.VISITOR_EVENTS - 1) == 0
    assert limiter.beyond("v_1", 5) == 4
    assert limiter.beyond("v_1", 5) == 5
    assert limiter.beyond("", 10**6) == limiter.beyond("v_2", 5) == 0


def test_over_the_limit_a_browser_may_read_when_to_come_back_and_nothing_is_kept(collector: Collector) -> None:
    collector.door.limiter = Limiter(address=10, clock=Clock())
    assert collector.post(batch(*(page() for _ in range(8))), environ_base=SOMEBODY).status_code == 200
    answer = collector.post(batch(*(page() for _ in range(8))), environ_base=SOMEBODY)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "60"
    assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]
    assert answer.json is not None
    assert answer.json["error"] == "too_many"
    assert "Set-Cookie" not in answer.headers
    assert sum(len(record.events) for record in collector.records()) == 8
    assert collector.door.counters.own(LIMITED) == {("1", "address"): 8}
    assert collector.post(batch(*(page() for _ in range(8)))).status_code == 200, "an address of this host is a proxy's"


def test_a_secret_key_is_held_to_the_site_s_limit_only(collector: Collector) -> None:
    collector.door.limiter = Limiter(address=10, site=30, clock=Clock())
    event = {"type": "event", "name": "x", "visitor": "v"}
    headers = {"Authorization": "Bearer sk_demo", "Origin": ""}
    codes = [collector.post(batch(*[event] * 8), headers, environ_base=SOMEBODY).status_code for _ in range(4)]
    assert codes == [200, 200, 200, 429]


def test_a_busy_visitor_is_kept_and_counted(collector: Collector) -> None:
    for _ in range(3):
        assert collector.post(batch(*(page() for _ in range(500)))).status_code == 200
    assert sum(len(record.events) for record in collector.records()) == 1_500
    assert collector.door.counters.own(BUSY) == {("1",): 300}
