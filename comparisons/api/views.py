"""The answers of the API. Who asks says so by a token (`Authorization: Bearer …`); a signed-in browser acts through
nothing here, so that no page elsewhere can make it."""

from __future__ import annotations

import io
import logging
import re
import threading
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import DataError
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from comparisons import operations
from comparisons.actions import NotThere, NotYours
from comparisons.actions.tokens import owner_of
from comparisons.actions.uploads import TooLarge
from comparisons.api import describing, reading
from comparisons.api.fields import as_fields
from comparisons.models import User
from comparisons.operations.base import BaseOperation, WrongUsage
from comparisons.operations.printing import one_line, to_json
from judge.errors import PodiumError
from judge.workspaces import workspace

logger = logging.getLogger(__name__)

#: Calls that are worked on at once, of the web process's threads: the others are for the pages.
AT_ONCE = 4
_slots = threading.BoundedSemaphore(AT_ONCE)

#: What a file may do in a browser: show itself.
_SHUT = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@csrf_exempt  # nothing a browser sends by itself lets anybody in
@login_not_required
@never_cache
def call(request: HttpRequest, name: str) -> HttpResponseBase:
    """Performs the operation of this name as the token's owner: the object that its command prints with --json, or the
    file that it writes. 400 wrong usage, 401, 403, 404, 405, 413, 422 refused, 429 too many at once: each says why."""
    user = _bearer(request)
    if user is None:
        return _nobody()
    found = operations.find(name)
    if found is None:
        return _failed(404, f"There is no call {name!r}: GET /api/ lists them.")
    if request.method != "POST" and (request.method != "GET" or found.changes_with is None):
        return _not_allowed(name, "POST" if found.changes_with is None else "GET or POST")
    if not _slots.acquire(blocking=False):
        return _failed(429, f"{AT_ONCE} calls are being worked on: try again in a moment.", {"Retry-After": "2"})
    try:
        with workspace() as folder:
            return _perform(request, name, found, user, folder)
    except Exception:
        logger.exception("/api/%s failed", name)
        return _failed(500, "Podium itself failed; its log says why.")
    finally:
        _slots.release()


@login_not_required
@never_cache
def index(request: HttpRequest) -> HttpResponse:
    """Every call with its fields, for a token's owner or who is signed in: it does nothing. A page for browsers."""
    is_page = request.method == "GET" and request.user.is_authenticated
    if is_page and request.get_preferred_type(["application/json", "text/html"]) == "text/html":
        response = render(request, "comparisons/api_calls.html", describing.listing(operations.every()))
    else:
        response = _described(request, describing.listing)
    patch_vary_headers(response, ["Accept"])
    return response


@login_not_required
@never_cache
def openapi(request: HttpRequest) -> HttpResponse:
    """The same as an OpenAPI document."""
    return _described(request, describing.openapi)


def _described(request: HttpRequest, describe: Callable[[describing.Operations], dict[str, Any]]) -> HttpResponse:
    if not request.user.is_authenticated and _bearer(request) is None:
        return _nobody()
    if request.method != "GET":
        return _not_allowed("The description", "GET")
    return _answer(to_json(describe(operations.every())))


def _bearer(request: HttpRequest) -> User | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return owner_of(token.strip()) if scheme.lower() == "bearer" and token else None


def _perform(request: HttpRequest, name: str, found: type[BaseOperation], user: User, folder: Path) -> HttpResponseBase:
    said = _Said(folder)
    operation = found()
    try:
        asked = reading.read(request, operation, folder)
        if request.method == "GET" and any(asked.options[dest] for dest in found.changes_with or ()):
            return _not_allowed(name, "POST")
        operation.stdin = io.StringIO(asked.secret)
        outcome = operation.perform(user, asked.options)
    except WrongUsage as error:
        return _failed(400, said.plain(as_fields(str(error))))
    except PodiumError as error:
        return _failed(_status(error), said.plain(str(error)))
    except DataError:
        return _failed(422, "A value is larger than what can be stored.")
    if outcome.error:
        return _answer(said.plain(to_json(outcome.answer)), 422)
    written = sorted(path for path in (folder / "out").rglob("*") if path.is_file())
    return _file(written, folder, name) if written else _answer(to_json(outcome.answer))


def _status(error: PodiumError) -> int:
    statuses = {NotThere: 404, NotYours: 403, TooLarge: 413}
    return next((status for kind, status in statuses.items() if isinstance(error, kind)), 422)


class _Said:
    """Texts without the folder of the call: a file is called by the name it came with."""

    def __init__(self, folder: Path) -> None:
        self._folder = re.compile(re.escape(str(folder)) + r"(/in/\w+|/out)?/?")

    def plain(self, text: str) -> str:
        return self._folder.sub("", text)


def _answer(text: str, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    return HttpResponse(text + "\n", content_type="application/json", status=status, headers=dict(headers or {}))


def _failed(status: int, sentence: str, headers: Mapping[str, str] | None = None) -> HttpResponse:
    return _answer(to_json({"error": one_line(sentence)}), status, headers)


def _nobody() -> HttpResponse:
    page = reverse("podium:token-list")
    sentence = f"No token, or none that is known: send Authorization: Bearer TOKEN. Tokens are made on the page {page}."
    return _failed(401, sentence, {"WWW-Authenticate": 'Bearer realm="Podium"'})


def _not_allowed(what: str, allowed: str) -> HttpResponse:
    return _failed(405, f"{what} is asked for by {allowed}.", {"Allow": allowed.replace(" or", ",")})


def _file(written: Sequence[Path], folder: Path, name: str) -> FileResponse:
    """The file that was written; several as a zip."""
    path = written[0]
    if len(written) > 1:
        path = folder / f"{name}.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for one in written:
                archive.write(one, one.relative_to(folder / "out"))
    # Open, it outlives its folder.
    response = FileResponse(path.open("rb"), as_attachment=True, filename=path.name)
    response.headers["Content-Security-Policy"] = _SHUT
    return response
