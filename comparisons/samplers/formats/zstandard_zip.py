"""Members of a zip that are packed by Zstandard (method 93), as Inspect writes its logs: Python before 3.14 cannot."""

from __future__ import annotations

import zipfile
import zlib
from copy import copy

_ZSTANDARD = 93


def read_member(archive: zipfile.ZipFile, member: str, most: int) -> bytes:
    """The unpacked member, or its first `most` bytes. Raises what `zipfile` does, OSError where Zstandard is broken."""
    info = archive.getinfo(member)
    if info.compress_type != _ZSTANDARD:
        with archive.open(info) as stream:
            return stream.read(most)
    import pyarrow  # noqa: PLC0415 - a large library that few files need

    # Read as it lies there: the checksum is of what it unpacks to.
    packed = copy(info)
    packed.compress_type, packed.file_size = zipfile.ZIP_STORED, info.compress_size
    packed.CRC = None  # type: ignore[assignment]
    with archive.open(packed) as stream:
        content = bytes(pyarrow.CompressedInputStream(pyarrow.PythonFile(stream, mode="r"), "zstd").read(most))
    if len(content) < most and zlib.crc32(content) != info.CRC:
        raise zipfile.BadZipFile(f"{member} has another checksum than it says")
    return content
