"""Event times: a wrong device clock cancels out, and a device's own order is kept across requests."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from collector.core.times import DAY, HOUR
from collector.ingest.clock import JITTER, MAX_BACKDATE, DeviceClocks, event_time

NOW = 1_790_000_000_000


@given(st.integers(-400 * DAY, 400 * DAY), st.integers(0, MAX_BACKDATE), st.integers(0, 3_000))
def test_a_wrong_clock_cancels_out(wrong: int, age: int, network: int) -> None:
    created = NOW - age - network + wrong
    assert event_time(NOW, NOW - network + wrong, created) == NOW - age


def test_what_cannot_be_believed_happened_when_it_arrived() -> None:
    assert event_time(NOW, NOW, None) == NOW
    assert event_time(NOW, None, NOW - HOUR) == NOW
    assert event_time(NOW, NOW - 5, NOW) == NOW
    assert event_time(NOW, NOW, NOW - MAX_BACKDATE - 1) == NOW


def test_a_server_may_tell_of_the_past_but_not_of_the_future() -> None:
    assert event_time(NOW, NOW, NOW - 900 * DAY, trusted=True) == NOW - 900 * DAY
    assert event_time(NOW, NOW, NOW + HOUR, trusted=True) == NOW


@given(
    st.integers(-30 * DAY, 30 * DAY),
    st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, JITTER // 2)), min_size=2, max_size=20),
)
def test_events_of_one_device_keep_their_order_whatever_the_network_takes(
    wrong: int, requests: list[tuple[int, int]]
) -> None:
    clocks = DeviceClocks()
    times, at, arrived = [], NOW, NOW
    for pause, network in requests:
        at += pause
        arrived = max(arrived, at + network)
        sent = at + wrong
        ahead = clocks.ahead(1, "v", arrived, sent)
        times.append(event_time(arrived, sent, sent, ahead=ahead))
        assert times[-1] <= arrived
    assert times == sorted(times)


def test_a_clock_that_was_set_is_measured_anew() -> None:
    clocks = DeviceClocks()
    assert clocks.ahead(1, "v", NOW, NOW - 40) == 40
    assert clocks.ahead(1, "v", NOW + 1_000, NOW + 1_000 - 300) == 40
    assert clocks.ahead(1, "v", NOW + 2_000, NOW + 2_000 - HOUR) == HOUR
    assert clocks.ahead(2, "v", NOW, NOW - 7) == 7


def test_only_so_many_devices_are_remembered() -> None:
    clocks = DeviceClocks(most=2)
    for name in "abc":
        clocks.ahead(1, name, NOW, NOW - 40)
    assert clocks.ahead(1, "a", NOW, NOW - 90) == 90
    assert clocks.ahead(1, "c", NOW, NOW - 90) == 40
