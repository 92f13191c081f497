"""See `comparisons.operations.import_humans`."""

from comparisons.management.output import OperationCommand
from comparisons.operations.import_humans import Operation


class Command(OperationCommand):
    operation = Operation
