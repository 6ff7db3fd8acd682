"""An opaque value as somebody presented it: where its row is, if it is anywhere."""

from typing import NamedTuple

from models import opaque
from models.base import enter


class Place(NamedTuple):
    """The workspace that stands in front of a value, and the hash that its row is found by there."""

    workspace_id: int
    hash: str


def place_of(prefix: str, value: str) -> Place | None:
    """Where the row of a value of this kind would be; its workspace is entered. None for what is no such value."""
    workspace_id = opaque.workspace_of(prefix, value)
    if workspace_id is None:
        return None
    enter(workspace_id)
    return Place(workspace_id, opaque.digest(value))
