"""What a person asks for: each writes rows in one transaction and enqueues on commit. Web, commands and
API call these."""

from judge.errors import PodiumError


class Refused(PodiumError):
    """What was asked for cannot be done; the message is one sentence that says why."""


class NotThere(Refused):
    """What was named does not exist, or this person may not see it."""


class NotYours(Refused):
    """It is there, and for others to do."""
