"""`turn` without a browser: handles, pictures, errors, and that nothing is left behind."""

import ast
import builtins
import json
import symtable
import sys
from pathlib import Path
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pytest

import nnlib
from nnlib import plots
from nnlib.live.turn import between, places


def draw(T=1.0, kind="round"):
    """Draw ten bars."""
    if T > 20:
        raise ValueError("too hot")
    _, ax = plots.new_figure()
    ax.bar(range(10), T * np.arange(10))
    ax.set(xlabel="k", ylabel=f"T times k, {kind}")
    plots.show(f"ten bars up to {9 * T:g}, {kind}.")


def draw_logarithmic(T=1.0):
    """Ask for what a sketch can't do."""
    _, ax = plots.new_figure()
    ax.plot([1, 2], [1, T])
    ax.set(yscale="log")
    plots.show(f"up to {T:g}")


@pytest.mark.parametrize(
    "wanted, start, first, last, at",
    [
        ((0.1, 10), 1.0, 0.1, 10, 1.0),
        ((-1, 1.0), 0.123, -1, 1.0, 0.123),
        ((0, 27), 14, 0, 27, 14),
        ((2.0, 4.0), None, 2.0, 4.0, 3.0),
        (["relu", "tanh"], "tanh", "relu", "tanh", "tanh"),
        (["relu", "tanh"], None, "relu", "tanh", "relu"),
        (range(5), 3, 0, 4, 3),
        ((0.1, 1), 7.0, 0.1, 1, 0.55),
    ],
)
def test_a_handles_values_hold_both_ends_and_the_default(wanted, start, first, last, at):
    values, k = places("T", wanted, start)
    assert (values[0], values[-1]) == (first, last) and values[k] == at
    if isinstance(wanted, tuple):
        assert values == sorted(set(values))


def test_far_apart_steps_are_factors_near_they_are_equal():
    far, near = np.array(between(0.1, 10)), np.array(between(0.0, 1.0))
    assert np.allclose(far[1:] / far[:-1], 10 ** (2 / 100), rtol=0.01)
    assert np.allclose(np.diff(near), 0.01)
    assert between(0, 3) == [0, 1, 2, 3]


@pytest.mark.parametrize("wanted", [(1, 1), (3, 1), [], ["one"], (0, float("inf")), 5, (1, 2, 3)])
def test_a_handle_without_a_choice_is_refused(wanted):
    with pytest.raises(ValueError) as error:
        nnlib.live.turn(draw, T=wanted)
    assert (
        str(error.value).startswith("T takes (low, high), or a list")
        and len(str(error.value)) < 300
    )


def test_unknown_and_missing_parameters_are_named():
    with pytest.raises(ValueError, match="T, kind.*: tau"):
        nnlib.live.turn(draw, tau=(0.1, 1))
    with pytest.raises(ValueError, match=": x"):
        nnlib.live.turn(lambda x: None)
    with pytest.raises(ValueError, match="draw must be a function"):
        nnlib.live.turn(3, T=(0, 1))


def test_a_picture_is_sketched_with_its_words_and_nothing_is_left(capsys):
    turned = nnlib.live.turn(draw, T=(0.1, 30), kind=["round", "square"])
    values = turned.handles["T"][0]
    told, (svg,) = turned.answer([values.index(1.0), 1], id=7)
    assert told == {"id": 7, "kind": "image/svg+xml", "words": "ten bars up to 9, square."}
    root = ElementTree.fromstring(svg)
    heights = [float(r.get("height")) for r in root.iter("{http://www.w3.org/2000/svg}rect")
               if r.get("fill") == plots.COLOURS[0]]  # fmt: skip
    assert np.allclose(heights, heights[-1] * np.arange(10) / 9, atol=0.2) and len(heights) == 10
    assert not plt.get_fignums() and not plots.STAGE and capsys.readouterr().out == ""


