"""What a person asks for about humans: a field imported, and several contests rated together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from django.db import transaction

from comparisons import jobs
from comparisons.actions import Refused
from comparisons.metrics import Rating, codeforces_update, performance_rating, place_among
from comparisons.metrics.ratings import Update
from comparisons.models import Comparison, HumanField, ProblemSet, Run, Strategy, User
from comparisons.stages import comparing
from comparisons.stages.importing_humans import UnreadableHumans, read_humans

#: The largest file that is uploaded: a contest has thousands of contestants and the largest site a million members, as
#: counts.
LARGEST_BYTES = 20 << 20


def import_humans(
    user: User,
    path: Path,
    *,
    problem_set: ProblemSet | None,
    name: str,
    source: str,
    license: str = "",
    score: str = "total",
    rating: str = "rating",
) -> HumanField:
    """The field of this file: contestants of `problem_set`, or, without one, a population of ratings.

    The same name on a set replaces it. Comparisons on the set are computed anew. Raises Refused with file and line.
    """
    try:
        humans = read_humans(path, score=score, rating=rating)
    except OSError as error:
        raise Refused(f"{path}: cannot be read ({error.strerror}).") from error
    except UnreadableHumans as reason:
        raise Refused(f"{reason}.") from None
    if humans.histogram and problem_set is not None:
        raise Refused(f"{path.name} counts ratings: it is a population and belongs to no problem set.")
    if not humans.histogram and problem_set is None:
        raise Refused(f"{path.name} holds contestants: name their problem set with --set.")
    if not name.strip() or not source.strip():
        raise Refused("Name the population and its source: a place says nothing without them.")
    with transaction.atomic():
        HumanField.objects.filter(problem_set=problem_set, name=name).delete()
        field = HumanField.objects.create(
            problem_set=problem_set, name=name[:200], source=source[:300], license=license[:80], created_by=user,
            scores=humans.scores, ratings=humans.ratings, histogram=humans.histogram,
        )  # fmt: skip
    touched = Comparison.objects.all() if problem_set is None else Comparison.objects.filter(problem_set=problem_set)
    jobs.enqueue([piece for comparison in touched for piece in comparing.due_for(comparison)])
    return field


def update_after(run: Run, rating: float) -> Update:
    """Codeforces' official update of a participant rated `rating` with this run's place among the rated of its set.
    Raises Refused as `rating_over_contests` does."""
    opponents, place = _contest(run)
    return codeforces_update(opponents, rating, place)


def rating_over_contests(runs: Sequence[Run]) -> Rating:
    """The one rating that makes the places of these runs, each in its own set's field, most likely together: the
    likelihood averaged within each contest. Raises Refused where two are of one contest, a set has no rated field, or a
    score is not complete, of another scale than the field's, or a ceiling's.
    """
    first: dict[int, Run] = {}
    for run in runs:
        contest = run.revision.pool.problem_set_id
        if contest in first:
            # The same opponents twice are no more evidence than once.
            raise Refused(f"Runs {first[contest].pk} and {run.pk} are of one contest: rate them one by one.")
        first[contest] = run
    found = performance_rating([_contest(run) for run in runs])
    if math.isinf(found.rating):
        raise Refused("First or last among the rated in every contest: no rating is the likeliest.")
    return found


def _contest(run: Run) -> tuple[list[float], float]:
    """(ratings of the newest rated field of the run's set, the run's place among them)."""
    problem_set = run.revision.pool.problem_set
    field = next((one for one in problem_set.human_fields.order_by("-pk") if any(one.ratings)), None)
    if field is None:
        raise Refused(f"{problem_set.slug} has no field of rated contestants: import one with import_humans.")
    if run.score is None or run.is_incomplete:
        raise Refused(f"Run {run.pk} has no complete score.")
    if run.strategy.kind == Strategy.Kind.CEILING:
        raise Refused(f"Run {run.pk} is a ceiling ({run.strategy.slug}): nobody could have sent it.")
    if max(field.scores) > (run.points or 0.0) + 1e-6:
        raise Refused(f"{field.name} has totals above the {run.points:g} points of run {run.pk}.")
    rated = [(s, r) for s, r in zip(field.scores, field.ratings, strict=True) if r is not None]
    return [r for _, r in rated], place_among(run.score, [s for s, _ in rated]).place
