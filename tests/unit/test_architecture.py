"""The rules of the house that no linter knows: names, sizes, doors to the outside."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
SOURCE = REPOSITORY / "src" / "hermes"
MODULES = sorted(SOURCE.rglob("*.py"))
TESTS = sorted(path for path in (REPOSITORY / "tests").rglob("*.py") if "data" not in path.parts)
LONGEST_MODULE = 450
LONGEST_FUNCTION = 70
LONGEST_TEST_MODULE = 600
REFUSED = {"utils", "util", "helpers", "helper", "common", "core", "manager", "handler", "misc"}

DOORS = {"os.environ", "os.environb", "os.getenv", "os.getcwd", "os.getcwdb", "time.time", "Path.cwd"}
"""What only `system` and `cli` may use: the caller's variables, the clock, the current folder."""


def name(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()


def outside(*packages: str) -> list[Path]:
    """Give the modules that are not in these packages."""
    return [path for path in MODULES if path.relative_to(SOURCE).parts[0] not in packages]


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def dotted(node: ast.expr) -> str | None:
    """Give the "a.b.c" of an expression, None for any other."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return None if before is None else f"{before}.{node.attr}"
    return None


def used(tree: ast.Module) -> set[str]:
    """Give every dotted name that a module uses, whatever name it has imported it by."""
    meant = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            meant.update({each.asname or each.name.partition(".")[0]: each.name for each in node.names})
        elif isinstance(node, ast.ImportFrom):
            module = "" if node.module in {"pathlib", "datetime"} else f"{node.module}."
            meant.update({each.asname or each.name: f"{module}{each.name}" for each in node.names})
    found = {dotted(node) for node in ast.walk(tree) if isinstance(node, ast.Name | ast.Attribute)} - {None}
    names = {str(each).partition(".") for each in found}
    return {f"{meant.get(first, first)}{dot}{rest}" for first, dot, rest in names}


def test_there_is_something_to_look_at() -> None:
    assert len(MODULES) > 50
    assert len(TESTS) > 50


def test_packages_are_folders_and_their_init_files_are_empty() -> None:
    written = [name(path) for path in SOURCE.rglob("__init__.py") if path.parent != SOURCE and path.stat().st_size]
    assert written == []
    assert all((path.parent / "__init__.py").is_file() for path in MODULES)


def test_the_one_sentence_stands_at_the_top() -> None:
    tree = parsed(SOURCE / "__init__.py")
    assert ast.get_docstring(tree)
    assert all(isinstance(node, ast.Expr) for node in tree.body)


def test_modules_have_the_fields_nouns() -> None:
    refused = [name(path) for path in MODULES if REFUSED & {*path.with_suffix("").parts[-2:], *path.stem.split("_")}]
    assert refused == []


@pytest.mark.parametrize("path", outside("system", "cli"), ids=name)
def test_only_system_and_cli_look_at_variables_clock_and_current_folder(path: Path) -> None:
    assert used(parsed(path)) & DOORS == set()


def test_a_door_is_seen_by_whatever_name_it_goes() -> None:
    text = """
import os
import time as clock
from os import environ as variables
from os import getcwd
from pathlib import Path

a = os.environ["A"], clock.time(), variables, getcwd(), Path.cwd(), os.path.sep
"""
    assert used(ast.parse(text)) & DOORS == {"os.environ", "time.time", "os.getcwd", "Path.cwd"}


@pytest.mark.parametrize("path", outside("cli"), ids=name)
def test_nobody_writes_to_the_terminal_but_cli(path: Path) -> None:
    assert used(parsed(path)) & {"print", "sys.stdout.write", "sys.stderr.write"} == set()


def test_errors_are_caught_whole_in_one_place() -> None:
    def broad(tree: ast.Module) -> Iterator[str]:
        for node in ast.walk(tree):
            if isinstance(node, ast.ExceptHandler) and not any(isinstance(each, ast.Raise) for each in node.body):
                caught = "everything" if node.type is None else dotted(node.type)
                if caught in {"everything", "Exception", "BaseException"}:
                    yield str(caught)

    found = {name(path): list(broad(parsed(path))) for path in MODULES}
    assert {path: caught for path, caught in found.items() if caught} == {"src/hermes/cli/main.py": ["Exception"]}


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_modules_and_functions_fit_the_eye(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST_MODULE
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    lengths = {each.name: (each.end_lineno or each.lineno) - each.lineno + 1 for each in functions}
    assert {each: length for each, length in lengths.items() if length > LONGEST_FUNCTION} == {}


def test_no_test_module_grows_without_end() -> None:
    lengths = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in TESTS}
    assert {path: length for path, length in lengths.items() if length > LONGEST_TEST_MODULE} == {}


def test_no_lock_names_a_host() -> None:
    locks = [path for path in REPOSITORY.rglob("envfile.lock") if ".git" not in path.parts]
    assert REPOSITORY / "envfile.lock" in locks
    assert [name(path) for path in locks if "://" in path.read_text(encoding="utf-8")] == []