def test_an_error_is_said_with_the_values_and_the_next_picture_comes():
    turned = nnlib.live.turn(draw, T=(0.1, 30))
    told, data = turned.answer([len(turned.handles["T"][0]) - 1])
    assert told["error"] == "T = 30: ValueError: too hot" and data == []
    assert turned.answer([0])[0]["kind"] == "image/svg+xml"
    assert not plt.get_fignums() and not plots.STAGE


def test_what_a_sketch_cannot_do_matplotlib_draws():
    turned = nnlib.live.turn(draw_logarithmic, T=(2.0, 30))
    told, (png,) = turned.answer([0])
    assert told["kind"] == "image/png" and png[:4] == b"\x89PNG" and told["words"] == "up to 2"
    assert not plt.get_fignums()


def test_a_function_that_shows_nothing_says_so():
    told, _ = nnlib.live.turn(lambda T=1.0: None, T=(0.1, 10)).answer([0])
    assert "plots.show(words)" in told["error"]


def test_without_anywidget_one_sentence_takes_the_handles_place(monkeypatch):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    bundle = nnlib.live.turn(draw, T=(0.1, 10))._repr_mimebundle_()
    assert bundle == {"text/plain": "Handles need anywidget: pip install anywidget, then restart."}


def test_with_anywidget_handles_are_sent_once_asked_for():
    pytest.importorskip("anywidget", reason="the extra `live` is not installed")
    turned, sent = nnlib.live.turn(draw, T=(0.1, 10)), []
    turned.widget.send = lambda content, buffers=None: sent.append(content)
    turned._asked(None, {"hello": True}, [])
    ((name, texts, k),) = sent[0]["handles"]
    assert name == "T" and texts[0] == "0.1" and texts[-1] == "10" and texts[k] == "1"
    turned._asked(None, {"places": [k], "id": 1}, [])
    assert sent[1]["words"] == "ten bars up to 9, round."


# ---------------------------------------------------------------- the lessons' instruments

PAGES = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))


def taken_from_the_page(code, name):
    """Return the names that a function looks up in the page when it is called."""
    (function,) = (t for t in symtable.symtable(code, "cell", "exec").get_children()
                   if t.get_name() == name)  # fmt: skip
    tables = [function]
    for table in tables:
        tables += table.get_children()
    found = {s.get_name() for table in tables for s in table.get_symbols() if s.is_global()}
    return found - set(dir(builtins))


def given_anew(code):
    """Return the names that a cell gives to something of its own."""
    symbols = symtable.symtable(code, "cell", "exec").get_symbols()
    return {s.get_name() for s in symbols if s.is_assigned() or s.is_imported()}


def lost(cells):
    """Return what drawing functions look up, and a later cell calls something else."""
    found = []
    for k, code in enumerate(cells):
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "nnlib.live.turn":
                name = ast.unparse(node.args[0])
                first = next(j for j in range(k + 1) if f"def {name}(" in cells[j])
                needed = taken_from_the_page(cells[first], name)
                later = set().union(*map(given_anew, cells[first + 1 :]))
                found += sorted(needed & later)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_an_instrument_still_turns_after_the_whole_page_has_run(page):
    cells = json.loads(page.read_text(encoding="utf-8"))["cells"]
    code = [c for c in cells if c["cell_type"] == "code"]
    here = [
        c for c in code if "away" not in c["metadata"].get("tags", [])
    ]  # IPython's own on Colab
    assert not lost(["".join(c["source"]) for c in here])


def test_a_name_that_a_later_cell_takes_is_found():
    draw = "def draw(T=1):\n    f = lambda x: x / off\n    y = f(T)\n    plots.show(y)"
    cells = [draw, "nnlib.live.turn(draw, T=(0, 1))", "y = 3\nfor off, e in []:\n    pass"]
    assert lost(cells) == ["off"] and lost(cells[:2]) == []
    assert lost([*cells[:2], "import plots"]) == ["plots"]
