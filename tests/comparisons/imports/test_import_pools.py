from __future__ import annotations

import gc
import json
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from comparisons.actions import Refused
from comparisons.actions.pools import export_pool, import_pool, preview_pool, read_mapping
from comparisons.models import (
    Candidate,
    JudgedProblem,
    Judging,
    LanguageModel,
    Pool,
    PoolState,
    ProblemSet,
    User,
    blobs,
)
from comparisons.samplers import reading
from comparisons.stages import importing_pools
from judge.errors import RecordError
from judge.verdicts import CODES
from tests.comparisons.imports.packages import RIGHT, write_lines
from tests.factories import make_problem, make_problem_set, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def problem_set() -> ProblemSet:
    problem_set = make_problem_set("sums")
    for slug in ("add", "subtract"):
        make_problem(problem_set, slug)
    return problem_set


def read(problem_set: ProblemSet, path: Path, **options: Any) -> Any:
    return import_pool(problem_set.created_by, path, problem_set=problem_set, model_slug="small", **options)


def test_garbage_is_collected_again_after_an_import_and_after_one_that_is_refused(
    problem_set: ProblemSet, tmp_path: Path
) -> None:
    read(problem_set, write_lines(tmp_path / "a.jsonl", [{"problem": "add", "source": RIGHT}]))
    assert gc.isenabled()
    with pytest.raises(RecordError):
        read(problem_set, write_lines(tmp_path / "b.jsonl", [{"problem": "add", "index": -1}]))
    assert gc.isenabled()


def test_every_field_of_a_record_is_kept(problem_set: ProblemSet, tmp_path: Path) -> None:
    record = {
        "problem": "add",
        "index": 7,
        "subtask": 2,
        "attempt": 3,
        "language": "Python",
        "source": RIGHT,
        "answer": None,
        "raw": "so: ...",
        "usage": {"input_tokens": 10, "cached_input_tokens": 4, "output_tokens": 20, "reasoning_tokens": 5},
        "latency_s": 1.25,
        "finish_reason": "stop",
        "seed": {"deep": [1]},
    }
    report = read(problem_set, write_lines(tmp_path / "a.jsonl", [record]))
    candidate = Candidate.objects.get()
    fields = ("index", "subtask", "attempt", "language", "source", "raw", "latency_s", "finish_reason", "extra")
    assert {name: getattr(candidate, name) for name in fields} == {
        **{name: record[name] for name in fields if name in record},
        "language": "python3",
        "extra": {"seed": {"deep": [1]}},
    }
    tokens = (
        candidate.input_tokens,
        candidate.cached_input_tokens,
        candidate.output_tokens,
        candidate.reasoning_tokens,
    )
    assert tokens == (10, 4, 20, 5)
    assert len(candidate.program_hash) == 32
    assert (report.candidates, report.problems, report.pool.formulation) == (1, 1, "subtask")
    assert LanguageModel.objects.get().slug == "small"


def test_absent_is_unknown_and_indices_follow_the_file(problem_set: ProblemSet, tmp_path: Path) -> None:
    lines = [{"problem": slug, "source": RIGHT} for slug in ("add", "subtract", "add")]
    report = read(problem_set, write_lines(tmp_path / "a.jsonl", [*lines, {"problem": "add", "index": 9}]))
    found = Candidate.objects.values_list(
        "problem__slug", "index", "input_tokens", "latency_s", "language", "no_program"
    )
    assert list(found.order_by("pk")) == [
        ("add", 0, None, None, "python3", ""),
        ("subtract", 0, None, None, "python3", ""),
        ("add", 1, None, None, "python3", ""),
        ("add", 9, None, None, "", "no program"),
    ]
    revision = report.pool.newest_revision
    assert (revision.n_candidates, revision.n_draws, report.no_program) == (4, 3, {"no program": 1})


