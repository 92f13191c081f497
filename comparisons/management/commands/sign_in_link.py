"""Prints a link that signs in once, within a day."""

from __future__ import annotations

from typing import Any

from comparisons.actions.sign_in import issue
from comparisons.management.addresses import sign_in_address
from comparisons.management.output import PodiumCommand
from comparisons.models import User
from comparisons.operations.base import Outcome


class Command(PodiumCommand):
    help = __doc__ or ""

    def perform(self, user: User, options: dict[str, Any]) -> Outcome:
        address = sign_in_address(issue(user))
        return Outcome({"user": user.username, "address": address}, address)
