"""See `comparisons.operations.import_problems`."""

from comparisons.management.output import OperationCommand
from comparisons.operations.import_problems import Operation


class Command(OperationCommand):
    operation = Operation