def test_raw_without_source_is_parsed_and_mapped_source_is_taken_as_it_is(
    problem_set: ProblemSet, tmp_path: Path
) -> None:
    lines = [
        {"problem": "add", "raw": f"Here:\n```python\n{RIGHT}```\n"},
        {"problem": "add", "raw": "I do not know."},
        {"problem": "add", "raw": "```python\nfor", "finish_reason": "length"},
    ]
    read(problem_set, write_lines(tmp_path / "a.jsonl", lines))
    assert list(Candidate.objects.values_list("source", "no_program")) == [
        (RIGHT, ""),
        ("", "no program in the answer"),
        ("", "cut off before a program"),
    ]
    line = {"task_id": "add", "completion": "```\nnot parsed", "usage": {"prompt_tokens": 3}}
    mapping = read_mapping("problem=task_id, source=completion, input_tokens=usage.prompt_tokens")
    report = read(problem_set, write_lines(tmp_path / "b.jsonl", [line]), mapping=mapping)
    candidate = report.pool.candidates.get()
    assert (candidate.source, candidate.input_tokens, candidate.extra) == ("```\nnot parsed", 3, {})


def test_unknown_problems_are_skipped_counted_and_named(problem_set: ProblemSet, tmp_path: Path) -> None:
    lines = [{"problem": slug, "source": RIGHT} for slug in ("add", "substract", "substract", "prime")]
    report = read(problem_set, write_lines(tmp_path / "a.jsonl", lines))
    assert [(u.slug, u.n, u.nearest) for u in report.unmatched] == [("substract", 2, ("subtract",)), ("prime", 1, ())]
    data = report.to_data()
    assert (data["candidates"], len(data["skipped"])) == (1, 3)
    assert data["skipped"][0] == {"record": 2, "line": 2, "reason": "the set has no problem 'substract'"}
    assert report.pool.import_report["unmatched_records"] == 3
    assert report.pool.import_report["unmatched_problems"] == 2


