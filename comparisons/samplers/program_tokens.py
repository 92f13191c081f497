"""The token streams of `program_hash` by native/tokens.c: the same bytes, at a fiftieth of the time.

A machine without a C compiler gets along without: then `token_stream` is always None, and Python's lexers decide.
"""

from __future__ import annotations

import ctypes
import hashlib
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import cast

from judge.sandbox.store import publish

SOURCE = Path(__file__).parent / "native" / "tokens.c"
_COMMAND = ("cc", "-O2", "-std=gnu11", "-shared", "-fPIC", "-s")
_NAME = "tokens.so"

_reader: Callable[[bytes, bool, ctypes.Array[ctypes.c_char]], int] | None = None


class _Room(threading.local):
    """Where a thread's streams are written, one after the other."""

    stream = ctypes.create_string_buffer(0)


_room = _Room()


def build(cache: Path) -> Path | None:
    """The library for this machine, in `cache` under the digest of its source; built where it is not there yet. None
    where there is no C compiler that can."""
    folder = _folder(cache)
    if not (folder / _NAME).is_file() and shutil.which(_COMMAND[0]):
        with tempfile.TemporaryDirectory(prefix="podium-build-") as work:
            made = Path(work) / _NAME
            done = subprocess.run([*_COMMAND, "-o", made, SOURCE], capture_output=True, check=False)
            if done.returncode == 0:
                publish(folder, {_NAME: (made.read_bytes(), 0o755)})
    return built(cache)


def built(cache: Path) -> Path | None:
    """The library, where it is there already."""
    library = _folder(cache) / _NAME
    return library if library.is_file() else None


def _folder(cache: Path) -> Path:
    content = SOURCE.read_bytes() + repr(_COMMAND).encode()
    return cache / "tokens" / hashlib.sha256(content).hexdigest()[:32]


def load(library: Path | None) -> None:
    """From now on this process reads tokens with this library."""
    global _reader
    if library is not None and _reader is None:
        # It keeps Python's lock: letting go of it would take as long as reading a program.
        function = ctypes.PyDLL(str(library)).podium_tokens
        function.argtypes = (ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p)
        function.restype = ctypes.c_long
        _reader = function


def token_stream(text: bytes, *, is_python: bool) -> bytes | None:
    """The tokens of a program of C, C++ or Python in UTF-8 without zeros, joined by zeros; None where Python's lexers
    must decide."""
    if _reader is None:
        return None
    if len(_room.stream) < 4 * len(text) + 4:
        _room.stream = ctypes.create_string_buffer(8 * len(text) + 4)
    length = _reader(text, is_python, _room.stream)
    return cast(bytes, _room.stream[:length]) if length >= 0 else None
