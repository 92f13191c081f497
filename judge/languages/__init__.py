"""The languages programs may be written in: how they are recognised, what they need, what this machine has of them.

Flags are those of olympiads: IOI's `g++ -O2 -pipe -static`, Kattis's javac and JVM, rustc with -O. A language that this
machine lacks is reported as missing; it is never a program's compile error.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import PurePosixPath

from judge.languages.tools import (
    Tool,
    find_bash,
    find_c,
    find_cpp,
    find_go,
    find_java,
    find_node,
    find_pypy,
    find_python,
    find_rust,
    library_folders,
    system_folders,
)

__all__ = [
    "LANGUAGES",
    "PROGRAM_USER",
    "Kind",
    "Language",
    "Tool",
    "canonical",
    "language_of",
    "library_folders",
    "system_folders",
]

#: The first of the hundred uids that programs run as where we are root; no distribution hands them out.
PROGRAM_USER = 60600


class Kind(StrEnum):
    """How a program becomes one that runs: one static file, files for a virtual machine, or as it is."""

    NATIVE = "native"
    BYTECODE = "bytecode"
    INTERPRETED = "interpreted"


@dataclass(frozen=True)
class Language:
    """A language: `slug` as stored, `title` as shown, `extensions` lower case with the dot, `aliases` as people write.

    `family`: the slug whose files and included files it shares (cpp20's is cpp). `flags` are its compiler's; `start`
    comes between the interpreter and the program, "{memory_mib}" standing for the memory limit. `processes`: how many
    threads its programs may have.

    Memory is judged by the peak in use; what the kernel grants lies `headroom_mib` above the limit. `has_runtime`: a
    virtual machine or the like, which reserves far more than it uses, so that only what is writable is counted, and
    wants joined pairs of sockets.
    """

    slug: str
    title: str
    extensions: tuple[str, ...]
    find: Callable[[int | None], Tool]
    kind: Kind = Kind.NATIVE
    flags: tuple[str, ...] = ()
    start: tuple[str, ...] = ()
    processes: int = 1
    headroom_mib: int = 32
    has_runtime: bool = False
    aliases: tuple[str, ...] = ()
    parent: str = ""

    @property
    def family(self) -> str:
        """The slug under which packages keep files for it."""
        return self.parent or self.slug

    @property
    def extension(self) -> str:
        """What a program's file is called where nobody has named it: the family's first extension."""
        return (self.extensions or LANGUAGES[self.family].extensions)[0]

    def detect(self, user: int | None = None) -> Tool:
        """What this machine has for it, looked for once. `user`: the uid that will run programs where we are root."""
        return self.find(PROGRAM_USER if user is None and os.geteuid() == 0 else user)


OPTIMISED = ("-O2", "-pipe", "-DEVAL")
_PYTHON = ("-s", "-B")
_JAVA = ("-Xmx{memory_mib}m", "-Xss64m", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-Dfile.encoding=UTF-8")
_NODE = ("--stack-size=65500", "--max-old-space-size={memory_mib}", "--openssl-config=/dev/null")
_ALL = (
    Language("cpp", "C++17", (".cpp", ".cc", ".cxx", ".c++"), find_cpp, flags=("-std=gnu++17", *OPTIMISED),
             aliases=("c++", "cpp17", "c++17", "g++", "gnu++17", "cc")),
    Language("cpp20", "C++20", (), partial(find_cpp, standard="gnu++20"), flags=("-std=gnu++20", *OPTIMISED),
             aliases=("c++20", "gnu++20"), parent="cpp"),
    Language("cpp23", "C++23", (), partial(find_cpp, standard="gnu++23"), flags=("-std=gnu++23", *OPTIMISED),
             aliases=("c++23", "gnu++23", "c++2b"), parent="cpp"),
    Language("c", "C11", (".c",), find_c, flags=("-std=gnu11", *OPTIMISED), aliases=("c11", "gcc")),
    # Python reserves the stacks of its threads whole, which deep recursions set to hundreds of MiB without using them.
    Language("python3", "Python 3", (".py", ".py3"), find_python, Kind.INTERPRETED, start=_PYTHON, processes=8,
             headroom_mib=768, aliases=("python", "py", "py3", "cpython")),
    Language("pypy3", "PyPy 3", (), find_pypy, Kind.INTERPRETED, start=_PYTHON, processes=8, headroom_mib=1024,
             has_runtime=True, aliases=("pypy",), parent="python3"),
    Language("java", "Java", (".java",), find_java, Kind.BYTECODE,
             flags=("-encoding", "UTF-8", "-proc:none", "-nowarn"), start=_JAVA, processes=64, headroom_mib=768,
             has_runtime=True, aliases=("java17", "java21")),
    Language("rust", "Rust", (".rs",), find_rust,
             flags=("--edition=2021", "-O", "-Ctarget-feature=+crt-static", "--crate-name=program"),
             processes=8, headroom_mib=768, aliases=("rs",)),
    Language("go", "Go", (".go",), find_go, processes=64, headroom_mib=512, has_runtime=True,
             aliases=("golang",)),
    Language("javascript", "JavaScript", (".js", ".mjs"), find_node, Kind.INTERPRETED, start=_NODE, processes=32,
             headroom_mib=1024, has_runtime=True, aliases=("js", "node", "nodejs", "ecmascript")),
    Language("bash", "Bash", (".sh",), find_bash, Kind.INTERPRETED, processes=16, headroom_mib=256, aliases=("sh",)),
)  # fmt: skip
LANGUAGES: dict[str, Language] = {language.slug: language for language in _ALL}
_BY_ALIAS = {name: language.slug for language in _ALL for name in (language.slug, *language.aliases)}


def canonical(name: str) -> str | None:
    """The slug of the language that people call `name`, in any case; None where it is not one of ours."""
    return _BY_ALIAS.get(name.strip().lower().replace(" ", ""))


def language_of(filename: str) -> str | None:
    """The slug of the language of a file of this name, by its extension; None where it is not one of ours."""
    extension = PurePosixPath(filename).suffix
    if extension == ".C":
        return "cpp"
    return next((slug for slug, language in LANGUAGES.items() if extension.lower() in language.extensions), None)
