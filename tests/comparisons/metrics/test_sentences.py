"""What is said of a difference, by how far it is shown and what it costs."""

from __future__ import annotations

import dataclasses

import pytest

from comparisons.metrics import words
from comparisons.metrics.rows import CheapestRow, Interval, PairRow, RunRow
from comparisons.metrics.sentences import cost_words, findings, pair_words
from tests.comparisons.reports import make_pair, make_run_row

BASE = make_run_row(1, strategy="random-k", cost_usd=10.0)


def said(difference: float, shown: str | None, cost: float) -> str:
    run = make_run_row(2, cost_usd=cost)
    pair = make_pair(run, BASE, difference=difference, shown=shown)
    return cost_words(run, BASE, pair).replace(words.NO_BREAK, " ")


@pytest.mark.parametrize(
    ("difference", "shown", "cost", "expected"),
    [
        (50, "problems", 3.8, "Strictly better: it is 62 % cheaper and scores higher."),
        (50, "draws", 3.8, "Strictly better on these problems: it is 62 % cheaper and scores higher."),
        (50, None, 3.8, "It is 62 % cheaper, no difference in score shown."),
        (50, "problems", 31, "It costs 3.1 times as much."),
        (50, None, 12.6, "It costs 26 % more, no difference in score shown."),
        (-50, "problems", 3.8, "It is 62 % cheaper."),
        (0, None, 10, "It costs the same, no difference in score shown."),
    ],
)
def test_cost_words(difference: float, shown: str | None, cost: float, expected: str) -> None:
    assert said(difference, shown, cost) == expected


def test_a_dearer_and_lower_run_makes_the_baseline_strictly_better() -> None:
    assert said(-50, "problems", 31) == (
        "contest-7 · random-k is strictly better: contest-7 · largest-cluster-first costs 3.1 times as much and scores "
        "lower."
    )


def test_unknown_costs_are_not_compared() -> None:
    pair = make_pair(BASE, BASE)
    assert cost_words(make_run_row(2, cost_usd=None), BASE, pair) == ""
    bound = make_run_row(2, cost_usd=1.0, cost_is_lower_bound=True)
    assert cost_words(bound, BASE, pair) == "Parts of the cost are unknown, so the two are not compared in it."


def test_pair_words_name_the_interval_they_rest_on() -> None:
    wide, narrow = Interval(-232, 533), Interval(87, 214)
    assert pair_words(151, narrow, wide, "draws", n_problems=6, points=600, family=6) == (
        "Shown for these problems; not shown for problems like these: over draws +87 to +214 excludes 0, "
        f"over problems {words.MINUS}232 to +533 holds 0, one of six comparisons (Holm); "
        "smallest difference these 6 problems could have shown: 382.5 points."
    )
    assert pair_words(147, narrow, Interval(9, 285), "problems", n_problems=6, points=600, family=1) == (
        f"Shown for problems like these: rests on the 95{words.NO_BREAK}% interval over problems, +9 to +285; "
        "over draws +87 to +214 excludes 0."
    )
    stepped = Interval(9, 285, level=1 - 0.05 / 6)
    text = pair_words(147, narrow, stepped, "problems", n_problems=6, points=600, family=6)
    assert f"rests on the 99.2{words.NO_BREAK}% interval over problems, +9 to +285, one of six comparisons" in text
    hidden = pair_words(3, Interval(-51, 45), wide, None, n_problems=6, points=600, family=1)
    assert hidden.endswith("; smallest difference these 6 problems could have shown: 382.5 points.")
    none = pair_words(3, Interval(-51, 45), wide, None, n_problems=6, points=300, family=1)
    assert none.endswith("these 6 problems could have shown no difference at all, not even of all 300 points.")
    takes = pair_words(
        3, Interval(-51, 45), wide, None, n_problems=6, points=600, family=1, needed=1200, draws_needed=80
    )
    assert takes.endswith(
        f"; to show the one seen in four of five cases it would take about 1{words.GAP}200 problems like them, or for "
        "these problems about 80 draws of each."
    )


