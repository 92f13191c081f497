"""What may be said to a provider in its own words."""

from __future__ import annotations

import pytest

from comparisons.samplers.extras import owned, sent_bytes, unbounded
from comparisons.samplers.recipes import Recipe, RecipeError


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("n", "--choices-per-call"),
        ("best_of", "--choices-per-call"),
        ("max_completion_tokens", "--max-tokens"),
        ("max_output_tokens", "--max-tokens"),
        ("maxTokens", "--max-tokens"),
        ("num_predict", "--max-tokens"),
        ("model", "--name"),
        ("messages", "--template"),
        ("input", "--template"),
        ("stream", "--stream"),
        ("stream_options", "--stream"),
        ("reasoning_effort", "--effort"),
        ("api_key", "--key-stdin"),
        ("Authorization", "--key-stdin"),
        ("extra_headers", "--key-stdin"),
    ],
)
def test_what_podium_says_itself_is_refused_with_the_field_that_says_it(name: str, right: str) -> None:
    with pytest.raises(RecipeError) as refused:
        Recipe.of({"n": 1}, {"max_tokens": 100, name: 8})
    said = str(refused.value)
    assert said.startswith(f"The parameter {name!r} is not sent as it is: ")
    assert right in said


@pytest.mark.parametrize(
    ("extra", "is_bounded"),
    [
        ({"top_k": 20, "chat_template_kwargs": {"enable_thinking": False}}, True),
        ({"service_tier": "flex"}, True),
        ({"service_tier": "priority"}, False),
        ({"tools": [{"type": "web_search"}]}, False),
        ({"web_search_options": {}}, False),
        ({"prediction": {"type": "content", "content": "x"}}, False),
        ({"something_new": 1}, False),
    ],
)
def test_only_what_costs_nothing_beside_the_tokens_goes_with_a_cap(extra: dict[str, object], is_bounded: bool) -> None:
    assert owned(extra) == ""
    assert (unbounded(extra) == "") is is_bounded


def test_text_in_parameters_counts_as_input() -> None:
    assert (sent_bytes({}), sent_bytes({"stop": ["ab"]})) == (0, len('{"stop": ["ab"]}'))
