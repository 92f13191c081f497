"""Says what a pool is doing; pauses, resumes or cancels it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from comparisons.actions.judging import cancel, pause, resume
from comparisons.management.output import Outcome, PodiumCommand, pool
from comparisons.models import User


class Command(PodiumCommand):
    help = __doc__ or ""

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("pool", metavar="POOL", help="a pool's id, as import_pool printed it")
        either = parser.add_mutually_exclusive_group()
        for action in ("pause", "resume", "cancel"):
            either.add_argument(f"--{action}", dest="action", action="store_const", const=action)

    def perform(self, user: User, options: dict[str, Any]) -> Outcome:
        of = pool(user, options["pool"])
        actions = {"pause": pause, "resume": resume, "cancel": cancel}
        if options["action"]:
            actions[options["action"]](user, of)
        of.refresh_from_db()
        reason = f" ({of.state_reason})" if of.state_reason else ""
        return Outcome({"pool": of.pk, "state": of.state}, f"{of.name}: {of.state}{reason}")
