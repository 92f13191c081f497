"""Two real drawers at one pool with a cap: what they are owed together never passes it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from comparisons.stages.call_costs import NANO
from tests.comparisons.jobs.test_killed_drawers import scene, start_drawer, start_queue
from tests.comparisons.samplers.providers.serving import Told, serving

WITHIN_S = 600
CAP_USD = Decimal("0.35")
#: Of the first calls, which take all they may, and of the others, which take a small part of it.
HUNGRY = {"do": "answer", "usage": {"input": 120, "cached": 20, "output": 1000, "reasoning": 900}}
HUNGRY_USD, CALL_USD, N_HUNGRY = Decimal("0.010110"), Decimal("0.000510"), 20


@pytest.fixture
def server() -> Iterator[Told]:
    with serving(latency_s=0.1) as told:
        told.tell(*[HUNGRY] * N_HUNGRY)
        yield told


def look(home: Path) -> tuple[str, int, int, set[str]]:
    """(state, what is committed, revisions, who holds pieces that calls were sent for), read beside Django."""
    with sqlite3.connect(f"file:{home / 'podium.sqlite3'}?mode=ro", uri=True, timeout=20) as database:
        state, committed = database.execute("SELECT state, committed_nano_usd FROM comparisons_pool").fetchone()
        owners = database.execute(
            "SELECT DISTINCT owner FROM comparisons_work AS work WHERE work.state = 'leased'"
            " AND EXISTS (SELECT 1 FROM comparisons_request AS call WHERE call.piece_id = work.id)"
        ).fetchall()
        (revisions,) = database.execute("SELECT count(*) FROM comparisons_poolrevision").fetchone()
    database.close()
    return state, committed, revisions, {owner for (owner,) in owners}


def test_two_drawers_at_once_never_pass_the_cap_and_use_it_up(tmp_path: Path, server: Told) -> None:
    home = tmp_path / "home"
    scene(home, "capped", server.address, str(CAP_USD))
    cap = int(CAP_USD * NANO)
    queue = start_queue(home)
    scene(home, "sweep")
    drawers = [start_drawer(home), start_drawer(home)]
    deadline = time.monotonic() + WITHIN_S
    at_once, seen = 0, []
    try:
        state = "drawing"
        while state == "drawing":
            assert time.monotonic() < deadline, (home / "drawer.log").read_text()[-3000:]
            state, committed, revisions, owners = look(home)
            seen.append(committed)
            at_once = max(at_once, len(owners))
            time.sleep(0.02)
        asked_at_the_end = len(server.seen()["asked"])
        while owners or revisions < 2:  # what each holds is handed back, and what is there is frozen
            assert time.monotonic() < deadline, (home / "drawer.log").read_text()[-3000:]
            *_, revisions, owners = look(home)
            time.sleep(0.02)
    finally:
        for process in (*drawers, queue):
            process.terminate()
        for process in (*drawers, queue):
            process.wait()
    found = scene(home, "tell")
    asked = len(server.seen()["asked"])
    owed = N_HUNGRY * HUNGRY_USD + (asked - N_HUNGRY) * CALL_USD
    assert at_once == 2
    assert max(seen) <= cap
    assert found["state"] == "stopped-by-budget"
    assert found["reason"] == f"${owed:,.4f} of ${CAP_USD:,.4f} are used; the next call could cost more than is left."
    # Nothing was under way when it was stopped, and no call at its worst had room.
    assert asked == asked_at_the_end
    assert owed <= CAP_USD < owed + Decimal("0.011")
    assert found["outcomes"] == {"answered": asked}
    assert found["committed"] == found["charged"] == int(owed * NANO)
    assert len(found["keys"]) == len(set(map(tuple, found["keys"]))) == asked
    assert found["revisions"] == [0, asked]
    assert "leased" not in found["work"]
