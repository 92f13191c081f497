"""testdata.yaml and test_group.yaml of a Kattis package: what they say of a group, and the group made of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from judge.packages import known_keys
from judge.packages.bundle import Bundle
from judge.packages.kattis_header import Header, number, read_yaml, words
from judge.problem import Aggregation, Group

ARGUMENTS = "its tests bring command-line arguments, which is not judged here"
CONFIGS = ("testdata.yaml", "test_group.yaml")
_AGGREGATIONS = {"sum": Aggregation.SUM, "min": Aggregation.MIN, "max": Aggregation.MAX, "avg": Aggregation.AVG}
_VERDICT_RULES = {"worst_error", "no_errors", "first_error", "always_accept"}
#: 2023-07 and later names -> the older ones this module reads.
_RENAMED = {
    "input_validator_args": "input_validator_flags",
    "output_validator_args": "output_validator_flags",
    "grader_args": "grader_flags",
}


class GroupReader:
    """Reads the settings of groups; what a person should know of them gathers in `warnings` and `unjudgeable`."""

    def __init__(self, bundle: Bundle, header: Header) -> None:
        self.bundle = bundle
        self.header = header
        self.unjudgeable = ""
        self.warnings: list[str] = []

    def settings(
        self, folder: Path, inherited: Mapping[str, Any] | None
    ) -> tuple[Path | None, dict[str, Any], dict[str, Any]]:
        """The file that speaks of a folder's group, what it says, and that with what is `inherited` (None: nothing
        stands above). Raises PackageError on what it cannot say."""
        config = next((folder / name for name in CONFIGS if (folder / name).is_file()), None)
        own = self._own(config) if config else {}
        settings = {**(self._deprecated() if inherited is None else inherited), **own}
        if config and settings.get("grading", "default") == "default":
            flags = words(self.bundle, config, "grader_flags", own.get("grader_flags"))
            self.warnings += known_keys.unknown(self._shown(config), flags, known_keys.GRADER, what="flag of a grader")
        return config, own, settings

    def _shown(self, config: Path) -> str:
        return config.relative_to(self.bundle.root).as_posix()

    def _deprecated(self) -> dict[str, Any]:
        """Settings that old packages keep in problem.yaml."""
        grading = self.header.grading
        found = {key: grading[key] for key in ("accept_score", "reject_score", "range") if key in grading}
        rules = {"first_error": "break", "worst_error": "continue", "grade": "continue"}
        if str(grading.get("on_reject")) in rules:
            found["on_reject"] = rules[str(grading["on_reject"])]
        return found

    def _own(self, config: Path) -> dict[str, Any]:
        """What a file says, in the names and shapes of the oldest format."""
        data = {_RENAMED.get(key, key): value for key, value in read_yaml(self.bundle, config).items()}
        self.warnings += known_keys.unknown(self._shown(config), data, known_keys.GROUP)
        unused = {key: kept for key, kept in known_keys.GROUP_UNUSED.items() if self._is_unused(config, key)}
        self.warnings += known_keys.without_effect(self._shown(config), data, unused)
        if words(self.bundle, config, "args", data.pop("args", None)):
            self.unjudgeable = ARGUMENTS
        scoring = data.pop("scoring", None)
        if isinstance(scoring, dict):
            data = {"accept_score": scoring.get("score"), "score_aggregation": scoring.get("aggregation"), **data}
        is_new = config.name == CONFIGS[1]
        is_group = config.parent.name not in ("data", "sample", "secret")
        aggregation = data.pop("score_aggregation", "pass-fail" if is_new and is_group else None)
        if aggregation is not None:
            flags = {"pass-fail": "min", "min": "min", "sum": "sum"}.get(str(aggregation))
            if flags is None:
                raise self.bundle.error(config, f'"score_aggregation" is {aggregation!r}, not pass-fail, sum or min')
            data.setdefault("grader_flags", flags)
            data.setdefault("on_reject", "continue" if flags == "sum" else "break")
        if data.get("max_score") not in (None, "unbounded"):
            data.setdefault("range", f"0 {data['max_score']}")
            data.setdefault("accept_score", self._share(config, data["max_score"], aggregation))
        if data.pop("static_validation_score", None) is not None or data.pop("static_validation", None):
            self.unjudgeable = "it looks at programs' sources (a static validator), which is not done here"
        return {key: value for key, value in data.items() if value is not None}

    @staticmethod
    def _is_unused(config: Path, key: str) -> bool:
        """True unless it is only said of samples that they are shown, as they are."""
        return key != "full_feedback" or config.parent.name != "sample"

    def own_flags(self, path: Path) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
        """What a test's own file gives the output and the input validators in place of the group's flags; None where it
        says nothing of it. What it says for nothing is warned of."""
        data = {_RENAMED.get(key, key): value for key, value in read_yaml(self.bundle, path).items()}
        shown = self._shown(path)
        self.warnings += known_keys.unknown(shown, data, known_keys.TEST)
        self.warnings += known_keys.without_effect(shown, data, known_keys.GROUP_UNUSED)
        if words(self.bundle, path, "args", data.get("args")):
            self.unjudgeable = ARGUMENTS
        output, given = (
            words(self.bundle, path, key, data[key]) if key in data else None
            for key in ("output_validator_flags", "input_validator_flags")
        )
        return output, given

    def _share(self, config: Path, most: Any, aggregation: Any) -> float:
        """What one accepted test counts in a group that is worth `most`: its share, where scores are summed."""
        tests = len(list(config.parent.glob("*.in"))) if aggregation == "sum" else 1
        return number(self.bundle, config, "max_score", most) / max(tests, 1)

    def group(
        self, place: Path, name: str, settings: Mapping[str, Any], *, tests: Sequence[str], groups: Sequence[Group]
    ) -> Group:
        """The group called `name` with these settings, its own and inherited; `place` is what errors name."""

        def flags(key: str) -> tuple[str, ...]:
            return words(self.bundle, place, key, settings.get(key))

        def value(key: str, default: float) -> float:
            return number(self.bundle, place, key, settings[key]) if key in settings else default

        grader_flags = flags("grader_flags")
        low, high = self._range(place, settings)
        group = Group(
            name=name,
            testcases=tuple(tests),
            groups=tuple(groups),
            aggregation=Aggregation.SUM,
            verdict_rule=self._verdict_rule(grader_flags),
            accept_if_any_accepted="accept_if_any_accepted" in grader_flags,
            ignore_sample="ignore_sample" in grader_flags,
            break_on_reject=self._breaks(place, name, settings),
            checker_flags=flags("output_validator_flags"),
            grader_flags=grader_flags,
            validator_flags=flags("input_validator_flags"),
        )
        if not self.header.is_scoring:
            return replace(group, aggregation=Aggregation.MIN)
        return replace(
            group,
            aggregation=self._aggregation(place, settings, grader_flags),
            accept_score=value("accept_score", 1.0),
            reject_score=value("reject_score", 0.0),
            score_min=low,
            score_max=high,
            requires=tuple(item if item == "sample" else item.strip("/") for item in flags("require_pass")),
        )

    def _aggregation(self, place: Path, settings: Mapping[str, Any], grader_flags: tuple[str, ...]) -> Aggregation:
        grading = settings.get("grading", "default")
        if grading == "custom":
            if not (self.bundle.root / "graders").is_dir():
                raise self.bundle.error(place, "asks for a custom grader, but the package has no graders folder")
            return Aggregation.CUSTOM
        if grading != "default":
            raise self.bundle.error(place, f'"grading" is {grading!r}, neither default nor custom')
        return next((_AGGREGATIONS[flag] for flag in reversed(grader_flags) if flag in _AGGREGATIONS), Aggregation.SUM)

    def _verdict_rule(self, grader_flags: tuple[str, ...]) -> str:
        rule = next((flag for flag in reversed(grader_flags) if flag in _VERDICT_RULES), "worst_error")
        return "worst_error" if rule == "no_errors" else rule

    def _breaks(self, place: Path, name: str, settings: Mapping[str, Any]) -> bool:
        on_reject = settings.get("on_reject")
        if on_reject not in (None, "break", "continue"):
            raise self.bundle.error(place, f'"on_reject" is {on_reject!r}, neither break nor continue')
        if on_reject is None and self.header.is_scoring and name in ("data", "secret"):
            return False
        return on_reject != "continue"

    def _range(self, place: Path, settings: Mapping[str, Any]) -> tuple[float, float]:
        if "range" not in settings:
            return -math.inf, math.inf
        bounds = words(self.bundle, place, "range", settings["range"])
        if len(bounds) != 2:
            raise self.bundle.error(place, f'"range" is {settings["range"]!r}, not two numbers')
        low, high = (number(self.bundle, place, "range", bound) for bound in bounds)
        if low > high:
            raise self.bundle.error(place, f'"range" is {settings["range"]!r}: its first number is the larger one')
        return low, high
