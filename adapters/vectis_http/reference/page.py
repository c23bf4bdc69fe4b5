"""The page for people: the OpenAPI document, laid out by a template that decides nothing about the API."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import attrs
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from vectis_http.openapi.errors import ERRORS
from vectis_http.reference.assets import NAMES
from vectis_http.reference.calls import Asked, Served, as_curl, as_javascript, as_json
from vectis_http.reference.python_calls import as_python

_CODE = re.compile(r"`([^`]+)`")
#: More words than these are shown folded away, at the schema that has them.
_WORDS_MAX = 30


@attrs.frozen
class Row:
    """One field, parameter or header in a table."""

    name: str
    #: What it is, in markup.
    kind: Markup
    is_required: bool
    description: str
    #: Where it stands; empty in a body.
    place: str = ""


@attrs.frozen
class Answer:
    """One status of an operation."""

    status: str
    description: str
    #: What the body is, in markup; empty where there is none.
    kind: Markup
    rows: list[Row]
    headers: list[str]
    example: str | None
    #: The errors that it may tell.
    errors: list[str]


@attrs.frozen
class Entry:
    """One operation."""

    name: str
    summary: str
    method: str
    path: str
    scope: str | None
    parameters: list[Row]
    body_kind: Markup
    body_rows: list[Row]
    body_is_required: bool
    body_example: str | None
    answers: list[Answer]
    #: The call in each language, by its name.
    calls: dict[str, str]


def page_of(document: Mapping[str, Any], served: Served) -> str:
    """Return the page that shows *document*, of an API that is *served* there."""
    return _environment().get_template("reference.html").render(assets=NAMES, **laid_out(document, served))


def laid_out(document: Mapping[str, Any], served: Served) -> dict[str, Any]:
    """Return the parts of *document* as a template shows them, in their order; for other pages than this one too."""
    maker = _Maker(document, served)
    return {
        "document": document,
        "groups": maker.groups(),
        "events": list(maker.events()),
        "errors": [(kind, as_json(kind.example)) for kind in ERRORS],
        "schemas": list(maker.schemas()),
        "headers": document["components"]["headers"],
    }


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(__package__),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["prose"] = _prose
    environment.filters["anchor"] = anchor
    return environment


def _prose(text: str) -> Markup:
    """Return a text with what stands between backticks as code; everything else is escaped."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped, and only then marked up


