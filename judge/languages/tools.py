"""What this machine has of each language: looked for once, as the uid that will run programs."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from glob import glob
from pathlib import Path

MIN_PYTHON = (3, 11)
#: Where compilers and interpreters are looked for, in this order: the system's folders, then those that their makers'
#: archives are unpacked to.
PLACES = ["/usr/bin", "/usr/local/bin", "/bin", "/usr/local/go/bin", "/usr/lib/go-*/bin", "/opt/*/bin"]
#: Below the home of whoever judges; found where that home is open to the programs' user.
HOME_PLACES = (".rustup/toolchains/stable*/bin", ".rustup/toolchains/*/bin", "go/bin", ".local/bin")


@dataclass(frozen=True)
class Tool:
    """What this machine has for a language. `command` is absolute; `folders` are what it needs to see, read-only.

    `build_folders`, where there are any, are seen instead while compiling. `words` tell it where else
    its parts lie, and `library_path` where its own libraries do, which it would ask /proc. `links`: (target, path)
    that it or its programs ask for beside the folders. `reason` says what is missing, and what to install, where
    `is_available` is False.
    """

    is_available: bool
    command: str = ""
    version: str = ""
    folders: tuple[Path, ...] = ()
    reason: str = ""
    build_folders: tuple[Path, ...] = ()
    words: tuple[str, ...] = ()
    library_path: str = ""
    links: tuple[tuple[str, str], ...] = ()


def _answer(command: Sequence[str], user: int | None) -> str | None:
    """What `command` prints when run by `user`, or None where it cannot be run."""
    try:
        result = subprocess.run(
            command, capture_output=True, text=True, timeout=20, check=False, cwd="/", env={"LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL, user=user, group=user, extra_groups=None if user is None else [],
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return result.stdout or " " if result.returncode == 0 else None


def _candidates(name: str) -> Iterator[str]:
    """Absolute paths of programs called `name`, links resolved, each once."""
    home = os.path.expanduser("~")  # a uid without an entry in the list of users has none: "~" stays
    seen: set[str] = set()
    for place in (*PLACES, *(f"{home}/{below}" for below in HOME_PLACES)):
        for found in sorted(glob(f"{place}/{name}"), reverse=True):
            real = os.path.realpath(found)
            if real not in seen and os.path.isfile(real):
                seen.add(real)
                yield real


def _find(name: str, install: str, user: int | None, *, ask: Sequence[str] = ("--version",)) -> Tool:
    """The first program called `name` that `user` can run, and the first line it answers `ask` with."""
    reason = f"no {name}"
    for command in _candidates(name):
        answer = _answer([command, *ask], user)
        if answer is not None:
            return Tool(True, command, answer.strip().splitlines()[0] if answer.strip() else "")
        works_for_us = _answer([command, *ask], None) is not None
        closed = "lies where the user that runs programs may not go (a closed home, say)"
        reason = f"the {name} that is there {closed if works_for_us else 'does not start'}"
    return Tool(False, reason=f"{reason}: install {install}")


def system_folders() -> list[Path]:
    """Where programs, libraries and headers lie below /usr; not all of it, for a checkout may lie there as well."""
    names = ("bin", "sbin", "lib", "lib32", "lib64", "libx32", "libexec", "include", "*-linux-*")
    found = [path for root in (Path("/usr"), Path("/usr/local")) for name in names for path in sorted(root.glob(name))]
    return [path for path in [*found, Path("/usr/share")] if path.is_dir() and not path.is_symlink()]


def library_folders() -> list[Path]:
    """Where shared libraries and their loader lie: /usr/lib64, and the multiarch folders or else all of /usr/lib."""
    multiarch = [path for path in Path("/usr/lib").glob("*-linux-gnu*") if path.is_dir()]
    return [path for path in (Path("/usr/lib64"), *(multiarch or [Path("/usr/lib")])) if path.is_dir()]


def _compiling(tool: Tool, *more: Path) -> Tool:
    """`tool` as a compiler of programs that need nothing of the machine when they run."""
    return replace(tool, folders=_once(*system_folders(), *_outside_usr(tool, 2), *more)) if tool.is_available else tool


def _outside_usr(tool: Tool, up: int) -> list[Path]:
    """The folder `up` levels above the command, where it is not the system's."""
    folder = Path(tool.command).parents[up - 1]
    is_system = tool.command.startswith(("/usr/bin/", "/usr/local/bin/", "/usr/lib"))
    return [] if is_system else [folder]


def _once(*folders: Path) -> tuple[Path, ...]:
    return tuple(dict.fromkeys(folders))


@cache
def find_cpp(user: int | None, standard: str = "") -> Tool:
    """g++, which must know the `standard` where one is named."""
    tool = _compiling(_find("g++", "a C++ compiler (apt install g++, or dnf install gcc-c++ libstdc++-static "
                            "glibc-static)", user))  # fmt: skip
    asked = [tool.command, f"-std={standard}", "-fsyntax-only", "-x", "c++", "/dev/null"]
    if tool.is_available and standard and _answer(asked, user) is None:
        return Tool(False, reason=f"{tool.version} does not know -std={standard}: install a newer g++")
    return tool


