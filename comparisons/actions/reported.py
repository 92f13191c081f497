"""What a person asks for about published results: a file of them, imported."""

from __future__ import annotations

from pathlib import Path

from django.db import transaction
from django.db.models import Q

from comparisons import jobs
from comparisons.actions import NotYours, Refused
from comparisons.models import Comparison, ReportedResult, User
from comparisons.stages import comparing
from comparisons.stages.importing_reported import Reported, UnreadableReport, read_reported

#: A leaderboard has hundreds of rows.
LARGEST_BYTES = 20 << 20


def import_reported(user: User, path: Path, *, contest: str, source: str, license: str = "") -> list[Reported]:
    """The figures of this file as reported results on `contest`: a problem set's slug or title, or any other name.

    The same system and condition again is replaced. Comparisons on a set of that name are computed anew. Raises Refused
    with file and row, and then nothing is kept; NotYours to all but staff, for what is replaced is nobody's own.
    """
    if not (user.is_staff or user.is_superuser):
        raise NotYours("Only staff may import reported results: they replace what everybody sees.")
    if not contest.strip() or not source.strip():
        raise Refused("Name the contest and the source: a figure says nothing without them.")
    try:
        found = read_reported(path)
    except OSError as error:
        raise Refused(f"{path}: cannot be read ({error.strerror}).") from error
    except UnreadableReport as reason:
        raise Refused(f"{reason}.") from None
    with transaction.atomic():
        for row in found:
            ReportedResult.objects.update_or_create(
                contest=contest.strip()[:120],
                system=row.system,
                condition=row.condition,
                defaults={
                    "score": row.score,
                    "points": 100.0,
                    "cost_usd": row.cost_usd,
                    "seconds_per_problem": row.seconds_per_problem,
                    "source": source.strip()[:300],
                    "source_date": row.source_date,
                    "license": license[:80],
                },
            )
    touched = Comparison.objects.filter(Q(problem_set__slug=contest.strip()) | Q(problem_set__title=contest.strip()))
    jobs.enqueue([piece for comparison in touched for piece in comparing.due_for(comparison)])
    return found
