"""Clients and keys made in Settings → API, for tests."""

from collections.abc import Collection
from typing import Any

from flask import Flask

from models.activity.actor import Actor
from models.base import enter, writing
from models.oauth.api_key import ApiKey
from models.oauth.client import Client
from tests.cast import Person, Place
from tests.oauth.flow import CALLBACK, App

TICKED = ("mcp.read", "mcp.write")


def created(app: Flask, place: Place, person: Person, *, scopes: Collection[str] = TICKED, **options: Any) -> App:
    """A client of a workspace, confidential unless said otherwise."""
    options = {"name": "Script", "redirect_uris": [CALLBACK], "confidential": True} | options
    with app.app_context(), writing():
        enter(place.id)
        made = Client.create(place, Actor("user", user_id=person.id), scopes=scopes, **options)
        return App(app.test_client(), id=made.client.id, secret=made.secret)


def key(app: Flask, place: Place, person: Person, *, scopes: Collection[str] = ("mcp.read",), role: str = "owner") -> str:
    """An API key of a workspace."""
    with app.app_context(), writing():
        enter(place.id)
        return ApiKey.create(place, Actor("user", user_id=person.id), name="Cron", scopes=scopes, role=role).value
