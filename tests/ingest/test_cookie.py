"""Truth table of the identity cookie."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from collector.core.times import DAY
from collector.ingest.cookie import LIFE, cookie_name, mint, read_cookie, verify
from collector.ingest.visitor import boot_visitor, clean_ip, daily_visitor

OLD, NEW = b"o" * 32, b"n" * 32
NOW = 1_763_750_000_000
VISITOR = "v_" + "ab" * 16


def test_a_cookie_of_ours_names_its_visitor() -> None:
    value = mint([NEW], 1, VISITOR, NOW)
    assert verify([NEW], 1, value, NOW) == (VISITOR, False, NOW, False)


def test_a_cookie_is_refused_when_forged_of_another_site_or_key_too_old_or_from_the_future() -> None:
    value = mint([NEW], 1, VISITOR, NOW)
    assert verify([NEW], 2, value, NOW) is None
    assert verify([OLD], 1, value, NOW) is None
    assert verify([NEW], 1, value, NOW + LIFE + DAY) is None
    assert verify([NEW], 1, value, NOW - 2 * DAY) is None
    assert verify([NEW], 1, value.replace("ab", "cd", 1), NOW) is None
    head, _, signature = value.rpartition(".")
    assert verify([NEW], 1, f"{head}.{'0' * 64}", NOW) is None
    assert verify([NEW], 1, f"1.{VISITOR}.{NOW // 1000 + 5}.{signature}", NOW) is None


def test_after_a_rotation_the_former_key_still_counts_and_asks_for_a_new_cookie() -> None:
    value = mint([OLD], 1, VISITOR, NOW)
    assert verify([NEW, OLD], 1, value, NOW) == (VISITOR, True, NOW, True)


def test_a_cookie_is_renewed_after_a_day() -> None:
    value = mint([NEW], 1, VISITOR, NOW)
    assert verify([NEW], 1, value, NOW + 2 * DAY) == (VISITOR, True, NOW, False)


@given(st.text())
def test_no_text_makes_the_check_raise(value: str) -> None:
    assert verify([NEW], 1, value, NOW) is None
    assert read_cookie(f"a=b; {cookie_name(1)}={value}", [NEW], 1, NOW) is None


def test_garbage_of_other_cookies_and_a_forged_twin_do_not_hide_ours() -> None:
    value = mint([NEW], 1, VISITOR, NOW)
    header = f'x="; =; {{;;{cookie_name(1)}=1.forged; {cookie_name(11)}=z; {cookie_name(1)}={value}; y'
    assert read_cookie(header, [NEW], 1, NOW) == (VISITOR, False, NOW, False)


def test_the_same_bootstrap_id_gives_the_same_visitor_on_one_site_only() -> None:
    assert boot_visitor(NEW, 1, "b") == boot_visitor(NEW, 1, "b")
    assert (
        len(
            {boot_visitor(NEW, 1, "b"), boot_visitor(NEW, 2, "b"), boot_visitor(OLD, 1, "b"), boot_visitor(NEW, 1, "c")}
        )
        == 4
    )


def test_a_day_s_visitor_depends_on_salt_site_address_and_agent() -> None:
    base = (b"s", 1, "10.0.0.1", "UA")
    others = [
        (b"t", 1, "10.0.0.1", "UA"),
        (b"s", 2, "10.0.0.1", "UA"),
        (b"s", 1, "10.0.0.2", "UA"),
        (b"s", 1, "10.0.0.1", "UB"),
    ]
    assert daily_visitor(*base) == daily_visitor(*base)
    assert len({daily_visitor(*each) for each in [base, *others]}) == 5


def test_addresses_are_read_in_one_spelling_or_not_at_all() -> None:
    assert clean_ip(" 10.0.0.1 ") == "10.0.0.1"
    assert clean_ip("::ffff:10.0.0.1") == "10.0.0.1"
    assert clean_ip("[2001:db8::1]") == clean_ip("2001:db8::2") == "2001:db8::/64"
    assert [clean_ip(bad) for bad in ("unknown", "", "10.0.0.1:80", "1.2.3")] == [""] * 4
