"""People, and what they may see."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A person who signs in. Our own class from the first migration, so that it can grow."""

    class Theme(models.TextChoices):
        SYSTEM = "system", "as the system"
        LIGHT = "light", "light"
        DARK = "dark", "dark"

    theme = models.CharField(max_length=8, choices=Theme, default=Theme.SYSTEM)


class Visibility(models.TextChoices):
    """Who may see a problem set and all that hangs on it."""

    PRIVATE = "private", "only me"
    SHARED = "shared", "everyone who signs in"
