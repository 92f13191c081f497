"""What the chart of a random search says of its overfitting."""

from __future__ import annotations

from comparisons.charts.learning import search_spread


def caption(*, trained: list[float], held_out: list[float], chosen: tuple[float, float]) -> str:
    search = {
        "tries": [[1.0, 1.0, 0.1]] * len(trained), "trained": trained, "held_out": held_out,
        "chosen_trained": chosen[0], "chosen_held_out": chosen[1], "default_held_out": held_out[0],
        "spread_held_out": [min(held_out), max(held_out), 0.0],
    }  # fmt: skip
    return search_spread(search, "").caption


def test_what_the_defaults_lose_on_problems_held_out_is_not_called_overfitting() -> None:
    said = caption(trained=[0.73, 0.72], held_out=[0.681, 0.681], chosen=(0.73, 0.681))
    assert "overfits" not in said and "Tuning is worth +0.000 where it was tuned and +0.000 held out." in said


def test_what_the_chosen_lose_beyond_the_defaults_is() -> None:
    said = caption(trained=[0.7, 0.8], held_out=[0.65, 0.6], chosen=(0.8, 0.62))
    assert "Tuning is worth +0.100 where it was tuned and -0.030 held out: the search overfits by 0.130." in said
