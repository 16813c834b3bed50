"""What the lessons hold: sections with their minutes, tasks with their cells, links.

Everything is read from the notebooks in this checkout each time; tags say which cell is which.
"""

import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FORM = ("task", "exercise", "check", "hint", "solution")  # the tags of a task's cells
STOP = "*A class can stop here.*"
IMPORTS = re.compile(r"(?m)^((?:import|from) .*)$")


@dataclass(frozen=True)
class Part:
    """A stretch of a page: what stands in one cell, cut where a section begins inside it."""

    kind: str  # "markdown" or "code"
    text: str
    tags: tuple = ()
    outputs: tuple = ()


@dataclass(frozen=True)
class Section:
    """A section: its title without the minutes, its number ("" for Set up), what stands in it."""

    title: str
    number: str
    minutes: int
    parts: tuple = ()

    @property
    def stops(self):
        """Whether a class can stop after it."""
        return any(STOP in part.text for part in self.parts)

    @property
    def derives(self):
        """Whether a function of nnlib is derived here: later lessons need it."""
        return any("nnlib" in part.tags for part in self.parts)


@dataclass(frozen=True)
class Task:
    """A task: its card's number, kind, title, dots and minutes, and its cells by their tags."""

    number: int
    kind: str
    title: str
    dots: str
    minutes: int
    cells: dict = field(default_factory=dict)

    @property
    def check(self):
        """The name that nnlib.check knows it by."""
        call = text_of(self.cells["check"])
        named = re.match(r'nnlib\.check\.(?:value|answer|goal)\("([^"]+)"', call)
        return named[1] if named else re.match(r"nnlib\.check\.(\w+)\(", call)[1]

    @property
    def solution(self):
        """The code of its folded solution."""
        return code_in(text_of(self.cells["solution"]))


@dataclass(frozen=True)
class Lesson:
    """A lesson or lab, as its notebook stands in the checkout."""

    path: Path

    @cached_property
    def book(self):
        """The notebook, as JSON."""
        return read(self.path)

    @property
    def cells(self):
        """Its cells."""
        return self.book["cells"]

    @property
    def number(self):
        """Its number, which its file's name begins with."""
        return int(self.path.name[:2])

    @property
    def is_lab(self):
        """Whether it stands beside the chain of lessons 1 to 6."""
        return self.number > 6

    @property
    def title(self):
        """Its title without the number."""
        return re.match(r"# \d+ · (.*)", text_of(self.cells[0]))[1]

    @cached_property
    def sections(self):
        """Its sections that say their minutes, in order."""
        return sections_of(self.cells)

    @cached_property
    def tasks(self):
        """Its tasks, in order."""
        return tasks_of(self.cells)

    @property
    def reading(self):
        """Minutes of its sections."""
        return sum(section.minutes for section in self.sections)


def read(path):
    """Return a notebook as JSON."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def text_of(cell):
    """Return a cell's text."""
    return "".join(cell["source"])


def tags_of(cell):
    """Return a cell's tags."""
    return cell["metadata"].get("tags", [])


def role_of(cell):
    """Return which part of a task a cell is, or None."""
    return next((tag for tag in FORM if tag in tags_of(cell)), None)


def code_in(text):
    """Return the Python in a text's fences."""
    return "\n".join(re.findall(r"(?s)```python\n(.*?)```", text))


def lessons(folder=ROOT / "notebooks"):
    """Return the lessons and labs of a folder, by number."""
    paths = [path for path in Path(folder).glob("[0-9][0-9]_*.ipynb") if "-Copy" not in path.name]
    return [Lesson(path) for path in sorted(paths) if not path.name.startswith("00")]


def lesson(number, folder=ROOT / "notebooks"):
    """Return the lesson of a number, or raise ValueError with those that there are."""
    found = {lesson.number: lesson for lesson in lessons(folder)}
    if number not in found:
        raise ValueError(f"there is no lesson {number}: choose of {', '.join(map(str, found))}.")
    return found[number]


def parts_of(cells):
    """Yield the parts of a page's body: markdown cut before each heading of the second level."""
    for cell in cells:
        if cell["cell_type"] == "code":
            outputs = tuple(cell.get("outputs", ()))
            yield Part("code", text_of(cell), tuple(tags_of(cell)), outputs)
            continue
        for text in re.split(r"(?m)^(?=## )", text_of(cell)):
            if text.strip():
                yield Part("markdown", text.strip(), tuple(tags_of(cell)))


def sections_of(cells):
    """Return the sections that say their minutes, each with its parts."""
    found, open_ = [], False
    for part in parts_of(cells):
        if part.text.startswith("## ") and part.kind == "markdown":
            heading, _, rest = part.text.partition("\n")
            timed = re.fullmatch(r"## (?:(\d+)\. )?(.*) \((\d+) min\)", heading)
            open_ = timed is not None
            if open_:
                found.append((timed[2], timed[1] or "", int(timed[3]), []))
                part = Part("markdown", rest.strip(), part.tags)
        if open_ and part.text:
            found[-1][-1].append(part)
    return tuple(Section(title, n, minutes, tuple(parts)) for title, n, minutes, parts in found)


def tasks_of(cells):
    """Return the tasks of a page, each with its cells: hints are a list, the rest one cell."""
    found, cells_of = [], None
    for cell in cells:
        role = role_of(cell)
        if role == "task":
            cells_of = {"hint": [], "more": []}
            found.append(cells_of)
        if cells_of is None:
            continue
        if role in ("hint", None):
            cells_of["hint" if role else "more"].append(cell)
        else:
            cells_of[role] = cell
        cells_of = None if role == "solution" else cells_of
    return tuple(map(task_of, found))


def task_of(cells):
    """Return a task, from its cells."""
    card = re.match(
        r"### (\d+) · ([^:]+): (.+)\n\n([●○]{3}) · (\d+) minute", text_of(cells["task"])
    )
    return Task(int(card[1]), card[2], card[3], card[4], int(card[5]), cells)


def name_of(lesson):
    """Return "Lesson 3" or "Lab 8"."""
    return f"{'Lab' if lesson.is_lab else 'Lesson'} {lesson.number}"


def pictures(part):
    """Return a part's pictures as base64, each with its words: what plots.show says."""
    words = re.search(r"(?s)In words: (.*)", printed(part))
    said = " ".join(words[1].split()) if words else ""
    return [
        (o["data"]["image/png"], said) for o in part.outputs if "image/png" in o.get("data", {})
    ]


def printed(part):
    """Return what a part's cell printed, and what its last line shows as text."""
    texts = []
    for output in part.outputs:
        if output.get("name") == "stdout":
            texts.append("".join(output["text"]))
        elif output["output_type"] == "execute_result":
            texts.append("".join(output["data"].get("text/plain", "")) + "\n")
    return "".join(texts)
