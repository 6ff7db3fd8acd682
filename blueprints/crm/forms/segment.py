"""A segment: a filter with a name, typed or put together from pickers."""

from collections.abc import Mapping, Sequence

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice

from blueprints.crm.comparisons import COMPARISONS, Comparison
from blueprints.crm.filter_words import FieldWords, fields_here, parts_of, test_of, worded
from blueprints.pages.fields import name_field, text_area
from blueprints.pages.form import Form
from models.customers.filter import All, parse, write
from models.customers.filter.text import TEXT_MAX
from models.customers.filter.tree import VALUE_MAX, tidy
from models.errors import Invalid
from models.insights.segment import NAME_MAX


class SegmentForm(Form):
    """Its name, its filter as text, and three pickers for one test more: what is asked, how it is compared, with what."""

    name = name_field(_("Name"), NAME_MAX, _("Enter a name."))
    filter = text_area(
        _("Filter"), TEXT_MAX, _("Say who belongs to it."), description=_("Such as tag:vip last_booking>60d -tag:new."),
        render_kw={"rows": 3, "spellcheck": "false", "autocapitalize": "none"},
    )  # fmt: skip
    field = SelectField(_("What"), validate_choice=False)
    how = SelectField(_("Compared"), validate_choice=False)
    value = StringField(_("With"), render_kw={"maxlength": VALUE_MAX, "autocomplete": "off"})

    @property
    def fields(self) -> Mapping[str, FieldWords]:
        """The fields there are to choose from."""
        if not hasattr(self, "_fields_here"):
            self._fields_here = fields_here()
        return self._fields_here

    @property
    def chosen(self) -> FieldWords | None:
        """The field that is picked now."""
        return self.fields.get(self.field.data or "")

    @property
    def comparison(self) -> Comparison | None:
        """How the chosen field is compared: as picked, else in its first way."""
        if self.chosen is None:
            return None
        return self.chosen.comparisons.get(self.how.data or "") or next(iter(self.chosen.comparisons.values()))

    def offer(self) -> None:
        """Fill the pickers: all fields, and the comparisons of the chosen one, or of all where none is."""
        self.field.choices = [SelectChoice("", gettext("Choose…")), *(
            SelectChoice(name, words.label) for name, words in self.fields.items()
        )]  # fmt: skip
        kinds = [self.chosen.comparisons] if self.chosen else COMPARISONS.values()
        ways = {how: each.said for comparisons in kinds for how, each in comparisons.items()}
        self.how.choices = [SelectChoice(how, said) for how, said in ways.items()]

    def take_up(self) -> bool:
        """Add the test in the pickers to the filter's text, if there is one. False where it cannot be, and why is said."""
        if not self.field.data:
            return True
        try:
            test = test_of(self.fields, self.field.data, self.how.data or "", self.value.data or "")
            self._say_filter(write(tidy(All(all=(parse(self.filter.data or ""), test)))))
        except Invalid as error:
            self.refuse(error)
            return False
        self.field.data = self.how.data = self.value.data = None
        self.value.raw_data = None
        return True

    def drop(self, number: int) -> None:
        """Leave out one of the tests that must all hold; a filter that cannot be read has none to leave out."""
        try:
            parts = parts_of(parse(self.filter.data or ""))
        except Invalid as error:
            self.refuse(error)
            return
        self._say_filter(write(tidy(All(all=tuple(part for place, part in enumerate(parts) if place != number)))))

    def tests(self) -> Sequence[tuple[str, bool]]:
        """The tests of the filter as it stands, in words where there are words, else as they are written (then False)."""
        try:
            parts = parts_of(parse(self.filter.data or ""))
        except Invalid:
            return []
        said = [(worded(part, self.fields), write(part)) for part in parts if part != All(all=())]
        return [(words or text, words is not None) for words, text in said]

    def _say_filter(self, text: str) -> None:
        self.filter.data, self.filter.raw_data = text, [text]

