"""What a tool takes: a model made from the function's parameters, and one plain sentence for each value it refuses."""

import inspect
import types
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic_core import ErrorDetails, to_json

from models.errors import Invalid

IdempotencyKey = Annotated[
    str,
    Field(min_length=8, max_length=64, pattern=r"^[\x21-\x7e]+$", description="Same key, same effect once, for 24 h"),
]
DryRun = Annotated[bool, Field(description="Show the outcome, change nothing")]
ConfirmToken = Annotated[str, Field(max_length=200, description="From needs_confirmation; valid 5 min, once")]

Limit = Annotated[int, Field(ge=1, le=100)]
Cursor = Annotated[str, Field(max_length=1000, description="next_cursor of the page before")]

_WRITE_EXTRAS: Final[dict[str, tuple[Any, Any]]] = {"idempotency_key": (IdempotencyKey, None), "dry_run": (DryRun, False)}
_DESTRUCTIVE_EXTRAS: Final[dict[str, tuple[Any, Any]]] = {"confirm_token": (ConfirmToken, None), **_WRITE_EXTRAS}
EXTRAS: Final[Mapping[str, Mapping[str, tuple[Any, Any]]]] = {
    "read": {},
    "write": _WRITE_EXTRAS,
    "destructive": _DESTRUCTIVE_EXTRAS,
}
"""The arguments that every tool of an access has and that the pipeline, not the tool, understands."""

MESSAGE_MAX = 1000
_SHOWN_FIELDS = 8


def arguments_of(function: Callable[..., Any], access: str) -> type[BaseModel]:
    """The model of a tool's arguments. The first parameter is the call; the others are named and annotated.

    An optional argument is left out, never null: what the schema does not offer is not accepted either.
    """
    hints = get_type_hints(function, include_extras=True)
    fields: dict[str, Any] = {}
    for name in list(inspect.signature(function).parameters)[1:]:
        default = inspect.signature(function).parameters[name].default
        required = default is inspect.Parameter.empty
        fields[name] = (hints[name] if required else _without_none(hints[name]), ... if required else default)
    clash = fields.keys() & EXTRAS[access].keys()
    if clash:
        raise TypeError(f"{function.__name__} must not declare {', '.join(sorted(clash))}: every {access} tool has it.")
    fields |= EXTRAS[access]
    config = ConfigDict(extra="forbid", strict=True, arbitrary_types_allowed=False)
    return create_model(f"{function.__name__}_arguments", __config__=config, **fields)


class BadArguments(Invalid):
    """Arguments that the schema does not allow."""

    def in_words(self, sentence: str) -> str:
        """As it stands: names that a caller made up are in it, so it is nobody's template."""
        return sentence


def validated(model: type[BaseModel], arguments: Mapping[str, Any]) -> BaseModel:
    """The arguments as the function takes them. Raises Invalid naming every field that is wrong, and why.

    Validation runs on JSON, not on Python objects: strict there means what JSON Schema means by a type.
    """
    try:
        checked: BaseModel = model.__pydantic_validator__.validate_json(to_json(dict(arguments)))
    except ValidationError as error:
        raise _refusal(error.errors(include_url=False, include_input=False), model) from None
    return checked


def _refusal(errors: list[ErrorDetails], model: type[BaseModel]) -> Invalid:
    fields: dict[str, str] = {}
    for each in errors:
        fields.setdefault(_path(each["loc"]), _sentence(each, model))
    said = [f"{name} {why}" for name, why in list(fields.items())[:_SHOWN_FIELDS]]
    if len(fields) > _SHOWN_FIELDS:
        said.append(f"and {len(fields) - _SHOWN_FIELDS} more")
    message = "; ".join(said)[:MESSAGE_MAX]
    return BadArguments(f"{message}.", field=next(iter(fields)), fields=dict(list(fields.items())[:_SHOWN_FIELDS]))


def _path(location: tuple[int | str, ...]) -> str:
    """`lines[0].amount_minor`; a name that a caller made up is cut short."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part[:64]}"
    return text.removeprefix(".") or "arguments"


def _sentence(error: ErrorDetails, model: type[BaseModel]) -> str:
    """What is wrong with a field, without repeating what was sent."""
    context = error.get("ctx", {})
    match error["type"]:
        case "missing":
            return "is required"
        case "extra_forbidden":
            known = ", ".join(model.model_fields) or "none"
            return f"is no argument of this tool (arguments: {known})" if len(error["loc"]) == 1 else "is not known here"
        case "greater_than_equal" | "greater_than":
            return f"must be at least {context.get('ge', context.get('gt'))}{_upper(error, model)}"
        case "less_than_equal" | "less_than":
            return f"must be at most {context.get('le', context.get('lt'))}"
        case "string_too_long":
            return f"must have at most {context['max_length']} characters"
        case "string_too_short":
            return f"must have at least {context['min_length']} characters"
        case "too_long":
            return f"must have at most {context['max_length']} entries"
        case "too_short":
            return f"must have at least {context['min_length']} entries"
        case "literal_error" | "enum":
            return f"must be one of {str(context['expected']).replace(' or ', ', ')}"
        case "string_type":
            return "must be text"
        case "int_type" | "int_from_float" | "int_parsing":
            return "must be a whole number"
        case "bool_type" | "bool_parsing":
            return "must be true or false"
        case "list_type" | "tuple_type" | "set_type":
            return "must be a list"
        case "model_type" | "dict_type" | "model_attributes_type":
            return "must be an object"
        case "value_error":
            return str(context["error"]).rstrip(".")
        case _:
            return f"is not valid: {error['msg'][:1].lower()}{error['msg'][1:]}"


def _upper(error: ErrorDetails, model: type[BaseModel]) -> str:
    """The other bound too, so that one refusal says the whole range."""
    field = model.model_fields.get(str(error["loc"][0])) if len(error["loc"]) == 1 else None
    upper = next((each.le for each in field.metadata if hasattr(each, "le")), None) if field is not None else None
    return "" if upper is None else f" and at most {upper}"


def _without_none(hint: Any) -> Any:
    """`Annotated[int | None, Field(…)]` as `Annotated[int, Field(…)]`."""
    origin = get_origin(hint)
    if origin is Annotated:
        inner, *metadata = get_args(hint)
        return Annotated[(_without_none(inner), *metadata)]
    if origin in (Union, types.UnionType):
        kept = tuple(part for part in get_args(hint) if part is not types.NoneType)
        return Union[kept]  # noqa: UP007 - the members are known at run time only
    return hint
