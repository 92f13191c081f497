"""Running a compiler in a sandbox: what it sees, what it leaves, what it says."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from judge.languages import Tool
from judge.sandbox.execution import Executable, RunLimits, ToolResult
from judge.sandbox.isolation import Isolator, Job
from judge.sandbox.readings import read_execution
from judge.sandbox.view import View, memory_file, system_view

MESSAGE_BYTES = 16 << 10


def run_job(isolator: Isolator, job: Job, stdin: int | None = None) -> ToolResult:
    """Runs the job's program once, with an empty input unless a descriptor of one is given."""
    handle = memory_file(b"") if stdin is None else stdin
    try:
        with isolator.enter(job) as sandbox:
            sandbox.entry.run([handle])
            sandbox.entry.end()
            report = sandbox.report()
    finally:
        if stdin is None:
            os.close(handle)
    return ToolResult(read_execution(report, job.limits, keep_output=True), report.files)


def run_compiler(
    isolator: Isolator, command: list[str], view: View, limits: RunLimits, *, language: str = "compiler"
) -> ToolResult:
    """Runs `command` as a compiler, which may start others; `language`: whose memory is counted its way."""
    executable = Executable(language, Path(command[0]), tuple(command), "")
    job = Job(executable, (), view, limits, stdout_cap=1 << 20, file_cap=limits.output_bytes, may_fork=True)
    return run_job(isolator, job)


def compiler_view(tool: Tool, files: Mapping[str, bytes]) -> View:
    """The system's programs and headers, the sources in /src, and room for the result in /out."""
    shown, links = system_view(*(tool.build_folders or tool.folders), links=tool.links)
    data = {f"/src/{name}": content for name, content in files.items()}
    return View(shown, links, data=data, writable=("/temporary", "/out"), collected=("/out",), writable_bytes=512 << 20)


def unpacked(archive: bytes) -> dict[str, bytes]:
    """The regular files of a tar archive made in a sandbox, by relative path; what is anything else is left out."""
    found = {}
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:") as members:
        for member in members:
            path = PurePosixPath(member.name)
            handle = members.extractfile(member) if member.isfile() else None
            if handle is not None and not path.is_absolute() and ".." not in path.parts:
                found[str(path)] = handle.read()
    return found


def said(result: ToolResult) -> str:
    """What the compiler wrote, with the sources under their own names, at most 16 KiB."""
    message = result.stderr.decode(errors="replace").replace("/src/", "").strip()
    encoded = message.encode()
    if len(encoded) <= MESSAGE_BYTES:
        return message
    return encoded[: MESSAGE_BYTES - 32].decode(errors="ignore") + "\n(the rest is cut)"
