"""The notebooks as files: executed, in form, and the same code as the package.

`pytest` itself runs every notebook against its stored outputs, through nbval.
"""

import ast
import importlib
import inspect
import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
from rerun import SHAKE, rerun
from stored import VIEW
from test_tasks import role, solutions

import nnlib

ROOT = Path(__file__).parent.parent
PAGES = sorted(path for path in (ROOT / "notebooks").glob("*.ipynb") if "-Copy" not in path.name)
COMPANIONS = {"00_contents", "notation", "teaching"}  # pages that are no lessons
NOTEBOOKS = [path for path in PAGES if path.stem not in COMPANIONS]


def lessons():
    """Return {module of the mathematics: its lesson}, as each module's first line says."""
    found = {}
    for file in sorted((ROOT / "nnlib").rglob("*.py")):
        name = ".".join(file.relative_to(ROOT).with_suffix("").parts)
        docstring = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
        if number := re.match(r"(?:Lesson|Lab) (\d+): ", docstring):
            found[importlib.import_module(name)] = f"{int(number[1]):02}"
    return found


LESSONS = lessons()
DERIVED_LATER = {"OPTIMIZERS": "08"}  # training's table is whole; lesson 5 knows one row of it
BESIDE = {"13_learning_rate_lab.ipynb": "05_training.ipynb"}  # no link of the chain: its lesson
MNIST_SIZES = {"255", "70000", "60000", "55000", "10000", "5000"}  # facts, which no lesson computes


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def source(cell):
    return "".join(cell["source"])


def all_code(path):
    return [c for c in read(path)["cells"] if c["cell_type"] == "code"]


def code_cells(path):
    """Return the code that a reader follows: all but the cell for Colab, which the tests of
    test_release.py hold."""
    return [c for c in all_code(path) if "away" not in c["metadata"].get("tags", [])]


def markdown(path):
    return "\n\n".join(source(c) for c in read(path)["cells"] if c["cell_type"] == "markdown")


def prose(path):
    """Return the markdown without code blocks and answers' code."""
    return re.sub(r"(?s)```.*?```", "", markdown(path))


def texts(cell):
    """Return a cell's outputs without their pictures."""
    return [
        {k: v for k, v in (o.get("data") or o).items() if not k.startswith("image")}
        for o in cell["outputs"]
    ]


def stdout_of(cell):
    """Return what a cell printed when it was stored."""
    texts = [o["text"] for o in cell["outputs"] if o.get("name") == "stdout"]
    return "".join("".join(text) for text in texts)


def tagged(path):
    """Return the tagged definitions of a notebook, by name, in comparable form."""
    found = {}
    for cell in code_cells(path):
        if "nnlib" in cell["metadata"].get("tags", []):
            found |= definitions(source(cell))
    return found


def definitions(text):
    """Return {name: code} of the functions, classes and constants that a text defines."""
    found = {}
    for node in ast.parse(text).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found[node.name] = normal(node)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = normal(node)
    return found


def normal(node):
    """Return code as text, without docstrings, comments and annotations."""
    for part in ast.walk(node):
        if isinstance(part, (ast.FunctionDef, ast.ClassDef)):
            part.returns = None
            if ast.get_docstring(part) is not None:
                part.body = part.body[1:]
        if isinstance(part, ast.arg):
            part.annotation = None
    return ast.unparse(node)


def library():
    """Return {name: (module, code)} of everything the mathematical modules define."""
    found = {}
    for module in LESSONS:
        for name, code in definitions(inspect.getsource(module)).items():
            if not name.startswith("_"):
                found[name] = (module, code)
    return found


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    """A lesson or lab."""
    return request.param


@pytest.fixture(params=PAGES, ids=lambda path: path.stem)
def page(request):
    """A lesson, a lab, or what stands beside them."""
    return request.param


# ---------------------------------------------------------------- the lesson is the library


def test_tagged_cells_are_the_librarys_code(notebook):
    package = library()
    for name, code in tagged(notebook).items():
        assert name in package, f"{name} is tagged nnlib, but nnlib has no such name"
        assert code == package[name][1], f"{name} differs from {package[name][0].__name__}.{name}"


