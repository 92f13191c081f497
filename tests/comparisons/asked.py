"""Problems that can be asked for, a model behind a server process, and a person's shift in this process."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from comparisons.actions.drawing import sample
from comparisons.actions.judging import work_inline
from comparisons.actions.language_models import add_model
from comparisons.models import LanguageModel, Pool, Problem, ProblemSet, Request, User, blobs
from judge.problem import File, Statement
from tests.factories import make_problem, make_problem_set

STATEMENT = """# Add two numbers

Print the sum of a and b.

## Subtasks

1. (40 points) b = 0.
2. (60 points) No further limits.
"""
PRICE = {"input_usd_per_mtok": 1, "cached_input_usd_per_mtok": 0.5, "output_usd_per_mtok": 10}


def make_asked_problem(problem_set: ProblemSet, slug: str = "", *, statement: str = STATEMENT) -> Problem:
    """A judgeable problem with a statement as text ("" for none)."""
    problem = make_problem(problem_set, slug)
    version = problem.current_version
    assert version is not None
    if statement:
        content = statement.encode()
        file = File("statement.md", blobs.put(content), len(content))
        version.manifest = replace(version.to_problem(), statements=(Statement("en", "markdown", file),)).to_manifest()
        version.save()
    return problem


def make_set(user: User, *, problems: int = 2) -> ProblemSet:
    """A set of problems "p0", "p1", ... that can be asked for."""
    problem_set = make_problem_set("sums", user=user)
    for number in range(problems):
        make_asked_problem(problem_set, f"p{number}")
    return problem_set


def make_asked_model(user: User, endpoint: str, **facts: Any) -> LanguageModel:
    """A model behind an OpenAI-style endpoint: 1 USD per million input tokens, 0.5 cached, 10 of output."""
    parameters = {"max_tokens": 1000, **facts.pop("request_parameters", {})}
    return add_model(
        user,
        "asked",
        name="asked",
        provider="openai",
        endpoint=endpoint,
        facts={"request_parameters": parameters, "timeout_s": 5.0, **facts},
        prices=[PRICE],
    )


def make_recorded_model(user: User, folder: Path, lines: list[dict[str, Any]], slug: str = "recorded") -> LanguageModel:
    """A model whose answers are these lines."""
    path = folder / "answers.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return add_model(user, slug, name=slug, provider="recorded", responses=path)


def draw(user: User, problem_set: ProblemSet, model: LanguageModel, *, n: int = 3, **how: Any) -> Pool:
    """A pool that is drawn in this process as far as it goes."""
    cap = how.pop("max_cost_usd", None)
    pool, _ = sample(
        user,
        problem_set=problem_set,
        model=model,
        n=n,
        options={"language": "python3", **how},
        max_cost_usd=None if cap is None else Decimal(cap),
        enqueue=False,
    )
    return finish(pool)


def finish(pool: Pool) -> Pool:
    """Draws what is open of it in this process."""
    work_inline(pool)
    pool.refresh_from_db()
    return pool


def keys(pool: Pool) -> list[tuple[str, int | None, int, int]]:
    """(problem, subtask, index, attempt) of its candidates, in order."""
    rows = pool.candidates.order_by("problem__slug", "subtask", "index", "attempt")
    return list(rows.values_list("problem__slug", "subtask", "index", "attempt"))


def outcomes(pool: Pool) -> dict[str, int]:
    """How many calls ended in which way; failed ones by their class."""
    found: dict[str, int] = {}
    for outcome, kind in pool.requests.values_list("outcome", "error_kind"):
        word = kind if outcome == Request.Outcome.FAILED else outcome
        found[word] = found.get(word, 0) + 1
    return found
