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
    picture, text = described(cell).outputs
    assert list(picture.data) == ["text/html"]
    assert '<img alt="a &lt; b, and &quot;c&quot; rises."' in picture.data["text/html"]
    assert 'src="data:image/png;base64,iVBORw0K"' in picture.data["text/html"]
    assert text == cell.outputs[1] and cell.outputs[0].data == PICTURE, "the notebook was changed"


@pytest.mark.parametrize("outputs", [[], [shown()], [printed("one"), shown()]])
def test_what_has_no_words_stays_as_it_is(outputs):
    assert described(code_cell(*outputs)).outputs == outputs
    text = nbformat.v4.new_markdown_cell("In words: none")
    assert described(text) == text


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_picture_of_every_page_has_its_words(path):
    book = nbformat.read(path, as_version=4)
    text, resources = Page().from_notebook_node(book)
    outputs = [output for cell in book.cells for output in cell.get("outputs", [])]
    figures = sum("image/png" in output.get("data", {}) for output in outputs)
    alternatives = re.findall(r'<img alt="([^"]*)" src="data:image/png', text)
    assert len(alternatives) == figures and "No description" not in text
    assert all(len(unescape(words).split()) > 10 for words in alternatives)
    assert "@media print" in text and resources["output_extension"] == ".html"


def test_nbconvert_finds_it():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    module, name = project["entry-points"]["nbconvert.exporters"]["nnlib"].split(":")
    assert (module, name) == (Page.__module__, Page.__name__)
