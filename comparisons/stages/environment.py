"""The environment programs run in here: one sandbox per process, its description, and the record other processes
read."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import socket
import threading
from datetime import timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.utils import timezone

from comparisons.models import Environment, Machine
from judge.calibration import WORKLOAD, Calibration, calibrate
from judge.errors import SandboxFault, SandboxUnavailable
from judge.languages import LANGUAGES
from judge.sandbox import Sandbox

logger = logging.getLogger(__name__)

#: A machine that no worker described for this long does not speak for the present.
FRESH = timedelta(minutes=10)

#: Part of the sandbox's description that tells machines apart, not environments: recorded with each chunk instead.
OF_THE_MACHINE = ("kernel", "processor")

#: Held by whoever runs programs where threads share a process, as in the web: it has one sandbox, for one at a time.
RUNNING = threading.RLock()

_worker_index: int | None = None
_calibrates_later = False


class OtherEnvironment(SandboxUnavailable):
    """This machine runs programs, but in another environment than the one that was asked for."""


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
        description = _description()
    except SandboxUnavailable as error:
        environment, reason = None, str(error)[:400]
    else:
        environment, _ = Environment.objects.get_or_create(key=_key(description), defaults={"description": description})
        reason = ""
    machine, _ = Machine.objects.update_or_create(
        name=socket.gethostname(),
        defaults={"environment": environment, "unavailable": reason, "seen_at": timezone.now()},
    )
    return machine


def machine_note() -> dict[str, Any]:
    """What a chunk records of the machine that made it; part of no key. With every reading of the calibration
    (`judge.calibration`), in CPU seconds, and which program took them, unless that is still to be measured."""
    told = sandbox().description
    note: dict[str, Any] = {"host": socket.gethostname()}
    note |= {name: told[name] for name in ("isolation", *OF_THE_MACHINE)}
    measured = None if _calibrates_later else calibration()
    if measured is not None:
        note |= {"calibration_s": list(measured.readings), "workload": WORKLOAD}
    return note


def calibrate_later() -> None:
    """Chunks do without the calibration until `calibrate_now`: a worker whose work is waiting begins with it."""
    global _calibrates_later
    _calibrates_later = True


def calibrate_now() -> Calibration | None:
    """Measures this machine where that was put off or not done yet."""
    global _calibrates_later
    _calibrates_later = False
    return calibration()


@cache
def calibration() -> Calibration | None:
    """How fast this machine is, measured once by each worker. None where it cannot be measured."""
    try:
        return calibrate(sandbox())
    except SandboxFault as fault:
        logger.warning("%s", fault)
        return None


def require(environment: Environment | None) -> None:
    """Returns where this process runs programs in this environment. Raises SandboxUnavailable where it cannot run any,
    OtherEnvironment where it would run them in another one: outcomes of two environments are never mixed."""
    here = _description()
    if environment is not None and environment.key != _key(here):
        what = ", ".join(_differences(environment.description, here)) or "its description"
        raise OtherEnvironment(
            f"{socket.gethostname()} runs programs in another environment ({what}); judging the pool again uses it."
        )


def is_available(environment: Environment | None, *, elsewhere_only: bool = False) -> bool:
    """Whether a worker said within the last minutes that its machine runs programs in this environment. One query."""
    machines = Machine.objects.filter(seen_at__gt=timezone.now() - FRESH, environment__isnull=False)
    if environment is not None:
        machines = machines.filter(environment=environment)
    if elsewhere_only:
        machines = machines.exclude(name=socket.gethostname())
    return machines.exists()


def current_environment() -> Environment:
    """The environment the next judging runs in: this machine's, else that of the machine heard of last. Raises
    SandboxUnavailable with the reason where no machine can judge."""
    machines = Machine.objects.filter(seen_at__gt=timezone.now() - FRESH, environment__isnull=False)
    machine = machines.filter(name=socket.gethostname()).first() or machines.first() or describe_machine()
    if machine.environment is None:
        raise SandboxUnavailable(machine.unavailable)
    return machine.environment


def elsewhere() -> Environment:
    """The environment of scores that came with their samples."""
    environment, _ = Environment.objects.get_or_create(
        key="elsewhere", defaults={"description": {}, "is_elsewhere": True}
    )
    return environment


@cache
def _description() -> dict[str, Any]:
    told = sandbox().description
    kept = {name: value for name, value in told.items() if name not in OF_THE_MACHINE}
    return {**kept, "languages": _languages()}


def _key(description: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(description, sort_keys=True).encode()).hexdigest()


def _differences(wanted: dict[str, Any], here: dict[str, Any]) -> list[str]:
    """ "bwrap 0.8.0 instead of 0.9.0", and so on."""
    found = []
    for name in sorted(wanted.keys() | here.keys()):
        one, other = wanted.get(name), here.get(name)
        if isinstance(one, dict) and isinstance(other, dict):
            found += _differences(one, other)
        elif one != other:
            found.append(f"{name} {str(other or 'none')[:40]} instead of {str(one or 'none')[:40]}")
    return found


def _languages() -> dict[str, str]:
    found = {}
    for language in LANGUAGES.values():
        version = language.detect().version
        if version:
            found[language.slug] = version
    return found
