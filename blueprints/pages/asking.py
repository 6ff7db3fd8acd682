"""A page that asks before something goes: the question, what follows from it, the button that does it, and the way back."""

from collections.abc import Sequence

from flask import Response

from blueprints.htmx import page_or_fragment


def ask_first(question: str, button: str, *sentences: str, action: str, trail: Sequence[tuple[str, str]]) -> Response:
    """Ask. `action` is posted to by the button; `trail` are the pages above, the last of which is gone back to."""
    shown = {"question": question, "sentences": sentences, "button_label": button, "action": action, "trail": trail}
    return page_or_fragment("crm/asking.html", "crm/_asking.html", **shown)
