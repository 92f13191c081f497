"""Fits: planning one (the same inputs give the same fit), training it, and handing its weights to a replay."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from django.db import IntegrityError, transaction
from django.utils import timezone

from comparisons.models import Candidate, Fit, FitSource, Judging, PoolState, Probing, User, Work, blobs
from comparisons.stages import work as leases
from comparisons.stages.fit_result import result_of
from comparisons.stages.pool_views import ProblemPool, load_pool
from comparisons.strategies import StrategyError
from comparisons.strategies.features import VERSION
from comparisons.strategies.fitted import Fitted, Unusable, Weights
from comparisons.strategies.fitting import JudgedView, Made, fit
from comparisons.strategies.o1_ioi import WEIGHTS
from comparisons.strategies.pool_view import Learned
from comparisons.strategies.text_features import text_features
from comparisons.strategies.training import Leave

#: Fits take seconds to minutes and come after the judging that they wait for.
POSITION = 1_000_000


def plan_fit(
    user: User,
    sources: Sequence[tuple[Judging, Probing | None]],
    *,
    leave: str,
    uses_probes: bool,
    seed: int,
    tries: int,
    budget: int,
) -> Fit:
    """The fit of these judgings, with its piece of work; the same inputs give the same fit, whoever asks."""
    parts = {
        "sources": [[judging.pk, probing.pk if probing else None] for judging, probing in sources],
        "leave": leave, "uses_probes": uses_probes, "seed": seed, "tries": tries, "budget": budget if tries else None,
        "features": VERSION,
    }  # fmt: skip
    key = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    try:
        with transaction.atomic():
            made, created = Fit.objects.get_or_create(
                key=key,
                defaults={
                    "leave": leave, "uses_probes": uses_probes, "seed": seed, "tries": tries, "budget": budget,
                    "feature_version": VERSION, "created_by": user,
                },
            )  # fmt: skip
            if created:
                FitSource.objects.bulk_create(
                    FitSource(fit=made, judging=judging, probing=probing, position=at)
                    for at, (judging, probing) in enumerate(sources)
                )
    except IntegrityError:  # planned by somebody else between our look and our write
        made = Fit.objects.get(key=key)
    return made


def due(planned: Fit) -> list[Work]:
    """The piece of work of a fit that waits."""
    if planned.state != PoolState.WAITING:
        return []
    piece = Work(kind=Work.Kind.FIT, key=f"fit:{planned.pk}", fit=planned, position=POSITION)
    return [one for one in leases.add([piece]) if one.state == Work.State.WAITING]


def train(piece: Work) -> None:
    """Trains a fit and writes what came out. Raises LeaseLost. What cannot be trained fails for good, with a reason."""
    assert piece.fit_id is not None
    planned = Fit.objects.get(pk=piece.fit_id)
    items, judged = _judged(planned)
    try:
        if not judged:
            raise StrategyError("no problem of these pools has an outcome")
        made = fit(
            judged, Leave(planned.leave),
            with_probes=planned.uses_probes, seed=planned.seed, tries=planned.tries, budget=planned.budget,
        )  # fmt: skip
    except StrategyError as refusal:
        with leases.finishing(piece):
            Fit.objects.filter(pk=planned.pk).update(state=PoolState.FAILED, state_reason=str(refusal)[:400])
        return
    with leases.finishing(piece):
        _write(planned, items, made)


def with_fit(pools: Sequence[ProblemPool], planned: Fit, problem_set_id: int) -> list[ProblemPool]:
    """The pools with program text and the weights that never saw their problem. On a problem that no fold may rank,
    whoever asks for a score is refused."""
    arrays = blobs.get_arrays(planned.weights)
    return [
        replace(
            pool,
            view=replace(
                pool.view, text=_text(pool), fit=_fitted(planned, arrays, fold_for(planned, pool, problem_set_id))
            ),
        )
        for pool in pools
    ]


def fold_for(planned: Fit, pool: ProblemPool, problem_set_id: int) -> int | None:
    """Of the folds that trained on nothing that is this problem (or its set, where whole sets are left out), the one
    that trained on most; None where there is none."""
    names = _names(pool.problem_id, pool.content_hash, pool.slug)
    kin = {
        at
        for at, item in enumerate(planned.items)
        if names & _names(item["problem_id"], item["content"], item["problem"])
        or (planned.leave == Fit.Leave.SET and item["set_id"] == problem_set_id)
    }
    free = [at for at, fold in enumerate(planned.folds) if not kin & set(fold["trained_on"])]
    return max(free, key=lambda at: len(planned.folds[at]["trained_on"]), default=None)


def _fitted(planned: Fit, arrays: Any, fold: int | None) -> Learned:
    if fold is None:
        left = "its problem set" if planned.leave == Fit.Leave.SET else "it"
        return Unusable(
            f"fit {planned.pk} learned from this problem, and has no weights that were trained without {left}"
        )
    weights = Weights(
        arrays["mean"][fold], arrays["scale"][fold], arrays["coef"][fold], float(arrays["intercept"][fold])
    )
    tuned = {}
    if len(arrays["tries"]):
        tuned = dict(zip(WEIGHTS, arrays["tries"][arrays["chosen"][fold]].tolist(), strict=True))
    return Fitted(tuple(planned.features), weights, tuned, planned.feature_version)


def _names(problem_id: int, content: str, slug: str) -> frozenset[str]:
    """What a problem is known by. Slugs, too: the same problem may stand in two sets with other limits or subtasks."""
    return frozenset({f"row {problem_id}", f"content {content}", f"slug {slug}"})


def _judged(planned: Fit) -> tuple[list[dict[str, Any]], list[JudgedView]]:
    """(what names each problem of each pool, its view with text and its outcomes), the unjudged left out."""
    items: list[dict[str, Any]] = []
    judged: list[JudgedView] = []
    for source in planned.sources.select_related("judging__revision__pool__problem_set", "probing"):
        of = source.judging.revision.pool
        for pool in load_pool(source.judging, source.probing if planned.uses_probes else None):
            if pool.unjudged or not len(pool):
                continue
            items.append(
                {
                    "set": of.problem_set.slug, "set_id": of.problem_set_id, "problem": pool.slug,
                    "problem_id": pool.problem_id, "content": pool.content_hash, "pool": of.pk,
                }
            )  # fmt: skip
            names = _names(pool.problem_id, pool.content_hash, pool.slug)
            view = replace(pool.view, text=_text(pool))
            judged.append(JudgedView(view, pool.scores, pool.points, names, str(of.problem_set_id)))
    return items, judged


def _text(pool: ProblemPool) -> Any:
    """The text features of a pool's candidates. One query; programs are not kept."""
    found = (
        Candidate.objects.filter(pk__in=pool.candidates.tolist())
        if len(pool) < 500
        else Candidate.objects.filter(
            problem=pool.problem_id, pk__gte=int(pool.candidates.min()), pk__lte=int(pool.candidates.max())
        )
    )
    rows = {
        pk: (source or answer, language)
        for pk, source, answer, language in found.values_list("pk", "source", "answer", "language").iterator(
            chunk_size=2000
        )
    }
    texts = [rows.get(pk, ("", "")) for pk in pool.candidates.tolist()]
    return text_features([source for source, _ in texts], [language for _, language in texts])


