"""A composed strategy with one ingredient off or replaced, made from its options; and its build-up in stages.

Every option is an ingredient of one of four stages: filter, cluster, rank, spend. An ablation gives one option another
value: a switch turned round, a weight of 0, every other word. The build-up starts from random choice and adds one stage
at a time; a stage that is not there yet has its options at their plainest, and where clusters are not there yet the
rule is the filter alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from comparisons.strategies.strategy import Need, Option, Options, OptionValue, Strategy


class Stage(StrEnum):
    """Where in a strategy an ingredient works, in order."""

    FILTER = "filter"
    CLUSTER = "cluster"
    RANK = "rank"
    SPEND = "spend"


_STAGES = {
    **dict.fromkeys(
        (
            "public_filter", "cross_check", "tolerated", "only_compiling", "without_program",
            "if_none_passes",
        ),
        Stage.FILTER,
    ),
    **dict.fromkeys(
        (
            "cluster_on", "clusters", "crashes", "only_crashes", "agree_on", "size", "members", "passes_nothing",
            "first",
        ),
        Stage.CLUSTER,
    ),
    **dict.fromkeys(
        (
            "attempts", "attempts_weight", "hardest", "superset_filter", "solved_by", "solved_share", "leftover",
            "identical", "stop", "fill", "kept", "published_bug",
        ),
        Stage.SPEND,
    ),
}  # fmt: skip

#: The plainest word of an option whose first word is not it.
_PLAIN: Mapping[str, OptionValue] = {
    "cluster_score": "size", "hardest": "last", "quality": "none", "representative": "drawing", "solved_by": "aimed",
}  # fmt: skip
#: What never changes a score, or is no ingredient but a question of accounting.
_IDLE = frozenset({"stop"})


@dataclass(frozen=True)
class Ablation:
    """The strategy with one option changed. `words`: "public_filter off", "pick = random instead of drawing"."""

    stage: Stage
    option: str
    value: OptionValue
    words: str
    options: dict[str, OptionValue]


@dataclass(frozen=True)
class Step:
    """One step of the build-up: the rule (a strategy, or random-k) with which all stages up to `stage` are there.

    `stage` is None for random choice, where it starts.
    """

    stage: Stage | None
    words: str
    slug: str
    options: dict[str, OptionValue]


def stage_of(option: str) -> Stage:
    """The stage of an option by its name; what is not known here ranks."""
    return _STAGES.get(option, Stage.RANK)


def ablations(strategy: Strategy, options: Options) -> tuple[Ablation, ...]:
    """Every change of one option, stage by stage. options: complete ones, the others stay as they are."""
    found = [
        Ablation(stage_of(option.name), option.name, value, _words(option, options[option.name], value), {
            **options, option.name: value,
        })
        for option in strategy.options
        if option.name not in _IDLE
        for value in _others(option, options[option.name])
    ]  # fmt: skip
    order = list(Stage)
    return tuple(sorted(found, key=lambda one: order.index(one.stage)))


def build_up(strategy: Strategy, options: Options) -> tuple[Step, ...]:
    """From random choice to the strategy itself, one stage more a step; stages that change nothing are left out."""
    steps = [Step(None, "random choice", "random-k", {})]
    if _filters(strategy, options):
        steps.append(Step(Stage.FILTER, _PASSING, "public-filter", {}))
    uses_clusters = Need.PROBES in strategy.needs or Need.GENERATED in strategy.needs
    for stage in (Stage.CLUSTER, Stage.RANK, Stage.SPEND):
        later = list(Stage)[list(Stage).index(stage) + 1 :]
        chosen = {
            option.name: _plainest(option, options[option.name])
            if stage_of(option.name) in later and option.name not in _IDLE
            else options[option.name]
            for option in strategy.options
        }
        if stage is Stage.CLUSTER and not uses_clusters:
            continue
        if chosen != steps[-1].options or steps[-1].slug != strategy.slug:
            steps.append(Step(stage, _added(strategy, stage), strategy.slug, chosen))
    last = steps[-1]
    if last.slug == strategy.slug and last.options == dict(options) and last.stage is not None:
        steps[-1] = Step(last.stage, f"{last.words} = {strategy.slug}", last.slug, last.options)
    return tuple(steps)


#: What the filter step adds.
_PASSING = "+ filter: those that pass the public tests"


def _added(strategy: Strategy, stage: Stage) -> str:
    """What a step adds, in words."""
    if stage is Stage.SPEND:
        return "+ spend: its rules for submissions"
    if stage is Stage.RANK:
        if strategy.slug == "public-filter":
            return _PASSING
        return "+ rank: its scores" if strategy.needs else "+ rank: drawing order"
    if Need.BRUTE_FORCE in strategy.needs:
        return "+ compare: outputs of brute force"
    return "+ cluster: " + ("generated tests passed" if Need.GENERATED in strategy.needs else "outputs on probes")


def _filters(strategy: Strategy, options: Options) -> bool:
    if strategy.slug == "public-filter" or Need.PUBLIC not in strategy.needs:
        return False
    return bool(options.get("public_filter", True)) or bool(options.get("public_weight", 0))


def _others(option: Option, now: OptionValue) -> list[OptionValue]:
    if isinstance(option.default, bool):
        return [not now]
    if option.choices:
        return [str(word) for word in option.choices if str(word) != str(now)]
    return [_zero(option)] if now and _has_zero(option) else []


def _has_zero(option: Option) -> bool:
    """Is it a number that may be 0?"""
    return isinstance(option.default, int | float) and (option.least is None or option.least <= 0)


def _zero(option: Option) -> OptionValue:
    return 0.0 if isinstance(option.default, float) else 0


def _plainest(option: Option, now: OptionValue) -> OptionValue:
    if option.name == "identical":
        return now
    if option.name in _PLAIN:
        return _PLAIN[option.name]
    if isinstance(option.default, bool):
        return False
    if option.choices:
        return str(option.choices[0])
    return _zero(option) if _has_zero(option) else now


def _words(option: Option, now: OptionValue, value: OptionValue) -> str:
    if isinstance(value, bool):
        return f"{option.name} {'on' if value else 'off'}"
    if not option.choices and not value:
        return f"{option.name} = {option.zero} instead of {now}" if option.zero else f"{option.name} off"
    return f"{option.name} = {value} instead of {now}"
