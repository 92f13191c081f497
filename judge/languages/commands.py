"""How each language's compiler is called inside its sandbox: sources in /src, results in /out, scratch in /temporary.

Pure: words only. `judge.sandbox.compiling` runs them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from judge.languages import Language, Tool, language_of

SCRATCH, PROGRAM, CLASSES, LIBRARY = "/temporary", "/out/program", "/out/classes.tar", "/out/library.tar"
#: Where a language's precompiled library is shown (see `go_library`).
LIBRARY_FOLDER = "/library"
_C_FAMILY = ("c", "cpp")
#: What programs of contests import of Go's library, and what that needs. Some of it older libraries do not have.
_GO_PACKAGES = (
    "bufio bytes cmp container/... context encoding/... errors flag fmt hash/... index/suffixarray io io/ioutil iter "
    "log maps math math/... os reflect regexp runtime runtime/debug slices sort strconv strings sync sync/atomic "
    "text/tabwriter time unicode unicode/utf16 unicode/utf8 unsafe"
)
#: Scripts get every path as a word of its own: without namespaces words are what is put in the machine's terms.
_GO_SETTINGS = """
root=$1 scratch=$2; shift 2
export GOROOT="$root" GOCACHE="$scratch/cache" GOPATH="$scratch/go" GO111MODULE=off CGO_ENABLED=0 GOTOOLCHAIN=local
"""
_GO_LIBRARY = f"""{_GO_SETTINGS}
set -e
cd "$scratch" && mkdir library && n=0
"$0" list -e -export -deps -f '{{{{if .Export}}}}{{{{.ImportPath}}}} {{{{.Export}}}}{{{{end}}}}' {_GO_PACKAGES} > list
while read -r name file; do
  n=$((n + 1)); cp "$file" library/$n.a; echo "packagefile $name=$n.a" >> library/importcfg
done < list
grep -q '^packagefile fmt=' library/importcfg
tar -cf "$1" -C library .
"""
_GO_PROGRAM = f"""{_GO_SETTINGS}
cd "$1" && program=$2 && shift 2 &&
"$0" tool compile -p main -complete -importcfg importcfg -o "$scratch/main.a" "$@" >&2 &&
"$0" tool link -importcfg importcfg -s -w -o "$program" "$scratch/main.a"
"""
_JAVA_PROGRAM = """
classes=$1/classes archive=$2; shift 2
mkdir "$classes" && "$0" "$@" -d "$classes" && tar -cf "$archive" -C "$classes" .
"""
_JAVAC = ("-J-Xmx1024m", "-J-XX:+UseSerialGC", "-J-XX:-UsePerfData", "-J-XX:TieredStopAtLevel=1")


def units_of(language: Language, files: Iterable[str], entry: str) -> list[str]:
    """The files handed to the compiler: all in the language, or the one that takes in the others (Rust)."""
    kinds = _C_FAMILY if language.family in _C_FAMILY else (language.family,)
    units = [name for name in sorted(files) if language_of(name) in kinds]
    if language.family == "rust":
        return [entry] if entry in units else units[:1]
    return units


def native_command(
    language: Language, tool: Tool, units: Sequence[str], *, include: Sequence[str] = (), objects: Sequence[str] = ()
) -> list[str]:
    """Makes PROGRAM, a static file, of `units`; `include`: folders of headers besides the sources' own. In C and C++
    `objects` are linked into it."""
    sources = [f"/src/{name}" for name in units]
    if language.family == "rust":
        return [tool.command, *language.flags, *tool.words, "-o", PROGRAM, *sources]
    if language.family == "go":
        return ["/bin/sh", "-c", _GO_PROGRAM, tool.command, *tool.words, SCRATCH, LIBRARY_FOLDER, PROGRAM, *sources]
    folders = [word for folder in ("/src", *include) for word in ("-I", folder)]
    mathematics = ["-lm"] if language.slug == "c" else []
    return [tool.command, *language.flags, *link_flags(tool), *folders, "-o", PROGRAM, *objects, *sources, *mathematics]


def java_command(language: Language, tool: Tool, units: Sequence[str]) -> list[str]:
    """Makes CLASSES, an archive of class files, of `units`."""
    javac = str(Path(tool.command).with_name("javac"))
    sources = [f"/src/{name}" for name in units]
    words = [SCRATCH, CLASSES, *_JAVAC, *language.flags, "-sourcepath", "/src", *sources]
    return ["/bin/sh", "-c", _JAVA_PROGRAM, javac, *words]


def go_library(tool: Tool) -> list[str]:
    """Makes LIBRARY: Go's library compiled once, with the list the compiler and the linker find it by."""
    return ["/bin/sh", "-c", _GO_LIBRARY, tool.command, *tool.words, SCRATCH, LIBRARY]


def link_flags(tool: Tool) -> tuple[str, ...]:
    """Of gcc and g++: static, without symbols, by the faster linker where there is one."""
    gold = ("-fuse-ld=gold",) if (Path(tool.command).parent / "ld.gold").exists() else ()
    return (*gold, "-static", "-s")