def test_every_function_of_the_mathematics_is_derived_in_its_lesson():
    derived = {name: path.name for path in NOTEBOOKS for name in tagged(path)}
    for name, (module, _) in library().items():
        assert name in derived, f"{module.__name__}.{name} stands in no lesson"
        lesson = DERIVED_LATER.get(name, LESSONS[module])
        assert derived[name].startswith(lesson), f"{name} is derived in {derived[name]}"


def test_the_comparison_sees_a_changed_operator_and_no_changed_comment():
    def same(a, b):
        return definitions(a) == definitions(b)

    assert same(
        'def f(x: int) -> int:\n    "doc"\n    return x > 0', "def f(x):\n    return x > 0  # why"
    )
    assert not same("def f(x):\n    return x > 0", "def f(x):\n    return x >= 0")
    assert not same("T = {'a': 1}", "T = {'a': 2}")
    assert same('class T:\n    "doc"\n    a = 1', "class T:\n    a = 1")
    assert not same("class T:\n    a = 1", "class T:\n    a = 2")


TASTE = {"01_data_loading"}  # a first minute of what later lessons derive, in cells tagged `taste`


def tastes(cell):
    """Return whether a cell shows what is explained later."""
    return "taste" in cell["metadata"].get("tags", [])


def uses(cells):
    """Return the names of the mathematics that cells take from nnlib, and do not define."""
    names = set()
    for cell in cells:
        for node in ast.walk(ast.parse(source(cell))):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("nnlib"):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                names |= {node.attr} if node.value.id == "nnlib" else set()
    return names


def test_a_lesson_uses_only_what_lessons_before_it_derived(notebook):
    number = notebook.name[:2]
    package = library()
    cells = [c for c in code_cells(notebook) if not (notebook.stem in TASTE and tastes(c))]
    for name in uses(cells) & set(package):
        lesson = DERIVED_LATER.get(name, LESSONS[package[name][0]])
        assert lesson <= number, f"{notebook.name} uses {name}, which lesson {lesson} derives"
        assert lesson < number or name in tagged(notebook), f"{name} is used but not derived"


def leftovers(cells):
    """Return names that cells read after a taste made them, and nobody else has since."""
    made, found = set(), set()
    for cell in cells:
        nodes = [n for n in ast.walk(ast.parse(source(cell))) if isinstance(n, ast.Name)]
        stored = {n.id for n in nodes if isinstance(n.ctx, ast.Store)}
        if tastes(cell):
            made |= stored
        else:
            made -= stored
            found |= made & {n.id for n in nodes if isinstance(n.ctx, ast.Load)}
    return found


def test_nothing_after_a_taste_uses_what_it_made(notebook):
    cells = code_cells(notebook)
    assert notebook.stem in TASTE or not any(map(tastes, cells)), "only the first lesson has one"
    assert not leftovers(cells)


def test_the_search_for_leftovers_sees_them():
    taste = cell("taste", "a, b = 1, 2") | {"metadata": {"tags": ["taste"]}}
    plain = {"metadata": {}}
    assert leftovers([taste, cell("reads", "print(a)") | plain]) == {"a"}
    assert not leftovers([taste, cell("makes", "a = 3\nprint(a)") | plain])


# ---------------------------------------------------------------- executed, and in form


def test_every_code_cell_was_executed_in_order(page):
    counts = [cell["execution_count"] for cell in all_code(page)]
    assert counts == list(range(1, len(counts) + 1))
    assert all(source(cell).strip() for cell in all_code(page))


def test_no_output_holds_an_error_a_warning_or_a_machines_path(page):
    for cell in all_code(page):
        text = json.dumps(cell["outputs"])
        kinds = {output["output_type"] for output in cell["outputs"]}
        assert "error" not in kinds or "raises-exception" in cell["metadata"].get("tags", [])
        assert not re.search(r"Warning|0x[0-9a-f]{6,}", text), source(cell)
        assert not re.search(r"/(root|home|work|tmp|Users|usr|opt)/\w|[A-Z]:\\\\", text), source(
            cell
        )


def test_the_file_is_lean(page):
    content = read(page)
    assert page.stat().st_size <= 500_000
    assert "widgets" not in content["metadata"]
    assert not any("execution" in c["metadata"] for c in content["cells"])
    for cell in all_code(page):  # the kernel may split a stream anywhere, by its clock
        names = [o.get("name") for o in cell["outputs"]]  # None: a value or a picture
        joined = all(name is None or name != after for name, after in zip(names, names[1:]))
        assert joined, f"streams not joined: {source(cell)}"
        assert not any(VIEW in o.get("data", {}) for o in cell["outputs"]), "an empty widget"


