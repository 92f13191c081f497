"""Problem sets and problems: list, detail, statement."""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET

from comparisons.models import Pool, Problem, ProblemSet, User, blobs
from comparisons.queries import problems as queries
from comparisons.queries.pools import pool_rows
from comparisons.queries.statements import ordered_statements, picture, statement_html
from comparisons.views._partials import render_partial
from comparisons.views._request import SignedInRequest
from judge.problem import File, Statement

#: A package can have 10^5 of them; most fit on one page.
TESTS_PER_PAGE = 500


@require_GET
@login_required
def problem_set_list(request: SignedInRequest) -> HttpResponse:
    """The sets this person may see."""
    rows = queries.problem_set_rows(request.user)
    context = {"sets": rows, "is_simulated": any(row.is_simulated for row in rows)}
    return render(request, "comparisons/problem_set_list.html", context)


@require_GET
@login_required
def problem_set_detail(request: SignedInRequest, slug: str) -> HttpResponse:
    """A set: its problems with their limits, what to know of them, its pools."""
    problem_set = get_object_or_404(ProblemSet.objects.visible_to(request.user), slug=slug)
    rows = queries.problem_rows(problem_set)
    pools = pool_rows(Pool.objects.visible_to(request.user).filter(problem_set=problem_set))
    context = {
        "problem_set": problem_set,
        "problems": rows,
        "warned": queries.remarks_of(rows),
        "n_subtasks": sum(len(row.subtasks) for row in rows),
        "n_points": sum(row.points for row in rows),
        "is_moving": any(row.is_measuring for row in rows),
        "pools": pools,
        "is_simulated": problem_set.is_simulated or any(pool.is_simulated for pool in pools),
    }
    return render_partial(request, "comparisons/problem_set_detail.html", "problems", context)


def _problem(user: User, slug: str, problem: str) -> Problem:
    problems = Problem.objects.visible_to(user).select_related("current_version", "problem_set")
    return get_object_or_404(problems, problem_set__slug=slug, slug=problem, current_version__isnull=False)


@require_GET
@login_required
def problem_detail(request: SignedInRequest, slug: str, problem: str) -> HttpResponse:
    """A problem: statement, subtasks, tests, reference programs, versions. `?statement=` chooses one by its file,
    `?tests=` a page of the tests."""
    found = _problem(request.user, slug, problem)
    page = queries.problem_page(found)
    statements = ordered_statements(page.content)
    statement = _chosen(request, statements)
    text = statement_html(statement, lambda file: _picture_address(found, file)) if statement else ""
    context = {
        "page": page,
        "tests": Paginator(page.tests, TESTS_PER_PAGE).get_page(request.GET.get("tests")),
        "problem_set": found.problem_set,
        "statement": statement,
        "statements": statements,
        "statement_html": mark_safe(text),  # noqa: S308  cleaned by `queries.statements`
        "is_simulated": found.problem_set.is_simulated,
    }
    return render(request, "comparisons/problem_detail.html", context)


def _chosen(request: HttpRequest, statements: Sequence[Statement]) -> Statement | None:
    """The statement whose file the query string names, else the first."""
    wanted = request.GET.get("statement", "")
    return next((one for one in statements if one.file.name == wanted), statements[0] if statements else None)


def _picture_address(problem: Problem, file: File) -> str:
    path = reverse("podium:problem-picture", args=[problem.problem_set.slug, problem.slug])
    return f"{path}?{urlencode({'name': file.name})}"


@require_GET
@login_required
def problem_picture(request: SignedInRequest, slug: str, problem: str) -> HttpResponse:
    """A picture that a statement shows. An SVG can hold script: opened as a page, it runs none."""
    found = _problem(request.user, slug, problem)
    problem_now = found.current_version.to_problem() if found.current_version else None
    file = picture(problem_now, request.GET.get("name", "")) if problem_now else None
    if file is None:
        raise Http404("no picture")
    try:
        content = blobs.get(file.digest)
    except FileNotFoundError:
        raise Http404("the picture's bytes are not in the store") from None
    response = HttpResponse(content, content_type=mimetypes.guess_type(file.name)[0] or "application/octet-stream")
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    response["Cache-Control"] = "private, max-age=3600"
    return response


@require_GET
@login_required
def problem_statement(request: SignedInRequest, slug: str, problem: str) -> HttpResponse:
    """The statement's file, to be saved: a stranger's file is never shown as a page of this site."""
    found = _problem(request.user, slug, problem)
    problem_now = found.current_version.to_problem() if found.current_version else None
    statement = _chosen(request, ordered_statements(problem_now)) if problem_now else None
    if statement is None:
        raise Http404("no statement")
    try:
        content = blobs.get(statement.file.digest)
    except FileNotFoundError:
        raise Http404("the statement's bytes are not in the store") from None
    name = statement.file.name.rsplit("/", 1)[-1]
    response = HttpResponse(content, content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="{found.slug}-{name}"'
    return response
