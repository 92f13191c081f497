"""See `comparisons.operations.sample`."""

from comparisons.management.output import OperationCommand
from comparisons.operations.sample import Operation


class Command(OperationCommand):
    operation = Operation
