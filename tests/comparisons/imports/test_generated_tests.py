"""Generated tests come with a pool, are kept beside it, and go out and in again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from comparisons.actions import Refused
from comparisons.actions.pools import PoolImportReport, export_pool, import_pool
from comparisons.actions.problems import import_problem_set
from comparisons.models import Candidate, GeneratedTests, LanguageModel, Pool, ProblemSet
from judge.errors import RecordError
from tests.comparisons.imports.packages import write_lines
from tests.comparisons.imports.test_completions import PROMPT, TASK
from tests.factories import make_user

pytestmark = pytest.mark.django_db

ASK = f"{PROMPT}    pass\n\n# check the correctness of after\nassert "


def make_pool(folder: Path, tests: list[dict[str, Any] | str], **options: Any) -> PoolImportReport:
    problems = write_lines(folder / "problems.jsonl", [TASK])
    problem_set = import_problem_set(make_user("ada"), problems, slug="own").problem_set
    samples = write_lines(folder / "samples.jsonl", [{"prompt": PROMPT, "samples": ["    return n"]}])
    return import_again(problem_set, samples, write_lines(folder / "tests.jsonl", tests), **options)


def import_again(problem_set: ProblemSet, samples: Path, tests: Path, **options: Any) -> PoolImportReport:
    user = problem_set.created_by
    return import_pool(user, samples, problem_set=problem_set, model_slug="m", generated_tests=tests, **options)


def test_tests_are_matched_by_prompt_and_keep_their_samples(tmp_path: Path) -> None:
    report = make_pool(tmp_path, [{"prompt": ASK, "samples": ["after(1) == 2\nassert after(2) == 3", "\n"]}])
    row = GeneratedTests.objects.get()
    assert (row.pool, row.problem.slug, row.entry_point, row.n_samples, row.n_tests) == (
        report.pool, "Own-1", "after", 2, 2,
    )  # fmt: skip
    assert row.load().tests == (("assert after(1) == 2", "assert after(2) == 3"), ())
    said = report.to_data()["generated_tests"]
    assert said == report.pool.import_report["generated_tests"]
    assert (said["records"], said["problems"], said["samples"], said["tests"]) == (1, 1, 2, 2)
    assert (said["samples_without_tests"], said["unmatched"], said["skipped"]) == (1, [], [])


def test_records_of_one_problem_are_joined_in_order(tmp_path: Path) -> None:
    records = [{"task_id": "Own/1", "samples": ["after(1) == 2"]}, {"problem": "Own-1", "samples": ["after(2) == 3"]}]
    make_pool(tmp_path, records)
    assert GeneratedTests.objects.get().load().tests == (("assert after(1) == 2",), ("assert after(2) == 3",))


def test_tests_of_other_problems_are_counted(tmp_path: Path) -> None:
    report = make_pool(tmp_path, [{"problem": "x", "samples": []}, {"prompt": ASK, "samples": ["after(1)"]}])
    assert report.to_data()["generated_tests"]["unmatched"] == [{"problem": "x", "records": 1}]


@pytest.mark.parametrize(
    ("tests", "said"),
    [
        (
            [{"problem": "x", "samples": []}],
            "tests.jsonl: none of its 1 records of generated tests is for a problem of the set own",
        ),
        ([{"prompt": ASK, "samples": ["a"]}, "{"], "tests.jsonl, line 2: is not JSON"),
        ([], "tests.jsonl: holds no records"),
    ],
)  # fmt: skip
def test_a_file_of_tests_that_cannot_be_read_imports_nothing(tmp_path: Path, tests: list[Any], said: str) -> None:
    with pytest.raises(RecordError) as error:
        make_pool(tmp_path, tests)
    assert str(error.value).startswith(said)
    assert not Pool.objects.exists() and not LanguageModel.objects.exists() and not Candidate.objects.exists()


def test_bad_records_of_tests_can_be_left_out(tmp_path: Path) -> None:
    report = make_pool(tmp_path, [{"prompt": ASK, "samples": ["after(1)"]}, "{"], on_error="skip")
    assert [item["line"] for item in report.to_data()["generated_tests"]["skipped"]] == [2]
    assert GeneratedTests.objects.get().n_tests == 1


def test_generated_tests_round_trip(tmp_path: Path) -> None:
    report = make_pool(tmp_path, [{"prompt": ASK, "samples": ["after(1) == 2", "é"]}])
    path, tests = tmp_path / "out.jsonl", tmp_path / "out-tests.jsonl"
    assert export_pool(report.pool.created_by, report.pool, path, generated_tests=tests) == 1
    again = import_again(report.pool.problem_set, path, tests)
    assert [row.digest for row in again.pool.generated_tests.all()] == [
        row.digest for row in report.pool.generated_tests.all()
    ]


def test_export_of_tests_that_a_pool_does_not_have_is_refused(tmp_path: Path) -> None:
    report = make_pool(tmp_path, [{"prompt": ASK, "samples": []}])
    report.pool.generated_tests.all().delete()
    with pytest.raises(Refused, match="has no generated tests"):
        export_pool(report.pool.created_by, report.pool, tmp_path / "a", generated_tests=tmp_path / "b")
    assert not (tmp_path / "a").exists()
