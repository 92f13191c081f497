"""See `comparisons.operations.export_pool`."""

from comparisons.management.output import OperationCommand
from comparisons.operations.export_pool import Operation


class Command(OperationCommand):
    operation = Operation
