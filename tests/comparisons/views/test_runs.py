"""Runs, candidates, comparisons made of runs."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from comparisons.models import Candidate, Comparison, Judging, Run, User
from comparisons.queries.runs import RunFilter, run_page
from tests.comparisons.views import seed
from tests.factories import make_pool, make_problem, make_problem_set, make_user

pytestmark = pytest.mark.django_db
FRAGMENT = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def user(client: Client) -> User:
    """Somebody signed in."""
    user = make_user()
    client.force_login(user)
    return user


@pytest.fixture
def judging() -> Judging:
    """A judged pool of two problems."""
    problem_set = make_problem_set()
    make_problem(problem_set)
    make_problem(problem_set)
    return seed.judge(make_pool(problem_set))


@pytest.mark.parametrize("n", [1, 3])
def test_list_costs_as_many_queries_with_more_rows(
    client: Client, user: User, n: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(n):
        seed.replay(seed.judge(make_pool()), "first-k")
    with django_assert_num_queries(11):
        client.get("/runs/")


def test_list_is_narrowed_by_the_address(client: Client, user: User, judging: Judging) -> None:
    first, _ = seed.replay(judging, "first-k"), seed.replay(judging, "public-filter")
    shown = client.get("/runs/?strategy=first-k").context["page"]
    assert [run.pk for run in shown] == [first.pk]


def test_list_that_is_empty_by_its_filter_says_so(client: Client, user: User, judging: Judging) -> None:
    seed.replay(judging, "first-k")
    page = client.get("/runs/?set=nope").content.decode()
    assert ("No run matches" in page, "0 of 1 run is left by this filter." in page) == (True, True)


def test_list_sorts_missing_figures_last_both_ways(client: Client, user: User, judging: Judging) -> None:
    low, high = seed.replay(judging, "first-k", share=0.2), seed.replay(judging, "public-filter", share=0.6)
    waiting = seed.replay(judging, "longest-thought", state="waiting")
    Run.objects.filter(pk=waiting.pk).update(score=None)
    orders = [[run.pk for run in client.get(f"/runs/?sort={sort}").context["page"]] for sort in ("score", "-score")]
    assert orders == [[low.pk, high.pk, waiting.pk], [high.pk, low.pk, waiting.pk]]


def test_list_says_by_what_it_is_sorted(client: Client, user: User, judging: Judging) -> None:
    seed.replay(judging, "first-k")
    page = client.get("/runs/?sort=-score&set=").content.decode()
    assert 'aria-sort="descending"><a class="sort" href="?sort=score&amp;set=">Score</a>' in page


def test_filter_leaves_out_what_it_does_not_know() -> None:
    assert RunFilter.from_query({"sort": "password", "state": "x", "pool": "1; drop", "page": "2"}) == RunFilter()


def test_list_as_a_fragment_is_the_table_alone(client: Client, user: User, judging: Judging) -> None:
    seed.replay(judging, "first-k")
    page = client.get("/runs/", **FRAGMENT).content.decode()
    assert ("<html" in page, 'id="runs"' in page) == (False, True)


@pytest.mark.parametrize("n", [1, 3])
def test_detail_costs_as_many_queries_with_more_problems(
    client: Client, user: User, n: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    problem_set = make_problem_set()
    for _ in range(n):
        make_problem(problem_set)
    run = seed.replay(seed.judge(make_pool(problem_set)), "first-k")
    with django_assert_num_queries(9):
        client.get(f"/runs/{run.pk}/")


def test_detail_stands_beside_floor_and_ceiling_of_the_same_candidates(judging: Judging) -> None:
    run = seed.replay(judging, "first-k", share=0.5)
    floor = seed.replay(judging, "random-k", kind="floor", share=0.3)
    seed.replay(judging, "random-k", kind="floor", share=0.1, budget=9)
    ceiling = seed.replay(judging, "no-limit", kind="ceiling", share=0.8, budget=9)
    page = run_page(run)
    assert (page.floor, page.no_limit, page.submission_limit) == (floor.score, ceiling.score, 6)
    assert page.over_floor == pytest.approx((run.score or 0) - (floor.score or 0))
    assert [row.floor for row in page.trials] == [trial.score for trial in floor.trials.all()]


def test_timeline_keeps_the_best_of_each_subtask(judging: Judging) -> None:
    timeline = run_page(seed.replay(judging, "first-k")).timeline
    assert timeline is not None
    totals = [sent.total for sent in timeline.sent]
    assert (totals == sorted(totals), timeline.seeds, timeline.seed) == (True, [0, 1], 0)
    assert sum(sent.gained for sent in timeline.sent) == totals[-1]


def test_timeline_is_of_the_problem_and_seed_that_are_asked_for(client: Client, user: User, judging: Judging) -> None:
    run = seed.replay(judging, "first-k")
    second = run.trials.last()
    assert second is not None
    page = client.get(f"/runs/{run.pk}/?problem={second.problem.slug}&seed=1", **FRAGMENT).content.decode()
    chosen = [f'<option value="{second.problem.slug}" selected>' in page, '<option value="1" selected>' in page]
    assert (chosen, "<html" in page) == ([True, True], False)


def test_nonsense_in_the_address_shows_the_first_timeline(judging: Judging) -> None:
    timeline = run_page(seed.replay(judging, "first-k"), problem="nope", seed=77).timeline
    assert timeline is not None
    assert timeline.seed == 0


def test_detail_of_a_floor_has_no_submissions(client: Client, user: User, judging: Judging) -> None:
    run = seed.replay(judging, "random-k", kind="floor")
    page = client.get(f"/runs/{run.pk}/").content.decode()
    assert ("Submission timeline" in page, "computed, sends none" in page) == (False, True)


def test_detail_says_why_there_is_no_interval(client: Client, user: User, judging: Judging) -> None:
    run = seed.replay(judging, "first-k")
    Run.objects.filter(pk=run.pk).update(over_draws_lo=None, over_draws_hi=None, over_draws_reason="one draw per unit")
    assert "no interval over draws: one draw per unit" in client.get(f"/runs/{run.pk}/").content.decode()


def test_detail_of_a_failed_run_says_why_and_what_is_safe(client: Client, user: User, judging: Judging) -> None:
    run = seed.replay(judging, "largest-cluster", state="failed", state_reason="This pool was not run on any probes.")
    page = client.get(f"/runs/{run.pk}/").content.decode()
    assert ("This pool was not run on any probes." in page, "are unchanged" in page) == (True, True)


def test_waiting_run_is_polled_until_it_is_done(client: Client, user: User, judging: Judging) -> None:
    run = seed.replay(judging, "first-k", state="waiting")
    page = client.get(f"/runs/{run.pk}/").content.decode()
    waiting = client.get(f"/runs/{run.pk}/?wait=1", **FRAGMENT)
    Run.objects.filter(pk=run.pk).update(state="done")
    done = client.get(f"/runs/{run.pk}/?wait=1", **FRAGMENT)
    assert ('hx-trigger="every 2s"' in page, waiting.status_code) == (True, 204)
    assert (waiting.get("HX-Refresh"), done.get("HX-Refresh")) == (None, "true")


def test_lower_bounds_are_marked(client: Client, user: User, judging: Judging) -> None:
    seed.replay(judging, "first-k", cost_is_lower_bound=True, is_incomplete=True)
    page = client.get("/runs/").content.decode()
    assert ("≥ 1.23" in page, page.count("partial") > 0) == (True, True)


def test_page_of_a_lower_bound_says_what_is_not_in_it(client: Client, user: User, judging: Judging) -> None:
    run = seed.replay(judging, "first-k", cost_is_lower_bound=True)
    run.details = {**run.details, "cost_missing": ["the token counts of 2 of 4 calls"]}
    run.save()
    page = client.get(f"/runs/{run.pk}/").content.decode()
    assert "; not in it: the token counts of 2 of 4 calls" in page


def test_compare_form_proposes_the_floor_as_baseline(client: Client, user: User, judging: Judging) -> None:
    run, floor = seed.replay(judging, "first-k"), seed.replay(judging, "random-k", kind="floor")
    form = client.get(f"/comparisons/new/?run={run.pk}&run={floor.pk}").context["form"]
    assert (form.chosen, form.baseline_pk) == ([run.pk, floor.pk], floor.pk)


@pytest.mark.parametrize("page", ["/runs/", "/runs/{run}/", "/comparisons/new/?run={run}"])
def test_privileged_run_has_its_badge_wherever_it_is(client: Client, user: User, judging: Judging, page: str) -> None:
    run = seed.replay(judging, "largest-cluster")
    found = []
    for is_privileged in (False, True):
        Run.objects.update(is_privileged=is_privileged)
        found.append('class="badge-p priv"' in client.get(page.format(run=run.pk)).content.decode())
    assert found == [False, True]


def test_compare_form_leaves_out_runs_of_another_set(client: Client, user: User, judging: Judging) -> None:
    run, other = seed.replay(judging, "first-k"), seed.replay(seed.judge(make_pool()), "first-k")
    form = client.get(f"/comparisons/new/?run={run.pk}&run={other.pk}").context["form"]
    assert (form.chosen, form.n_left_out) == ([run.pk], 1)


def test_compare_makes_a_comparison(client: Client, user: User, judging: Judging) -> None:
    run, floor = seed.replay(judging, "first-k"), seed.replay(judging, "random-k", kind="floor")
    data = {"runs": [run.pk, floor.pk], "baseline": floor.pk, "title": "Does it help?"}
    response = client.post("/comparisons/new/", data)
    comparison = Comparison.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"/comparisons/{comparison.pk}/")
    assert (comparison.title, comparison.baseline, comparison.runs.count()) == ("Does it help?", floor, 2)


def test_compare_needs_two_runs_and_one_of_them_as_baseline(client: Client, user: User, judging: Judging) -> None:
    run, floor = seed.replay(judging, "first-k"), seed.replay(judging, "random-k", kind="floor")
    response = client.post("/comparisons/new/", {"runs": [run.pk], "baseline": floor.pk})
    errors = response.context["form"].errors
    assert (response.status_code, Comparison.objects.count()) == (422, 0)
    assert dict(errors) == {
        "runs": ["Tick at least two runs."],
        "baseline": ["The baseline must be one of the ticked runs."],
    }


@pytest.mark.parametrize("n", [1, 3])
def test_comparisons_cost_as_many_queries_with_more_rows(
    client: Client, user: User, judging: Judging, n: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(n):
        seed.compare([seed.replay(judging, "first-k")])
    with django_assert_num_queries(5):
        client.get("/comparisons/")


def test_comparison_without_a_result_is_being_computed(client: Client, user: User, judging: Judging) -> None:
    seed.compare([seed.replay(judging, "first-k")], result={})
    assert "being computed" in client.get("/comparisons/").content.decode()


def test_candidate_shows_verdicts_of_its_tests_by_subtask(client: Client, user: User, judging: Judging) -> None:
    pool = judging.revision.pool
    seed.replay(judging, "first-k")
    candidate = Candidate.objects.filter(pool=pool).order_by("problem__position", "index")[1]
    page = client.get(f"/candidates/{candidate.pk}/").context["page"]
    assert [(row.index, len(row.tests)) for row in page.subtasks] == [(0, 1), (1, 2), (2, 2)]
    assert page.score == sum(row.score for row in page.subtasks if row.index)
    assert (page.previous.index, page.following.index, page.n_submissions > 0) == (0, 2, True)


def test_candidate_costs_as_many_queries_with_more_submissions(
    client: Client, user: User, judging: Judging, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for slug in ("first-k", "public-filter", "longest-thought"):
        seed.replay(judging, slug)
    candidate = judging.revision.pool.candidates.first()
    assert candidate is not None
    with django_assert_num_queries(13):
        client.get(f"/candidates/{candidate.pk}/")


def test_candidate_before_judging_says_so(client: Client, user: User) -> None:
    candidate = make_pool().candidates.first()
    assert candidate is not None
    assert "Not judged yet" in client.get(f"/candidates/{candidate.pk}/").content.decode()


def test_candidate_without_a_program_says_why(client: Client, user: User) -> None:
    candidate = make_pool().candidates.first()
    assert candidate is not None
    Candidate.objects.filter(pk=candidate.pk).update(source="", no_program="no code block")
    page = client.get(f"/candidates/{candidate.pk}/").content.decode()
    assert ("<h3>No program</h3>" in page, "No code block." in page) == (True, True)


def test_candidate_cost_is_unknown_without_a_price_and_never_zero(client: Client, user: User) -> None:
    candidate = make_pool().candidates.first()
    assert candidate is not None
    cost = client.get(f"/candidates/{candidate.pk}/").context["page"].cost
    assert cost.cost_usd is None


def test_source_is_sent_to_be_saved(client: Client, user: User) -> None:
    candidate = make_pool().candidates.first()
    assert candidate is not None
    response = client.get(f"/candidates/{candidate.pk}/source")
    assert response["Content-Disposition"] == f'attachment; filename="{candidate.problem.slug}-0.py"'
    assert (response["Content-Type"], response.content.decode()) == ("text/plain; charset=utf-8", candidate.source)


def test_raw_answer_is_text(client: Client, user: User) -> None:
    candidate = make_pool().candidates.first()
    assert candidate is not None
    Candidate.objects.filter(pk=candidate.pk).update(raw="<img src=x onerror=alert(1)>")
    page = client.get(f"/candidates/{candidate.pk}/?show=raw").content.decode()
    assert ("<img" in page, "&lt;img src=x" in page) == (False, True)


@pytest.mark.parametrize("number", ["²", "9" * 30, "9" * 5000, "-1", "x", "\0"])
def test_number_that_no_row_has_is_no_fault(client: Client, user: User, judging: Judging, number: str) -> None:
    run = seed.replay(judging, "first-k")
    answers = [
        client.get(f"/runs/{run.pk}/", {"seed": number}).status_code,
        client.get("/runs/", {"pool": number}).status_code,
        client.get("/comparisons/new/", {"run": number}).status_code,
        client.post("/comparisons/new/", {"runs": [run.pk, number], "baseline": number}).status_code,
    ]
    assert answers == [200, 200, 200, 422]


@pytest.mark.parametrize("address", ["/runs/", "/comparisons/new/?run={pk}"])
def test_cost_in_a_list_says_which_prices_it_used(client: Client, user: User, judging: Judging, address: str) -> None:
    run = seed.replay(judging, "first-k")
    Run.objects.filter(pk=run.pk).update(cost_usd=3, details={"prices": [{"model": "m", "valid_from": "2025-01-02"}]})
    assert "prices from 2025-01-02" in client.get(address.format(pk=run.pk)).content.decode()
