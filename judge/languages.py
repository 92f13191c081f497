"""The languages programs may be written in: how they are recognised, what they need, what this machine has of it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

MIN_PYTHON = (3, 11)
#: The first of the hundred uids that programs run as where we are root; no distribution hands them out.
PROGRAM_USER = 60600


@dataclass(frozen=True)
class Tool:
    """What this machine has for a language. `command` is absolute; `folders` are what it needs to see, read-only.

    `reason` says what is missing, and what to install, where `is_available` is False.
    """

    is_available: bool
    command: str = ""
    version: str = ""
    folders: tuple[Path, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Language:
    """A language: `slug` as stored, `title` as shown, `extensions` lower case with the dot.

    `flags` are its compiler's, empty for interpreted languages. `processes`: how many threads its programs may have.
    """

    slug: str
    title: str
    extensions: tuple[str, ...]
    find: Callable[[int | None], Tool]
    flags: tuple[str, ...] = ()
    processes: int = 1

    def detect(self, user: int | None = None) -> Tool:
        """What this machine has for it, looked for once. `user`: the uid that will run programs where we are root."""
        return self.find(PROGRAM_USER if user is None and os.geteuid() == 0 else user)


def _answer(command: list[str], user: int | None) -> str | None:
    """What `command` prints when run by `user`, or None where it cannot be run."""
    try:
        result = subprocess.run(
            command, capture_output=True, text=True, timeout=20, check=False, cwd="/", env={"LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL, user=user, group=user, extra_groups=None if user is None else [],
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return result.stdout if result.returncode == 0 else None


def _detect_compiler(name: str, package: str, user: int | None) -> Tool:
    found = shutil.which(name, path="/usr/bin:/usr/local/bin:/bin")
    if found is None:
        return Tool(False, reason=f"no {name}: install {package}")
    command = os.path.realpath(found)
    answer = _answer([command, "--version"], user)
    if answer is None:
        return Tool(False, reason=f"{found} cannot be run: install {package}")
    folders = _system_folders()
    if not command.startswith("/usr/"):
        folders.append(Path(command).parent.parent)
    return Tool(True, command, answer.splitlines()[0].strip(), tuple(folders))


def _system_folders() -> list[Path]:
    """Where programs, libraries and headers lie below /usr; not all of it, for a checkout may lie there as well."""
    names = ("bin", "sbin", "lib", "lib32", "lib64", "libx32", "libexec", "include", "*-linux-*")
    found = [path for root in (Path("/usr"), Path("/usr/local")) for name in names for path in sorted(root.glob(name))]
    return [path for path in [*found, Path("/usr/share")] if path.is_dir() and not path.is_symlink()]


@cache
def _detect_cpp(user: int | None) -> Tool:
    package = "a C++ compiler (apt install g++, or dnf install gcc-c++ libstdc++-static glibc-static)"
    return _detect_compiler("g++", package, user)


@cache
def _detect_c(user: int | None) -> Tool:
    return _detect_compiler("gcc", "a C compiler (apt install gcc, or dnf install gcc glibc-static)", user)


ABOUT_PYTHON = (
    "import json, os, sys, sysconfig; print(json.dumps([sys.version_info[:3], os.path.realpath(sys.executable), "
    "sys.prefix == sys.base_prefix, sysconfig.get_path('stdlib'), sysconfig.get_path('platstdlib'), sys.base_prefix]))"
)


@cache
def _detect_python(user: int | None) -> Tool:
    """The first interpreter of at least 3.11 that `user` can run; never a virtual environment's."""
    places = [Path("/usr/bin"), Path("/usr/local/bin")]
    names = [place / "python3" for place in places]
    for place in places:
        names += sorted((path for path in place.glob("python3.*") if _is_plain(path.name)), reverse=True)
    names.append(Path(os.path.realpath("/proc/self/exe")))
    for path in names:
        answer = _answer([str(path), "-I", "-c", ABOUT_PYTHON], user)
        if answer is None:
            continue
        version, command, is_base, stdlib, platstdlib, prefix = json.loads(answer)
        if tuple(version) >= MIN_PYTHON and is_base:
            folders = [Path(command), Path(stdlib), Path(platstdlib), *_library_folders()]
            if not prefix.startswith("/usr"):
                folders.append(Path(prefix))
            return Tool(True, command, ".".join(map(str, version)), tuple(dict.fromkeys(folders)))
    return Tool(False, reason="no Python of at least 3.11 that an unprivileged user can run: apt install python3")


def _is_plain(name: str) -> bool:
    return re.fullmatch(r"python3\.\d+", name) is not None


def _library_folders() -> list[Path]:
    """Where shared libraries and their loader lie: /usr/lib64, and the multiarch folders or else all of /usr/lib."""
    multiarch = [path for path in Path("/usr/lib").glob("*-linux-gnu*") if path.is_dir()]
    return [path for path in (Path("/usr/lib64"), *(multiarch or [Path("/usr/lib")])) if path.is_dir()]


@cache
def _detect_bash(user: int | None) -> Tool:
    answer = _answer(["/bin/bash", "--version"], user)
    if answer is None:
        return Tool(False, reason="no bash: apt install bash")
    return Tool(True, "/bin/bash", answer.splitlines()[0].strip(), tuple(_system_folders()))


OPTIMISED = ("-O2", "-pipe", "-DEVAL")
LANGUAGES: dict[str, Language] = {
    language.slug: language
    for language in (
        Language("cpp", "C++17", (".cpp", ".cc", ".cxx", ".c++"), _detect_cpp, ("-std=gnu++17", *OPTIMISED)),
        Language("c", "C11", (".c",), _detect_c, ("-std=gnu11", *OPTIMISED)),
        Language("python3", "Python 3", (".py", ".py3"), _detect_python, processes=8),
        Language("bash", "Bash", (".sh",), _detect_bash, processes=16),
    )
}


def language_of(filename: str) -> str | None:
    """The slug of the language of a file of this name, by its extension; None where it is not one of ours."""
    extension = PurePosixPath(filename).suffix
    if extension == ".C":
        return "cpp"
    return next((slug for slug, language in LANGUAGES.items() if extension.lower() in language.extensions), None)
