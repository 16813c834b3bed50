"""Tasks in the notebooks: each has all its cells, and its folded solution passes its check.

A task is a card, a stub, a check, two hints and a solution; tags say which cell is which. What a
solution prints, and that its check is content, is found where the notebooks are run once more,
beside the other folded answers: see `solutions`, conftest.py, and rerun.py.
"""

import ast
import json
import re
from pathlib import Path

import nbformat
import pytest

import nnlib
from nnlib.check import LESSONS
from nnlib.check.calling import is_stub

ROOT = Path(__file__).parent.parent
FORM = ["task", "exercise", "check", "hint", "hint", "solution"]
KINDS = ("Write it", "Predict, then run", "Find the fault", "Reach a goal", "Explain")


def cells(path):
    """Return a notebook's cells."""
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def source(cell):
    """Return a cell's text."""
    return "".join(cell["source"])


def tags(cell):
    """Return a cell's tags."""
    return cell["metadata"].get("tags", [])


def role(cell):
    """Return which part of a task a cell is, or None."""
    return next((tag for tag in dict.fromkeys(FORM) if tag in tags(cell)), None)


def tasks(cells):
    """Return the tasks of a notebook: lists of cells, from a card to a solution."""
    found, inside = [], False
    for cell in cells:
        if role(cell) == "task":
            found.append([])
            inside = True
        if inside:
            found[-1].append(cell)
        inside = inside and role(cell) != "solution"
    return found


def with_tasks():
    """Return the notebooks that have cells tagged `exercise`."""
    books = sorted((ROOT / "notebooks").glob("*.ipynb"))
    return [path for path in books if any("exercise" in tags(cell) for cell in cells(path))]


def code_of(solution):
    """Return a folded solution's code, and what it says that it prints."""
    code = re.findall(r"(?s)```python\n(.*?)```", source(solution))
    printed = re.findall(r"(?s)```text\n(.*?)```", source(solution))
    return "\n".join(code), "\n".join(printed)


def solutions(cells):
    """Return code for each task that runs its solution, and asserts what it prints and is told."""
    found = []
    for task in tasks(cells):
        parts = {role(cell): cell for cell in task}
        code, printed = code_of(parts["solution"])
        around = [source(cell) for cell in task if cell["cell_type"] == "code" and not role(cell)]
        found.append(
            f"import contextlib as _c, io as _io\n_out = _io.StringIO()\n"
            f"exec({chr(10).join([*around, source(parts['exercise'])])!r}, globals())\n"
            f"with _c.redirect_stdout(_out):\n    exec({code!r}, globals())\n"
            f"_verdict = {source(parts['check'])}\n"
            f"assert _verdict.passed, _verdict\n"
            f"assert _out.getvalue().strip() == {printed.strip()!r}, _out.getvalue()\n"
        )
    return found


# ---------------------------------------------------------------- the pages' form


def faults(cells, number):
    """Return what is wrong with the tasks of a notebook, a sentence each."""
    found = [fault for task in tasks(cells) for fault in faults_of(task)]
    stubs = sum("exercise" in tags(cell) for cell in cells)
    if stubs != len(tasks(cells)):
        found.append(f"{stubs} stubs, and {len(tasks(cells))} cards")
    page = [name_of(task) for task in tasks(cells)]
    if LESSONS.get(number) is None or list(LESSONS[number].PAGE) != page:
        found.append(f"nnlib.check's PAGE of {number} is not what stands here: {page}")
    if f"nnlib.check.progress({number})" not in map(source, cells):
        found.append("no cell shows the progress")
    written = sum("Write it" in source(task[0]) for task in tasks(cells))
    if 2 * written < len(page) or not 4 <= len(page) <= 6:
        found.append(f"{written} of {len(page)} tasks are to be written")
    return found


