"""Real packages and samples; skipped where they do not lie beside the checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

from comparisons.actions.language_models import read_prices
from comparisons.actions.pools import import_pool
from comparisons.actions.problems import import_problem_set
from comparisons.models import Candidate
from tests.factories import make_user

pytestmark = pytest.mark.django_db

O1 = "samples-livecodebench/O1-Mini-2024-09-12 (N=1)/Scenario.codegeneration_1_0.2_eval_all.json"
QWEN = "samples-livecodebench-qwen/output/Qwen2.5-Ins-7B/Scenario.codegeneration_1_0.2_eval_all.json"


def test_livecodebench_problems_and_both_models(shared_data: Path) -> None:
    user = make_user()
    report = import_problem_set(
        user,
        shared_data / "derived-lcb-atcoder/problems.jsonl",
        slug="lcb-atcoder",
        statements=shared_data / O1,
        note="keeps only problems where at least one of these models failed",
    )
    tests = sum(item.version.n_testcases for item in report.problems)
    assert (len(report.problems), tests) == (130, 491)
    assert {item.version.to_problem().statements[0].format for item in report.problems} == {"markdown"}
    for name, model, programs in ((O1, "o1-mini", 127), (QWEN, "qwen2.5-7b", 128)):
        imported = import_pool(user, shared_data / name, problem_set=report.problem_set, model_slug=model)
        assert (imported.candidates, imported.problems, imported.languages) == (130, 130, {"python3": programs})
        assert len(imported.skipped) == {"o1-mini": 750, "qwen2.5-7b": 481}[model]
    assert Candidate.objects.filter(extra__graded=True).count() > 0


def test_kattis_examples_by_folder(shared_data: Path) -> None:
    path = shared_data / "kattis-problemtools-examples/examples"
    report = import_problem_set(make_user(), path, slug="examples", measure=False)
    assert [(item.version.problem.slug, item.version.task_type, item.version.points) for item in report.problems] == [
        ("different", "batch", 1.0),
        ("guess", "interactive", 1.0),
        ("hello", "batch", 1.0),
        ("oddecho", "batch", 100.0),
    ]


@pytest.mark.parametrize(("model", "ceiling"), [("gpt-5", 160.0), ("gpt-oss-120b-high", 182.0)])
def test_score_tables_of_liveoibench_by_folder(shared_data: Path, model: str, ceiling: float) -> None:
    """The union over a model's programs at IOI 2024, as the data's README gives it."""
    problems = import_problem_set(make_user(), shared_data / "ioi-2024-subtasks", slug="ioi").problem_set
    tables = shared_data / "results-liveoibench/static/data" / model
    report = import_pool(make_user("ada"), tables, problem_set=problems, model_slug=model.lower())
    best: dict[tuple[int, str], float] = {}
    for problem, scores in Candidate.objects.filter(pool=report.pool).values_list("problem", "scores"):
        for subtask, score in scores.items():
            best[problem, subtask] = max(score, best.get((problem, subtask), 0.0))
    assert (report.pool.is_scored_elsewhere, report.problems, sum(best.values())) == (True, 6, ceiling)
    assert not Candidate.objects.filter(output_tokens=0).exists()


def test_logs_of_reflexion_are_problems_and_pools(shared_data: Path) -> None:
    """4 of 40, 2 of 40 and 3 of 34 solved, as the data's README gives it."""
    logs = sorted((shared_data / "samples-reflexion-leetcode/programming_runs/root").glob("*/*.jsonl"))
    problems = import_problem_set(make_user(), logs[-1], slug="leetcode").problem_set
    assert set(problems.problems.values_list("current_version__unjudgeable", flat=True)) == {"the file has no tests"}
    solved = []
    for log in logs:
        pool = import_pool(problems.created_by, log, problem_set=problems, model_slug="gpt-4").pool
        scores = Candidate.objects.filter(pool=pool).values_list("scores", flat=True)
        solved.append((sum(score["1"] for score in scores), len(scores)))
    assert solved == [(2.0, 40), (3.0, 34), (4.0, 40)]


def test_self_repair_of_livecodebench_brings_second_attempts(shared_data: Path) -> None:
    problems = import_problem_set(make_user(), shared_data / "derived-lcb-atcoder/problems.jsonl", slug="lcb")
    path = shared_data / QWEN.replace("codegeneration", "selfrepair")
    pool = import_pool(make_user("ada"), path, problem_set=problems.problem_set, model_slug="qwen").pool
    attempts = [Candidate.objects.filter(pool=pool, attempt=attempt).count() for attempt in (1, 2, 3)]
    assert attempts == [130, 112, 0]


def test_matharena_prices_by_model_and_day(shared_data: Path) -> None:
    folder = shared_data / "prices-matharena/configs/models"
    (price,) = read_prices(folder, "gpt-5")
    assert (str(price["input_usd_per_mtok"]), str(price["output_usd_per_mtok"]), price["valid_from"]) == (
        "1.25", "10", "2025-08-07",
    )  # fmt: skip
    dated = [(row["valid_from"], str(row["output_usd_per_mtok"])) for row in read_prices(folder, "deepseek-reasoner")]
    assert dated == [("2025-05-28", "2.19"), ("2025-09-29", "0.42"), ("2025-12-01", "0.42")]
