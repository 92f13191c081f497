"""How a pool's model is asked: the connection with its key, the units, and the prompt of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from comparisons.models import LanguageModel, LimitReading, ProblemSet, ProblemVersion, blobs
from comparisons.models.sealing import unseal
from comparisons.samplers.extras import owned, unbounded
from comparisons.samplers.probe_prompts import PROBE_TEMPLATES, probe_prompt
from comparisons.samplers.prompts import TEMPLATES, Aim, Task, aimed_statement, first_prompt
from comparisons.samplers.providers import (
    PROVIDERS,
    Connection,
    PermanentError,
    Prompt,
    Provider,
    Reach,
    Secret,
    open_provider,
)
from comparisons.samplers.recipes import Recipe
from judge.answers import AnswerFlags, Match
from judge.packages.statements import statement_text
from judge.problem import Limits, Problem, TaskType

#: Characters of a statement that are sent; above it, it is no statement.
LONGEST_STATEMENT = 400_000
_UNASKED = {
    TaskType.OUTPUT_ONLY: "it asks for outputs, not for a program",
}


@dataclass(frozen=True)
class Unit:
    """What is prompted: a problem version, whole or one subtask of it."""

    problem: int
    version: int
    subtask: int | None

    @property
    def key(self) -> tuple[int, int | None]:
        """Problem and subtask: what draws are numbered within."""
        return self.problem, self.subtask


@dataclass(frozen=True)
class Asked:
    """A unit with its problem's slug and its first prompt. `is_split`: the prompt holds no other subtask's text; None
    where the whole problem is asked for. `problem` and `limits` (None: not known yet) are what its programs are run
    with between attempts. `role`: what else than a candidate is asked for; its draws are numbered from `first`."""

    unit: Unit
    slug: str
    prompt: Prompt
    is_split: bool | None
    problem: Problem
    limits: Limits | None
    role: str = ""
    first: int = 0

    @property
    def wants_answer(self) -> bool:
        """A short answer is asked for, not a program."""
        return self.problem.task_type is TaskType.ANSWER

    @property
    def match(self) -> Match | None:
        """How a short answer is compared; None where a program is asked for."""
        return AnswerFlags.parse(self.problem.checker.flags).match if self.wants_answer else None

    @property
    def has_public(self) -> bool:
        """There are public tests that a program can be run on here."""
        is_runnable = self.limits is not None and not self.problem.unjudgeable and not self.wants_answer
        return is_runnable and any(test.is_sample for test in self.problem.testcases)

    @property
    def can_run(self) -> bool:
        """A program can be run on an input alone: it reads standard input and talks to nobody."""
        is_plain = self.problem.task_type in (TaskType.BATCH, TaskType.BATCH_GRADER) and self.problem.passes == 1
        reads_files = self.problem.input_file or self.problem.output_file
        return is_plain and not reads_files and self.limits is not None and not self.problem.unjudgeable


def connect(model: LanguageModel) -> Provider:
    """A connection to the model. Raises PermanentError where its key or address cannot be had."""
    return open_provider(
        model.provider,
        Connection(
            model=model.name,
            endpoint=model.endpoint,
            key=key_of(model),
            responses=blobs.path(model.responses) if model.responses else None,
            timeout_s=model.timeout_s,
            stream=model.streams,
            reach=Reach(settings.PODIUM_ENDPOINT_HOSTS),
        ),
    )


def refusal_of(model: LanguageModel, recipe: Recipe, *, is_capped: bool) -> str:
    """Why a pool of this recipe is not drawn from this model, in one sentence, "" where it is: it may have been begun
    under other rules, or its model have moved since."""
    no_seed = seed_refusal(model) if recipe.seed is not None else ""
    return owned(recipe.extra) or (unbounded(recipe.extra) if is_capped else "") or no_seed


def seed_refusal(model: LanguageModel) -> str:
    """Why no seed can be sent to this model, "" where one can."""
    kind = PROVIDERS.get(model.provider)
    if kind is None or "seed" not in kind.lacks(model.endpoint):
        return ""
    return f"{model.endpoint} is asked in the responses form, which takes no seed: leave it out."


def key_of(model: LanguageModel) -> Secret | None:
    """The model's API key, read when it is needed and kept nowhere. Raises PermanentError where it is not there."""
    if model.key_env:
        value = settings.SECRET(model.key_env)
        if value is None:
            raise PermanentError(
                f"{model.key_env}, which is to hold the API key of {model.slug}, is not set where Podium runs",
                kind="key",
            )
        return Secret(value)
    if model.sealed_key:
        value = unseal(model.sealed_key)
        if value is None:
            raise PermanentError(
                f"the stored API key of {model.slug} cannot be read: PODIUM_SECRET_KEY is another one. Store it again",
                kind="key",
            )
        return Secret(value)
    return None


