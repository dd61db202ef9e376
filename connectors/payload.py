"""What a vendor's row is expected to hold: every field may be missing or null, what is not expected is kept and counted."""
from __future__ import annotations

from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo

from connectors.landed import is_message_text


class Payload(BaseModel):
    """Base of all payload models. Fields are declared as they come, each with a default of None; numbers may come as text.

    A field that holds another kind of value than declared is treated like an unknown one: kept, counted, not used.
    """

    model_config = ConfigDict(extra="allow", coerce_numbers_to_str=True)


Text = str | None
Flag = bool | None


def validated(model: type[Payload], body: dict[str, Any]) -> Payload:
    """The row as its model; a value of another kind than declared stands under its name with "(as sent)"."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        wrong = {str(fault["loc"][0]) for fault in error.errors()}
        return model.model_validate({k: v for k, v in body.items() if k not in wrong} | {f"{k} (as sent)": body[k] for k in wrong if k in body})


def inner_model(field: FieldInfo) -> type[Payload] | None:
    """The model of a field that holds one."""
    return next((a for a in (field.annotation, *get_args(field.annotation)) if isinstance(a, type) and issubclass(a, Payload)), None)


def leaves(model: type[Payload], prefix: str = "") -> list[str]:
    """Dotted names of all declared fields: the columns of a landed table, the same for every pull."""
    found = []
    for name, field in ((field.alias or name, field) for name, field in model.model_fields.items()):
        inner = inner_model(field)
        found += leaves(inner, f"{prefix}{name}.") if inner else [prefix + name]
    return found


def without_text(row: dict[str, Any]) -> dict[str, Any]:
    """The row without message bodies, which are not landed unless settings keep text; the row itself where it holds none."""
    return _bare(row) if _holds_text(row) else row


def _is_text(key: str, value: Any) -> bool:
    return is_message_text(key) and (isinstance(value, str) or (isinstance(value, list) and not any(isinstance(i, dict) for i in value)))


def _holds_text(value: Any) -> bool:
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, str):
                if is_message_text(key):
                    return True
            elif isinstance(inner, dict | list) and (_is_text(key, inner) or _holds_text(inner)):
                return True
    elif isinstance(value, list):
        for inner in value:
            if isinstance(inner, dict | list) and _holds_text(inner):
                return True
    return False


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _bare(inner) for key, inner in value.items() if not _is_text(key, inner)}
    return [_bare(inner) for inner in value] if isinstance(value, list) else value
