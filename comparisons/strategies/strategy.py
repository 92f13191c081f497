"""What a strategy is: a named, versioned selection policy with typed options."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from comparisons.strategies.contest import Contest
from comparisons.strategies.pool_view import UNKNOWN, UNKNOWN_OUTPUT, BoolArray, PoolView
from judge.errors import StrategyError
from judge.near import nearest_or_all

OptionValue = bool | int | float | str
Options = Mapping[str, OptionValue]


class Need(StrEnum):
    """What a strategy must know of a pool."""

    PROBES = "probes"
    PUBLIC = "public"
    TOKENS = "tokens"
    GENERATED = "generated"
    BRUTE_FORCE = "brute-force"
    DUELS = "duels"
    FIT = "fit"


@dataclass(frozen=True)
class Option:
    """One option: its type is that of its default. choices: where only some words are allowed; least, most: no number
    below or above is taken; zero: the word for 0 where 0 is no switched-off penalty but all of something.
    """

    name: str
    default: OptionValue
    help: str
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    zero: str = ""

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
        wanted = "a whole number" if kind is int else "a number"
        refusal = StrategyError(f"option {self.name} takes {wanted}, not {str(value)!r}")
        try:
            number = kind(value)
        except (TypeError, ValueError, OverflowError):
            raise refusal from None
        # int(2.7) is 2 and float("nan") a float, but neither is what was asked for.
        if isinstance(value, bool) or not math.isfinite(number) or (isinstance(value, float) and number != value):
            raise refusal
        least, most = self.least, self.most
        if (least is not None and number < least) or (most is not None and number > most):
            ends = f"from {least:,} on" if most is None else f"from {least or 0:,} to {most:,}"
            raise StrategyError(f"option {self.name} takes {wanted} {ends}, not {str(value)!r}")
        return number


Run = Callable[[PoolView, Contest, np.random.Generator, Options], None]


@dataclass(frozen=True)
class Strategy:
    """A selection policy. `run` plays the contest: it chooses rows of the view and submits them.

    needs: what it looks at; `needed` says what with some options, and the contest shows it nothing else. also: what
    some options make it look at besides. passes_nothing: whether candidates that gave no output on any probe, or pass
    no generated test, may be chosen; of strategies that look at either.
    draws_needed: (view, budget, options) -> how many draws must be made for its choices: from the first on, or, with
    `draws`, those it is true of.
    draws_lots: does `run` use its random generator with these options? If not, one seed says all. aims: does it pass by
    subtasks that are solved?
    `version` changes whenever the same options could lead to other choices on the same pool.
    """

    slug: str
    version: int
    title: str
    summary: str
    run: Run
    needs: frozenset[Need] = frozenset()
    options: tuple[Option, ...] = ()
    draws_needed: Callable[[PoolView, int, Options], int] = lambda view, budget, options: len(view)
    draws: Callable[[PoolView, int, Options], BoolArray] | None = None
    draws_lots: Callable[[Options], bool] = lambda options: False
    also: Callable[[Options], frozenset[Need]] = lambda options: frozenset()
    passes_nothing: str = ""
    aims: bool = False

    def complete(self, given: Mapping[str, OptionValue] | None = None) -> dict[str, OptionValue]:
        """All options, those given parsed, the others at their default. Raises StrategyError for an unknown one."""
        given = given or {}
        names = [option.name for option in self.options]
        unknown = [name for name in given if name not in names]
        if unknown:
            raise StrategyError(
                f"{self.slug} has no option {unknown[0]!r}; {nearest_or_all(unknown[0], names, there='it has')}"
            )
        return {
            option.name: option.parse(given[option.name]) if option.name in given else option.default
            for option in self.options
        }

    def has_option(self, name: str) -> bool:
        """Is there an option of this name?"""
        return any(option.name == name for option in self.options)

    def needed(self, options: Options) -> frozenset[Need]:
        """What it looks at with these options: all that `masked` leaves."""
        needed = self.needs | self.also(options)
        # The options of these names mean the same in every strategy that has them.
        weighs_public = options.get("public_weight", 0) or options.get("weights") == "tuned"
        if not options.get("public_filter", True) and not weighs_public:
            needed -= {Need.PUBLIC}
        if options.get("cross_check", "off") != "off":
            needed |= {Need.PROBES, Need.BRUTE_FORCE}
        return needed

    def masked(self, view: PoolView, options: Options) -> PoolView:
        """The view without what the strategy does not declare: it is unknown there, as in a pool that has none."""
        needed = self.needed(options)
        changes: dict[str, Any] = {}
        unknown = np.full(len(view), np.nan)
        if Need.PUBLIC not in needed:
            changes["public_passed"] = np.full(len(view), UNKNOWN)
        if Need.TOKENS not in needed:
            changes |= dict.fromkeys(("reasoning_tokens", "output_tokens", "latency_s"), unknown)
        if Need.PROBES not in needed:
            changes["probes"] = None
        elif Need.BRUTE_FORCE not in needed and view.probes is not None:
            changes["probes"] = {subtask: matrix.without_expected() for subtask, matrix in view.probes.items()}
        if Need.GENERATED not in needed:
            changes["generated"] = None
        if Need.DUELS not in needed:
            changes["beats"] = None
        return view.shown(view.fit if Need.FIT in needed else None, text=None, **changes)

    def check(self, view: PoolView, options: Options) -> None:
        """Raises StrategyError where the view lacks what the strategy needs with these options."""
        needed = self.needed(options)
        matrices = (view.probes or {}).values()
        if Need.PROBES in needed and not any(matrix.probes for matrix in matrices):
            raise StrategyError(f"{self.slug} compares outputs on probes, and this pool was not run on any")
        if Need.BRUTE_FORCE in needed and not any((matrix.expected != UNKNOWN_OUTPUT).any() for matrix in matrices):
            raise StrategyError(f"{self.slug} compares with brute-force outputs, and the probes of this pool have none")
        if Need.PUBLIC in needed and view.public_total and len(view) and (view.public_passed < 0).all():
            raise StrategyError(f"{self.slug} looks at public tests, and this pool was not run on them")
        # A problem for which the model wrote no test is none that was not run: there nobody passes any.
        if Need.GENERATED in needed and view.generated is None:
            raise StrategyError(f"{self.slug} looks at generated tests, and this pool was not run on any")
        if Need.DUELS in needed and (view.beats is None or not len(view.beats)):
            raise StrategyError(f"{self.slug} needs a judge of pairs, and no judge's words are recorded with this pool")
        if Need.FIT in self.needs and view.fit is None:
            raise StrategyError(
                f"{self.slug} ranks by a learned score: it needs a fit that was made without this problem"
            )
