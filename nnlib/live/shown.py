"""How a widget shows itself in a page: in Jupyter, on Colab, and in words elsewhere."""

VIEW = "application/vnd.jupyter.widget-view+json"


def bundle(widget, words):
    """Return what a page shows of a widget, as `_repr_mimebundle_` does, with words for the rest.

    On Colab, ipywidgets is of version 7, whose widgets have no such method; and a widget with
    JavaScript of its own is drawn there only where the metadata that anywidget gives come along.
    """
    place = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
    made = widget._repr_mimebundle_() if hasattr(widget, "_repr_mimebundle_") else {VIEW: place}
    data, metadata = made if isinstance(made, tuple) else (made, {})
    data = dict(data) | {"text/plain": words}
    return (data, metadata) if metadata else data
