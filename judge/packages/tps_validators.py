"""The validators of a TPS package: which programs of validator/ subtasks.json calls, and for which tests.

`global_validators` see every test once, `subtask_sensitive_validators` every test once for each subtask it is in, with
{subtask} replaced by its name, and a subtask's own `validators` the tests of that subtask. Arguments are as in a shell.
A call of a program that is no file of validator/, or in no language that runs here, is not made, which is said.

Source: ioi-2017/tps, scripts/internal/get_test_validators.py.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from judge.languages import language_of
from judge.packages.bundle import Bundle
from judge.packages.cms_programs import program_with_headers
from judge.problem import Program, ValidatorCall

_SUBTASK = "{subtask}"
_PLACEHOLDER = re.compile(r"\{\w*\}")


class Validators:
    """What subtasks.json says of validators. Raises PackageError for what cannot be read."""

    def __init__(self, bundle: Bundle, path: Path, data: Mapping[str, Any], warnings: list[str]) -> None:
        self._bundle, self._path, self._warnings = bundle, path, warnings
        self._programs: dict[str, Program | None] = {}
        self._global = [self._call(text) for text in self._texts(data, "global_validators")]
        self._sensitive = self._texts(data, "subtask_sensitive_validators")
        self._own = {
            name: [self._call(text) for text in self._texts(value, "validators", f"{name}: ")]
            for name, value in data["subtasks"].items()
        }
        self._by_subtask = {name: [self._sensitive_call(text, name) for text in self._sensitive] for name in self._own}

    @property
    def programs(self) -> tuple[Program, ...]:
        """Those that are called."""
        return tuple(program for program in self._programs.values() if program is not None)

    def calls(self, *subtasks: str) -> tuple[ValidatorCall, ...]:
        """What a test of these subtasks is shown to, each call once."""
        found = list(self._global)
        for name in subtasks:
            found += [*self._by_subtask[name], *self._own[name]]
        return tuple(call for call in dict.fromkeys(found) if call is not None)

    def _texts(self, data: Mapping[str, Any], key: str, where: str = "") -> list[str]:
        texts = data.get(key) or []
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise self._bundle.error(self._path, f'"{where}{key}" is no list of texts')
        return texts

    def _sensitive_call(self, text: str, subtask: str) -> ValidatorCall | None:
        for found in _PLACEHOLDER.findall(text):
            if found != _SUBTASK:
                raise self._bundle.error(self._path, f'the validator "{text}" holds {found}; only {_SUBTASK} is known')
        return self._call(text.replace(_SUBTASK, subtask))

    def _call(self, text: str) -> ValidatorCall | None:
        """The call; None for one that is not made."""
        try:
            words = shlex.split(text)
        except ValueError as error:
            raise self._bundle.error(self._path, f'the validator "{text}" cannot be read ({error})') from error
        name = words[0] if words else ""
        if name not in self._programs:
            self._programs[name] = self._program(name)
        program = self._programs[name]
        return ValidatorCall(program.name, tuple(words[1:])) if program else None

    def _program(self, name: str) -> Program | None:
        file = self._bundle.root / "validator" / name
        is_there = bool(name) and file.is_file()
        if not is_there and (not name or Path(name).suffix):
            raise self._bundle.error(self._path, f'the validator "{name}" is no program in validator/')
        if is_there and language_of(name):
            return program_with_headers(self._bundle, file)
        why = "its language does not run here" if is_there else "it is no file of validator/"
        self._warnings.append(f'the validator "{name}" is not run: {why}')
        return None
