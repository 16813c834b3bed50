"""The house: which way imports run, how long modules are, what `import nnlib` loads."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts): path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "nnlib").rglob("*.py"))
}
# plumbing that stands on the lessons' modules
ABOVE = {"history", "lines", "resume", "runs", "saving", "sources"}
TOP = ("nnlib.check", "nnlib.live", "nnlib.labs.estimator", "nnlib.__main__")
# training takes the history, which knows lessons 1 to 4, and the optimisers: these need NumPy and
# the ground
HISTORY, OPTIMIZERS = "nnlib.plumbing.history", "nnlib.labs.optimizers"


def lesson(text):
    """Return the lesson or lab that a module's first line names, or None."""
    found = re.match(r"(Lesson|Lab) (\d+): ", ast.get_docstring(ast.parse(text)) or "")
    return (found[1], int(found[2])) if found else None


def rank(name, text):
    """Return a module's floor: it may import from lower ones only, and from its own room."""
    if name.startswith(TOP):
        return 90, name.split(".")[1]
    if name == HISTORY:
        return 4.5, name
    if name == OPTIMIZERS:
        return 0.5, name
    if name.startswith("nnlib.plumbing."):
        return (10, "above") if name.rsplit(".", 1)[1] in ABOVE else (0, "ground")
    if number := lesson(text):
        return number[1] + 20 * (number[0] == "Lab"), name
    assert name in ("nnlib.__init__", "nnlib.labs.__init__", "nnlib.plumbing.__init__"), (
        f"{name} has no floor: its first line says neither its lesson nor that it is plumbing"
    )
    return 80, name


def imported(text):
    """Return the modules of nnlib that a module imports, also inside its functions."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("nnlib"):
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {n if n in MODULES else node.module for n in names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.startswith("nnlib")}
    return found


def violations(modules):
    """Return a sentence for each import that runs the wrong way."""
    faults = []
    for name, text in modules.items():
        floor, room = rank(name, text)
        for other in imported(text):
            if other == "nnlib":
                faults.append(f"{name} imports all of nnlib: name the module")
                continue
            below, its_room = rank(other, modules.get(other, MODULES.get(other, "")))
            if not (below < floor or room == its_room):
                faults.append(f"{name} imports {other}, which stands above it")
    return faults


def test_imports_run_one_way():
    assert len(MODULES) > 15 and sum(len(imported(text)) for text in MODULES.values()) > 30
    assert not violations(MODULES)


@pytest.mark.parametrize(
    "module, line, words",
    [
        ("nnlib.plumbing.plots", "from nnlib.loss import softmax", "plots imports nnlib.loss"),
        ("nnlib.loss", "from nnlib.training import train", "loss imports nnlib.training"),
        ("nnlib.plumbing.history", "def f():\n    import nnlib.training", "imports nnlib.training"),
        (
            "nnlib.labs.optimizers",
            "from nnlib.data import one_hot",
            "optimizers imports nnlib.data",
        ),
        ("nnlib.plumbing.sources", "import nnlib", "imports all of nnlib"),
        ("nnlib.network", "from nnlib.plumbing import runs", "imports nnlib.plumbing.runs"),
    ],
)
def test_an_import_the_wrong_way_is_found(module, line, words):
    found = violations(MODULES | {module: f"{MODULES[module]}\n{line}\n"})
    assert len(found) == 1 and words in found[0]


def test_the_rooms_stay_small():
    """Lessons 1 to 6, docstrings included, in 900 lines; the labs' modules in 900 more."""
    lines = {"Lesson": 0, "Lab": 0}
    for text in MODULES.values():
        if number := lesson(text):
            lines[number[0]] += len(text.splitlines())
    assert 500 < lines["Lesson"] <= 900 and 200 < lines["Lab"] <= 900, lines


def functions(text):
    """Yield every function of a module, and its lines without docstring, comments and blanks."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            first = node.lineno if body == node.body else body[0].lineno
            code = text.splitlines()[first - 1 : node.end_lineno] if body else []
            yield node.name, [c for c in code if c.strip() and not c.strip().startswith("#")]


def test_functions_that_stand_on_a_page_are_short():
    lengths = {
        f"{name}.{function}": len(code)
        for name, text in MODULES.items()
        if lesson(text)
        for function, code in functions(text)
    }
    assert max(lengths.values()) <= 25, max(lengths, key=lengths.get)
    assert sorted(lengths.values())[len(lengths) // 2] < 15


def test_importing_nnlib_loads_nothing_that_stands_on_top():
    """How long it takes, tests/benchmarks/lean.py measures."""
    code = f"import sys, nnlib; print([m for m in sys.modules if m.startswith({TOP!r})])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


DERIVED = [
    (name, function)
    for name, text in MODULES.items()
    if lesson(text)
    for function in ast.parse(text).body
    if isinstance(function, ast.FunctionDef) and not function.name.startswith("_")
]


@pytest.mark.parametrize(
    "name, function", DERIVED, ids=[f"{name}.{function.name}" for name, function in DERIVED]
)
def test_a_docstring_names_the_lesson_that_derives_it(name, function):
    kind, number = lesson(MODULES[name])
    text = " ".join((ast.get_docstring(function) or "").split())
    said = re.findall(r"[Dd]erived in (lesson|lab) (\d+)", text)
    assert said == [(kind.lower(), str(number))], f"{name}.{function.name} says {said}"
