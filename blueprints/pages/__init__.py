"""What every page shares: its language, money and times in the workspace's zone, the navigation, charts."""

from datetime import date

from flask import Flask
from flask_babel import get_locale

from blueprints.pages import formats, words_of_time
from blueprints.pages.charts import chart_of
from blueprints.pages.controls import control_attrs
from blueprints.pages.lists import kept_arguments
from blueprints.pages.outcomes import OUTCOMES

__all__ = ["chart_of", "install"]


def install(app: Flask) -> None:
    """Give the templates what the components use."""
    app.jinja_env.globals.update(
        language=language,
        money=formats.money,
        iso=formats.iso,
        moment=formats.moment,
        day=formats.day,
        birthday_of=formats.birthday_of,
        language_name=formats.language_name,
        initials=formats.initials,
        kept_arguments=kept_arguments,
        tint=formats.tint,
        chart_of=chart_of,
        date_of=date.fromisoformat,
        length_of=words_of_time.length_of,
        time_of_day=words_of_time.time_of_day,
        control_attrs=control_attrs,
        outcomes=OUTCOMES,
    )


def language() -> str:
    """The page's language as BCP 47 has it: `en-HK`, `zh-Hant-HK`."""
    return str(get_locale() or "en").replace("_", "-")
