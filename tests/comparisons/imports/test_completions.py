"""Function problems and short answers: imported, sampled, judged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from comparisons.actions import Refused
from comparisons.actions.judging import start_judging, work_inline
from comparisons.actions.pools import PoolImportReport, import_pool, preview_pool
from comparisons.actions.problems import import_problem_set
from comparisons.actions.programs import judge_program
from comparisons.actions.runs import run_inline, start_run
from comparisons.models import Candidate, JudgedProblem, ProblemSet
from comparisons.stages import judging
from judge.errors import RecordError
from judge.sandbox import Sandbox
from tests.comparisons.imports.packages import write_lines
from tests.factories import make_user

pytestmark = pytest.mark.django_db

PROMPT = 'def helper(n):\n    return n + 1\n\n\ndef after(n):\n    """The next number."""\n'
TASK = {
    "task_id": "Own/1",
    "prompt": PROMPT,
    "entry_point": "after",
    "test": "def check(candidate):\n    assert candidate(1) == helper(1)\n",
}
QUESTIONS = [
    {"id": "half", "problem": "Half of one?", "answer": "0.5"},
    {"id": "which", "problem": "Which?", "answer": "B", "match": "choice"},
    {"id": "square", "problem": "Multiply (x+1)(x+1) out.", "answer": "x^2+2x+1", "match": "symbolic"},
]


def make_set(folder: Path, *records: dict[str, Any]) -> ProblemSet:
    path = write_lines(folder / "problems.jsonl", records)
    return import_problem_set(make_user("ada"), path, slug="own").problem_set


def make_pool(problem_set: ProblemSet, path: Path, **options: Any) -> PoolImportReport:
    return import_pool(problem_set.created_by, path, problem_set=problem_set, model_slug="small", **options)


def outcomes(report: PoolImportReport) -> dict[str, dict[str, int]]:
    judging.judge_of.cache_clear()  # another test's problem may have had this number
    start_judging(report.pool.created_by, report.pool)
    work_inline(report.pool)
    rows = JudgedProblem.objects.select_related("problem")
    return {row.problem.slug: row.aggregates["verdicts"] for row in rows}


def test_completions_of_codet_become_programs_and_are_judged(tmp_path: Path, sandbox: Sandbox) -> None:
    problem_set = make_set(tmp_path, TASK)
    samples = ["    return helper(n)\n\ndef x(): pass", "    return n", "    return n\n# the same", "    return n +"]
    report = make_pool(problem_set, write_lines(tmp_path / "a.jsonl", [{"prompt": PROMPT, "samples": samples}]))
    first = Candidate.objects.get(index=0)
    assert (first.source, first.raw, first.language) == (f"{PROMPT}    return helper(n)\n", samples[0], "python3")
    assert outcomes(report) == {"Own-1": {"AC": 1, "WA": 2, "CE": 1}}


def test_completions_of_humaneval_continue_the_prompt_of_their_task(tmp_path: Path) -> None:
    problem_set = make_set(tmp_path, TASK)
    lines = [
        {"task_id": "Own/1", "completion": "    return n"},
        {"task_id": "Own/2", "completion": "x"},
        {"task_id": "Own/1", "solution": "after = abs"},
    ]
    report = make_pool(problem_set, write_lines(tmp_path / "a.jsonl", lines))
    assert list(Candidate.objects.values_list("source", flat=True)) == [f"{PROMPT}    return n", "after = abs"]
    assert [(item.slug, item.n, item.nearest) for item in report.unmatched] == [("Own-2", 1, ())]


def test_mapping_of_keys_that_a_format_has_read_already_is_refused_with_the_way_out(tmp_path: Path) -> None:
    problem_set = make_set(tmp_path, TASK)
    path = write_lines(tmp_path / "a.jsonl", [{"task_id": "Own/1", "completion": "    return n", "task": "Own-1"}])
    mapping = {"problem": "task_id", "source": "completion"}
    with pytest.raises(Refused, match="a.jsonl is read as HumanEval-style, which has read its 'task_id' already"):
        make_pool(problem_set, path, mapping=mapping)
    own = make_pool(problem_set, path, format="podium", mapping={"problem": "task", "source": "completion"})
    assert (own.candidates, Candidate.objects.get().source) == (1, "    return n")
    assert make_pool(problem_set, path, mapping={"problem": "task"}).candidates == 1


def test_preview_shows_the_program_that_a_completion_makes(tmp_path: Path) -> None:
    problem_set = make_set(tmp_path, TASK)
    path = write_lines(tmp_path / "a.jsonl", [{"prompt": PROMPT, "samples": ["    return n", "    return 1"]}])
    shown = preview_pool(path, problem_set, {})
    assert (shown.format, shown.matched, shown.n_unmatched, shown.n_errors) == ("codet", 2, 0, 0)
    assert shown.rows[1].record is not None
    assert shown.rows[1].record.source == f"{PROMPT}    return 1"


def test_preview_shows_the_answer_in_a_text(tmp_path: Path) -> None:
    problem_set = make_set(tmp_path, *QUESTIONS)
    path = write_lines(tmp_path / "a.jsonl", [{"problem": "half", "raw": "It is \\boxed{0.5}."}])
    (row,) = preview_pool(path, problem_set, {}).rows
    assert row.record is not None
    assert (row.record.answer, row.record.source, row.record.no_program) == ("0.5", "", "")


def test_prompt_of_no_problem_is_named(tmp_path: Path) -> None:
    problem_set = make_set(tmp_path, TASK)
    path = write_lines(tmp_path / "a.jsonl", [{"prompt": "def other():\n", "samples": ["    pass"]}])
    with pytest.raises(RecordError, match=r"the first problem is \"a problem with the prompt 'def other\(\):'\""):
        make_pool(problem_set, path)


def test_answers_are_judged_without_programs(tmp_path: Path, sandbox: Sandbox) -> None:
    problem_set = make_set(tmp_path, *QUESTIONS)
    assert not any(problem.current_version.warnings for problem in problem_set.problems.all())  # type: ignore[union-attr]
    lines = [
        {"problem": "half", "answer": "1/2"},
        {"problem": "half", "raw": "I think it is \\boxed{\\frac{1}{2}}."},
        {"problem": "half", "raw": "A long\n\ntext."},
        {"problem": "which", "answer": "(b)"},
        {"problem": "which", "answer": "C"},
    ]
    report = make_pool(problem_set, write_lines(tmp_path / "a.jsonl", lines))
    kept = list(Candidate.objects.values_list("answer", "source", "no_program"))
    assert kept[:3] == [("1/2", "", ""), ("\\frac{1}{2}", "", ""), ("", "", "no answer")]
    assert outcomes(report) == {"half": {"AC": 2, "WA": 1}, "which": {"AC": 1, "WA": 1}}


def test_file_with_an_answer_is_judged(tmp_path: Path, sandbox: Sandbox) -> None:
    problem_set = make_set(tmp_path, *QUESTIONS)
    path = tmp_path / "answer.txt"
    path.write_text("50%\n")
    judgement = judge_program(problem_set.problems.get(slug="half"), path)
    assert (judgement.verdict, judgement.score) == ("AC", 1.0)


def test_pages_show_function_problems_and_answers(tmp_path: Path, client: Client) -> None:
    problem_set = make_set(tmp_path, TASK)
    path = write_lines(tmp_path / "more.jsonl", QUESTIONS)
    import_problem_set(problem_set.created_by, path, slug="own")
    report = make_pool(problem_set, write_lines(tmp_path / "a.jsonl", [{"problem": "which", "answer": "(b)"}]))
    client.force_login(problem_set.created_by)
    shown = {slug: client.get(f"/problem-sets/own/{slug}/").content.decode() for slug in ("Own-1", "half")}
    assert "<dt>Checker</dt><dd>none: the test code decides</dd><dt>Tests</dt><dd>test harness</dd>" in shown["Own-1"]
    assert "The next number." in shown["Own-1"]
    assert "<dt>Checker</dt><dd>answers compared, numeric, 1e-09</dd>" in shown["half"]
    candidate = report.pool.candidates.get()
    assert "<pre>(b)</pre>" in client.get(f"/candidates/{candidate.pk}/").content.decode()


@pytest.mark.parametrize(
    ("place", "answers"),
    [(0, ("1", "2", "\\frac12", "0.50", "3")), (2, ("x+1", "x+1 ", "(1+x)^2", "1+2x+x^2", "$x^2+2x+1$"))],
)
def test_majority_of_answers_needs_no_probes(
    place: int, answers: tuple[str, ...], tmp_path: Path, sandbox: Sandbox
) -> None:
    problem_set = make_set(tmp_path, QUESTIONS[place])
    lines = [{"problem": QUESTIONS[place]["id"], "answer": answer} for answer in answers]
    report = make_pool(problem_set, write_lines(tmp_path / "a.jsonl", lines))
    n_right = 2 + place // 2
    assert outcomes(report) == {QUESTIONS[place]["id"]: {"AC": n_right, "WA": 5 - n_right}}
    user = problem_set.created_by
    run = run_inline(start_run(user, pool=report.pool, strategy="majority", budget=1, is_inline=True))

    assert (run.state, run.score) == ("done", 1.0)
