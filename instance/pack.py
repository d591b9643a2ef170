"""Packs the guard into a zipapp, without what only a reader or a checker needs: `pack.py OUT [--trigger]`.

`--trigger`: only what the document that answers a notice needs, which must leave room for its parameter.

Not compressed: the document compresses it as a whole, which is a third smaller, and Python starts it
sooner. The same sources give the same bytes, wherever and whenever it runs.
"""

import ast
import io
import sys
import tokenize
import zipfile
from pathlib import Path
from typing import Dict, List, Set, Tuple

GUARD = Path(__file__).parent / "guard"
PACKAGE = GUARD / "spot_guard"
TRIGGER = ("__init__", "contract", "step", "runner", "stopping")
"""What __main__ calls for the document."""
SUFFIXES = (".py", ".service", ".path", ".timer")
SHEBANG = b"#!/usr/bin/python3 -IS\n"
"""So that it can be called as it is, once it is installed."""
EPOCH = (1980, 1, 1, 0, 0, 0)


def strip(source: str) -> str:
    """The source without what only a reader needs. Strings stay as they are.

    A level of indentation is one space, a statement one line, and only between words stands a space.
    """
    kept = _without_idle_imports(_without_annotations(_without_comments(source)))
    kept = _without_spaces(_on_one_line(kept))
    tree = ast.parse(kept)
    docstrings = _docstrings(tree)
    within_strings = {
        number
        for node in ast.walk(tree)
        if isinstance(node, (ast.Constant, ast.JoinedStr))
        for number in range(node.lineno + 1, (node.end_lineno or node.lineno) + 1)
    }  # the first line begins outside
    out: List[str] = []
    for number, line in enumerate(kept.splitlines(), start=1):
        code = line.lstrip()
        level = " " * ((len(line) - len(code)) // 4)
        if number in docstrings:
            if docstrings[number]:
                out.append(level + "pass")
        elif number in within_strings:
            out.append(line)
        elif code:
            out.append(level + (code if number + 1 in within_strings else code.rstrip()))
    return "\n".join(out) + "\n"


def _docstrings(tree: ast.AST) -> Dict[int, bool]:
    """The lines of strings that stand as statements; True where a `pass` has to take the place."""
    lines: Dict[int, bool] = {}
    for node in ast.walk(tree):
        if not isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            continue
        for statement in node.body:
            value = statement.value if isinstance(statement, ast.Expr) else None
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                for number in range(statement.lineno, (statement.end_lineno or statement.lineno) + 1):
                    lines[number] = len(node.body) == 1 and number == statement.lineno
    return lines


def _without_annotations(source: str) -> str:
    """Those of functions and in them, which only a checker of types reads; those of classes make tuples."""
    text = source.encode()
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    cuts: List[Tuple[int, int]] = []

    def cut(begin: int, annotation: ast.expr) -> None:
        end = starts[(annotation.end_lineno or 0) - 1] + (annotation.end_col_offset or 0)
        cuts.append((begin, end))

    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, ast.FunctionDef):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.arg) and node.annotation:
                cut(starts[node.lineno - 1] + node.col_offset + len(node.arg.encode()), node.annotation)
            elif isinstance(node, ast.AnnAssign) and node.value:
                target = node.target
                cut(starts[(target.end_lineno or 0) - 1] + (target.end_col_offset or 0), node.annotation)
            elif isinstance(node, ast.FunctionDef) and node.returns:
                begins = starts[node.returns.lineno - 1] + node.returns.col_offset
                cut(text.rindex(b" ->", 0, begins), node.returns)
    for begin, end in sorted(set(cuts), reverse=True):
        text = text[:begin] + text[end:]
    return text.decode()


def _without_idle_imports(source: str) -> str:
    """Of names that only the annotations had a use for; what is left of an import is on one line."""
    tree = ast.parse(source)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    lines = source.splitlines(keepends=True)
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and (node.level or node.module == "typing"):
            kept = [name for name in node.names if (name.asname or name.name) in used]
            for number in range(node.lineno - 1, node.end_lineno or node.lineno):
                lines[number] = "\n"
            if kept:
                lines[node.lineno - 1] = ast.unparse(ast.ImportFrom(node.module, kept, node.level)) + "\n"
    return "".join(lines)


def _on_one_line(source: str) -> str:
    """What stands in brackets."""
    lines = source.splitlines(keepends=True)
    depth = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.OP:
            depth += (token.string in "([{") - (token.string in ")]}")
        elif token.type == tokenize.NL and depth:
            row = token.start[0]
            before, after = lines[row - 1].rstrip(), lines[row].lstrip(" ")
            glue = "" if before[-1:] in "([{," or after[:1] in ")]}" else " "
            lines[row - 1], lines[row] = "", before + glue + after
    return "".join(lines)


def _without_spaces(source: str) -> str:
    """Those that no two words need between them. Of a formatted string nothing is touched."""
    lines = source.splitlines(keepends=True)
    cuts: List[Tuple[int, int, int]] = []
    formatted = 0  # from Python 3.12 on its parts are tokens of their own
    row, column = 0, 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        begin, kind = token.start[1], tokenize.tok_name[token.type]
        if token.start[0] == row and begin > column > 0 and not formatted and token.string.strip():
            line = lines[row - 1]
            if not all(char.isalnum() or char in "_'\"" for char in (line[column - 1], line[begin])):
                cuts.append((row, column, begin))
        formatted += (kind == "FSTRING_START") - (kind == "FSTRING_END")
        row, column = token.end
    for row, column, begin in reversed(cuts):
        lines[row - 1] = lines[row - 1][:column] + lines[row - 1][begin:]
    return "".join(lines)


def _without_comments(source: str) -> str:
    lines = source.splitlines(keepends=True)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column].rstrip() + "\n"
    return "".join(lines)


def pack(out: Path, trigger: bool) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    fresh = out.with_suffix(".new")  # who calls the one that is there is not disturbed
    with fresh.open("wb") as file:
        file.write(SHEBANG)
        with zipfile.ZipFile(file, "a", zipfile.ZIP_STORED) as archive:
            for path in needed() if trigger else sorted(GUARD.rglob("*")):
                if path.suffix not in SUFFIXES:
                    continue
                text = path.read_text(encoding="utf-8")
                entry = zipfile.ZipInfo(path.relative_to(GUARD).as_posix(), EPOCH)
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, strip(text) if path.suffix == ".py" else _without_notes(text))
    fresh.chmod(0o755)
    fresh.replace(out)


def needed() -> List[Path]:
    """The modules that the trigger's commands reach, however late they import them."""
    found: Set[str] = set()
    pending = list(TRIGGER)
    while pending:
        name = pending.pop()
        path = PACKAGE / f"{name}.py"
        if name in found or not path.exists():
            continue
        found.add(name)
        for node in ast.walk(ast.parse(strip(path.read_text(encoding="utf-8")))):
            if isinstance(node, ast.ImportFrom) and node.level == 1:
                pending += [node.module] if node.module else [one.name for one in node.names]
    return [GUARD / "__main__.py", *(PACKAGE / f"{name}.py" for name in sorted(found))]


def _without_notes(unit: str) -> str:
    """A unit of systemd's without the lines that only a reader needs."""
    return "\n".join(line for line in unit.splitlines() if not line.startswith("#")) + "\n"


if __name__ == "__main__":
    pack(Path(sys.argv[1]), trigger=sys.argv[2:] == ["--trigger"])
