"""A birthday in three inputs: the day, the month, and the year where it is known."""

from typing import Any

from babel.dates import get_month_names
from flask_babel import get_locale, gettext
from wtforms import Field
from wtforms.utils import unset_value
from wtforms.validators import ValidationError

from models.customers.customer import shown_birthday, valid_birthday
from models.errors import Invalid

PARTS = ("year", "month", "day")


class BirthdayField(Field):
    """Its data is `1990-11-23`, `11-23` without the year, or empty. The inputs are named `birthday_day` and so on."""

    parts: dict[str, str]

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        """Take the inputs of a form that was sent, else the text of a birthday."""
        self.process_errors = ()
        names = {part: f"{self.name}_{part}" for part in PARTS}
        if formdata is not None and any(name in formdata for name in names.values()):
            self.parts = {part: formdata.get(name, "").strip().lstrip("0") for part, name in names.items()}
        else:
            self.parts = _parts_of("" if data in (unset_value, None) else data)
        self.data = self._text()

    def pre_validate(self, form: Any) -> None:
        """Refuse half a birthday, and a day that no calendar has."""
        if not self.data:
            return
        if not self.parts["month"] or not self.parts["day"]:
            raise ValidationError(gettext("Choose the day and the month; the year may be left out."))
        try:
            self.data = shown_birthday(valid_birthday(self.data))
        except Invalid:
            raise ValidationError(gettext("There is no such day between 1900 and now.")) from None

    @property
    def months(self) -> list[tuple[str, str]]:
        """January to December, by number, in the language of the page."""
        names = get_month_names("wide", context="stand-alone", locale=get_locale())
        return [(str(number), names[number]) for number in range(1, 13)]

    def _text(self) -> str:
        year, month, day = (self.parts[part] for part in PARTS)
        return "-".join([*filter(None, [year]), month.zfill(2), day.zfill(2)]) if year or month or day else ""


def _parts_of(text: str) -> dict[str, str]:
    numbers = [number.lstrip("0") for number in text.split("-")] if text else []
    return dict(zip(PARTS, ["", "", "", *numbers][-3:], strict=True))
