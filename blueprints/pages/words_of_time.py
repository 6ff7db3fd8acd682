"""Weekdays and minutes of the day, in the language of the page."""

from datetime import time

from babel.dates import get_day_names
from flask_babel import format_time, get_locale, ngettext


def weekdays() -> list[str]:
    """Monday to Sunday."""
    names = get_day_names("wide", locale=get_locale())
    return [names[number].capitalize() for number in range(7)]


def clock_time(minutes: int) -> str:
    """Minutes after midnight as `09:30`; past 1,440 it is the next day's."""
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}"


def time_of_day(minutes: int) -> str:
    """Minutes after midnight as the page writes times; past 1,440 it is the next day's."""
    return str(format_time(time(minutes // 60 % 24, minutes % 60), "short", rebase=False))


def length_of(minutes: int) -> str:
    """How long, in the largest unit that leaves nothing over; an hour and a half stays 90 minutes."""
    if minutes and minutes % 1_440 == 0:
        return str(ngettext("%(num)d day", "%(num)d days", minutes // 1_440))
    if minutes and minutes % 60 == 0:
        return str(ngettext("%(num)d hour", "%(num)d hours", minutes // 60))
    return str(ngettext("%(num)d minute", "%(num)d minutes", minutes))
