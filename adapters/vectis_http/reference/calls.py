"""Each call as curl and JavaScript, filled with the example of the document; Python is in ``python_calls``."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import attrs

_PROOF = "Bearer YOUR_ACCESS_TOKEN"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_FORM = "application/x-www-form-urlencoded"


@attrs.frozen
class Served:
    """Where the API is: what stands before the paths of calls, and before that of the token endpoint."""

    calls: str
    tokens: str


#: The guide's tenant, and where the guide gets tokens for everybody.
OF_GUIDE = Served("https://acme.vectisoms.app", "https://api.vectisoms.app")


@attrs.frozen
class Asked:
    """One call with all that is sent."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    #: ``None`` where nothing is sent; a mapping of a form, else JSON.
    body: Any
    is_form: bool

    @classmethod
    def of(cls, method: str, path: str, operation: Mapping[str, Any], served: Served) -> Asked:
        """Return the call of an operation of a document, of an API that is *served* there."""
        parameters = operation.get("parameters", [])
        given = {each["name"]: each["example"] for each in parameters if "example" in each}
        filled = _PLACEHOLDER.sub(lambda found: quote(str(given.get(found[1], found[1])), safe=""), path)
        query = urlencode({each["name"]: given[each["name"]] for each in parameters if _is_in_query(each)}, safe=",*")
        headers = [("Authorization", _PROOF)] if operation["security"] else []
        content: Mapping[str, Any] = operation.get("requestBody", {}).get("content", {})
        body = next((media["example"] for media in content.values() if "example" in media), None)
        if body is not None:
            headers.append(("Content-Type", next(iter(content))))
        if any(each["name"] == "Idempotency-Key" for each in parameters):
            # One key is for one command: who tries two calls of the page is not told that they differ.
            headers.append(("Idempotency-Key", f"YOUR-KEY-{operation['operationId']}"))
        base = served.tokens if path.startswith(("/oauth/", "/.well-known/")) else served.calls
        url = f"{base}{filled}" + (f"?{query}" if query else "")
        return cls(method.upper(), url, tuple(headers), body, _FORM in content)


def _is_in_query(parameter: Mapping[str, Any]) -> bool:
    return parameter["in"] == "query" and "example" in parameter


def as_curl(asked: Asked) -> str:
    """Return the call for a shell."""
    method = "" if asked.method == ("GET" if asked.body is None else "POST") else f" -X {asked.method}"
    lines = [f"curl{method} {shlex.quote(asked.url)}"]
    # curl says by itself what kind a form is.
    lines += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in asked.headers if value != _FORM]
    if asked.is_form:
        lines += [f"-d {shlex.quote(f'{name}={value}')}" for name, value in asked.body.items()]
    elif asked.body is not None:
        lines.append(f"-d {shlex.quote(as_json(asked.body))}")
    return " \\\n  ".join(lines)


def as_javascript(asked: Asked) -> str:
    """Return the call for a browser, Node, Deno or Bun."""
    headers = json.dumps(dict(asked.headers), indent=2).replace("\n", "\n  ")
    lines = [f"const response = await fetch({json.dumps(asked.url)}, {{", f'  method: "{asked.method}",']
    lines.append(f"  headers: {headers},")
    if asked.is_form:
        lines.append(f"  body: new URLSearchParams({as_json(asked.body)}),".replace("\n", "\n  "))
    elif asked.body is not None:
        lines.append(f"  body: JSON.stringify({as_json(asked.body)}),".replace("\n", "\n  "))
    lines += ["});", "console.log(response.status, await response.text());"]
    return "\n".join(lines)


def as_json(value: Any) -> str:
    """Return *value* as JSON for people."""
    return json.dumps(plain(value), indent=2, ensure_ascii=False)


def plain(value: Any) -> Any:
    """Return *value* with its exact numbers as Python's own, which print the same."""
    if isinstance(value, Mapping):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, str | int | None):
        return value
    return int(value) if value == int(value) else float(value)
