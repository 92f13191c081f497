"""Comparisons made of others: equal draws, equal cost, ablations; command and page."""

from __future__ import annotations

import dataclasses

import pytest
from django.test import Client
from django.urls import reverse

from comparisons.actions import Refused
from comparisons.actions.ablating import ablate
from comparisons.actions.equalising import equal_comparison
from comparisons.actions.runs import compare_inline, create_comparison, run_inline, start_run
from comparisons.charts import to_svg, waterfall
from comparisons.models import Comparison, Pool, Run
from comparisons.queries.comparisons import comparison_report, equal_origin
from tests.comparisons.replay.judged import make_model, make_pool, make_set, make_user, random_scores
from tests.comparisons.replay.test_commands import run_command

pytestmark = pytest.mark.django_db
POINTS = (30.0, 70.0)


def drawn(problem_set: object, slug: str, n: int, usd: tuple[str, str] | None = ("1", "2")) -> Pool:
    scores = {name: random_scores(n, POINTS, chance=0.2, seed=i) for i, name in enumerate(("p", "q"))}
    public = {name: [int(i % 2 == 0) for i in range(n)] for name in scores}
    return make_pool(problem_set, scores, model=make_model(slug, usd=usd), public=public)  # type: ignore[arg-type]


def replayed(pool: Pool, strategy: str, **options: object) -> Run:
    return run_inline(start_run(make_user(), pool=pool, strategy=strategy, is_inline=True, **({"budget": 4} | options)))  # type: ignore[arg-type]


def compared(*runs: Run) -> Comparison:
    return compare_inline(create_comparison(make_user(), runs=runs, title="Two pools", is_inline=True))


def firsts(comparison: Comparison) -> list[int]:
    return [entry.run.first for entry in comparison.entries.select_related("run").order_by("position")]


def test_equal_draws_are_as_many_as_all_have() -> None:
    problem_set = make_set({"p": POINTS, "q": POINTS})
    comparison = compared(
        replayed(drawn(problem_set, "a", 40), "longest-thought"), replayed(drawn(problem_set, "b", 24), "first-k")
    )
    equal = equal_comparison(make_user(), comparison, "draws", is_inline=True)
    assert firsts(compare_inline(equal)) == [24, 24]
    assert (equal.title, equal_origin(equal)) == ("Two pools · equal draws", ("draws", comparison))
    assert equal.baseline is not None and equal.baseline.first == 24
    with pytest.raises(Refused, match="have equal draws already"):
        equal_comparison(make_user(), equal, "draws", is_inline=True)


def test_equal_cost_is_as_many_draws_as_the_cheapest_run_pays_for() -> None:
    problem_set = make_set({"p": POINTS, "q": POINTS})
    cheap, dear = drawn(problem_set, "a", 40), drawn(problem_set, "b", 40, ("4", "8"))
    runs = replayed(cheap, "longest-thought"), replayed(dear, "longest-thought"), replayed(dear, "first-k")
    # 80 draws at 0.002, 80 at 0.008, 8 at 0.008.
    assert [float(run.cost_usd or 0) for run in runs] == pytest.approx([0.16, 0.64, 0.064])
    equal = equal_comparison(make_user(), compared(*runs), "cost", is_inline=True)
    assert firsts(compare_inline(equal)) == [16, 4, 40]
    assert max(float(run.cost_usd or 0) for run in equal.runs.all()) <= 0.064 + 1e-9


def test_equal_cost_of_an_unknown_cost_is_refused() -> None:
    problem_set = make_set({"p": POINTS, "q": POINTS})
    comparison = compared(
        replayed(drawn(problem_set, "a", 20), "first-k"), replayed(drawn(problem_set, "b", 20, None), "first-k")
    )
    with pytest.raises(Refused, match="is not known in full"):
        equal_comparison(make_user(), comparison, "cost", is_inline=True)
    with pytest.raises(Refused, match="equal draws or equal cost, not 'luck'"):
        equal_comparison(make_user(), comparison, "luck", is_inline=True)