def units_of_set(problem_set: ProblemSet, formulation: str) -> tuple[list[Unit], dict[str, str]]:
    """(the units of a set under a formulation, in its order; the problems that cannot be asked for, with the reason).
    Three queries, and one blob read per problem."""
    units: list[Unit] = []
    left_out: dict[str, str] = {}
    problems = problem_set.problems.filter(current_version__isnull=False).select_related("current_version")
    for problem in problems.prefetch_related("current_version__subtasks").order_by("position", "slug"):
        version = problem.current_version
        assert version is not None
        reason = _why_not(version.to_problem())
        if reason:
            left_out[problem.slug] = reason
            continue
        subtasks = [subtask.index for subtask in version.subtasks.all()] if formulation == "subtask" else [None]
        units += [Unit(problem.pk, version.pk, subtask) for subtask in subtasks]
    return units, left_out


def asked(unit: Unit, recipe: Recipe, role: str = "", first: int = 0, *, template: str = "") -> Asked:
    """The unit's slug and first prompt; with a role, the one that asks for such a program, by a template of
    `probe_prompts`. Two queries, and a few blob reads."""
    version = ProblemVersion.objects.select_related("problem").get(pk=unit.version)
    problem = version.to_problem()
    reading = LimitReading.objects.filter(version=version).order_by("-pk").first()
    statement, aim = _statement(problem), None
    if unit.subtask is not None:
        subtask = next(one for one in problem.subtasks if one.index == unit.subtask)
        statement, is_split = aimed_statement(statement, unit.subtask, len(problem.subtasks))
        aim = Aim(subtask.index, subtask.name, subtask.points, is_split)
    task = Task(
        title=problem.title,
        statement=statement,
        task_type=str(problem.task_type),
        language=recipe.language,
        time_limit_s=reading.time_limit_s if reading else None,
        memory_limit_mib=reading.memory_limit_mib if reading else None,
        samples=_samples(problem),
        aim=aim,
    )
    if role:
        prompt = probe_prompt(PROBE_TEMPLATES[template], role, task)
    else:
        prompt = first_prompt(TEMPLATES[recipe.template], task)
    limits = reading.to_limits() if reading else None
    return Asked(unit, version.problem.slug, prompt, aim.is_split if aim else None, problem, limits, role, first)


def units_from(data: Mapping[str, object]) -> list[Unit]:
    """The units as a pool's row keeps them."""
    rows = data.get("units") or []
    assert isinstance(rows, list)
    return [Unit(*row) for row in rows]


def shown(prompt: Prompt) -> str:
    """A prompt as a person reads it, message by message."""
    return "\n\n".join(f"[{message.role}]\n{message.text}" for message in prompt.messages)


def role_of(data: Mapping[str, Any], index: int) -> tuple[str, int]:
    """(what this draw of a pool asks for, the first draw that does), of the recipe that the pool's row keeps; ("", 0)
    where candidates are drawn."""
    for role, (start, stop) in data.get("roles", {}).items():
        if start <= index < stop:
            return role, start
    return "", 0


def _why_not(problem: Problem) -> str:
    if problem.task_type in _UNASKED:
        return _UNASKED[problem.task_type]
    if not problem.statements:
        return "it has no statement"
    if not _statement(problem).strip():
        return "its statement is not there as text"
    return ""


def _statement(problem: Problem) -> str:
    """The text of the statement: the English one where there is one, in the form the package has it (Markdown, LaTeX,
    HTML). "" where there is only a PDF."""
    texts = [one for one in problem.statements if one.format != "pdf"]
    for one in sorted(texts, key=lambda one: (one.language != "en", one.language)):
        try:
            text = statement_text(one, blobs.get(one.file.digest))
            return text[:LONGEST_STATEMENT].replace("\0", "")
        except FileNotFoundError:
            continue
    return ""


def _samples(problem: Problem) -> list[tuple[str, str | None]]:
    """Inputs and outputs of the public tests, as far as their bytes are there and are text."""
    found: list[tuple[str, str | None]] = []
    for testcase in problem.testcases:
        if not testcase.is_sample or len(found) == 5:
            continue
        try:
            given = blobs.get(testcase.input.digest).decode()
            expected = blobs.get(testcase.answer.digest).decode() if testcase.answer else None
        except (FileNotFoundError, UnicodeDecodeError):
            continue
        found.append((given, expected))
    return found