@cache
def find_c(user: int | None) -> Tool:
    """gcc."""
    return _compiling(_find("gcc", "a C compiler (apt install gcc, or dnf install gcc glibc-static)", user))


ABOUT_PYTHON = (
    "import json, os, sys, sysconfig; print(json.dumps([sys.version_info[:3], os.path.realpath(sys.executable), "
    "sys.prefix == sys.base_prefix, sysconfig.get_path('stdlib'), sysconfig.get_path('platstdlib'), sys.base_prefix, "
    "list(getattr(sys, 'pypy_version_info', ()))]))"
)


@cache
def find_python(user: int | None) -> Tool:
    """The first interpreter of at least 3.11 that `user` can run; never a virtual environment's."""
    places = [Path("/usr/bin"), Path("/usr/local/bin")]
    names = [place / "python3" for place in places]
    for place in places:
        plain = (path for path in place.glob("python3.*") if re.fullmatch(r"python3\.\d+", path.name))
        names += sorted(plain, reverse=True)
    names.append(Path(os.path.realpath("/proc/self/exe")))
    found = (_python(str(path), user) for path in names)
    is_good = (tool for version, tool in filter(None, found) if version >= MIN_PYTHON)
    missing = "no Python of at least 3.11 that an unprivileged user can run: apt install python3"
    return next(is_good, Tool(False, reason=missing))


@cache
def find_pypy(user: int | None) -> Tool:
    """PyPy 3."""
    tool = _find("pypy3", "PyPy (apt install pypy3)", user)
    found = _python(tool.command, user) if tool.is_available else None
    return found[1] if found else tool if not tool.is_available else Tool(False, reason="pypy3 does not answer")


def _python(path: str, user: int | None) -> tuple[tuple[int, ...], Tool] | None:
    answer = _answer([path, "-I", "-c", ABOUT_PYTHON], user)
    if answer is None:
        return None
    version, command, is_base, stdlib, platstdlib, prefix, pypy = json.loads(answer)
    if not is_base:
        return None
    folders = [Path(command), Path(stdlib), Path(platstdlib), *library_folders()]
    if not prefix.startswith("/usr"):
        folders.append(Path(prefix))
    shown = ".".join(map(str, version)) + (f" (PyPy {'.'.join(map(str, pypy[:3]))})" if pypy else "")
    return tuple(version), Tool(True, command, shown, _once(*folders))


@cache
def find_bash(user: int | None) -> Tool:
    """bash, for packages' generators only."""
    answer = _answer(["/bin/bash", "--version"], user)
    if answer is None:
        return Tool(False, reason="no bash: apt install bash")
    return Tool(True, "/bin/bash", answer.splitlines()[0].strip(), tuple(system_folders()))


@cache
def find_java(user: int | None) -> Tool:
    """A JDK: `command` is its java, beside which its javac lies."""
    install = "a JDK (apt install default-jdk-headless)"
    javac = _find("javac", install, user)
    if not javac.is_available:
        return javac
    java = str(Path(javac.command).with_name("java"))
    if _answer([java, "-version"], user) is None:
        return Tool(False, reason=f"javac is there, but no java beside it: install {install}")
    home = Path(java).parents[1]
    settings = [path for path in sorted(Path("/etc").glob("java*")) if path.is_dir()]
    folders = _once(home, *library_folders(), *settings)
    return replace(
        javac,
        command=java,
        folders=folders,
        build_folders=_once(*system_folders(), *folders),
        library_path=f"{home}/lib",
        links=((java, "/usr/bin/java"),),  # where graders of packages start it by
    )


@cache
def find_rust(user: int | None) -> Tool:
    """rustc; of rustup's toolchains the stable one comes first."""
    tool, linker = _compiling(_find("rustc", "Rust for everybody (apt install rustc)", user)), find_c(user)
    if not tool.is_available or not linker.is_available:
        return tool if not tool.is_available else replace(linker, reason=f"rustc links with gcc: {linker.reason}")
    root = (_answer([tool.command, "--print", "sysroot"], user) or "").strip()
    words = (f"-Clinker={linker.command}",)
    # Older ones look for themselves there, and stop where it is absent.
    return replace(tool, words=words, library_path=f"{root}/lib", links=((tool.command, "/proc/self/exe"),))


@cache
def find_go(user: int | None) -> Tool:
    """The go command and the tree it belongs to."""
    tool = _find("go", "Go (apt install golang-go)", user, ask=("version",))
    root = (_answer([tool.command, "env", "GOROOT"], user) or "").strip() if tool.is_available else ""
    return replace(_compiling(tool, Path(root)), words=(root,)) if root else tool


@cache
def find_node(user: int | None) -> Tool:
    """Node.js."""
    tool = _find("node", "Node.js (apt install nodejs)", user)
    if not tool.is_available:
        return tool
    shared = [path for path in (Path("/usr/share/nodejs"),) if path.is_dir()]
    return replace(tool, folders=_once(Path(tool.command), *library_folders(), *_outside_usr(tool, 2), *shared))
