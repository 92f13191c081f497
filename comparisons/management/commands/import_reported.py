"""See `comparisons.operations.import_reported`."""

from comparisons.management.output import OperationCommand
from comparisons.operations.import_reported import Operation


class Command(OperationCommand):
    operation = Operation
