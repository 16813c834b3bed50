"""The learning-rate lab without a browser: what it trains, draws, says and writes.

tests/browser presses its buttons in JupyterLab, Notebook 7 and Voilà.
"""

import html
import re
import subprocess
import sys
import threading
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from test_training import equal, toy  # noqa: F401  (a fixture)

import nnlib

ipywidgets = pytest.importorskip("ipywidgets", reason="the extra `live` is not installed")

from nnlib.live import export, picture, ratelab  # noqa: E402
from nnlib.live.controls import RATES, read_rate  # noqa: E402


@pytest.fixture
def lab(toy):  # noqa: F811
    lab = nnlib.live.RateLab(toy)
    set_fields(lab, epochs=3, batch_size=8, hidden=5)
    yield lab
    if lab.thread:
        lab.stop()
        lab.thread.join()


def set_fields(lab, **values):
    for name, value in values.items():
        getattr(lab.controls.fields, name).value = value


def train(lab, rate="0.1", **values):
    set_fields(lab, rate=rate, **values)
    lab.controls.buttons.train.click()
    lab.thread.join()


def said(lab):
    (text,) = re.findall(r'<div role="status"[^>]*>(.*?)</div>', lab.status.value)
    return html.unescape(text)


def described(lab):
    (text,) = re.findall(r'role="img" aria-label="(.*?)"', lab.view.value)
    return html.unescape(text)


def curves(lab):
    return lab.view.value.count("<polyline")


# ---------------------------------------------------------------- what it trains


def test_nothing_of_it_is_loaded_until_it_is_touched():
    code = (
        "import sys, nnlib; print('ipywidgets' in sys.modules, 'nnlib.live' in sys.modules);"
        "nnlib.live.RateLab; print('ipywidgets' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False", "True"]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"batch_size": 0, "epochs": 60},
        {"activation": "tanh", "init": "xavier", "optimizer": "adam", "seed": 7, "hidden": 4},
    ],
)
def test_weights_are_a_direct_trainings_to_the_last_bit(lab, toy, settings, monkeypatch):  # noqa: F811
    monkeypatch.setattr(ratelab, "EVERY", 0.0)
    train(lab, "0.3", **settings)
    s = {"hidden": 5, "init": "he", "seed": 0, "batch_size": 8, "epochs": 3} | settings
    params = nnlib.init_params([7, s.pop("hidden"), 3], s.pop("init"), s["seed"])
    s["batch_size"] = s["batch_size"] or None
    direct = nnlib.train(params, toy, 0.3, **s)
    (history,) = lab.runs.newest.histories
    assert equal(history.params, direct.params) and equal(history.best_params, direct.best_params)
    own = ("gradient", "alive")
    assert [{k: v for k, v in row.items() if k not in own} for row in history.rows] == direct.rows


def test_the_gradients_size_and_the_living_units_stand_in_every_record(lab, toy):  # noqa: F811
    train(lab)
    (history,) = lab.runs.newest.histories
    assert all(row["gradient"] > 0 and 0 <= row["alive"] <= 5 for row in history.rows)
    X, y = toy.X_train[:200], toy.y_train[:200]
    A = nnlib.forward(history.params, X)
    grads = nnlib.backward(history.params, A, y)
    size = np.sqrt(sum((a**2).sum() for pair in grads for a in pair))
    assert history.rows[-1]["gradient"] == pytest.approx(size, rel=1e-5)
    assert history.rows[-1]["alive"] == (A[1] > 0).any(axis=0).sum()


def test_a_dead_unit_has_one_answer_for_all_images():
    A1 = np.array([[0.0, 1.0, 0.2], [0.0, 1.0, 0.3]])
    assert ratelab.living(A1).tolist() == [False, False, True]
    squares = picture.squares([True, False, False])
    assert "alive: 1 of 3" in squares and squares.count("<path") == 2 == squares.count('"none"')
    assert picture.squares(np.ones(300, bool)).count("<rect") == picture.MOST_SQUARES


