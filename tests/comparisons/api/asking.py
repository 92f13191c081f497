"""Asking the API as a program does: a token, JSON or files, no session."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from comparisons.actions.tokens import make_token
from comparisons.models import User


class Program:
    """Somebody's program. `last` is the whole answer to what it asked last."""

    def __init__(self, user: User) -> None:
        self.token = make_token(user, "tests")
        self.client = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {self.token}"})
        self.last: Any = None
        self._content = b""

    def ask(self, name: str, /, **fields: Any) -> tuple[int, Any]:
        """(status, object) of a call with these fields as JSON."""
        return self._said(self.client.post(f"/api/{name}", json.dumps(fields), content_type="application/json"))

    def send(self, name: str, /, **parts: Any) -> tuple[int, Any]:
        """(status, object) of a call as a form; bytes with a name are a file: `path=("a.jsonl", b"...")`."""
        form = {key: SimpleUploadedFile(*value) if isinstance(value, tuple) else value for key, value in parts.items()}
        return self._said(self.client.post(f"/api/{name}", form))

    def look(self, name: str, /, **fields: Any) -> tuple[int, Any]:
        """(status, object) of GET."""
        return self._said(self.client.get(f"/api/{name}", fields))

    def file(self) -> tuple[str, bytes]:
        """(name, content) of the file that the last call was answered with."""
        return self.last.headers["Content-Disposition"].partition('filename="')[2].rstrip('"'), self._content

    def _said(self, response: Any) -> tuple[int, Any]:
        self.last = response
        if response.streaming:
            self._content = b"".join(response.streaming_content)  # which closes it
            return response.status_code, None
        return response.status_code, json.loads(response.content)


def zipped(files: dict[str, bytes]) -> bytes:
    """A zip of these files."""
    import zipfile

    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()
