"""One candidate."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from comparisons.models import Candidate, Pool, User
from comparisons.queries.candidates import candidate_page
from comparisons.queries.problems import accepted_of
from comparisons.views._request import SignedInRequest
from judge.languages import LANGUAGES, canonical
from judge.problem import TaskType


def _candidate(user: User, pk: int) -> Candidate:
    candidates = Candidate.objects.filter(pool__in=Pool.objects.readable_by(user))
    return get_object_or_404(
        candidates.select_related(
            "pool__model", "pool__problem_set", "problem__current_version", "problem__problem_set"
        ),
        pk=pk,
    )


@require_GET
@login_required
def candidate_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """Source, verdict of every test, where it was sent, tokens and cost."""
    candidate = _candidate(request.user, pk)
    version = candidate.problem.current_version
    content = version.to_problem() if version and version.task_type == TaskType.ANSWER else None
    context = {
        "page": candidate_page(candidate),
        "candidate": candidate,
        "title": version.title if version else candidate.problem.slug,
        "wants_answer": content is not None,
        "accepted": accepted_of(content) if content else [],
        "match": content.checker.flags if content else (),
        "shows_raw": request.GET.get("show") == "raw" and candidate.raw,
        "is_simulated": candidate.pool.is_simulated,
    }
    return render(request, "comparisons/candidate_detail.html", context)


@require_GET
@login_required
def candidate_source(request: SignedInRequest, pk: int) -> HttpResponse:
    """The program as a file. Sent as text to be saved: it is a stranger's."""
    candidate = _candidate(request.user, pk)
    known = LANGUAGES.get(canonical(candidate.language) or "")
    suffix = known.extension if known else ".txt"
    response = HttpResponse(candidate.source or candidate.answer, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{candidate.problem.slug}-{candidate.index}{suffix}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
