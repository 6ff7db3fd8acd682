"""Where a visitor probably is, by the languages their browser asks for: what a new workspace begins with."""

from dataclasses import replace

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.numbers import get_territory_currencies
from flask import request
from flask_babel import get_locale
from phonenumbers import SUPPORTED_REGIONS

from models.accounts.founding import Place

LARGEST = {
    "US": "America/New_York", "CA": "America/Toronto", "AU": "Australia/Sydney", "BR": "America/Sao_Paulo", "CN": "Asia/Shanghai",
    "MX": "America/Mexico_City", "NZ": "Pacific/Auckland", "DE": "Europe/Berlin", "ES": "Europe/Madrid", "PT": "Europe/Lisbon",
    "ID": "Asia/Jakarta", "MY": "Asia/Kuala_Lumpur", "UA": "Europe/Kyiv", "AR": "America/Buenos_Aires", "CL": "America/Santiago",
}  # fmt: skip
"""The zone where most people live, for countries that have several."""


def likely_place() -> Place:
    """The zone, currency and phone region of the first country that the browser's languages name; UTC without one."""
    territory = next(filter(None, map(_territory, request.accept_languages.values())), None)
    if territory is None:
        return Place(locale=str(get_locale()))
    zones = get_global("territory_zones").get(territory, [])
    zone = zones[0] if len(zones) == 1 else LARGEST.get(territory, "UTC")
    currency = next(iter(get_territory_currencies(territory)), "USD")
    place = Place(zone, currency, str(get_locale()))
    return replace(place, phone_region=territory) if territory in SUPPORTED_REGIONS else place


def _territory(tag: str) -> str | None:
    try:
        return Locale.parse(tag, sep="-").territory
    except (ValueError, UnknownLocaleError):
        return None
