"""Links that sign somebody in once: what `make run` prints, so that a first visitor needs no password."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
from pathlib import Path

from django.conf import settings

from comparisons.models import User

VALID_S = 24 * 3600


def issue(user: User) -> str:
    """A new token for `user`, good once within a day. Only its hash is kept, in a file that only we can read."""
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _forget_expired(folder)
    token = secrets.token_urlsafe(24)
    handle = os.open(folder / _name(token), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump({"user": user.pk, "expires_at": time.time() + VALID_S}, file)
    return token


def redeem(token: str) -> User | None:
    """The user a token was issued for; None where it was used, has expired, or never was."""
    path = _folder() / _name(token)
    try:
        known = json.loads(path.read_text())
        path.unlink()  # of two who come at once, one gets the error
    except FileNotFoundError:
        return None
    if known["expires_at"] < time.time():
        return None
    return User.objects.filter(pk=known["user"], is_active=True).first()


def _folder() -> Path:
    return Path(settings.PODIUM_HOME) / "sign-in"


def _name(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _forget_expired(folder: Path) -> None:
    for path in folder.iterdir():
        if path.stat().st_mtime < time.time() - VALID_S:
            path.unlink(missing_ok=True)
