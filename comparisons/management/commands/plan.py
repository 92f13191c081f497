"""See `comparisons.operations.plan`."""

from comparisons.management.output import OperationCommand
from comparisons.operations.plan import Operation


class Command(OperationCommand):
    operation = Operation
