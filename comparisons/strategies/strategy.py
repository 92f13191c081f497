"""What a strategy is: a named, versioned selection policy with typed options."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from comparisons.strategies.contest import Contest
from comparisons.strategies.pool_view import PoolView
from judge.errors import StrategyError

OptionValue = bool | int | float | str
Options = Mapping[str, OptionValue]


class Need(StrEnum):
    """What a strategy must know of a pool."""

    PROBES = "probes"
    PUBLIC = "public"
    TOKENS = "tokens"


@dataclass(frozen=True)
class Option:
    """One option: its type is that of its default; `choices` where only some words are allowed."""

    name: str
    default: OptionValue
    help: str
    choices: tuple[str, ...] = ()

    def parse(self, value: OptionValue) -> OptionValue:
        """`value` (a string from a form or command, or already typed) as this option's type.

        Raises StrategyError that names the option and what it takes.
        """
        if isinstance(self.default, bool):
            return self._parse_bool(value)
        if isinstance(self.default, (int, float)):
            return self._parse_number(value, type(self.default))
        word = str(value)
        if self.choices and word not in self.choices:
            raise StrategyError(f"option {self.name} takes {', '.join(self.choices)}, not {word!r}")
        return word

    def _parse_bool(self, value: OptionValue) -> bool:
        if isinstance(value, bool):
            return value
        word = str(value).strip().lower()
        if word in ("1", "true", "yes", "on"):
            return True
        if word in ("0", "false", "no", "off"):
            return False
        raise StrategyError(f"option {self.name} takes yes or no, not {str(value)!r}")

    def _parse_number(self, value: OptionValue, kind: type[int] | type[float]) -> OptionValue:
        try:
            return kind(value)
        except ValueError:
            wanted = "a whole number" if kind is int else "a number"
            raise StrategyError(f"option {self.name} takes {wanted}, not {str(value)!r}") from None


Run = Callable[[PoolView, Contest, np.random.Generator, Options], None]


@dataclass(frozen=True)
class Strategy:
    """A selection policy. `run` plays the contest: it chooses rows of the view and submits them.

    draws_needed: (view, budget, options) -> how many draws, from the first on, must be made for its choices.
    draws_lots: does `run` use its random generator with these options? If not, one seed says all.
    `version` changes whenever the choices could.
    """

    slug: str
    version: int
    title: str
    summary: str
    run: Run
    needs: frozenset[Need] = frozenset()
    options: tuple[Option, ...] = ()
    draws_needed: Callable[[PoolView, int, Options], int] = lambda view, budget, options: len(view)
    draws_lots: Callable[[Options], bool] = lambda options: False

    def complete(self, given: Mapping[str, OptionValue] | None = None) -> dict[str, OptionValue]:
        """All options, those given parsed, the others at their default. Raises StrategyError for an unknown one."""
        given = given or {}
        names = [option.name for option in self.options]
        unknown = [name for name in given if name not in names]
        if unknown:
            raise StrategyError(
                f"{self.slug} has no option {unknown[0]!r}; it has {', '.join(names) if names else 'none'}"
            )
        return {
            option.name: option.parse(given[option.name]) if option.name in given else option.default
            for option in self.options
        }

    def check(self, view: PoolView, options: Options) -> None:
        """Raises StrategyError where the view lacks what the strategy needs with these options."""
        if Need.PROBES in self.needs and not any(matrix.probes for matrix in (view.probes or {}).values()):
            raise StrategyError(f"{self.slug} compares outputs on probes, and this pool was not run on any")
        # The option of that name turns the need off in every strategy that has it.
        wants_public = Need.PUBLIC in self.needs and options.get("public_filter", True)
        if wants_public and view.public_total and len(view) and (view.public_passed < 0).all():
            raise StrategyError(f"{self.slug} looks at public tests, and this pool was not run on them")
