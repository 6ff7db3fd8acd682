"""All that the application imports, so that a process forked from here starts at once; see tests/forks.py."""

import pkgutil
from importlib import import_module

import gunicorn.app.wsgiapp
import pytest
from sqlalchemy.orm import configure_mappers

import app
import models
from blueprints import commands
from tests import racing, servers

__all__ = ["app", "commands", "gunicorn", "pytest", "racing", "servers"]

for _module in pkgutil.walk_packages(models.__path__, "models."):
    import_module(_module.name)
configure_mappers()
