"""Who acts."""

from __future__ import annotations

from comparisons.actions import Refused
from comparisons.models import User

ADMINISTRATOR = "admin"


def local_administrator() -> User:
    """The first superuser, made where there is none: commands and the first sign-in link act as this person."""
    user = User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
    if user is not None:
        return user
    user, made = User.objects.get_or_create(username=ADMINISTRATOR, defaults={"is_superuser": True, "is_staff": True})
    if made:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    return user


def person(username: str) -> User:
    """The active user of this name. Raises Refused where there is none."""
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise Refused(f"There is no user {username!r}.")
    return user
