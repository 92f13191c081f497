"""The recorded provider: what it finds, what it says of a file it cannot use."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from comparisons.samplers.providers import (
    Connection,
    Draws,
    PermanentError,
    Prompt,
    Provider,
    SamplingParameters,
    Usage,
    open_provider,
)


def recorded(tmp_path: Path, *lines: dict[str, Any] | str) -> Provider:
    path = tmp_path / "answers.jsonl"
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return open_provider("recorded", Connection("m", responses=path))


def ask(provider: Provider, *draws: Draws) -> Any:
    """What each of the draws brings (of one draw: that)."""
    with closing(provider):
        found = [provider.complete(Prompt(()), SamplingParameters(), one) for one in draws]
    return found if len(draws) > 1 else found[0]


def test_draws_are_found_by_problem_subtask_index_and_attempt(tmp_path: Path) -> None:
    key = {"problem": "sums", "index": 3}
    lines = [
        {**key, "raw": "whole"},
        {**key, "subtask": 2, "raw": "aimed"},
        {**key, "attempt": 2, "raw": "again"},
        {"problem": "other", "index": 3, "raw": "else"},
    ]
    provider = recorded(tmp_path, *lines)
    keys = [Draws("sums", index=3), Draws("sums", 2, 3), Draws("sums", None, 3, 2), Draws("other", index=3)]
    assert [found.choices[0].text for found in ask(provider, *keys)] == ["whole", "aimed", "again", "else"]


def test_lines_without_an_index_are_the_next_draws(tmp_path: Path) -> None:
    provider = recorded(
        tmp_path, {"problem": "a", "raw": "0"}, "", {"problem": "b", "raw": "0"}, {"problem": "a", "raw": "1"}
    )
    found = ask(provider, Draws("a", index=0), Draws("a", index=1))
    assert [one.choices[0].text for one in found] == ["0", "1"]


def test_source_without_an_answer_comes_as_a_fenced_block(tmp_path: Path) -> None:
    provider = recorded(tmp_path, {"problem": "a", "language": "cpp", "source": "int main() {}\n"})
    assert ask(provider, Draws("a")).choices[0].text == "```cpp\nint main() {}\n```\n"


def test_tokens_and_time_that_were_not_recorded_are_unknown(tmp_path: Path) -> None:
    found = ask(recorded(tmp_path, {"problem": "a", "raw": "x", "usage": {"output_tokens": 4}}), Draws("a"))
    assert (found.usage, found.latency_s) == (Usage(output_tokens=4), None)


def test_draw_that_was_not_recorded_is_missing(tmp_path: Path) -> None:
    with pytest.raises(PermanentError) as missing:
        ask(recorded(tmp_path, {"problem": "a", "raw": "x"}), Draws("a", index=1))
    assert str(missing.value) == "the recorded answers have no draw 1 of a"
    assert (missing.value.kind, missing.value.concerns_all) == ("not-recorded", False)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{broken", "line 2 of the recorded answers: is no JSON"),
        ("[1]", "line 2 of the recorded answers: is no JSON object"),
        ('{"raw": "x"}', 'line 2 of the recorded answers: "problem" is missing'),
        ('{"problem": "a", "raw": "x", "index": 0}', "line 2 of the recorded answers: draw 0 of a was before"),
    ],
)
def test_file_with_a_broken_line_is_refused(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(PermanentError) as refused:
        recorded(tmp_path, {"problem": "a", "raw": "x"}, line)
    assert str(refused.value) == said
