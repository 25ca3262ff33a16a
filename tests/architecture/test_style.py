"""Style by numbers: sizes that keep a file readable in one sitting."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(p for p in (ROOT / "trama").rglob("*.py") if "migrations" not in p.parts)
TEMPLATES = sorted((ROOT / "trama").rglob("*.html"))
FORBIDDEN_NAMES = {"utils", "helpers", "services", "common", "misc", "signals"}


def test_modules_fit_in_400_lines() -> None:
    long = {
        str(p.relative_to(ROOT)): n for p in SOURCES if (n := len(p.read_text().splitlines())) > 400
    }
    assert long == {}


def test_templates_fit_in_120_lines() -> None:
    long = {
        str(p.relative_to(ROOT)): n
        for p in TEMPLATES
        if (n := len(p.read_text().splitlines())) > 120
    }
    assert long == {}


@pytest.mark.parametrize(
    ("kinds", "limit"), [((ast.FunctionDef, ast.AsyncFunctionDef), 60), ((ast.ClassDef,), 200)]
)
def test_definitions_stay_short(kinds: tuple[type[ast.AST], ...], limit: int) -> None:
    long = {}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, kinds):
                lines = (getattr(node, "end_lineno", 0) or 0) - getattr(node, "lineno", 0) + 1
                if lines > limit:
                    long[f"{path.relative_to(ROOT)}:{getattr(node, 'name', '')}"] = lines
    assert long == {}


def test_no_drawers() -> None:
    drawers = [
        str(p) for p in SOURCES if p.stem in FORBIDDEN_NAMES or p.parent.name in FORBIDDEN_NAMES
    ]
    assert drawers == []


def test_models_hold_no_verbs() -> None:
    verbs = []
    for path in (p for p in SOURCES if p.stem == "models" or p.parent.name == "models"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name != "__str__":
                verbs.append(f"{path.relative_to(ROOT)}:{node.name}")
    assert verbs == []
