"""See `comparisons.operations.probe_pool`."""

from comparisons.management.output import OperationCommand
from comparisons.operations.probe_pool import Operation


class Command(OperationCommand):
    operation = Operation
