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


class ApiToken(models.Model):
    """Lets a program act as a person. The token itself is shown once, when it is made. Kept is its SHA-256, from which
    it cannot be guessed: it is 256 random bits, not a word that somebody chose."""

    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="api_token_has_a_name_of_its_own")]

    def __str__(self) -> str:
        return self.name


class Visibility(models.TextChoices):
    """Who may see a problem set and all that hangs on it."""

    PRIVATE = "private", "only me"
    SHARED = "shared", "everyone who signs in"
