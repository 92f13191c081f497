"""Drawing against a real server process: what is written, what it costs, and what is never asked for twice."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest
from django.utils import timezone

from comparisons import jobs
from comparisons.actions import Refused
from comparisons.actions.drawing import extend, sample
from comparisons.actions.judging import pause, resume, start_judging, work_inline
from comparisons.actions.stopping import cancel_drawing
from comparisons.metrics.cost import Cost
from comparisons.models import Judging, Pool, PoolState, ProblemSet, Request, User, Work
from comparisons.queries.candidates import _cost
from comparisons.queries.drawing import drawing_of
from comparisons.queries.repricing import priced_rows
from comparisons.samplers.providers.pacing import Breaker
from comparisons.stages import drawing, following, watching
from comparisons.stages import work as leases
from comparisons.stages.call_costs import NANO
from judge.errors import SandboxUnavailable
from tests.comparisons.asked import (
    draw,
    finish,
    keys,
    make_asked_model,
    make_asked_problem,
    make_recorded_model,
    make_set,
    outcomes,
)
from tests.comparisons.samplers.providers.server import PROGRAM
from tests.comparisons.samplers.providers.serving import Told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_tries")]

#: 120 input tokens of which 20 cached, 40 of output, at the prices of `make_asked_model`.
CALL_USD = Decimal("0.000510")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No patience with a server that only fails."""
    monkeypatch.setattr(watching, "Breaker", partial(Breaker, first_patience_s=0.3, patience_s=0.3))


def test_pool_is_drawn_whole_and_frozen(server: Told, user: User, asked_set: ProblemSet) -> None:
    before = len(server.seen()["asked"])
    pool = draw(user, asked_set, make_asked_model(user, server.address), n=25)
    assert (pool.state, pool.state_reason) == (PoolState.DONE, "")
    assert keys(pool) == [(slug, None, index, 1) for slug in ("p0", "p1") for index in range(25)]
    assert len(server.seen()["asked"]) - before == 50
    assert outcomes(pool) == {"answered": 50}
    revision = pool.newest_revision
    assert (revision.number, revision.n_candidates, revision.n_draws) == (1, 50, 25)
    candidate = pool.candidates.first()
    assert candidate is not None
    assert (candidate.source, candidate.language, candidate.no_program) == (PROGRAM, "python3", "")
    tokens = (
        candidate.input_tokens,
        candidate.cached_input_tokens,
        candidate.output_tokens,
        candidate.reasoning_tokens,
    )
    assert tokens == (120, 20, 40, 15)
    found = drawing_of(pool)
    assert found is not None
    assert (found.cost_usd, found.cost_is_lower_bound, found.failed) == (50 * CALL_USD, False, 0)


def test_drawn_pool_is_judged_like_any_other(server: Told, user: User, asked_set: ProblemSet) -> None:
    pool = draw(user, asked_set, make_asked_model(user, server.address), n=2)
    try:
        start_judging(user, pool)
    except SandboxUnavailable as error:
        pytest.skip(f"programs cannot be isolated here: {error}")
    work_inline(pool)
    judged = Judging.objects.get()
    full = [row.aggregates["full"] for row in judged.problems.all()]
    assert (judged.state, judged.judged, full) == (PoolState.DONE, 4, [2, 2])


def test_units_of_a_subtask_formulation_are_asked_without_the_others(
    server: Told, user: User, asked_set: ProblemSet
) -> None:
    pool = draw(user, asked_set, make_asked_model(user, server.address), n=1, formulation="subtask")
    assert keys(pool) == [(slug, subtask, 0, 1) for slug in ("p0", "p1") for subtask in (1, 2)]
    asked = [call["body"]["messages"][-1]["content"] for call in server.seen()["asked"][-4:]]
    assert sorted(("b = 0" in text, "No further limits" in text) for text in asked) == [
        (False, True),
        (False, True),
        (True, False),
        (True, False),
    ]


