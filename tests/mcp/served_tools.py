"""The tools that are really served, with tokens of the tests' own, as a program: gunicorn runs `tests.mcp.served_tools:app`."""

from sqlalchemy import select

import blueprints.mcp.tools
from app import create_app
from blueprints.mcp.registry import tools_in
from models.accounts.workspace import Workspace
from models.base import db
from models.oauth.standing import WorkspaceFacts
from tests.mcp.desk import Desk

app = create_app()

with app.app_context():
    found = db.session.scalars(select(Workspace).where(Workspace.slug == "lotus-spa")).one()
    facts = WorkspaceFacts(
        found.id, found.slug, found.name, found.timezone, found.plan_code, found.currency, found.locale,
        phone_region=found.phone_region,
    )  # fmt: skip
    db.session.remove()
    db.engine.dispose()

desk = Desk(app, facts).open(*tools_in(blueprints.mcp.tools))
desk.admit()
desk.admit("reader", scopes=("mcp.read",))
desk.admit("writer", scopes=("mcp.read", "mcp.write"))
desk.admit("nothing", scopes=("offline_access",))
