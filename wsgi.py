"""The production entry point: `frontdesk serve`, or `gunicorn --config python:blueprints.commands.edge wsgi:app`."""

from app import create_app

app = create_app()
