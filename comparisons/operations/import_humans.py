"""Imports a field of humans: a contest's totals (CSV, with ratings where known), or a population of ratings (JSON)."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from comparisons.actions.humans import LARGEST_BYTES, import_humans
from comparisons.models import User
from comparisons.operations.base import BaseOperation, Outcome
from comparisons.operations.lookups import problem_set
from comparisons.operations.options import FileToRead


class Operation(BaseOperation):
    help = __doc__ or ""

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=FileToRead(LARGEST_BYTES), metavar="PATH")
        parser.add_argument("--set", metavar="SLUG", help="whose contestants they are; none for a population")
        parser.add_argument("--name", required=True, help='the population: "IOI 2019, 327 contestants"')
        parser.add_argument("--source", required=True, help="where the file is from")
        parser.add_argument("--license", default="")
        parser.add_argument("--score", default="total", metavar="COLUMN", help="column of the totals (default: total)")
        parser.add_argument("--rating", default="rating", metavar="COLUMN", help="column of the ratings, if any")

    def perform(self, user: User, options: dict[str, Any]) -> Outcome:
        field = import_humans(
            user,
            options["path"],
            problem_set=problem_set(user, options["set"]) if options["set"] else None,
            name=options["name"],
            source=options["source"],
            license=options["license"],
            score=options["score"],
            rating=options["rating"],
        )
        n = len(field.scores) or int(sum(count for _, count in field.histogram))
        rated = sum(rating is not None for rating in field.ratings)
        data = {"field": field.pk, "humans": n, "rated": rated, "problem_set": options["set"]}
        return Outcome(data, f"Field {field.pk}: {field.name}, {n:,} humans, {rated:,} of them with a rating.")