def anchor(name: str) -> str:
    """Return what a name is called in an address."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


@attrs.frozen
class _Maker:
    """Lays out the parts of one document."""

    document: Mapping[str, Any]
    served: Served

    def groups(self) -> list[tuple[Mapping[str, Any], list[Entry]]]:
        """Return each group with its operations, in the order of the table."""
        found: dict[str, list[Entry]] = {tag["name"]: [] for tag in self.document["tags"]}
        for path, methods in self.document["paths"].items():
            for method, operation in methods.items():
                found[operation["tags"][0]].append(self._entry(path, method, operation))
        return [(tag, found[tag["name"]]) for tag in self.document["tags"] if found[tag["name"]]]

    def _entry(self, path: str, method: str, operation: Mapping[str, Any]) -> Entry:
        body: Mapping[str, Any] = operation.get("requestBody", {})
        media: Mapping[str, Any] = next(iter(body.get("content", {}).values()), {})
        asked = Asked.of(method, path, operation, self.served)
        python = as_python(asked, operation, self.document["components"]["schemas"], self.served)
        security = operation["security"]
        return Entry(
            name=operation["operationId"],
            summary=operation["summary"],
            method=method.upper(),
            path=path,
            scope=next(iter(security[0].values()))[0] if security else None,
            parameters=[self._parameter(each) for each in operation.get("parameters", [])],
            body_kind=self._kind(media["schema"]) if media else Markup(),
            body_rows=list(self._rows(self._resolved(media.get("schema", {})))),
            body_is_required=body.get("required", False),
            body_example=as_json(media["example"]) if "example" in media else None,
            answers=[self._answer(*each) for each in operation["responses"].items()],
            calls={"curl": as_curl(asked), "Python": python, "JavaScript": as_javascript(asked)},
        )

    def _answer(self, status: str, answer: Mapping[str, Any]) -> Answer:
        told = self._resolved(answer)
        media: Mapping[str, Any] = next(iter(told.get("content", {}).values()), {})
        schema = media.get("schema", {})
        errors = list(media.get("examples", {}))
        return Answer(
            status=status,
            description=told["description"],
            kind=self._kind(schema) if media and not errors else Markup(),
            rows=[] if errors else list(self._rows(schema)),
            headers=list(told.get("headers", {})),
            example=as_json(media["example"]) if "example" in media else None,
            errors=errors,
        )

    def events(self) -> Iterator[tuple[str, Mapping[str, Any], list[Row], list[Row], str]]:
        """Return each event: its type, what is sent, the fields of its data, the headers, an example."""
        for name, methods in self.document["webhooks"].items():
            sent = methods["post"]
            media = next(iter(sent["requestBody"]["content"].values()))
            data = list(self._rows(media["schema"]["properties"]["data"]))
            headers = [self._parameter(each) for each in sent["parameters"]]
            yield name, sent, data, headers, as_json(media["example"])

    def schemas(self) -> Iterator[tuple[str, str, list[Row], list[str]]]:
        """Return each schema: its name, what it is, its fields, or its words."""
        for name, schema in self.document["components"]["schemas"].items():
            yield name, schema.get("description", ""), list(self._rows(schema)), schema.get("enum", [])

    def _parameter(self, parameter: Mapping[str, Any]) -> Row:
        description = parameter["description"]
        return Row(
            parameter["name"],
            self._kind(parameter["schema"]),
            parameter.get("required", False),
            description,
            parameter["in"],
        )

    def _rows(self, schema: Mapping[str, Any], within: str = "") -> Iterator[Row]:
        """Return the fields of an object, and of those within it that have no name and so no place of their own."""
        # Of what we answer, nearly everything is there at all times: only what is asked for can be missing.
        required = schema.get("required", []) if schema.get("additionalProperties") is False else []
        for name, each in schema.get("properties", {}).items():
            yield Row(f"{within}{name}", self._kind(each), name in required, each.get("description", ""))
            yield from self._rows(each, f"{within}{name}.")
            yield from self._rows(each.get("items", {}), f"{within}{name}[].")

    def _resolved(self, value: Mapping[str, Any]) -> Mapping[str, Any]:
        if "$ref" not in value:
            return value
        found: Any = self.document
        for part in value["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        resolved: Mapping[str, Any] = found
        return resolved

    def _kind(self, schema: Mapping[str, Any]) -> Markup:
        """Return what a value is, in a few words, with links to what has a name."""
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            link = Markup('<a href="#schema-{}">{}</a>').format(anchor(name), name)
            return Markup(", ").join([link, *_rules(schema)])
        if "anyOf" in schema:
            return Markup(" or ").join(self._kind(each) for each in schema["anyOf"])
        kinds = schema.get("type", "any JSON")
        kinds = kinds if isinstance(kinds, list) else [kinds]
        words = Markup(" or ").join(escape(kind) for kind in kinds)
        if "array" in kinds:
            words = words.replace("array", Markup("list of {}").format(self._kind(schema["items"])))
        return Markup(", ").join([words, *_rules(schema)])


def _rules(schema: Mapping[str, Any]) -> Iterator[str | Markup]:
    """Return what a schema says beyond types."""
    if "const" in schema:
        yield Markup("always <code>{}</code>").format(schema["const"])
    elif "enum" in schema:
        words = [each for each in schema["enum"] if each is not None]
        yield "one of " + Markup(", ").join(Markup("<code>{}</code>").format(each) for each in words[:_WORDS_MAX])
    if "format" in schema:
        yield schema["format"]
    if "maxLength" in schema:
        least = schema.get("minLength", 0)
        yield f"{least} to {schema['maxLength']} characters" if least else f"up to {schema['maxLength']} characters"
    if "maxItems" in schema:
        yield f"{schema['minItems']} to {schema['maxItems']} entries"
    if "minimum" in schema and "maximum" in schema:
        yield f"{schema['minimum']} to {schema['maximum']}"
    elif "minimum" in schema:
        yield f"from {schema['minimum']}"
    if "exclusiveMinimum" in schema:
        yield f"above {schema['exclusiveMinimum']}"
    if "exclusiveMaximum" in schema:
        yield f"below {schema['exclusiveMaximum']}"
    if "default" in schema:
        yield Markup("<code>{}</code> where left out").format(_as_wire(schema["default"]))


def _as_wire(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
