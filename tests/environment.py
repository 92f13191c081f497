"""A pytest plugin, loaded before Django's settings: the tests keep everything in a folder of their own.

DATABASE_URL stays, so that the suite can be run against PostgreSQL too; a queue server is never spoken to unless a
test starts its own. Each process of `make test` has a folder and sandbox numbers of its own.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

from hypothesis import HealthCheck, settings

# A busy machine is no defect: how long an example takes to draw or to run decides nothing.
settings.register_profile("podium", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("podium")


def examples(n: int) -> int:
    """How many examples a property is tried on: `EXAMPLES=20 pytest …` takes twenty times as many, other ones."""
    return n * max(1, int(os.environ.get("EXAMPLES", "1")))


_home = tempfile.mkdtemp(prefix="podium-tests-")
atexit.register(shutil.rmtree, _home, ignore_errors=True)
for _name in [name for name in os.environ if name.startswith("PODIUM_")] + ["REDIS_URL"]:
    os.environ.pop(_name, None)
os.environ["PODIUM_HOME"] = _home
os.environ["PODIUM_WORKERS"] = "1"
# The browser tests' driver runs an event loop in the thread that asks the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def sandbox_number(number: int) -> int:
    """The worker number (so the uid) of a sandbox that a test opens: another one in each process of `make test`."""
    return number - 10 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
