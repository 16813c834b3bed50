"""The student's edition: the lessons without solutions, the quizzes, nnlib, in one zip.

Hints stay, stubs stay open, and stored outputs go, since a reader predicts first and runs then.
What a page says of files that only the checkout has (this folder, the tests) is left out.
"""

import copy
import io
import json
import re
import zipfile
from pathlib import Path

from classroom import public, quiz, source
from nnlib.plumbing.writing import written_whole

TOP = "neural-network"  # the folder in the zip
ONLY_IN_A_CHECKOUT = "checkout"  # the tag of a cell that speaks of tests or of git
TAKEN = (  # of the checkout: what lessons and pip need
    "nnlib/**/*.py", "nnlib/**/*.js", "nnlib/**/*.toml", "notebooks/drawings/*",
    "notebooks/experiments/*.py",
    "notebooks/images/*", "notebooks/results/*", "data/README.md", "requirements.txt",
    "pyproject.toml", "LICENSE",
)  # fmt: skip
FENCED = re.compile(r"(?s)(```.*?```)")


def pages(folder=source.ROOT / "notebooks"):
    """Return the notebooks a student gets, by name: all but those for teachers."""
    paths = sorted(Path(folder).glob("*.ipynb"))
    return {
        path.name: source.read(path)
        for path in paths
        if path.stem != "teaching" and "-Copy" not in path.name
    }


def without_solutions(book, unwanted=()):
    """Return a notebook without solutions, folded answers, stored outputs, and unwanted tags."""
    book, unwanted = copy.deepcopy(book), {"solution", ONLY_IN_A_CHECKOUT, *unwanted}
    book["cells"] = [c for c in book["cells"] if not unwanted & set(source.tags_of(c))]
    for cell in book["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
        elif source.role_of(cell) is None:
            text = re.sub(r"(?s)\n*<details>.*?</details>\n*", "\n", source.text_of(cell))
            cell["source"] = text.strip("\n").splitlines(keepends=True)
    return book


def without_dead_links(text, folder, known):
    """Return a text whose links to files that are not in the edition are plain words."""

    def kept(found):
        words, target = found[1], found[2]
        if re.match(r"[a-z]+:|#", target):
            return found[0]
        parts = [p for p in (folder / target.partition("#")[0]).parts if p != "."]
        while ".." in parts:
            del parts[parts.index("..") - 1 : parts.index("..") + 1]
        path = "/".join(parts)
        is_there = path in known or any(name.startswith(f"{path}/") for name in known)
        return found[0] if is_there else words

    pieces = FENCED.split(text)
    link = r"(?<!!)\[([^\]]*)\]\(([^)\s]+)\)"
    return "".join(p if p.startswith("```") else re.sub(link, kept, p) for p in pieces)


def readme(folder=source.ROOT):
    """Return the student's README: how to start, taken from the project's own."""
    text = (Path(folder) / "README.md").read_text(encoding="utf-8")
    start = re.search(r"(?ms)^## Start\n.*?(?=^## )", text)[0]
    return (
        "# A neural network from scratch: for the class\n\n"
        f"{start}\nWrite into these notebooks: they are yours. Each task has a stub, `...`, and "
        "below it a check that says at once whether you are right. Hints are folded away; "
        "solutions are with your teacher. `notebooks/quiz_01.ipynb` and the like are for the first "
        "five minutes of a session.\n\nMIT licence.\n"
    )


def content(folder=source.ROOT):
    """Return {path in the zip: bytes} of the student's edition."""
    folder = Path(folder)
    files = {"README.md": readme(folder).encode()}
    for pattern in TAKEN:
        for path in sorted(folder.glob(pattern)):
            if path.is_file() and "__pycache__" not in path.parts:
                files[path.relative_to(folder).as_posix()] = path.read_bytes()
    books = {f"notebooks/{name}": book for name, book in pages(folder / "notebooks").items()}
    books |= {f"notebooks/quiz_{n:02}.ipynb": quiz.notebook(n) for n in quiz.numbers()}
    known = {*files, *books}
    alone = () if public.release(folder).address else (public.TAG,)  # Colab has nothing to fetch
    for name, book in books.items():
        book = without_solutions(book, alone)
        for cell in book["cells"]:
            if cell["cell_type"] == "markdown":
                text = without_dead_links(source.text_of(cell), Path("notebooks"), known)
                cell["source"] = text.splitlines(keepends=True)
        files[name] = json.dumps(book, indent=1, ensure_ascii=False).encode() + b"\n"
    files["README.md"] = without_dead_links(readme(folder), Path(), known).encode()
    return files


def build(out, folder=source.ROOT):
    """Write the student's edition as one zip into a folder; return its path."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content(folder).items():
            info = zipfile.ZipInfo(f"{TOP}/{name}")  # of one date: the same lessons, the same bytes
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(info, data)
    path = Path(out) / "student.zip"
    with written_whole(path) as file:
        file.write(kept.getvalue())
    return path
