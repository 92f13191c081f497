"""What Java asks for beyond a compiler: files named after their public type, and the class that starts the program."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from pathlib import PurePosixPath

_COMMENTS = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.DOTALL)
_PUBLIC_TYPE = re.compile(
    r"\bpublic\s+(?:(?:abstract|final|sealed|non-sealed|static|strictfp)\s+)*(?:class|interface|enum|record)\s+"
    r"([A-Za-z_$][\w$]*)"
)
#: Bytes after the tag of a class file's constants (JVM specification, table 4.4-A); Utf8 has a length of its own.
_CONSTANT_BYTES = {3: 4, 4: 4, 5: 8, 6: 8, 7: 2, 8: 2, 9: 4, 10: 4, 11: 4, 12: 4, 15: 3, 16: 2, 17: 4, 18: 4, 19: 2,
                   20: 2}  # fmt: skip
_UTF8, _CLASS, _TWO_ENTRIES = 1, 7, (5, 6)
_PUBLIC_STATIC = 0x0009
_MAIN = (b"main", b"([Ljava/lang/String;)V")


def named_after_type(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """`files`, where a program of one file carries the name its public type asks for."""
    sources = [name for name in files if name.endswith(".java")]
    if len(sources) != 1:
        return dict(files)
    (name,) = sources
    found = _PUBLIC_TYPE.search(_COMMENTS.sub(" ", files[name].decode("utf-8", "replace")))
    wanted = str(PurePosixPath(name).with_name(f"{found[1]}.java")) if found else name
    return {wanted if file == name else file: content for file, content in files.items()}


def main_class(classes: Mapping[str, bytes], entry: str) -> str | None:
    """The class (with dots) whose `public static void main(String[])` starts the program; None where there is none.

    `classes`: class files by their path. Of several, the one called as the file `entry` comes first, then Main.
    """
    names = [name.removesuffix(".class") for name in sorted(classes) if _starts(classes[name])]
    stem = PurePosixPath(entry).stem
    names.sort(key=lambda name: (PurePosixPath(name).name != stem, PurePosixPath(name).name.lower() != "main", name))
    return names[0].replace("/", ".") if names else None


def _starts(content: bytes) -> bool:
    """Whether this class file declares such a main. What cannot be read does not."""
    try:
        texts, at = _constants(content)
        (n_interfaces,) = struct.unpack_from(">H", content, at + 6)
        at, _ = _members(content, at + 8 + 2 * n_interfaces)
        _, methods = _members(content, at)
    except (struct.error, IndexError, KeyError):
        return False
    return any(
        flags & _PUBLIC_STATIC == _PUBLIC_STATIC and (texts.get(name), texts.get(kind)) == _MAIN
        for flags, name, kind in methods
    )


def _constants(content: bytes) -> tuple[dict[int, bytes], int]:
    """The texts of the constant pool by index, and where the pool ends."""
    (count,) = struct.unpack_from(">H", content, 8)
    texts, at, index = {}, 10, 1
    while index < count:
        tag = content[at]
        if tag == _UTF8:
            (length,) = struct.unpack_from(">H", content, at + 1)
            texts[index] = content[at + 3 : at + 3 + length]
            at += 3 + length
        else:
            at += 1 + _CONSTANT_BYTES[tag]
        index += 2 if tag in _TWO_ENTRIES else 1
    return texts, at


def _members(content: bytes, at: int) -> tuple[int, list[tuple[int, int, int]]]:
    """Where a table of fields or methods ends, and each one's flags, name and descriptor (indices of constants)."""
    (count,) = struct.unpack_from(">H", content, at)
    at += 2
    members = []
    for _ in range(count):
        flags, name, kind, n_attributes = struct.unpack_from(">HHHH", content, at)
        members.append((flags, name, kind))
        at += 8
        for _ in range(n_attributes):
            (length,) = struct.unpack_from(">I", content, at + 2)
            at += 6 + length
    return at, members
