"""The one Django app. Its pure sub-packages (strategies, samplers, metrics, charts, exports) import no Django."""