def _write(planned: Fit, items: list[dict[str, Any]], made: Made) -> None:
    counts = np.bincount(made.problem, minlength=len(items)).tolist()
    for item, rows in zip(items, counts, strict=True):
        item["rows"] = rows
    n = len(made.tries)
    weights = {
        "mean": np.stack([one.mean for one in made.weights]),
        "scale": np.stack([one.scale for one in made.weights]),
        "coef": np.stack([one.coef for one in made.weights]),
        "intercept": np.array([one.intercept for one in made.weights]),
        "tries": made.tries,
        "chosen": np.array([search.chosen for search in made.searches], dtype=np.int64),
        "trained": np.array([search.trained for search in made.searches]).reshape(len(made.searches), n),
        "held_out": np.array([search.held_out for search in made.searches]).reshape(len(made.searches), n),
    }
    folds = [{"held_out": list(fold.held_out), "trained_on": list(fold.trained_on)} for fold in made.folds]
    planned.features = list(made.names)
    planned.items, planned.folds = items, folds
    planned.weights = blobs.put_arrays(**weights)
    planned.result = result_of(items, made)
    planned.content_hash = _content_hash(planned, weights)
    planned.state, planned.state_reason, planned.finished_at = PoolState.DONE, "", timezone.now()
    planned.save()


def _content_hash(planned: Fit, weights: dict[str, Any]) -> str:
    """Names the weights by what they are, the same on every machine: no row numbers are in it."""
    digest = hashlib.sha256()
    problems = [[item["set"], item["problem"], item["content"]] for item in planned.items]
    facts = [planned.leave, planned.features, planned.feature_version, planned.folds, problems]
    digest.update(json.dumps(facts, sort_keys=True).encode())
    for name in sorted(weights):
        digest.update(name.encode() + np.ascontiguousarray(weights[name]).tobytes())
    return digest.hexdigest()
