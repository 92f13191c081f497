"""See `comparisons.operations.add_model`."""

from comparisons.management.output import OperationCommand
from comparisons.operations.add_model import Operation


class Command(OperationCommand):
    operation = Operation
