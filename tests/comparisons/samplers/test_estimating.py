"""Estimates: intervals that earlier draws narrow, and what stays unknown."""

from __future__ import annotations

import math
import random
from decimal import Decimal
from functools import lru_cache
from typing import Any

import pytest

from comparisons.metrics import student_quantile
from comparisons.samplers.estimating import Earlier, Estimate, Rates, estimate, most_input_tokens
from comparisons.samplers.providers import Message, Prompt

PROMPT = Prompt((Message("user", "x" * 3600),))
RATES = Rates(Decimal(1), Decimal(10))
#: Two units that are asked for, and others.
A, B, C, D = ("a", None), ("b", None), ("c", None), ("d", None)


def estimated(**changes: Any) -> Estimate:
    how: dict[str, Any] = {
        "units": [A, B],
        "draws": 10,
        "choices_per_call": 1,
        "attempts": 1,
        "max_tokens": 500,
        "rates": RATES,
        "earlier": [],
        "quantile": lambda freedom: 2.0,
        "concurrency": 4,
    }
    return estimate([PROMPT, PROMPT], **{**how, **changes})


def test_estimate_without_earlier_draws_lies_between_nothing_and_the_most() -> None:
    found = estimated()
    assert found.cost_usd == (Decimal("0.014400"), Decimal("0.128800"))
    assert (found.input_tokens, found.output_tokens, found.seconds) == (20_000, None, None)


def earlier(*draws: tuple[Any, int], latency_s: float | None = None, is_cut: bool = False) -> list[Earlier]:
    return [Earlier(unit, tokens, latency_s, is_cut=is_cut) for unit, tokens in draws]


def test_units_that_are_asked_for_again_take_what_they_took() -> None:
    found = estimated(earlier=earlier((A, 90), (A, 110), (B, 190), (B, 210), (C, 900), (C, 900)))
    # Means 100 and 200; within units the variance is 400 / 3, twice over 1/2 + 1/10: 2 · sqrt(160) / 2 to either side.
    reach = math.sqrt(160)
    assert (found.output_tokens, found.output_span) == (3000, (round(20 * (150 - reach)), round(20 * (150 + reach))))
    assert found.basis == "6 earlier draws of this model on 3 units (2 of them asked for here)"


def test_units_that_were_never_asked_for_scatter_as_others_did() -> None:
    # Means 100 and 200, variance 5,000: of two further ones the mean is 150 ± 2 · sqrt(5,000 · (1/2 + 1/2)).
    others = earlier((C, 100), (C, 100), (D, 200), latency_s=2.0)
    found = estimated(earlier=others, max_tokens=10_000)
    assert (found.output_tokens, found.output_span) == (3000, (round(20 * (150 - 141.42136)), round(20 * 291.42136)))
    assert found.cost_usd == (Decimal("0.016120"), Decimal("0.087080"))
    assert (found.seconds, found.basis) == (
        10.0,
        "3 earlier draws of this model on 2 units (none of them asked for here)",
    )
    # However many draws: the scatter between units does not shrink with them.
    more = estimated(earlier=others, max_tokens=10_000, draws=1000)
    assert more.output_span == (round(2000 * (150 - 141.42136)), round(2000 * 291.42136))


def test_one_draw_of_each_unit_tells_nothing_of_the_scatter_within() -> None:
    found = estimated(earlier=earlier((A, 100), (B, 200)), max_tokens=10_000)
    assert found.output_span == (round(20 * (150 - 141.42136)), round(20 * 291.42136))


def test_draws_that_were_cut_off_would_have_been_longer() -> None:
    some = [*earlier((A, 100), (A, 100), (B, 100)), *earlier((B, 100), is_cut=True)]
    found = estimated(earlier=some)
    assert found.output_tokens == 2000
    assert found.output_span is not None and found.output_span[1] is not None and found.output_span[1] > 4000
    assert found.basis.endswith("(all of them asked for here); 1 were cut off and would have been longer")
    unbounded = estimated(earlier=some, max_tokens=None)
    assert unbounded.output_span is not None and unbounded.output_span[1] is None
    # What was cut off where this would be cut off too is as long as it can be.
    same = estimated(earlier=some, max_tokens=100)
    assert same.output_span == (2000, 2000)


@lru_cache
def student(freedom: int) -> float:
    return student_quantile(0.975, freedom)


@pytest.mark.parametrize(
    ("known", "per_unit", "asked", "again"), [(8, 2, 8, 8), (40, 5, 8, 0), (60, 5, 1, 0), (20, 4, 9, 5)]
)
def test_interval_holds_what_is_drawn_nine_times_in_ten(known: int, per_unit: int, asked: int, again: int) -> None:
    lots, held, tried = random.Random(7), 0, 300
    for _ in range(tried):
        typical = {unit: lots.lognormvariate(8, 0.6) for unit in range(known + asked - again)}
        units = list(typical)[known - again :]

        def tokens(unit: int, typical: dict[int, float] = typical) -> int:
            return max(1, round(typical[unit] * lots.lognormvariate(0, 0.5)))

        before = [Earlier(unit, tokens(unit), None) for unit in range(known) for _ in range(per_unit)]
        found = estimated(units=units, earlier=before, quantile=student, max_tokens=10**7)
        span = found.output_span
        assert span is not None and span[1] is not None
        held += span[0] <= sum(tokens(unit) for unit in units for _ in range(10)) * 2 / len(units) <= span[1]
    assert held / tried >= 0.87


