"""`turn` gives a drawing function handles, and the picture follows: an instrument in one line."""

import inspect
import math
import threading
from numbers import Integral, Real
from pathlib import Path

import numpy as np

from nnlib.live.shown import bundle
from nnlib.live.stage import Stage
from nnlib.plumbing.arguments import brief, check_function

STEPS, FAR = 100, 20  # of a handle between two numbers; from this ratio on, steps are factors
CHOICES = (str, Real)  # what can be compared with a parameter's default
ONE = threading.Lock()  # picture at a time, of all instruments: pyplot has one current figure


def turn(draw, **handles):
    """Let a reader turn what a drawing function takes; leave it as a cell's last line.

    Parameters
    ----------
    draw : function that draws one figure and ends with ``plots.show(words)``; where a parameter
        has a default, its handle starts there
    handles : for each what it can be, as in ``T=(0.1, 10), activation=["relu", "tanh"]``: two
        numbers and all between them (whole ones where both are), or a list of choices

    Raises
    ------
    ValueError
        Where draw has no such parameter or needs another, or a handle has nothing to choose from.
    """
    check_function("draw", draw)
    known = inspect.signature(draw).parameters
    needed = {name for name, p in known.items() if p.default is p.empty}
    if wrong := sorted(needed - set(handles)) + sorted(set(handles) - set(known)):
        raise ValueError(
            f"turn needs a handle for each parameter of draw that has no default, and for none "
            f"that draw doesn't take ({', '.join(known) or 'it takes none'}): {', '.join(wrong)}."
        )
    return Instrument(
        draw, {name: places(name, v, known[name].default) for name, v in handles.items()}
    )


def places(name, wanted, start):
    """Return the values that a handle can take, and the place in this list where it starts."""
    values = []
    if isinstance(wanted, tuple) and all(isinstance(v, Real) and math.isfinite(v) for v in wanted):
        values = between(*wanted) if len(wanted) == 2 and wanted[0] < wanted[1] else []
        if isinstance(start, Real) and values and values[0] <= start <= values[-1]:
            values = sorted({*values, start})
    elif isinstance(wanted, (list, range)) or (isinstance(wanted, np.ndarray) and wanted.ndim == 1):
        values = list(wanted)
    if len(values) < 2:
        raise ValueError(f"{name} takes (low, high), or a list of choices; it is {brief(wanted)}.")
    middle = len(values) // 2 if isinstance(wanted, tuple) else 0
    same = (
        k for k, v in enumerate(values) if v is start or (isinstance(v, CHOICES) and v == start)
    )
    return values, next(same, middle)


def between(low, high):
    """Return the numbers from low to high, rounded; by factors where they are far apart."""
    far = low > 0 and high / low >= FAR
    if isinstance(low, Integral) and isinstance(high, Integral) and high - low <= 4 * STEPS:
        return list(range(low, high + 1))
    inside = (np.geomspace if far else np.linspace)(low, high, STEPS + 1)[1:-1]
    digits = 1 - math.floor(math.log10((high - low) / STEPS))
    inside = [float(f"{v:.3g}") if far else round(float(v), digits) for v in inside]
    return [low, *inside, high]


def text(value):
    """Return a value as a reader reads it."""
    return f"{value:g}" if isinstance(value, Real) else str(value)


class Instrument:
    """A drawing function with its handles; `handles` is {name: (values, place of the first)}."""

    def __init__(self, draw, handles):
        self.stage, self.handles, self.widget = Stage(draw), handles, new_widget()
        if self.widget is not None:
            self.widget.on_msg(self._asked)

    def _repr_mimebundle_(self, **keywords):
        if self.widget is None:
            return {"text/plain": "Handles need anywidget: pip install anywidget, then restart."}
        words = f"Handles for {', '.join(self.handles)}: run this cell to turn them."
        return bundle(self.widget, words)

    def _asked(self, _, content, buffers):
        if "hello" in content:
            handles = [[name, list(map(text, v)), k] for name, (v, k) in self.handles.items()]
            self.widget.send({"handles": handles})
        else:
            self.widget.send(*self.answer(content["places"], content["id"]))

    def answer(self, places, id=None):
        """Return what the browser is told of the handles at these places, and the picture."""
        values = {name: v[k] for (name, (v, _)), k in zip(self.handles.items(), places)}
        try:
            with ONE:
                kind, picture, words = self.stage.picture(values)
            return {"id": id, "kind": kind, "words": words}, [picture]
        except (Exception, KeyboardInterrupt) as error:
            at = ", ".join(f"{name} = {text(value)}" for name, value in values.items())
            return {"id": id, "error": f"{at}: {type(error).__name__}: {error}"[:300]}, []


def new_widget():
    """Return an anywidget of turn.js, or None where anywidget is not installed."""
    try:
        import anywidget
    except ImportError:
        return None
    esm = (Path(__file__).parent / "turn.js").read_text(encoding="utf-8")
    return type("Turn", (anywidget.AnyWidget,), {"_esm": esm})()
