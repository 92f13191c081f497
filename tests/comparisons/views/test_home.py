"""Home, search, theme, health."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape
from pytest_django import DjangoAssertNumQueries

from comparisons.exports.cards import cards
from comparisons.models import Comparison, Fit, Machine, Pool, PoolState, User, Work
from comparisons.queries.at_work import JobRow
from comparisons.queries.home import judging_notice, shell_status
from tests.comparisons.reports import make_report
from tests.comparisons.views import seed
from tests.factories import make_model, make_pool, make_problem_set, make_user

pytestmark = pytest.mark.django_db
FRAGMENT = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def user(client: Client) -> User:
    """Somebody signed in."""
    user = make_user()
    client.force_login(user)
    return user


def make_rows(n: int) -> list[Pool]:
    """n judged pools with a run each, and n comparisons."""
    pools = [make_pool() for _ in range(n)]
    for pool in pools:
        run = seed.replay(seed.judge(pool), "first-k")
        seed.compare([run])
    return pools


def test_home_leads_a_newcomer_through_three_steps(client: Client, user: User) -> None:
    page = client.get("/").content.decode()
    assert ("Nothing measured yet" in page, page.count("<li><h2>")) == (True, 3)


@pytest.mark.parametrize("n", [1, 3])
def test_home_costs_as_many_queries_with_more_rows(
    client: Client, user: User, n: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_rows(n)
    with django_assert_num_queries(17):
        client.get("/")


def test_home_shows_what_a_comparison_found(client: Client, user: User) -> None:
    make_rows(1)
    page = client.get("/").content.decode()
    assert ("gains 147 points on the same pool" in page, "1 difference shown" in page) == (True, True)


def test_home_has_the_newest_comparison_first_and_what_each_way_wins_and_costs(client: Client, user: User) -> None:
    report = make_report()
    problem_set = make_problem_set(user=user)
    for title in ("Older", "Newer"):
        Comparison.objects.create(problem_set=problem_set, title=title, result=report.to_json(), created_by=user)
    page = client.get("/").content.decode()
    said = [f"{way.verdict} · {way.over_problems} · {way.price}" for way in cards(report)]
    assert [page.count(escape(one)) for one in said] == [2] * len(said)
    assert page.index("Newer") < page.index("Older")


def test_jobs_count_one_in_the_singular_and_show_a_bar_once_begun() -> None:
    waiting = JobRow("Replay", "/", PoolState.WAITING, 0, 1, "runs")
    judging = JobRow("Judge", "/", PoolState.JUDGING, 0, 8, "candidates")
    assert [(row.units, row.is_begun) for row in (waiting, judging)] == [("run", False), ("candidates", True)]


def test_home_lists_what_is_drawn_and_what_of_its_cap_is_spent(client: Client, user: User) -> None:
    pool = make_pool(n=3)
    units = {"recipe": {"units": [["a", None]]}, "n_asked": 8, "max_cost_usd": 5, "committed_nano_usd": 348_000_000}
    Pool.objects.filter(pk=pool.pk).update(state=PoolState.DRAWING, **units)
    Work.objects.create(kind=Work.Kind.DRAW, key="d", pool=pool)
    make_pool()
    page = client.get("/").content.decode()
    assert (f"Draw {pool.name}" in page, "3 of 8 candidates" in page, "hx-trigger" in page) == (True, True, True)
    assert "0.35 of 5.00 USD are spent or set aside." in page
    assert shell_status(user).is_busy
    Pool.objects.filter(pk=pool.pk).update(state=PoolState.PAUSED, state_reason="The key is refused.")
    assert "The key is refused." in client.get("/").content.decode()
    assert not shell_status(user).is_busy


def test_home_lists_what_is_trained(client: Client, user: User) -> None:
    make_pool()
    fit = Fit.objects.create(key="f", state=PoolState.JUDGING, feature_version=1, created_by=user)
    Work.objects.create(kind=Work.Kind.FIT, key="f", fit=fit)
    assert f"Train fit {fit.pk}" in client.get("/").content.decode()
    assert shell_status(user).is_busy


def test_home_polls_while_something_moves_and_stops_by_itself(client: Client, user: User) -> None:
    pool = make_pool()
    judging = seed.judge(pool, state=PoolState.JUDGING, share=0.5)
    moving = client.get("/", **FRAGMENT).content.decode()
    judging.state = PoolState.DONE
    judging.save()
    resting = client.get("/", **FRAGMENT).content.decode()
    assert ("hx-trigger" in moving, "2 of 4 candidates" in moving, "hx-trigger" in resting) == (True, True, False)
    assert ("<html" in moving, client.get("/")["Vary"]) == (False, "HX-Request, Cookie")


def test_home_is_loaded_again_when_a_job_began_or_ended(client: Client, user: User) -> None:
    seed.judge(make_pool(), state=PoolState.JUDGING)
    answers = [client.get(f"/?jobs={n}", **FRAGMENT).get("HX-Refresh") for n in (1, 2)]
    assert (answers, client.get("/?jobs=2").get("HX-Refresh")) == ([None, "true"], None)


def test_home_says_why_a_run_waits(client: Client, user: User) -> None:
    pool = make_pool()
    judging = seed.judge(pool, state=PoolState.JUDGING)
    seed.replay(judging, "first-k", state=PoolState.WAITING)
    assert "Waits for the pool: it is not judged yet." in client.get("/").content.decode()


def test_home_marks_simulated_data(client: Client, user: User) -> None:
    pool = make_pool()
    before = b"Simulated data." in client.get("/").content
    Pool.objects.filter(pk=pool.pk).update(is_simulated=True)
    assert (before, b"Simulated data." in client.get("/").content) == (False, True)


def test_notice_says_why_nothing_can_be_judged_only_where_no_machine_can(client: Client, user: User) -> None:
    Machine.objects.create(name="a", unavailable="user namespaces are off.", seen_at=timezone.now())
    alone = judging_notice()
    assert b"Nothing can be judged here." in client.get("/").content
    Machine.objects.create(name="b", seen_at=timezone.now())
    both = judging_notice()
    Machine.objects.filter(name="b").update(seen_at=timezone.now() - timedelta(hours=1))
    assert (alone, both, judging_notice()) == ("user namespaces are off.", "", "user namespaces are off.")


def test_shell_costs_two_queries(user: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(2):
        shell_status(user)


def test_search_finds_by_all_words_and_says_when_nothing_matches(client: Client, user: User) -> None:
    make_model("nile-small", name="Nile small")
    make_problem_set("nile-cup")
    found = client.get("/search/?q=nile+small").content.decode()
    missing = client.get("/search/?q=amazon").content.decode()
    assert ("Nile small" in found, "Nile-cup" in found, "Nothing matches" in missing) == (True, False, True)


def test_search_escapes_what_was_typed(client: Client, user: User) -> None:
    assert b"<script>alert" not in client.get("/search/?q=<script>alert(1)</script>").content


def test_theme_is_remembered_in_a_cookie_and_rendered(client: Client, user: User) -> None:
    response = client.post("/theme/", {"theme": "dark"}, HTTP_REFERER="http://testserver/runs/")
    assert (response.status_code, response["Location"]) == (302, "http://testserver/runs/")
    assert '<html lang="en" data-bs-theme="dark">' in client.get("/").content.decode()


def test_theme_never_leads_elsewhere_nor_believes_its_cookie(client: Client, user: User) -> None:
    response = client.post("/theme/", {"theme": "light"}, HTTP_REFERER="https://elsewhere.example/")
    client.cookies["podium_theme"] = '"><script>'
    assert (response["Location"], '<html lang="en">' in client.get("/").content.decode()) == ("/", True)


def test_healthz_answers_without_a_sign_in(client: Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_pages_carry_no_inline_style_or_script(client: Client, user: User) -> None:
    make_rows(1)
    page = client.get("/").content.decode()
    assert (" style=" in page, "<script>" in page, "onclick" in page) == (False, False, False)


def test_unknown_address_is_a_page_of_ours(client: Client, user: User) -> None:
    response = client.get("/no/such/page/")
    assert (response.status_code, b"Nothing here" in response.content) == (404, True)
