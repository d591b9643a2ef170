"""The packed guard is the guard: stripped of what only a reader needs, and of nothing else."""

import ast
import subprocess
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path

import guard_path  # noqa: F401  # pyright: ignore[reportUnusedImport]
import pack


class Strip(unittest.TestCase):
    def test_comments_docstrings_and_blank_lines_go(self) -> None:
        source = '"""Doc."""\n\nx = 1  # why\n\n\ndef f():\n    """Only a docstring."""\n\n# end\n'
        self.assertEqual(pack.strip(source), "x=1\ndef f():\n pass\n")

    def test_annotations_go_but_those_of_classes(self) -> None:
        source = (
            "class C(NamedTuple):\n    x: int = 1\n    def f(self, y: 'Ä', *z: int) -> List[\n        int\n"
            "    ]:\n        é: int = y\n        self.a: int\n"
        )
        kept = "class C(NamedTuple):\n x:int=1\n def f(self,y,*z):\n  é=y\n  self.a:int\n"
        self.assertEqual(pack.strip(source), kept)

    def test_imports_go_that_only_annotations_had_a_use_for(self) -> None:
        source = (
            "import os\nfrom typing import (\n    Any,\n    cast,\n)\nfrom . import a\n"
            "from .b import C as D, E\ndef f(x: Any, y: a.T) -> E:\n    return cast('Any', D)\n"
        )
        kept = (
            "import os\nfrom typing import cast\nfrom.b import C as D\ndef f(x,y):\n return cast('Any',D)\n"
        )
        self.assertEqual(pack.strip(source), kept)

    def test_a_statement_is_on_one_line_but_for_its_strings(self) -> None:
        source = (
            'x = f(\n    1,\n\n    g[\n        2\n    ] if y\n    else """a\n  b""",\n)\n'
            "if x:\n    z = (\n        3,\n    )\n"
        )
        kept = 'x=f(1,g[2]if y else """a\n  b""",)\nif x:\n z=(3,)\n'
        self.assertEqual(pack.strip(source), kept)

    def test_spaces_stay_between_words_and_in_strings(self) -> None:
        source = (
            "x = 'a  b' if not - y else f'{ y + 1 :>{ w }}  {{ }}' + ( 1 or 2 ) * 3\nimport os . path as p\n"
        )
        kept = "x='a  b' if not-y else f'{ y + 1 :>{ w }}  {{ }}'+(1 or 2)*3\nimport os.path as p\n"
        self.assertEqual(pack.strip(source), kept)

    def test_strings_that_look_like_comments_stay(self) -> None:
        source = 'x = "# no comment"\ny = """a\n# b\n\nc"""\n'
        self.assertIn("# no comment", pack.strip(source))
        self.assertEqual(ast.dump(ast.parse(pack.strip(source))), ast.dump(ast.parse(source)))

    def test_every_module_keeps_its_code(self) -> None:
        for path in sorted(pack.GUARD.rglob("*.py")):
            with self.subTest(path.name):
                source = path.read_text(encoding="utf-8")
                self.assertEqual(_code(pack.strip(source)), _code(source))


class Pack(unittest.TestCase):
    def test_the_same_sources_give_the_same_bytes(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            first, second = Path(folder) / "a.pyz", Path(folder) / "deeper" / "b.pyz"
            pack.pack(first, trigger=False)
            pack.pack(second, trigger=False)
            self.assertEqual(first.read_bytes(), second.read_bytes())
            with zipfile.ZipFile(first) as archive:
                self.assertIn("__main__.py", archive.namelist())
                self.assertFalse([name for name in archive.namelist() if name.startswith(("/", ".."))])
                self.assertIn("spot_guard/units/spot-guard-watch.service", archive.namelist())

    def test_the_trigger_has_what_the_plan_needs_and_nothing_of_the_watcher(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "trigger.pyz"
            pack.pack(out, trigger=True)
            names = {Path(name).stem for name in zipfile.ZipFile(out).namelist()}
            self.assertLessEqual({"step", "plan", "stopping", "detach", "supersede", "stopped"}, names)
            self.assertFalse({"watch", "watcher", "metadata", "cli", "install"} & names)
            done = subprocess.run(
                [sys.executable, str(out), "status"], capture_output=True, text=True, check=False
            )
            self.assertEqual((done.returncode, done.stdout.partition(":")[0]), (10, "not installed"))


def _code(source: str) -> str:
    """But for strings that stand as statements, the `pass` that takes the place of one, and annotations.

    Nor with the imports that only those had a use for.
    """
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            _Bare().visit(node)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            for statement in list(node.body):
                text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
                if text or isinstance(statement, ast.Pass):
                    node.body.remove(statement)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for node in list(tree.body):
        if isinstance(node, ast.ImportFrom) and node.module != "__future__":
            node.names = [name for name in node.names if (name.asname or name.name) in used]
            if not node.names:
                tree.body.remove(node)
    return ast.dump(tree)


class _Bare(ast.NodeTransformer):
    """Of a function, without annotations."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        return ast.Assign([node.target], node.value) if node.value else node


if __name__ == "__main__":
    unittest.main()
