"""A course for nbgrader: an assignment a lesson, with shown and hidden tests, and its settings.

In OUT/course, `nbgrader generate_assignment lesson_03` makes what students get; their files go to
submitted/NAME/lesson_03, and `nbgrader autograde` and `generate_feedback` do the rest.
"""

from pathlib import Path

import nbformat

from classroom import graded, source
from nnlib.plumbing.writing import written_whole

SETTINGS = '''"""nbgrader's settings: a stub is `...`, and a cell may run for {seconds} seconds."""

c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "neural-network"
c.CourseDirectory.root = {root!r}
c.ClearSolutions.code_stub = {{"python": "..."}}
c.ExecutePreprocessor.timeout = {seconds}
c.ExecutePreprocessor.interrupt_on_timeout = True  # an endless loop costs its own points only
c.ClearSolutions.enforce_metadata = True
'''
SECONDS = 20


def cell(kind, text, identity, points=None, locked=False, is_solution=False):
    """Return a cell with what nbgrader has to know of it."""
    made = getattr(nbformat.v4, f"new_{kind}_cell")(text, id=identity)
    about = {
        "schema_version": 3, "grade_id": identity, "grade": points is not None,
        "solution": is_solution, "locked": locked or points is not None, "task": False,
    }  # fmt: skip
    if points is not None:
        about["points"] = points
    made.metadata["nbgrader"] = about
    return made


def cells_of(task):
    """Return a task's card, its solution, what is tested in sight and what is hidden."""
    name = task.name.replace("_", "-")
    solution = f"{task.stub}\n    ### BEGIN SOLUTION\n{task.solution}\n    ### END SOLUTION"
    hidden = f"### BEGIN HIDDEN TESTS\n{task.hidden}\n### END HIDDEN TESTS"
    return [
        cell("markdown", f"## {task.name}\n\n{task.card}", f"{name}-card", locked=True),
        cell("code", solution, f"{name}-answer", is_solution=True),
        cell("code", f"# Run this to try it.\n{task.shown}", f"{name}-shown", task.points[0]),
        cell("code", f"# What else is tested, you see later.\n{hidden}", f"{name}-hidden",
             task.points[1]),
    ]  # fmt: skip


def assignment(lesson):
    """Return a lesson's assignment as nbgrader's source notebook."""
    title = (
        f"# {source.name_of(lesson)}: to be graded\n\nFill in the `...`. Below each task its shape "
        "and first values are tested; more is tested when you have handed it in. Leave the other "
        "cells as they are: what you change in them is undone."
    )
    start = f"import numpy as np\n\nimport nnlib\n\nnnlib.limit_threads(1)\n\n\n{graded.CHECK}"
    cells = [
        cell("markdown", title, "title", locked=True),
        cell("code", start, "start", locked=True),
    ]
    for task in graded.of(lesson.number):
        cells += cells_of(task)
    metadata = nbformat.from_dict(lesson.book["metadata"])
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


def build(out, folder=source.ROOT / "notebooks", seconds=SECONDS):
    """Write the course into `out`/course; return the folder."""
    place = Path(out).resolve() / "course"
    for lesson in source.lessons(folder):
        if graded.of(lesson.number):
            name = f"lesson_{lesson.number:02}"
            (place / "source" / name).mkdir(parents=True, exist_ok=True)
            with written_whole(place / "source" / name / f"{name}.ipynb") as file:
                file.write((nbformat.writes(assignment(lesson)) + "\n").encode())
    with written_whole(place / "nbgrader_config.py") as file:
        file.write(SETTINGS.format(seconds=seconds, root=str(place)).encode())
    return place
