"""A recipe: how a pool is drawn, as a person said it, checked, and as a pool keeps it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from comparisons.samplers.extras import owned
from comparisons.samplers.parsing import normal_language
from comparisons.samplers.prompts import DEFAULT, TEMPLATES
from comparisons.samplers.providers.protocol import SamplingParameters
from comparisons.samplers.reviewing import FEEDBACKS
from judge.errors import PodiumError

FORMULATIONS = ("problem", "subtask")
MOST_DRAWS, MOST_ATTEMPTS, MOST_CHOICES = 1_000_000, 10, 128
MOST_RUN_TURNS = 20
#: Rounds where somebody asks for a review and does not say how many: an answer and its correction.
REVIEWED = 2
#: Request parameters that a recipe has by name; a model's others are sent as they are.
PARAMETERS = ("temperature", "top_p", "effort", "max_tokens", "seed")


class RecipeError(PodiumError):
    """A recipe that cannot be drawn by; the message names what is wrong."""


@dataclass(frozen=True)
class Recipe:
    """n draws of every unit, `attempts` attempts of each: after the first the model reviews its own answer. It is told
    what that did on the public tests where `feedback` is "public", and may have its program run on inputs of its own in
    up to `run_turns` answers. `choices_per_call` draws come with one call; `template` is
    the name of a prompt version; `is_batch`: its endpoint bills at the provider's batch
    rate. What is None or "" is left to the provider."""

    n: int
    formulation: str = "problem"
    language: str = ""
    temperature: float | None = None
    top_p: float | None = None
    effort: str = ""
    max_tokens: int | None = None
    seed: int | None = None
    attempts: int = 1
    feedback: str = "none"
    run_turns: int = 0
    choices_per_call: int = 1
    template: str = DEFAULT.name
    is_batch: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, value, least, most in (
            ("n", self.n, 1, MOST_DRAWS),
            ("attempts", self.attempts, 1, MOST_ATTEMPTS),
            ("choices_per_call", self.choices_per_call, 1, MOST_CHOICES),
            ("run_turns", self.run_turns, 0, MOST_RUN_TURNS),
            ("max_tokens", self.max_tokens, 1, 10**8),
            ("seed", self.seed, 0, 2**31 - 1),
        ):
            if value is not None and not (_is_int(value) and least <= value <= most):
                raise RecipeError(f"{name} is {value!r}, not a whole number from {least:,} to {most:,}")
        for name, number, top in (("temperature", self.temperature, 10.0), ("top_p", self.top_p, 1.0)):
            is_number = isinstance(number, int | float) and not isinstance(number, bool) and math.isfinite(number)
            if number is not None and not (is_number and 0 <= number <= top):
                raise RecipeError(f"{name} is {number!r}, not a number from 0 to {top:g}")
        if self.formulation not in FORMULATIONS:
            raise RecipeError(f"formulation is {self.formulation!r}, not one of {', '.join(FORMULATIONS)}")
        if self.feedback not in FEEDBACKS:
            raise RecipeError(f"feedback is {self.feedback!r}, not one of {', '.join(FEEDBACKS)}")
        if self.attempts == 1 and (self.run_turns or self.feedback != "none"):
            raise RecipeError("feedback and run_turns are of a review: ask for 2 attempts or more")
        if self.template not in TEMPLATES:
            raise RecipeError(f"there is no prompt {self.template!r}; there are {', '.join(TEMPLATES)}")
        if len(self.effort) > 40 or len(self.language) > 20:
            raise RecipeError("effort and language are single words")

    @classmethod
    def of(cls, given: Mapping[str, Any], defaults: Mapping[str, Any]) -> Self:
        """The recipe of what a person gave (None: not given), else what the model is asked with by default; parameters
        of the model that a recipe has no name for are `extra`. Raises RecipeError."""
        asked = {name: value for name, value in given.items() if value not in (None, "")}
        known = {name: defaults[name] for name in PARAMETERS if defaults.get(name) is not None}
        values = {"extra": extra_of(defaults), **known, **asked}
        if "attempts" not in asked and (values.get("run_turns") or values.get("feedback", "none") != "none"):
            values["attempts"] = REVIEWED
        if "language" in values:
            values["language"] = normal_language(str(values["language"]))
        return cls(**values)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """What `to_data` wrote."""
        return cls(**{name: data[name] for name in cls.__dataclass_fields__ if name in data})

    def to_data(self) -> dict[str, Any]:
        """As JSON-ready data, for the pool's row."""
        return {**asdict(self), "extra": dict(self.extra)}

    @property
    def runs_programs(self) -> bool:
        """Programs are run between the attempts."""
        return self.run_turns > 0 or (self.feedback != "none" and self.attempts > 1)

    def parameters(self, index: int) -> SamplingParameters:
        """What the call for draw `index` is asked with. A seed is moved by the index: one seed for all would draw the
        same answer n times."""
        seed = None if self.seed is None else self.seed + index
        return SamplingParameters(self.temperature, self.top_p, self.effort, self.max_tokens, seed, self.extra)


def extra_of(defaults: Mapping[str, Any]) -> dict[str, Any]:
    """What a model is asked with that a recipe has no name for. Raises RecipeError where Podium says it itself."""
    extra = {name: value for name, value in defaults.items() if name not in PARAMETERS}
    if said := owned(extra):
        raise RecipeError(said)
    return extra


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
