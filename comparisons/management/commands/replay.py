"""See `comparisons.operations.replay`."""

from comparisons.management.output import OperationCommand
from comparisons.operations.replay import Operation


class Command(OperationCommand):
    operation = Operation
