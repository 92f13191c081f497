"""o1-ioi: clusters by behaviour, scored, submitted round-robin over subtasks from the hardest (arXiv:2502.06807, 3.2).

Every subtask has a lane: the candidates aimed at it, or all of a pool drawn for whole problems, clustered by their
outputs on its probes. A turn takes the best candidate of the best cluster of the lane. No weight is published, and
twenty-two points of the method are open (A1 to A22); each that is the strategy's to decide is an option, and its
default is our reading. `docs/o1-ioi.md` goes through all of them.
"""

from __future__ import annotations

import numpy as np

from comparisons.strategies.agreeing import CROSS_CHECK
from comparisons.strategies.clustering import Crashes
from comparisons.strategies.contest import Contest
from comparisons.strategies.hardest import hardest_first, strictly_within
from comparisons.strategies.o1_ioi_lanes import Lane
from comparisons.strategies.pool_view import BoolArray, PoolView
from comparisons.strategies.strategy import Need, Option, Options, OptionValue, Strategy
from comparisons.strategies.submitting import IDENTICAL
from judge.errors import StrategyError

#: The options that a random search tunes.
WEIGHTS = ("errors_weight", "public_weight", "attempts_weight")
#: A penalty of so many points outweighs everything else; far beyond it, sums of scores have no digits left.
MOST_WEIGHT = 1_000_000

_OPTIONS = (
    Option(
        "quality",
        "fit",
        "fit: where the run has a fit, the learned chance of solving the lane's subtask; none: 0 for everyone (A10)",
        choices=("fit", "none"),
    ),
    Option(
        "weights",
        "given",
        "given: the three weights below; tuned: those that a random search found on other problems, of the run's fit "
        "(A20)",
        choices=("given", "tuned"),
    ),
    Option(
        "errors_weight",
        1.0,
        "points off a candidate's score for errors on all probes, in proportion (A8, A10)",
        least=0,
        most=MOST_WEIGHT,
    ),
    Option(
        "public_weight",
        1.0,
        "points off for failing all public tests, in proportion (A9, A10)",
        least=0,
        most=MOST_WEIGHT,
    ),
    Option(
        "attempts_weight",
        0.1,
        "points off a cluster's score for each submission of its members (A10, A12)",
        least=0,
        most=MOST_WEIGHT,
    ),
    Option(
        "errors",
        "failures",
        "failures: crashes, timeouts and the like; disagreement: probes where it prints other than most candidates; "
        "brute-force: other than the brute-force programs (A8)",
        choices=("failures", "disagreement", "brute-force"),
    ),
    Option(
        "public_failures",
        "share",
        "share: of the public tests that fail; count: their number; any: 1 where one fails (A9)",
        choices=("share", "count", "any"),
    ),
    Option("public_filter", False, "yes: only candidates that pass every public test take part (A9)"),
    Option(
        "crashes",
        Crashes.AS_OUTPUT.value,
        "as-output: a crash or timeout is a value like any output; as-one: all failures are one value; "
        "exclude: a candidate with a failed run on a probe is left out; one that was not run on it has not failed (A5)",
        choices=tuple(Crashes),
    ),
    Option(
        "cluster_score",
        "mean",
        "mean: of its members' scores, as published; size: the number of its members (A11)",
        choices=("mean", "size"),
    ),
    Option(
        "members",
        "all",
        "all: every candidate counts in its cluster's mean and size; programs: identical ones count once (A22)",
        choices=("all", "programs"),
    ),
    Option(
        "attempts",
        "all",
        "which submissions count against a cluster: all of its members; aimed: those sent for the lane's own subtask; "
        "failed: those that gained nothing (A12)",
        choices=("all", "aimed", "failed"),
    ),
    Option(
        "hardest",
        "containing",
        "containing: a subtask that contains more others is harder, then the later one; last: the later one; "
        "points: the one worth more (A15)",
        choices=("containing", "last", "points"),
    ),
    Option("superset_filter", True, "yes: what differs from the solver of a contained subtask is dropped (A16)"),
    Option(
        "solved_by",
        "any",
        "any: a subtask counts as solved whichever submission solved it; aimed: only if it was aimed at it (A14)",
        choices=("any", "aimed"),
    ),
    Option(
        "solved_share",
        1.0,
        "a subtask counts as solved from this share of its points on; 1: at full score (A17)",
        least=0.01,
        most=1,
    ),
    Option(
        "leftover",
        "stop",
        "when no lane has a candidate left: stop, or send what filters had left out, by score, the hardest unsolved "
        "subtask's first (A18)",
        choices=("stop", "send"),
    ),
    CROSS_CHECK,
    IDENTICAL,
)


