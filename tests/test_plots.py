"""What stands beside the pictures: titles by position, and words for who doesn't see them."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from nnlib.plumbing import plots
from nnlib.plumbing.environment import WIDTH


@pytest.mark.parametrize(
    "values, words",
    [
        ([2.41, 1.0, 0.27], "loss falls from 2.41 to 0.27"),
        ([0.1, 0.9, 0.91], "loss rises from 0.10 to 0.91"),
        ([2.0, 0.5, 0.9], "loss falls from 2.00 to 0.90, with its lowest point, 0.50, in between"),
        ([2.0, 3.0, 1.0], "loss falls from 2.00 to 1.00, with its highest point, 3.00, in between"),
        ([2.3, 2.3, 2.3], "loss begins and ends at 2.30"),
        ([2.3, np.inf, np.nan, 1.0], "loss falls from 2.30 to 1.00"),
    ],
)
def test_a_curve_in_words(values, words):
    assert plots.course("loss", values) == words


def test_a_picture_is_shown_with_its_words(capsys):
    plots.new_figure()
    plots.show("a line " + "that goes on and on " * 10)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("In words: a line that goes") and len(lines) > 2
    assert all(len(line) <= WIDTH for line in lines)


@pytest.mark.parametrize("end, shown", [("", "."), (".", "."), (" ", "."), ("?", "?"), (")", ").")])
def test_the_words_end_in_a_full_stop(end, shown, capsys):
    plots.show(f"a line{end}")
    assert capsys.readouterr().out == f"In words: a line{shown}\n"


# ---------------------------------------------------------------- by position; one image, or none


@pytest.fixture(autouse=True)
def no_figures():
    """Begin and end with none open."""
    plt.close("all")
    yield
    plt.close("all")


RNG = np.random.default_rng(0)
X, W, P = RNG.random((3, 784)), RNG.normal(0, 1, (784, 3)), np.full((3, 3), 0.1) + 0.7 * np.eye(3)
TURNED = [2, 0, 1]  # an index that is not the position


def titles(figure):
    return [ax.get_title() for ax in figure.axes[:3]]


def ticks(figure):
    return [text.get_text() for text in figure.axes[0].get_xticklabels()]


def legend(figure):
    return [text.get_text() for text in figure.axes[1].get_legend().get_texts()]


@pytest.mark.parametrize("container", [list, tuple, np.array, pd.Series])
def test_what_belongs_to_images_is_taken_by_position(container, toy_history):
    def given(*values):
        return pd.Series(values, TURNED) if container is pd.Series else container(values)

    assert titles(plots.show_digits(X, given("a", "b", "c"))) == ["a", "b", "c"]
    figure = plots.show_digits(X, given("a", "b", "c"), wrong=given(True, False, False))
    assert titles(figure) == ["✗ a", "b", "c"]
    assert titles(plots.show_weights(W, given("a", "b", "c"))) == ["a", "b", "c"]
    figure = plots.predictions(X, given(0, 1, 0), P, names=given("a", "b", "c"))
    assert titles(figure) == ["a, 80%", "b, 80%", "✗ c, 80%\nis a a"]
    assert ticks(plots.confusion(np.eye(3, dtype=int), names=given("a", "b", "c"))) == list("abc")
    curves = plots.learning_curves([toy_history] * 3, names=given("a", "b", "c"))
    assert legend(curves)[::2] == [f"{name}, training" for name in "abc"]


@pytest.fixture(scope="module")
def toy_history():
    import nnlib

    y = np.array([0, 1, 2])
    digits = nnlib.Digits(X, y, X, y, X, y, "three")
    return nnlib.train(nnlib.init_params([784, 3]), digits, epochs=1)


SHORT = {"one too few": ["a", "b"], "text": "abc", "a dict": dict.fromkeys("abc"), "a number": 3}


@pytest.mark.parametrize("values", SHORT.values(), ids=SHORT)
def test_what_has_no_position_or_another_length_is_refused(values, toy_history):
    calls = [
        lambda: plots.show_digits(X, values),
        lambda: plots.show_digits(X, wrong=values),
        lambda: plots.show_weights(W, values),
        lambda: plots.predictions(X, values, P),
        lambda: plots.predictions(X, [0, 1, 0], P, names=values),
        lambda: plots.confusion(np.eye(3, dtype=int), names=values),
        lambda: plots.learning_curves([toy_history] * 3, names=values),
    ]
    for call in calls:
        assert re.match(r"(titles|wrong|y|names) must (be|hold) ", refusal(call))


def refusal(call):
    """Return the one sentence with which a call is refused, by us, and before a figure is made."""
    with pytest.raises(ValueError) as error:
        call()
    text = str(error.value)
    assert "\n" not in text and text.endswith(".") and len(text) <= 300, text
    assert "nnlib" in error.traceback[-1].path.parts, text
    assert plt.get_fignums() == [], text
    return text


ONE_OR_NONE = {"one": lambda a: a[0], "none": lambda a: a[:0], "no pixels": lambda a: a[:, :0],
               "one too deep": lambda a: a[None], "a list": lambda a: a.tolist()}  # fmt: skip


@pytest.mark.parametrize("change", ONE_OR_NONE.values(), ids=ONE_OR_NONE)
def test_a_single_image_and_no_image_are_a_sentence_and_no_figure(change):
    some = change(X)
    calls = [
        lambda: plots.show_digits(some),
        lambda: plots.predictions(some, [0, 1, 0], P),
        lambda: plots.show_weights(change(W)),
    ]
    for call in calls:
        assert re.match(r"[XW](\.T)? must (be|hold) ", refusal(call))
    for figure in (plots.show_digits(X[:1]), plots.predictions(X[:1], [0], P[:1])):
        assert sum(bool(ax.images) for ax in figure.axes) == 1
