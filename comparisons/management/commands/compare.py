"""See `comparisons.operations.compare`."""

from comparisons.management.output import OperationCommand
from comparisons.operations.compare import Operation


class Command(OperationCommand):
    operation = Operation
