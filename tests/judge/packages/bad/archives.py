"""Malformed archives."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

from tests.judge.making import PLAIN
from tests.judge.packages.bad.making import Case, one_file, with_entry, zipped

ENTRIES = {f"double/{name}": content for name, content in PLAIN.items()}
LINK, PIPE, DEVICE = 0o120777, 0o010666, 0o020666


def cut(data: bytearray) -> None:
    """The first half."""
    del data[len(data) // 2 :]


def encrypted(data: bytearray) -> None:
    """Says of the last entry that it is encrypted."""
    data[data.rfind(b"PK\x01\x02") + 8] |= 1


def lying(data: bytearray) -> None:
    """Says of the last entry that it unpacks to 100 bytes."""
    place = data.rfind(b"PK\x01\x02") + 24
    data[place : place + 4] = (100).to_bytes(4, "little")


def renamed(old: bytes, new: bytes) -> Callable[[bytearray], None]:
    """Replaces bytes by others, as many."""
    assert len(old) == len(new)

    def change(data: bytearray) -> None:
        data[:] = data.replace(old, new)

    return change


def in_itself(folder: Path) -> Path:
    """The archive in an archive."""
    return zipped({"inner.zip": zipped(ENTRIES)(folder).read_bytes()})(folder)


ARCHIVES = [
    Case(
        "cut off", zipped(ENTRIES, then=cut), "double.zip: is not a zip file that can be read (File is not a zip file)"
    ),
    Case(
        "empty file",
        one_file("double.zip", ""),
        "double.zip: is not a zip file that can be read (File is not a zip file)",
    ),
    Case(
        "nothing behind its first bytes",
        one_file("double.zip", "PK\x03\x04 and so on"),
        "double.zip: is not a zip file that can be read (File is not a zip file)",
    ),
    Case(
        "first bytes under another name",
        one_file("double.data", "PK\x03\x04 and so on"),
        "double.data: is not a zip file that can be read (File is not a zip file)",
    ),
    Case(
        "gzip called zip",
        one_file("double.zip", gzip.compress(b"x" * 600)),
        "double.zip: is not a zip file that can be read (File is not a zip file)",
    ),
    Case("archive of nothing", zipped({}), "double.zip: is no problem package: this zip holds neither …"),
    Case(
        "archive of a text", zipped({"readme.txt": "x"}), "double.zip: is no problem package: this zip holds neither …"
    ),
    Case("archive in an archive", in_itself, "double.zip: is no problem package: this zip holds neither …"),
    Case(
        "absolute name",
        zipped({**ENTRIES, "/tmp/podium-evil": "x"}),
        "/tmp/podium-evil: is a name that leaves the archive",
    ),
    Case(
        "name that climbs",
        zipped({**ENTRIES, "double/../../podium-evil": "x"}),
        "double/../../podium-evil: is a name that leaves the archive",
    ),
    Case(
        "name with a drive",
        zipped({**ENTRIES, "C:/podium-evil": "x"}),
        "C:/podium-evil: is a name that leaves the archive",
    ),
    Case(
        "name with backslashes",
        zipped({**ENTRIES, "..\\podium-evil": "x"}),
        "../podium-evil: is a name that leaves the archive",
    ),
    Case(
        "name of 300 letters",
        zipped({**ENTRIES, f"double/{'x' * 300}": "x"}),
        "double.zip: is not a zip file that can be read (File name too long)",
    ),
    Case(
        "name 2,000 folders deep", zipped({**ENTRIES, "d/" * 2000 + "x": "x"}), "d/d/…: lies more than 64 folders deep"
    ),
    Case(
        "file that is a folder too",
        zipped({**ENTRIES, "double/data": "x"}),
        "double.zip: is not a zip file that can be read (File exists)",
    ),
    Case(
        "entry twice",
        zipped({**ENTRIES, "double/problem.yam2": "x"}, then=renamed(b".yam2", b".yaml")),
        "double/problem.yaml: is in the archive twice",
    ),
    Case("encrypted", zipped(ENTRIES, then=encrypted), "double/data/secret/2.ans: is encrypted"),
    Case(
        "size that lies",
        zipped({**ENTRIES, "double/z.txt": "0" * 5000}, then=lying),
        "double.zip: is not a zip file that can be read (Bad CRC-32 for file 'double/z.txt')",
    ),
    Case(
        "link out",
        with_entry(ENTRIES, "double/data/x", LINK, "../../../etc"),
        "double/data/x: is a link that leaves the package",
    ),
    Case(
        "absolute link",
        with_entry(ENTRIES, "double/data/x", LINK, "/etc/hostname"),
        "double/data/x: is a link that leaves the package",
    ),
    Case(
        "link to itself",
        with_entry(ENTRIES, "double/data/x", LINK, "x"),
        "double/data/x: is a link that leads back to itself",
    ),
    Case(
        "link to nowhere",
        with_entry(ENTRIES, "double/data/x", LINK, "gone"),
        "double/data/x: is a link that leads nowhere",
    ),
    Case("device", with_entry(ENTRIES, "double/data/x", DEVICE), "double/data/x: is not a regular file"),
    Case("pipe", with_entry(ENTRIES, "double/data/x", PIPE), "double/data/x: is not a regular file"),
]