def test_cells_are_short(notebook):
    lengths = []
    for cell in code_cells(notebook):
        lengths.append(len([line for line in source(cell).splitlines() if line.strip()]))
    assert max(lengths) <= 25
    assert sorted(lengths)[len(lengths) // 2] <= 6


def test_the_frame_is_complete(notebook):
    text = prose(notebook)
    assert len(re.findall(r"(?m)^# ", text)) == 1
    for part in (
        "**What you'll do.**", "**What you'll learn**", "**What you'll need.**",
        "## What you have now", "## Your turn", "## Further reading", "A class can stop",
    ):  # fmt: skip
        assert part in text, f"{notebook.name} lacks {part!r}"
    sections = re.findall(r"(?m)^## (\d+\..*|Set up.*)$", text)
    assert sections and all(re.search(r"\(\d+ min\)$", title) for title in sections), sections
    assert markdown(notebook).count("<details>") >= 3
    assert markdown(notebook).count("<details>") == markdown(notebook).count("</details>")


def test_every_picture_is_said_in_words(page):
    """By plots.show, for a reader who doesn't see it; and what is said in words can be seen."""
    for cell in code_cells(page):
        pictures = sum("image/png" in output.get("data", {}) for output in cell["outputs"])
        assert pictures or "In words: " not in stdout_of(cell), f"no picture: {source(cell)}"
        if pictures:
            words = re.search(r"In words: (.*)", stdout_of(cell), re.S)
            assert words and len(words[1].split()) >= 12, f"{page.name}: {source(cell)}"


def after_the_words(code):
    """Return what follows `plots.show` in a cell and may print, for the words stand last."""
    body = ast.parse(code).body
    shows = [k for k, node in enumerate(body) if ast.unparse(node).startswith("plots.show(")]
    return [
        ast.unparse(node)
        for node in body[shows[-1] + 1 if shows else len(body) :]
        if not isinstance(node, (ast.Assert, ast.Assign))
    ]


def test_the_words_are_the_last_that_a_cell_prints(page):
    """So that a page to hear knows where they end."""
    for cell in code_cells(page):
        assert not after_the_words(source(cell)), source(cell)
    assert after_the_words("plots.show('a')\nassert x\nprint(3)") == ["print(3)"]
    assert not after_the_words("print(3)\nplots.show(f'a {3}')\nassert x, 'y'")


def test_the_minutes_are_those_of_the_sections_and_cards(notebook):
    text = markdown(notebook)
    sections = sum(map(int, re.findall(r"(?m)^## .*\((\d+) min\)$", text)))
    cards = sum(map(int, re.findall(r"(?m)^[●○]{3} · (\d+) minute", text)))
    said = re.search(r"Reading and running: about (\d+) minutes, and (\d+) for the tasks", text)
    assert abs(int(said[1]) - sections) <= 3, f"the sections sum to {sections} minutes"
    assert abs(int(said[2]) - cards) <= 3 or not cards, f"the cards sum to {cards} minutes"
    table = (ROOT / "README.md").read_text(encoding="utf-8")
    row = re.search(rf"\]\(notebooks/{re.escape(notebook.name)}\).*\| (\d+) min \|", table)
    assert int(row[1]) == int(said[1]) + int(said[2]), "README says other minutes"


def test_the_contents_say_of_each_lesson_what_the_readme_says(notebook):
    readme = (ROOT / "README.md").read_text(encoding="utf-8").replace("](notebooks/", "](")
    contents = ROOT / "notebooks" / "00_contents.ipynb"
    rows = [
        [line.replace("\u00a0", " ") for line in text.splitlines()
         if f"]({notebook.name})" in line and line.startswith("|") and line.endswith(" s |")]
        for text in (readme, markdown(contents).replace("\u00a0", " "))
    ]  # fmt: skip
    assert rows[0] == rows[1] and len(rows[0]) == 1, rows


def test_code_lines_fit_a_printed_page(page):
    """At a scale of 85 %, as the contents say: 88 characters."""
    for cell in all_code(page):
        assert max(map(len, source(cell).splitlines())) <= 88, source(cell)


def bare(code):
    """Return the assertions of a cell that say nothing to a reader who has changed something."""
    found = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Assert)]
    said = [[] if node.msg is None else list(ast.walk(node.msg)) for node in found]
    texts = [[n.value for n in nodes if isinstance(n, ast.Constant)] for nodes in said]
    named = [any(isinstance(n, ast.Name) for n in nodes) for nodes in said]
    return [
        ast.unparse(node)
        for node, text, name in zip(found, texts, named)
        if not name and len(" ".join(map(str, text)).split()) < 3
    ]


