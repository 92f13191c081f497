"""Tokens by which programs act as a person over the API: made, revoked, and recognised."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.utils import timezone

from comparisons.actions import NotThere, Refused
from comparisons.models import ApiToken, User

#: What a token begins with: whoever finds one in a file or a log knows what it is, and so do programs that look.
PREFIX = "podium_"
#: When a token was last used is written no more often.
NOTED_EVERY = timedelta(minutes=1)


def make_token(user: User, name: str) -> str:
    """A new token of this person. It is kept nowhere: who lost it makes another. Raises Refused where the name is
    empty or taken."""
    name = name.strip()
    if not 0 < len(name) <= 80:
        raise Refused("A token needs a name of at most 80 characters: what it is for.")
    token = PREFIX + secrets.token_urlsafe(32)
    made, is_new = ApiToken.objects.get_or_create(user=user, name=name, defaults={"digest": _digest(token)})
    if not is_new:
        raise Refused(f"There is a token called {made.name} already: revoke it, or choose another name.")
    return token


def revoke_token(user: User, pk: int) -> str:
    """Makes one of this person's tokens worthless from now on, and returns its name. Raises NotThere."""
    found = ApiToken.objects.filter(user=user, pk=pk).first()
    if found is None:
        raise NotThere("There is no such token.")
    found.delete()
    return found.name


def owner_of(token: str) -> User | None:
    """Whose token it is; None where it was revoked, never was, or its owner may no longer sign in. One query, and
    another when a minute has passed.

    It is looked for by its digest, so how long that takes says nothing of how much of a guess was right.
    """
    found = ApiToken.objects.filter(digest=_digest(token), user__is_active=True).select_related("user").first()
    if found is None:
        return None
    now = timezone.now()
    if found.last_used_at is None or found.last_used_at < now - NOTED_EVERY:
        ApiToken.objects.filter(pk=found.pk).update(last_used_at=now)
    return found.user


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
