"""Django's settings, and the only reader of the environment. Nonsense in a variable stops the start with a sentence."""

from __future__ import annotations

import os
from pathlib import Path

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from config.environment import Environment
from config.home import queue_socket, secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
_env = Environment(os.environ)

# --- where things are kept ---------------------------------------------------------------------------------------
PODIUM_HOME = _env.folder("PODIUM_HOME", BASE_DIR / "var")
PODIUM_STORAGE = _env.storage("PODIUM_STORAGE_URL", PODIUM_HOME / "blobs")
#: What can be made again: the runner, compiled programs, outcomes. The sandbox picks another folder of the machine
#: where programs' unprivileged user could not reach this one.
PODIUM_CACHE = PODIUM_HOME / "cache"

# --- what is started ---------------------------------------------------------------------------------------------
PODIUM_BIND = _env.text("PODIUM_BIND", "127.0.0.1")
PODIUM_PORT = _env.integer("PODIUM_PORT", 8000, least=1, most=65_535)
PODIUM_WORKERS = _env.integer("PODIUM_WORKERS", min(os.cpu_count() or 1, 64), least=0, most=64)
PODIUM_DEMO = _env.flag("PODIUM_DEMO", default=True)
#: None: `manage.py serve` starts its own server on QUEUE_SOCKET.
REDIS_URL = _env.text("REDIS_URL") or None
if REDIS_URL and not REDIS_URL.startswith(("redis://", "rediss://", "unix://")):
    raise ImproperlyConfigured("REDIS_URL: the address must begin with redis://, rediss:// or unix://.")
QUEUE_SOCKET = queue_socket(PODIUM_HOME)

#: Nobody else uses this Podium: it answers on this machine alone, and has its own queue.
_is_alone = PODIUM_BIND in ("localhost", "127.0.0.1", "::1") and not _env.words("PODIUM_HOSTS") and not REDIS_URL
#: Where models may be asked (see `samplers.providers.reach`): people who share a Podium reach only the internet by it.
PODIUM_ENDPOINT_HOSTS = _env.hosts("PODIUM_ENDPOINT_HOSTS", ["any"] if _is_alone else ["public"])
#: Variables that people who are not staff may name as holding a model's key; one that ends in * begins so.
PODIUM_KEY_VARIABLES = _env.words("PODIUM_KEY_VARIABLES")
#: Variables with secrets of Podium's own. Whoever adds a model names a variable and the address its value is sent to:
#: these are never read for that.
OWN_SECRETS = frozenset(
    {"PODIUM_SECRET_KEY", "DATABASE_URL", "REDIS_URL", "PODIUM_STORAGE_URL", "PGPASSWORD", "AWS_SECRET_ACCESS_KEY",
     "AWS_SESSION_TOKEN"}
)  # fmt: skip


def secret(name: str) -> str | None:
    """The value of the variable that a person named as holding a key (of a provider); None where it is not set, or
    holds a secret of Podium's own."""
    return None if name in OWN_SECRETS else _env.text(name) or None


#: `settings.SECRET(name)`: Django hands on only what is written in capitals.
SECRET = secret

# --- who may ask -------------------------------------------------------------------------------------------------
SECRET_KEY = _env.text("PODIUM_SECRET_KEY") or secret_key(PODIUM_HOME)
if len(SECRET_KEY) < 32:
    raise ImproperlyConfigured("PODIUM_SECRET_KEY: at least 32 characters are needed.")
DEBUG = False
_LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]
_hosts = _env.words("PODIUM_HOSTS")
if PODIUM_BIND not in ("localhost", "127.0.0.1", "::1") and not _hosts:
    raise ImproperlyConfigured(
        "PODIUM_HOSTS: name the host names to answer (commas between), because PODIUM_BIND opens Podium to others."
    )
