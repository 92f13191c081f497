"""Real packages and samples; skipped where they do not lie beside the checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

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
