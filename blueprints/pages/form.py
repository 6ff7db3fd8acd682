"""What every form shares: a refusal of the model stands beside the field that it names."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms.validators import Length

from blueprints.pages.sentences import sentence_of
from models.base import writing
from models.base.words import one_line
from models.errors import Conflict, DomainError, Invalid, LimitReached


class Form(FlaskForm):
    """A form whose model may still refuse what the validators let through."""

    made: Any = None

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)  # type: ignore[no-untyped-call]

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether every field holds what it may; the sentences stand beside those that do not."""
        return bool(super().validate(extra_validators))  # type: ignore[no-untyped-call]

    def accepted(
        self, verb: Callable[[], Any], *, within: Callable[[], AbstractContextManager[Any]] = writing, **renamed: str
    ) -> bool:
        """Validate, then run a verb of the models in `writing()`; False where either refused, and why stands in the form.

        What the verb returned is in `made`. Fields are `renamed` as in `refuse`. `within=acting` (blueprints/access.py)
        looks at the sign-in and the seat again.
        """
        if not self.validate():
            return False
        try:
            with within():
                self.made = verb()
        except (Invalid, Conflict, LimitReached) as error:
            self.refuse(error, **renamed)
            return False
        return True

    def say(self, sentence: str, field: str | None = None) -> None:
        """Show a sentence beside a field, or over the whole form."""
        named: Any = self._fields.get(field) if field else None
        if named is None:
            self.form_errors = [*self.form_errors, sentence]
        else:
            named.errors = [*named.errors, sentence]

    def refuse(self, error: DomainError, **renamed: str) -> None:
        """Show a model's sentence beside the field that it names; `renamed` where the form calls it otherwise."""
        field = str(error.details.get("field", ""))
        self.say(sentence_of(error), renamed.get(field, field))


def tidy(text: str | None) -> str | None:
    """What was typed, on one line and without what nobody can see; for names and labels."""
    return one_line(text) if text else text


def at_most(limit: int, message: Any = None) -> Length:
    """Refuse more characters than the model takes; the sentence names the limit."""
    return Length(max=limit, message=message or _("At most %(most)s characters.", most=f"{limit:,}"))
