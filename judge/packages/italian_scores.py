"""What task.yaml says of scores itself: CMS's `score_type` with `score_type_parameters`, which stand for gen/GEN's
subtasks, and task-maker's `score_type` (min or sum), which is a rule for them.

As in CMS the former need each other and `n_input`; alone they have no effect, which is said. Parameters are, for Sum,
what a test is worth, and for a group [points, tests] or, of GroupThreshold, [points, tests, threshold]: so many of the
tests that follow, a pattern for their names (000, 001, ...), or a list of names.

Sources: CMS, cmscontrib/loaders/italy_yaml.py and cms/grading/scoretypes/abc.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from judge.packages.bundle import Bundle
from judge.packages.cms_fields import Part, amount
from judge.packages.matching import match_names
from judge.problem import Aggregation

_OF_SUBTASKS = {"min": Aggregation.MIN, "sum": Aggregation.SUM}
_RULES = {
    "Sum": Aggregation.SUM,
    "GroupMin": Aggregation.MIN,
    "GroupMul": Aggregation.PRODUCT,
    "GroupThreshold": Aggregation.THRESHOLD,
}
_NEEDED = ("score_type", "score_type_parameters", "n_input")


def replaces_subtasks(data: Mapping[str, Any]) -> bool:
    """Whether task.yaml says all that makes the subtasks, so that gen/GEN's are not asked for."""
    return all(data.get(key) is not None for key in _NEEDED)


def ruled(
    bundle: Bundle, header: Path, data: Mapping[str, Any], parts: list[Part], tests: Sequence[str], warnings: list[str]
) -> list[Part]:
    """The subtasks as task.yaml (`data`, in `header`) has them: `parts`, or others of `tests`. Raises PackageError."""
    kind = data.get("score_type")
    if kind is not None and kind not in (*_OF_SUBTASKS, *_RULES):
        raise bundle.error(header, f'"score_type" is {kind!r}, not one of {", ".join((*_OF_SUBTASKS, *_RULES))}')
    if kind in _OF_SUBTASKS and data.get("score_type_parameters") is None:
        return [replace(part, rule=_OF_SUBTASKS[kind]) for part in parts]
    if kind is None and data.get("score_type_parameters") is None:
        return parts
    if missing := [f'"{key}"' for key in _NEEDED if data.get(key) is None]:
        given = " and ".join(f'"{key}"' for key in _NEEDED[:2] if data.get(key) is not None)
        verb = "have" if " and " in given else "has"
        warnings.append(f"{header.name}: {given} {verb} no effect without {' and '.join(missing)}, as in CMS")
        return parts
    if kind not in _RULES:
        raise bundle.error(header, f'"score_type" is {kind!r}, which has no parameters')
    parameters = data["score_type_parameters"]
    if kind == "Sum":
        points = amount(bundle, header, "score_type_parameters", parameters) * len(tests)
        return [Part("all", "all", points, tuple(tests), Aggregation.SUM)]
    return _groups(bundle, header, _RULES[kind], parameters, tests)


def _groups(bundle: Bundle, header: Path, rule: Aggregation, parameters: Any, tests: Sequence[str]) -> list[Part]:
    size = 3 if rule is Aggregation.THRESHOLD else 2
    if not isinstance(parameters, list) or not parameters:
        raise bundle.error(header, '"score_type_parameters" is no list of subtasks')
    if any(not isinstance(one, list) or len(one) != size for one in parameters):
        shape = "[points, tests, threshold]" if size == 3 else "[points, tests]"
        raise bundle.error(header, f'"score_type_parameters" has a subtask that is not {shape}')
    points = [amount(bundle, header, "score_type_parameters: points", one[0]) for one in parameters]
    first = 0 if not points[0] else 1
    return [
        Part(
            name=f"subtask{place + first}",
            title=f"subtask{place + first}",
            points=points[place],
            tests=chosen,
            rule=rule,
            threshold=amount(bundle, header, "score_type_parameters: threshold", one[2]) if size == 3 else 0.0,
            is_sample=place == 0 and not points[0],
        )
        for place, (one, chosen) in enumerate(
            zip(parameters, _chosen(bundle, header, [one[1] for one in parameters], tests), strict=True)
        )
    ]


def _chosen(bundle: Bundle, header: Path, targets: list[Any], tests: Sequence[str]) -> list[tuple[str, ...]]:
    """The tests of each subtask."""
    named = {f"{place:03}": test for place, test in enumerate(tests)}
    if all(isinstance(one, int) and not isinstance(one, bool) and one > 0 for one in targets):
        ends = [sum(targets[: place + 1]) for place in range(len(targets))]
        if ends[-1] > len(tests):
            raise bundle.error(header, f'"score_type_parameters" asks for {ends[-1]} tests of {len(tests)}')
        return [tuple(tests[end - count : end]) for end, count in zip(ends, targets, strict=True)]
    if all(isinstance(one, str) for one in targets):
        try:
            found = match_names(targets, list(named))
        except ValueError as error:
            raise bundle.error(header, f'a pattern of "score_type_parameters" {error}') from error
        chosen = [tuple(t for t, match in zip(named.values(), row, strict=True) if match is not None) for row in found]
    elif all(isinstance(one, list) for one in targets):
        if absent := [name for one in targets for name in one if name not in named]:
            raise bundle.error(header, f'"score_type_parameters" names the test {absent[0]!r}, which there is not')
        chosen = [tuple(dict.fromkeys(named[name] for name in one)) for one in targets]
    else:
        raise bundle.error(header, 'the tests in "score_type_parameters" are neither all numbers, patterns nor lists')
    if () in chosen:
        place = chosen.index(())
        raise bundle.error(header, f'"score_type_parameters": no test is in subtask {place + 1} ({targets[place]!r})')
    return chosen
