"""Pools: list, detail with live progress, candidates, and the buttons that set work going."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from comparisons.actions import judging as actions
from comparisons.actions.drawing import example_prompt
from comparisons.actions.runs import start_run
from comparisons.forms.probes import ProbeForm
from comparisons.forms.runs import ReplayForm
from comparisons.models import Fit, Pool, PoolState, Problem, Run, User
from comparisons.queries.attempts import n_attempts_of
from comparisons.queries.candidates import candidate_rows
from comparisons.queries.pool_pages import pool_page
from comparisons.queries.pools import pool_rows
from comparisons.queries.repricing import batch_of
from comparisons.strategies import STRATEGIES
from comparisons.views._partials import refreshed, render_partial
from comparisons.views._request import SignedInRequest
from judge.errors import PodiumError
from judge.problem import TaskType

PER_PAGE = 50


def _pool(user: User, pk: int) -> Pool:
    return get_object_or_404(Pool.objects.visible_to(user).select_related("model__created_by", "problem_set"), pk=pk)


@require_GET
@login_required
def pool_list(request: SignedInRequest) -> HttpResponse:
    """The pools this person may see, newest first."""
    found = Pool.objects.visible_to(request.user).select_related("model", "problem_set")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    pools = pool_rows(list(page))
    context = {"page": page, "pools": pools, "is_simulated": any(pool.is_simulated for pool in pools)}
    return render(request, "comparisons/pool_list.html", context)


@require_GET
@login_required
def pool_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """One pool; htmx asks for its moving part alone, until nothing moves."""
    pool = _pool(request.user, pk)
    page = pool_page(pool)
    form = ReplayForm(
        n_draws=page.n_draws,
        n_attempts=n_attempts_of(pool),
        fits=_fits(request.user),
        is_batch=batch_of(pool, (row.price for row in page.priced)),
    )
    context = {
        "pool": pool,
        "page": page,
        "n_runs": Run.objects.visible_to(request.user).filter(revision__pool=pool).count(),
        "form": form,
        "rule": STRATEGIES.get(form.chosen),
        "is_simulated": pool.is_simulated,
        "may_ask": pool.model.may_be_asked_by(request.user),
        "may_steer": partial(actions.is_steered_by, request.user, pool),  # only where it is asked
        "example_prompt": partial(example_prompt, pool),  # only where it is shown
    }
    response = render_partial(request, "comparisons/pool_detail.html", "work", context)
    # What was drawn stands on the rest of the page, too.
    is_drawn = "drawing" in request.GET and not page.can_pause_drawing
    return refreshed(request, response, when=is_drawn or not page.moves)


@require_GET
@login_required
def pool_candidates(request: SignedInRequest, pk: int, problem: str) -> HttpResponse:
    """The candidates of one problem of a pool, with their verdicts."""
    pool = _pool(request.user, pk)
    found = get_object_or_404(Problem.objects.visible_to(request.user), problem_set=pool.problem_set, slug=problem)
    wanted = request.GET.get("verdict", "")
    rows = candidate_rows(pool, found)
    shown = [row for row in rows if not wanted or row.verdict == wanted]
    counts = {code: sum(row.verdict == code for row in rows) for code in sorted({row.verdict for row in rows}) if code}
    context = {
        "pool": pool,
        "problem": found,
        "title": found.current_version.title if found.current_version else found.slug,
        "page": Paginator(shown, 100).get_page(request.GET.get("page")),
        "wanted": wanted,
        "wants_answers": found.current_version is not None and found.current_version.task_type == TaskType.ANSWER,
        "counts": counts,
        "is_simulated": pool.is_simulated,
    }
    return render(request, "comparisons/pool_candidates.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def pool_replay(request: SignedInRequest, pk: int) -> HttpResponse:
    """Starts a run. GET shows the form with the options of `?strategy=`; so does a refusal, with what was typed."""
    pool = _pool(request.user, pk)
    n_draws = pool.newest_revision.n_draws
    form = ReplayForm(
        request.POST or None,
        n_draws=n_draws,
        n_attempts=n_attempts_of(pool),
        strategy=request.GET.get("strategy", ""),
        typed=request.GET.dict(),
        fits=_fits(request.user),
        is_batch=batch_of(pool, pool.model.prices.all()),
    )
    if request.method == "POST" and form.is_valid():
        try:
            run = start_run(request.user, pool=pool, **form.cleaned_data)
        except PodiumError as refused:
            form.add_error(None, str(refused))
        else:
            return redirect("podium:run-detail", run.pk)
    context = {"pool": pool, "form": form, "rule": STRATEGIES.get(form.chosen), "is_simulated": pool.is_simulated}
    status = 422 if form.errors else 200
    return render_partial(request, "comparisons/pool_replay.html", "form", context, status=status)


def _fits(user: User) -> QuerySet[Fit]:
    """The fits that a run may take."""
    return Fit.objects.visible_to(user).filter(state=PoolState.DONE)


def _act(request: SignedInRequest, pk: int, what: Callable[..., Any], said: str, **arguments: Any) -> HttpResponse:
    """Does `what` to the pool and goes back to its page, with what happened or why it was refused."""
    pool = _pool(request.user, pk)
    try:
        what(request.user, pool, **arguments)
    except PodiumError as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, said.format(pool=pool.name))
    return redirect("podium:pool-detail", pool.pk)


@require_POST
@login_required
def pool_judge(request: SignedInRequest, pk: int) -> HttpResponse:
    """Judges the pool on all tests."""
    return _act(request, pk, actions.start_judging, "{pool} is being judged.")


@require_http_methods(["GET", "POST"])
@login_required
def pool_probe(request: SignedInRequest, pk: int) -> HttpResponse:
    """Makes probes and runs the pool on them. A model is asked only by the button that says so; any other button says
    what that would take."""
    pool = _pool(request.user, pk)
    form = ProbeForm(request.user, pool, request.POST or None)
    planned = None
    if request.method == "POST" and form.is_valid():
        if form.asks_model and "begin" not in request.POST:
            planned = form.plan()
        elif form.save() is not None:
            messages.success(request, f"Probes are being made for {pool.name}.")
            return redirect("podium:pool-detail", pool.pk)
    context = {"pool": pool, "form": form, "planned": planned, "is_simulated": pool.is_simulated}
    return render(request, "comparisons/pool_probe.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def pool_pause(request: SignedInRequest, pk: int) -> HttpResponse:
    """Stops after the pieces under way."""
    return _act(request, pk, actions.pause, "{pool} is paused. What is done stays.")


@require_POST
@login_required
def pool_resume(request: SignedInRequest, pk: int) -> HttpResponse:
    """Goes on where it stopped."""
    return _act(request, pk, actions.resume, "{pool} goes on.")


@require_POST
@login_required
def pool_cancel(request: SignedInRequest, pk: int) -> HttpResponse:
    """Gives up what is open."""
    return _act(request, pk, actions.cancel, "{pool} is cancelled. What is judged stays; Resume goes on from there.")
