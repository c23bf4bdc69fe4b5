"""What the page loads, under names that change with the content, so that it may be kept for ever."""

from __future__ import annotations

import hashlib
from importlib.resources import files

from vectis_http.operation import Document

_KINDS = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
_FILES = ("reference.css", "reference.js", "mark.svg")


def _named(file: str) -> tuple[str, Document]:
    content = files(__package__).joinpath("assets", file).read_bytes()
    stem, _, kind = file.partition(".")
    return f"{stem}.{hashlib.sha256(content).hexdigest()[:12]}.{kind}", Document(_KINDS[kind], content)


#: The name under which each file is served, by its own.
NAMES = {file: _named(file)[0] for file in _FILES}
#: Each file by the name under which it is served.
ASSETS = dict(_named(file) for file in _FILES)
