"""The strategies, floors and ceilings that can be replayed, and what each looks at."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from comparisons.queries.strategies import rule_rows
from comparisons.views._request import SignedInRequest


@require_GET
@login_required
def strategy_list(request: SignedInRequest) -> HttpResponse:
    """Every rule: what it does, what it sees, its options, how often it was run."""
    return render(request, "comparisons/strategy_list.html", {"rules": rule_rows(request.user)})
