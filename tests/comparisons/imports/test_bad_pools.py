"""Files of samples that cannot be read: one sentence with file and line, and nothing, or all the rest, is imported."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet
import pytest

from comparisons.actions.pools import import_pool
from comparisons.models import Candidate, LanguageModel, Pool
from comparisons.samplers.formats import containers, json_records, read_raw
from judge.answers import Match, answer_key
from judge.errors import RecordError
from tests.factories import make_problem, make_problem_set

pytestmark = pytest.mark.django_db


def line(index: int, **changes: object) -> bytes:
    return json.dumps({"problem": "add", "index": index, "source": "print(1)", **changes}).encode() + b"\n"


def after(n: int, bad: bytes) -> Callable[[], bytes]:
    return lambda: b"".join(map(line, range(n))) + bad + line(n + 1)


CASES: dict[str, tuple[Callable[[], bytes], str]] = {
    "a broken line 10,001": (after(10_000, b'{"problem": "add", \n'), "a.jsonl, line 10001: is not JSON ("),
    "no UTF-8": (after(1, b'{"problem": "\xff"}\n'), "a.jsonl, line 2: is not UTF-8 text (byte 14)"),
    "a line of 50 MB": (after(1, line(1, source="x" * (50 << 20))), "a.jsonl, line 2: is longer than 32 MiB"),
    "a duplicate index": (after(2, line(1)), 'a.jsonl, line 3: "add", index 1, attempt 1 was there before'),
    "a number for a text": (after(1, line(1, source=7)), 'a.jsonl, line 2: "source" is no text'),
    "a negative token count": (after(1, line(1, usage={"input_tokens": -1})), 'a.jsonl, line 2: "input_tokens" is -1'),
    "no object": (after(1, b"[1]\n"), "a.jsonl, line 2: is not a JSON object"),
    "deep nesting": (after(1, b"[" * 100_000 + b"\n"), "a.jsonl, line 2: is "),
}


@pytest.mark.parametrize(("content", "said"), CASES.values(), ids=CASES)
def test_nothing_or_the_rest_is_imported(tmp_path: Path, content: Callable[[], bytes], said: str) -> None:
    problem_set = make_problem_set("sums")
    make_problem(problem_set, "add")
    path = tmp_path / "a.jsonl"
    path.write_bytes(content())
    user = problem_set.created_by
    models = LanguageModel.objects.count()
    with pytest.raises(RecordError) as error:
        import_pool(user, path, problem_set=problem_set, model_slug="m")
    assert str(error.value).startswith(said)
    assert (Pool.objects.count(), Candidate.objects.count(), LanguageModel.objects.count()) == (0, 0, models)
    report = import_pool(user, path, problem_set=problem_set, model_slug="m", on_error="skip")
    assert [f"a.jsonl, line {item.line}: {item.reason}".startswith(said) for item in report.skipped] == [True]
    assert Candidate.objects.count() == report.candidates == content().count(b"\n") - 1


@pytest.mark.parametrize(
    "answer", ["1e9999", "1e-9999", "1e9999/3", "9" * 3999, "10**10**10", "(" * 3999], ids=range(6)
)
def test_an_answer_of_any_size_has_a_key(answer: str) -> None:
    keys = [answer_key(text, Match.NUMERIC) for text in (answer, f"{answer} ", "1")]
    assert keys[0] == keys[1] != keys[2]


def test_a_row_group_beyond_all_bounds_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.parquet"
    rows = pyarrow.table({"problem": ["add"] * 300, "source": [f"print({n})" for n in range(300)]})
    pyarrow.parquet.write_table(rows, path, row_group_size=100)
    assert len(list(read_raw(path))) == 300
    monkeypatch.setattr(containers, "LARGEST_ROW_GROUP_BYTES", 100)
    with pytest.raises(RecordError, match=r"^a\.parquet: has more than 0 MiB in row group 1; write smaller ones$"):
        list(read_raw(path))


def test_one_object_beyond_all_bounds_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"eval": "x" * 200}, indent=1))
    monkeypatch.setattr(json_records, "LARGEST_OBJECT_BYTES", 100)
    with pytest.raises(RecordError, match=r"^a\.json: is one JSON object of more than 0 MiB$"):
        list(read_raw(path))
