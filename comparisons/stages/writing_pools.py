"""What a scan found -> a frozen pool: all rows in one transaction, so other writers wait only while they are
inserted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.db import transaction

from comparisons.models import Candidate, LanguageModel, Pool, PoolRevision, ProblemSet, User
from comparisons.stages.importing_pools import Progress, Scan
from comparisons.stages.inserting import insert_candidates
from comparisons.stages.scoring_elsewhere import ScoredCandidate, score_elsewhere

#: Parts of a recipe that are columns of the pool.
RECIPE_COLUMNS = ("temperature", "effort", "prompt_version")


def write_pool(
    user: User,
    scanned: Scan,
    *,
    problem_set: ProblemSet,
    model: LanguageModel,
    name: str,
    recipe: Mapping[str, Any],
    report: Mapping[str, Any],
    progress: Progress | None = None,
) -> Pool:
    """The pool with its candidates, its first revision and, where the records have scores, its judging: one
    transaction, one insert per batch of the scan."""
    languages = [language for language in scanned.languages if language]
    with transaction.atomic():
        pool = Pool.objects.create(
            problem_set=problem_set,
            model=model,
            name=name,
            formulation=Pool.Formulation.SUBTASK if scanned.aims else Pool.Formulation.PROBLEM,
            language=languages[0] if len(languages) == 1 else "",
            temperature=recipe.get("temperature"),
            effort=recipe.get("effort", ""),
            prompt_version=recipe.get("prompt_version", ""),
            recipe={key: value for key, value in recipe.items() if key not in RECIPE_COLUMNS},
            is_scored_elsewhere=bool(scanned.has_scores),
            is_simulated=model.is_simulated,
            import_report=dict(report),
            created_by=user,
        )
        written = 0
        for rows, indices in scanned.batches():
            written += insert_candidates(pool.pk, rows, indices)
            if progress:
                progress(written, scanned.candidates)
        revision = PoolRevision.objects.create(
            pool=pool,
            n_candidates=written,
            n_draws=scanned.keys.draws(),
            content_hash=scanned.digest.hexdigest(),
        )
        if scanned.has_scores:
            score_elsewhere(user, revision, list(_scored(pool)))
    return pool


def _scored(pool: Pool) -> Iterator[ScoredCandidate]:
    """The pool's candidates with their scores. One query."""
    rows = Candidate.objects.filter(pool=pool).order_by("pk")
    for row in rows.only("problem_id", "subtask", "index", "attempt", "scores").iterator():
        assert row.scores is not None
        scores = tuple(row.scores[index] for index in sorted(row.scores, key=int))
        yield ScoredCandidate(row.problem_id, row.subtask, row.index, row.attempt, row.pk, scores)