def test_three_seeds_are_one_line_with_a_band(lab):
    train(lab, three=True, seed=4)
    assert [h.settings["seed"] for h in lab.runs.newest.histories] == [4, 5, 6]
    assert lab.view.value.count("<polygon") == 3 == curves(lab)
    assert described(lab).startswith("rate 0.1: accuracy 0.")
    right = lab.runs.newest.last("valid_accuracy")
    assert said(lab).startswith("Rate 0.1, 3 seeds: mean loss 0.")
    assert said(lab).endswith(f"mean validation accuracy {right:.3f} after 3 epochs.")


def test_stop_keeps_curve_and_weights(lab, toy, monkeypatch):  # noqa: F811
    reached = threading.Event()
    watch = lab._watch

    def look(history, init):
        if history.step >= 20:
            reached.set()
        return watch(history, init)

    monkeypatch.setattr(lab, "_watch", look)
    set_fields(lab, epochs=10**6)
    buttons = lab.controls.buttons
    buttons.train.click()
    assert reached.wait(20)
    assert buttons.train.disabled and buttons.clear.disabled and not buttons.stop.disabled
    buttons.stop.click()
    lab.thread.join(20)
    (history,) = lab.runs.newest.histories
    assert said(lab) == (
        f"Rate 0.1: stopped after step {history.step}; its curve and its weights are kept."
    )
    assert curves(lab) == 3 and "stopped" in lab.view.value and history.rows[-1]["gradient"] > 0
    assert not buttons.train.disabled and buttons.stop.disabled
    right = nnlib.accuracy(toy.y_valid, history.predict(toy.X_valid))
    assert history.rows[-1]["valid_accuracy"] == right


def test_stop_ends_three_seeds(lab, monkeypatch):
    watch = lab._watch
    monkeypatch.setattr(lab, "_watch", lambda *args: lab._stopping.set() or watch(*args))
    set_fields(lab, three=True)
    lab.train()
    lab.thread.join()
    assert "stopped after step 0" in said(lab)


def test_one_training_at_a_time(lab, toy):  # noqa: F811
    other = nnlib.live.RateLab(toy)
    with ratelab.BUSY:
        other.controls.buttons.train.click()
    assert said(other).startswith("Another training is running") and other.thread is None
    train(lab)
    train(lab, "0.2")
    assert len(lab.runs) == 2 and not ratelab.BUSY.locked()


# ---------------------------------------------------------------- what it shows


def test_runs_are_listed_in_words(lab, toy):  # noqa: F811
    assert described(lab) == "no runs yet"
    for rate, values in (("0.1", {}), ("0.3", {}), ("0.1", {"seed": 1})):
        train(lab, rate, **values)
    rows = [line.histories[0].rows[-1] for line in lab.runs]
    ends = [f"accuracy {row['valid_accuracy']:.3f}, loss {row['loss']:.2f}" for row in rows]
    names = ("rate 0.1 (seed 0)", "rate 0.3", "rate 0.1 (seed 1)")
    assert described(lab) == "; ".join(map(": ".join, zip(names, ends)))
    assert "not all have the same first weights (seed)" in lab.view.value
    assert lab.view.value.count('font-weight="bold"') == 3  # the newest one's number, thrice


@pytest.mark.parametrize("init, rate", [("he", "1e200"), ("zeros", "0.1"), ("he", "0.001")])
def test_every_run_is_drawn_to_its_end_in_xml_that_can_be_read(lab, init, rate):
    train(lab, rate, init=init)
    train(lab, "0.3", init="he")
    (history,) = lab.runs[1].histories
    assert said(lab).startswith("Rate 0.3")
    root = ElementTree.fromstring(f"<div>{lab.view.value}</div>")
    found = [e for e in root.iter("polyline") if e.get("stroke") == picture.INKS[0]]
    points = [e.get("points").split() for e in found]
    there = [sum(np.isfinite(row[part]) for row in history.rows) for part in picture.PANELS]
    assert [len(p) for p in points] == [len(history.rows), *there[1:]]
    y = [float(p.split(",")[1]) for p in points[0]]
    assert (y[-1] < picture.TOP) == bool(history.diverged)
    assert (">diverged<" in lab.view.value) == bool(history.diverged)


