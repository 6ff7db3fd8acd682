"""What a load balancer asks. Both answer for any Host and say nothing about the installation."""

from flask import Response, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from blueprints.portal.blueprint import bp
from models.base import db


@bp.get("/healthz")
def healthz() -> Response:
    """The process answers."""
    return _said("ok", 200)


@bp.get("/readyz")
def readyz() -> Response:
    """The process answers, and so does its migrated database; else 503."""
    try:
        db.session.execute(text("SELECT version_num FROM alembic_version")).one()
    except SQLAlchemyError:
        return _said("waiting for the database", 503)
    return _said("ready", 200)


def _said(status: str, code: int) -> Response:
    response = jsonify(status=status)
    response.status_code = code
    response.headers["Cache-Control"] = "no-store"
    return response
