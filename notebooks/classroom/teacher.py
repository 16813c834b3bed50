"""The teacher's edition: solutions filled in and run, what goes wrong, minutes, quiz with answers.

A folder that is whole: pages, nnlib, the results that labs read. Each page is run from top to
bottom in it, so that what stands below a solution is what its check says today.
"""

import ast
import copy
import json
import os
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from classroom import mistakes, plan, quiz, source, student
from nnlib.plumbing.writing import written_whole


def filled(stub, solution):
    """Return a stub's cell with the solution in place of what was open."""
    kept, end = [], 0
    lines = stub.splitlines()
    for node in ast.parse(stub).body:
        is_open = any(isinstance(n, ast.Constant) and n.value is ... for n in ast.walk(node))
        if not is_open:
            kept += lines[end : node.end_lineno]
        end = node.end_lineno
    text = "\n".join(kept).strip("\n")
    return f"{text}\n\n{solution.strip()}" if text else solution.strip()


def timetable(lesson, begin=plan.QUIZ):
    """Return a table of a lesson's sections: when each begins and ends, after the quiz."""
    lines = ["| from | to | section | min | |", "|---|---|---|---|---|"]
    clock = begin
    for s in lesson.sections:
        name = f"{s.number}. {s.title}" if s.number else s.title
        notes = ["derives what later lessons need"] * s.derives + ["**a class can stop**"] * s.stops
        ends = clock + s.minutes
        lines.append(f"| {at(clock)} | {at(ends)} | {name} | {s.minutes} | {'; '.join(notes)} |")
        clock = ends
    return "\n".join(lines)


def at(minutes):
    """Return minutes as a clock's time: 1:05."""
    return f"{minutes // 60}:{minutes % 60:02}"


def alone(items):
    """Return items of one lesson as text, without its number."""
    return plan.in_short(items).partition(": ")[2]


def opening(lesson):
    """Return the cells that a teacher's page begins with: minutes, what fits, the quiz."""
    tasks = "\n".join(
        f"| {t.number} | {t.kind}: {t.title} | {t.dots} | {t.minutes} |" for t in lesson.tasks
    )
    shorter = []
    for minutes in (90, 45):
        made = plan.plan([lesson], minutes)
        shorter.append(f"- **In {minutes} minutes**: {alone(made.sessions[0])}.")
        if made.at_home:
            shorter.append(f"  - at home: {alone(made.at_home)}")
        for item in made.left_out:
            said = plan.instead_of(item)
            shorter.append(
                f"  - skip section {item.number}, {plan.end(item.title)} {said}".rstrip()
            )
    text = (
        f"## For the teacher: minutes\n\nReading {lesson.reading} minutes, tasks "
        f"{sum(t.minutes for t in lesson.tasks)}. The first {plan.QUIZ} minutes are the quiz's.\n\n"
        f"{timetable(lesson)}\n\n" + "\n".join(shorter)
    )
    if tasks:
        text += f"\n\n| task | | | min |\n|---|---|---|---|\n{tasks}"
    cells = [quiz.cell("markdown", text, ["teacher"], "teacher-minutes")]
    if lesson.number in quiz.numbers():
        about = (
            "## For the teacher: the quiz on this lesson\n\nFor the first five minutes of the next "
            "session. Beside each choice stands what the check says to who chose it.\n\n"
        )
        text = about + quiz.answers_markdown(lesson.number)
        cells.append(quiz.cell("markdown", text, ["teacher"], "teacher-quiz"))
    return cells


def wrong_answers(found, number):
    """Return a cell with a task's typical wrong answers, each with its sentence."""
    parts = ["**Typical wrong answers, and what the check says**"]
    short = [m for m in found if "\n" not in m.code.strip()]
    if short:
        rows = "\n".join(f"| `{m.code.strip()}` | {m.sentence} |" for m in short)
        parts.append(f"| answer | the check |\n|:--|:--|\n{rows}")
    for m in found:
        if m not in short:
            parts.append(f"```python\n{m.code.strip()}\n```\n\n> {m.sentence}")
    return quiz.cell("markdown", "\n\n".join(parts), ["teacher"], f"teacher-wrong-{number}")


def page(lesson):
    """Return a lesson's page for the teacher, not yet run."""
    book = copy.deepcopy(lesson.book)
    found = mistakes.shown(lesson)
    solutions = {id_of(t.cells["exercise"]): t for t in lesson.tasks}
    after = {id_of(t.cells["solution"]): t for t in lesson.tasks}
    cells = []
    for cell in book["cells"]:
        if task := solutions.get(cell["id"]):
            text = filled(source.text_of(cell), task.solution)
            cell["source"] = text.splitlines(keepends=True)
        cells.append(cell)
        if len(cells) == 1:
            cells += opening(lesson)
        if (task := after.get(cell["id"])) and found[task.check]:
            cells.append(wrong_answers(found[task.check], task.number))
    return book | {"cells": cells}


def id_of(cell):
    """Return a cell's id."""
    return cell["id"]


def run(book, folder):
    """Run a page in a folder, as a reader would; return it with its outputs."""
    node = nbformat.reads(json.dumps(book), as_version=4)
    client = NotebookClient(
        node, kernel_name="python3", record_timing=False, timeout=300,
        resources={"metadata": {"path": str(folder)}},
    )  # fmt: skip
    before = os.environ.get("NNLIB_PROGRESS")
    os.environ["NNLIB_PROGRESS"] = "0"
    try:
        client.execute()
    finally:
        os.environ.pop("NNLIB_PROGRESS")
        if before is not None:
            os.environ["NNLIB_PROGRESS"] = before
    node.metadata.pop("widgets", None)
    return json.loads(nbformat.writes(node))


def build(out, only=(), folder=source.ROOT):
    """Write the teacher's edition into `out`/teacher, all lessons or those named; return it."""
    place = Path(out) / "teacher"
    files = student.content(folder)
    files = {n: d for n, d in files.items() if not n.startswith("notebooks/quiz_")}
    books = {f"notebooks/{p.name}": source.read(p) for p in (folder / "notebooks").glob("*.ipynb")}
    known = {*files, *books}
    readme = (folder / "README.md").read_text(encoding="utf-8")
    files |= {
        "README.md": student.without_dead_links(readme, Path(), known).encode(),
        "quiz_sheets.html": quiz.sheet().encode(),
        "quiz_answers.html": quiz.sheet(with_answers=True).encode(),
    }
    for name, data in (files | {n: stored(book, known) for n, book in books.items()}).items():
        write(place / name, data)
    for lesson in source.lessons(folder / "notebooks"):
        if not only or lesson.number in only:
            book = run(page(lesson), place / "notebooks")
            write(place / "notebooks" / lesson.path.name, stored(book, known))
    return place


def stored(book, known):
    """Return a page as bytes, links to what the edition hasn't got as plain words."""
    book = copy.deepcopy(book)
    for cell in book["cells"]:
        if cell["cell_type"] == "markdown":
            text = student.without_dead_links(source.text_of(cell), Path("notebooks"), known)
            cell["source"] = text.splitlines(keepends=True)
    return json.dumps(book, indent=1, ensure_ascii=False).encode() + b"\n"


def write(path, data):
    """Write a file whole, with the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as file:
        file.write(data)
