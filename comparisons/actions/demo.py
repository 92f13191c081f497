"""The demos of fixtures/: one of simulated models, judged here; one of real scores from elsewhere; a simulated model to
draw with.

Each is a folder with problems, pools, and what is made of them; one without problems is about a set of another.

`demo.json`: `{"problem_set": {"slug", "title", "note", "is_simulated", "order"}, "models": [{"slug", "name", "family",
"n_parameters", "derived_from", "knowledge_cutoff", "prices": [...], "responses", "request_parameters"}], "pools":
[{"file", "model", "name", "temperature", "effort", "prompt_version"}], "probes": {"source", "n", "seed"},
"comparison": {"title", "question", "budget", "runs": [{"model", "strategy", "options", "budget"}], "baseline":
{"model", "strategy"}}}`.
"responses" names a file of recorded answers, by which the model can be asked. Loading a demo again changes nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.db import transaction

from comparisons.actions.judging import start_judging, start_probing
from comparisons.actions.language_models import add_model, add_price
from comparisons.actions.pools import import_pool
from comparisons.actions.problems import import_problem_set
from comparisons.actions.runs import create_comparison, start_run
from comparisons.models import Comparison, LanguageModel, Pool, ProblemSet, User, Work
from judge.errors import PodiumError, RecordError


@dataclass(frozen=True)
class DemoReport:
    """What a demo consists of now; `refusals`: why its pools are not being judged, where they are not."""

    problem_set: ProblemSet
    pools: tuple[Pool, ...]
    comparison: Comparison | None
    refusals: tuple[str, ...]


#: Below the folder of fixtures. The one that is judged here comes first, so that judging begins at once.
FOLDERS = ("", "drawing", "ioi2024")


def load_demo(user: User, fixtures: Path, *, only: str | None = None) -> list[DemoReport]:
    """Imports the demos (`only`: of FOLDERS) and starts judging what is to be judged; time limits are measured by the
    workers first. Each is loaded whole or not at all, and no worker begins on it before all of it is planned: the first
    problem is to be judged first. Raises PodiumError."""
    reports: list[DemoReport] = []
    for folder in (fixtures / name for name in FOLDERS if only in (None, name)):
        if reports and not folder.is_dir():
            continue
        demo = _read(folder / "demo.json")
        with transaction.atomic():
            reports.append(_load(user, folder, demo))
    return reports


def _load(user: User, folder: Path, demo: Mapping[str, Any]) -> DemoReport:
    wanted = demo["problem_set"]
    is_simulated = wanted.get("is_simulated", True)
    problem_set = _problem_set(user, folder, wanted, is_simulated=is_simulated)
    for position, slug in enumerate(wanted.get("order", ())):
        problem_set.problems.filter(slug=slug).update(position=position)
        Work.objects.filter(kind=Work.Kind.MEASURE, problem__slug=slug, problem__problem_set=problem_set).update(
            position=position * 10
        )
    models = {model["slug"]: _model(user, model, folder, is_simulated=is_simulated) for model in demo["models"]}
    pools = tuple(_pool(user, problem_set, models[pool["model"]], folder, pool) for pool in demo["pools"])
    refusals = [reason for pool in pools for reason in _start(user, pool, demo.get("probes"))]
    # Where nothing can be judged here, there is nothing to compare either; the next start tries again.
    comparison = None if refusals else _comparison(user, pools, demo.get("comparison"))
    return DemoReport(problem_set, pools, comparison, tuple(dict.fromkeys(refusals)))


def _read(path: Path) -> dict[str, Any]:
    try:
        demo: dict[str, Any] = json.loads(path.read_text())
    except OSError as error:
        raise RecordError(path.name, 0, f"cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise RecordError(path.name, 0, f"is not JSON ({error})") from None
    return demo


def _problem_set(user: User, folder: Path, wanted: Mapping[str, Any], *, is_simulated: bool) -> ProblemSet:
    """The folder's, or one that is there already, where the folder has no problems."""
    if not (folder / "problems").is_dir():
        known = ProblemSet.objects.filter(slug=wanted["slug"]).first()
        if known is None:
            raise RecordError(
                f"{folder.name}/demo.json", 0, f"needs the problem set {wanted['slug']}, which is not here"
            )
        return known
    return import_problem_set(
        user,
        folder / "problems",
        slug=wanted["slug"],
        title=wanted.get("title"),
        note=wanted.get("note"),
        is_simulated=is_simulated,
        measure=False,
    ).problem_set


def _model(user: User, wanted: Mapping[str, Any], folder: Path, *, is_simulated: bool) -> LanguageModel:
    cutoff = wanted.get("knowledge_cutoff")
    model, _ = LanguageModel.objects.get_or_create(
        slug=wanted["slug"],
        defaults={
            "name": wanted.get("name") or wanted["slug"],
            "family": wanted.get("family") or "",
            "derived_from": LanguageModel.objects.filter(slug=wanted.get("derived_from") or "").first(),
            "n_parameters": wanted.get("n_parameters"),
            "knowledge_cutoff": date.fromisoformat(cutoff) if cutoff else None,
            "is_simulated": is_simulated,
            "created_by": user,
        },
    )
    for price in wanted.get("prices") or ():
        add_price(user, model, price)
    if wanted.get("responses") and not model.provider:
        responses, facts = folder / wanted["responses"], {"request_parameters": wanted.get("request_parameters")}
        return add_model(user, model.slug, name=model.name, provider="recorded", responses=responses, facts=facts)
    return model


def _pool(user: User, problem_set: ProblemSet, model: LanguageModel, folder: Path, wanted: Mapping[str, Any]) -> Pool:
    path = folder / wanted["file"]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    known = Pool.objects.filter(problem_set=problem_set, model=model, recipe__file_sha256=digest).first()
    if known is not None:
        return known
    recipe = {key: wanted[key] for key in ("temperature", "effort", "prompt_version") if wanted.get(key) is not None}
    return import_pool(
        user,
        path,
        problem_set=problem_set,
        model_slug=model.slug,
        name=wanted.get("name") or "",
        recipe=recipe,
    ).pool


def _comparison(user: User, pools: Sequence[Pool], wanted: Mapping[str, Any] | None) -> Comparison | None:
    """The comparison with its runs, which wait for the pools to be judged and then follow by themselves."""
    if not wanted:
        return None
    by_model = {pool.model.slug: pool for pool in pools}
    runs = {}
    for run in wanted["runs"]:
        runs[run["model"], run["strategy"]] = start_run(
            user,
            pool=by_model[run["model"]],
            strategy=run["strategy"],
            budget=run.get("budget", wanted["budget"]),
            options=run.get("options"),
        )
    baseline = wanted["baseline"]
    return create_comparison(
        user,
        runs=list(runs.values()),
        baseline=runs[baseline["model"], baseline["strategy"]],
        title=wanted["title"],
        question=wanted.get("question", ""),
    )


def _start(user: User, pool: Pool, probes: Mapping[str, Any] | None) -> list[str]:
    """Enqueues judging and probing; the reasons why not, where this machine cannot."""
    if pool.is_scored_elsewhere:
        return []
    try:
        start_judging(user, pool)
        if probes:
            start_probing(
                user, pool, source=probes.get("source", "package"), n=probes.get("n", 64), seed=probes.get("seed", 0)
            )
    except PodiumError as error:
        return [str(error)]
    return []
