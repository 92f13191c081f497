"""Strategies read plainly and slowly: lists, tuples and loops, nothing of the strategies' code.

Each rule returns the candidates it would send in order, as (row, aimed subtask or None). Only what draws no lots.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isnan
from typing import Any

NOT_RUN, UNKNOWN_OUTPUT = -5, -100
Options = Mapping[str, Any]
Sent = list[tuple[int, int | None]]


@dataclass
class One:
    """One candidate."""

    row: int
    aimed: int
    has_program: bool
    compiled: bool
    public: int
    program: int
    outputs: dict[int, tuple[int, ...]]
    measures: dict[str, float]
    chars: int
    passed: tuple[bool, ...]
    quality: tuple[float, ...]


class Game:
    """A pool and what was sent of it."""

    def __init__(self, view: Any, scores: Any, points: Any, budget: int, options: Options) -> None:
        self.options, self.budget, self.scores, self.points = options, budget, scores.tolist(), list(points)
        self.view = view
        self.total = view.public_total
        self.expected = {t: m.expected.tolist() for t, m in view.probes.items()}
        self.best = [0.0] * len(self.points)
        self.sent: Sent = []
        names = {"reasoning-tokens": "reasoning_tokens", "output-tokens": "output_tokens", "latency": "latency_s"}
        quality = view.fit.quality(view).tolist()
        self.all = [
            One(
                i,
                int(view.aimed[i]),
                bool(view.has_program[i]),
                bool(view.compiled[i]),
                int(view.public_passed[i]),
                int(view.program_id[i]),
                {t: tuple(m.outputs[i].tolist()) for t, m in view.probes.items()},
                {word: float(getattr(view, name)[i]) for word, name in names.items()},
                int(view.source_chars[i]),
                tuple(view.generated.passed[i].tolist()),
                tuple(quality[i]),
            )
            for i in range(len(view))
        ]

    def send(self, one: One, aimed: int | None) -> None:
        assert len(self.sent) < self.budget
        self.sent.append((one.row, aimed))
        self.best = [max(a, b) for a, b in zip(self.best, self.scores[one.row], strict=True)]

    def is_solved(self, aim: int) -> bool:
        pairs = list(zip(self.best, self.points, strict=True))
        return all(got >= full for got, full in pairs) if aim == 0 else pairs[aim - 1][0] >= pairs[aim - 1][1]

    def send_all(self, order: list[One]) -> Sent:
        for one in order:
            if len(self.sent) < self.budget and not self.is_solved(0):
                self.send(one, one.aimed or None)
        return self.sent

    def compiling(self) -> list[One]:
        return [one for one in self.all if one.has_program and one.compiled]

    def passing(self) -> list[One]:
        return [one for one in self.compiling() if one.public >= self.total]

    def disagreement(self, one: One) -> float:
        """Share of the small probes it was run on that it prints other than brute force; NaN = none."""
        seen = [
            got != right
            for t, expected in self.expected.items()
            if one.aimed in (0, t)
            for got, right in zip(one.outputs[t], expected, strict=True)
            if right != UNKNOWN_OUTPUT and got != NOT_RUN
        ]
        return sum(seen) / len(seen) if seen else float("nan")

    def checked(self, kept: list[One], tolerated: float = 0.0) -> list[One]:
        if self.options.get("cross_check", "off") != "drop":
            return kept
        left = [one for one in kept if not self.disagreement(one) > tolerated]
        return left or kept

    def agreeing_first(self, order: list[One]) -> list[One]:
        if self.options.get("cross_check", "off") != "down":
            return order
        shares = {one.row: self.disagreement(one) for one in order}
        return sorted(order, key=lambda one: 0.0 if isnan(shares[one.row]) else shares[one.row])

    def once_each(self, order: list[One]) -> list[One]:
        if self.options["identical"] == "send":
            return order
        seen: set[int] = set()
        return [one for one in order if one.program < 0 or not (one.program in seen or seen.add(one.program))]  # type: ignore[func-returns-value]

    def unsent(self, lane: list[One]) -> list[One]:
        """Those not sent, nor (with identical=skip) an identical program."""
        sent = [self.all[row] for row, _ in self.sent]
        skips = self.options["identical"] == "skip"
        programs = {one.program for one in sent if skips and one.program >= 0}
        return [one for one in lane if one not in sent and one.program not in programs]

    def by(self, kept: list[One], measure: str) -> list[One]:
        return sorted(kept, key=lambda one: (isnan(one.measures[measure]), -one.measures[measure]))

    def compared(self, one: One, on: str) -> dict[int, tuple[int, ...]]:
        """The outputs it is compared on."""
        return {t: codes for t, codes in one.outputs.items() if on == "all" or one.aimed in (0, t)}

    def clusters(self, kept: list[One], on: str = "aimed") -> list[list[One]]:
        """Equal outputs, by first member."""
        found: dict[Any, list[One]] = {}
        for one in kept:
            outputs = self.compared(one, on)
            codes = [code for row in outputs.values() for code in row]
            if all(code == NOT_RUN for code in codes):
                continue
            if self.options["crashes"] == "exclude" and any(code < 0 and code != NOT_RUN for code in codes):
                continue
            if self.options["crashes"] == "as-one":
                codes = [-1 if code < 0 and code != NOT_RUN else code for code in codes]
            found.setdefault((one.aimed if on == "aimed" else 0, *codes), []).append(one)
        return list(found.values())

    def has_output(self, group: list[One], on: str = "aimed") -> bool:
        return gave_output(self.compared(group[0], on))


def gave_output(outputs: dict[int, tuple[int, ...]]) -> bool:
    """Did it print something on a probe, or was it run on too few of a subtask to say that it does not?"""
    run = {t: [code for code in codes if code != NOT_RUN] for t, codes in outputs.items()}
    return any(max(mine) >= 0 or len(mine) < min(2, len(outputs[t])) for t, mine in run.items() if mine)


def rounds(groups: list[list[One]]) -> list[One]:
    """The first of each group, then the second of each, ..."""
    return [group[i] for i in range(max(map(len, groups), default=0)) for group in groups if i < len(group)]


def public_filter(game: Game) -> Sent:
    kept = game.passing()
    if not kept and game.options["if_none_passes"] == "most":
        some = [one for one in game.compiling() if one.public > 0]
        kept = [one for one in some if one.public == max(other.public for other in some)]
    return game.send_all(game.once_each(game.agreeing_first(game.checked(kept))))


def longest_thought(game: Game) -> Sent:
    kept = [one for one in game.all if one.has_program or game.options["without_program"] == "send"]
    if game.options["only_compiling"]:
        kept = [one for one in kept if one.has_program and one.compiled]
    order = game.agreeing_first(game.by(game.checked(kept), game.options["measure"]))
    return game.send_all(game.once_each(order))


def learned_rank(game: Game) -> Sent:
    def score(one: One) -> float:
        expected = sum(q * p for q, p in zip(one.quality, game.points, strict=True))
        if game.options["score"] == "aimed":
            return one.quality[one.aimed - 1] if one.aimed else expected / sum(game.points)
        return expected

    kept = game.checked(game.passing() if game.options["public_filter"] else game.compiling())
    order = sorted(kept, key=lambda one: -round(score(one), 12))
    return game.send_all(game.once_each(game.agreeing_first(order)))


def cross_check(game: Game) -> Sent:
    kept = game.passing() if game.options["public_filter"] else game.compiling()
    kept = game.checked(kept, game.options["tolerated"])
    return game.send_all(game.once_each(game.agreeing_first(kept)))


def _largest(game: Game, kept: list[One]) -> Sent:
    on = game.options["cluster_on"]
    groups = game.clusters(game.checked(kept), on)
    if game.options["size"] == "programs":
        sizes = {id(g): len({one.program if one.program >= 0 else -1 - one.row for one in g}) for g in groups}
    else:
        sizes = {id(g): len(g) for g in groups}
    if not game.options["only_crashes"]:
        groups = [g for g in groups if game.has_output(g, on)]
    ordered = sorted(groups, key=lambda g: -sizes[id(g)])
    left = {one.row for one in game.once_each(sorted((o for g in groups for o in g), key=lambda one: one.row))}
    order = rounds([[one for one in g if one.row in left] for g in ordered])
    return game.send_all(game.agreeing_first(order))


def largest_cluster(game: Game) -> Sent:
    return _largest(game, game.passing() if game.options["public_filter"] else game.compiling())


def alphacode(game: Game) -> Sent:
    return _largest(game, game.passing())


def majority(game: Game) -> Sent:
    return _largest(game, game.compiling())


def alphacode2(game: Game) -> Sent:
    on = game.options["cluster_on"]
    groups = sorted(game.clusters(game.checked(game.passing()), on), key=lambda g: -len(g))
    if not game.options["only_crashes"]:
        groups = [g for g in groups if game.has_output(g, on)]
    groups = groups[: game.options["clusters"] or None]
    members = sorted((one for g in groups for one in g), key=lambda one: one.row)
    if game.options["score"] != "drawing":
        members = game.by(members, game.options["score"])
    members = game.once_each(members)
    order = rounds([[one for one in members if one in g] for g in groups])
    return game.send_all(game.agreeing_first(order))


def gencluster(game: Game) -> Sent:
    kept = game.checked(game.passing() if game.options["public_filter"] else game.compiling())
    groups = game.clusters(kept)
    if not game.options["only_crashes"]:
        groups = [g for g in groups if game.has_output(g)]
    of = {one.row: number for number, g in enumerate(groups) for one in g}
    won, lost = [0] * len(groups), [0] * len(groups)
    for a, b in game.view.beats.tolist():
        if a in of and b in of and of[a] != of[b]:
            won[of[a]] += 1
            lost[of[b]] += 1
    shares = [w / (w + x) if w + x else 0.5 for w, x in zip(won, lost, strict=True)]
    # Of equal shares the larger one, of equal sizes the later one.
    best = sorted(range(len(groups)), key=lambda g: (-shares[g], -len(groups[g]), -g))
    members = sorted((one for g in groups for one in g), key=lambda one: one.row)
    if game.options["representative"] != "drawing":
        members = game.by(members, game.options["representative"])
    members = [one for aim in (0, 1, 2, 3) for one in game.once_each([one for one in members if one.aimed == aim])]
    order = game.agreeing_first(rounds([[one for one in members if one in groups[g]] for g in best]))
    return _in_turn(game, order, lambda aim: not game.is_solved(aim))


def _in_turn(
    game: Game, order: list[One], is_open: Callable[[int], bool], aims: tuple[int, ...] = (3, 2, 1, 0)
) -> Sent:
    """Lanes in turn; from each the first that was not sent, nor an identical program."""
    lanes = {aim: [one for one in order if one.aimed == aim] for aim in aims}
    while len(game.sent) < game.budget and any(game.unsent(lane) and is_open(aim) for aim, lane in lanes.items()):
        for aim, lane in lanes.items():
            if game.unsent(lane) and is_open(aim) and len(game.sent) < game.budget:
                game.send(game.unsent(lane)[0], aim or None)
    return game.sent


def open_r1(game: Game) -> Sent:
    kept = game.checked(game.compiling())
    order = sorted(kept, key=lambda one: (one.public < game.total, -one.measures["output-tokens"], -one.aimed))
    order = game.agreeing_first(order)
    aims = tuple(aim for aim in (3, 2, 1) if any(one.aimed == aim for one in order))

    def is_open(aim: int) -> bool:
        if game.options["published_exit"]:
            passed = any(game.all[row].public >= game.total for row, _ in game.sent)
            full = [t for t in (1, 2, 3) if any(game.scores[row][t - 1] >= game.points[t - 1] for row, _ in game.sent)]
            empty = [t for t in (1, 2, 3) if not game.unsent([one for one in order if one.aimed == t])]
            if passed + len(full) + len(empty) >= 3:
                return False
        return bool(game.options["published_bug"]) or not game.is_solved(aim)

    _in_turn(game, order, is_open, aims or (0,))
    if game.options["fill"]:
        for one in order:
            over = game.is_solved(0) and not game.options["published_bug"]
            if game.unsent([one]) and len(game.sent) < game.budget and not over:
                game.send(one, None)
    return game.sent


def mbr_exec(game: Game) -> Sent:
    kept = game.checked(game.passing() if game.options["public_filter"] else game.compiling())

    def key(x: One) -> int:
        total = 0
        for y in kept:
            for t in x.outputs:
                mine, theirs = x.outputs[t], y.outputs[t]
                if game.options["agree_on"] == "all":
                    total += mine == theirs and min(mine) >= 0
                else:
                    pairs = list(zip(mine, theirs, strict=True))
                    pairs = pairs[:1] if game.options["agree_on"] == "first" else pairs
                    total += sum(a == b and a >= 0 for a, b in pairs)
        return total

    keys = {one.row: key(one) for one in kept}
    order = sorted(kept, key=lambda one: -keys[one.row])
    return game.send_all(game.once_each(game.agreeing_first(order)))


def s_star(game: Game) -> Sent:
    most = max((one.public for one in game.compiling()), default=0)
    kept = game.checked([one for one in game.compiling() if one.public == min(most, game.total)])

    def key(x: One) -> int:
        total = 0
        for t, mine in game.compared(x, "aimed").items():
            for p in range(len(mine)):
                others = [y.outputs[t][p] for y in kept if y.aimed in (0, t) and y is not x]
                others = [code for code in others if code != NOT_RUN]
                if mine[p] != NOT_RUN and any(code != mine[p] for code in others):
                    total += sum(code == mine[p] for code in others)
        return total

    if not game.options["only_crashes"]:
        chosen = [one for one in kept if gave_output(game.compared(one, "aimed"))]
    else:
        chosen = kept
    keys = {one.row: key(one) for one in chosen}
    order = sorted(chosen, key=lambda one: -keys[one.row])
    return game.send_all(game.once_each(game.agreeing_first(order)))


def codemonkeys(game: Game) -> Sent:
    tests = game.view.generated
    first = game.options["first"]
    counted = [t for t, p in zip(tests.test.tolist(), tests.place.tolist(), strict=True) if first == 0 or p < first]

    def votes(one: One) -> int:
        return sum(one.passed[test] for test in counted)

    kept = game.passing() if game.options["public_filter"] else [one for one in game.all if one.has_program]
    if game.options["passes_nothing"] == "never":
        kept = [one for one in kept if votes(one)]
    order = game.once_each(sorted(kept, key=lambda one: (-votes(one), one.chars)))
    return game.send_all(order[: game.options["kept"] or None])
