"""The application: settings, extensions, blueprints, error pages. The table of contents."""

import pkgutil
from datetime import timedelta
from importlib import import_module
from pathlib import Path

from flask import Flask, Response, request
from flask_babel import Babel
from flask_migrate import Migrate

import models
from blueprints import access, crm, errors, headers, mcp, oauth, pages, portal
from blueprints.bodies import ReadableBodies
from blueprints.pages import menu
from blueprints.proxies import TrustedProxies
from models.accounts.workspace import LOCALES
from models.base import db
from models.base.database import engine_options
from models.oauth import access_token
from models.settings import Settings, read, use

ROOT = Path(__file__).resolve().parent
BODY_MAX = 1 << 20
ANY_HOST = ("/healthz", "/readyz")


def create_app(chosen: Settings | None = None) -> Flask:
    """Build the application from the settings of the environment, or from those given. Raises SettingsError."""
    settings = chosen or read()
    use(settings)
    app = Flask("frontdesk", root_path=str(ROOT))
    app.config.update(_config(settings))
    app.wsgi_app = TrustedProxies(ReadableBodies(app.wsgi_app), settings)  # type: ignore[method-assign,assignment]
    load_tables()
    db.init_app(app)
    Migrate(app, db, directory=str(ROOT / "migrations"))
    Babel(app, locale_selector=_locale, timezone_selector=access.timezone)
    app.before_request(_known_host(settings))
    access.install(app)
    menu.install(app)
    headers.install(app)
    pages.install(app)
    errors.install(app)
    oauth.install(app)
    portal.install(app)
    crm.install(app)
    mcp.install(app, check=access_token.check)
    return app


def _config(settings: Settings) -> dict[str, object]:
    return {
        "SECRET_KEY": settings.secret_key.get_secret_value(),
        "SQLALCHEMY_DATABASE_URI": settings.database,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(settings.database),
        "MAX_CONTENT_LENGTH": BODY_MAX,
        "MAX_FORM_MEMORY_SIZE": BODY_MAX,
        "SESSION_COOKIE_NAME": "__Host-frontdesk" if settings.https else "frontdesk",
        "SESSION_COOKIE_SECURE": settings.https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": timedelta(days=30),
        "WTF_CSRF_SSL_STRICT": False,  # the consent page sends no Referer (OAUTH §1); the token stays
        "WTF_CSRF_TIME_LIMIT": 12 * 3600,
        "BABEL_DEFAULT_LOCALE": "en_HK",
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "templates" / "translations"),
    }


def _locale() -> str:
    """The first language asked for that we speak, whatever its region: `zh-TW` and `zh` read what we have in Chinese."""
    spoken = {language.partition("_")[0]: language for language in LOCALES}
    asked = (tag.partition("-")[0].lower() for tag in request.accept_languages.values())
    return next((spoken[tag] for tag in asked if tag in spoken), LOCALES[0])


def load_tables() -> None:
    """Import every module under models/, so that the mapper knows all tables."""
    for module in pkgutil.walk_packages(models.__path__, "models."):
        import_module(module.name)


def _known_host(settings: Settings):  # type: ignore[no-untyped-def]
    """Refuse a Host that is not the base URL's with 421."""
    hosts = settings.hosts

    def check() -> Response | None:
        if request.headers.get("Host", "").lower() in hosts or request.path in ANY_HOST:
            return None
        return errors.refused(421)

    return check
