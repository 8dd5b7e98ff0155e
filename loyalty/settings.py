"""Settings, all of them read from the environment (`.env.example` lists every variable)."""

from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from loyalty.conf.api import REST_FRAMEWORK  # noqa: F401
from loyalty.conf.celery import celery_settings
from loyalty.conf.database import database_settings
from loyalty.conf.logging import logging_settings
from loyalty.conf.mail import mail_settings
from loyalty.conf.openapi import SPECTACULAR_SETTINGS  # noqa: F401
from loyalty.conf.payments import payment_settings
from loyalty.conf.unfold import UNFOLD  # noqa: F401
from loyalty.conf.wallet import wallet_settings

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(environ.Env().str("VAR_DIR", default=str(BASE_DIR / "var")))

env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

VERSION = "0.1.0"

# --- What this deployment is
DEBUG = env.bool("DEBUG", default=False)
ENVIRONMENT = env.str("ENVIRONMENT", default="production")
if ENVIRONMENT not in {"production", "staging"}:
    raise ImproperlyConfigured("ENVIRONMENT must be 'production' or 'staging'.")

DEFAULT_SECRET = "insecure-development-secret-change-me-before-production"  # noqa: S105 - refused below
SECRET_KEY = env.str("SECRET_KEY", default=DEFAULT_SECRET if DEBUG else "")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
if not DEBUG and (not SECRET_KEY or SECRET_KEY == DEFAULT_SECRET or len(SECRET_KEY) < 32):
    raise ImproperlyConfigured(
        "SECRET_KEY must be set to your own secret of at least 32 characters (or set DEBUG=1 on a development machine)."
    )
# Keys of their own, so that one can be rotated without the others; derived from SECRET_KEY where unset.
JWT_SIGNING_KEY = env.str("JWT_SIGNING_KEY", default=f"jwt:{SECRET_KEY}")
JWT_SIGNING_KEY_FALLBACKS = env.list("JWT_SIGNING_KEY_FALLBACKS", default=[])
CREDENTIAL_PEPPERS = env.dict("CREDENTIAL_PEPPERS", default={"1": f"credential:{SECRET_KEY}"})
AUDIT_FINGERPRINT_KEY = env.str("AUDIT_FINGERPRINT_KEY", default=f"audit:{SECRET_KEY}")
SEALING_KEY = env.str("SEALING_KEY", default=f"seal:{SECRET_KEY}")
SEALING_KEY_FALLBACKS = env.list("SEALING_KEY_FALLBACKS", default=[f"seal:{key}" for key in SECRET_KEY_FALLBACKS])

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"] if DEBUG else [])
BASE_URL = env.str("BASE_URL", default=f"http://127.0.0.1:{env.str('PORT', default='8000')}").rstrip("/")
DEMO = env.bool("DEMO", default=False)
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# --- Applications
INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "loyalty.backoffice.apps.BackOfficeConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "loyalty",
    "partners",
    "messaging",
    "customers",
    "cards",
    "ledger",
    "games",
    "commissions",
    "analytics",
    "interchange",
]
# Sessions, messages and CSRF belong to the back office; the API authenticates every request by itself and pays for
# none of them (loyalty.middleware.BackOfficeOnly).
MIDDLEWARE = [
    "loyalty.middleware.RequestContext",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "loyalty.middleware.BackOfficeOnly",
]
BACK_OFFICE_MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "loyalty.urls"
WSGI_APPLICATION = "loyalty.wsgi.application"
APPEND_SLASH = False
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

# --- Data
DATABASES = database_settings(env)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
CELERY_BROKER_URL_ = env.str("CELERY_BROKER_URL", default="")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "loyalty",
        "OPTIONS": {"socket_timeout": 0.2, "socket_connect_timeout": 0.2},
    }
}
# W001: Django's own Redis cache is atomic; W021: HSTS preload is the operator's decision; the others look for what
# BackOfficeOnly runs, and for a plain unique column where ours is unique regardless of case.
SILENCED_SYSTEM_CHECKS = [
    *("django_ratelimit.W001", "security.W021", "security.W001", "security.W002", "security.W003"),
    *("admin.E408", "admin.E409", "admin.E410", "auth.E003"),
]
vars().update(celery_settings(CELERY_BROKER_URL_ or REDIS_URL))

