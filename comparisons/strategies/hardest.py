"""Which subtask is harder: the order in which subtasks take turns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from comparisons.strategies.pool_view import SubtaskView


def strictly_within(subtasks: Sequence[SubtaskView]) -> dict[int, frozenset[int]]:
    """By subtask: all it contains, also through others."""
    direct = {subtask.index: set(subtask.contains) - {subtask.index} for subtask in subtasks}

    def reach(index: int, seen: frozenset[int]) -> frozenset[int]:
        for other in direct.get(index, ()):
            if other not in seen:
                seen = reach(other, seen | {other})
        return seen

    # Two that contain each other have the same inputs: neither is strictly within the other.
    whole = {index: reach(index, frozenset()) for index in direct}
    return {index: frozenset(one for one in found if index not in whole.get(one, ())) for index, found in whole.items()}


def hardest_first(
    subtasks: Sequence[SubtaskView], within: Mapping[int, frozenset[int]] | None = None, rule: str = "containing"
) -> list[SubtaskView]:
    """By rule: what contains more others, then the later one (containing); the later one (last); what is worth more
    (points). within: `strictly_within`, where it is there already."""
    if rule == "points":
        return sorted(subtasks, key=lambda one: (-one.points, -one.index))
    if rule == "last":
        return sorted(subtasks, key=lambda one: -one.index)
    inside = strictly_within(subtasks) if within is None else within
    return sorted(subtasks, key=lambda one: (-len(inside[one.index]), -one.index))
