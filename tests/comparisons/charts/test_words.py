"""How figures are written."""

from __future__ import annotations

import pytest

from comparisons.metrics import words
from comparisons.metrics.rows import Interval


@pytest.mark.parametrize(
    ("value", "text"),
    [(6144, "6\u202f144.0"), (-3.36, "−3.4"), (0.0, "0.0"), (0.004, "0.004"), (-0.0004, "−0.0004"), (None, "–")],
)
def test_points_of_a_value(value: float | None, text: str) -> None:
    assert words.points(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(10.5, "10.5"), (146.7, "147"), (3.25, "3.3"), (476.46, "476.5"), (476.44, "476"), (4.0, "4"), (None, "–")],
)
def test_whole_keeps_a_half(value: float | None, text: str) -> None:
    assert words.whole(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(4.306, "4.31"), (0.0356, "0.0356"), (0.0, "0.00"), (12345.6, "12\u202f346"), (0.00015, "0.00015"), (None, "–")],
)
def test_money_has_the_digits_it_needs(value: float | None, text: str) -> None:
    assert words.money(value) == text


def test_money_of_next_to_nothing_is_not_0_and_the_rounding_of_a_computer_is() -> None:
    assert (words.money(0.00000004), words.money(1e-14), words.signed(-1e-14)) == ("0.000000040", "0.0000", "0.0")


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(5.25, 1, "5.3"), (-20.25, 1, "−20.3"), (0.1 + 0.2 + 4.95, 1, "5.3"), (2.5, 0, "3"), (2.675, 2, "2.68"),
     (5.249, 1, "5.2"), (1e15, 1, "1\u202f000\u202f000\u202f000\u202f000\u202f000.0"), (float("nan"), 1, "nan")],
)  # fmt: skip
def test_ties_are_rounded_as_people_do(value: float, digits: int, text: str) -> None:
    assert words.number(value, digits) == text


def test_money_of_a_lower_bound() -> None:
    assert words.money(4.3, is_lower_bound=True) == "≥\u00a04.30"


@pytest.mark.parametrize(
    ("value", "text"), [(1961.2, "1\u202f961"), (93.24, "93.2"), (2.014, "2.01"), (0.1504, "0.150")]
)
def test_seconds_have_three_digits(value: float, text: str) -> None:
    assert words.seconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.913, "91\u00a0%"),
        (0.088, "8.8\u00a0%"),
        (None, "–"),
        (0.0, "0\u00a0%"),
        (0.9962, "99.6\u00a0%"),
        (0.99997, "99.997\u00a0%"),
        (1.0, "100\u00a0%"),
        (-0.5, "−50\u00a0%"),
    ],
)
def test_share_in_per_cent(value: float | None, text: str) -> None:
    assert words.share(value) == text


def test_spans_of_an_interval() -> None:
    interval = Interval(-9.4, 285.2)
    assert words.difference_span(interval) == "[−9, +285]"
    assert words.prose_span(interval) == "−9 to +285"
    assert words.level_span(Interval(394.2, 474.0)) == "394 – 474"


def test_spans_of_a_narrow_interval_stay_apart() -> None:
    assert words.level_span(Interval(0.41, 0.47)) == "0.410 – 0.470"


def test_share_span_ends_at_the_whole_gap() -> None:
    assert words.share_span(Interval(0.7, 1.23)) == "70–100"
    assert words.share_span(Interval(-0.3, 0.67)) == "−30 to 67"


def test_spans_without_an_interval_are_missing() -> None:
    nothing = Interval(reason="one draw")
    assert [words.difference_span(nothing), words.level_span(nothing), words.share_span(nothing)] == ["–", "–", ""]
