"""Makes everything ready without starting anything: tables, browser files, the sandbox's runner."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from comparisons.actions.people import local_administrator
from comparisons.management.preparing import collect_static, migrate
from comparisons.stages.environment import describe_machine


class Command(BaseCommand):
    help = __doc__ or ""
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        if migrate():
            self.stdout.write("The database is up to date.")
        local_administrator()
        if collect_static():
            self.stdout.write(f"The browser's files lie in {settings.STATIC_ROOT}.")
        reason = describe_machine().unavailable
        self.stdout.write(f"Nothing can be judged here: {reason}" if reason else "Programs can be judged here.")