def faults_of(task):
    """Return what is wrong with one task."""
    where = source(task[0]).splitlines()[0]
    parts = [role(cell) for cell in task if role(cell)]
    if parts != FORM:
        return [f"{where}: {parts}"]
    card, stub, check, *hints = [cell for cell in task if role(cell)]
    found = [f"{where}: {what}" for what in faults_of_card(card) + faults_of_code(stub, check)]
    for cell in hints:
        text = source(cell)
        summary = "Solution" if role(cell) == "solution" else f"Hint {hints.index(cell) + 1}: "
        opening = rf"<details><summary>{summary}.*</summary>\n\n"
        if not re.match(opening, text) or not text.endswith("\n\n</details>\n"):
            found.append(f"{where}: {summary} isn't folded, with blank lines around its text")
        if "`" in text.partition("</summary>")[0]:
            found.append(f"{where}: {summary} has a backtick, which no front-end reads there")
        if role(cell) == "hint" and "?" not in text + "." and "```" in text:
            found.append(f"{where}: a hint holds code")
    if not code_of(hints[-1])[0].strip():
        found.append(f"{where}: the solution has no code")
    outputs = re.split(r"```text\n", source(hints[-1]))[:-1]
    if not all(before.endswith("```\n\nIt prints:\n\n") for before in outputs):
        found.append(f"{where}: nothing says that the solution prints this")
    return found


def faults_of_card(card):
    """Return what is wrong with a card: its kind, difficulty, minutes."""
    kinds = "|".join(KINDS)
    heading = re.match(
        rf"### \d · ({kinds}): .+\n\n(●○○|●●○|●●●) · (\d+) minutes?\n\n", source(card)
    )
    return [] if heading else ["the card lacks its kind, dots or minutes"]


def faults_of_code(stub, check):
    """Return what is wrong with a stub and a check."""
    found = []
    for cell in (stub, check):
        if "raises-exception" not in tags(cell):
            found.append(f"{role(cell)} stops Run All where a reader's code has an error")
    tree = ast.parse(source(stub))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            namespace = {}
            exec(ast.unparse(node), namespace)
            if not node.name.startswith("my_") or not is_stub(namespace[node.name]):
                found.append(f"{node.name} is no stub named my_…")
    if "..." not in source(stub):
        found.append("the stub leaves nothing open")
    if not re.fullmatch(r"nnlib\.check\.\w+\(.+\)", source(check)):
        found.append("the check is not one call")
    shown = json.dumps(check["outputs"], ensure_ascii=False)
    if "not attempted: " not in shown:
        found.append("the check does not say that nothing was tried")
    return found


def name_of(task):
    """Return the name of a task, as its check calls it."""
    call = source(next(cell for cell in task if role(cell) == "check"))
    found = re.match(r'nnlib\.check\.(?:value|answer|goal)\("([^"]+)"', call)
    return found[1] if found else re.match(r"nnlib\.check\.(\w+)\(", call)[1]


@pytest.mark.parametrize("notebook", with_tasks(), ids=lambda path: path.stem)
def test_every_task_has_all_its_cells(notebook):
    number = int(notebook.name[:2])
    assert faults(cells(notebook), number) == []


# ---------------------------------------------------------------- the tests, tested


def a_task(**other):
    """Return the cells of a task, some of them changed."""
    texts = {
        "task": "### 1 · Write it: relu\n\n●○○ · 2 minutes\n\nWrite it.",
        "exercise": 'def my_relu(Z):\n    """Return max(Z, 0)."""\n    ...',
        "check": "nnlib.check.relu(my_relu)",
        "hint 1": "<details><summary>Hint 1: which?</summary>\n\nmaximum\n\n</details>\n",
        "hint 2": "<details><summary>Hint 2: how?</summary>\n\nnp.maximum\n\n</details>\n",
        "solution": "<details><summary>Solution</summary>\n\n```python\ndef my_relu(Z):\n"
        '    return np.maximum(Z, 0)\n\n\nprint("done")\n```\n\n'
        "It prints:\n\n```text\ndone\n```\n\n</details>\n",
    } | {name.replace("_", " "): text for name, text in other.items()}
    made = []
    for name, text in texts.items():
        kind = "code" if name in ("exercise", "check") else "markdown"
        marks = [name.split()[0]] + ["raises-exception"] * (kind == "code")
        cell = {"cell_type": kind, "source": [text], "metadata": {"tags": marks}}
        if kind == "code":
            cell["outputs"] = [{"data": {"text/plain": ["not attempted: …"]}}]
        made.append(cell)
    return made