# --- Wallet passes
WALLET = wallet_settings(env, development=DEBUG)

# --- Payments
PAYMENTS = payment_settings(env, development=DEBUG or DEMO or ENVIRONMENT == "staging")

# --- Realtime
# The key is public: it only tells this deployment's server from another one's. Host and scheme are those that clients
# use, where a proxy ends TLS; without a host they are told the one they asked.
REALTIME_KEY = env.str("REALTIME_KEY", default="loyalty")
REALTIME_HOST = env.str("REALTIME_HOST", default="")
REALTIME_SCHEME = env.str("REALTIME_SCHEME", default="http")
REALTIME_PORT = env.int("REALTIME_PORT", default=env.int("PORT", default=8000) + 1)
REALTIME_PUBLIC_PORT = env.int("REALTIME_PUBLIC_PORT", default=443 if REALTIME_SCHEME == "https" else REALTIME_PORT)
if REALTIME_SCHEME not in {"http", "https"}:
    raise ImproperlyConfigured("REALTIME_SCHEME must be 'http' or 'https'.")

# --- People
AUTH_USER_MODEL = "loyalty.User"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 3600
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

# --- Languages and time
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("lt", _("Lithuanian"))]
USE_TZ = True
TIME_ZONE = "UTC"
FORMAT_MODULE_PATH = ["loyalty.conf.formats"]
LOCALE_PATHS = [
    BASE_DIR / app / "locale"
    for app in (
        *("loyalty", "partners", "messaging", "customers", "cards", "ledger", "games", "commissions", "interchange"),
        "analytics",
    )
]

# --- Files
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
MEDIA_URL = "/media/"
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(VAR_DIR / "media")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # What only some may see: no web server serves this folder.
    "private": {
        "BACKEND": "loyalty.files.storage.PrivateStorage",
        "OPTIONS": {
            "location": env.str("PRIVATE_ROOT", default=str(VAR_DIR / "private")),
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = False
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000

# --- Mail and SMS
_mail = mail_settings(env, development=DEBUG)
EMAIL_URL: str = _mail["EMAIL_URL"]
PLATFORM_NAME: str = _mail["PLATFORM_NAME"]
SUPPORT_EMAIL: str = _mail["SUPPORT_EMAIL"]
vars().update(_mail)
# The class that sends SMS (messaging/gateways). Without one a development machine or a demo keeps them in the database,
# and only there are one-time codes readable for anybody but the phone's owner.
SMS_SHOWS_CODES = DEBUG or DEMO
SMS_GATEWAY = env.str("SMS_GATEWAY", default="messaging.gateways.database.DatabaseGateway" if SMS_SHOWS_CODES else "")
SMS_SENDER = env.str("SMS_SENDER", default="Loyalty")
# SMS without a partner (one-time codes to strangers) that the platform pays for in 24 hours.
SMS_DAILY_LIMIT = env.int("SMS_DAILY_LIMIT", default=1_000)
# Where customers find the app: what tills send them by SMS.
APP_LINK = env.str("APP_LINK", default=BASE_URL)
# Webhooks go out by https; only a development machine may also name an address with http.
WEBHOOK_ALLOWS_HTTP = env.bool("WEBHOOK_ALLOWS_HTTP", default=DEBUG)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Loyalty <no-reply@localhost>")

# --- The API
# How many seconds after its end an equal call without an Idempotency-Key is taken for a repeat (docs of add-stamps).
REPEAT_SECONDS = env.float("REPEAT_SECONDS", default=3.5)

# --- Security
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
HTTPS = env.bool("HTTPS", default=not DEBUG)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
# Never redirect: a redirected POST becomes a GET and leaks the API secret. The proxy in front refuses plain http.
SECURE_SSL_REDIRECT = False
SILENCED_SYSTEM_CHECKS += ["security.W008"]
if env.bool("BEHIND_TLS_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

LOGGING = logging_settings(env.str("LOG_LEVEL", default="INFO"))
LOGGING_CONFIG = "logging.config.dictConfig"
