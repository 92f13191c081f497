"""Running programs nobody vouches for: compile, run, read what happened. A program's failure is data, never raised."""

from __future__ import annotations

from judge.errors import SandboxFault, SandboxUnavailable
from judge.sandbox.execution import (
    CompileFailure,
    Conversation,
    Ending,
    Executable,
    Execution,
    Isolation,
    Meeting,
    Mode,
    RunLimits,
    ToolResult,
    output_digests,
)
from judge.sandbox.sandbox import Sandbox

__all__ = [
    "CompileFailure",
    "Conversation",
    "Ending",
    "Executable",
    "Execution",
    "Isolation",
    "Mode",
    "Meeting",
    "RunLimits",
    "Sandbox",
    "SandboxFault",
    "SandboxUnavailable",
    "ToolResult",
    "output_digests",
]
