"""Plumbing: a notebook as one HTML page, to be printed or read aloud.

``jupyter nbconvert --to nnlib 05_training.ipynb`` writes it; JupyterLab and Notebook 7 have it
under *File, Save and Export Notebook As, Nnlib*. Pictures carry their words as alternative text,
and on paper nothing is cut: no line of code, no table. nbconvert finds the class by its entry point
in pyproject.toml.
"""

import html

from nbconvert.exporters import HTMLExporter

PRINT = """<style>
@media print {
  .jp-InputPrompt, .jp-OutputPrompt, .jp-Collapser { display: none !important; }
  .jp-Notebook { padding: 0 !important; }
  .highlight pre, .jp-OutputArea pre {
    white-space: pre-wrap !important; word-break: normal !important; overflow-wrap: anywhere;
  }
  .highlight pre { font-size: 11.5px !important; }
  .jp-InputArea { break-inside: avoid; }
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
        return text.replace("</head>", PRINT, 1), resources


def described(cell):
    """Return a cell whose pictures are HTML that says what `plots.show` printed below them."""
    outputs = cell.get("outputs", [])
    words = next((o.text for o in outputs if "In words: " in o.get("text", "")), None)
    if words is None:
        return cell
    cell = cell.copy()
    words = " ".join(words.partition("In words: ")[2].split())
    cell.outputs = [with_words(output, words) for output in outputs]
    return cell


def with_words(output, words):
    """Return an output; a picture as HTML, with its words."""
    if "image/png" not in output.get("data", {}):
        return output
    data = "".join(output.data["image/png"].split())
    image = f'<img alt="{html.escape(words)}" src="data:image/png;base64,{data}">'
    output = output.copy()
    output.data = {"text/html": image}
    return output
