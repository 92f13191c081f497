"""Makes a token by which programs act as a person over the API, and prints it: it is shown this once."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from comparisons.actions.tokens import make_token
from comparisons.management.output import PodiumCommand
from comparisons.models import User
from comparisons.operations.base import Outcome


class Command(PodiumCommand):
    help = __doc__ or ""

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="what it is for; the page /tokens/ lists it by this")

    def perform(self, user: User, options: dict[str, Any]) -> Outcome:
        token = make_token(user, options["name"])
        return Outcome({"user": user.username, "name": options["name"].strip(), "token": token}, token)
