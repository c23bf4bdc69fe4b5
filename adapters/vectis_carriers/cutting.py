"""What is taken out of a payload before it is kept: photographs and signatures, which stand in it as Base64."""

from __future__ import annotations

import re
from typing import Any

#: The members that hold one, by a part of their names in lower case.
_NAMES = ("image", "photo", "signature", "proofofdelivery")
#: Text without a blank that is as long as this, in the alphabet of Base64, is a file: nothing that is read is so long.
_SHORTEST_FILE = 2048
_FILE = re.compile(rf"data:[\w/+.-]+;base64,.*|[A-Za-z0-9+/=_\r\n-]{{{_SHORTEST_FILE},}}", re.ASCII | re.DOTALL)


def without_files(value: Any) -> Any:
    """Return a payload without the texts that are files, whatever the members are called that hold them."""
    if isinstance(value, list):
        return [without_files(each) for each in value if not is_file(each)]
    if not isinstance(value, dict):
        return value
    return {name: without_files(each) for name, each in value.items() if not _is_cut(name, each)}


def _is_cut(name: object, value: Any) -> bool:
    if is_file(value):
        return True
    plain = str(name).lower().replace("_", "")
    return bool(value) and _is_text(value) and any(part in plain for part in _NAMES)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(each, str) for each in value))


def is_file(value: Any) -> bool:
    """Return whether a value is a file in Base64: reading passes over it, as it will not be there to be read again."""
    # Nearly all texts are short: looking at their length is a tenth of asking the pattern.
    is_suspect = isinstance(value, str) and (len(value) >= _SHORTEST_FILE or value.startswith("data:"))
    return is_suspect and _FILE.fullmatch(value) is not None
