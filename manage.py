"""Podium's command line: `.venv/bin/python manage.py help`."""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    """Runs the command; a setting that cannot be used ends it with its one sentence."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        import django
        from django.conf import settings
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
    except ModuleNotFoundError as error:
        sys.exit(f"{error.name} is not installed here: run `make setup`, then .venv/bin/python manage.py.")
    try:
        settings.configured or settings.INSTALLED_APPS  # noqa: B018 - reads the environment before anything else does
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    if sys.argv[1:] == ["serve"]:
        from comparisons.management.web import begin  # the web process makes ready while this one does

        begin()
    gc.disable()  # as in config.wsgi
    django.setup()
    gc.freeze()
    gc.enable()
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
