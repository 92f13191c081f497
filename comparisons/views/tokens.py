"""Tokens of the API: a person's own, made and revoked."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from comparisons.actions import NotThere
from comparisons.actions.tokens import revoke_token
from comparisons.forms.tokens import TokenForm
from comparisons.views._request import SignedInRequest


@require_http_methods(["GET", "POST"])
@never_cache  # the answer to POST holds the token: no browser keeps it
@login_required
def token_list(request: SignedInRequest) -> HttpResponse:
    """A person's tokens; POST makes one, and its answer is the only page that shows it. Posted again it is refused: its
    name is taken."""
    form = TokenForm(request.user, request.POST or None)
    made = form.save() if request.method == "POST" and form.is_valid() else None
    context = {
        "form": TokenForm(request.user) if made else form,
        "made": made,
        "tokens": request.user.api_tokens.all(),
        "address": request.build_absolute_uri(reverse("podium:api")),
    }
    return render(request, "comparisons/token_list.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def token_revoke(request: SignedInRequest, pk: int) -> HttpResponse:
    """From now on the token opens nothing."""
    try:
        name = revoke_token(request.user, pk)
    except NotThere as refused:
        raise Http404(str(refused)) from None
    messages.success(request, f"{name} is revoked.")
    return redirect("podium:token-list")