def test_a_run_that_went_wrong_says_so(lab):
    train(lab, "1e200")
    assert said(lab).startswith("Diverged by step") and "✕" in lab.view.value
    assert "hidden units alive" not in lab.view.value  # it has no weights to look at
    train(lab, "0.1", init="zeros")
    assert said(lab).startswith("Collapsed: every validation image")
    assert "hidden units alive: 0 of 5" in lab.view.value


def test_a_repeated_run_says_so(lab):
    for _ in range(2):
        train(lab)
    assert len(lab.runs) == 1 and "done, run again: the same" in lab.view.value


def test_a_long_curve_is_thinned_and_keeps_its_ends(lab):
    train(lab, epochs=400)
    line = lab.runs.newest
    found = re.findall(r'<polyline points="(.*?)"', lab.view.value)
    assert all(len(text.split()) == picture.MOST_POINTS for text in found)
    x = [float(point.split(",")[0]) for point in found[0].split()]
    assert (x[0], x[-1]) == (picture.LEFT, picture.RIGHT) and len(line.histories[0].rows) == 401


def test_numbers_beside_the_curves_never_overlap():
    for ends in ({1: 50, 2: 51, 3: 52, 4: 20}, dict.fromkeys(range(9), picture.BOTTOM), {1: None}):
        heights = sorted(picture.spread(ends).values())
        assert all(b - a >= 12 for a, b in zip(heights, heights[1:]))
        assert all(y <= picture.BOTTOM for y in heights)


def test_all_runs_are_the_same_but_for_the_rate(lab):
    train(lab)
    train(lab, "0.2")
    assert "All runs begin with the same weights and see the same batches." in lab.view.value
    train(lab, "0.2", batch_size=16)
    assert "not all have the same batches (batch size)" in lab.view.value


# ---------------------------------------------------------------- what it understands


@pytest.mark.parametrize(
    "text, rate", [("0.1", 0.1), (" 3 ", 3.0), ("1e-4", 1e-4), ("0,1", 0.1), ("0,003", 0.003)]
)
def test_rates_are_read_with_a_point_or_a_comma(text, rate):
    found, words = read_rate(text)
    assert found == rate and bool(words) == ("," in text)


@pytest.mark.parametrize("text", ["", "x", "0", "-1", "nan", "inf", "1,000,000", "0.1.2", "½"])
def test_a_wrong_rate_is_said_in_one_sentence_and_trains_nothing(lab, text):
    set_fields(lab, rate=text)
    lab.controls.buttons.train.click()
    assert lab.thread is None and not ratelab.BUSY.locked()
    assert said(lab).startswith(("The learning rate", "learning rate must be"))
    assert said(lab).endswith((".", "nan", "inf"))


def test_a_comma_is_named(lab):
    train(lab, "0,3")
    assert said(lab).startswith("0,3 is read as 0.3: in Python the decimal sign is a point. Rate")
    assert lab.controls.fields.rate.value == "0.3"


def test_the_rate_goes_in_steps_of_three_from_1e4_to_100(lab):
    assert RATES[0] == 1e-4 and RATES[-1] == 100 and len(RATES) == 13
    assert all(2.9 < b / a < 3.4 for a, b in zip(RATES, RATES[1:]))
    down, up = lab.controls.buttons.down, lab.controls.buttons.up
    seen = []
    for _ in range(14):
        seen.append(float(lab.controls.fields.rate.value))
        up.click()
    assert seen[:4] == [0.1, 0.3, 1, 3] and seen[-1] == 100 and up.description == "↑ 100"
    for _ in range(14):
        down.click()
    assert lab.controls.fields.rate.value == "0.0001"
    set_fields(lab, rate="0.2")
    assert (down.description, up.description) == ("↓ 0.1", "↑ 0.3")  # the value, in plain words
    set_fields(lab, rate="x")
    up.click()
    assert lab.controls.fields.rate.value == "0.3"


def test_a_choice_goes_round(lab):
    choice = lab.controls.fields.activation
    assert choice.description == "activation: relu"
    for value in ("sigmoid", "tanh", "relu"):
        choice.click()
        assert choice.value == value and choice.description == f"activation: {value}"


def test_an_error_inside_the_training_is_said_in_the_lab(lab, monkeypatch):
    monkeypatch.setattr(ratelab, "init_params", lambda *a: 1 / 0)
    train(lab)
    assert said(lab) == "division by zero" and not ratelab.BUSY.locked()
    assert not lab.controls.buttons.train.disabled


