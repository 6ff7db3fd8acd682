"""Money, instants and names as a person in this workspace reads them; Babel knows the locale and the zone."""

import unicodedata
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal, Protocol
from zlib import crc32

from babel.core import Locale, UnknownLocaleError
from babel.dates import format_skeleton, get_datetime_format
from babel.numbers import get_currency_symbol
from flask_babel import format_currency, format_date, format_time, format_timedelta, get_locale, gettext, to_user_timezone

from models import clock
from models.base.money import from_minor

Style = Literal["datetime", "date", "time", "day", "ago"]
TINTS = 4


class Amount(Protocol):
    """Money as the models give it."""

    @property
    def minor(self) -> int: ...
    @property
    def currency(self) -> str: ...


def money(amount: Amount | int, currency: str | None = None, *, whole: bool = False) -> str:
    """An amount in minor units as text, `money(invoice.total)` or `money(125000, "HKD")` → `HK$1,250.00`.

    `whole` rounds to whole units: for the large figures of a page, never for what somebody owes.
    """
    minor, code = (amount, currency) if isinstance(amount, int) else (amount.minor, amount.currency)
    if code is None:
        raise ValueError("A number of minor units needs its currency.")
    value = from_minor(minor, code)
    if whole:
        value = value.quantize(Decimal(1), ROUND_HALF_EVEN)
    text = str(format_currency(value, code, format="¤#,##0" if whole else None, currency_digits=not whole))
    symbol = get_currency_symbol(code, get_locale())
    return text.replace(symbol, f"{symbol}\N{NO-BREAK SPACE}") if symbol[-1:].isalpha() else text  # CLDR: KWD 1.250


def iso(instant: datetime) -> str:
    """The instant for `<time datetime>`, with the workspace's offset."""
    return str(to_user_timezone(instant).isoformat(timespec="seconds"))


def moment(instant: datetime, style: Style = "datetime") -> str:
    """The instant in words, in the workspace's zone; `day` leaves out the year and names the weekday, `ago` tells how long
    it is since then, for a week, and then the date.
    """
    match style:
        case "ago":
            return _ago(instant)
        case "time":
            return str(format_time(instant, "short"))
        case "date":
            return day(to_user_timezone(instant).date())
    locale = get_locale()
    date_text = moment(instant, "date")
    if style == "day":
        date_text = str(format_skeleton("MMMEd", to_user_timezone(instant), locale=locale))
    return str(get_datetime_format("medium", locale=locale)).format(moment(instant, "time"), date_text)


def _ago(instant: datetime) -> str:
    since = clock.now() - instant
    if abs(since) < timedelta(minutes=1):
        return str(gettext("just now"))
    if abs(since) >= timedelta(days=7):
        return moment(instant, "date")
    return str(format_timedelta(-since, granularity="minute", add_direction=True))


def wall(local: datetime) -> str:
    """A time of a wall clock in words, whatever its zone: `29 Nov 2026, 3:30 pm`."""
    time_text = str(format_time(local, "short", rebase=False))
    return str(get_datetime_format("medium", locale=get_locale())).format(time_text, day(local.date()))


def day(value: date) -> str:
    """A calendar day in words; it has no zone."""
    return str(format_date(value, "medium", rebase=False))


def birthday_of(stored: str) -> str:
    """A birthday in words: `1990-11-23`, or `11-23` where nobody knows the year."""
    dated = stored.count("-") == 2
    value = date.fromisoformat(stored if dated else f"2000-{stored}")
    return str(format_skeleton("yMMMd" if dated else "MMMd", value, locale=get_locale()))


def language_name(tag: str) -> str:
    """What a language is called in the language of the page: `zh-HK` → `Chinese (Hong Kong SAR China)`."""
    try:
        name = Locale.parse(tag.replace("_", "-"), sep="-").get_display_name(get_locale())
    except (UnknownLocaleError, ValueError):
        return tag
    return f"{name[:1].upper()}{name[1:]}" if name else tag


def initials(name: str) -> str:
    """One or two letters for a person's disc: `Ada Lovelace` → `AL`, `陳志明` → `陳`; nothing readable → `·`."""
    words = [letters for word in name.split() if (letters := [c for c in word if unicodedata.category(c)[0] == "L"])]
    if not words:
        return "·"
    first, last = words[0][0], words[-1][0]
    alone = len(words) == 1 or not unicodedata.category(first).startswith("Lu")
    return (first if alone else first + last).upper()


def tint(name: str) -> int:
    """Which of the four tints a name always has."""
    return crc32(name.encode()) % TINTS
