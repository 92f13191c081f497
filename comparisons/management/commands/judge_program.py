"""See `comparisons.operations.judge_program`."""

from comparisons.management.output import OperationCommand
from comparisons.operations.judge_program import Operation


class Command(OperationCommand):
    operation = Operation
