"""See `comparisons.operations.ablate`."""

from comparisons.management.output import OperationCommand
from comparisons.operations.ablate import Operation


class Command(OperationCommand):
    operation = Operation