def test_answers_without_a_program_are_candidates_with_the_reason(
    server: Told, user: User, asked_set: ProblemSet
) -> None:
    kinds = ("length", "refusal", "prose", "filter")
    model = make_asked_model(user, server.address, max_concurrency=1)
    server.tell(*({"do": kind} for kind in kinds), {"do": "status", "status": 400, "code": "content_filter"})
    pool = draw(user, asked_set, model, n=3)
    found = pool.candidates.filter(no_program__gt="").order_by("pk").values_list("no_program", "finish_reason")
    assert sorted(found) == [
        ("cut off before a program", "length"),
        ("no program in the answer", "stop"),
        ("refused", "content_filter"),
        ("refused", "content_filter"),
        ("refused", "stop"),
    ]
    assert (pool.state, pool.candidates.count()) == (PoolState.DONE, 6)
    drawn = drawing_of(pool)
    assert drawn is not None
    # One that the provider's filter ended holds a program and counts as refused all the same.
    assert (drawn.truncated, drawn.refused, drawn.without_program, drawn.failed) == (1, 3, 5, 0)
    # A refusal in words, two that only the finish reason tells of: calls and candidates count them alike.
    assert outcomes(pool) == {"answered": 3, "refused": 3}


def test_extended_pool_asks_only_for_what_is_missing(server: Told, user: User, asked_set: ProblemSet) -> None:
    pool = draw(user, asked_set, make_asked_model(user, server.address), n=3)
    first = pool.newest_revision.content_hash
    extend(user, pool, n=30, enqueue=False)
    pool = finish(pool)
    assert keys(pool) == [(slug, None, index, 1) for slug in ("p0", "p1") for index in range(30)]
    assert outcomes(pool) == {"answered": 60}
    assert list(pool.revisions.order_by("number").values_list("number", "n_candidates")) == [(0, 0), (1, 6), (2, 60)]
    assert pool.revisions.get(number=1).content_hash == first
    assert sorted(set(pool.candidates.values_list("revision", flat=True))) == [1, 2]
    extend(user, pool, n=30, enqueue=False)  # nothing is missing
    pool.refresh_from_db()
    assert (pool.state, pool.newest_revision.number) == (PoolState.DONE, 2)
    with pytest.raises(Refused, match="never made smaller"):
        extend(user, pool, n=29)


def test_failures_that_pass_are_tried_again_and_counted(server: Told, user: User, asked_set: ProblemSet) -> None:
    model = make_asked_model(user, server.address)
    server.tell(
        {"do": "status", "status": 429, "headers": {"Retry-After": "0.05"}},
        {"do": "status", "status": 500},
        {"do": "cut"},
        {"do": "send", "body": "{"},
    )
    pool = draw(user, asked_set, model, n=4)
    assert (pool.state, pool.candidates.count()) == (PoolState.DONE, 8)
    assert outcomes(pool) == {"answered": 8, "rate-limit": 1, "server": 1, "cut": 1, "malformed": 1}
    found = drawing_of(pool)
    assert found is not None
    # 429 is never charged; what the other three cost nobody knows.
    assert (found.cost_usd, found.cost_is_lower_bound, found.failed) == (8 * CALL_USD, True, 0)


def test_draw_that_is_never_answered_is_missing(server: Told, user: User, asked_set: ProblemSet) -> None:
    server.tell({"do": "status", "status": 400, "code": "context_length_exceeded", "message": "too long"})
    pool = draw(user, asked_set, make_asked_model(user, server.address), n=2)
    found = drawing_of(pool)
    assert found is not None
    assert (pool.state, found.requested, found.drawn, found.failed) == (PoolState.DONE, 4, 3, 1)
    assert found.errors == (("too-long", 1),)
    extend(user, pool, enqueue=False)
    assert finish(pool).candidates.count() == 4