class _Game:
    """The lanes, what was sent, and which subtasks are solved by whom."""

    def __init__(self, view: PoolView, contest: Contest, options: Options) -> None:
        self.view = view
        self.contest = contest
        self.options = options
        self.sent = np.zeros(len(view), dtype=bool)
        self.within = strictly_within(view.subtasks)
        order = hardest_first(view.subtasks, self.within, str(options["hardest"]))
        self.lanes = [Lane(view, subtask.index, options) for subtask in order]
        self.solved: set[int] = set(self._full())

    def play(self) -> None:
        """Turn after turn, until budget, lanes or unsolved subtasks run out."""
        while self.contest.remaining:
            has_sent = False
            for lane in self.lanes:
                if lane.subtask in self.solved or not self.contest.remaining:
                    continue
                row = lane.best(self.sent)
                if row is not None:
                    self._send(row, lane.subtask)
                    has_sent = True
            if not has_sent:
                return

    def send_leftovers(self) -> None:
        """What filters left out, the hardest subtask's first, best first; for solved subtasks nothing is sent."""
        for lane in self.lanes:
            for row in lane.by_score():
                if not self.contest.remaining or lane.subtask in self.solved:
                    break
                if not self.sent[row]:
                    self._send(int(row), lane.subtask)

    def _send(self, row: int, aimed: int) -> None:
        before, had = self.solved, sum(self.contest.best)
        feedback = self.contest.submit(row, aimed)
        self._mark_sent(row)
        gained = feedback.total > had
        for lane in self.lanes:
            if _counts(str(self.options["attempts"]), lane.subtask == aimed, gained):
                lane.count_attempt(row)
        now = self._full()
        if self.options["solved_by"] == "aimed":
            # It is solved already where an earlier one did it on the way; this rule waits for one that was meant to.
            is_full = feedback.scores[aimed - 1] >= feedback.best[aimed - 1]
            now = before | (now & {aimed} if is_full else set())
        self.solved = now
        if self.options["superset_filter"]:
            for subtask in sorted(now - before):
                self._filter(subtask, row)

    def _full(self) -> set[int]:
        """Subtasks at full score, or at the share of it that counts as solved."""
        share = float(self.options["solved_share"])
        if share >= 1.0:
            return set(self.contest.solved)
        pairs = enumerate(zip(self.contest.best, self.contest.points, strict=True), start=1)
        return {number for number, (got, points) in pairs if got >= share * points - 1e-9}

    def _mark_sent(self, row: int) -> None:
        program = int(self.view.program_id[row])
        if self.options["identical"] == "skip" and program >= 0:
            self.sent |= self.view.program_id == program
        else:
            self.sent[row] = True

    def _filter(self, solved: int, by: int) -> None:
        """Drops from every lane that strictly contains `solved` whoever's outputs there differ from the solver's. One
        that was not run there is kept: nothing is known of it."""
        matrix = (self.view.probes or {}).get(solved)
        if matrix is None or not matrix.probes or not matrix.was_run()[by]:
            return
        labels = matrix.row_labels()
        differs: BoolArray = matrix.was_run() & (labels != labels[by])
        for lane in self.lanes:
            if solved in self.within[lane.subtask] and lane.subtask not in self.solved:
                lane.drop(differs)


def _counts(rule: str, is_own: bool, gained: bool) -> bool:
    """Does a submission count against its cluster in a lane?"""
    return rule == "all" or (rule == "aimed" and is_own) or (rule == "failed" and not gained)


def with_tuned(view: PoolView, options: Options) -> dict[str, OptionValue]:
    """The options with the fit's weights where they are asked for. Raises StrategyError where it has none."""
    if options["weights"] != "tuned":
        return dict(options)
    tuned = dict(view.fit.tuned) if view.fit is not None else {}
    if set(tuned) != set(WEIGHTS):
        raise StrategyError("weights=tuned needs a fit whose weights were tuned: `fit --tries N` on pools with probes")
    return {**options, **tuned}


def _run(view: PoolView, contest: Contest, rng: np.random.Generator, options: Options) -> None:
    chosen = with_tuned(view, options)
    game = _Game(view, contest, chosen)
    game.play()
    if chosen["leftover"] == "send":
        game.send_leftovers()


def _also(options: Options) -> frozenset[Need]:
    """A fit where the run has one, and brute force where errors are told by it."""
    learned = {Need.FIT} if options["quality"] == "fit" or options["weights"] == "tuned" else set()
    return frozenset(learned | ({Need.BRUTE_FORCE} if options["errors"] == "brute-force" else set()))


STRATEGY = Strategy(
    slug="o1-ioi",
    version=5,
    title="o1-ioi",
    summary="Clusters each subtask's candidates by their outputs on probes, scores clusters by learned quality (with a "
    "fit), errors and public tests less a penalty for each attempt, and sends the best of the best in turn, from the "
    "hardest subtask down; what disagrees with a solved easier subtask is dropped.",
    run=_run,
    needs=frozenset({Need.PROBES, Need.PUBLIC}),
    also=_also,
    passes_nothing="May be chosen: its score is lower by errors_weight; crashes=exclude leaves it out.",
    options=_OPTIONS,
    aims=True,
)
