"""The desk as a program of its own, for real clients over HTTP: gunicorn runs `tests.mcp.served_app:app`."""

from sqlalchemy import select

from app import create_app
from models.accounts.workspace import Workspace
from models.base import db
from models.oauth.standing import WorkspaceFacts
from tests.mcp.desk import Desk

app = create_app()

with app.app_context():
    found = db.session.scalars(select(Workspace).where(Workspace.slug == "lotus-spa")).one()
    facts = WorkspaceFacts(found.id, found.slug, found.name, found.timezone, found.plan_code)
    db.session.remove()
    db.engine.dispose()

desk = Desk(app, facts).open()
desk.admit()
desk.admit("reader", scopes=("mcp.read",))
