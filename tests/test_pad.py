"""The drawing pad without a browser: what it says to the page, and what it refuses."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import nnlib

pytest.importorskip("anywidget", reason="the extra `live` is not installed")
DRAWING = Path(__file__).parent.parent / "notebooks" / "drawings" / "7_plain.png"


@pytest.fixture
def pad(digits):
    """A pad, and a list of what it sends."""
    history = nnlib.train(nnlib.init_params([784, 100, 10]), digits, 0.1, batch_size=32, epochs=3)
    pad, sent = nnlib.live.Pad(history), []
    pad.widget.send = lambda content, buffers=None: sent.append((content, buffers))
    return pad, sent


def test_a_page_is_answered_as_read_image_reads_it(pad):
    pad, sent = pad
    page = np.asarray(Image.open(DRAWING))
    pad._asked(None, {"count": 5}, [memoryview(page.tobytes())])
    (told, (image,)), X = sent[0], nnlib.read_image(page)
    assert (pad.X == X).all() and told["answer"] == 7 == pad.P.argmax() and told["count"] == 5
    assert np.allclose(told["p"], nnlib.softmax(nnlib.forward(pad.params, X)[-1])[0], atol=1e-4)
    assert np.abs(np.frombuffer(image, np.uint8) - 255 * X[0]).max() <= 0.5
    assert len(told["strengths"]) == 64 and max(told["strengths"]) == 1


def test_the_units_weights_are_sent_once_asked_for(pad):
    pad, sent = pad
    pad._asked(None, {"hello": True}, [])
    told, (images,) = sent[0]
    assert told["n"] == 64 and "64 of 100" in told["title"] and len(images) == 64 * 784
    first = np.frombuffer(images, np.uint8).reshape(64, 784)[0].astype(float)
    assert np.corrcoef(first, pad.params[0][0][:, 0])[0, 1] > 0.999


def test_what_goes_wrong_is_said_in_the_widget(pad):
    pad, sent = pad
    pad._asked(None, {"count": 1}, [b"\xff" * 140 * 140])
    pad._asked(None, {"count": 2}, [b"too short"])
    assert "There is no ink on it" in sent[0][0]["error"] and sent[0][0]["count"] == 1
    assert sent[1][0]["error"] and pad.X is None


def test_softmax_regression_has_no_hidden_units(pad):
    history = SimpleNamespace(params=nnlib.init_params([784, 10]), activation="relu")
    pad, sent = nnlib.live.Pad(history), []
    pad.widget.send = lambda content, buffers=None: sent.append((content, buffers))
    pad._asked(None, {"hello": True}, [])
    pad._asked(None, {"count": 0}, [np.asarray(Image.open(DRAWING)).tobytes()])
    assert len(sent) == 1 and sent[0][0]["strengths"] == [] and len(sent[0][0]["p"]) == 10


@pytest.mark.parametrize(
    "history, words",
    [
        (None, "must be a History"),
        (nnlib.init_params([784, 10]), "must be a History"),
        (SimpleNamespace(params=nnlib.init_params([7, 5, 3]), activation="relu"), "7 to 3"),
    ],
)
def test_what_is_no_history_is_refused(history, words):
    with pytest.raises(ValueError, match=words):
        nnlib.live.Pad(history)


def test_it_has_a_text_and_is_loaded_only_when_touched(pad):
    bundle = pad[0]._repr_mimebundle_()
    assert bundle["text/plain"] == "The drawing pad: run this cell to use it."
    assert "application/vnd.jupyter.widget-view+json" in bundle
    code = "import sys, nnlib; print('anywidget' in sys.modules, 'PIL' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"


def test_without_anywidget_it_says_what_to_install(pad, monkeypatch):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    with pytest.raises(ImportError, match="pip install anywidget"):
        nnlib.live.Pad(SimpleNamespace(params=pad[0].params, activation="relu"))


def test_on_colab_it_keeps_what_colab_needs_to_draw_it(pad, monkeypatch):
    """anywidget names Colab's manager of widgets in the metadata."""
    output = SimpleNamespace(_widgets=SimpleNamespace(_installed_url="https://manager"))
    output.enable_custom_widget_manager = lambda: None
    monkeypatch.setitem(sys.modules, "google.colab.output", output)
    data, metadata = pad[0]._repr_mimebundle_()
    assert data["text/plain"] == "The drawing pad: run this cell to use it."
    assert "https://manager" in str(metadata["application/vnd.jupyter.widget-view+json"])
    turned = nnlib.live.turn(lambda T=1: None, T=(0.1, 10))
    assert "https://manager" in str(turned._repr_mimebundle_()[1])
