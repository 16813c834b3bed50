"""How a notebook is stored: a preprocessor for the command that re-records notebooks.

Streams are joined, since the kernel may split them anywhere. Widgets are left out: their names are
drawn at random, so the file would never be the same twice, and without a kernel they are empty.
"""

from nbconvert.preprocessors import CoalesceStreamsPreprocessor

VIEW = "application/vnd.jupyter.widget-view+json"


class Stored(CoalesceStreamsPreprocessor):
    """Join streams, drop widgets."""

    def preprocess(self, nb, resources):
        """Drop the widgets' state, then go through the cells."""
        nb.metadata.pop("widgets", None)
        return super().preprocess(nb, resources)

    def preprocess_cell(self, cell, resources, index):
        """Join a cell's streams, and drop what shows a widget."""
        cell, resources = super().preprocess_cell(cell, resources, index)
        if cell.cell_type == "code":
            cell.outputs = [o for o in cell.outputs if VIEW not in o.get("data", {})]
        return cell, resources
