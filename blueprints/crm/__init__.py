"""The pages of a workspace: its figures, customers, bookings, and what was done."""

from flask import Flask

from blueprints.crm import (
    activity,
    archival,
    booking,
    booking_customer,
    booking_details,
    bookings,
    cancellations,
    classes,
    custom_fields,
    customer_forms,
    customers,
    dashboard,
    endings,
    hours,
    merges,
    moves,
    no_shows,
    notes,
    opt_ins,
    packages,
    persons_services,
    places,
    profile,
    reservations,
    resources,
    segments,
    services,
    staff,
    tags,
    tags_of_one,
    timetables,
)
from blueprints.crm.blueprint import bp

__all__ = [
    "activity",
    "archival",
    "booking",
    "booking_customer",
    "booking_details",
    "bookings",
    "bp",
    "cancellations",
    "classes",
    "custom_fields",
    "customer_forms",
    "customers",
    "dashboard",
    "endings",
    "hours",
    "install",
    "merges",
    "moves",
    "no_shows",
    "notes",
    "opt_ins",
    "packages",
    "persons_services",
    "places",
    "profile",
    "reservations",
    "resources",
    "segments",
    "services",
    "staff",
    "tags",
    "tags_of_one",
    "timetables",
]


def install(app: Flask) -> None:
    """Register the blueprint with every route that the modules above hung on it."""
    app.register_blueprint(bp)
