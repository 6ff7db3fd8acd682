"""All that the application imports, so that a process forked from here starts at once; see tests/forks.py."""

import gunicorn.app.wsgiapp
import pytest
from sqlalchemy.orm import configure_mappers

import app
from blueprints import commands
from tests import racing, servers

__all__ = ["app", "commands", "gunicorn", "pytest", "racing", "servers"]

app.load_tables()
configure_mappers()