def test_what_are_no_digits_are_refused():
    for wrong in (None, SimpleNamespace(X_train=np.ones((3, 2)), y_train=None)):
        with pytest.raises(ValueError, match=r"X_train|y_train"):
            nnlib.live.RateLab(wrong)


# ---------------------------------------------------------------- what it keeps


def press(lab, name, **values):
    set_fields(lab, **values)
    getattr(lab.controls.buttons, name).click()


def test_remove_and_clear(lab):
    for rate in ("0.1", "0.2", "0.3"):
        train(lab, rate)
    press(lab, "remove", run=2)
    assert said(lab) == "Run 2 is forgotten." and curves(lab) == 6
    press(lab, "remove", run=2)
    assert said(lab) == "There is no run 2; the numbers are: 1, 3." and len(lab.runs) == 2
    press(lab, "clear")
    assert len(lab.runs) == 0 and described(lab) == "no runs yet" and curves(lab) == 0


def test_runs_go_on_from_a_file(lab, toy, tmp_path):  # noqa: F811
    train(lab)
    press(lab, "save", file=str(tmp_path / "runs.npz"))
    assert said(lab).startswith("1 runs are written to ")
    again = nnlib.live.RateLab(toy, nnlib.Runs.load(tmp_path / "runs.npz"))
    assert described(again) == described(lab) and curves(again) == 3


def test_a_table_and_a_picture(lab, tmp_path):
    train(lab)
    press(lab, "save", file=str(tmp_path / "runs.csv"))
    table = pd.read_csv(tmp_path / "runs.csv", dtype={"loss": str})  # older pandas rounds
    assert [float(loss) for loss in table["loss"]] == [
        row["loss"] for row in lab.runs[1].histories[0].rows
    ]
    assert {"run", "learning_rate", "init", "epoch", "gradient", "alive"} <= set(table.columns)
    press(lab, "save", file=str(tmp_path / "runs.png"))
    assert (tmp_path / "runs.png").read_bytes().startswith(b"\x89PNG")


def test_where_nothing_can_be_written_the_lab_says_so(lab, tmp_path):
    for name, words in (
        ("runs.txt", "ending"), ("none/runs.csv", "no folder"), ("", "ending"),
    ):  # fmt: skip
        press(lab, "save", file=str(tmp_path / name) if name else "")
        assert words in said(lab)
    assert list(tmp_path.iterdir()) == []


def test_the_code_by_hand_gives_the_same_weights(lab, toy, tmp_path):  # noqa: F811
    train(lab, "0.3", activation="tanh", optimizer="adam", init="xavier")
    train(lab, "0.1", three=True, batch_size=0)
    press(lab, "save", file=str(tmp_path / "lab.py"))
    code = (tmp_path / "lab.py").read_text()
    assert html.escape(export.cell(lab.runs)) in lab.hand.value
    namespace = {"digits": toy}
    exec(code, namespace)
    for line, other in zip(lab.runs, namespace["runs"], strict=True):
        assert line.same(other) and line.ends_like(other)
        for a, b in zip(line.histories, other.histories, strict=True):
            assert equal(a.params, b.params)


def test_a_run_from_elsewhere_is_not_claimed(toy):  # noqa: F811
    runs = nnlib.Runs()
    runs.add(nnlib.train(nnlib.init_params([7, 5, 3]), toy, epochs=1))
    lab = nnlib.live.RateLab(toy, runs)
    assert "not trained in the lab" in export.cell(runs) and curves(lab) == 2


def test_a_page_without_widgets_says_what_it_is(lab):
    bundle = lab._repr_mimebundle_()
    assert bundle["text/plain"].startswith("The learning-rate lab")
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_on_colab_whose_widgets_are_older_it_shows_itself_too(lab):
    """Those of ipywidgets 7 have no `_repr_mimebundle_`."""
    from nnlib.live.shown import VIEW, bundle

    older, place = SimpleNamespace(model_id="abc"), lab._repr_mimebundle_()[VIEW]
    assert bundle(older, "words") == {VIEW: place | {"model_id": "abc"}, "text/plain": "words"}
