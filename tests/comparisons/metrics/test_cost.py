from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from comparisons.metrics import (
    Calls,
    Cost,
    Latency,
    Prices,
    cost_of_draws,
    cost_of_run,
    first_draws,
    latency_of_draws,
    latency_of_problem,
    schedule,
)

NAN = float("nan")
PRICES = Prices(input_usd=Decimal("2"), output_usd=Decimal("10"), cached_input_usd=Decimal("0.5"))


def make_calls(row, inputs, outputs, cached=None):
    return Calls(
        np.array(row),
        np.array(inputs, dtype=float),
        np.zeros(len(row)) if cached is None else np.array(cached, dtype=float),
        np.array(outputs, dtype=float),
    )


def test_cost_of_draws_prices_the_disjoint_parts():
    calls = make_calls([0], [1_000_000], [100_000], cached=[400_000])
    # 600,000 x 2 + 400,000 x 0.5 + 100,000 x 10, per million.
    assert cost_of_draws(calls, PRICES, first_draws(1, 1)) == Cost(Decimal("2.4"), False)


@pytest.mark.parametrize(
    ("told", "reasoning_usd", "expected"),
    [
        # 100,000 output: 60,000 x 10 + 40,000 x 30 per million.
        ([40_000], "30", Cost(Decimal("1.8"), False)),
        ([NAN], "30", Cost(Decimal("1"), True)),
        (None, "30", Cost(Decimal("1"), True)),
        ([NAN], "10", Cost(Decimal("1"), False)),
    ],
)
def test_output_that_may_hold_dearer_reasoning_is_a_lower_bound(told, reasoning_usd, expected):
    calls = replace(
        make_calls([0], [0], [100_000]), reasoning_tokens=None if told is None else np.array(told, dtype=float)
    )
    prices = replace(PRICES, reasoning_usd=Decimal(reasoning_usd))
    assert cost_of_draws(calls, prices, first_draws(1, 1)) == expected


def test_cost_of_draws_counts_retries_of_the_draws_needed():
    calls = make_calls([0, 0, 1, 2], [0] * 4, [100_000] * 4)
    assert cost_of_draws(calls, PRICES, first_draws(1, 3)) == Cost(Decimal("2"), False)
    assert cost_of_draws(calls, PRICES, first_draws(9, 3)) == Cost(Decimal("4"), False)


def test_cost_of_random_draws_is_the_expectation():
    calls = make_calls([0, 1, 2, 3], [0] * 4, [100_000, 300_000, 0, 0])
    assert cost_of_draws(calls, PRICES, np.full(4, 0.5)) == Cost(Decimal("2"), False)
    assert cost_of_draws(calls, PRICES, np.array([0.25, 0.5, 1.0, 1.0])) == Cost(Decimal("1.75"), False)


@pytest.mark.parametrize(
    ("inputs", "outputs", "prices", "expected"),
    [
        ([NAN], [100_000], PRICES, Cost(Decimal("1"), True)),
        ([NAN], [NAN], PRICES, Cost(None, True)),
        ([100_000], [100_000], None, Cost(None, True)),
        ([100_000], [100_000], Prices(Decimal("2"), None), Cost(Decimal("0.2"), True)),
    ],
)
def test_cost_of_draws_with_an_unknown_part_is_a_lower_bound(inputs, outputs, prices, expected):
    assert cost_of_draws(make_calls([0], inputs, outputs), prices, first_draws(1, 1)) == expected


def test_cost_of_draws_without_a_recorded_call_is_a_lower_bound():
    calls = make_calls([0], [0], [100_000])
    assert cost_of_draws(calls, PRICES, first_draws(2, 2)) == Cost(Decimal("1"), True)


def test_cost_of_run_adds_fixed_calls_and_priced_cpu():
    draws = [Cost(Decimal("1"), False), Cost(Decimal("2"), False)]
    assert cost_of_run(draws) == Cost(Decimal("3"), False)
    total = cost_of_run(draws, fixed_calls=[Decimal("0.5")], judge_cpu_s=7200, cpu_hour_usd=Decimal("0.25"))
    assert total == Cost(Decimal("4.0"), False)


def test_cost_of_run_with_an_unknown_part_is_a_lower_bound():
    draws = [Cost(Decimal("1"), False)]
    assert cost_of_run(draws, fixed_calls=[None]) == Cost(Decimal("1"), True)
    assert cost_of_run(draws, judge_cpu_s=None, cpu_hour_usd=Decimal("1")) == Cost(Decimal("1"), True)
    assert cost_of_run(draws, judge_cpu_s=None) == Cost(Decimal("1"), False)
    assert cost_of_run([Cost(None, True)]) == Cost(None, True)


def test_schedule_starts_calls_in_order_on_free_slots():
    assert schedule([3, 1, 1, 2], slots=2) == 4
    assert schedule([3, 1, 1, 2], slots=1) == 7
    assert schedule([3, 1, 1, 2], slots=None) == 3
    assert schedule([], slots=1) == 0.0


def test_latency_of_draws_needs_only_the_first():
    assert latency_of_draws([2, 5, 9], [np.arange(2)], slots=1) == Latency(7.0, False)
    assert latency_of_draws([2, 5, 9], [np.arange(3)], slots=None) == Latency(9.0, False)
    assert latency_of_draws([2, 5, 9], [np.array([2, 0])], slots=1) == Latency(11.0, False)
    assert latency_of_draws([2, 5, 9], [np.arange(0)], slots=1) == Latency(0.0, False)


def test_latency_of_random_draws_is_a_mean():
    result = latency_of_draws([1, 1, 4, 4], [np.array([0]), np.array([2, 1])], slots=1)
    assert result == Latency(3.0, False)


def test_latency_of_draws_with_unknown_times_is_a_lower_bound():
    assert latency_of_draws([2, NAN], [np.arange(2)], slots=1) == Latency(2.0, True)
    assert latency_of_draws([NAN], [np.arange(1)], slots=1) == Latency(None, True)


def test_latency_of_problem_adds_what_follows_the_draws():
    result = latency_of_problem(
        Latency(10.0, False),
        probe_making_s=2.0,
        execution_cpu_s=8.0,
        cores=4,
        ranking_s=0.5,
        submissions=3,
        submission_s=1,
    )
    assert result == Latency(17.5, False)
    assert latency_of_problem(Latency(10.0, False), probe_making_s=None) == Latency(10.0, True)
    assert latency_of_problem(Latency(None, True), execution_cpu_s=8.0) == Latency(None, True)


def test_cost_of_run_that_is_at_least_nothing_is_unknown():
    nothing, unknown = Cost(Decimal(0), False), Cost(None, True)
    assert cost_of_run([nothing, unknown]) == Cost(None, True)
    assert cost_of_run([nothing, nothing]) == Cost(Decimal(0), False)
