"""The comparison page: what it shows, what its address changes, who may see it."""

from __future__ import annotations

import html
import json
import re

import pytest
from django.test import Client
from django.urls import reverse

from comparisons.metrics.attempts_rows import AttemptsRow
from comparisons.metrics.rows import ComparisonReport
from comparisons.models import Comparison, ComparisonRun, Run, Visibility, Work
from comparisons.stages.comparing import due_for
from tests.comparisons.reports import make_clusters, make_edge_report, make_fit_row, make_report, make_run_row
from tests.comparisons.views.seed import judge, replay
from tests.factories import make_pool, make_problem_set, make_user

pytestmark = pytest.mark.django_db


def make_comparison(report: ComparisonReport | None = None, **changes) -> Comparison:
    user = make_user()
    values = {
        "problem_set": changes.pop("problem_set", None) or make_problem_set(user=user),
        "title": report.title if report else "Being computed",
        "result": report.to_json() if report else {},
        "created_by": user,
    }
    return Comparison.objects.create(**(values | changes))


def make_run(**changes) -> Run:
    return replay(judge(make_pool()), "random-k", kind="floor", **changes)


def page_of(client: Client, comparison: Comparison, query: str = "", **headers) -> str:
    client.force_login(comparison.created_by)
    response = client.get(reverse("podium:comparison-detail", args=[comparison.pk]) + query, headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


def figure_of(page: str, name: str) -> dict:
    return json.loads(re.search(rf'<script id="figure-{name}" type="application/json">(.*?)</script>', page, re.S)[1])


def test_page_has_answer_before_proof(client: Client) -> None:
    page = page_of(client, make_comparison(make_report()))
    ids = re.findall(r'<section class="block" id="(\w+)"', page)
    assert ids == ["summary", "scores", "matrix", "gap", "points", "clusters", "price", "parts", "plan", "method"]


def test_page_takes_few_queries(client: Client, django_assert_num_queries) -> None:
    comparison = make_comparison(make_report())
    client.force_login(comparison.created_by)
    address = reverse("podium:comparison-detail", args=[comparison.pk])
    client.get(address)
    with django_assert_num_queries(8):  # session, user, comparison, report, its runs as they are now, its work, the bar
        client.get(address)


def test_page_has_no_inline_style_or_script(client: Client) -> None:
    page = page_of(client, make_comparison(make_edge_report()))
    assert re.findall(r"\sstyle=|\son\w+=|<style|<script(?![^>]*(?:src=|application/json))", page) == []


def test_page_of_every_edge_says_each_reason(client: Client) -> None:
    text = text_of(page_of(client, make_comparison(make_edge_report())))
    for words in (
        "no interval: one draw for each unit: another draw cannot be imitated from it",
        "no interval: fewer than three problems in common",
        "scored elsewhere",
        "probes made from package data",
        "Ceilings: what the pools hold.",
        "4 cells missing: unknown, not 0.",
        "Only problems where at least one of these models failed",
    ):
        assert words in text, words


def test_page_escapes_names(client: Client) -> None:
    nasty = "</script><img src=x onerror=alert(1)>"
    runs = (make_run_row(1, label=nasty), make_run_row(2, pool_name=nasty))
    report = make_report(
        title=nasty, question=nasty, runs=runs, findings=(nasty,), warnings=(nasty,), method=((nasty, nasty),)
    )
    page = page_of(client, make_comparison(report))
    assert "<img src=x" not in page


def test_page_shows_the_difference_view_when_asked(client: Client) -> None:
    comparison = make_comparison(make_report())
    assert page_of(client, comparison).count('<td class="d') == 0
    assert page_of(client, comparison, "?view=difference").count('<td class="d') == 12 * 32


def test_page_plans_for_the_difference_asked(client: Client) -> None:
    comparison = make_comparison(make_report())
    seen, asked = page_of(client, comparison), page_of(client, comparison, "?x=7.5")
    planned = r'<td class="num">([\d.]+)</td><td class="num">[^<]*\(now 8\)'
    assert set(re.findall(planned, asked)) == {"7.5"}
    assert len(set(re.findall(planned, seen))) > 1
    assert "no number of them would show it" in page_of(client, comparison, "?x=1e-300")
    assert page_of(client, comparison, "?x=-3") == seen or 'value=""' in page_of(client, comparison, "?x=-3")


def test_page_finds_the_cheapest_run_to_the_score_asked(client: Client) -> None:
    report = make_report()
    comparison = make_comparison(report)
    known = [row for row in report.runs if row.kind != "ceiling" and row.score is not None and row.cost_usd is not None]
    middle = sorted(row.score for row in known)[len(known) // 2]
    best = min((row for row in known if row.score >= middle), key=lambda row: row.cost_usd)
    part = page_of(client, comparison, f"?reach={middle:.4f}&sort=cost", **{
        "HX-Request": "true", "HX-Target": "cheapest",
    })  # fmt: skip
    assert part.count("<tr>") == 2 + len(report.cheapest) and 'name="sort" value="cost"' in part
    first = part[part.index("<tbody>") : part.index("</tr>", part.index("<tbody>"))]
    assert f">{middle:g} points<" in first and f'href="/runs/{best.run}/"' in first
    assert ">47.25 points<" in page_of(client, comparison, "?reach=47.25")
    assert "not reached" in page_of(client, comparison, "?reach=1e6") and f'value="{middle:g}"' in part
    assert 'name="reach" type="number" min="0" step="any" placeholder="a score" value=""' in page_of(
        client, comparison, "?reach=nan"
    )


def test_page_sorts_by_cost_when_asked(client: Client) -> None:
    page = page_of(client, make_comparison(make_report()), "?sort=cost")
    table = page[page.index('<table class="t lines scores">') :]
    assert re.findall(r"<b>([\w-]+)</b>", table)[:3] == ["base-7", "contest-7", "base-7"]
    assert 'aria-sort="ascending"' in table


def test_page_hides_runs_from_table_and_charts(client: Client) -> None:
    comparison = make_comparison(make_report())
    page = page_of(client, comparison, "?hide=1,2")
    assert "10 of 12 runs shown" in text_of(page)
    assert len(figure_of(page, "gap")["layout"]["yaxis"]["ticktext"]) == 10


def test_page_shows_the_clusters_asked_for(client: Client) -> None:
    page = page_of(client, make_comparison(make_report()), "?subtask=tiles.4")
    assert "Cluster sizes: Tiles · subtask 4" in text_of(page)


@pytest.mark.parametrize(
    "query",
    [
        "?view=x",
        "?sort=zzz",
        "?baseline=99",
        "?baseline=abc",
        "?subtask=..",
        "?hide=1,x,,99999999999999999999",
        "?a=1&b=1",
    ],
)
def test_page_falls_back_where_the_address_is_nonsense(client: Client, query: str) -> None:
    comparison = make_comparison(make_report())
    assert text_of(page_of(client, comparison, query)).count("large-70 · largest-cluster-first") > 3


def test_page_without_clusters_says_why(client: Client) -> None:
    assert "No clusters to show" in page_of(client, make_comparison(make_report(clusters=())))


def test_page_of_a_single_run_stands(client: Client) -> None:
    report = make_report(runs=(make_run_row(1),), clusters=make_clusters()[:1])
    assert "Only one run" in page_of(client, make_comparison(report))


@pytest.mark.parametrize(
    ("target", "begin"), [("scores", "scores"), ("matrix", "matrix"), ("clusters", "clusters"), ("parts", "parts")]
)
def test_htmx_gets_only_the_section_it_names(client: Client, target: str, begin: str) -> None:
    headers = {"HX-Request": "true", "HX-Target": target}
    page = page_of(client, make_comparison(make_report()), "?view=difference", **headers)
    assert page.lstrip().startswith(f'<section class="block" id="{begin}"')
    assert page.count("<section") == 1


def test_whole_page_for_an_unknown_target(client: Client) -> None:
    page = page_of(client, make_comparison(make_report()), "", **{"HX-Request": "true", "HX-Target": "other"})
    assert page.startswith("<!doctype html>")


def test_page_waits_while_nothing_is_computed(client: Client) -> None:
    page = page_of(client, make_comparison())
    assert 'hx-trigger="every 2s"' in page
    assert "All runs are done; the comparison is being computed." in page


def test_page_says_that_the_work_failed_and_stops_asking(client: Client) -> None:
    comparison = make_comparison()
    Work.objects.create(kind="compare", key="c", comparison=comparison, state="failed", error="Run 3 is gone.")
    page = page_of(client, comparison)
    assert "every 2s" not in page
    assert "The comparison was not computed. Run 3 is gone." in text_of(page)


def test_failed_computation_is_tried_again_when_asked_for(client: Client) -> None:
    run = make_run()
    comparison = make_comparison(problem_set=run.revision.pool.problem_set)
    ComparisonRun.objects.create(comparison=comparison, run=run, position=0)
    (piece,) = due_for(comparison)
    Work.objects.filter(pk=piece.pk).update(state="failed", error="KeyError: 'lo'", failures=5)
    page = page_of(client, comparison)
    assert "The comparison was not computed. KeyError: 'lo'" in text_of(page)
    address = reverse("podium:comparison-compute", args=[comparison.pk])
    assert f'action="{address}"' in page
    assert "not computed" in text_of(client.get(reverse("podium:comparison-list")).content.decode())
    assert client.post(address).url == reverse("podium:comparison-detail", args=[comparison.pk])
    (again,) = comparison.work.all()
    assert (again.key, again.state, again.failures, again.error) == (piece.key, "waiting", 0, "")
    assert 'hx-trigger="every 2s"' in page_of(client, comparison)
    assert client.get(address).status_code == 405


def test_a_try_that_failed_is_told_while_others_follow(client: Client) -> None:
    comparison = make_comparison()
    Work.objects.create(kind="compare", key="c", comparison=comparison, state="waiting", error="The disk is full.")
    page = page_of(client, comparison)
    assert "every 2s" in page
    assert "The last try failed. The disk is full. It is tried again by itself" in text_of(page)


def test_an_older_result_says_that_the_new_one_failed(client: Client) -> None:
    comparison = make_comparison(make_report())
    Work.objects.create(kind="compare", key="c", comparison=comparison, state="failed", error="Field 2 is gone.")
    text = text_of(page_of(client, comparison))
    assert "This is what was computed before. Computing it anew failed: Field 2 is gone. Try again" in text


def test_a_comparison_that_waits_for_runs_is_not_computed_anew(client: Client) -> None:
    run = make_run(state="waiting")
    comparison = make_comparison(problem_set=run.revision.pool.problem_set)
    ComparisonRun.objects.create(comparison=comparison, run=run, position=0)
    client.force_login(comparison.created_by)
    page = client.post(reverse("podium:comparison-compute", args=[comparison.pk]), follow=True).content.decode()
    assert "waits for its runs" in page


def test_cell_leads_to_what_was_sent_or_to_the_candidates(client: Client) -> None:
    report = make_report()
    page = page_of(client, make_comparison(report))
    problem = report.columns[0].problem
    for row in report.runs:
        sent = f"/runs/{row.run}/?problem={problem}"
        there = sent if row.kind == "strategy" else f"/pools/{row.pool}/problems/{problem}/"
        assert f'<a tabindex="-1" href="{there}">' in page


def test_waiting_page_has_a_bar_of_what_is_judged(client: Client) -> None:
    judging = judge(make_pool(), state="judging", share=0.5)
    run = replay(judging, "random-k", kind="floor", state="waiting")
    comparison = make_comparison(problem_set=run.revision.pool.problem_set)
    ComparisonRun.objects.create(comparison=comparison, run=run, position=0)
    assert 'aria-label="50 % judged"' in page_of(client, comparison).replace("\xa0", " ")


def test_waiting_page_comes_anew_when_it_is_ready(client: Client) -> None:
    comparison = make_comparison(make_report())
    client.force_login(comparison.created_by)
    headers = {"HX-Request": "true", "HX-Target": "waiting"}
    response = client.get(reverse("podium:comparison-detail", args=[comparison.pk]), headers=headers)
    assert (response.headers["HX-Refresh"], response.content) == ("true", b"")


def test_comparison_on_a_private_set_is_hidden_from_others(client: Client) -> None:
    owner = make_user()
    comparison = make_comparison(make_report(), problem_set=make_problem_set(user=owner, visibility=Visibility.PRIVATE))
    client.force_login(make_user())
    for address in (
        reverse("podium:comparison-detail", args=[comparison.pk]),
        reverse("podium:comparison-export", args=[comparison.pk, "json"]),
    ):
        assert client.get(address).status_code == 404


def test_result_of_another_version_is_said_not_shown(client: Client) -> None:
    page = page_of(client, make_comparison(result={"findings": [], "runs": []}))
    assert "Another version of Podium computed this comparison." in page
    assert "every 2s" not in page


def test_learned_scores_are_shown_with_what_was_left_out(client: Client) -> None:
    page = page_of(client, make_comparison(make_report(fits=(make_fit_row(leave="set"),))))
    text = text_of(page)
    assert "each set is ranked by weights that were trained on the other sets" in text
    assert [figure_of(page, name)["data"][1]["x"][0] for name in ("calibration-3", "search-3")] == [0.2, 0.52]
    assert 'href="#fits"' in page


def test_further_attempts_are_shown_conditional_and_not(client: Client) -> None:
    row = AttemptsRow(2, "contest-7-40", "contest-7", 2, 1, 3, 2, 40, 0.5, 0.55, 0.05, 0.15, 0.1, 0.3, None)
    text = text_of(page_of(client, make_comparison(make_report(attempts=(row,)))))
    assert "contest-7-40 1 → 2 40 50 % 55 % +5.0 % 15 % 10 % 30 % –" in text.replace("\u00a0", " ")
    assert "What further attempts changed" not in page_of(client, make_comparison(make_report()))