ALLOWED_HOSTS = [*_LOOPBACK, *_hosts]
#: Behind a proxy that ends TLS, forms come from https addresses of these hosts.
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in _hosts if host != "*"]
AUTH_USER_MODEL = "comparisons.User"
LOGIN_URL = "podium:sign-in"
LOGIN_REDIRECT_URL = "podium:home"
LOGOUT_REDIRECT_URL = "podium:sign-in"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# Cookies know no ports: two instances on one machine would sign each other out under one name.
SESSION_COOKIE_NAME = f"podium_session_{PODIUM_PORT}"
CSRF_COOKIE_NAME = f"podium_csrf_{PODIUM_PORT}"
SESSION_COOKIE_AGE = 30 * 86_400
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "comparisons.views.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
#: Plotly adds one empty style element and fills it by script: the first hash is that of the empty text. The second is
#: that of the map styles its bundle always adds as text; refused, they would be an error in every console.
CONTENT_SECURITY_POLICY = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": (
        "'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' "
        "'sha256-ji27qzEtxXZW+7dun6UwjHXJ18e6WAin1VvNtkzIE/o='"
    ),
    "style-src-attr": "'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "connect-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}

# --- the application ---------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "comparisons",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_rq",
    "template_partials",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # Closed unless a view says `login_not_required`: a forgotten decorator shows nobody anything.
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
#: Problem packages come by upload; above this they go to a temporary file, not into memory.
FILE_UPLOAD_MAX_MEMORY_SIZE = 4 << 20
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 << 20

# --- the database ------------------------------------------------------------------------------------------------
#: Pages for long texts: an import writes them in two thirds of the time that it takes with 4 KiB. They are set once, in
#: a new file and before WAL; larger ones would write more for each small change, of which drawing makes many.
#: WAL and IMMEDIATE belong together: a deferred transaction that has read cannot wait when it wants to write.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": (
        "PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA mmap_size=134217728; "
        "PRAGMA journal_size_limit=27103364; PRAGMA cache_size=-32768; PRAGMA temp_store=MEMORY;"
    ),
}
_database_url = _env.text("DATABASE_URL", f"sqlite:///{PODIUM_HOME / 'podium.sqlite3'}")
try:
    _database = dict(dj_database_url.parse(_database_url, conn_max_age=60, conn_health_checks=True))
except ValueError:
    # The address may hold a password: it is not repeated.
    raise ImproperlyConfigured("DATABASE_URL: not an address such as postgres://user:password@host/name.") from None
if _database["ENGINE"] == "django.db.backends.sqlite3":
    _database |= {"OPTIONS": SQLITE_OPTIONS, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False}
elif _database["ENGINE"] != "django.db.backends.postgresql":
    raise ImproperlyConfigured("DATABASE_URL: the address must begin with postgres:// or sqlite:///.")
DATABASES = {"default": _database}

# --- files -------------------------------------------------------------------------------------------------------
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": PODIUM_STORAGE}},
    "blobs": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": PODIUM_STORAGE}},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
STATIC_URL = "/static/"
STATIC_ROOT = PODIUM_HOME / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "config.staticfiles.PlotlyFinder",
]
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

# --- the queue ---------------------------------------------------------------------------------------------------
QUEUE_URL = REDIS_URL or f"unix://{QUEUE_SOCKET}"
_queue = {
    "URL": QUEUE_URL,
    "DEFAULT_TIMEOUT": 3600,
    # Pickle, the default, would let whoever can write to the queue run code here.
    "SERIALIZER": "rq.serializers.JSONSerializer",
}
RQ_QUEUES = {"fast": _queue, "slow": _queue, "draw": _queue}
RQ = {"COMMIT_MODE": "on_db_commit", "WORKER_CLASS": "comparisons.queue.Worker"}

# --- logs --------------------------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname:<7} {name}: {message}", "style": "{"}},
    "handlers": {"standard-error": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["standard-error"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": ["standard-error"], "level": "INFO", "propagate": False},
        # A line for every call to a provider.
        "httpx": {"level": "WARNING"},
    },
}