def test_an_assertion_says_a_sentence(page):
    """Who changes a rate, a seed or a size must not trip over a bare AssertionError."""
    assert [(c["id"], bare(source(c))) for c in code_cells(page) if bare(source(c))] == []


def test_bare_assertions_are_found():
    said = "assert a, READ_ON\nassert b, 'other seeds: read on'\nassert c, f'row {i} differs'"
    assert bare(said) == []
    mute = "assert y, ''\nassert z, 'no'\nif x:\n    assert x == 1"
    assert bare(mute) == ["assert y, ''", "assert z, 'no'", "assert x == 1"]


def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", prose(page)):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def neighbours(path):
    """Return the names of the lessons before and after, or of the one that it stands beside."""
    if path.name in BESIDE:
        return [BESIDE[path.name]]
    chain = [other.name for other in NOTEBOOKS if other.name not in BESIDE]
    k = chain.index(path.name)
    return chain[max(0, k - 1) : k] + chain[k + 1 : k + 2]


def test_claims_have_sources(notebook):
    """Each lesson links to others' work, by address or DOI; nothing but whole addresses."""
    links = re.findall(r"\]\((https?:[^)\s]*)\)", prose(notebook))
    assert len(set(links)) >= (1 if notebook.name.startswith("13") else 4), set(links)
    for link in links:
        assert re.fullmatch(r"https?://[\w.-]+\.[a-z]{2,}(/[^\s<>\[\]{}|]*)?", link), link
    further = prose(notebook).split("## Further reading")[1].split("\n## ")[0]
    entries = re.findall(r"(?m)^- .*", further)
    assert entries and all("](" in entry for entry in entries), "a reading without an address"


def test_a_lesson_links_to_its_neighbours_the_contents_and_the_notation(notebook):
    for neighbour in neighbours(notebook):
        assert markdown(notebook).count(f"]({neighbour})") >= 2, neighbour
    assert "](notation.ipynb)" in markdown(notebook)
    assert markdown(notebook).count("](00_contents.ipynb)") >= 2


def test_the_contents_lead_to_every_lesson():
    text = markdown(ROOT / "notebooks" / "00_contents.ipynb")
    assert all(f"]({path.name})" in text for path in [*NOTEBOOKS, ROOT / "notation.ipynb"])


def test_the_first_code_limits_threads(notebook):
    assert "nnlib.limit_threads(1)" in source(code_cells(notebook)[0])


def test_numbers_in_prose_come_from_the_run(notebook):
    """Every decimal, and every number of three digits, in prose stands in some code or output.

    A task's solution counts: what it prints is compared where it is run.
    """
    run = " ".join(source(c) + json.dumps(texts(c)) for c in code_cells(notebook))
    run += " ".join(solutions(read(notebook)["cells"]))
    run = run.replace(",", "").replace("_", "")
    body = prose(notebook).split("## Further reading")[0].split("**What you'll do.**")[1]
    body = re.sub(r"\$\$?.*?\$\$?|`[^`]*`|\]\([^)]*\)", " ", body, flags=re.S)
    for number in re.findall(r"(?<![\w.])(\d{1,3}(?:,\d{3})+|\d+\.\d+|\d{3,})(?![\w])", body):
        plain = number.replace(",", "")
        if plain in MNIST_SIZES:
            continue
        end = "" if "." in plain else r"(?!\d)"  # a decimal may be rounded
        assert re.search(rf"(?<![\d.]){re.escape(plain)}{end}", run), f"{notebook.name}: {number}"


# ---------------------------------------------------------------- the folded answers


def answers(path):
    """Return the code of each folded answer, and of each task's solution with its check."""
    cells = read(path)["cells"]
    plain = [source(c) for c in cells if c["cell_type"] == "markdown" and not role(c)]
    folded = re.findall(r"(?s)<details>.*?</details>", "\n\n".join(plain))
    code = ["\n".join(re.findall(r"(?s)```python\n(.*?)```", answer)) for answer in folded]
    return [*code, *solutions(cells)]


