"""Signing in, by password or by a link that works once, and signing out."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import redirect_to_login
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from comparisons.actions.sign_in import redeem

#: Wrong passwords for one name from one address before it has to wait.
ATTEMPTS = 10
WAIT_S = 300

_BACKEND = "django.contrib.auth.backends.ModelBackend"


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The form with name and password; goes on to `next` where that is an address of ours."""
    going_to = _next(request)
    if request.user.is_authenticated:
        return redirect(going_to)
    form = AuthenticationForm(request, request.POST or None)
    status = 200
    if request.method == "POST":
        key = f"sign-in:{request.META.get('REMOTE_ADDR', '')}:{request.POST.get('username', '')[:150]!r}"
        if cache.get(key, 0) >= ATTEMPTS:
            form = AuthenticationForm(request)
            messages.error(request, "Too many wrong passwords. Try again in five minutes.")
            status = 429
        elif form.is_valid():
            cache.delete(key)
            login(request, form.get_user())
            return redirect(going_to)
        else:
            cache.add(key, 0, WAIT_S)
            cache.incr(key)
            status = 422
    return render(request, "registration/sign_in.html", {"form": form, "next": going_to}, status=status)


@login_not_required
@never_cache
@require_GET
def sign_in_with_token(request: HttpRequest, token: str) -> HttpResponse:
    """The link that `make run` prints: signs in once, then is an ordinary way to the home page."""
    user = redeem(token)
    if user is not None:
        login(request, user, backend=_BACKEND)
    elif not request.user.is_authenticated:
        messages.error(
            request,
            "This link was used before or is older than a day. A new one: .venv/bin/python manage.py sign_in_link",
        )
        return redirect(settings.LOGIN_URL)
    return redirect(settings.LOGIN_REDIRECT_URL)


@login_not_required
@require_GET
def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """In place of the administration's own form: who is signed in and comes here may not enter."""
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(_next(request))


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ends the session."""
    logout(request)
    return redirect(settings.LOGIN_URL)


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if is_ours else settings.LOGIN_REDIRECT_URL
