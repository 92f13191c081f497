"""See `comparisons.operations.judge_pool`."""

from comparisons.management.output import OperationCommand
from comparisons.operations.judge_pool import Operation


class Command(OperationCommand):
    operation = Operation