def test_the_page_switches_between_as_drawn_and_equal(client: Client) -> None:
    problem_set = make_set({"p": POINTS, "q": POINTS})
    comparison = compared(
        replayed(drawn(problem_set, "a", 40), "first-k"), replayed(drawn(problem_set, "b", 24), "first-k")
    )
    client.force_login(make_user())
    answer = client.post(reverse("podium:comparison-equal", args=[comparison.pk, "draws"]))
    made = Comparison.objects.exclude(pk=comparison.pk).get()
    assert answer.headers["Location"] == reverse("podium:comparison-detail", args=[made.pk])
    compare_inline(made)
    page = client.get(answer.headers["Location"]).content.decode()
    assert f'href="{reverse("podium:comparison-detail", args=[comparison.pk])}#scores">As drawn</a>' in page
    assert '<span class="btn-p" aria-current="true">Equal draws</span>' in page
    refused = client.post(reverse("podium:comparison-equal", args=[made.pk, "luck"]), follow=True)
    assert "A comparison can be made to have" in refused.content.decode()


def test_compare_equal_prints_the_equal_comparison() -> None:
    problem_set = make_set({"p": POINTS, "q": POINTS})
    runs = [replayed(drawn(problem_set, slug, n), "first-k").pk for slug, n in (("a", 40), ("b", 24))]
    code, data, _ = run_command("compare", *runs, "--equal", "draws")
    assert code == 0
    assert {Run.objects.get(pk=row["run"]).first for row in data["runs"]} == {24}


def test_ablate_takes_out_every_ingredient_and_builds_the_rule_up() -> None:
    run = replayed(drawn(make_set({"p": POINTS, "q": POINTS}), "a", 40), "public-filter", options={"order": "random"})
    code, data, _ = run_command("ablate", run.pk)
    assert code == 0 and data["run"] == run.pk
    steps = [row for row in data["ablations"] if row["is_step"]]
    assert [row["what"] for row in steps][0] == "random choice" and steps[-1]["run"] == run.pk
    words = {row["what"]: row for row in data["ablations"]}
    assert words["order = drawing instead of random"]["run"] not in (None, run.pk)
    # Cross-checking needs brute-force outputs that this pool has not: it is left out, and the reason is told.
    missing = words["cross_check = drop instead of off"]
    assert missing["score"] is None and missing["reason"]
    report = comparison_report(make_user(), data["comparison"])
    assert report is not None and report.baseline == run.pk
    # Each label tells what is unlike the others, and nothing else.
    labels = [row.label for row in report.runs if row.strategy == "public-filter"]
    assert len(set(labels)) == len(labels) and all(label.count("=") <= 2 for label in labels)
    figure = waterfall(report)
    assert figure is not None and [row[0].text for row in figure.table.rows] == [row["what"] for row in steps]
    assert "What each stage adds" in to_svg(figure)
    # On a small screen the names break, and the bars keep most of the width.
    names = [line for name in figure.narrow["yaxis"]["ticktext"] for line in name.split("<br>")]
    assert len(names) > len(steps) and max(map(len, names)) <= 17
    scores = [row[1].value for row in figure.table.rows]
    assert [row[2].value for row in figure.table.rows][1:] == pytest.approx([scores[1] - scores[0]])  # type: ignore[operator]
    alone = dataclasses.replace(report, runs=tuple(row for row in report.runs if row.strategy != "random-k"))
    assert waterfall(alone) is None


def test_what_has_no_ingredients_is_not_ablated(client: Client) -> None:
    pool = drawn(make_set({"p": POINTS, "q": POINTS}), "a", 20)
    floor = replayed(pool, "random-k")
    with pytest.raises(Refused, match="has no ingredients to take out"):
        ablate(make_user(), floor)
    client.force_login(make_user())
    run = replayed(pool, "first-k")
    answer = client.post(reverse("podium:run-ablate", args=[run.pk]))
    assert answer.headers["Location"].startswith("/comparisons/")
    assert client.post(reverse("podium:run-ablate", args=[floor.pk])).headers["Location"] == f"/runs/{floor.pk}/"
