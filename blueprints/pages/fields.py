"""Fields that many forms have. Their limits, and the sentences about them, are the bounds of the model."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import DateField, IntegerField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, NumberRange, Optional, ValidationError

from blueprints.access import workspace
from blueprints.pages.form import at_most, tidy
from blueprints.pages.sentences import sentence_of
from models.base.money import from_minor, read_decimal, to_minor
from models.errors import DomainError

Limits = tuple[int, int | None]
YEARS = range(2000, 2101)
DEAREST = 10**12
"""Minor units; for a price whose column names no upper bound."""
_HUNDREDTH = Decimal("0.01")


def name_field(label: Any, most: int, empty: Any = None, **options: Any) -> StringField:
    """A name or a label on one line; without `empty`, the sentence that asks for it, it may be left out."""
    required = [DataRequired(empty)] if empty is not None else [Optional()]
    attrs = {"maxlength": most, "autocomplete": "off", **options.pop("render_kw", {})}
    return StringField(label, [*required, at_most(most)], filters=[tidy], render_kw=attrs, **options)


def read_by(reader: Callable[[Any], Any]) -> Callable[[Any, Any], None]:
    """A validator: what a reader of the models refuses is said beside the field, together with all else that is wrong."""

    def check(form: Any, field: Any) -> None:
        if not field.data or not str(field.data).strip():
            return
        try:
            reader(field.data)
        except DomainError as error:
            raise ValidationError(sentence_of(error)) from None

    return check


def text_area(label: Any, most: int, empty: Any = None, **options: Any) -> TextAreaField:
    """Several lines of text as they were typed; without `empty`, the sentence that asks for it, it may be left out."""
    required = [DataRequired(empty)] if empty is not None else [Optional()]
    attrs = {"maxlength": most, "rows": 2, **options.pop("render_kw", {})}
    return TextAreaField(label, [*required, at_most(most)], render_kw=attrs, **options)


def number(label: Any, bounds: Limits, default: int | None = None, hint: Any = "") -> IntegerField:
    """A whole number within the bounds of a column; one without a default may be left out."""
    least, most = bounds
    required = [InputRequired(_("Enter a number."))] if default is not None else [Optional()]
    outside = _("At least %(least)s.", least=f"{least:,}")
    if most is not None:
        outside = _("From %(least)s to %(most)s.", least=f"{least:,}", most=f"{most:,}")
    limits = {"min": least, **({"max": most} if most is not None else {})}
    return IntegerField(
        label, [*required, NumberRange(least, most, outside)], default=default, description=hint, render_kw=limits,
        invalid_value_message=_("Enter a whole number."),
    )  # fmt: skip


def day_field(label: Any, *, required: Any = None, default: Any = None, hint: Any = "") -> DateField:
    """A calendar day that the model can reckon with; without `required`, the sentence that asks for it, it may be left out."""
    first = InputRequired(required) if required is not None else Optional()
    return DateField(
        label, [first, DayWithin(_("Choose a day from %(first)s to %(last)s.", first=YEARS[0], last=YEARS[-1]))],
        default=default, description=hint, invalid_value_message=_("Choose a day."),
    )  # fmt: skip


class DayWithin:
    """Refuse years that no calendar of a business needs."""

    def __init__(self, message: Any) -> None:
        self.message = message

    def __call__(self, form: Any, field: Any) -> None:
        if field.data is not None and field.data.year not in YEARS:
            raise ValidationError(self.message)


class ScaledField(StringField):
    """A number in the unit that people think in, kept as whole smaller ones: hours as minutes, per cent as basis points.

    It is filled with the smaller unit and gives it as `value`. Two places after the point are enough for both, and the
    nearest whole number is kept: 1.67 hours are 100 minutes, as they are written.
    """

    unreadable: Any = _("Enter a number, such as 24 or 1.5.")
    too_fine: Any = _("At most two places after the point.")

    def __init__(self, label: Any, bounds: Limits, scale: int = 1, *, empty: Any = None, **options: Any) -> None:
        first = InputRequired(empty) if empty is not None else Optional()
        attrs = {"inputmode": "decimal", "autocomplete": "off", "maxlength": 20}
        super().__init__(label, [first], render_kw=attrs, filters=[tidy], **options)  # type: ignore[no-untyped-call]
        self.least, self.most = bounds[0], DEAREST if bounds[1] is None else bounds[1]
        self.scale = scale
        self.value = 0

    def larger(self, value: int) -> Decimal:
        """So many of the smaller unit in the larger one."""
        return (Decimal(value) / self.scale).quantize(_HUNDREDTH)

    def smaller(self, number: Decimal) -> int | None:
        """So many of the larger unit in the smaller one; None where it was given too finely."""
        return round(number * self.scale) if number == number.quantize(_HUNDREDTH) else None

    def written(self, value: int) -> str:
        """How the smaller unit stands in the field: `1.5`, `24`."""
        return f"{self.larger(value):f}".rstrip("0").rstrip(".")

    def process_data(self, value: Any) -> None:
        """Take the smaller unit."""
        self.data = self.written(value) if value is not None else None

    def pre_validate(self, form: Any) -> None:
        """Read the number; refuse what the model does not have."""
        if not self.data:
            return
        number = read_decimal(self.data)
        if number is None:
            raise ValidationError(str(self.unreadable))
        value = self.smaller(number)
        if value is None:
            raise ValidationError(str(self.too_fine))
        if not self.least <= value <= self.most:
            least, most = (_plain(self.larger(bound)) for bound in (self.least, self.most))
            raise ValidationError(gettext("From %(least)s to %(most)s.", least=least, most=most))
        self.value = value


class PriceField(ScaledField):
    """An amount in the workspace's currency as people write it. It is filled with minor units and gives them as `minor`."""

    unreadable = _("Enter an amount, such as 480 or 480.50.")
    too_fine = _("This currency has no such small change.")

    def __init__(self, label: Any, bounds: Limits, *, required: bool = True, **options: Any) -> None:
        super().__init__(label, bounds, empty=_("Enter a price.") if required else None, **options)

    @property
    def minor(self) -> int:
        """What was typed, in minor units; only of a form that is valid."""
        return self.value

    def larger(self, value: int) -> Decimal:
        """Minor units as an amount."""
        return from_minor(value, workspace().currency)

    def smaller(self, number: Decimal) -> int | None:
        """An amount in minor units; None where it is finer than the currency."""
        return to_minor(number, workspace().currency)

    def written(self, value: int) -> str:
        """With as many decimal places as the currency has."""
        return f"{self.larger(value):f}"


def _plain(amount: Decimal) -> str:
    """An amount in a sentence: whole where it is whole."""
    return f"{int(amount):,}" if amount == amount.to_integral_value() else f"{amount:,f}"
