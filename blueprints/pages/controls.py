"""What a form control says about itself to a screen reader."""

from collections.abc import Mapping
from typing import Any, Protocol


class Control(Protocol):
    """The part of a WTForms field that this needs."""

    @property
    def id(self) -> str: ...
    @property
    def errors(self) -> Any: ...


def control_attrs(control: Control, hint: str | None, attrs: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes for a WTForms control: the ids of its hint and its error, and whether it is wrong."""
    described = [f"{control.id}-hint"] if hint else []
    said: dict[str, Any] = dict(attrs)
    if control.errors:
        described.append(f"{control.id}-problem")
        said["aria-invalid"] = "true"
    if described:
        said["aria-describedby"] = " ".join(described)
    return said
