"""problem.yaml of a Kattis package, both generations, as one set of facts."""

from __future__ import annotations

import configparser
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from judge.package import TimeRule
from judge.packages import known_keys
from judge.packages.bundle import Bundle

_KNOWN_VERSIONS = ("legacy", "legacy-icpc", "2023-07", "2023-07-draft", "2025-09", "2025-09-draft")
#: A person writes a page; more is a mistake or a bomb. So are names that stand for each other over and over.
MAX_YAML_BYTES = 256 << 10
MAX_ALIASES = 16
#: Of a whole number: Python writes out no more than some thousands of digits.
MAX_BITS = 4096
MAX_OUTPUT_MIB = 1024
MAX_MULTIPLIER = 100.0
MAX_PASSES = 1000
_VALIDATION = {"default", "custom", "interactive", "score", "multipass", "multi-pass"}
#: Kattis's codes of languages with a library added -> the language.
_VARIANTS = {"cppgmp": "cpp", "cgmp": "c", "python3numpy": "python3", "javaalgs4": "java"}
_TYPES = {"pass-fail", "scoring", "interactive", "multi-pass", "submit-answer"}


@dataclass(frozen=True)
class Header:
    """What problem.yaml says. `is_legacy`: the format before 2023-07. `grading` is the deprecated section of that
    name. `gives_score`: the output validator may write score.txt. Limits are None where not stated. `passes`: how often
    a multi-pass problem may run a program on one test."""

    is_legacy: bool
    title: str
    is_scoring: bool
    is_interactive: bool
    is_output_only: bool
    is_custom: bool
    gives_score: bool
    validator_flags: tuple[str, ...]
    time_limit_s: float | None
    memory_limit_mib: int | None
    output_limit_mib: int | None
    time_rule: TimeRule
    grading: Mapping[str, Any]
    source: str
    license: str
    unjudgeable: str
    warnings: tuple[str, ...]
    passes: int = 1
    languages: tuple[str, ...] = ()
    code_kib: int = 0


class _Loader(yaml.SafeLoader):
    """YAML's plain values, with few aliases: each can double what the text seems to hold."""

    n_aliases = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """As `SafeLoader.compose_node`; raises ComposerError at the alias after the last one allowed."""
        if self.check_event(yaml.AliasEvent):
            self.n_aliases += 1
            if self.n_aliases > MAX_ALIASES:
                mark = self.get_mark()  # type: ignore[no-untyped-call]
                raise yaml.composer.ComposerError(None, None, f"more than {MAX_ALIASES} aliases", mark)
        return super().compose_node(parent, index)

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        """As `SafeLoader.construct_yaml_int`; raises ConstructorError for a number that Python would not write out."""
        value: int = super().construct_yaml_int(node)  # type: ignore[no-untyped-call]
        if value.bit_length() > MAX_BITS:
            raise yaml.constructor.ConstructorError(None, None, "a number of too many digits", node.start_mark)
        return value


_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_yaml_int)


def read_yaml(bundle: Bundle, path: Path) -> dict[str, Any]:
    """The mapping in a YAML file ({} where it is empty). Raises PackageError on anything else."""
    if bundle.real(path).stat().st_size > MAX_YAML_BYTES:
        raise bundle.error(path, f"is larger than {MAX_YAML_BYTES >> 10} KiB")
    try:
        data = yaml.load(bundle.text(path), _Loader)  # noqa: S506  a SafeLoader
    except yaml.MarkedYAMLError as error:
        line = f" at line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise bundle.error(path, f"is not valid YAML{line} ({error.problem or 'cannot be read'})") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise bundle.error(path, "is not valid YAML") from error
    if data is None:
        return {}
    if not isinstance(data, dict) or not all(isinstance(key, str) for key in data):
        raise bundle.error(path, "is not a mapping of names to values")
    return data


def words(bundle: Bundle, path: Path, key: str, value: Any) -> tuple[str, ...]:
    """Flags given as one string, as a list, or as a mapping: of `name` and `flags` (legacy) the flags are taken, of
    validators and their flags (2023-07) the first one's."""
    if value is None:
        return ()
    if isinstance(value, dict) and "name" in value:
        return words(bundle, path, key, value.get("flags"))
    if isinstance(value, dict):
        return words(bundle, path, key, next(iter(value.values()), None))
    if isinstance(value, list) and all(isinstance(item, str | int | float) for item in value):
        return tuple(str(item) for item in value)
    if isinstance(value, str | int | float):
        return tuple(str(value).split())
    raise bundle.error(path, f'"{key}" is neither text nor a list of texts')


