"""The submissions of a run on one problem, in order, with their places in the drawing that pages show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count

from comparisons.models import Submission, Trial


@dataclass(frozen=True)
class Sent:
    """One submission on the timeline, with its place in the drawing: `x`, `y` in its units, `gained` in points."""

    submission: Submission
    total: float
    gained: float
    x: float
    y: float
    hue: int


@dataclass(frozen=True)
class Timeline:
    """The submissions of one problem and seed in order, drawn in a box of `width` × `height`; `path` is the total."""

    problem: str
    title: str
    seed: int
    seeds: Sequence[int]
    points: float
    sent: Sequence[Sent]
    path: str
    y_ticks: Sequence[tuple[float, str]]
    x_ticks: Sequence[tuple[float, str]]
    aimed: Sequence[tuple[int, int]]
    width: int = 1000
    height: int = 240

    @property
    def words(self) -> str:
        """What the drawing shows, in one sentence."""
        gains = [sent for sent in self.sent if sent.gained > 0]
        if not gains and len(self.sent) == 1:
            return "The only submission gained no points."
        if not gains:
            return f"None of the {len(self.sent)} submissions gained points."
        total, last = gains[-1].total, gains[-1].submission.order
        if total == self.points == 1:
            return f"The only point came by submission {last} of {len(self.sent)}."
        share = f"All {total:g}" if total == self.points else f"{total:g} of {self.points:g}"
        if len(self.sent) == 1:
            return f"{share} points came from the only submission."
        return f"{share} points came from {len(gains)} of {len(self.sent)} submissions, the last at place {last}."


def title_of(trial: Trial) -> str:
    """The title of a trial's problem, as its current version has it."""
    version = trial.problem.current_version
    return version.title if version else trial.problem.slug


def timeline_of(trials: Sequence[Trial], problem: str, seed: int | None) -> Timeline | None:
    """The timeline of `problem` and `seed`, else of the first of each; None where the run sent nothing. Two queries."""
    sending = [trial for trial in trials if trial.n_submissions > 0]
    trial = next((one for one in sending if one.problem.slug == problem), sending[0] if sending else None)
    if trial is None:
        return None
    counts = dict(trial.submissions.values_list("seed").annotate(n=Count("pk")).order_by("seed"))
    if not counts:
        return None
    seeds = sorted(counts)
    wanted = seed if seed is not None and seed in counts else seeds[0]
    sent = list(
        trial.submissions.filter(seed=wanted).select_related("candidate").defer("candidate__source", "candidate__raw")
    )
    return _drawn(trial, wanted, seeds, sent)


def _drawn(trial: Trial, seed: int, seeds: Sequence[int], submissions: Sequence[Submission]) -> Timeline:
    left, right, top, bottom, width, height = 40, 12, 14, 34, Timeline.width, Timeline.height
    last = max(submission.order for submission in submissions)
    points = trial.points or 1.0

    def place(order: float, total: float) -> tuple[float, float]:
        x = left + (width - left - right) * (order - 0.5) / last
        return round(x, 1), round(height - bottom - (height - top - bottom) * min(1.0, total / points), 1)

    best: list[float] = []
    drawn: list[Sent] = []
    path = "M{},{}".format(*place(0.5, 0.0))
    for submission in submissions:
        scores = [float(score or 0) for score in submission.scores]
        before = sum(best)
        best = [max(pair) for pair in zip(best or [0.0] * len(scores), scores, strict=True)]
        total = sum(best)
        x, y = place(submission.order, total)
        path += f"H{x}V{y}"
        hue = (submission.aimed - 1) % 8 + 1 if submission.aimed else 0
        drawn.append(Sent(submission, total, total - before, x, y, hue))
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500, 10**6) if last / s <= 12)
    return Timeline(
        problem=trial.problem.slug,
        title=title_of(trial),
        seed=seed,
        seeds=seeds,
        points=trial.points,
        sent=drawn,
        path=path,
        y_ticks=[(place(1, points * share)[1], f"{points * share:g}") for share in (0, 0.25, 0.5, 0.75, 1)],
        x_ticks=[(place(n, 0)[0], str(n)) for n in range(step, last + 1, step)],
        aimed=sorted({(s.submission.aimed, s.hue) for s in drawn if s.submission.aimed}),
    )