def test_wrong_key_stops_at_once_and_resume_goes_on(server: Told, user: User, asked_set: ProblemSet) -> None:
    model = make_asked_model(user, server.address, max_concurrency=2)
    server.tell(*[{"do": "status", "status": 401, "message": "wrong key"}] * 2)
    pool = draw(user, asked_set, model, n=5)
    assert (pool.state, pool.state_reason) == (
        PoolState.FAILED,
        "the API key was not accepted (401 Unauthorized: wrong key)",
    )
    assert pool.requests.count() <= 2
    resume(user, pool)
    assert (finish(pool).state, pool.candidates.count()) == (PoolState.DONE, 10)


def rejected(n: int) -> list[dict[str, object]]:
    return [{"do": "status", "status": 400, "message": "no such thing"}] * n


def test_prompt_that_is_not_accepted_where_others_are_is_given_up_by_itself(
    server: Told, user: User, asked_set: ProblemSet
) -> None:
    model = make_asked_model(user, server.address, max_concurrency=1)
    server.tell({"do": "answer"}, *rejected(2))
    pool = draw(user, asked_set, model, n=3)
    found = drawing_of(pool)
    assert found is not None
    assert (pool.state, found.drawn, found.failed, found.errors) == (PoolState.DONE, 4, 2, (("rejected", 2),))
    extend(user, pool, enqueue=False)
    assert (finish(pool).state, pool.candidates.count()) == (PoolState.DONE, 6)


@pytest.mark.parametrize("answered", [0, 1])
def test_prompts_that_are_none_of_them_accepted_stop_the_pool(
    server: Told, user: User, asked_set: ProblemSet, answered: int
) -> None:
    model = make_asked_model(user, server.address, max_concurrency=1)
    server.tell(*[{"do": "answer"}] * answered, *rejected(100))
    pool = draw(user, asked_set, model, n=20)
    said = "the request was not accepted (400 Bad Request: no such thing)"
    assert (pool.state, pool.state_reason) == (PoolState.FAILED, said)
    assert outcomes(pool)["rejected"] == (watching.MOST_REJECTED + 1 if answered else 1)
    server.tell()
    resume(user, pool)
    extend(user, finish(pool), enqueue=False)
    assert (finish(pool).state, pool.candidates.count()) == (PoolState.DONE, 40)


def test_server_that_only_fails_pauses_the_pool_with_the_reason(
    server: Told, user: User, asked_set: ProblemSet
) -> None:
    server.tell(*[{"do": "status", "status": 503, "message": "down"}] * 2000)
    pool = draw(user, asked_set, make_asked_model(user, server.address), n=25)
    server.tell()
    assert pool.state == PoolState.PAUSED
    assert pool.state_reason.startswith("Paused by the circuit breaker: nothing but failures for")
    assert pool.state_reason.endswith("503 Service Unavailable: down")
    resume(user, pool)
    finish(pool)
    assert pool.state == PoolState.DONE


def test_cap_is_kept_and_reaching_it_is_a_state(server: Told, user: User, asked_set: ProblemSet) -> None:
    # A call at its worst: 1,000 tokens of output and some hundred of input, a little more than a cent.
    pool = draw(user, asked_set, make_asked_model(user, server.address), n=40, max_cost_usd="0.02")
    found = drawing_of(pool)
    assert found is not None and found.cost_usd is not None
    assert pool.state == PoolState.STOPPED_BY_BUDGET
    assert 0 < pool.candidates.count() < 80
    assert found.cost_usd == pool.candidates.count() * CALL_USD <= Decimal("0.02")
    assert pool.committed_nano_usd == int(found.cost_usd * NANO)
    assert pool.newest_revision.n_candidates == pool.candidates.count()
    n = pool.candidates.count()
    extend(user, pool, max_cost_usd=Decimal(1), enqueue=False)
    assert (finish(pool).state, pool.candidates.count()) == (PoolState.DONE, 80)
    assert pool.requests.filter(outcome="answered").count() == 80 > n


