"""The environment programs run in here: one sandbox per process, its description, and the record other processes
read."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import socket
from datetime import timedelta
from functools import cache

from django.conf import settings
from django.utils import timezone

from comparisons.models import Environment, Machine
from judge.errors import SandboxUnavailable
from judge.languages import LANGUAGES
from judge.sandbox import Sandbox

#: A machine that no worker described for this long does not speak for the present.
FRESH = timedelta(minutes=10)

_worker_index: int | None = None


def set_worker_index(index: int) -> None:
    """Says which worker this process is (from 0), before its first `sandbox()`: each has a uid and scratch of its
    own."""
    global _worker_index
    _worker_index = index


@cache
def sandbox() -> Sandbox:
    """This process's sandbox, opened at first use. Raises SandboxUnavailable where programs cannot be isolated."""
    # Other processes (a command with --inline, the web asking for the environment) stay clear of the workers' slots.
    index = _worker_index if _worker_index is not None else 64 + os.getpid() % 900
    return Sandbox.open(cache=settings.PODIUM_CACHE, worker=index)


def describe_machine() -> Machine:
    """Writes and returns this machine's row: its environment, or the reason why it cannot judge. Two queries."""
    try:
        description = {**sandbox().description, "languages": _languages(), "machine": platform.machine()}
    except SandboxUnavailable as error:
        environment, reason = None, str(error)[:400]
    else:
        key = hashlib.sha256(json.dumps(description, sort_keys=True).encode()).hexdigest()
        environment, _ = Environment.objects.get_or_create(key=key, defaults={"description": description})
        reason = ""
    machine, _ = Machine.objects.update_or_create(
        name=socket.gethostname(),
        defaults={"environment": environment, "unavailable": reason, "seen_at": timezone.now()},
    )
    return machine


def current_environment() -> Environment:
    """The environment the next judging runs in. Raises SandboxUnavailable with the reason where no machine can
    judge."""
    machine = Machine.objects.filter(seen_at__gt=timezone.now() - FRESH, environment__isnull=False).first()
    machine = machine or describe_machine()
    if machine.environment is None:
        raise SandboxUnavailable(machine.unavailable)
    return machine.environment


def elsewhere() -> Environment:
    """The environment of scores that came with their samples."""
    environment, _ = Environment.objects.get_or_create(
        key="elsewhere", defaults={"description": {}, "is_elsewhere": True}
    )
    return environment


def _languages() -> dict[str, str]:
    found = {}
    for language in LANGUAGES.values():
        version = language.detect().version
        if version:
            found[language.slug] = version
    return found
