"""A notebook as a page to print or to hear: `jupyter nbconvert --to nnlib`."""

import re
import tomllib
from html import unescape
from pathlib import Path

import nbformat
import pytest
from test_notebooks import PAGES

from nnlib.plumbing.page import Page, described

ROOT = Path(__file__).parent.parent
PICTURE = {"image/png": "iVBO\nRw0K\n", "text/plain": "<Figure size 960x360>"}


def code_cell(*outputs):
    return nbformat.v4.new_code_cell("draw()", outputs=list(outputs))


def shown():
    return nbformat.v4.new_output("display_data", PICTURE)


def printed(text):
    return nbformat.v4.new_output("stream", name="stdout", text=text)


def test_a_picture_gets_the_words_below_it_as_alternative_text():
    cell = code_cell(shown(), printed('3 runs\nIn words: a < b,\nand "c" rises.\n'))
    picture, before, words = described(cell).outputs
    assert list(picture.data) == ["text/html"]
    assert '<img alt="a &lt; b, and &quot;c&quot; rises."' in picture.data["text/html"]
    assert 'src="data:image/png;base64,iVBORw0K"' in picture.data["text/html"]
    assert cell.outputs[0].data == PICTURE, "the notebook was changed"
    assert before == printed("3 runs\n")
    seen = '<pre aria-hidden="true">In words: a &lt; b,\nand &quot;c&quot; rises.\n</pre>'
    assert words.data["text/html"] == seen, "a screen reader hears them twice"


@pytest.mark.parametrize("outputs", [[], [shown()], [printed("one"), shown()]])
def test_what_has_no_words_stays_as_it_is(outputs):
    assert described(code_cell(*outputs)).outputs == outputs
    text = nbformat.v4.new_markdown_cell("In words: none")
    assert described(text) == text


def alternatives(text):
    """Return the words of pictures in HTML."""
    return [
        unescape(words) for words in re.findall(r'<img alt="([^"]*)" src="data:image/png', text)
    ]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_picture_of_every_page_has_its_words(path):
    for cell in nbformat.read(path, as_version=4).cells:
        figures = [o for o in cell.get("outputs", []) if "image/png" in o.get("data", {})]
        made = "".join(
            o.get("data", {}).get("text/html", "") for o in described(cell).get("outputs", [])
        )
        assert len(alternatives(made)) == len(figures), cell.source
        assert all(len(words.split()) > 10 for words in alternatives(made)), cell.source


def test_a_whole_page():
    path = ROOT / "notebooks" / "13_learning_rate_lab.ipynb"
    text, resources = Page().from_notebook_node(nbformat.read(path, as_version=4))
    assert len(alternatives(text)) == 1 and "No description" not in text
    assert "@media print" in text.partition("</head>")[0]
    assert resources["output_extension"] == ".html"


def test_nbconvert_finds_it():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    module, name = project["entry-points"]["nbconvert.exporters"]["nnlib"].split(":")
    assert (module, name) == (Page.__module__, Page.__name__)
