"""Pools, models and strategies."""

from __future__ import annotations

import datetime
import html
from decimal import Decimal

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from comparisons.metrics.ceilings import VERSION
from comparisons.models import Candidate, Judging, Pool, PoolState, Price, ProblemVersion, Run, User
from comparisons.queries.pool_pages import pool_page
from comparisons.strategies import STRATEGIES
from tests.comparisons.views import seed
from tests.factories import make_model, make_pool, make_problem, make_problem_set, make_user

pytestmark = pytest.mark.django_db
FRAGMENT = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def user(client: Client) -> User:
    """Somebody signed in."""
    user = make_user()
    client.force_login(user)
    return user


def messages_of(client: Client, pool: Pool) -> list[str]:
    """What the pool's page says back."""
    return [str(message) for message in client.get(f"/pools/{pool.pk}/").context["messages"]]


@pytest.mark.parametrize("n", [1, 3])
def test_list_costs_as_many_queries_with_more_rows(
    client: Client, user: User, n: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(n):
        seed.judge(make_pool())
    with django_assert_num_queries(9):
        client.get("/pools/")


def test_list_shows_figures_of_the_newest_complete_judging(client: Client, user: User) -> None:
    pool = make_pool(n=6)
    seed.judge(pool)
    seed.judge(pool, state=PoolState.JUDGING, share=0.5)
    row = client.get("/pools/").context["pools"][0]
    assert (row.compiled, row.pass_at_1, row.no_limit, row.state) == (1.0, 2 / 6, 100.0, "judging")


@pytest.mark.parametrize("task_type", ["answer", "output-only"])
def test_list_counts_nothing_as_compiled_where_candidates_are_no_programs(
    client: Client, user: User, task_type: str
) -> None:
    seed.judge(make_pool())
    ProblemVersion.objects.update(task_type=task_type)
    assert client.get("/pools/").context["pools"][0].compiled is None


def test_list_has_no_figures_before_the_first_judging(client: Client, user: User) -> None:
    make_pool()
    row = client.get("/pools/").context["pools"][0]
    assert (row.compiled, row.pass_at_1, row.no_limit, row.state_label) == (None, None, None, "not judged")


@pytest.mark.parametrize("n", [1, 3])
def test_detail_costs_as_many_queries_with_more_problems(
    client: Client, user: User, n: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    problem_set = make_problem_set()
    for _ in range(n):
        make_problem(problem_set)
    pool = make_pool(problem_set)
    seed.judge(pool)
    seed.probe(pool)
    with django_assert_num_queries(20):
        client.get(f"/pools/{pool.pk}/")


def test_detail_counts_what_scores_nothing_apart() -> None:
    pool = make_pool(n=4)
    first, second, third, _ = Candidate.objects.filter(pool=pool).order_by("index")
    for candidate, reason, finish in ((first, "truncated", "length"), (second, "no code block", "stop")):
        Candidate.objects.filter(pk=candidate.pk).update(source="", no_program=reason, finish_reason=finish)
    Candidate.objects.filter(pk=third.pk).update(finish_reason="content_filter")
    page = pool_page(pool)
    assert (page.n_candidates, page.with_program) == (4, 2)
    assert page.counts == {"without_program": 2, "truncated": 1, "refused": 1}


def test_detail_says_up_to_only_of_problems_with_fewer_draws() -> None:
    problem_set = make_problem_set()
    _, second = make_problem(problem_set), make_problem(problem_set)
    pool = make_pool(problem_set, n=3)
    even = pool_page(pool).is_even
    Candidate.objects.filter(problem=second, index=2).delete()
    assert (even, pool_page(pool).is_even) == (True, False)


def test_detail_sums_verdicts_of_all_problems() -> None:
    problem_set = make_problem_set()
    make_problem(problem_set)
    make_problem(problem_set)
    pool = make_pool(problem_set, n=6)
    seed.judge(pool)
    page = pool_page(pool)
    assert (sum(n for _, n in page.verdicts), dict(page.verdicts)["AC"], page.compiled) == (12, 4, 12)


def test_detail_offers_what_can_be_done_next(client: Client, user: User) -> None:
    pool = make_pool(user=user)
    path = f"/pools/{pool.pk}/"
    offers = [
        ("judge/", "Judge 4 candidates"),
        ("pause/", "Pause"),
        ("resume/", "Resume"),
        ("replay/", "Replay first-k"),
    ]

    def offered() -> list[bool]:
        page = client.get(path).content.decode()
        return [f'action="{path}{address}"' in page and words in page for address, words in offers]

    fresh = offered()
    judging = seed.judge(pool, state=PoolState.JUDGING)
    moving = offered()
    Judging.objects.filter(pk=judging.pk).update(state=PoolState.PAUSED)
    paused = offered()
    Judging.objects.filter(pk=judging.pk).update(state=PoolState.DONE)
    assert [fresh, moving, paused, offered()] == [
        [True, False, False, False],
        [False, True, False, False],
        [False, False, True, False],
        [False, False, False, True],
    ]


def test_detail_polls_only_while_something_moves(client: Client, user: User) -> None:
    pool = make_pool()
    judging = seed.judge(pool, state=PoolState.JUDGING, share=0.5)
    moving = client.get(f"/pools/{pool.pk}/", **FRAGMENT).content.decode()
    Judging.objects.filter(pk=judging.pk).update(state=PoolState.FAILED, state_reason="The sandbox refused to start.")
    failed = client.get(f"/pools/{pool.pk}/", **FRAGMENT).content.decode()
    assert ("hx-trigger" in moving, "<html" in moving, "hx-trigger" in failed) == (True, False, False)
    assert ("The sandbox refused to start." in failed, "Nothing is lost" in failed) == (True, True)


def test_isolation_stands_with_the_verdicts(client: Client, user: User) -> None:
    pool = make_pool()
    seed.judge(pool)
    assert "isolated by bwrap+seccomp" in client.get(f"/pools/{pool.pk}/").content.decode()
    candidate = pool.candidates.first()
    assert candidate is not None
    assert "<dd>bwrap+seccomp</dd>" in client.get(f"/candidates/{candidate.pk}/").content.decode()


def test_detail_marks_privileged_probes(client: Client, user: User) -> None:
    pool = make_pool()
    seed.judge(pool)
    before = "made from package data" in client.get(f"/pools/{pool.pk}/").content.decode()
    seed.probe(pool)
    response = client.get(f"/pools/{pool.pk}/")
    assert (before, "made from package data" in response.content.decode()) == (False, True)
    title = pool.problem_set.problems.get().current_version.title
    assert {row.problem for row in response.context["page"].probes} == {title}


def test_import_report_names_what_was_left_out_and_the_nearest(client: Client, user: User) -> None:
    pool = make_pool()
    Pool.objects.filter(pk=pool.pk).update(
        import_report={
            "records": 9,
            "unmatched_records": 750,
            "unmatched_problems": 730,
            "unmatched": [{"problem": "nlie", "records": 3, "nearest": ["nile"]}],
            "unreadable": [{"record": 4, "line": 5, "reason": "is not JSON"}],
            "languages": {},
            "no_program": {},
        }
    )
    page = client.get(f"/pools/{pool.pk}/").content.decode()
    assert ("<code>nlie</code>, 3 records; nearest: <code>nile</code>" in page, "Line 5" in page) == (True, True)
    assert "730 problems of the file are not in the set" in page


def test_pool_that_cannot_be_judged_says_why(client: Client, user: User) -> None:
    pool = make_pool()
    Pool.objects.filter(pk=pool.pk).update(is_scored_elsewhere=True)
    response = client.post(f"/pools/{pool.pk}/judge/")
    assert (response.status_code, response["Location"]) == (302, f"/pools/{pool.pk}/")
    assert "scored elsewhere" in messages_of(client, pool)[0]


def test_pause_and_resume_change_the_state_and_say_so(client: Client, user: User) -> None:
    pool = make_pool(user=user)
    judging = seed.judge(pool, state=PoolState.JUDGING)
    client.post(f"/pools/{pool.pk}/pause/")
    judging.refresh_from_db()
    assert (judging.state, messages_of(client, pool)) == ("paused", [f"{pool.name} is paused. What is done stays."])


def test_candidates_are_narrowed_by_verdict(client: Client, user: User) -> None:
    pool = make_pool(n=6)
    seed.judge(pool)
    problem = pool.problem_set.problems.get()
    path = f"/pools/{pool.pk}/problems/{problem.slug}/"
    everyone = client.get(path).context
    accepted = client.get(f"{path}?verdict=AC").context
    assert (len(everyone["page"]), everyone["counts"]["AC"]) == (6, 2)
    assert [row.verdict for row in accepted["page"]] == ["AC", "AC"]


def test_candidates_are_aimed_at_something_only_in_a_pool_per_subtask(client: Client, user: User) -> None:
    pool = make_pool(n=1)
    path = f"/pools/{pool.pk}/problems/{pool.problem_set.problems.get().slug}/"
    whole = "Aimed at" in client.get(path).content.decode()
    Pool.objects.update(formulation="subtask")
    assert (whole, "Aimed at" in client.get(path).content.decode()) == (False, True)


def test_replay_form_shows_the_options_of_the_chosen_strategy(client: Client, user: User) -> None:
    pool = make_pool()
    seed.judge(pool)
    page = client.get(f"/pools/{pool.pk}/replay/?strategy=largest-cluster", **FRAGMENT).content.decode()
    names = [f'name="option-{option.name}"' in page for option in STRATEGIES["largest-cluster"].options]
    assert (all(names), "<html" in page) == (True, False)


def test_replay_asks_for_the_equality_of_outputs_where_the_strategy_compares_them(client: Client, user: User) -> None:
    pool = make_pool(n=6)
    shown = {slug: "equality" in client.get(f"/pools/{pool.pk}/replay/", {"strategy": slug}).context["form"].fields
             for slug in ("largest-cluster", "first-k")}  # fmt: skip
    assert shown == {"largest-cluster": True, "first-k": False}


def test_replay_starts_a_run(client: Client, user: User) -> None:
    pool = make_pool()
    seed.judge(pool)
    options = {f"option-{o.name}": o.default for o in STRATEGIES["first-k"].options if o.default is not False}
    data = {"strategy": "first-k", "budget": 2, "first": "", "seeds": 3, "seed": 0, **options}
    response = client.post(f"/pools/{pool.pk}/replay/", data)
    run = Run.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"/runs/{run.pk}/")
    assert (run.budget, run.first, run.strategy.slug) == (2, 4, "first-k")


def test_replay_keeps_what_was_typed_where_another_strategy_is_chosen(client: Client, user: User) -> None:
    pool = make_pool()
    seed.judge(pool)
    asked = client.get(f"/pools/{pool.pk}/replay/?strategy=public-filter&budget=3&first=2&seeds=7&seed=11&budget-x=1")
    form = asked.context["form"]
    assert [str(form[name].value()) for name in ("budget", "first", "seeds", "seed")] == ["3", "2", "7", "11"]
    page = asked.content.decode()
    assert 'name="budget" id="id_budget" min="1" value="3"' in page
    assert 'hx-include="#replay-form [name=budget], #replay-form [name=first], ' in page
    again = client.get(f"/pools/{pool.pk}/replay/?strategy=first-k&budget=").context["form"]
    assert again["budget"].value() == 2


def test_replay_of_random_choice_asks_who_may_be_drawn(client: Client, user: User) -> None:
    pool = make_pool()
    seed.judge(pool)
    address = f"/pools/{pool.pk}/replay/"
    page = client.get(f"{address}?strategy=random-k").content.decode()
    assert 'name="option-frame"' in page and "those that compile" in page
    said = {"strategy": "random-k", "budget": 2, "seeds": 1, "seed": 0}
    for more, options in (({"option-frame": "compiled"}, {"frame": "compiled"}), ({}, {})):
        assert client.post(address, said | more).status_code == 302
        assert Run.objects.order_by("-pk")[0].options == options
    refused = client.post(address, said | {"option-frame": "all"})
    assert refused.status_code == 422 and "not one of the available choices" in refused.content.decode()


def test_replay_refuses_an_option_that_the_strategy_lacks(client: Client, user: User) -> None:
    pool = make_pool()
    seed.judge(pool)
    for slug, said in (("first-k", "it has identical, stop"), ("random-k", "it has frame")):
        data = {"strategy": slug, "budget": 2, "seeds": 1, "seed": 0, "option-colour": "red"}
        options = {f"option-{o.name}": o.default for o in STRATEGIES["first-k"].options if slug == "first-k"}
        response = client.post(f"/pools/{pool.pk}/replay/", {**data, **options})
        assert (response.status_code, Run.objects.count()) == (422, 0)
        assert html.unescape(response.content.decode()).count(f"{slug} has no option 'colour'; {said}") == 1


def test_replay_without_script_takes_no_options_of_another_strategy(client: Client, user: User) -> None:
    """The boxes of largest-cluster's options are not on first-k's page, and would count as not ticked."""
    pool = make_pool()
    seed.judge(pool)
    data = {"strategy": "largest-cluster", "options-of": "first-k", "budget": 2, "seeds": 1, "seed": 0}
    response = client.post(f"/pools/{pool.pk}/replay/", {**data, "option-identical": "send"})
    form = response.context["form"]
    assert (response.status_code, Run.objects.count()) == (422, 0)
    assert form.non_field_errors()[0].startswith("The options shown were those of first-k.")
    assert (form["option-public_filter"].value(), form["option-identical"].value()) == (True, "skip")
    assert 'name="options-of" value="largest-cluster"' in response.content.decode()


def test_replay_keeps_what_was_typed_and_names_the_field(client: Client, user: User) -> None:
    pool = make_pool()
    seed.judge(pool)
    response = client.post(
        f"/pools/{pool.pk}/replay/", {"strategy": "first-k", "budget": 7, "first": 99, "seeds": 1, "seed": 0}
    )
    page = response.content.decode()
    assert (response.status_code, 'value="7"' in page, Run.objects.count()) == (422, True, 0)
    assert "This pool has 4 draws a unit: choose at most so many." in page


def test_replay_refusal_of_the_action_stands_on_the_form(client: Client, user: User) -> None:
    pool = make_pool()
    response = client.post(f"/pools/{pool.pk}/replay/", {"strategy": "random-k", "budget": 2, "seeds": 1, "seed": 0})
    assert (response.status_code, "has not been judged" in response.content.decode()) == (422, True)


@pytest.mark.parametrize("n", [1, 3])
def test_models_cost_as_many_queries_with_more_rows(
    client: Client, user: User, n: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(n):
        model = make_model()
        Price.objects.create(model=model, valid_from=datetime.date(2026, 1, 1), input_usd_per_mtok=Decimal("0.05"))
    with django_assert_num_queries(6):
        client.get("/models/")


def test_model_shows_prices_by_date_and_what_it_comes_from(client: Client, user: User) -> None:
    base = make_model("base")
    tuned = make_model("tuned", derived_from=base)
    for year, usd in ((2025, "0.125"), (2026, "0.5")):
        Price.objects.create(model=tuned, valid_from=datetime.date(year, 1, 1), input_usd_per_mtok=Decimal(usd))
    page = client.get("/models/tuned/").content.decode()
    assert page.index("0.50") < page.index("0.125")
    assert (
        'href="/models/base/"' in page,
        'href="/models/tuned/"' in client.get("/models/base/").content.decode(),
    ) == (True, True)


def test_strategies_say_what_each_looks_at(client: Client, user: User) -> None:
    rules = {rule.slug: rule for rule in client.get("/strategies/").context["rules"]}
    assert [(option.name, rules["random-k"].version) for option in rules["random-k"].options] == [("frame", VERSION)]
    looks = {
        slug: [what for what, does in rules[slug].looks_at if does == "Yes"] for slug in ("first-k", "largest-cluster")
    }
    assert looks == {"first-k": [], "largest-cluster": ["Public-test results", "Outputs on probes"]}
    assert [rules[slug].kind for slug in ("random-k", "oracle-k", "no-limit")] == ["floor", "ceiling", "ceiling"]
