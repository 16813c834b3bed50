"""Plumbing: a notebook as one HTML page, to be printed or read aloud.

``jupyter nbconvert --to nnlib 05_training.ipynb`` writes it; JupyterLab and Notebook 7 have it
under *File, Save and Export Notebook As, Nnlib*. Pictures carry their words as alternative text,
and on paper nothing is cut: no line of code, no table. nbconvert finds the class by its entry point
in pyproject.toml.
"""

from html import escape

from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from nbformat.v4 import new_output

MARK = "In words: "  # as `plots.show` prints it

STYLE = """<style>
.jp-OutputArea pre[aria-hidden] {
  margin: 0; font-family: var(--jp-code-font-family); font-size: inherit; line-height: inherit;
}
@media print {
  .jp-InputPrompt, .jp-OutputPrompt, .jp-Collapser { display: none !important; }
  .jp-Notebook { padding: 0 !important; }
  .highlight pre, .jp-OutputArea pre {
    white-space: pre-wrap !important; word-break: normal !important; overflow-wrap: anywhere;
  }
  .highlight pre, .jp-OutputArea pre { font-size: 11.5px !important; }
  .jp-CodeCell .jp-InputArea { break-inside: avoid; }
  .dataframe { font-size: 10px !important; }
  h1, h2, h3 { break-after: avoid; }
}
</style>
</head>"""


class Page(HTMLExporter):
    """nbconvert's HTML, with words for who doesn't see the pictures, and a sheet for print."""

    export_from_notebook = "Page to print or to hear"  # any text puts it into the menu

    def from_notebook_node(self, nb, resources=None, **options):
        """Return the notebook `nb` as text, and nbconvert's resources."""
        nb = nb.copy()
        nb.cells = [described(cell) for cell in nb.cells]
        text, resources = super().from_notebook_node(nb, resources, **options)
        return text.replace("</head>", STYLE, 1), resources


def described(cell):
    """Return a cell whose pictures say what `plots.show` printed below them.

    The printed words stay for the eye; a screen reader has them from the picture, and skips them.
    """
    printed = [o.text for o in cell.get("outputs", []) if MARK in o.get("text", "")]
    if not printed:
        return cell
    cell, words = cell.copy(), " ".join(printed[-1].partition(MARK)[2].split())
    cell.outputs = [part for output in cell.outputs for part in parts(output, words)]
    return cell


def parts(output, words):
    """Return an output in parts: a picture with its words, or text, then the words for the eye."""
    if "image/png" in output.get("data", {}):
        data = "".join(output.data["image/png"].split())
        return [shown(f'<img alt="{escape(words)}" src="data:image/png;base64,{data}">')]
    before, mark, after = output.get("text", "").partition(MARK)
    if not mark:
        return [output]
    for_the_eye = shown(f'<pre aria-hidden="true">{escape(mark + after)}</pre>')
    return [NotebookNode(output, text=before), for_the_eye] if before else [for_the_eye]


def shown(text):
    """Return HTML as an output."""
    return new_output("display_data", {"text/html": text})