def test_findings_say_shown_ones_first_and_end_with_the_limits() -> None:
    select = make_run_row(2, cost_usd=20.0)
    scale = make_run_row(3, model="large-70", strategy="random-k", cost_usd=90.0)
    pairs = (make_pair(select, BASE, shown=None), make_pair(scale, BASE, shown="problems"))
    cheapest = (CheapestRow(300.0, 1, 400.0, 10.0, 310.0), CheapestRow(700.0, None, None, None, None))
    found = findings((BASE, select, scale), pairs, baseline=1, head_to_head=None, cheapest=cheapest, n_problems=8)
    assert [text.split(":")[0] for text in found] == [
        "Shown", "Not shown", "Cheapest, by mean scores on these problems", "Limits",
    ]  # fmt: skip
    assert found[2].endswith("300 points by contest-7 · random-k for 10.00 USD; 700 not reached.")


def test_findings_say_that_the_draws_of_a_selection_are_those_of_several_pools() -> None:
    """One larger pool makes the score of a selection no surer; the mean of random choice it does."""
    select, floor = make_run_row(2), make_run_row(3, strategy="random-k", kind="floor")
    base = dataclasses.replace(BASE, kind="floor")
    told = {}
    for row in (select, floor):
        pair = dataclasses.replace(make_pair(row, base, shown=None), draws_to_show=240)
        (told[row.run],) = (
            text
            for text in findings((base, row), (pair,), baseline=base.run, head_to_head=None, cheapest=(), n_problems=8)
            if text.startswith("Not shown")
        )
    assert "for these problems about 240 draws of each in several pools as large as these." in told[2]
    assert "for these problems about 240 draws of each." in told[3]


def test_a_comparison_without_pairs_says_the_scores() -> None:
    row = dataclasses.replace(BASE, score=54.91, points=100.0, no_limit=100.0)
    pairs: tuple[PairRow, ...] = ()
    found = findings((row,), pairs, baseline=1, head_to_head=None, cheapest=(), n_problems=1)
    assert found == (
        "contest-7 · random-k scores 54.9 of 100 points.",
        "Limits: contest-7 · random-k lost 45 points, and its pool holds programs for all of them. "
        "One problem set of 1 problem: nothing here says how other contests go.",
    )


def test_ceilings_say_what_the_pools_hold_and_that_more_draws_hold_more() -> None:
    def ceiling(run: int, pool: int, strategy: str, score: float, draws: float) -> RunRow:
        row = make_run_row(run, strategy=strategy, kind="ceiling", score=score, draws_used=draws)
        return dataclasses.replace(row, pool=pool, budget=1, model=f"model-{pool}", points=600.0)

    runs = [
        ceiling(2, 1, "no-limit", 160.0, 48),
        ceiling(3, 2, "oracle-k", 167.0, 41),
        ceiling(4, 2, "no-limit", 182.0, 41),
    ]
    said = findings([BASE, *runs], [], baseline=1, head_to_head=None, cheapest=[], n_problems=6)
    (text,) = [one for one in said if one.startswith("Ceilings")]
    assert text.replace(words.NO_BREAK, " ") == (
        "Ceilings: the pools hold, of 600 points: model-2 182 in 41 draws (167 with 1 submission a problem); "
        "model-1 160 in 48 draws. More draws hold more, so pools of other sizes do not compare in this."
    )
    assert not any(
        "Ceilings" in one for one in findings([BASE], [], baseline=1, head_to_head=None, cheapest=[], n_problems=6)
    )


def test_a_difference_without_spread_names_the_p_of_its_test() -> None:
    none = Interval(reason="the difference is the same on every problem: no spread to measure")
    text = pair_words(
        150.0, Interval(reason="one draw per unit"), none, None, n_problems=30, points=3000.0, family=1, p=5e-5
    )
    assert text == (
        "Whether it is shown cannot be said: no interval over draws (one draw per unit), no interval over problems "
        "(the difference is the same on every problem: no spread to measure); with signs at random so "
        "large a difference comes with p = 5e-05 (sign flips), but a difference is shown by an interval alone."
    )
    run = make_run_row(2, cost_usd=10.0)
    pair = dataclasses.replace(make_pair(run, BASE, difference=150.0, shown=None), over_problems=none, p=5e-5)
    told = findings([BASE, run], [pair], baseline=1, head_to_head=None, cheapest=(), n_problems=30)
    assert "p = 5e-05 (sign flips)" in told[0]
