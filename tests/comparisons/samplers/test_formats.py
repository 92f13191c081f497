"""Other tools' files of samples -> records in Podium's keys. The files are made here, in those tools' shapes."""

from __future__ import annotations

import gzip
import json
import zipfile
import zlib
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from comparisons.samplers.formats import FORMATS, RawRecord, detect, read_records
from comparisons.samplers.records import FieldError, parse_record
from judge.errors import RecordError
from tests.comparisons.imports.packages import write_lines

PYTHON = "print(1)\n"
USAGE = {"input_tokens": 30, "output_tokens": 9, "total_tokens": 39}
#: All keys of a sample as inspect_ai 0.3.285 writes them; those that hold much are empty here.
SAMPLE: dict[str, Any] = {
    "id": "Own/1",
    "epoch": 2,
    "input": "?",
    "target": "1",
    "store": {},
    "events": [],
    "role_usage": {},
    "total_time": 1.9,
    "working_time": 1.7,
    "uuid": "u1",
    "error_retries": [],
    "attachments": {},
    "turn_count": 1,
    "messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": f"```python\n{PYTHON}```"}],
    "output": {
        "model": "lab/small",
        "choices": [{"message": {"role": "assistant", "content": f"```python\n{PYTHON}```"}, "stop_reason": "stop"}],
        "completion": f"```python\n{PYTHON}```",
        "usage": USAGE,
        "input_context_tokens": 30,
        "time": 1.5,
    },
    "scores": {"verify": {"value": "C", "answer": "1", "explanation": "", "history": []}},
    "metadata": {"level": 3},
    "model_usage": {"lab/small": USAGE, "lab/grader": {"input_tokens": 999, "output_tokens": 999}},
}
HEAD = {
    "version": 2,
    "status": "success",
    "eval": {"task": "own", "model": "lab/small", "model_generate_config": {}, "config": {"epochs": 2}},
}
ROW: dict[str, Any] = {
    "year": 2024,
    "problem_id": "nile",
    "target_subtask": "02-path",
    "prompt": "long",
    "generation": "so: ...",
    "code": "int main() {}",
    "language": "cpp",
    "solution_number": 4,
    "metadata": {"usage": {"prompt_tokens": 10, "completion_tokens": 20, "cost": 0.0}, "stop_reason": "stop"},
    "all_subtasks_results": [
        {"subtask": "00-samples", "score": 1.0, "weighted_score": 0.0, "points": 0.0},
        {"subtask": "01-equal", "score": 1.0, "weighted_score": 6.0, "points": 6.0},
        {"subtask": "02-path", "score": 0.5, "points": 13.0},
    ],
}
TABLE = "solution,status,score,%test passed,time,memory,subtask_0,subtask_1,subtask_2\n"
SOLVED = {"task_id": "two-sum", "prompt": "p", "solution": PYTHON, "is_solved": True, "reflections": ["hm"]}
REPAIRED = {
    "question_id": "abc_a",
    "output_list": ["```python\nprint(2)\n```", "", ""],
    "code_list": ["print(2)", "print(1)", ""],
    "original_code_list": ["print(1)", "print(1)", "print(1)"],
    "graded_list": [True, False, False],
}


