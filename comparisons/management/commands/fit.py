"""See `comparisons.operations.fit`."""

from comparisons.management.output import OperationCommand
from comparisons.operations.fit import Operation


class Command(OperationCommand):
    operation = Operation
