"""A record of the workspace, chosen from a list: the live ones, and the one that is chosen already though it was put away."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Optional

from blueprints.access import workspace
from blueprints.pages.records import record
from models.bookings.location import Location
from models.errors import NotFound


class RecordField(SelectField):
    """A select of records by their shown id; `first` stands for none of them. It is filled with an id and gives the `record`.

    `archived_too`: what was put away may be chosen anew. An id that is gone or another workspace's is said beside the
    field, and the rest of the form is kept.
    """

    def __init__(
        self, label: Any, noun: Any, first: Any, *, required: Any = None, put_away: Any = None, archived_too: bool = False,
        **options: Any,
    ) -> None:  # fmt: skip
        self.noun, self.first, self.put_away = noun, first, put_away or _("%(name)s (no longer there)")
        self.archived_too = archived_too
        self.kept: list[SelectChoice] = []
        validators = [DataRequired(required) if required is not None else Optional()]
        message = _("This is not there any more. Choose again.")
        super().__init__(  # type: ignore[no-untyped-call]
            label, validators, choices=self._all, invalid_choice_message=message, **options
        )

    @property
    def record(self) -> Any:
        """The record that is chosen; None for none, and for one that is not there."""
        with suppress(NotFound):
            return record(self.noun, self.data) if self.data else None
        return None

    @property
    def record_id(self) -> int | None:
        """Its id, or None."""
        found = self.record
        return found.id if found is not None else None

    @property
    def offered(self) -> int:
        """How many records there are to choose from."""
        return len(self.choices) - 1

    def offer(self, records: Iterable[Any]) -> None:
        """Offer these instead of all that are live."""
        self.choices = self._options(records)

    def process_data(self, value: Any) -> None:
        """Take the id of the record chosen so far; one that was put away can stay chosen."""
        found = self.noun.find(workspace(), value) if value else None
        self.data = found.shown_id if found is not None else ""
        self._keep(found)

    def process_formdata(self, valuelist: Any) -> None:
        """Take a shown id; where what was put away can be asked for too, it becomes a choice."""
        super().process_formdata(valuelist)  # type: ignore[no-untyped-call]
        if self.archived_too and self.data:
            self._keep(self.record)

    def _keep(self, found: Any) -> None:
        if found is not None and found.archived_at is not None:
            self.kept = [SelectChoice(found.shown_id, str(self.put_away) % {"name": found.name})]

    def _all(self) -> list[SelectChoice]:
        return self._options(self.noun.active(workspace()))

    def _options(self, records: Iterable[Any]) -> list[SelectChoice]:
        live = [SelectChoice(each.shown_id, each.name) for each in records]
        return [SelectChoice("", str(self.first)), *live, *self.kept]


def location_field(label: Any, first: Any, **options: Any) -> RecordField:
    """A place, or none in particular."""
    return RecordField(label, Location, first, put_away=_("%(name)s (closed)"), **options)
