"""When something was used last, remembered at most once a minute, so that a busy app costs no write a call."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_

from models import clock

_EVERY = timedelta(minutes=1)


def is_due(last_used_at: datetime | None) -> bool:
    """Whether a use now is to be remembered."""
    return last_used_at is None or last_used_at < clock.now() - _EVERY


def due(column: Any) -> ColumnElement[bool]:
    """The same as a condition of the UPDATE, for whoever comes at the same moment."""
    return or_(column.is_(None), column < clock.now() - _EVERY)
