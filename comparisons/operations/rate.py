"""Places runs among the humans of their problem sets; several runs, one a contest, are rated together."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from comparisons.actions import Refused
from comparisons.actions.humans import rating_over_contests, update_after
from comparisons.metrics import percentile, place_among
from comparisons.models import HumanField, Run, Strategy, User
from comparisons.operations import lookups
from comparisons.operations.base import BaseOperation, Outcome
from comparisons.operations.options import number
from comparisons.operations.printing import table


class Operation(BaseOperation):
    help = __doc__ or ""
    changes_with = ()

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("runs", nargs="+", type=int, metavar="RUN", help="one run of each contest")
        parser.add_argument(
            "--rated",
            type=number,
            metavar="R",
            help="also Codeforces' official update of a participant rated R, for each run",
        )

    def perform(self, user: User, options: dict[str, Any]) -> Outcome:
        known = [lookups.run(user, pk) for pk in options["runs"]]
        places = [row for run in known for row in _places(run)]
        if not places:
            # A rating says best why there is none.
            rating_over_contests(known)
            raise Refused("No problem set of these runs has a field of humans: import one with import_humans.")
        rating, reason = None, ""
        try:
            found = rating_over_contests(known)
        except Refused as refused:
            reason = str(refused)
        else:
            rating = {"rating": found.rating, "se": found.se, "contests": len(known), **_percentile(found.rating)}
        updates = [] if options["rated"] is None else [_update(run, options["rated"]) for run in known]
        data = {"places": places, "rating": rating, "reason": reason, "updates": updates}
        rows = [
            [row["run"], row["field"], f"{row['place']:g} of {row['humans'] + 1}", f"{row['percentile']:.1f} % below"]
            for row in places
        ]
        said = (
            f"Rating {rating['rating']:.1f}, standard error {rating['se']:.0f}, over {len(known)} contest"
            f"{'' if len(known) == 1 else 's'}, each of the same weight."
            if rating
            else f"No rating: {reason}"
        )
        told = [f"Run {row['run']}: {row['delta']:+.1f} for a participant rated {row['rated']:g}." for row in updates]
        return Outcome(data, "\n".join([table(["run", "field", "place", "share of humans"], rows), said, *told]))


def _update(run: Run, rated: float) -> dict[str, Any]:
    return {"run": run.pk, "rated": rated, **update_after(run, rated)._asdict()}


def _places(run: Run) -> list[dict[str, Any]]:
    rows = []
    for field in run.revision.pool.problem_set.human_fields.all():
        if run.score is None or run.is_incomplete or run.strategy.kind == Strategy.Kind.CEILING:
            continue
        if max(field.scores) > (run.points or 0.0) + 1e-6:
            continue
        place = place_among(run.score, field.scores)
        ends = [
            place_among(score, field.scores).place
            for score in (run.over_draws_hi, run.over_draws_lo)
            if score is not None
        ]
        rows.append(
            {
                "run": run.pk,
                "field": field.name,
                "source": field.source,
                "score": run.score,
                "place": place.place,
                "tied": place.tied,
                "humans": place.humans,
                "percentile": place.percentile,
                "place_over_draws": ends or None,
            }
        )
    return rows


def _percentile(rating: float) -> dict[str, Any]:
    population = HumanField.objects.filter(problem_set=None).exclude(histogram=[]).order_by("-pk").first()
    if population is None:
        return {"percentile": None, "population": None}
    values, counts = zip(*population.histogram, strict=True)
    return {"percentile": percentile(rating, values, counts), "population": population.name}