def test_nothing_matched_is_refused(problem_set: ProblemSet, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", [{"problem": "ad"}])
    with pytest.raises(RecordError, match=r"^a\.jsonl: none of its 1 records .* 'ad', nearest: add\)$"):
        read(problem_set, path)
    assert (Pool.objects.count(), LanguageModel.objects.count()) == (0, 0)


BAD = [
    ("{", "line 2: is not JSON (expecting property name enclosed in double quotes at character 2)"),
    ("[]", "line 2: is not a JSON object"),
    ({"source": "x"}, 'line 2: "problem" is missing (its keys: source; say which one names the problem with --map '
     "problem=KEY)"),
    ({"problem": "add", "index": -1}, 'line 2: "index" is -1, not a whole number of at least 0'),
    ({"problem": "add", "index": 0}, 'line 2: "add", index 0, attempt 1 was there before'),
    ({"problem": "add", "source": 5}, 'line 2: "source" is no text'),
    ({"problem": "add", "subtask": 3}, 'line 2: "add" has no subtask 3'),
    ({"problem": "add", "latency_s": "fast"}, "line 2: \"latency_s\" is 'fast', not a number of at least 0"),
    ({"problem": "add", "usage": {"input_tokens": 1, "cached_input_tokens": 2}},
     'line 2: "cached_input_tokens" is more than "input_tokens", of which it is a part'),
    ({"problem": "add", "scores": {"1": 1, "2": 2}}, 'line 2: "scores" is new here'),
    ('{"problem": "add", "x": NaN}', "line 2: is not JSON (NaN is no JSON value)"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "message"), BAD)
def test_bad_record_is_named_and_imports_nothing(
    problem_set: ProblemSet, tmp_path: Path, line: Any, message: str
) -> None:
    path = write_lines(tmp_path / "a.jsonl", [{"problem": "add", "source": RIGHT}, line])
    with pytest.raises(RecordError) as error:
        read(problem_set, path)
    assert str(error.value) == f"a.jsonl, {message}"
    assert (Pool.objects.count(), Candidate.objects.count()) == (0, 0)

    report = read(problem_set, path, on_error="skip")
    assert (report.candidates, [s.line for s in report.skipped]) == (1, [2])


def test_line_that_is_not_utf8_is_named(problem_set: ProblemSet, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"problem": "add", "source": "x"}\n\n{"problem": "add", "source": "\xe9"}\n')
    with pytest.raises(RecordError, match=r"^a\.jsonl, line 3: is not UTF-8 text \(byte 31\)$"):
        read(problem_set, path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a.json: holds no records"),
        ("[]", "a.json: holds no records"),
        ('[{"problem": "add"}', "a.json: ends inside its array: it was cut off"),
        ('[{"problem": "add"} {}]', "a.json: record 1 is not followed by a comma or the end of the array"),
        ('[{"problem": "add"}] x', "a.json: has something after the end of its array"),
    ],
)
def test_file_that_is_no_list_is_one_sentence(problem_set: ProblemSet, tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(RecordError) as error:
        read(problem_set, path)
    assert str(error.value) == message


def test_livecodebench_array_gives_one_draw_per_program(problem_set: ProblemSet, tmp_path: Path) -> None:
    records = [
        {"question_id": "add", "code_list": [RIGHT, ""], "output_list": ["a", "b"], "graded_list": [True, False],
         "metadata": ["{}", json.dumps({"error_message": "Wrong Answer", "inputs": "1 2"})]},
        {"question_id": "subtract", "output_list": [f"```python\n{RIGHT}```"]},
        {"question_id": "prime", "code_list": [RIGHT]},
    ]  # fmt: skip
    path = tmp_path / "lcb.json"
    path.write_text(json.dumps(records))
    report = read(problem_set, path)
    found = Candidate.objects.values_list("problem__slug", "index", "source", "no_program", "extra")
    assert list(found.order_by("pk")) == [
        ("add", 0, RIGHT, "", {"graded": True}),
        ("add", 1, "", "no program in the answer", {"graded": False, "graded_message": "Wrong Answer"}),
        ("subtract", 0, RIGHT, "", {}),
    ]
    assert (report.pool.recipe["format"], report.languages) == ("livecodebench", {"python3": 2})


def test_scores_become_a_judging_elsewhere(problem_set: ProblemSet, tmp_path: Path) -> None:
    scores = [{"1": 40, "2": 60}, {"1": 40, "2": 0}, {"1": 0, "2": 0}]
    lines = [{"problem": "add", "scores": s} for s in scores]
    pool = read(problem_set, write_lines(tmp_path / "a.jsonl", lines)).pool
    judging = Judging.objects.get()
    assert (pool.is_scored_elsewhere, judging.state, judging.total, judging.judged) == (True, PoolState.DONE, 3, 3)
    assert judging.environment is not None and judging.environment.is_elsewhere
    arrays = blobs.get_arrays(JudgedProblem.objects.get().outcomes)
    assert arrays["scores"].tolist() == [[40, 60], [40, 0], [0, 0]]
    assert [str(CODES[code]) for code in arrays["verdict"]] == ["AC", "PA", "WA"]
    assert (arrays["tests"].shape, arrays["candidate"].tolist()) == (
        (3, 0),
        list(pool.candidates.values_list("pk", flat=True)),
    )


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ({"1": 40}, '"scores" has no subtask 2 of "add"'),
        ({"1": 41, "2": 0}, '"scores" of subtask 1 is 41, but it is worth 40'),
        ({"1": 1, "2": 1, "3": 1}, '"scores" names subtask 3, which "add" does not have'),
        ({"0": 1}, "\"scores\" has the key '0'; subtasks are numbered from 1"),
    ],
)
def test_scores_that_do_not_fit_are_refused(
    problem_set: ProblemSet, tmp_path: Path, scores: dict[str, float], message: str
) -> None:
    with pytest.raises(RecordError) as error:
        read(problem_set, write_lines(tmp_path / "a.jsonl", [{"problem": "add", "scores": scores}]))
    assert error.value.reason == message


