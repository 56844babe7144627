"""Django's settings. What a practice may choose comes from its safelight.toml (site/config.py)."""

from pathlib import Path

from django.utils.functional import SimpleLazyObject

from safelight.site.config import default_data, load
from safelight.vault.sealing import site_secret

CONFIG = load(default_data())
HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parent

DEBUG = False
SAFELIGHT_DATA = CONFIG.data
SAFELIGHT_ROOT_KEY_FILE = CONFIG.root_key_file
SAFELIGHT_ORIGIN = CONFIG.origin
SAFELIGHT_S3 = (
    {"bucket": CONFIG.s3_bucket, "endpoint": CONFIG.s3_endpoint, "region": CONFIG.s3_region}
    if CONFIG.s3_bucket
    else None
)
# How lower floors reach what higher floors chose: name -> dotted path (lib/wiring.py).
SAFELIGHT_WIRING = {
    "audit.sign": "safelight.vault.sealing.sign_audit",
    "audit.seal_detail": "safelight.vault.sealing.seal_detail",
    "audit.open_detail": "safelight.vault.sealing.open_detail",
    "policy.duty": "safelight.people.duties.require_policy_edit",
    "patients.movers.consent": "safelight.consent.moving.move_all",
    "patients.movers.photos": "safelight.photos.moving.move_all",
    "patients.movers.sharing": "safelight.sharing.moving.move_all",
    # The tables whose rows name blobs: what none of them names is swept away.
    "vault.shelf.photos": "safelight.photos.shelf.SHELF",
    "vault.shelf.consent": "safelight.consent.shelf.SHELF",
    "vault.shelf.sharing": "safelight.sharing.shelf.PHOTOS",
    "vault.shelf.packages": "safelight.sharing.shelf.PACKAGES",
    # The tables whose rows keep a key wrapped by the practice's: wrapped anew when it is followed.
    "vault.wrap.photos": "safelight.photos.shelf.WRAP",
    "vault.wrap.consent": "safelight.consent.shelf.WRAP",
    "vault.wrap.sharing": "safelight.sharing.shelf.PHOTO_KEYS",
    "vault.wrap.packages": "safelight.sharing.shelf.PACKAGE_KEYS",
    # Called inside the transaction in which a yes is taken back.
    "consent.withdrawn.sharing": "safelight.sharing.ending.end_for_withdrawal",
}

# Read from the keyring when it is first needed, so that nothing secret lies in a file or variable.
SECRET_KEY = SimpleLazyObject(site_secret)
ALLOWED_HOSTS = CONFIG.hosts
CSRF_TRUSTED_ORIGINS = [CONFIG.origin]
ROOT_URLCONF = "safelight.site.urls"
ASGI_APPLICATION = "safelight.site.asgi.application"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.headless",
    "allauth.mfa",
    "allauth.usersessions",
    "safelight.audit",
    "safelight.policy",
    "safelight.people",
    "safelight.patients",
    "safelight.consent",
    "safelight.photos",
    "safelight.sharing",
    "safelight.web.desk",
    "safelight.web.phone",
    "safelight.web.door",
]

MIDDLEWARE = [
    "safelight.web.headers.SecurityHeaders",
    "safelight.web.files.StaticFiles",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "safelight.web.elsewhere.Elsewhere",
    "safelight.web.zone.PracticeZone",
    "safelight.web.answers.Answers",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "safelight.web.context.shell",
            ],
        },
    }
]

if CONFIG.postgres:
    from psycopg.conninfo import conninfo_to_dict  # a small practice starts without it

    _told = conninfo_to_dict(CONFIG.postgres)
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": _told.pop("dbname", "safelight"),
            "OPTIONS": {
                **_told,
                # A patient with thousands of photos needs a plan of its own (performance, 4).
                "options": "-c plan_cache_mode=force_custom_plan -c synchronous_commit=on",
            },
        }
    }
else:
    DATABASES = {
        "default": {
            "ENGINE": "safelight.site.sqlcipher",
            "NAME": str(CONFIG.data / "safelight.db"),
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 10},
        }
    }
# Opening and keying a connection costs more than most questions asked over it.
DATABASES["default"]["CONN_MAX_AGE"] = 60
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "people.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "/sign-in"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "safelight.people.passkeys.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_RATE_LIMITS = False  # theirs count in each process; ours are rows (people/limits.py)
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300  # step-up counts for 5 minutes (security-design, 8)
MFA_ADAPTER = "safelight.people.passkeys.PasskeyAdapter"
MFA_RATE_LIMITS = False  # as above
MFA_RECOVERY_CODE_DIGITS = 10
MFA_SUPPORTED_TYPES = ["webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not CONFIG.secure  # http only ever on localhost
HEADLESS_ONLY = True
HEADLESS_CLIENTS = ("browser",)
USERSESSIONS_TRACK_ACTIVITY = False  # the session itself notes it, once a minute

SESSION_ENGINE = "safelight.people.sessions"  # 10 minutes idle, 12 hours in all
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Strict"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # never in a cookie
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = CONFIG.secure
SESSION_COOKIE_NAME = "__Host-session" if CONFIG.secure else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if CONFIG.secure else "csrf"
SECURE_HSTS_SECONDS = 31_536_000 if CONFIG.secure else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = CONFIG.secure
CSRF_FAILURE_VIEW = "safelight.web.answers.csrf_failure"

LANGUAGE_CODE = "en-au"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
# In a wheel the style sheets lie inside the package; in a checkout beside it.
STYLE = PACKAGE / "style" if (PACKAGE / "style").is_dir() else PACKAGE.parent / "style"
STATICFILES_DIRS = [("style", STYLE)]
WHITENOISE_USE_FINDERS = True
WHITENOISE_ALLOW_ALL_ORIGINS = False
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024  # forms only; photos come by their own door
# A list of patients stays in memory: Django would write a large one to a temporary file, in clear.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = 33 * 1024 * 1024
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"  # nothing is sent unasked

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["out"], "level": "WARNING"},
    "loggers": {"safelight": {"level": "INFO"}, "django.request": {"level": "ERROR"}},
}
