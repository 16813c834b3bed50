"""A pad to draw on: the network answers while you draw. It stands beside lab 9."""

from pathlib import Path

import numpy as np

from nnlib.labs.own_digit import normalise
from nnlib.live.shown import bundle
from nnlib.loss import softmax
from nnlib.network import check_shapes, forward
from nnlib.plumbing.arguments import check_params, describe

SIDE = 140  # pixels of the page that the browser sends
UNITS = 64  # as many hidden units are shown


class Pad:
    """A widget to draw a digit on, by mouse, finger or pen, with what the network makes of it.

    Leave it as a cell's last line: ten probabilities while you draw, the image of 28 × 28 that the
    network sees, and the hidden units' weights, brighter the more active they are. The ink appears
    in the browser, also while the kernel is busy.

    Parameters
    ----------
    history : History, or anything with `params` from 784 to 10 and their `activation`

    Attributes
    ----------
    X : shape (1, 784), what the network saw last, or None
    P : shape (1, 10), what it made of it, or None

    Raises
    ------
    ValueError
        Where the network doesn't take 784 pixels, or doesn't give 10 answers.
    ImportError
        Where anywidget is not installed.
    """

    def __init__(self, history):
        if not hasattr(history, "params") or not hasattr(history, "activation"):
            raise ValueError(
                f"history must be a History, as train returns; it is {describe(history)}."
            )
        check_params(history.params)
        self.params, self.activation = history.params, history.activation
        n_in, n_out = self.params[0][0].shape[0], self.params[-1][0].shape[1]
        if (n_in, n_out) != (784, 10):
            raise ValueError(f"Pad needs a network from 784 to 10; this one is {n_in} to {n_out}.")
        check_shapes(self.params, np.zeros((1, 784)))
        self.X = self.P = None
        self.widget = new_widget()
        self.widget.on_msg(self._asked)

    def _repr_mimebundle_(self, **keywords):
        return bundle(self.widget, "The drawing pad: run this cell to use it.")

    def _asked(self, _, content, buffers):
        """Answer the browser; whatever goes wrong is said in the widget, not lost in a log."""
        try:
            if "hello" in content:
                if len(self.params) > 1:
                    self.widget.send(*units(self.params[0][0]))
            else:
                self.widget.send(*self.answer(bytes(buffers[0]), content["count"]))
        except Exception as error:
            self.widget.send({"count": content.get("count"), "error": str(error)})

    def answer(self, page, count=0):
        """Return what the browser is told of a page of SIDE × SIDE bytes, and the image seen."""
        page = np.frombuffer(page, np.uint8).reshape(SIDE, SIDE) / 255
        self.X = normalise(page)
        A = forward(self.params, self.X, self.activation)
        self.P = softmax(A[-1])
        told = {"p": self.P[0].round(4).tolist(), "answer": int(self.P.argmax()), "count": count}
        if len(A) > 2:
            strengths = np.abs(A[1][0, :UNITS])
            told["strengths"] = (strengths / max(strengths.max(), 1e-9)).round(2).tolist()
        else:
            told["strengths"] = []
        return told, [np.uint8(np.round(255 * self.X)).tobytes()]


def units(W1):
    """Return what the browser is told of the first layer, and its units' weights as images."""
    shown = W1[:, :UNITS].T
    limits = np.abs(shown).max(axis=1, keepdims=True)
    images = np.uint8(np.round(127.5 * (1 + shown / np.maximum(limits, 1e-9))))
    n, of = len(shown), W1.shape[1]
    title = f"hidden units{f', {n} of {of}' if of > n else ''}: bright ones are active"
    return {"kind": "units", "n": n, "title": title}, [images.tobytes()]


def new_widget():
    """Return an anywidget of pad.js."""
    try:
        import anywidget
    except ImportError:
        raise ImportError("The pad needs anywidget: pip install anywidget, then restart.") from None

    class PadWidget(anywidget.AnyWidget):
        _esm = (Path(__file__).parent / "pad.js").read_text(encoding="utf-8")

    return PadWidget()
