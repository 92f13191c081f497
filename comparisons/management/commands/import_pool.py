"""See `comparisons.operations.import_pool`."""

from comparisons.management.output import OperationCommand
from comparisons.operations.import_pool import Operation


class Command(OperationCommand):
    operation = Operation
