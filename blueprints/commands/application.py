"""The application as commands build it: with the settings of the environment, and in a demo's data directory the demo's own."""

from importlib import import_module
from typing import Any

from flask import Flask
from pydantic import SecretStr

from blueprints.commands.data_dir import DataDir
from models.settings import Settings, SettingsError, read

FALLBACK_URL = "http://127.0.0.1:8000"


def operator_settings(*, needs_secret: bool = False) -> Settings:
    """The environment's settings; where the demo runs in this data directory, its secret and address stand in for missing ones.

    Raises SettingsError, also when a secret is needed and there is none.
    """
    chosen = read()
    data = DataDir(chosen.data_dir)
    values: dict[str, Any] = {}
    if not chosen.secret_key.get_secret_value() and data.secret is not None:
        values["secret_key"] = SecretStr(data.secret)
    if not chosen.base_url:
        mark = data.mark
        values["base_url"] = mark.base_url if mark is not None else FALLBACK_URL
    chosen = chosen.model_copy(update=values)
    if needs_secret:
        require_secret(chosen)
    return chosen


def serving_settings() -> Settings:
    """The operator's settings, with the address and the secret that serving needs. Raises SettingsError."""
    chosen = read()
    if not chosen.base_url:
        raise SettingsError("FRONTDESK_BASE_URL is not set: the public address, such as https://desk.example.com.")
    require_secret(chosen)
    return chosen


def require_secret(chosen: Settings) -> None:
    """Refuse to go on without a secret: everything signed or encrypted hangs on it. Raises SettingsError."""
    if not chosen.secret_key.get_secret_value():
        raise SettingsError(
            "FRONTDESK_SECRET_KEY is not set. Make one with `openssl rand -base64 48` and keep it: FRONTDESK_SECRET_KEY,"
            " or a file named by FRONTDESK_SECRET_KEY_FILE."
        )


def application(chosen: Settings | None = None) -> Flask:
    """The application over these settings, else over the operator's. The factory is named by path: nothing imports app."""
    chosen = chosen or operator_settings()
    DataDir(chosen.data_dir).make()
    built: Flask = import_module("app").create_app(chosen)
    return built
