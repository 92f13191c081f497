"""o1-ioi read plainly and slowly, with nothing of the strategy's code. Source: arXiv:2502.06807, section 3.2."""

from __future__ import annotations

from tests.comparisons.strategies.oracles import NOT_RUN, UNKNOWN_OUTPUT, Game, One, Options, Sent

#: All that subtask t contains, of `random_pools`: 1 lies in 2, 2 in 3.
INSIDE: dict[int, set[int]] = {1: set(), 2: {1}, 3: {1, 2}}
#: Which subtask is hardest, by rule; 3 contains most, is last and is worth most.
ORDERS = {"containing": (3, 2, 1), "last": (3, 2, 1), "points": (3, 1, 2)}


def o1_ioi(game: Game) -> Sent:
    """Candidates as the strategy would send them."""
    weights = game.view.fit.tuned if game.options["weights"] == "tuned" else game.options
    lanes = {t: _lane(game, t) for t in ORDERS[game.options["hardest"]]}
    worth = {t: {one.row: _score(game, one, t, weights) for one in game.compiling()} for t in lanes}
    # The cluster of each candidate by lane, also where it is dropped later.
    homes = {t: {one.row: number for number, g in enumerate(groups) for one in g} for t, groups in lanes.items()}
    attempts: dict[tuple[int, int], int] = {}
    solved: set[int] = set()
    gone: set[int] = set()

    def value(t: int, number: int) -> float:
        counted = lanes[t][number]
        if game.options["members"] == "programs":
            firsts: dict[int, One] = {}
            for one in counted:
                firsts.setdefault(one.program if one.program >= 0 else -1 - one.row, one)
            counted = list(firsts.values())
        if game.options["cluster_score"] == "size":
            base = float(len(counted))
        else:
            base = sum(worth[t][one.row] for one in counted) / len(counted)
        return round(base - weights["attempts_weight"] * attempts.get((t, number), 0), 12)

    def send(one: One, t: int) -> None:
        nonlocal solved
        before = sum(game.best)
        game.send(one, t)
        gone.update(x.row for x in game.all if x is one or _is_same(game, x, one))
        gained = sum(game.best) > before
        rule = game.options["attempts"]
        for lane in lanes:
            if rule == "all" or (rule == "aimed" and lane == t) or (rule == "failed" and not gained):
                number = homes[lane].get(one.row)
                if number is not None:
                    attempts[lane, number] = attempts.get((lane, number), 0) + 1
        share = game.options["solved_share"]
        full = {i for i, (b, p) in enumerate(zip(game.best, game.points, strict=True), 1) if b >= share * p - 1e-9}
        if game.options["solved_by"] == "aimed":
            has_it = game.scores[one.row][t - 1] >= game.best[t - 1]
            full = solved | ({t} & full if has_it else set())
        new, solved = full - solved, full
        for inner in sorted(new) if game.options["superset_filter"] else []:
            _drop(one, inner)

    def _drop(solver: One, inner: int) -> None:
        if inner not in solver.outputs or all(code == NOT_RUN for code in solver.outputs[inner]):
            return
        for t, groups in lanes.items():
            if inner in INSIDE[t] and t not in solved:
                for number, members in enumerate(groups):
                    groups[number] = [
                        x for x in members
                        if all(code == NOT_RUN for code in x.outputs[inner])
                        or x.outputs[inner] == solver.outputs[inner]
                    ]  # fmt: skip

    while len(game.sent) < game.budget:
        has_sent = False
        for t, groups in lanes.items():
            if t in solved or len(game.sent) >= game.budget:
                continue
            open_ = [n for n, members in enumerate(groups) if any(x.row not in gone for x in members)]
            if not open_:
                continue
            top = min(open_, key=lambda n: (-value(t, n), n))
            free = [x for x in groups[top] if x.row not in gone]
            send(min(free, key=lambda x: (-worth[t][x.row], x.row)), t)
            has_sent = True
        if not has_sent:
            break
    if game.options["leftover"] == "send":
        for t in lanes:
            for one in sorted(game.compiling(), key=lambda x: (-worth[t][x.row], x.row)):
                can = one.aimed in (0, t) and one.row not in gone and t not in solved
                if can and len(game.sent) < game.budget:
                    send(one, t)
    return game.sent


def _is_same(game: Game, x: One, y: One) -> bool:
    return game.options["identical"] == "skip" and x.program >= 0 and x.program == y.program


def _lane(game: Game, t: int) -> list[list[One]]:
    kept = game.passing() if game.options["public_filter"] else game.compiling()
    kept = [one for one in game.checked(kept) if one.aimed in (0, t)]
    found: dict[object, list[One]] = {}
    for one in kept:
        codes = one.outputs.get(t, ())
        if not codes or all(code == NOT_RUN for code in codes):
            found[one.row] = [one]
            continue
        if game.options["crashes"] == "exclude" and any(code < 0 and code != NOT_RUN for code in codes):
            continue
        if game.options["crashes"] == "as-one":
            codes = tuple(-1 if code < 0 and code != NOT_RUN else code for code in codes)
        found.setdefault(codes, []).append(one)
    return sorted(found.values(), key=lambda g: g[0].row)


def _score(game: Game, one: One, t: int, weights: Options) -> float:
    score = -weights["errors_weight"] * _errors(game, one, t) - weights["public_weight"] * _public(game, one)
    if game.options["cross_check"] == "down":
        share = game.disagreement(one)
        score -= 0.0 if share != share else share
    return score + (one.quality[t - 1] if game.options["quality"] == "fit" else 0.0)


def _public(game: Game, one: One) -> float:
    failed = game.total - one.public
    return {"count": failed, "any": min(failed, 1), "share": failed / game.total}[game.options["public_failures"]]


def _errors(game: Game, one: One, t: int) -> float:
    codes = one.outputs.get(t, ())
    run = [code for code in codes if code != NOT_RUN]
    if not run:
        return 0.0
    if game.options["errors"] == "failures":
        return sum(code < 0 for code in run) / len(run)
    if game.options["errors"] == "brute-force":
        known = [(got, right) for got, right in zip(codes, game.expected[t], strict=True) if right != UNKNOWN_OUTPUT]
        known = [(got, right) for got, right in known if got != NOT_RUN]
        return sum(got != right for got, right in known) / len(known) if known else 0.0
    others = [x.outputs[t] for x in game.compiling() if any(code != NOT_RUN for code in x.outputs[t])]
    hits = 0
    for p, code in enumerate(codes):
        column = [row[p] for row in others if row[p] >= 0]
        hits += code >= 0 and column.count(code) == max(map(column.count, column), default=0) > 0
    return 1 - hits / len(run)
