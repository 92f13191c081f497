"""Large bytes: test data, chunks, merged arrays, outputs. Content-addressed, behind Django's storage API.

A blob is named by the SHA-256 of its content and written once, so writing it again is a no-op and two workers that
write the same bytes cannot hurt each other. There are no rows: rows refer to blobs by digest.
"""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from secrets import token_hex
from typing import Any

import numpy as np
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, storages


def _name(digest: str) -> str:
    return f"{digest[:2]}/{digest[2:4]}/{digest}"


def put(content: bytes) -> str:
    """The digest under which these bytes are now stored."""
    digest = hashlib.sha256(content).hexdigest()
    storage = storages["blobs"]
    name = _name(digest)
    if storage.exists(name):
        return digest
    if isinstance(storage, FileSystemStorage):
        # Written beside its place and renamed: a killed writer leaves no half blob under a digest's name.
        target = storage.path(name)
        partial = f"{target}.{token_hex(8)}"  # nobody else's, on other machines with this storage either
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(partial, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), 0o644)
        os.replace(partial, target)
    else:
        storage.save(name, ContentFile(content))
    return digest


def get(digest: str) -> bytes:
    """The bytes of a digest. Raises FileNotFoundError where there are none."""
    with storages["blobs"].open(_name(digest)) as stored:
        content: bytes = stored.read()
    return content


def path(digest: str) -> Path:
    """A local, read-only file with these bytes; fetched into the cache once where the storage is elsewhere."""
    storage = storages["blobs"]
    if isinstance(storage, FileSystemStorage):
        local = Path(storage.path(_name(digest)))
        if not local.exists():
            raise KeyError(digest)
        return local
    local = Path(settings.PODIUM_CACHE) / "blobs" / _name(digest)
    if not local.exists():
        local.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=local.parent, delete=False) as partial:
            partial.write(get(digest))
        os.replace(partial.name, local)
    return local


class BlobFiles:
    """The judge's `Files` over the blob storage."""

    def path(self, digest: str) -> Path:
        return path(digest)


def put_arrays(**arrays: np.ndarray[Any, Any]) -> str:
    """The digest of a compressed npz of these arrays (no pickles)."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return put(buffer.getvalue())


def get_arrays(digest: str) -> Mapping[str, np.ndarray[Any, Any]]:
    """The arrays that `put_arrays` stored."""
    with np.load(io.BytesIO(get(digest)), allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}
