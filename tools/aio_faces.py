"""Make ``vectis_core/aio/faces`` out of ``vectis_core/faces``: ``python -m tools.aio_faces``.

Each method of a face becomes a coroutine method with the same arguments, which awaits what the same face returns over
an awaiting engine. The code that is made decides nothing. It is real code, and not stubs or ``__getattr__``, because
only a coroutine function can be given to ``create_task``, is a type error where its ``await`` is forgotten, does
nothing before it is awaited, and is explained by ``help``.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
FACES = ROOT / "vectis_core" / "faces"
MADE = ROOT / "vectis_core" / "aio" / "faces"

_HEAD = '''"""{doc}, for asyncio.

Made from ``vectis_core/faces/{name}`` by ``python -m tools.aio_faces``: change that, and make this anew.
"""

from __future__ import annotations

{imports}
from vectis_core.aio.engine import awaited
from vectis_core.aio.listing import AsyncEventFeed, AsyncListing
from vectis_core.faces import {module}
'''
_INIT = '''"""The tenant's faces, for asyncio; see ``vectis_core.aio``."""

from vectis_core.aio.faces.tenancy import AsyncTenantFace

__all__ = ["AsyncTenantFace"]
'''
#: What is returned as it is, to be iterated over, and by which name for asyncio.
_LISTS = {"Listing": "AsyncListing", "EventFeed": "AsyncEventFeed"}
#: The argument that has no place in an event loop, and the mark of the paragraph that is about it.
_LEFT_OUT = "within"


def made() -> dict[Path, str]:
    """Return each file of the folder, and what it is to contain."""
    files = {MADE / "__init__.py": _INIT}
    for path in sorted(FACES.glob("*.py")):
        if path.stem not in {"__init__", "listing"}:
            files[MADE / path.name] = _formatted(_module(path), MADE / path.name)
    return files


def _module(path: Path) -> str:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    head = _HEAD.format(
        doc=(ast.get_docstring(tree) or "").rstrip("."),
        name=path.name,
        module=path.stem,
        imports="\n".join(_import(node) for node in imports),
    )
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    return "\n\n".join([head, *(_class(node, path.stem) for node in classes)])


def _import(node: ast.Import | ast.ImportFrom) -> str:
    """Return what the made module is to import in the place of *node*: of another face, the made one."""
    source = node.module or "" if isinstance(node, ast.ImportFrom) else ""
    if source in {"__future__", "vectis_core.faces.listing"}:
        return ""
    if source.startswith("vectis_core.faces."):
        names = ", ".join(f"Async{alias.name}" for alias in node.names)
        return f"from {source.replace('vectis_core', 'vectis_core.aio', 1)} import {names}"
    return ast.unparse(node)


def _class(node: ast.ClassDef, module: str) -> str:
    lines = [f"class Async{node.name}:", _docstring(node, 4), "", *_constructor(node, module)]
    for method in node.body:
        if isinstance(method, ast.FunctionDef) and not method.name.startswith("_") and not _is_property(method):
            lines += ["", *_method(method, f"{module}.{node.name}")]
    return "\n".join(lines) + "\n"


def _constructor(node: ast.ClassDef, module: str) -> Iterator[str]:
    """Take the face to call; of a face that has others, take those too, and what else it shows."""
    yield f"    def __init__(self, face: {module}.{node.name}) -> None:"
    yield "        self._face = face"
    init = next(each for each in node.body if isinstance(each, ast.FunctionDef) and each.name == "__init__")
    for line in init.body:
        if not isinstance(line, ast.Assign) or not isinstance(line.targets[0], ast.Attribute):
            continue
        name = line.targets[0].attr
        if isinstance(line.value, ast.Call):
            yield f"        self.{name} = Async{ast.unparse(line.value.func)}(face.{name})"
        elif not name.startswith("_"):
            yield f"        self.{name} = face.{name}"


def _is_property(method: ast.FunctionDef) -> bool:
    return any("property" in ast.unparse(each) for each in method.decorator_list)


def _method(method: ast.FunctionDef, face: str) -> Iterator[str]:
    is_static = bool(method.decorator_list)
    returned = ast.unparse(method.returns) if method.returns else ""
    name, _, rest = returned.partition("[")
    listed = _LISTS.get(name)
    arguments = _without_left_out(method.args)
    call = f"{face if is_static else 'self._face'}.{method.name}({_passed_on(arguments)})"
    if is_static:
        yield "    @staticmethod"
    result = f"{listed}[{rest}" if listed and rest else listed or returned
    word = "def" if listed or is_static else "async def"
    yield f"    {word} {method.name}({ast.unparse(arguments)}) -> {result}:"
    yield _docstring(method, 8)
    if listed:
        yield f"        return {listed}({call})"
    else:
        yield f"        return {call}" if is_static else f"        return await awaited({call})"


def _without_left_out(arguments: ast.arguments) -> ast.arguments:
    kept = [
        (each, default)
        for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if each.arg != _LEFT_OUT
    ]
    arguments.kwonlyargs, arguments.kw_defaults = [each for each, _ in kept], [default for _, default in kept]
    return arguments


def _passed_on(arguments: ast.arguments) -> str:
    by_place = [each.arg for each in arguments.args if each.arg != "self"]
    return ", ".join(by_place + [f"{each.arg}={each.arg}" for each in arguments.kwonlyargs])


def _docstring(node: ast.ClassDef | ast.FunctionDef, indent: int) -> str:
    said = ast.get_docstring(node) or ""
    paragraphs = [each for each in said.split("\n\n") if f"*{_LEFT_OUT}*" not in each]
    end = "\n" if len(paragraphs) > 1 or "\n" in paragraphs[0] else ""
    text = '"""' + "\n\n".join(paragraphs) + end + '"""'
    return "\n".join(" " * indent + line if line else "" for line in text.split("\n"))


def _formatted(source: str, path: Path) -> str:
    """Return *source* without the imports that it does not need, in order, and in the form of the house."""
    for step in (["check", "--quiet", "--select", "F401,I", "--fix"], ["format", "--quiet"]):
        command = [sys.executable, "-m", "ruff", *step, "--stdin-filename", str(path), "-"]
        source = subprocess.run(command, input=source, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    return source


def main() -> None:
    """Write the files."""
    MADE.mkdir(parents=True, exist_ok=True)
    for path, source in made().items():
        path.write_text(source, encoding="utf-8")


if __name__ == "__main__":
    main()
