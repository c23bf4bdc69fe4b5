"""What a document keeps by name: each schema is made once, when it is first referred to."""

from __future__ import annotations

from typing import Any

import attrs

from vectis_core.checking import FieldPlan, plan_of
from vectis_core.constraints import Constraint, CountryCode, CurrencyCode, Schema
from vectis_core.events import EventFilter
from vectis_core.field_comments import comment_on
from vectis_core.shapes import Shape, or_null
from vectis_http.openapi.words import public, summary_of
from vectis_http.operation import Content

#: Rules that say too much to be repeated with every field.
_NAMED: dict[type, str] = {CountryCode: "Country", CurrencyCode: "Currency", EventFilter: "EventFilter"}


@attrs.define
class Components:
    """The schemas and shared answers of one document."""

    schemas: dict[str, Schema] = attrs.field(factory=dict)
    responses: dict[str, Any] = attrs.field(factory=dict)
    _shapes: dict[str, Shape] = attrs.field(factory=dict)

    def of_shape(self, shape: Shape) -> Schema:
        """Return what refers to the schema of what a shape shows; raises ``ValueError`` for a name given twice."""
        if self._shapes.setdefault(shape.name, shape) is not shape:
            raise ValueError(f"two shapes are named {shape.name}")
        if shape.name not in self.schemas:
            self.schemas[shape.name] = {}
            self.schemas[shape.name] = public(shape.schema(self.of_shape))
        return _reference(shape.name)

    def of_content(self, content: Content) -> Schema:
        """Return the schema of a body, or what refers to it."""
        if isinstance(content, Shape):
            return self.of_shape(content)
        told: Schema = public(content.schema(self.of_shape))
        return told

    def of_request(self, kind: type) -> Schema:
        """Return what refers to the schema of what is decoded into *kind*; all shapes must be known by now."""
        name = f"{kind.__name__}Input" if kind.__name__ in self._shapes else kind.__name__
        if name not in self.schemas:
            self.schemas[name] = {}
            self.schemas[name] = self._object(kind)
        return _reference(name)

    def of_rule(self, rule: Constraint) -> Schema:
        """Return the schema of a constraint, or what refers to it."""
        name = _NAMED.get(type(rule))
        if name is None:
            return rule.schema()
        self.schemas.setdefault(name, rule.schema())
        return _reference(name)

    def _object(self, kind: type) -> Schema:
        defaults = {field.name: field.default for field in attrs.fields(kind)}
        properties = {}
        for plan in plan_of(kind):
            schema = self._field(plan)
            meaning = comment_on(kind, plan.name)
            if meaning:
                schema["description"] = f"{meaning} {schema['description']}." if "description" in schema else meaning
            default = defaults[plan.name]
            if isinstance(default, str | int):
                schema["default"] = default
            properties[plan.wire] = schema
        required = [plan.wire for plan in plan_of(kind) if defaults[plan.name] is attrs.NOTHING]
        schema = {"type": "object", "description": summary_of(kind), "properties": properties}
        told: Schema = public({**schema, **({"required": required} if required else {}), "additionalProperties": False})
        return told

    def _field(self, plan: FieldPlan) -> dict[str, Any]:
        entry: Schema = {}
        if plan.nested is not None:
            entry = self.of_request(plan.nested)
        elif plan.entry is not None:
            entry = self.of_rule(plan.entry)
        schema = {**_ruled(plan).schema(), "items": entry} if plan.is_list else entry or self.of_rule(_ruled(plan))
        told: dict[str, Any] = {**(or_null(schema) if plan.nullable else schema)}
        return told


def _ruled(plan: FieldPlan) -> Constraint:
    if plan.constraint is None:
        raise ValueError(f"{plan.name} is declared without a rule")
    return plan.constraint


def _reference(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}
