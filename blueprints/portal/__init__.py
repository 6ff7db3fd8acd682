"""The account side of the portal: signing in, workspaces, connecting apps and taking their access back."""

from flask import Flask

from blueprints.portal import (
    account,
    accounts,
    audit,
    clients,
    connect,
    connected_apps,
    keys,
    operations,
    password_reset,
    plan,
    public,
    sign_ins,
    team,
    workspace_settings,
    workspaces,
)
from blueprints.portal.blueprint import bp

__all__ = [
    "account",
    "accounts",
    "audit",
    "clients",
    "connect",
    "connected_apps",
    "install",
    "keys",
    "operations",
    "password_reset",
    "plan",
    "public",
    "sign_ins",
    "team",
    "workspace_settings",
    "workspaces",
]


def install(app: Flask) -> None:
    """Register the blueprint with every route that the modules above hung on it."""
    app.register_blueprint(bp)
