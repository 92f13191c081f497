"""Numbers are written as the visual language says."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest

from comparisons.templatetags import numbers

GAP = "\u202f"
NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (12, "12"),
        (6144, f"6{GAP}144"),
        (1234567, f"1{GAP}234{GAP}567"),
        (10.5, "10.5"),
        (None, "–"),
        ("", "–"),
    ],
)
def test_count_has_thin_thousands_and_keeps_a_half(value: float | None, text: str) -> None:
    assert numbers.count(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(434.23, "434.2"), (0.0, "0.0"), (0.04, "0.04"), (-31, "−31.0"), (float("nan"), "–")]
)
def test_score_has_one_decimal_and_never_hides_what_is_not_zero(value: float, text: str) -> None:
    assert numbers.score(value) == text


@pytest.mark.parametrize(("value", "text"), [(600.0, "600"), (12.5, "12.5"), (33.33, "33.33"), (None, "–")])
def test_points_are_whole_where_they_are(value: float | None, text: str) -> None:
    assert numbers.points(value) == text


@pytest.mark.parametrize(("value", "text"), [(147.1, "+147.1"), (-31.04, "−31.0"), (0.0, "0.0"), (None, "–")])
def test_signed_has_a_true_minus_and_no_sign_at_zero(value: float | None, text: str) -> None:
    assert numbers.signed(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("93.491"), "93.49"),
        (Decimal("0.0141"), "0.0141"),
        (Decimal("0.00002"), "0.000020"),
        (Decimal(0), "0.00"),
        (Decimal("1234.5"), f"1{GAP}235"),
        (None, "–"),
    ],
)
def test_usd_has_more_decimals_the_smaller_it_is(value: Decimal | None, text: str) -> None:
    assert numbers.usd(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(Decimal("0.500000"), "0.50"), (Decimal("0.125"), "0.125"), (Decimal("15"), "15.00"), (None, "–")],
)
def test_price_shows_all_that_is_stated(value: Decimal | None, text: str) -> None:
    assert numbers.price(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.15, "0.150"), (2.014, "2.01"), (93.22, "93.2"), (412.4, "412"), (None, "–")]
)
def test_seconds_have_three_digits(value: float | None, text: str) -> None:
    assert numbers.seconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.91, "91"), (0.069, "6.9"), (1.0, "100"), (0.9996, "99.96"), (0.9951, "99.5"), (0.0, "0")]
)
def test_share_is_100_per_cent_only_where_it_is_exact(value: float, text: str) -> None:
    assert numbers.share(value) == f"{text}{NBSP}%"


@pytest.mark.parametrize(("value", "text"), [(812, "812 bytes"), (1229, "1.2 KiB"), (412 * 1024**2, "412 MiB")])
def test_mebibytes_has_the_unit_that_fits(value: int, text: str) -> None:
    assert numbers.mebibytes(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(8.2, "8 s"), (2460, "41 min"), (11400, "3 h 10 min"), (7200, "2 h"), (None, "–")]
)
def test_duration_is_for_people(value: float | None, text: str) -> None:
    assert numbers.duration(value) == text


@pytest.mark.parametrize(("value", "text"), [(312.4, "312 per s"), (0.5, "30 per min"), (None, "–")])
def test_rate_turns_to_minutes_below_one_a_second(value: float | None, text: str) -> None:
    assert numbers.rate(value) == text


def test_intervals_name_both_ends_or_nothing() -> None:
    shown = [
        numbers.level_interval(394.1, 474.4),
        numbers.difference_interval(9.2, 285.1),
        numbers.difference_interval(-31, 35),
        numbers.level_interval(None, 3.0),
    ]
    assert shown == ["394 – 474", "[+9, +285]", "[−31, +35]", "–"]


def test_day_names_the_year_only_where_it_is_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbers.timezone, "localdate", lambda: datetime.date(2026, 11, 20))
    days = [
        datetime.date(2026, 11, 20),
        datetime.date(2026, 11, 19),
        datetime.date(2026, 3, 2),
        datetime.date(2024, 9, 1),
    ]
    assert [numbers.day(value) for value in days] == ["today", "yesterday", f"2{NBSP}Mar", f"1{NBSP}Sep 2024"]
