"""Runs among humans: import, places, ratings, page; on real IOI totals where they are here."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from comparisons.actions.runs import compare_inline, create_comparison, run_inline, start_run
from comparisons.metrics import performance_rating, place_among
from comparisons.models import HumanField, Run
from comparisons.queries.comparisons import comparison_report
from tests.comparisons.replay.judged import make_pool, make_set, make_user
from tests.comparisons.replay.test_commands import run_command

RATED = "total,rating\n90,2000\n80,1800\n50,1600\n40,1400\n20,1200\n"


def test_places_share_ties() -> None:
    assert place_among(50, [90, 80, 50, 50, 20]) == (4.0, 2, 2, 5, 20.0)
    assert place_among(100, [90]) == (1.0, 0, 0, 1, 100.0)
    with pytest.raises(ValueError, match="at least one human"):
        place_among(1, [])


def replayed(points: float, score: float) -> Run:
    pool = make_pool(make_set({"p": (points,)}), {"p": [(score,), (score,), (0.0,), (0.0,)]})
    return run_inline(start_run(make_user(), pool=pool, strategy="first-k", budget=1, is_inline=True))


@pytest.mark.django_db
def test_a_run_is_placed_and_rated_among_the_contestants_of_its_set(tmp_path: Path, client: Client) -> None:
    run = replayed(100, 60)
    slug = run.revision.pool.problem_set.slug
    (tmp_path / "field.csv").write_text(RATED)
    (tmp_path / "population.json").write_text(json.dumps({"counts": [[1000, 3], [1800, 1]]}))
    named = ("--name", "Five friends", "--source", "made up")
    code, data, _ = run_command("import_humans", tmp_path / "field.csv", "--set", slug, *named)
    assert code == 0 and (data["humans"], data["rated"]) == (5, 5)
    code, data, _ = run_command("import_humans", tmp_path / "population.json", "--name", "All", "--source", "made up")
    assert code == 0 and data["humans"] == 4
    # Third of six: the worked example of facts, 1712.1 with a standard error of 199.
    code, data, _ = run_command("rate", run.pk)
    assert code == 0 and (data["places"][0]["place"], data["places"][0]["percentile"]) == (3.0, 60.0)
    assert (round(data["rating"]["rating"], 1), round(data["rating"]["se"])) == (1712.1, 199)
    assert (data["rating"]["percentile"], data["rating"]["population"]) == (75.0, "All")
    comparison = compare_inline(create_comparison(make_user(), runs=[run], is_inline=True))
    report = comparison_report(make_user(), comparison.pk)
    assert report is not None
    (row,) = report.humans
    assert (row.place, row.humans, row.population, round(row.rating or 0, 1)) == (3.0, 5, "All", 1712.1)
    client.force_login(make_user())
    page = client.get(reverse("podium:comparison-detail", args=[comparison.pk])).content.decode()
    assert "Places of the runs among Five friends" in page
    assert re.search(r"1.712 ± 3[89]\d", page)


@pytest.mark.django_db
def test_several_contests_are_rated_together_each_of_the_same_weight(tmp_path: Path) -> None:
    """The two contests of facts: fourth of eleven and second of sixteen give 2224.2."""
    fields = (
        [3000, 2600, 2400, 2200, 2000, 1800, 1600, 1400, 1200, 1000],
        [1900, 1800, 1700, 1650, 1600, 1500, 1450, 1400, 1300, 1200, 1150, 1100, 1050, 1000, 900],
    )
    runs = []
    for ratings, rank in zip(fields, (4, 2), strict=True):
        run = replayed(100, 100 - rank + 0.5)
        lines = [f"{100 - place},{rating}" for place, rating in enumerate(ratings, start=1)]
        path = tmp_path / f"{rank}.csv"
        path.write_text("\n".join(["total,rating", *lines]))
        slug = run.revision.pool.problem_set.slug
        assert run_command("import_humans", path, "--set", slug, "--name", "x", "--source", "facts")[0] == 0
        runs.append(run.pk)
    code, data, _ = run_command("rate", *runs)
    assert code == 0 and [row["place"] for row in data["places"]] == [4.0, 2.0]
    assert round(data["rating"]["rating"], 1) == 2224.2
    assert data["rating"]["rating"] == performance_rating(list(zip(fields, (4, 2), strict=True))).rating
    assert data["updates"] == []
    pool = Run.objects.get(pk=runs[0]).revision.pool
    again, ceiling = (
        run_inline(start_run(make_user(), pool=pool, strategy=strategy, budget=1, is_inline=True))
        for strategy in ("first-k", "no-limit")
    )
    code, data, _ = run_command("rate", runs[0], again.pk)
    assert code == 0 and (data["rating"], len(data["places"])) == (None, 2)
    assert data["reason"].startswith(f"Runs {runs[0]} and {again.pk} are of one contest")
    code, _, text = run_command("rate", ceiling.pk)
    assert (code, text) == (1, f"Run {ceiling.pk} is a ceiling (no-limit): nobody could have sent it.\n")
    code, data, text = run_command("rate", runs[0], "--rated", 2000)
    (update,) = data["updates"]
    assert code == 0 and [round(update[name], 1) for name in ("seed", "middle", "performance", "delta")] == [
        5.5, 4.7, 2166.8, 83.4,
    ]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("rank,points\n1,5\n", "has no column 'total'; it has rank, points"),
        ("total\n5\nmany\n", "line 3: total is 'many', no number"),
        ("total,rating\n,1500\n", "line 2: total is empty"),
        ("total\n", "has no contestant"),
        ('{"count": 3}', 'is no object with "counts"'),
    ],
)
def test_a_field_that_cannot_be_read_keeps_nothing(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "field.csv"
    path.write_text(text)
    slug = make_set({"p": (100.0,)}).slug
    code, _, error = run_command("import_humans", path, "--set", slug, "--name", "x", "--source", "y")
    assert code == 1 and reason in error
    assert not HumanField.objects.exists()


@pytest.mark.django_db
def test_real_totals_of_ioi_2019(tmp_path: Path, shared_data: Path) -> None:
    path = shared_data / "human-ioi-scores/ioi-2019-scores.csv"
    if not path.is_file():
        pytest.skip("the totals of IOI contestants are not here")
    run = replayed(600, 414.75)
    slug = run.revision.pool.problem_set.slug
    code, data, _ = run_command(
        "import_humans", path, "--set", slug, "--name", "IOI 2019", "--source", "IOI-Stats", "--license", "MIT"
    )
    assert code == 0 and data["rated"] == 0
    code, data, _ = run_command("rate", run.pk)
    (place,) = data["places"]
    # 414.75 is the gold cut-off: a twelfth of the field stands at or above it.
    assert place["tied"] >= 1 and 1 - place["place"] / (place["humans"] + 1) == pytest.approx(11 / 12, abs=0.01)
    assert data["rating"] is None and "has no field of rated contestants" in data["reason"]
