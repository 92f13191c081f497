"""What a problem.xml says besides what is read of it: words that are not known, and those that have no effect here.

Only what programs and scores depend on is looked at: <judging>, <files> and <assets>. Names, statements, properties and
the like describe a problem.

Source: purplesyringa's specification of problem.xml; packages of Polygon.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping

from judge.packages import known_keys

_SOURCES = "source binary copy testset"
#: Elements that hold others -> their attributes and the elements in them, by what they are in.
_KNOWN: Mapping[str, tuple[str, str]] = {
    "problem": (
        "revision short-name url",
        "assets attachments documents files judging materials names properties statements stresses tags tutorials "
        "wizards",
    ),
    "problem/judging": (
        "cpu-name cpu-speed input-file output-file run-count treat-points-from-checker-as-percent", "testset",
    ),
    "problem/judging/testset": (
        "name",
        "answer-path-pattern groups input-path-pattern memory-limit output-path-pattern test-count tests time-limit",
    ),
    "problem/judging/testset/tests": ("", "test"),
    "problem/judging/testset/tests/test": ("cmd description from-file group method points sample", ""),
    "problem/judging/testset/groups": ("", "group"),
    "problem/judging/testset/groups/group": ("feedback-policy name points points-policy", "dependencies"),
    "problem/judging/testset/groups/group/dependencies": ("", "dependency"),
    "problem/judging/testset/groups/group/dependencies/dependency": ("group", ""),
    "problem/files": ("", "attachments executables resources"),
    "problem/files/executables": ("", "executable"),
    "problem/files/executables/executable": ("", _SOURCES),
    "problem/files/resources": ("", "file"),
    "problem/files/resources/file": ("for-type location path secure-grader type", "assets stages"),
    "problem/files/resources/file/assets": ("", "asset"),
    "problem/files/resources/file/assets/asset": ("name", ""),
    "problem/files/resources/file/stages": ("", "stage"),
    "problem/files/resources/file/stages/stage": ("name", ""),
    "problem/assets": ("", "arbiter checker interactor programs scorer solutions strategy validators"),
    "problem/assets/checker": ("name type", _SOURCES),
    "problem/assets/interactor": ("", f"{_SOURCES} runs"),
    "problem/assets/validators": ("", "validator"),
    "problem/assets/validators/validator": ("", _SOURCES),
    "problem/assets/solutions": ("", "solution"),
    "problem/assets/solutions/solution": ("note tag", f"{_SOURCES} extra-tags"),
}  # fmt: skip
#: Attributes that have no effect here, with the values that say nothing. Contestants learn a group's points.
_UNUSED: Mapping[str, Mapping[str, tuple[object, ...]]] = {
    "problem/judging/testset/groups/group": {"feedback-policy": ("complete", "points")},
    "problem/files/resources/file": {"location": (), "secure-grader": ("false",)},
    "problem/assets/checker": {"type": ("testlib",)},
}
#: Elements that have none.
_UNUSED_ELEMENTS: Mapping[str, tuple[str, ...]] = {
    "problem/assets": ("arbiter", "programs", "scorer", "strategy"),
    "problem/assets/solutions/solution": ("extra-tags",),
}


def odd_words(where: str, root: ET.Element) -> list[str]:
    """A sentence for each word of the file `where`, whose root is <problem>, that is not known or has no effect."""
    said: list[str] = []
    for path, elements in _places("problem", [root]):
        attributes, children = (frozenset(text.split()) for text in _KNOWN[path])
        here = f"{where}: <{path.rpartition('/')[2]}>"
        given = {name for element in elements for name in element.attrib}
        inside = {child.tag for element in elements for child in element}
        said += known_keys.unknown(here, given, attributes, what="attribute")
        said += known_keys.unknown(here, inside, children, what="element")
        odd = [
            name
            for name, values in _UNUSED.get(path, {}).items()
            if any(element.get(name) not in (None, *values) for element in elements)
        ]
        odd += [name for name in _UNUSED_ELEMENTS.get(path, ()) if name in inside]
        said += known_keys.ineffective(here, odd)
    return said


def _places(path: str, elements: list[ET.Element]) -> Iterator[tuple[str, list[ET.Element]]]:
    """Every path of _KNOWN that there is, with all elements there."""
    yield path, elements
    inside: dict[str, list[ET.Element]] = {}
    for element in elements:
        for child in element:
            inside.setdefault(f"{path}/{child.tag}", []).append(child)
    for name, found in inside.items():
        if name in _KNOWN:
            yield from _places(name, found)
