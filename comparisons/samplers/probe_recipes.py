"""How a model is asked to make probes: how many programs of each kind, and by what rule their inputs are kept.

The published strategy (o1-ioi, arXiv:2502.06807, section 3.2) leaves several of these open; each is an option with a
default that says why (A2 and A3 of the design's list of ambiguities).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self

from comparisons.samplers.parsing import normal_language
from comparisons.samplers.probe_prompts import DEFAULT, PROBE_TEMPLATES
from comparisons.samplers.recipes import PARAMETERS, Recipe, RecipeError, extra_of

MOST_PROGRAMS = 100
#: Languages that a program may be asked for in: those that every Podium machine runs.
LANGUAGES = ("cpp", "python3")
#: Draws of a role begin at a multiple of this, so that no piece of work asks for two roles.
ALIGNED = 100


class Role(StrEnum):
    """What a program that a model wrote for probes does."""

    GENERATOR = "generator"
    VALIDATOR = "validator"
    BRUTE_FORCE = "brute-force"


class Counted(StrEnum):
    """What the target number counts (A2)."""

    VALID = "valid"  # inputs that the validators accepted: every subtask gets as many probes, if they can be made
    MADE = "made"  # distinct inputs before validation: every subtask costs as much, and may keep fewer


class TooFew(StrEnum):
    """What is done where fewer than `least` inputs survive."""

    KEEP = "keep"  # keep those there are, and say so
    BEST = "best"  # fill up with inputs that at least half of the validators accept, best first, and say so
    FAIL = "fail"  # the problem gets no probes and says why


class PackageCheck(StrEnum):
    """Whether the package's own validators look at the inputs as well."""

    OFF = "off"
    SHOW = "show"  # their disagreement is shown and changes nothing
    REQUIRE = "require"  # what they reject is no probe; that is package data, so the probes are privileged


@dataclass(frozen=True)
class ProbeRecipe:
    """`generators`, `validators`, `brute_force`: programs of each kind asked for a subtask (A3: not published; four
    generators for variety, eight validators so that two may be wrong under the 75 % rule, no brute force).

    An input is valid if at least `accept_share` of the validators that compile accept it (75 % is published). `counted`
    says whether the target counts inputs after validation (default: strategies are compared on equal numbers) or
    before. `too_few` acts below `least` surviving inputs. Probes of at most `small_bytes` are small: brute-force
    programs run on those, `brute_force_s` CPU seconds an input. The rest is how the model is asked, as in `Recipe`.
    """

    generators: int = 4
    validators: int = 8
    brute_force: int = 0
    accept_share: float = 0.75
    counted: str = Counted.VALID.value
    least: int = 16
    too_few: str = TooFew.KEEP.value
    package_check: str = PackageCheck.OFF.value
    small_bytes: int = 256
    brute_force_s: float = 10.0
    language: str = "cpp"
    template: str = DEFAULT.name
    temperature: float | None = None
    top_p: float | None = None
    effort: str = ""
    max_tokens: int | None = None
    seed: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, least, most in (
            ("generators", 1, MOST_PROGRAMS),
            ("validators", 1, MOST_PROGRAMS),
            ("brute_force", 0, MOST_PROGRAMS),
            ("least", 0, 100_000),
            ("small_bytes", 1, 1_000_000),
        ):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
                raise RecipeError(f"{name} is {value!r}, not a whole number from {least:,} to {most:,}")
        for name, low, high in (("accept_share", 0.01, 1.0), ("brute_force_s", 0.1, 600.0)):
            number = getattr(self, name)
            if isinstance(number, bool) or not isinstance(number, int | float) or not low <= number <= high:
                raise RecipeError(f"{name} is {number!r}, not a number from {low:g} to {high:g}")
        for name, allowed in (
            ("counted", tuple(Counted)),
            ("too_few", tuple(TooFew)),
            ("package_check", tuple(PackageCheck)),
            ("language", (*LANGUAGES, "")),
            ("template", tuple(PROBE_TEMPLATES)),
        ):
            if getattr(self, name) not in allowed:
                shown = ", ".join(str(one) or '"" (either)' for one in allowed)
                raise RecipeError(f"{name} is {getattr(self, name)!r}, not one of {shown}")
        self.draws()  # checks the rest

    @classmethod
    def of(cls, given: Mapping[str, Any], defaults: Mapping[str, Any]) -> Self:
        """The recipe of what a person gave (None: not given), else what the model is asked with by default. Raises
        RecipeError."""
        unknown = set(given) - set(cls.__dataclass_fields__)
        if unknown:
            raise RecipeError(f"there is no option {min(unknown)!r} of probes that a model makes")
        asked = {name: value for name, value in given.items() if value is not None}
        known = {name: defaults[name] for name in PARAMETERS if defaults.get(name) is not None}
        values = {"extra": extra_of(defaults), **known, **asked}
        if values.get("language"):
            values["language"] = normal_language(str(values["language"]))
        return cls(**values)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """What `to_data` wrote."""
        return cls(**{name: data[name] for name in cls.__dataclass_fields__ if name in data})

    def to_data(self) -> dict[str, Any]:
        """As JSON-ready data, for the probe set's row."""
        return {**asdict(self), "extra": dict(self.extra)}

    def counts(self) -> dict[Role, int]:
        """Programs of each kind for a subtask; kinds that are not asked for are left out."""
        wanted = {
            Role.GENERATOR: self.generators,
            Role.VALIDATOR: self.validators,
            Role.BRUTE_FORCE: self.brute_force,
        }
        return {role: n for role, n in wanted.items() if n}

    def ranges(self) -> dict[Role, tuple[int, int]]:
        """(first draw, draw after the last) of each kind, within a subtask's draws."""
        return {role: (list(Role).index(role) * ALIGNED, list(Role).index(role) * ALIGNED + n)
                for role, n in self.counts().items()}  # fmt: skip

    def draws(self) -> Recipe:
        """How the programs are drawn: as candidates are, one call each, one prompt a subtask and kind."""
        return Recipe(
            n=max(stop for _, stop in self.ranges().values()),
            formulation="subtask",
            language=self.language,
            temperature=self.temperature,
            top_p=self.top_p,
            effort=self.effort,
            max_tokens=self.max_tokens,
            seed=self.seed,
            extra=self.extra,
        )

    def needed(self, n_validators: int) -> int:
        """How many of so many validators must accept an input; at least one."""
        # 0.75 × 4 is 3, whatever the binary fraction says.
        return max(1, math.ceil(self.accept_share * n_validators - 1e-9))