def number(bundle: Bundle, path: Path, key: str, value: Any) -> float:
    """`value` as a number. Raises PackageError on anything else, also on nan."""
    try:
        if isinstance(value, bool) or value is None:
            raise ValueError
        result = float(value)
        if math.isnan(result):
            raise ValueError
    except (TypeError, ValueError, OverflowError) as error:
        raise bundle.error(path, f'"{key}" is {_shown(value)}, not a number') from error
    return result


def _shown(value: Any) -> str:
    """A value in a message: its beginning."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:80]}…"


def read_header(bundle: Bundle, path: Path) -> Header:
    """The facts of `path`. Raises PackageError where it cannot be read or contradicts the format."""
    data = read_yaml(bundle, path)
    version = str(data.get("problem_format_version", "legacy"))
    warnings = [] if version in _KNOWN_VERSIONS else [f"unknown problem_format_version {version!r}, read as 2023-07"]
    warnings += known_keys.unknown(path.name, data, known_keys.PROBLEM)
    is_legacy = version.startswith("legacy")
    kinds = _kinds(bundle, path, data)
    has_validator = any((bundle.root / name).is_dir() for name in ("output_validator", "output_validators"))
    validation = words(bundle, path, "validation", data.get("validation", "default"))
    if unknown := set(validation) - _VALIDATION:
        raise bundle.error(path, f'"validation" has an unknown word {sorted(unknown)[0]!r}')
    is_interactive = "interactive" in kinds or "interactive" in validation
    is_scoring = "scoring" in kinds
    is_custom = is_interactive or ("custom" in validation if is_legacy else has_validator)
    is_multipass = bool({"multi-pass", "multipass"} & ({*kinds, *validation}))
    limits = _section(bundle, path, data, "limits")
    warnings += _without_effect(bundle, path, data, limits, is_legacy=is_legacy)
    return Header(
        is_legacy=is_legacy,
        title=_title(bundle, path, data.get("name")),
        is_scoring=is_scoring,
        is_interactive=is_interactive,
        is_output_only="submit-answer" in kinds,
        is_custom=is_custom,
        gives_score=is_scoring and is_custom and ("score" in validation or not is_legacy),
        validator_flags=words(bundle, path, "validator_flags", data.get("validator_flags")),
        time_limit_s=_time_limit(bundle, path, limits),
        memory_limit_mib=_whole(bundle, path, limits, "memory"),
        output_limit_mib=_whole(bundle, path, limits, "output"),
        time_rule=_time_rule(bundle, path, limits, is_legacy=is_legacy),
        grading=_section(bundle, path, data, "grading"),
        source=_source(data),
        license=str(data.get("license") or ""),
        unjudgeable="its files use constants, which are not filled in here" if data.get("constants") else "",
        warnings=tuple(warnings),
        passes=_passes(bundle, path, limits) if is_multipass else 1,
        languages=_languages(bundle, path, data.get("languages", "all")),
        code_kib=_whole(bundle, path, limits, "code") or 0,
    )


def _without_effect(
    bundle: Bundle, path: Path, data: Mapping[str, Any], limits: Mapping[str, Any], *, is_legacy: bool
) -> list[str]:
    """What problem.yaml says for nothing: slips of the pen, and what is known and not done here."""
    multipliers = limits.get("time_multipliers")
    given = {**limits, **(multipliers if isinstance(multipliers, dict) else {})}
    other = "time_multipliers" if is_legacy else "time_multiplier"
    grading = _section(bundle, path, data, "grading")
    return [
        *known_keys.unknown(path.name, limits, known_keys.LIMITS, what="limit"),
        *known_keys.unknown(f"{path.name}: grading", grading, known_keys.GRADING),
        *known_keys.without_effect(path.name, data, known_keys.PROBLEM_UNUSED),
        *known_keys.without_effect(f"{path.name}: limits", given, {**known_keys.LIMITS_UNUSED, other: ()}),
    ]


def _languages(bundle: Bundle, path: Path, value: Any) -> tuple[str, ...]:
    """The families of the languages that programs may be in; () for all."""
    codes = words(bundle, path, "languages", value)
    if "all" in codes:
        return ()
    if not codes:
        raise bundle.error(path, '"languages" names none')
    return tuple(dict.fromkeys(_VARIANTS.get(code, code) for code in codes))


def _passes(bundle: Bundle, path: Path, limits: Mapping[str, Any]) -> int:
    """How often a multi-pass problem may run a program on one test."""
    value = number(bundle, path, "limits: validation_passes", limits.get("validation_passes", 2))
    if not 2 <= value <= MAX_PASSES or value != int(value):
        raise bundle.error(path, f'"limits: validation_passes" is {value:g}, no whole number from 2 to {MAX_PASSES}')
    return int(value)


def _kinds(bundle: Bundle, path: Path, data: Mapping[str, Any]) -> tuple[str, ...]:
    kinds = words(bundle, path, "type", data.get("type", "pass-fail"))
    if unknown := set(kinds) - _TYPES:
        raise bundle.error(path, f'"type" has an unknown word {sorted(unknown)[0]!r}')
    return kinds


def _section(bundle: Bundle, path: Path, data: Mapping[str, Any], key: str) -> dict[str, Any]:
    section = data.get(key) or {}
    if not isinstance(section, dict):
        raise bundle.error(path, f'"{key}" is not a mapping')
    return section


def _title(bundle: Bundle, path: Path, name: Any) -> str:
    if isinstance(name, dict) and name:
        name = name.get("en") or next(iter(name.values()))
    if name is not None and not isinstance(name, str | int | float):
        raise bundle.error(path, '"name" is neither text nor a mapping of languages to texts')
    return str(name or "")


def _source(data: Mapping[str, Any]) -> str:
    source = data.get("source")
    if isinstance(source, list):
        source = source[0] if source else ""
    if isinstance(source, dict):
        source = source.get("name", "")
    return str(source or "")


def _whole(bundle: Bundle, path: Path, limits: Mapping[str, Any], key: str) -> int | None:
    if limits.get(key) is None:
        return None
    value = number(bundle, path, f"limits: {key}", limits[key])
    most = MAX_OUTPUT_MIB if key == "output" else (1 << 31) - 1
    unit = "KiB" if key == "code" else "MiB"
    if not 1 <= value <= most:
        raise bundle.error(path, f'"limits: {key}" is {_shown(limits[key])}, not a number of {unit} from 1 to {most}')
    return int(value)


def _time_limit(bundle: Bundle, path: Path, limits: Mapping[str, Any]) -> float | None:
    """Stated seconds: problem.yaml, then the two files other judges keep beside it."""
    sources: list[tuple[Path, str, Any]] = []
    if limits.get("time_limit") is not None:
        sources.append((path, "limits: time_limit", limits["time_limit"]))
    plain = bundle.root / ".timelimit"
    if plain.is_file():
        sources.append((plain, "time limit", bundle.text(plain).strip()))
    domjudge = bundle.root / "domjudge-problem.ini"
    if domjudge.is_file():
        parser = configparser.ConfigParser(interpolation=None)
        try:
            parser.read_string("[problem]\n" + bundle.text(domjudge))
        except configparser.Error as error:
            raise bundle.error(domjudge, "is not an ini file") from error
        if parser.has_option("problem", "timelimit"):
            sources.append((domjudge, "timelimit", parser.get("problem", "timelimit").strip("'\"")))
    if not sources:
        return None
    place, key, value = sources[0]
    seconds = number(bundle, place, key, value)
    if not 0 < seconds <= 3600:
        raise bundle.error(place, f'"{key}" is {value!r}, not a time in seconds between 0 and 3600')
    return seconds


def _time_rule(bundle: Bundle, path: Path, limits: Mapping[str, Any], *, is_legacy: bool) -> TimeRule:
    if is_legacy:
        key, multiplier = "time_multiplier", limits.get("time_multiplier", 5)
    else:
        multipliers = limits.get("time_multipliers") or {}
        if not isinstance(multipliers, dict):
            raise bundle.error(path, '"limits: time_multipliers" is not a mapping')
        key, multiplier = "time_multipliers: ac_to_time_limit", multipliers.get("ac_to_time_limit", 2)
    factor = number(bundle, path, f"limits: {key}", multiplier)
    resolution = number(bundle, path, "limits: time_resolution", limits.get("time_resolution", 1))
    if not 0 < factor <= MAX_MULTIPLIER:
        raise bundle.error(path, f'"limits: {key}" must be above 0 and at most {MAX_MULTIPLIER:g}')
    if not 0.001 <= resolution <= 60:
        raise bundle.error(path, '"limits: time_resolution" must lie between 0.001 and 60 seconds')
    return TimeRule(multiplier=factor, resolution_s=resolution)