@pytest.mark.parametrize("scored", [False, True])
def test_pool_round_trips(problem_set: ProblemSet, tmp_path: Path, scored: bool) -> None:
    lines: list[Any] = [
        {
            "problem": "subtract",
            "index": 1,
            "subtask": 2,
            "source": RIGHT,
            "usage": {"input_tokens": 0},
            "own": "é\u2028",
        },
        {"problem": "subtract", "index": 0, "raw": "none", "latency_s": 0.1},
        {"problem": "add", "attempt": 2, "source": "int main() {}", "language": "cpp"},
        {"problem": "add", "answer": "42"},
    ]
    if scored:
        lines = [{**line, "scores": {"1": 40, "2": 0.1}} for line in lines]
    first = read(problem_set, write_lines(tmp_path / "a.jsonl", lines)).pool
    assert export_pool(problem_set.created_by, first, tmp_path / "b.jsonl") == 4
    second = read(problem_set, tmp_path / "b.jsonl").pool
    assert export_pool(problem_set.created_by, second, tmp_path / "c.jsonl") == 4
    assert first.newest_revision.content_hash == second.newest_revision.content_hash
    assert (tmp_path / "b.jsonl").read_bytes() == (tmp_path / "c.jsonl").read_bytes()
    assert ("scores" in json.loads((tmp_path / "b.jsonl").read_text().splitlines()[0])) is scored


def test_content_hash_knows_no_order_of_lines(problem_set: ProblemSet, tmp_path: Path) -> None:
    lines: list[Any] = [{"problem": "add", "index": i, "source": f"print({i})"} for i in range(3)]
    one = read(problem_set, write_lines(tmp_path / "a.jsonl", lines))
    other = read(problem_set, write_lines(tmp_path / "b.jsonl", lines[::-1]))
    assert one.pool.newest_revision.content_hash == other.pool.newest_revision.content_hash
    assert other.warnings[0] == f"pool {one.pool.pk} of the same model holds the same candidates"


def test_preview_writes_nothing_and_suggests_a_mapping(problem_set: ProblemSet, tmp_path: Path) -> None:
    lines: list[Any] = [
        {"task_id": f"ad{i % 2 * 'd'}", "completion": RIGHT, "usage": {"prompt_tokens": 1}} for i in range(12)
    ]
    path = write_lines(tmp_path / "a.jsonl", [*lines, "{"])
    blind = preview_pool(path, problem_set)
    assert (blind.matched, blind.n_errors, len(blind.errors), len(blind.rows)) == (0, 13, 10, 10)
    assert blind.keys == ("task_id", "completion", "usage", "usage.prompt_tokens")
    assert blind.suggested == {"problem": "task_id", "source": "completion", "input_tokens": "usage.prompt_tokens"}

    shown = preview_pool(path, problem_set, blind.suggested)
    assert (shown.records, shown.matched, shown.n_unmatched, shown.n_errors) == (13, 6, 6, 1)
    assert (shown.rows[1].is_matched, shown.rows[1].record and shown.rows[1].record.source) == (True, RIGHT)
    assert [(u.slug, u.nearest) for u in shown.unmatched] == [("ad", ("add",))]
    assert Pool.objects.count() == 0