def test_a_task_with_all_its_cells_has_no_fault():
    assert faults_of(a_task()) == []
    symptoms = {"cell_type": "code", "source": ["1 + 1"], "metadata": {}, "outputs": []}
    task = a_task()
    assert faults_of([task[0], symptoms, *task[1:]]) == []
    assert [len(t) for t in tasks([*a_task(), symptoms, *a_task()])] == [6, 6]
    assert name_of(a_task()) == "relu"
    assert name_of(a_task(check='nnlib.check.value("most ink", 3)')) == "most ink"


@pytest.mark.parametrize(
    "change, words",
    [
        ({"task": "### Write it: relu"}, "lacks its kind"),
        ({"exercise": "def my_relu(Z):\n    return Z * (...)"}, "no stub named"),
        ({"exercise": "def relu(Z):\n    ..."}, "no stub named"),
        ({"exercise": "n = 3"}, "nothing open"),
        ({"check": "print(nnlib.check.relu(my_relu))"}, "not one call"),
        ({"hint_1": "<details><summary>Hint 1: a</summary>b</details>"}, "Hint 1:  isn't folded"),
        ({"hint_2": "<details><summary>Hint 2: `max`?</summary>\n\nb\n\n</details>\n"}, "backtick"),
        ({"solution": "<details><summary>Solution</summary>\n\nnone\n\n</details>\n"}, "no code"),
        ({"solution": a_task()[-1]["source"][0].replace("It prints:", "")}, "prints this"),
    ],
)  # fmt: skip
def test_a_fault_in_a_tasks_form_is_found(change, words):
    assert any(words in fault for fault in faults_of(a_task(**change)))


def test_missing_cells_tags_and_outputs_are_found():
    for i in range(1, len(FORM)):
        task = a_task()
        del task[i]
        assert faults_of(task) != []
    task = a_task()
    task[1]["metadata"]["tags"] = ["exercise"]
    task[2]["outputs"] = []
    assert len(faults_of(task)) == 2


def test_a_notebooks_tasks_are_counted_and_known():
    found = faults(a_task(), 2)
    assert any("PAGE of 2 is not what stands here: ['relu']" in fault for fault in found)
    assert any("progress" in fault for fault in found)
    assert any("1 of 1 tasks" in fault for fault in found)
    assert any("2 stubs" in fault for fault in faults([*a_task(), a_task()[1]], 2))


def test_a_solution_is_run_with_its_check():
    """One that is right, one that prints something else, one that its check refuses."""
    namespace = {"np": pytest.importorskip("numpy"), "nnlib": nnlib}
    (code,) = solutions(a_task())
    exec(code, dict(namespace))
    other = a_task()[-1]["source"][0]
    for wrong, words in (
        (other.replace("```text\ndone", "```text\nelse"), "done"),
        (other.replace("maximum(Z, 0)", "minimum(Z, 0)"), "maximum or minimum"),
    ):
        (code,) = solutions(a_task(solution=wrong))
        with pytest.raises(AssertionError, match=words):
            exec(code, dict(namespace))


def test_a_readers_syntax_error_does_not_stop_the_page(tmp_path):
    """The cell after a broken stub and its check still runs; nbconvert and JupyterLab agree."""
    from nbclient import NotebookClient

    book = nbformat.v4.new_notebook()
    for text, marks in (
        ("def my_relu(Z)\n    return Z", ["exercise", "raises-exception"]),
        ("nnlib.check.relu(my_relu)", ["check", "raises-exception"]),
        ("1 + 1", []),
    ):
        cell = nbformat.v4.new_code_cell(text, metadata={"tags": marks})
        book.cells.append(cell)
    NotebookClient(book, kernel_name="python3").execute(cwd=str(tmp_path))
    assert book.cells[0].outputs[0].ename == "SyntaxError"
    assert book.cells[2].outputs[0].data["text/plain"] == "2"
