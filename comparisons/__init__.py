"""The one Django app. Its pure sub-packages (strategies, samplers, metrics, charts, exports) import no Django."""

#: What reports and files carry as the Podium that made them.
__version__ = "0.1.0"
