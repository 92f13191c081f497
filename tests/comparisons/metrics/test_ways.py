"""What the way from a baseline to another run is called."""

from __future__ import annotations

import dataclasses

import pytest

from comparisons.metrics.ways import way
from tests.comparisons.reports import make_run_row

BASE = dataclasses.replace(make_run_row(1, model="base-7", strategy="random-k"), n_parameters=7)


@pytest.mark.parametrize(
    ("model", "strategy", "facts", "expected"),
    [
        ("base-7", "public-filter", {}, "select"),
        ("contest-7", "random-k", {"derived_from": "base-7"}, "specialise"),
        ("large-70", "random-k", {"n_parameters": 70}, "scale"),
        ("large-70", "random-k", {}, "model"),
        ("contest-7", "random-k", {"n_parameters": 7}, "model"),
        ("contest-7", "public-filter", {"derived_from": "base-7"}, "both"),
    ],
)
def test_way(model: str, strategy: str, facts: dict[str, object], expected: str) -> None:
    row = dataclasses.replace(make_run_row(2, model=model, strategy=strategy), **facts)
    assert way(row, BASE) == expected


def test_way_to_the_model_that_the_baseline_was_tuned_from_is_another_model() -> None:
    base = dataclasses.replace(BASE, derived_from="large-70")
    row = dataclasses.replace(make_run_row(2, model="large-70", strategy="random-k"), n_parameters=70)
    assert way(row, base) == "model"
