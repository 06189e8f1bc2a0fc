"""The JSON Schema (draft 2020-12) of the envfile, made from the table that the checker uses."""

from typing import Any

from hermes.envfile import table
from hermes.envfile.shapes import Either, Flag, Listing, Names, Shape, Table, Text


def schema() -> dict[str, Any]:
    """Give the schema; what only the checker can know (that a name exists, that a requirement parses) is not in it."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "envfile.toml of hermes",
        **_of(table.ENVFILE),
    }


def _of(shape: Shape) -> dict[str, Any]:
    match shape:
        case Flag():
            return {"type": "boolean"}
        case Text():
            return _text(shape)
        case Listing():
            return _listing(shape)
        case Either():
            return {"anyOf": [_of(each) for each in shape.shapes]}
        case Table():
            return _table(shape)
        case Names():
            return {
                "type": "object",
                "propertyNames": {"pattern": f"^(?:{shape.name.pattern})$"},
                "additionalProperties": _of(shape.item),
            }


def _text(shape: Text) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    if shape.choices:
        schema["enum"] = list(shape.choices)
    if shape.pattern is not None:
        schema["pattern"] = f"^(?:{shape.pattern})$"
    return schema


def _listing(shape: Listing) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "array", "items": _of(shape.item)}
    if shape.least:
        schema["minItems"] = shape.least
    if shape.same is not None:
        schema["uniqueItems"] = True
    return {"anyOf": [_of(shape.item), schema]} if shape.single else schema


def _table(shape: Table) -> dict[str, Any]:
    properties = {key: {"description": known.meaning, **_of(known.shape)} for key, known in shape.keys.items()}
    schema: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": shape.open}
    required = [key for key, known in shape.keys.items() if known.required]
    if required:
        schema["required"] = required
    if shape.one_of:
        schema["oneOf"] = [{"required": [key]} for key in shape.one_of]
    apart = [[each.key, other] for each in shape.apart for other in each.others]
    if apart:
        schema["allOf"] = [{"not": {"required": pair}} for pair in apart]
    return schema
