"""What a person asks for about a comparison that could not be computed, or that another version computed: once more."""

from __future__ import annotations

from django.db import transaction

from comparisons import jobs
from comparisons.actions import Refused
from comparisons.models import Comparison, Work
from comparisons.stages import comparing


def compute_again(comparison: Comparison) -> None:
    """Computes a comparison anew, with all its tries: after a failure, or where another version computed it. What is
    stored stays until then. Raises Refused where its runs are not finished."""
    with transaction.atomic():
        Comparison.objects.filter(pk=comparison.pk).update(result_key="")
        # One that a worker holds goes on; the others begin again from nothing.
        comparison.work.exclude(state=Work.State.LEASED).delete()
        comparison.refresh_from_db(fields=["result_key"])
        pieces = comparing.due_for(comparison)
    if not pieces and not comparison.work.exists():
        raise Refused(f"Comparison {comparison.pk} waits for its runs: not all of them are replayed.")
    jobs.enqueue(pieces)
