"""The web application that gunicorn serves."""

from __future__ import annotations

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Nothing of what is imported is garbage: looking through it again and again is a tenth of the start.
gc.disable()
application = get_wsgi_application()
get_resolver().url_patterns  # noqa: B018 - all pages, before the first is asked for
gc.freeze()
gc.enable()
