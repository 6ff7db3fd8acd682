"""Every component on one page, over the kit alone: no database, no sign-in. What the kit's own browser tests look at."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

from flask import Flask, Response, flash, render_template, request
from flask_babel import Babel
from flask_wtf import CSRFProtect, FlaskForm
from jinja2 import ChoiceLoader, FileSystemLoader
from werkzeug.serving import BaseWSGIServer, make_server
from wtforms import BooleanField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Optional

from blueprints import headers, htmx, pages
from blueprints.pages.navigation import Group, Link, navigation

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)
NAMES = ("陳志明", "Amelia Chan", "A", "Christopher Featherstonehaugh-Cholmondeley-Montgomery", "黃美玲 🌸", "محمد علي")


@dataclass(frozen=True)
class Named:
    """A workspace or a user, as the layout sees it."""

    name: str
    email: str = "alice@demo.test"
    slug: str = "lotus-spa"


class ServiceForm(FlaskForm):
    """One control of each kind."""

    name = StringField("Name", [InputRequired("Enter the name.")])
    minutes = IntegerField("Minutes", [InputRequired("Enter how long it takes.")], description="Without cleaning up.")
    price = StringField("Price", [Optional()])
    category = SelectField("Category", choices=[("m", "Massage"), ("h", "Hair")])
    kind = RadioField("Kind", choices=[("a", "Appointment"), ("c", "Class")], validators=[InputRequired("Choose one.")])
    about = TextAreaField("Description", [Optional()])
    online = BooleanField("Customers may book it", description="On the public page.")


@dataclass
class Gallery:
    """The application on a loopback port."""

    app: Flask
    server: BaseWSGIServer = field(init=False)

    def __post_init__(self) -> None:
        self.server = make_server("127.0.0.1", 0, self.app, threaded=True)
        Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def stop(self) -> None:
        self.server.shutdown()


def gallery(locale: str = "en_HK") -> Flask:
    """The kit as app.py wires it, with pages of its own."""
    app = Flask("gallery", root_path=str(ROOT))
    app.config.update(SECRET_KEY="a secret of the tests", WTF_CSRF_SSL_STRICT=False)
    app.jinja_loader = ChoiceLoader([FileSystemLoader(ROOT / "tests/e2e/pages"), FileSystemLoader(ROOT / "templates")])
    Babel(app, locale_selector=lambda: locale, timezone_selector=lambda: "Asia/Hong_Kong")
    CSRFProtect(app)
    headers.install(app)
    pages.install(app)
    app.context_processor(_for_templates)
    app.add_url_rule("/", "everything", _everything)
    app.add_url_rule("/form", "form", _form, methods=["GET", "POST"])
    app.add_url_rule("/card", "card", lambda: render_template("card.html"))
    app.add_url_rule("/notes", "notes", _note, methods=["POST"])
    app.add_url_rule("/rows/<int:row>/removal", "removal", _removal, methods=["POST"])
    app.add_url_rule("/refusal", "refusal", _refusal, methods=["POST"])
    app.add_url_rule("/consent", "consent", _consent)
    app.add_url_rule("/pinning", "pinning", _pinning, methods=["POST"])
    app.add_url_rule("/ended", "ended", _ended, methods=["GET", "POST"])
    app.add_url_rule("/login", "login", _login, methods=["GET", "POST"])
    return app


def _for_templates() -> dict[str, object]:
    links = [Link("everything", "Everything", "layout-dashboard", waiting=2), Link("form", "Form", "settings")]
    return {
        "signed_in_user": Named("Alice Wong", request.args.get("as", "alice@demo.test")),
        "workspace": Named("Lotus Spa"),
        "nav": navigation(Group(None, links), Group("Elsewhere", [Link("absent", "Absent")])),
    }


def _everything() -> str | Response:
    if htmx.wants_fragment():
        return htmx.page_or_fragment("everything.html", "_found.html")
    days = [(f"{day} Nov", 100_00 * ((day * 37) % 23)) for day in range(1, 31)]
    before = [value // 2 for _, value in days]
    return render_template("everything.html", now=NOW, day=timedelta(days=1), days=days, before=before, names=NAMES)


def _form() -> Response:
    form = ServiceForm()
    if form.is_submitted() and not form.validate():
        return htmx.unprocessable("form.html", "_form.html", form=form)
    if form.is_submitted():
        flash("Saved.")
        return htmx.go("/")
    return htmx.page_or_fragment("form.html", "_form.html", form=form)


def _note() -> Response:
    flash("Note added.")
    return htmx.changed("_note.html", back_to="/", text=request.form["body"])


def _removal(row: int) -> Response:
    flash(f"Row {row} removed.")
    return htmx.changed(None, back_to="/")


def _refusal() -> Response:
    return htmx.refused("Somebody else changed this meanwhile.", 409)


def _pinning() -> Response:
    return htmx.changed("_pin.html", back_to="/", pinned=request.form["pinned"] == "yes")


def _ended() -> Response:
    """A form whose sign-in has always ended by the time it is sent."""
    if request.method == "GET":
        return htmx.page_or_fragment("ended.html", "ended.html")
    return htmx.signed_out("/login") if htmx.is_htmx() else htmx.go("/login?next=/ended")


def _login() -> Response:
    return htmx.go("/ended") if request.method == "POST" else htmx.page_or_fragment("login.html", "login.html")


def _consent() -> str:
    headers.consent_page()
    return render_template("consent.html")