def test_cap_counts_calls_whose_price_is_unknown_at_their_worst(
    server: Told, user: User, asked_set: ProblemSet
) -> None:
    server.tell({"do": "cut"}, {"do": "cut"})
    pool = draw(user, asked_set, make_asked_model(user, server.address, max_concurrency=1), n=9, max_cost_usd="0.025")
    lost = sum(pool.requests.filter(outcome="failed").values_list("charged_nano_usd", flat=True))
    assert pool.state == PoolState.STOPPED_BY_BUDGET
    assert lost > NANO // 100
    assert pool.committed_nano_usd == lost + int(pool.candidates.count() * CALL_USD * NANO) <= NANO // 40


def test_output_that_may_hold_dearer_reasoning_costs_at_least_and_is_capped_at_most(
    server: Told, user: User, asked_set: ProblemSet
) -> None:
    server.tell(*[{"do": "answer", "usage": {"input": 120, "cached": 20, "output": 40}}] * 2)
    model = make_asked_model(user, server.address)
    model.prices.update(reasoning_usd_per_mtok=30)
    pool = draw(user, asked_set, model, n=1, max_cost_usd="1")
    found = drawing_of(pool)
    assert found is not None
    # 100 x 1 + 20 x 0.5 + 40 x 10 per million each, two calls; the cap holds 40 x 30 of each.
    assert (found.cost_usd, found.cost_is_lower_bound) == (Decimal("0.001020"), True)
    assert (found.used_usd, pool.committed_nano_usd) == (Decimal("0.00262"), 2_620_000)
    [row] = priced_rows(pool)
    assert (row.cost_usd, row.is_lower_bound) == (Decimal("0.001020"), True)
    candidate = pool.candidates.first()
    assert candidate is not None
    assert _cost(candidate, model.prices.get()) == Cost(Decimal("0.00051"), True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("no price", "A cap needs prices: asked has none"),
        ("by the hour", "A cap needs a price per token: asked is priced by the machine-hour on"),
        ("no most", "A cap needs the most tokens of an answer (--max-tokens)"),
        ("no key", "asked cannot be asked: PODIUM_TEST_KEY, which is to hold the API key of asked, is not set"),
        ("no provider", "asked has no provider: its samples were imported"),
        ("no text", "No problem of sums can be asked for (p2: it has no statement)"),
    ],
)
def test_drawing_that_cannot_begin_is_refused(server: Told, user: User, change: str, said: str) -> None:
    model = make_asked_model(user, server.address)
    asked_set = make_set(user, problems=0 if change == "no text" else 1)
    if change == "no text":
        make_asked_problem(asked_set, "p2", statement="")
    if change == "no price":
        model.prices.all().delete()
    if change == "by the hour":
        model.prices.update(input_usd_per_mtok=None, output_usd_per_mtok=None, usd_per_machine_hour=2)
    if change == "no most":
        model.request_parameters = {}
    if change == "no key":
        model.key_env = "PODIUM_TEST_KEY"
    if change == "no provider":
        model.provider = ""
    model.save()
    with pytest.raises(Refused) as refused:
        draw(user, asked_set, model, max_cost_usd="1")
    assert said in str(refused.value)
    assert Pool.objects.count() == 0


def test_further_attempts_see_the_answers_before(server: Told, user: User, asked_set: ProblemSet) -> None:
    pool = draw(user, asked_set, make_asked_model(user, server.address), n=2, attempts=3)
    assert keys(pool) == [(slug, None, index, t) for slug in ("p0", "p1") for index in (0, 1) for t in (1, 2, 3)]
    roles = sorted(len(call["body"]["messages"]) for call in server.seen()["asked"][-12:])
    assert roles == [2] * 4 + [4] * 4 + [6] * 4
    found = drawing_of(pool)
    assert found is not None
    assert (found.requested, found.drawn, pool.newest_revision.n_draws) == (4, 4, 2)


