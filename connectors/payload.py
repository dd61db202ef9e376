"""What a vendor's row is expected to hold: every field may be missing or null, what is not expected is kept and counted."""
from __future__ import annotations

import json
from collections import Counter
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from connectors.landed import is_message_text


class Payload(BaseModel):
    """Base of all payload models. Fields are declared as they come, each with a default of None; numbers may come as text.

    A field that holds another kind of value than declared is treated like an unknown one: kept, counted, not used.
    """

    model_config = ConfigDict(extra="allow", coerce_numbers_to_str=True)


Text = str | None
Flag = bool | None


def read(model: type[Payload], body: dict[str, Any], unknown: Counter[str]) -> dict[str, Any]:
    """The row with its declared fields and, under small letters, all others; the dotted names of those are counted."""
    try:
        told = model.model_validate(body)
    except ValidationError as error:
        wrong = {str(fault["loc"][0]) for fault in error.errors()}
        told = model.model_validate({k: v for k, v in body.items() if k not in wrong} | {f"{k} (as sent)": body[k] for k in wrong if k in body})
    row, extra = _split(told, "")
    unknown.update(extra.keys())
    return {k.casefold(): v if not isinstance(v, dict | list) else json.dumps(v, ensure_ascii=False) for k, v in extra.items()} | row


def _split(told: Payload, prefix: str) -> tuple[dict[str, Any], dict[str, Any]]:
    row: dict[str, Any] = {}
    extra = {f"{prefix}{name}": value for name, value in (told.model_extra or {}).items() if value is not None and value != []}
    for field, info in type(told).model_fields.items():
        name, value = info.alias or field, getattr(told, field)
        if isinstance(value, Payload):
            row[name], more = _split(value, f"{prefix}{name}.")
            extra |= more
        elif isinstance(value, list):
            row[name] = [v.model_dump(mode="json", exclude_none=True) if isinstance(v, Payload) else v for v in value]
        else:
            row[name] = value
    return row, extra


def leaves(model: type[Payload], prefix: str = "") -> list[str]:
    """Dotted names of all declared fields: the columns of a landed table, the same for every pull."""
    found = []
    for name, field in ((field.alias or name, field) for name, field in model.model_fields.items()):
        inner = next((a for a in (field.annotation, *get_args(field.annotation)) if isinstance(a, type) and issubclass(a, Payload)), None)
        found += leaves(inner, f"{prefix}{name}.") if inner else [prefix + name]
    return found


def without_text(value: Any, path: str = "") -> Any:
    """The row without message bodies, which are not landed unless settings keep text."""
    if isinstance(value, list):
        return [without_text(inner, f"{path}[]") for inner in value]
    if not isinstance(value, dict):
        return value
    kept = {}
    for key, inner in value.items():
        if is_message_text(key) and (isinstance(inner, str) or (isinstance(inner, list) and not any(isinstance(i, dict) for i in inner))):
            continue
        kept[key] = without_text(inner, f"{path}.{key}")
    return kept
