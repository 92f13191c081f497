"""A price class of which no call says its tokens: every command, file and page calls the cost a lower bound."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from comparisons.models import Candidate, Comparison, Pool
from tests.comparisons.replay.judged import make_pool, make_set, make_user, random_scores
from tests.comparisons.replay.test_commands import run_command

pytestmark = pytest.mark.django_db
NO_BREAK = "\N{NO-BREAK SPACE}"
BOUND = f"≥{NO_BREAK}0.0720"
EXACT = "0.0120"


@pytest.fixture
def pools() -> tuple[Pool, Pool]:
    """One whose reasoning is dearer and whose calls do not say how much there was; one whose cost is known."""
    problem_set = make_set({"nile": (100,), "tree": (30, 70), "mosaic": (100,)})
    scores = {
        slug: random_scores(12, points, chance=0.4, seed=seed)
        for seed, (slug, points) in enumerate({"nile": [100], "tree": [30, 70], "mosaic": [100]}.items())
    }
    unsure = make_pool(problem_set, scores)
    unsure.model.prices.update(reasoning_usd_per_mtok=30)
    Candidate.objects.filter(pool=unsure).update(reasoning_tokens=None)
    return unsure, make_pool(problem_set, scores)


@pytest.fixture
def runs(pools: tuple[Pool, Pool]) -> list[dict[str, Any]]:
    """Two runs of one strategy, which ranks the pools."""
    rule = ("--strategy", "longest-thought", "--option", "measure=output-tokens", "--budget", 2)
    unsure = run_command("replay", "--pool", pools[0].pk, *rule)[1]
    return [unsure, run_command("replay", "--pool", pools[1].pk, "--strategy", "first-k", "--budget", 2)[1]]


def exported(runs: list[dict[str, Any]], path: Path) -> str:
    code, _, _ = run_command("compare", *(run["run"] for run in runs), "--export", path, "--format", path.suffix[1:])
    assert code == 0
    return path.read_text()


def test_commands_say_it(runs: list[dict[str, Any]]) -> None:
    unsure, sure = runs
    assert (unsure["cost_usd"], unsure["cost_is_lower_bound"]) == (0.072, True)
    assert (sure["cost_usd"], "cost_is_lower_bound" in sure) == (0.012, False)
    _, compared, _ = run_command("compare", unsure["run"], sure["run"])
    assert [row.get("cost_is_lower_bound", False) for row in compared["runs"]] == [True, False]
    _, planned, _ = run_command("plan", compared["comparison"])
    assert all(row["cost_is_lower_bound"] for row in planned["plans"] if row["cost_usd"] is not None)


def test_ablations_of_such_a_run_are_lower_bounds_too(runs: list[dict[str, Any]]) -> None:
    code, ablated, _ = run_command("ablate", runs[0]["run"])
    made = sorted({row["run"] for row in ablated["ablations"] if row["run"] is not None})
    _, compared, _ = run_command("compare", *made)
    assert code == 0 and len(made) > 3
    assert all(row["cost_is_lower_bound"] for row in compared["runs"])


def test_run_by_a_fit_on_such_a_pool_is_a_lower_bound_too(pools: tuple[Pool, Pool]) -> None:
    code, fit, _ = run_command("fit", *(word for pool in pools for word in ("--pool", pool.pk)))
    assert (code, fit["state"]) == (0, "done")
    for pool, is_bound in zip(pools, (True, False), strict=True):
        rule = ("--strategy", "learned-rank", "--fit", fit["fit"], "--budget", 2)
        code, run, _ = run_command("replay", "--pool", pool.pk, *rule)
        assert (code, run["cost_usd"], run.get("cost_is_lower_bound", False)) == (0, 0.072, is_bound)


def test_files_say_it(runs: list[dict[str, Any]], tmp_path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(exported(runs, tmp_path / "runs.csv"))))
    assert [row["cost_is_lower_bound"] for row in rows] == ["true", "false"]
    told = json.loads(exported(runs, tmp_path / "report.json"))
    assert [row["cost_is_lower_bound"] for row in told["report"]["runs"]] == [True, False]
    for name, mark in (("report.md", BOUND), ("table.tex", r"$\ge$~0.0720")):
        text = exported(runs, tmp_path / name)
        assert (text.count(mark), text.count("0.0720")) == (1, 1)
        assert re.search(rf"(?<!{NO_BREAK}){EXACT}", text)
    page = exported(runs, tmp_path / "report.html")
    assert page.count(BOUND) == page.count("0.0720") > 2


def test_tables_of_the_zip_say_it(runs: list[dict[str, Any]], tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    run_command("compare", *(run["run"] for run in runs), "--export", path, "--format", "zip")
    with zipfile.ZipFile(path) as bundle:
        tables = {
            Path(name).stem: list(csv.DictReader(io.StringIO(bundle.read(name).decode())))
            for name in bundle.namelist()
            if name.endswith(".csv")
        }
    assert [row["cost_is_lower_bound"] for row in tables["runs"]] == ["true", "false"]
    assert [row["cost_is_lower_bound"] for row in tables["prices"]] == ["true", "false"]
    # What is only known to be at least so much is never said to be the cheapest, nor a price of a draw.
    assert {row["run"] for row in tables["cheapest"] if row["cost_usd"]} <= {str(runs[1]["run"])}
    assert [bool(row["next_point_usd"]) for row in tables["held"]] == [False, True]


def test_pages_say_it(pools: tuple[Pool, Pool], runs: list[dict[str, Any]], client: Client) -> None:
    run_command("compare", *(run["run"] for run in runs))
    client.force_login(make_user())
    comparison = Comparison.objects.get()
    addresses = [
        reverse("podium:run-detail", args=[runs[0]["run"]]),
        reverse("podium:comparison-detail", args=[comparison.pk]),
        reverse("podium:pool-detail", args=[pools[0].pk]),
    ]
    for address in addresses:
        text = re.sub(r"<script.*?</script>|<[^>]+>", "", client.get(address).content.decode(), flags=re.DOTALL)
        assert "0.0720" in text, address
        assert not re.search(r"(?<!≥)(?<!≥[\s\N{NO-BREAK SPACE}])0\.0720", text), address