def write_eval(path: Path, *samples: Any, is_old: bool = False) -> Path:
    """A log as Inspect packs it, or as it did before 2026."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        add = archive.writestr if is_old else partial(write_zstandard, archive)
        add("_journal/start.json", json.dumps(HEAD))
        add("header.json", json.dumps(HEAD))
        add("summaries.json", "[]")
        for number, sample in enumerate(samples):
            text = sample if isinstance(sample, str) else json.dumps(sample)
            add(f"samples/{number}_epoch_1.json", text)
    return path


def write_zstandard(archive: zipfile.ZipFile, name: str, text: str) -> None:
    """A member packed by method 93: stored as it is packed, and then called so."""
    import pyarrow

    packed = pyarrow.compress(text.encode(), codec="zstd", asbytes=True)
    archive.writestr(name, packed, zipfile.ZIP_STORED)
    info = archive.getinfo(name)
    info.compress_type, info.file_size, info.CRC = 93, len(text.encode()), zlib.crc32(text.encode())


def write_table(path: Path, *rows: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(TABLE + "".join(f"{row}\n" for row in rows))
    return path


def write_parquet(path: Path, rows: list[dict[str, Any]]) -> Path:
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    return path


def draws(path: Path) -> list[Any]:
    return [dict(r.data) if isinstance(r, RawRecord) else str(r) for r in read_records(path)]


def test_inspect_log_as_json(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    path.write_text(json.dumps({**HEAD, "samples": [SAMPLE]}, indent=2))
    assert detect(path) == "inspect"
    assert draws(path) == [
        {
            "problem": "Own-1",
            "index": 1,
            "raw": f"```python\n{PYTHON}```",
            "usage": {"input_tokens": 30, "output_tokens": 9},
            "latency_s": 1.5,
            "finish_reason": "stop",
            "sample_id": "Own/1",
            "task": "own",
            "inspect_model": "lab/small",
            "metadata": {"level": 3},
            "inspect_scores": {"verify": "C"},
        }
    ]


def test_inspect_log_as_eval_has_the_same_draws(tmp_path: Path) -> None:
    path = write_eval(tmp_path / "log.eval", SAMPLE, {**SAMPLE, "epoch": 1})
    flat = tmp_path / "log.json"
    flat.write_text(json.dumps({**HEAD, "samples": [SAMPLE, {**SAMPLE, "epoch": 1}]}))
    old = write_eval(tmp_path / "old.eval", SAMPLE, {**SAMPLE, "epoch": 1}, is_old=True)
    assert detect(path) == detect(flat) == detect(old) == "inspect"
    assert draws(path) == draws(flat) == draws(old)


@pytest.mark.parametrize(
    ("usage", "counts"),
    [
        ({"input_tokens": 10, "output_tokens": 5, "total_tokens": 15, "input_tokens_cache_read": 4}, (10, 4, 5)),
        ({"input_tokens": 10, "output_tokens": 5, "total_tokens": 19, "input_tokens_cache_read": 4}, (14, 4, 5)),
        ({"input_tokens": 10, "output_tokens": 5, "total_tokens": 99, "input_tokens_cache_read": 4}, (None, None, 5)),
        ({"input_tokens": 10, "output_tokens": 5, "total_tokens": 15, "reasoning_tokens": 50}, (10, None, None)),
        ({}, (None, None, None)),
    ],
)
def test_inspect_tokens_become_inclusive_or_unknown(
    tmp_path: Path, usage: dict[str, int], counts: tuple[int | None, int | None, int | None]
) -> None:
    (draw,) = draws(write_eval(tmp_path / "a.eval", {**SAMPLE, "model_usage": {"lab/small": usage}}))
    found = draw["usage"] or {}
    names = ("input_tokens", "cached_input_tokens", "output_tokens")
    assert tuple(found.get(name) for name in names) == (counts if usage else (30, None, 9))


def test_inspect_latency_of_several_calls_is_unknown(tmp_path: Path) -> None:
    sample = {**SAMPLE, "messages": [*SAMPLE["messages"], {"role": "assistant", "content": "again"}], "model_usage": {}}
    (draw,) = draws(write_eval(tmp_path / "a.eval", sample))
    assert ("latency_s" in draw, draw["usage"]) == (False, None)


def test_inspect_score_that_is_none_is_no_reason_to_refuse_a_log(tmp_path: Path) -> None:
    sample = {**SAMPLE, "scores": {"verify": {"value": float("nan")}}}
    flat = tmp_path / "log.json"
    flat.write_text(json.dumps({**HEAD, "samples": [sample]}, indent=2))
    (draw,) = draws(flat)
    assert (draw["inspect_scores"], draws(write_eval(tmp_path / "a.eval", sample))) == ({"verify": None}, [draw])


def test_inspect_answer_that_a_filter_stopped_was_refused(tmp_path: Path) -> None:
    output = {"choices": [{"message": {"content": ""}, "stop_reason": "content_filter"}]}
    (draw,) = draws(write_eval(tmp_path / "a.eval", {**SAMPLE, "output": output}))
    assert (draw["no_program"], draw["finish_reason"]) == ("refused", "content_filter")


def test_inspect_thoughts_stand_before_the_answer(tmp_path: Path) -> None:
    content = [{"type": "reasoning", "reasoning": "hm"}, {"type": "text", "text": "42"}]
    sample = {**SAMPLE, "output": {"choices": [{"message": {"content": content}}]}}
    (draw,) = draws(write_eval(tmp_path / "a.eval", sample))
    assert draw["raw"] == "<think>\nhm\n</think>\n42"


def test_open_r1_rows_have_scores_tokens_and_code(tmp_path: Path) -> None:
    lines = write_lines(tmp_path / "a.jsonl", [ROW])
    assert detect(lines) == "open-r1"
    (draw,) = draws(lines)
    assert draw == {
        "problem": "nile",
        "subtask": 2,
        "index": 4,
        "language": "cpp",
        "source": "int main() {}",
        "raw": "so: ...",
        "usage": {"input_tokens": 10, "output_tokens": 20},
        "finish_reason": "stop",
        "scores": {"1": 6.0, "2": 6.5},
        "year": 2024,
        "metadata": ROW["metadata"],
    }


def test_open_r1_rows_as_parquet_are_the_same(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "a.parquet", [ROW, {**ROW, "solution_number": 5}])
    assert detect(path) == "open-r1"
    first, second = draws(path)
    assert (second["index"], first["scores"], first["usage"]) == (
        5, {"1": 6.0, "2": 6.5}, {"input_tokens": 10, "output_tokens": 20},
    )  # fmt: skip


def test_open_r1_counts_of_zero_are_unknown(tmp_path: Path) -> None:
    empty = {"usage": {"prompt_tokens": 0, "completion_tokens": 0}, "stop_reason": "unknown"}
    row = {**ROW, "metadata": empty, "code": "", "all_subtasks_results": None}
    (draw,) = draws(write_lines(tmp_path / "a.jsonl", [row]))
    assert (draw["usage"], draw["finish_reason"], draw["no_program"], "scores" in draw) == (
        None, None, "no program in the answer", False,
    )  # fmt: skip


def test_open_r1_tokens_may_have_the_other_names(tmp_path: Path) -> None:
    row = {**ROW, "metadata": {"usage": {"input_tokens": 7, "output_tokens": 8}}}
    (draw,) = draws(write_lines(tmp_path / "a.jsonl", [row]))
    assert draw["usage"] == {"input_tokens": 7, "output_tokens": 8}


def test_tables_of_liveoibench_in_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "contest"
    write_table(
        folder / "nile_day1_a_b_problem.csv", "nile_a_b_0.cpp,OK,6,9%,0.1,9,0,6,0.0", "nile_a_b_2.cpp,,,,,,0,0,1"
    )
    write_table(folder / "tree_day2_a_b_problem.csv", "tree_a_b_#1_7.cpp,OK,6,9%,0.1,9,0,6,0")
    (folder / "day1_contest_best.csv").write_text("problem,model\nnile,a_b\n")
    assert detect(folder) == "liveoibench"
    found = draws(folder)
    assert [(d["problem"], d["index"], d["scores"], d["language"]) for d in found] == [
        ("nile", 0, {"1": 6.0, "2": 0.0}, "cpp"),
        ("nile", 2, {"1": 0.0, "2": 1.0}, "cpp"),
        ("tree", 7, {"1": 6.0, "2": 0.0}, "cpp"),
    ]
    assert (found[0]["status"], found[0]["time"]) == ("OK", "0.1")


def test_a_date_beyond_all_calendars_in_parquet_is_said(tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    column = pyarrow.array([2**62], pyarrow.timestamp("us"))
    pyarrow.parquet.write_table(pyarrow.table({"when": column}), tmp_path / "a.parquet")
    with pytest.raises(RecordError, match="is no Parquet file that can be read"):
        list(read_records(tmp_path / "a.parquet"))


def test_tables_of_liveoibench_in_a_zip_are_the_same(tmp_path: Path) -> None:
    table = write_table(tmp_path / "c/nile_day1_a_problem.csv", "nile_a_0.cpp,OK,6,9%,0.1,9,0,6,0")
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        archive.write(table, "IOI/nile_day1_a_problem.csv")
    assert draws(tmp_path / "c.zip") == draws(tmp_path / "c") == draws(table)


def test_reflexion_is_scored_elsewhere(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", [SOLVED, {**SOLVED, "is_solved": False, "solution": ""}])
    assert detect(path) == "reflexion"
    common = {"problem": "two-sum", "language": "python3", "reflections": ["hm"]}
    assert draws(path) == [
        {**common, "source": PYTHON, "scores": {"1": 1.0}, "is_solved": True},
        {**common, "no_program": "no program in the answer", "scores": {"1": 0.0}, "is_solved": False},
    ]


def test_self_repair_of_livecodebench_has_two_attempts_where_the_program_changed(tmp_path: Path) -> None:
    found = draws(write_lines(tmp_path / "a.jsonl", [REPAIRED]))
    assert [(d["index"], d.get("attempt"), d["source"], d.get("graded")) for d in found] == [
        (0, 1, "print(1)", None),
        (0, 2, "print(2)", True),
        (1, None, "print(1)", False),
        (2, 1, "print(1)", None),
        (2, 2, "", False),
    ]


def test_gzipped_lines_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"problem": "a"}\n{"problem": "b"}\n'))
    assert draws(path) == [{"problem": "a"}, {"problem": "b"}]


BAD: list[tuple[str, Any, list[str]]] = [
    ("inspect, head only", lambda p: write_lines(p / "a.jsonl", [HEAD]), ["line 1: holds no samples: it is the head"]),
    (
        "inspect, an error for an answer",
        lambda p: write_eval(p / "a", {"id": 1, "epoch": 1, "error": {"message": "no credit"}}),
        ["sample 1, epoch 1 ended in an error before an answer: no credit"],
    ),
    ("inspect, no id", lambda p: write_eval(p / "a", {**SAMPLE, "id": None}), ['a sample\'s "id" is missing']),
    ("inspect, epoch", lambda p: write_eval(p / "a", {**SAMPLE, "epoch": 0}), ["the epoch is no whole number from 1"]),
    ("inspect, a broken sample", lambda p: write_eval(p / "a", SAMPLE, "{"), ["a/samples/1_epoch_1.json: is not JSON"]),
    (
        "open-r1, a call that failed",
        lambda p: write_lines(p / "a", [{**ROW, "generation": "", "metadata": {"error": "timed out"}}]),
        ["its call failed, nothing was answered: timed out"],
    ),
    ("open-r1, no problem", lambda p: write_lines(p / "a", [{**ROW, "problem_id": 7}]), ['line 1: "problem_id" is']),
    (
        "open-r1, no score",
        lambda p: write_lines(p / "a", [{**ROW, "all_subtasks_results": [{"subtask": "01-a"}]}]),
        ['"all_subtasks_results" does not say what subtask 1 scored'],
    ),
    (
        "liveoibench, an empty score",
        lambda p: write_table(p / "nile_day1_a_problem.csv", "nile_a_0.cpp,OK,6,9%,0.1,9,0,,0"),
        ['nile_day1_a_problem.csv, line 2: "subtask_1" is empty, not a score'],
    ),
    (
        "liveoibench, a short row",
        lambda p: write_table(p / "nile_day1_a_problem.csv", "nile_a_0.cpp,OK,6,9%,0.1,9,0,1,0", "nile_a_1.cpp"),
        ["line 3: has not as many cells as the table has columns"],
    ),
    (
        "liveoibench, no number",
        lambda p: write_table(p / "nile_day1_a_problem.csv", "nile.cpp,OK,6,9%,0.1,9,0,1,0"),
        ["line 2: \"solution\" is 'nile.cpp', which names no program"],
    ),
    ("reflexion", lambda p: write_lines(p / "a", [{**SOLVED, "is_solved": 1}]), ['"is_solved" is neither true']),
]


@pytest.mark.parametrize(("write", "said"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_a_record_that_cannot_be_read_is_named(tmp_path: Path, write: Any, said: list[str]) -> None:
    complaints = [found for found in draws(write(tmp_path)) if isinstance(found, str)]
    assert len(complaints) == len(said)
    assert all(part in complaint for part, complaint in zip(said, complaints, strict=True)), complaints


@pytest.mark.parametrize("format", [slug for slug in FORMATS if slug != "podium"])
def test_a_format_that_is_stated_of_another_file_is_refused_by_each_record(tmp_path: Path, format: str) -> None:
    path = write_lines(tmp_path / "a.jsonl", [{}, {"problem": "nile", "index": 0, "raw": "x"}])
    found = list(read_records(path, format=format))
    assert all(isinstance(one, RecordError) for one in found), found
    assert len(found) == 2


def _write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _zip_of(path: Path, name: str, content: str = "x") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return path


def _broken_zip(path: Path) -> bytes:
    content = bytearray(_zip_of(path, "a.jsonl", "x" * 999).read_bytes())
    content[37] = 0xFF  # the first byte of what is packed, after a header of 30 bytes and the name
    return bytes(content)


def _broken_log(path: Path) -> bytes:
    content = write_eval(path, SAMPLE).read_bytes()
    start = content.rindex(b"\x28\xb5\x2f\xfd")  # where the last frame of Zstandard begins
    return content[: start + 40] + b"\xff" * 8 + content[start + 48 :]


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (lambda p: _write(p / "a.zip", b"PK\x03\x04 broken"), "a.zip: is no complete zip file"),
        (lambda p: _write(p / "a.gz", b"\x1f\x8b broken"), "a.gz: is no complete gzip file"),
        (lambda p: _write(p / "a.gz", gzip.compress(b'{"problem": "a"}\n' * 999)[:-20]), "a.gz: is no complete gzip"),
        # A block of deflate of a kind that there is not: zlib's own error.
        (lambda p: _write(p / "a.gz", gzip.compress(b"")[:10] + b"\xff" * 40), "a.gz: is no complete gzip file"),
        (lambda p: _write(p / "b.zip", _broken_zip(p / "a.zip")), "b.zip: is no complete zip file"),
        (lambda p: _zip_of(p / "a.zip", "nile_day1_m_problem.csv", "x" * (33 << 20)), "line 1: is longer than 32 MiB"),
        (lambda p: _write(p / "a.parquet", b"PAR1 broken"), "a.parquet: is no Parquet file that can be read"),
        (lambda p: _write(p / "b.eval", _broken_log(p / "a.eval")), "b.eval: is no complete zip file"),
        (
            lambda p: _zip_of(p / "a.zip", "notes.txt"),
            "is a zip with neither an Inspect log, score tables nor one JSON",
        ),
        (lambda p: p, "holds no score tables (*_problem.csv)"),
        (lambda p: _write(p / "a.csv", b"solution\n\xff"), "a.csv, line 2: is not UTF-8 text"),
        (lambda p: _write(p / "a.json", b"{\n" + b'"a": 1'), "a.json: is not JSON"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, write: Any, said: str) -> None:
    with pytest.raises(RecordError) as error:
        list(read_records(write(tmp_path)))
    assert said in str(error.value)


def test_tables_of_two_models_are_no_pool(tmp_path: Path) -> None:
    for model in ("a", "b"):
        write_table(tmp_path / model / f"nile_day1_{model}_problem.csv", f"nile_{model}_0.cpp,OK,6,9%,0.1,9,0,6,0")
    with pytest.raises(RecordError, match=r"holds the tables of 2 models \(a, b\); import one"):
        list(read_records(tmp_path))


def test_zero_character_in_what_is_kept_is_refused() -> None:
    with pytest.raises(FieldError, match="holds a zero character"):
        parse_record({"problem": "a", "note": {"deep": ["x\0"]}}, {})
    assert parse_record({"problem": "a", "note": "\\u0000"}, {}).extra == {"note": "\\u0000"}
