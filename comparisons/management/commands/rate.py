"""See `comparisons.operations.rate`."""

from comparisons.management.output import OperationCommand
from comparisons.operations.rate import Operation


class Command(OperationCommand):
    operation = Operation
