"""What the chart of a random search says of its overfitting."""

from __future__ import annotations

from typing import Any

from comparisons.charts.learning import search_spread


def caption(
    *, trained: list[float], held_out: list[float], chosen: tuple[float, float], gain: dict[str, Any] | None = None
) -> str:
    search = {
        "tries": [[1.0, 1.0, 0.1]] * len(trained), "trained": trained, "held_out": held_out,
        "chosen_trained": chosen[0], "chosen_held_out": chosen[1], "default_held_out": held_out[0],
        "spread_held_out": [min(held_out), max(held_out), 0.0],
    }  # fmt: skip
    search |= {"gain": gain} if gain else {}
    return search_spread(search, "").caption


def test_what_the_defaults_lose_on_problems_held_out_is_not_called_overfitting() -> None:
    said = caption(trained=[0.73, 0.72], held_out=[0.681, 0.681], chosen=(0.73, 0.681))
    assert "overfits" not in said and "Tuning is worth 0.000 where it was tuned and 0.000 held out." in said


def test_what_the_chosen_lose_beyond_the_defaults_is() -> None:
    said = caption(trained=[0.7, 0.8], held_out=[0.65, 0.6], chosen=(0.8, 0.62))
    assert "Tuning is worth +0.100 where it was tuned and −0.030 held out: the search overfits by 0.130." in said


def test_what_tuning_is_worth_has_its_interval_or_the_reason_why_not() -> None:
    values = {"trained": [0.7, 0.8], "held_out": [0.65, 0.6], "chosen": (0.8, 0.67)}
    known = caption(**values, gain={"difference": 0.02, "lo": -0.01, "hi": 0.05, "reason": "", "of": "8 folds"})
    assert "and +0.020 held out (95 % over 8 folds −0.010 to +0.050): the search overfits by 0.080." in known
    one = {"difference": 0.02, "lo": None, "hi": None, "reason": "one fold only", "of": "1 fold"}
    assert "and +0.020 held out (no interval: one fold only): the search" in caption(**values, gain=one)