def run_again(path, size=SHAKE):
    """Run a notebook and its answers once more; return what differs and what fails."""
    return rerun(path, code_cells(path), answers(path), size)


def test_every_folded_answer_asserts_something(notebook):
    codes = [code for code in answers(notebook) if code.strip()]
    assert codes and all("assert" in code for code in codes)


def test_folded_answers_run_and_assert(notebook, request):
    """They run beside the other tests, from the start: see conftest.py."""
    failing = request.config.reruns[notebook.name].result()[1]
    assert not failing, "\n\n".join(f"{notebook.name}, {where}: {what}" for where, what in failing)


HANGS_ON_A_HAIR = {}  # cell id: why a shaken weight may change what it shows


def test_nothing_printed_hangs_on_the_last_bits(notebook, request):
    """First weights shaken by 1e-13 print what is stored: so do other processors."""
    differing = request.config.reruns[notebook.name].result()[0]
    texts = [f"cell {cell}: {what}" for cell, what in differing if cell not in HANGS_ON_A_HAIR]
    assert not texts, f"{notebook.name}: " + "\n\n".join(texts)


def cell(identity, code, stdout="", values=()):
    """Return a code cell as a notebook stores it."""
    outputs = [{"output_type": "stream", "name": "stdout", "text": [stdout]}] if stdout else []
    outputs += [{"output_type": "execute_result", "data": {"text/plain": v}} for v in values]
    return {"id": identity, "source": [code], "outputs": outputs}


def test_the_shaken_run_finds_what_hangs_on_the_last_bits(tmp_path):
    """A steady number, a run at the edge that is printed, one that is a cell's last value."""
    start = "import nnlib, numpy as np\nparams = nnlib.init_params([4, 3, 2])\nW = params[0][0]"
    chaos = "x = abs(W[0, 0]) % 1\nfor _ in range(60):\n    x = 3.99 * x * (1 - x)"
    namespace = {}
    exec(f"{start}\n{chaos}", namespace)
    W, x = namespace["W"], namespace["x"]
    cells = [
        cell("start", start),
        cell("steady", "print(f'{np.abs(W).sum():.4f}')", f"{np.abs(W).sum():.4f}\n"),
        cell("chaos", chaos),
        cell("printed", "print(f'{x:.3f}')", f"{x:.3f}\n"),
        cell("shown", "round(float(x), 3)", values=[repr(round(float(x), 3))]),
        cell("changed", "1 + 1", values=["3"]),
        cell("fails", "raise ValueError('no')"),
    ]
    answers = ["assert W.shape == (4, 3)", f"assert abs(x - {x!r}) < 1e-3"]
    before = os.getcwd()
    try:
        path = tmp_path / "any.ipynb"
        differing, failing = rerun(path, cells, answers)
        assert [where for where, _ in differing] == ["printed", "shown", "changed", "fails"]
        assert [where for where, _ in failing] == ["answer 2"]
        differing, failing = rerun(path, cells, answers, size=0)
        assert [where for where, _ in differing] == ["changed", "fails"] and not failing
    finally:
        os.chdir(before)
    assert not hasattr(nnlib.init_params, "is_shaken")


# ---------------------------------------------------------------- notation


def test_names_used_in_lessons_stand_in_the_notation(notebook):
    table = markdown(ROOT / "notebooks" / "notation.ipynb")
    known = set(re.findall(r"`([\w.]+)", table))
    symbols = {"X", "y", "Y", "P", "A1", "Z1", "A2", "Z2", "W1", "b1", "W2", "b2", "dZ1", "dZ2"}
    symbols |= {"dW1", "db1", "dW2", "db2", "dA1", "y_hat", "loss", "learning_rate", "params"}
    symbols |= {"grads", "C", "m", "rng", "digits", "history"}
    nodes = [n for c in code_cells(notebook) for n in ast.walk(ast.parse(source(c)))]
    names = {n.id for n in nodes if isinstance(n, ast.Name)}
    wanted = (uses(code_cells(notebook)) & set(nnlib.__all__)) | (names & symbols)
    wanted |= set(tagged(notebook))
    assert wanted <= known, f"the notation lacks {sorted(wanted - known)}"