@pytest.mark.parametrize(
    ("last", "said"),
    [
        ({"index": 0}, 'line 13: "add", index 0, attempt 1 was there before'),
        ({"index": -1}, 'line 13: "index" is -1, not a whole number of at least 0'),
        ({"usage": {"output_tokens": 1, "reasoning_tokens": 2}}, 'line 13: "reasoning_tokens" is more than'),
        ({"subtask": 9}, 'line 13: "add" has no subtask 9'),
        ({"scores": {"1": 40, "2": 60}}, 'line 13: "scores" is new here'),
    ],
)
def test_preview_counts_what_the_import_would_keep_far_behind_its_rows(
    problem_set: ProblemSet, tmp_path: Path, last: dict[str, Any], said: str
) -> None:
    lines = [{"problem": "add", "index": i, "source": RIGHT} for i in range(12)]
    path = write_lines(tmp_path / "a.jsonl", [*lines, {"problem": "add", "source": RIGHT, **last}])
    shown = preview_pool(path, problem_set)
    assert (shown.records, shown.matched, shown.n_errors, len(shown.errors)) == (13, 12, 1, 1)
    assert shown.errors[0].startswith(f"a.jsonl, {said}")
    with pytest.raises(RecordError) as caught:
        read(problem_set, path)
    assert str(caught.value) == shown.errors[0]
    assert read(problem_set, path, on_error="skip").candidates == 12


def test_preview_of_what_the_import_refuses_says_why(problem_set: ProblemSet, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", [{"problem": "add", "code": RIGHT}])
    shown = preview_pool(path, problem_set, {"source": "completion"})
    assert (shown.matched, shown.n_errors) == (0, 1)
    assert shown.errors == ("a.jsonl: no record has the key 'completion' that was mapped",)


def test_preview_shows_rows_of_the_set_before_those_left_out(problem_set: ProblemSet, tmp_path: Path) -> None:
    lines = [{"problem": "elsewhere", "source": RIGHT}] * 12 + [{"problem": "add", "source": RIGHT}] * 3
    shown = preview_pool(write_lines(tmp_path / "a.jsonl", lines), problem_set)
    assert [row.number for row in shown.rows] == [1, 2, 3, 4, 5, 6, 7, 13, 14, 15]
    assert [row.is_matched for row in shown.rows] == [False] * 7 + [True] * 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("source", "'source' in the mapping is not of the form KEY=KEY."),
        ("sauce=x", "The mapping names 'sauce', which is none of Podium's keys"),
        ("source=a,source=b", "The mapping names source twice."),
    ],
)
def test_mapping_that_makes_no_sense_is_refused(text: str, message: str) -> None:
    with pytest.raises(Refused, match=message):
        read_mapping(text)


def test_mapped_key_that_no_record_has_is_refused(problem_set: ProblemSet, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", [{"problem": "add", "code": RIGHT}])
    with pytest.raises(RecordError, match="no record has the key 'completion' that was mapped"):
        read(problem_set, path, mapping={"source": "completion"})


def test_long_array_is_read_in_pieces(problem_set: ProblemSet, tmp_path: Path) -> None:
    records = [{"problem": "add", "source": RIGHT + "#" * (700_000 if i % 3 else 5) + "é"} for i in range(9)]
    path = tmp_path / "a.json"
    path.write_text(json.dumps(records, ensure_ascii=False, indent=1))
    assert read(problem_set, path).candidates == 9
    assert len(set(Candidate.objects.values_list("program_hash", flat=True))) == 1


def test_imports_of_set_without_problems_and_bad_model_are_refused(tmp_path: Path) -> None:
    user: User = make_user()
    empty = make_problem_set("empty", user=user)
    path = write_lines(tmp_path / "a.jsonl", [{"problem": "add"}])
    with pytest.raises(Refused, match="The set empty has no problems yet"):
        import_pool(user, path, problem_set=empty, model_slug="small")
    make_problem(empty, "add")
    with pytest.raises(Refused, match="cannot name a model"):
        import_pool(user, path, problem_set=empty, model_slug="...")
    assert import_pool(user, path, problem_set=empty, model_slug="qwen2.5-7b").pool.model.slug == "qwen2-5-7b"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"problem": "add", "\\ud800": 1}', "holds half a character (a lone surrogate)"),
        ('{"problem": "add", "x": 1e999}', "is not JSON (1e999 is too large a number)"),
        ('{"problem": "add", "x": ' + "[" * 5000 + "]" * 5000 + "}", "is nested too deeply"),
        ('{"problem": "add", "latency_s": ' + "9" * 400 + "}", "not a number of at least 0"),
        ('{"problem": "add", "scores": {"1": ' + "9" * 400 + "}}", "not a score"),
        ('{"problem": "add", "scores": {"' + "9" * 5000 + '": 1}}', "subtasks are numbered from 1"),
        ('{"problem": "add\\u0000"}', '"problem" is no text'),
    ],
)
def test_hostile_record_is_refused_by_its_line(problem_set: ProblemSet, tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"problem": "add", "source": RIGHT}) + "\n" + line + "\n")
    with pytest.raises(RecordError) as caught:
        read(problem_set, path)
    assert "line 2" in str(caught.value) and reason in str(caught.value)
    assert len(str(caught.value)) < 300