def test_several_draws_of_one_call_share_its_tokens(server: Told, user: User, asked_set: ProblemSet) -> None:
    pool = draw(user, asked_set, make_asked_model(user, server.address, choices_per_call=4), n=6)
    assert keys(pool) == [(slug, None, index, 1) for slug in ("p0", "p1") for index in range(6)]
    assert sorted(pool.requests.values_list("n_draws", flat=True)) == [2, 2, 4, 4]
    assert sum(pool.candidates.values_list("input_tokens", flat=True)) == 4 * 120
    assert sum(pool.candidates.values_list("output_tokens", flat=True)) == 12 * 40


def test_draws_that_a_call_did_not_bring_are_asked_for_again(server: Told, user: User, asked_set: ProblemSet) -> None:
    server.tell({"do": "answer", "choices": 1}, {"do": "answer", "choices": 0})
    pool = draw(user, asked_set, make_asked_model(user, server.address, choices_per_call=4), n=4)
    assert keys(pool) == [(slug, None, index, 1) for slug in ("p0", "p1") for index in range(4)]
    assert outcomes(pool) == {"answered": 3, "malformed": 1}


def test_recorded_draw_that_is_missing_takes_no_other_with_it(
    user: User, asked_set: ProblemSet, tmp_path: Path
) -> None:
    lines = [{"problem": "p0", "index": i, "raw": f"```python\n{PROGRAM}```"} for i in (1, 3)]
    model = make_recorded_model(user, tmp_path, lines)
    model.choices_per_call = 4
    model.save()
    pool = draw(user, asked_set, model, n=4)
    assert keys(pool) == [("p0", None, 1, 1), ("p0", None, 3, 1)]


def test_recorded_answers_are_drawn_with_their_tokens_and_times(
    user: User, asked_set: ProblemSet, tmp_path: Path
) -> None:
    usage = {"input_tokens": 7, "output_tokens": 9}
    line = {"raw": f"```python\n{PROGRAM}```", "usage": usage, "latency_s": 2.5, "finish_reason": "stop"}
    lines = [{"problem": slug, "index": i, **line} for slug in ("p0", "p1") for i in range(3)]
    pool = draw(user, asked_set, make_recorded_model(user, tmp_path, lines[:-1]), n=3)
    found = drawing_of(pool)
    assert found is not None
    assert (pool.state, found.drawn, found.failed, found.cost_usd) == (PoolState.DONE, 5, 1, None)
    rows = set(pool.candidates.values_list("input_tokens", "cached_input_tokens", "output_tokens", "latency_s"))
    assert rows == {(7, None, 9, 2.5)}


def test_piece_of_a_dead_worker_is_gone_on_with(server: Told, user: User, asked_set: ProblemSet) -> None:
    model = make_asked_model(user, server.address)
    pool, _ = sample(user, problem_set=asked_set, model=model, n=3, enqueue=False)
    piece = leases.claim(pool.work.order_by("pk")[0].pk, "dead")
    assert piece is not None
    Request.objects.create(pool=pool, piece=piece, problem_id=piece.problem_id, charged_nano_usd=5)
    assert leases.release_owned("dead") == 1
    pool = finish(pool)
    assert outcomes(pool) == {"answered": 6, "lost": 1}
    assert (pool.state, pool.candidates.count()) == (PoolState.DONE, 6)
    found = drawing_of(pool)
    assert found is not None
    assert (found.lost, found.cost_is_lower_bound) == (1, True)


