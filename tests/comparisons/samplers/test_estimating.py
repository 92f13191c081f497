"""Estimates: intervals that earlier draws narrow, and what stays unknown."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from comparisons.samplers.estimating import Earlier, Estimate, Rates, estimate, most_input_tokens
from comparisons.samplers.providers import Message, Prompt

PROMPT = Prompt((Message("user", "x" * 3600),))
RATES = Rates(Decimal(1), Decimal(10))


def estimated(**changes: Any) -> Estimate:
    how: dict[str, Any] = {
        "draws": 10,
        "choices_per_call": 1,
        "attempts": 1,
        "max_tokens": 500,
        "rates": RATES,
        "earlier": [],
        "concurrency": 4,
    }
    return estimate([PROMPT, PROMPT], **{**how, **changes})


def test_estimate_without_earlier_draws_lies_between_nothing_and_the_most() -> None:
    found = estimated()
    assert found.cost_usd == (Decimal("0.014400"), Decimal("0.128800"))
    assert (found.input_tokens, found.output_tokens, found.seconds) == (20_000, None, None)


def test_estimate_by_earlier_draws_is_their_mean_over_units() -> None:
    earlier = [Earlier((unit, None), tokens, 2.0) for unit, tokens in ((1, 100), (1, 100), (1, 100), (2, 200))]
    found = estimated(earlier=earlier)
    # Means 100 and 200: 150 ± 1.96 · 50.
    assert (found.output_tokens, found.seconds) == (3000, 10.0)
    assert found.cost_usd == (Decimal("0.024800"), Decimal("0.078400"))
    assert found.basis == "4 earlier draws of this model on 2 units"


def test_estimate_of_one_unit_has_no_interval_of_its_own() -> None:
    found = estimated(earlier=[Earlier((1, None), 100, None)])
    assert (found.output_tokens, found.cost_usd) == (2000, (Decimal("0.014400"), Decimal("0.128800")))


def test_estimate_without_prices_or_bounds_says_so() -> None:
    assert estimated(rates=None).cost_usd is None
    assert estimated(rates=Rates(Decimal(1), None)).cost_usd is None
    assert estimated(max_tokens=None).cost_usd == (Decimal("0.014400"), None)


def test_dearer_reasoning_is_in_the_upper_bound_and_as_earlier_draws_had_it_in_the_middle() -> None:
    told = [Earlier((unit, None), 100, 1.0, reasoning) for unit, reasoning in ((1, 50), (2, 50), (1, None))]
    rates = Rates(Decimal(0), Decimal(10), Decimal(30))
    found = [estimated(earlier=earlier, rates=rates) for earlier in (told, told[2:])]
    flat = estimated(earlier=told, rates=Rates(Decimal(0), Decimal(10)))
    assert flat.likely_usd is not None and flat.cost_usd is not None and found[0].cost_usd is not None
    # Half of the output was reasoning: (10 + 30) / 2 a token.
    assert [one.likely_usd for one in found] == [2 * flat.likely_usd, None]
    assert (found[0].cost_usd[0], found[0].cost_usd[1]) == (flat.cost_usd[0], 3 * (flat.cost_usd[1] or 0))


def test_several_choices_of_a_call_read_the_prompt_once() -> None:
    assert estimated(choices_per_call=5).input_tokens == 4_000


def test_further_attempts_read_the_answers_before() -> None:
    earlier = [Earlier((unit, None), 100, None) for unit in (1, 2)]
    # 20 draws, 2 attempts: the prompt 40 times, 100 tokens of the first answer 20 times.
    assert estimated(attempts=2, earlier=earlier).input_tokens == 42_000


def test_turns_with_runs_are_in_the_upper_bound_only() -> None:
    earlier = [Earlier((unit, None), 100, None) for unit in (1, 2)]
    plain, runs = estimated(attempts=2, earlier=earlier), estimated(attempts=2, earlier=earlier, run_turns=3)
    assert plain.cost_usd is not None and runs.cost_usd is not None
    assert (plain.cost_usd[0], plain.likely_usd, plain.calls) == (runs.cost_usd[0], runs.likely_usd, 40)
    # Five answers of 100 tokens a draw instead of two; the prompt five times, and 0 + 1 + 2 + 3 + 4 answers reread.
    assert runs.cost_usd[1] == Decimal("0.264000")  # 144,000 + 20,000 tokens in, 10,000 out


def test_most_input_tokens_are_never_fewer_than_the_bytes() -> None:
    prompt = Prompt((Message("system", "é" * 10), Message("user", "ab")))
    assert most_input_tokens(prompt) == 22 + 3 * 16
