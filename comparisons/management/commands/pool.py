"""See `comparisons.operations.pool`."""

from comparisons.management.output import OperationCommand
from comparisons.operations.pool import Operation


class Command(OperationCommand):
    operation = Operation
