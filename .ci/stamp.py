"""Stamp what hangs on the project's public address and version, wherever it stands; once is enough.

python .ci/stamp.py [--check]     (--check: change nothing, name what is not stamped, exit with 1)

The address stands in pyproject.toml, under [project.urls], the version in nnlib/__init__.py, its
day in CHANGELOG.md's heading. Stamped are each page's first cell, the contents' and README's links
to Colab and Binder, and CITATION.cff. The site asks for itself.
"""

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "notebooks"))

from classroom import public, source  # noqa: E402

IDS = ("i21-away-note", "i21-away")
LINKS = "i21-public"


def cell(kind, identity, text, tags):
    """Return a cell as nbformat writes it."""
    made = {"cell_type": kind, "execution_count": 1, "id": identity, "metadata": {"tags": tags}}
    made |= {"outputs": [], "source": text.splitlines(keepends=True)}
    if kind == "markdown":
        del made["outputs"], made["execution_count"]
    return made


def without(book, identities):
    """Return a notebook's cells but for those of these ids."""
    return [old for old in book["cells"] if old["id"] not in identities]


def numbered(cells):
    """Give the code cells the numbers of one run from top to bottom."""
    code = [made for made in cells if made["cell_type"] == "code"]
    for number, made in enumerate(code, 1):
        made["execution_count"] = number
        for output in made["outputs"]:
            if "execution_count" in output:
                output["execution_count"] = number


def stamped_page(book, made):
    """Put the two cells for a page away from its folder below the title."""
    note, code = public.cells(made)
    new = [cell("markdown", IDS[0], note, [public.TAG]), cell("code", IDS[1], code, [public.TAG])]
    rest = without(book, IDS)
    book["cells"] = [rest[0], *new, *rest[1:]]
    numbered(book["cells"])


def stamped_contents(book, made, lessons):
    """Put the links to every lesson on Colab and Binder above what is said of the lessons."""
    rest = without(book, (LINKS,))
    if made.address:
        rows = "\n".join(
            f"| {source.name_of(lesson)} · {lesson.title} | [{source.name_of(lesson)} in Colab]"
            f"({made.colab(lesson.path.name)}) | [{source.name_of(lesson)} on Binder]"
            f"({made.binder(lesson.path.name)}) |"
            for lesson in lessons
        )
        text = (
            "## Without installing anything\n\nBoth sites run a page on their own computers. "
            "Binder takes some minutes to start and has everything; Colab starts at once, and a "
            f"page's first cell fetches the rest.\n\n| | Colab | Binder |\n|---|---|---|\n{rows}"
        )
        place = next(k for k, old in enumerate(rest) if "## The lessons" in source.text_of(old))
        rest.insert(place, cell("markdown", LINKS, text, [public.TAG]))
    book["cells"] = rest


def stamped_readme(text, made):
    """Put the two badges, and what is said of Colab and Binder, between their marks."""
    page = "00_contents.ipynb"
    for name, said in (
        ("links", public.badges(made, page)),
        ("words", public.in_words(made, page)),
    ):
        first, last = f"<!-- public {name}: .ci/stamp.py -->", f"<!-- end of public {name} -->"
        between = "\n".join(filter(None, (first, said, last)))
        text, times = re.subn(rf"(?s){first}.*?{last}", lambda _, new=between: new, text)
        if times != 1:
            raise ValueError(f"README.md needs {first} and {last}, once each, in this order.")
    return text


def stamped(folder=ROOT):
    """Return {path: text} of everything that hangs on the address or version, as it should be."""
    made, files = public.release(folder), {}
    for path in sorted((folder / "notebooks").glob("*.ipynb")):
        if path.name not in public.ALONE and "-Copy" not in path.name:
            book = source.read(path)
            stamped_page(book, made)
            if path.name == "00_contents.ipynb":
                stamped_contents(book, made, source.lessons(folder / "notebooks"))
            files[path] = json.dumps(book, indent=1, ensure_ascii=False) + "\n"
    readme = folder / "README.md"
    files[readme] = stamped_readme(readme.read_text(encoding="utf-8"), made)
    files[folder / "CITATION.cff"] = public.citation(made)
    return files


def main(arguments=None, folder=ROOT):
    """Stamp, or check; return the exit status."""
    only_check = "--check" in (sys.argv[1:] if arguments is None else arguments)
    try:
        wanted = stamped(folder)
    except ValueError as error:
        print(f"stamp: {error}", file=sys.stderr)
        return 1
    stale = [
        path for path, text in wanted.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]  # fmt: skip
    for path in stale:
        print("not stamped:" if only_check else "stamped:", path.relative_to(folder).as_posix())
        if not only_check:
            path.write_text(wanted[path], encoding="utf-8", newline="\n")
    return int(only_check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
