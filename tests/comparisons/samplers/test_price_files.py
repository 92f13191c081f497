"""Published price lists: MathArena's YAML, told from the others by content. The files are of our own, in its shape."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from comparisons.samplers.price_files import parse_folder, parse_prices
from judge.errors import RecordError

ONE = """
model: our/quick--high
api: openai
max_tokens: 64000
read_cost: 1.10
cache_read_cost: 0.275
write_cost: 4.4
human_readable_id: Quick (high)
date: "2025-01-31"
"""


def test_yaml_of_one_model_is_a_dated_price_with_its_source() -> None:
    assert parse_prices("quick.yaml", ONE) == [
        {
            "input_usd_per_mtok": Decimal("1.1"),
            "cached_input_usd_per_mtok": Decimal("0.275"),
            "output_usd_per_mtok": Decimal("4.4"),
            "valid_from": "2025-01-31",
            "source": "MathArena's configs, quick.yaml: our/quick--high",
        }
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (ONE.replace("1.10", "0").replace("4.4", "0.0"), "quick.yaml: has 0 for both costs: it states no price"),
        (ONE.replace("4.4", "much"), "quick.yaml: \"write_cost\" is 'much', not USD per million tokens"),
        (ONE.replace("4.4", "-4"), 'quick.yaml: price 1: "output_usd_per_mtok" is -4, not USD per million '
         "tokens"),
        (ONE.replace("2025-01-31", "x"), "quick.yaml: price 1: \"valid_from\" is 'x', not a date like 2025-01-31"),
        ("model: quick\n", "quick.yaml: is not JSON (Expecting value: line 1 column 1 (char 0)), nor YAML of one model "
         "with read_cost and write_cost"),
    ],
)  # fmt: skip
def test_yaml_that_states_no_price_is_refused(text: str, reason: str) -> None:
    with pytest.raises(RecordError) as refused:
        parse_prices("quick.yaml", text)
    assert str(refused.value) == reason


def test_folder_gives_a_model_its_prices_by_date_without_repeating_them() -> None:
    files = [
        ("a/low.yaml", ONE.replace("high", "low").replace("2025-01-31", "2025-03-01")),
        ("a/high.yaml", ONE),
        ("a/cheap.yaml", ONE.replace("1.10", "0.55").replace("2025-01-31", "2025-06-01")),
        ("a/free.yaml", ONE.replace("1.10", "0").replace("4.4", "0").replace("2025-01-31", "2026-01-01")),
        ("b/other.yaml", ONE.replace("our/quick", "our/slow")),
        ("b/agent.yaml", "type: agent\n"),
    ]
    for name in ("quick", "our/quick--high", "Quick (high)"):
        found = parse_folder("models", files, name)
        assert [(price["valid_from"], price["input_usd_per_mtok"]) for price in found] == [
            ("2025-01-31", Decimal("1.1")), ("2025-06-01", Decimal("0.55")),
        ]  # fmt: skip
    with pytest.raises(RecordError, match="models: has no price for 'quik'; nearest: quick"):
        parse_folder("models", files, "quik")


def test_two_prices_of_one_day_are_refused_and_what_each_knows_goes_together() -> None:
    unknown = ONE.replace("cache_read_cost: 0.275\n", "")
    found = parse_folder("models", [("a.yaml", unknown), ("b.yaml", ONE)], "quick")
    assert [price["cached_input_usd_per_mtok"] for price in found] == [Decimal("0.275")]
    with pytest.raises(RecordError, match="b.yaml: has another price of quick from the same day as .* a.yaml"):
        parse_folder("models", [("a.yaml", ONE), ("b.yaml", ONE.replace("4.4", "5"))], "quick")


def litellm(**row: float) -> str:
    return json.dumps({"x/big": {"litellm_provider": "x", **row}})


def test_litellms_batch_discount_is_what_both_sides_say() -> None:
    full = {"input_cost_per_token": 2e-06, "output_cost_per_token": 8e-06}
    half = parse_prices(
        "t", litellm(**full, input_cost_per_token_batches=1e-06, output_cost_per_token_batches=4e-06), "big"
    )
    only = parse_prices("t", litellm(**full, output_cost_per_token_batches=4e-06), "big")
    uneven = parse_prices(
        "t", litellm(**full, input_cost_per_token_batches=1e-06, output_cost_per_token_batches=6e-06), "big"
    )
    assert [price.get("batch_discount") for (price,) in (half, only, uneven)] == [Decimal("0.5"), Decimal("0.5"), None]


def test_litellms_zeros_are_no_price_and_one_zero_is() -> None:
    with pytest.raises(RecordError, match="has 0 for both costs of x/big: it states no price"):
        parse_prices("t", litellm(input_cost_per_token=0, output_cost_per_token=0.0), "big")
    (price,) = parse_prices("t", litellm(input_cost_per_token=0, output_cost_per_token=1e-06), "big")
    assert (price["input_usd_per_mtok"], price["output_usd_per_mtok"]) == (0, 1)


def test_litellms_price_of_long_prompts_is_said_where_it_is_left_out() -> None:
    row = {
        "input_cost_per_token": 1e-06,
        "output_cost_per_token": 1e-06,
        "input_cost_per_token_above_200k_tokens": 2e-06,
    }
    (price,) = parse_prices("t", litellm(**row), "big")
    assert price["source"].endswith("x/big (there, long prompts have other prices; these are the first)")