def test_graders_word_of_any_depth_is_only_left_out(problem_set: ProblemSet, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"question_id": "add", "code_list": [RIGHT], "metadata": ["[" * 100_000]}]))
    assert read(problem_set, path).candidates == 1


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_several_processes_import_what_one_does(
    problem_set: ProblemSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = [{"problem": ("add", "subtract")[n % 2], "source": f"print({n})", "attempt": 1 + n % 2} for n in range(60)]
    lines = [
        *good,
        {"problem": "add", "index": 500, "source": RIGHT, "seed": 1},
        {"problem": "stranger"},
        {"index": -1},
    ]
    twice = {"problem": "add", "index": 500}
    path = write_lines(
        tmp_path / "a.jsonl", [*lines, twice, {"problem": "subtract", "index": 2, "finish_reason": "'%s"}]
    )
    one = read(problem_set, path, on_error="skip")
    monkeypatch.setattr(reading, "PART_BYTES", 400)
    monkeypatch.setattr(importing_pools, "useful_processes", lambda *_: 2)
    several = read(problem_set, path, on_error="skip")
    assert [(skip.record, skip.line) for skip in several.skipped] == [(62, 62), (63, 63), (64, 64)]
    assert several.to_data() | {"pool": 0, "warnings": []} == one.to_data() | {"pool": 0, "warnings": []}
    hashes = [report.pool.newest_revision.content_hash for report in (one, several)]
    assert hashes[0] == hashes[1]
    columns = [field.attname for field in Candidate._meta.fields if field.name not in ("id", "pool")]
    rows = [list(report.pool.candidates.order_by("pk").values_list(*columns)) for report in (one, several)]
    assert rows[0] == rows[1]
    with pytest.raises(RecordError, match="line 63"):
        read(problem_set, path)


def test_key_of_a_candidate_is_there_once(problem_set: ProblemSet, tmp_path: Path) -> None:
    report = read(
        problem_set, write_lines(tmp_path / "a.jsonl", [{"problem": "add"}, {"problem": "add", "subtask": 1}])
    )
    for candidate in report.pool.candidates.all():
        candidate.pk = None
        with pytest.raises(IntegrityError), transaction.atomic():
            candidate.save()


def test_sample_that_ended_in_an_error_is_a_draw_nobody_answered(problem_set: ProblemSet, tmp_path: Path) -> None:
    answer = {"id": "add", "epoch": 1, "output": {"completion": f"```python\n{RIGHT}```"}}
    failed = {"id": "add", "epoch": 2, "error": {"message": "no credit"}}
    path = tmp_path / "log.json"
    path.write_text(json.dumps({"eval": {"task": "own", "model": "m"}, "samples": [failed, answer]}))
    report = read(problem_set, path, format="inspect")
    assert (report.candidates, report.pool.newest_revision.n_draws) == (1, 1)
    assert [skip.reason for skip in report.skipped] == [
        "sample add, epoch 2 ended in an error before an answer: no credit"
    ]
