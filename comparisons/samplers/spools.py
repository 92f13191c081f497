"""What several processes write down and one reads again: each into an unnamed file of its own, so that what is long
goes through no pipe."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO, NamedTuple


class Place(NamedTuple):
    """Where something lies: whose file it is in, from which byte on, and how many."""

    writer: int
    start: int
    length: int


class Spools:
    """The files, by writer. They are opened before the processes are forked."""

    def __init__(self, files: list[IO[bytes]]) -> None:
        self._files = files

    @classmethod
    @contextmanager
    def opened(cls, writers: int) -> Iterator[Spools]:
        """Of so many writers, numbered from 0; gone at the end."""
        with ExitStack() as opened:
            yield cls([opened.enter_context(tempfile.TemporaryFile()) for _ in range(writers)])

    def write(self, writer: int, content: bytes) -> Place:
        """Keeps this in the writer's file. Raises OSError where there is no room for it."""
        file = self._files[writer]
        start = file.tell()
        file.write(content)
        file.flush()
        return Place(writer, start, len(content))

    def read(self, place: Place) -> bytes:
        """What was kept there, by whichever process: their places in a file are one, so it is read past them."""
        content = os.pread(self._files[place.writer].fileno(), place.length, place.start)
        if len(content) != place.length:
            raise OSError(f"{len(content)} of {place.length} bytes are left of what was written down")
        return content