def test_time_is_that_of_calls_at_once_of_a_minute_and_of_the_longest() -> None:
    some = [*earlier((A, 9), (B, 9), latency_s=2.0), *earlier((A, 9), (B, 9), latency_s=4.0)]
    free, paced = estimated(earlier=some), estimated(earlier=some, per_minute=6)
    # 20 calls of 3 s, four at once; of six a minute the last is begun after 190 s.
    assert (free.seconds, paced.seconds) == (15.0, 193.0)
    # Variance 2 within units: 3 ± 2 · sqrt(2 · 2 · (1/2 + 1/10)) / 2; and then the longest.
    reach = math.sqrt(2.4)
    assert free.seconds_span == pytest.approx(((3 - reach) * 5, (3 + reach) * 5 + 4))
    assert paced.seconds_span == pytest.approx((190 + 3 - reach, 190 + 3 + reach))


def test_time_is_that_of_as_many_calls_at_once_as_the_endpoint_bore() -> None:
    some = [*earlier((A, 9), (B, 9), latency_s=2.0), *earlier((A, 9), (B, 9), latency_s=4.0)]
    free, slow, fast = (estimated(earlier=some, borne=borne) for borne in (None, 2.5, 90.0))
    assert (free.seconds, slow.seconds, fast.seconds) == (15.0, 24.0, 15.0)
    assert (slow.at_once, fast.at_once) == ((2, 4), (4, 4))
    assert free.seconds_span is not None and slow.seconds_span is not None
    reach = math.sqrt(2.4)
    assert slow.seconds_span == pytest.approx((free.seconds_span[0], (3 + reach) * 8 + 4))


def test_estimate_of_one_unit_has_no_interval_of_its_own() -> None:
    found = estimated(earlier=earlier((C, 100)))
    assert (found.output_tokens, found.cost_usd) == (2000, (Decimal("0.014400"), Decimal("0.128800")))


def test_estimate_without_prices_or_bounds_says_so() -> None:
    assert estimated(rates=None).cost_usd is None
    assert estimated(rates=Rates(Decimal(1), None)).cost_usd is None
    assert estimated(max_tokens=None).cost_usd == (Decimal("0.014400"), None)


def test_dearer_reasoning_is_in_the_upper_bound_and_as_earlier_draws_had_it_in_the_middle() -> None:
    told = [Earlier(unit, 100, 1.0, reasoning) for unit, reasoning in ((A, 50), (B, 50), (A, None))]
    rates = Rates(Decimal(0), Decimal(10), Decimal(30))
    found = [estimated(earlier=some, rates=rates) for some in (told, told[2:])]
    flat = estimated(earlier=told, rates=Rates(Decimal(0), Decimal(10)))
    assert flat.likely_usd is not None and flat.cost_usd is not None and found[0].cost_usd is not None
    # Half of the output was reasoning: (10 + 30) / 2 a token.
    assert [one.likely_usd for one in found] == [2 * flat.likely_usd, None]
    assert (found[0].cost_usd[0], found[0].cost_usd[1]) == (flat.cost_usd[0], 3 * (flat.cost_usd[1] or 0))


def test_several_choices_of_a_call_read_the_prompt_once() -> None:
    assert estimated(choices_per_call=5).input_tokens == 4_000


def test_further_attempts_read_the_answers_before() -> None:
    some = earlier((A, 100), (B, 100))
    # 20 draws, 2 attempts: the prompt 40 times, 100 tokens of the first answer 20 times.
    assert estimated(attempts=2, earlier=some).input_tokens == 42_000


def test_turns_with_runs_are_in_the_upper_bound_only() -> None:
    some = earlier((A, 100), (B, 100))
    plain, runs = estimated(attempts=2, earlier=some), estimated(attempts=2, earlier=some, run_turns=3)
    assert plain.cost_usd is not None and runs.cost_usd is not None
    assert (plain.cost_usd[0], plain.likely_usd, plain.calls) == (runs.cost_usd[0], runs.likely_usd, 40)
    # Five answers of 100 tokens a draw instead of two; the prompt five times, and 0 + 1 + 2 + 3 + 4 answers reread.
    assert runs.cost_usd[1] == Decimal("0.264000")  # 144,000 + 20,000 tokens in, 10,000 out


def test_most_input_tokens_are_never_fewer_than_the_bytes() -> None:
    prompt = Prompt((Message("system", "é" * 10), Message("user", "ab")))
    assert most_input_tokens(prompt) == 22 + 3 * 16


def test_nothing_that_is_missing_takes_nothing() -> None:
    found = estimated(draws=0, earlier=earlier((A, 90), (A, 110), latency_s=1.0))
    assert (found.cost_usd, found.output_span, found.calls) == ((Decimal(0), Decimal(0)), (0, 0), 0)
    assert (found.seconds, found.seconds_span) == (0.0, (0.0, 0.0))
