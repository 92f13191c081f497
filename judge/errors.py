"""The exception tree of Podium's pure layers.

    PodiumError
    ├── PackageError          a problem package cannot be read: names the file and the reason
    ├── RecordError           a line of a data file cannot be read: names file, line and field
    ├── SandboxError
    │   ├── SandboxUnavailable   this machine cannot isolate programs; judging refuses, all else works
    │   └── SandboxFault         the sandbox itself failed on one run; a retry may help (verdict IE)
    └── StrategyError         a strategy cannot be replayed with these inputs or options

A candidate's failure is never an exception: it is a `Verdict`.
"""

from __future__ import annotations


class PodiumError(Exception):
    """Base of every error a person can be shown as one sentence."""

    is_permanent = True


class PackageError(PodiumError):
    """A problem package cannot be read. `path` is relative to the package, so that it says nothing of this machine."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}" if path else reason)
        self.path = path
        self.reason = reason


class RecordError(PodiumError):
    """One record of a data file cannot be read. `line` counts from 1; 0 where the file has no lines."""

    def __init__(self, path: str, line: int, reason: str) -> None:
        where = f"{path}, line {line}" if line else path
        super().__init__(f"{where}: {reason}")
        self.path = path
        self.line = line
        self.reason = reason


class MissingRecord(RecordError):
    """Nothing is wrong with the record: it says that nobody answered. The draw is missing, whatever is refused else."""


class SandboxError(PodiumError):
    """Base of everything that is the judge's own fault."""


class SandboxUnavailable(SandboxError):
    """Programs cannot be isolated on this machine; the message says why and what would help."""


class SandboxFault(SandboxError):
    """One run could not be carried out or read; never counted against the candidate."""

    is_permanent = False


class StrategyError(PodiumError):
    """A strategy, floor or ceiling refuses these inputs or options; the message names what is missing."""
