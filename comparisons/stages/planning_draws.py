"""What of a pool is still to be drawn, as pieces of work; and what is frozen once nothing is under way."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict

from django.db import IntegrityError, transaction
from django.db.models import Max

from comparisons.models import Candidate, Pool, PoolRevision, PoolState, Work
from comparisons.samplers.recipes import Recipe
from comparisons.stages import work as leases
from comparisons.stages.asking import Unit, units_from
from comparisons.stages.pool_state import REASON_CHARS, refresh

#: Draws of one piece of work. A worker takes as many pieces as it has calls open; a dead one leaves little behind.
RANGE = 20
_OPEN = (Work.State.WAITING, Work.State.LEASED)


def plan(pool: Pool) -> int:
    """Makes sure that every draw that is missing belongs to a piece that somebody will do; the number of such pieces.
    Draws that no provider answered before are asked for again."""
    # Whoever begins or resumes a pool gives its endpoint another chance.
    last = pool.requests.aggregate(last=Max("pk"))["last"] or 0
    Pool.objects.filter(pk=pool.pk).update(failing={"after": last})
    recipe = Recipe.from_data(pool.recipe)
    missing = missing_draws(pool, recipe)
    wanted: list[Work] = []
    for unit in units_from(pool.recipe):
        starts = sorted({index // RANGE * RANGE for index in missing[unit.key]})
        wanted += [_piece(pool, unit, start, min(start + RANGE, _stop_of(pool, recipe, start))) for start in starts]
    rows = leases.add(wanted)
    stale = [row.pk for row in rows if row.state not in _OPEN]
    stops = {piece.key: piece.stop for piece in wanted}
    for at in range(0, len(stale), 500):
        Work.objects.filter(pk__in=stale[at : at + 500]).exclude(state__in=_OPEN).update(
            state=Work.State.WAITING, failures=0, error="", finished_at=None
        )
    for row in rows:
        if row.stop != stops[row.key]:  # a longer last range than before
            Work.objects.filter(pk=row.pk).update(stop=stops[row.key])
    return len(rows)


def missing_draws(pool: Pool, recipe: Recipe) -> dict[tuple[int, int | None], list[int]]:
    """The indices of each unit of which not every attempt is there, in order. One query."""
    units = [unit.key for unit in units_from(pool.recipe)]
    asked = indices_of(pool, recipe)
    there: dict[tuple[int, int | None], dict[int, int]] = {key: defaultdict(int) for key in units}
    rows = Candidate.objects.filter(pool=pool).order_by().values_list("problem_id", "subtask", "index")
    for problem, subtask, index in rows.iterator(chunk_size=5000):
        if (problem, subtask) in there:
            there[problem, subtask][index] += 1
    return {key: [index for index in asked if counts.get(index, 0) < recipe.attempts] for key, counts in there.items()}


def indices_of(pool: Pool, recipe: Recipe) -> list[int]:
    """The draws that are asked for of every unit, in order: the first n, or where programs of several roles are, those
    of each role."""
    roles = pool.recipe.get("roles")
    return [index for start, stop in roles.values() for index in range(start, stop)] if roles else [*range(recipe.n)]


def _stop_of(pool: Pool, recipe: Recipe, start: int) -> int:
    """The draw after the last that belongs with this one: no piece asks for programs of two roles, for these begin at
    multiples of RANGE."""
    roles = pool.recipe.get("roles", {}).values()
    return next((stop for first, stop in roles if first <= start < stop), recipe.n)


def settle(pool: Pool) -> PoolState:
    """Writes and returns the pool's state after some of its drawing ended: while anything of it is open, its own; else
    done, or failed where pieces were given up. Whatever ended, what is there is frozen as the next revision."""
    pool.refresh_from_db()
    if not pool.work.exists():
        return PoolState(pool.state)
    if pool.state == PoolState.CANCELLED:
        pool.work.filter(state=Work.State.WAITING).update(state=Work.State.CANCELLED)
    if pool.work.filter(state=Work.State.LEASED).exists():
        return PoolState(pool.state)
    if pool.state == PoolState.DRAWING and not pool.work.filter(state=Work.State.WAITING).exists():
        failed = pool.work.filter(state=Work.State.FAILED).order_by("pk").first()
        change = (
            {"state": PoolState.FAILED, "state_reason": f"Some draws were given up: {failed.error}"[:REASON_CHARS]}
            if failed
            else {"state": PoolState.DONE, "state_reason": ""}
        )
        freeze(pool)
        Pool.objects.filter(pk=pool.pk, state=PoolState.DRAWING).update(drawing_note="", **change)
        pool.refresh_from_db()
        return refresh(pool)
    if pool.state in (PoolState.CANCELLED, PoolState.STOPPED_BY_BUDGET, PoolState.FAILED):
        freeze(pool)
    return PoolState(pool.state)


def freeze(pool: Pool) -> PoolRevision | None:
    """The next revision of the pool, of all candidates that are there; None where nothing was added since the last."""
    newest = pool.newest_revision
    rows = Candidate.objects.filter(pool=pool).order_by()
    if not rows.filter(revision__gt=newest.number).exists():
        return None
    lines, draws = [], defaultdict(set)
    values = rows.values_list("problem__slug", "subtask", "index", "attempt", "program_hash", "answer")
    for slug, subtask, index, attempt, program, answer in values.iterator(chunk_size=5000):
        content = program or (hashlib.sha256(answer.encode()).hexdigest() if answer else "")
        lines.append(json.dumps([slug, subtask, index, attempt, content, None]).encode())
        draws[slug, subtask].add(index)
    try:
        with transaction.atomic():
            return PoolRevision.objects.create(
                pool=pool,
                number=newest.number + 1,
                n_candidates=len(lines),
                n_draws=max(map(len, draws.values())),
                content_hash=hashlib.sha256(b"\n".join(sorted(lines))).hexdigest(),
            )
    except IntegrityError:  # somebody froze it between our look and our write
        return None


def _piece(pool: Pool, unit: Unit, start: int, stop: int) -> Work:
    # By index first: a pool that is stopped half way has about equally many draws of every unit.
    return Work(
        kind=Work.Kind.DRAW,
        key=f"draw:{pool.pk}:{unit.problem}:{unit.subtask}:{start}",
        pool=pool,
        problem_id=unit.problem,
        subtask=unit.subtask,
        start=start,
        stop=stop,
        position=start,
    )
