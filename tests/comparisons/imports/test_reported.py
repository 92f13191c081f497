"""Published results: Aider's leaderboard, shown beside what was measured. The files are of our own, in its shape."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from comparisons.actions.runs import compare_inline, create_comparison, run_inline, start_run
from comparisons.metrics.rows import ComparisonReport
from comparisons.models import ReportedResult
from tests.comparisons.replay.judged import make_model, make_pool, make_set, make_user
from tests.comparisons.replay.test_commands import run_command

pytestmark = pytest.mark.django_db

RUN = """
- dirname: 2025-02-03-04-05-06--own
  test_cases: 225
  model: {model}
  edit_format: diff
  pass_rate_1: 20.4
  pass_rate_2: 35.6
  date: 2025-02-03
  versions: 0.75.2
  seconds_per_case: 34.8
  total_cost: {cost}
"""


def write(path: Path, *runs: str) -> Path:
    path.write_text("".join(runs))
    return path


def imported(path: Path, contest: str = "polyglot") -> tuple[int, dict[str, object], str]:
    return run_command("import_reported", path, "--contest", contest, "--source", "own/board", "--license", "MIT")


def test_leaderboard_has_two_figures_a_run_and_a_cost_of_zero_is_unknown(tmp_path: Path) -> None:
    absent = RUN.format(model="third", cost=0).replace("  total_cost: 0\n", "")
    path = write(
        tmp_path / "board.yml", RUN.format(model="first", cost="1.25"), RUN.format(model="second", cost="0.0"), absent
    )
    for _ in range(2):
        code, data, _ = imported(path)
        assert (code, data) == (0, {"contest": "polyglot", "results": 6, "systems": 3, "with_cost": 1})
    rows = ReportedResult.objects.order_by("system", "score")
    assert list(rows.values_list("system", "score", "points", "cost_usd", "seconds_per_problem")) == [
        ("first", 20.4, 100.0, None, None), ("first", 35.6, 100.0, Decimal("1.25"), 34.8),
        ("second", 20.4, 100.0, None, None), ("second", 35.6, 100.0, None, 34.8),
        ("third", 20.4, 100.0, None, None), ("third", 35.6, 100.0, None, 34.8),
    ]  # fmt: skip
    one = rows.filter(cost_usd__isnull=False).get()
    assert (one.condition, one.source, str(one.source_date), one.license) == (
        "second attempt; edits as diff, 225 problems, Aider 0.75.2", "own/board", "2025-02-03", "MIT",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "board.yml, line 1: is no YAML that can be read."),
        ("- a: 1", "board.yml is no leaderboard of Aider's: a list of runs with model and pass_rate_1."),
        (RUN.format(model="", cost=1), 'board.yml, run 1: "model" is missing or no text.'),
        (RUN.format(model="a", cost="much"), "board.yml, run 1: \"total_cost\" is 'much', no number."),
        (RUN.format(model="a", cost=1).replace("35.6", "135.6"), 'board.yml, run 1: "pass_rate_2" is 135.6, not from 0 '
         "to 100."),
        (RUN.format(model="a", cost=1) * 2, "board.yml has 'a' (first attempt; edits as diff, 225 problems, Aider "
         "0.75.2) twice."),
    ],
)  # fmt: skip
def test_leaderboard_that_cannot_be_read_leaves_nothing(tmp_path: Path, text: str, said: str) -> None:
    code, data, _ = imported(write(tmp_path / "board.yml", text))
    assert (code, data, ReportedResult.objects.count()) == (1, {"error": said}, 0)


def test_reported_results_stand_on_the_model_and_beside_a_comparison(tmp_path: Path, client: Client) -> None:
    pool = make_pool(make_set({"nile": (100,)}), {"nile": [[100], [0]]}, model=make_model("first"))
    run = run_inline(start_run(make_user(), pool=pool, strategy="first-k", budget=1, is_inline=True))
    comparison = compare_inline(create_comparison(make_user(), runs=[run], is_inline=True))
    imported(write(tmp_path / "board.yml", RUN.format(model="First", cost="1.25")), pool.problem_set.slug)
    comparison = compare_inline(comparison)
    report = ComparisonReport.from_json(comparison.result)
    assert [(row.system, row.score, row.cost_usd) for row in report.reported] == [
        ("First", 35.6, 1.25), ("First", 20.4, None),
    ]  # fmt: skip
    assert [row.run for row in report.runs] == [run.pk]
    client.force_login(make_user())
    for address in (
        reverse("podium:comparison-detail", args=[comparison.pk]), reverse("podium:model-detail", args=["first"]),
    ):  # fmt: skip
        page = client.get(address).content.decode()
        assert "second attempt; edits as diff, 225 problems, Aider 0.75.2" in page
        assert "own/board, 2025-02-03, MIT" in page


def test_aiders_own_leaderboard(shared_data: Path) -> None:
    path = shared_data / "leaderboard-aider/aider/website/_data/polyglot_leaderboard.yml"
    code, data, _ = imported(path)
    assert (code, data["results"], data["with_cost"]) == (0, 138, 51)
    assert ReportedResult.objects.filter(seconds_per_problem__isnull=False).count() == 69