def test_worker_that_lost_its_lease_writes_nothing(
    server: Told, user: User, asked_set: ProblemSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = make_asked_model(user, server.address, max_concurrency=1)
    pool, _ = sample(user, problem_set=asked_set, model=model, n=1, enqueue=False)
    pieces = list(pool.work.order_by("pk"))
    send = drawing.Senders.send

    def taken_away(self: drawing.Senders, *call: object) -> None:
        Work.objects.filter(pk=pieces[0].pk).update(attempt=9)
        send(self, *call)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(drawing.Senders, "send", taken_away)
        jobs.perform(pieces[0].pk)
    first = pool.candidates.filter(problem=pieces[0].problem_id)
    assert (first.count(), pool.requests.filter(outcome="lost").count()) == (0, 1)
    Work.objects.filter(pk=pieces[0].pk).update(state=Work.State.WAITING)
    assert (finish(pool).state, keys(pool)) == (PoolState.DONE, [("p0", None, 0, 1), ("p1", None, 0, 1)])


def test_paused_pool_keeps_what_was_under_way_and_goes_on(
    server: Told, user: User, asked_set: ProblemSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = make_asked_model(user, server.address, max_concurrency=2)
    monkeypatch.setattr(watching, "LOOK_S", 0.0)
    server.tell(*[{"do": "answer", "latency_s": 0.03}] * 60)
    pool, _ = sample(user, problem_set=asked_set, model=model, n=30, enqueue=False)
    send, sent = drawing.Senders.send, []

    def then_paused(self: drawing.Senders, *call: object) -> None:
        sent.append(call)
        if len(sent) == 5:
            pause(user, pool)
        send(self, *call)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(drawing.Senders, "send", then_paused)
        finish(pool)
    assert (pool.state, pool.state_reason) == (PoolState.PAUSED, "Paused by ada.")
    assert pool.candidates.count() == len(sent) < 60
    assert outcomes(pool) == {"answered": len(sent)}
    assert pool.newest_revision.number == 0  # it is not over
    resume(user, pool)
    assert (finish(pool).state, outcomes(pool)) == (PoolState.DONE, {"answered": 60})


def test_cancelled_pool_is_frozen_as_far_as_it_came(server: Told, user: User, asked_set: ProblemSet) -> None:
    pool = draw(user, asked_set, make_asked_model(user, server.address), n=40, max_cost_usd="0.02")
    n = pool.candidates.count()
    cancel_drawing(user, pool)
    pool.refresh_from_db()
    assert (pool.state, pool.newest_revision.n_candidates) == (PoolState.CANCELLED, n)
    assert set(pool.work.values_list("state", flat=True)) <= {Work.State.CANCELLED, Work.State.DONE}
    assert not following.ready().filter(pool=pool).exists()


def test_pool_that_is_being_drawn_is_not_extended(server: Told, user: User, asked_set: ProblemSet) -> None:
    pool, _ = sample(user, problem_set=asked_set, model=make_asked_model(user, server.address), n=2, enqueue=False)
    with pytest.raises(Refused, match="is being drawn"):
        extend(user, pool, n=3)


def test_pool_that_is_stopped_half_way_has_as_many_draws_of_every_unit(
    server: Told, user: User, asked_set: ProblemSet
) -> None:
    pool = draw(user, asked_set, make_asked_model(user, server.address), n=40, max_cost_usd="0.02")
    counts = [pool.candidates.filter(problem__slug=slug).count() for slug in ("p0", "p1")]
    assert abs(counts[0] - counts[1]) <= 1


def test_pool_whose_drawer_died_is_gone_on_with_by_a_person(server: Told, user: User, asked_set: ProblemSet) -> None:
    model = make_asked_model(user, server.address)
    pool, _ = sample(user, problem_set=asked_set, model=model, n=2, enqueue=False)
    piece = Work.objects.filter(pool=pool).first()
    assert piece is not None and leases.claim(piece.pk, "killed") is not None
    with pytest.raises(Refused, match="is being drawn"):
        extend(user, pool, enqueue=False)
    Work.objects.filter(pk=piece.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    extend(user, pool, enqueue=False)
    assert (finish(pool).state, len(keys(pool))) == (PoolState.DONE, 4)
