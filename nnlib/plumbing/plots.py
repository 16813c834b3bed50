"""Plumbing: pictures. Each function draws and returns a figure; none of them computes.

Colours are Okabe and Ito's, which colour-blind readers can tell apart, and never stand alone:
lines differ in style and marker, mistakes carry a word.
"""

import math
import sys
import textwrap
from contextlib import contextmanager
from functools import cache

import numpy as np

from nnlib.plumbing.arguments import (
    as_list,
    as_texts,
    brief,
    check_array,
    check_confusion,
    check_count,
    check_matrix,
    check_number,
    check_numbers,
    check_probabilities,
    check_shares,
    check_text,
)
from nnlib.plumbing.environment import WIDTH

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
STYLES = ("-", "--", "-.", ":")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
MANY = 100  # images in a row, panels in a column: no page is wider
STAGE = []  # who makes figures, maybe, and shows them in the page's place: the newest


def new_figure(rows=1, columns=1, size=(6.4, 4.0), **options):
    """Return a figure and its axes, laid out so that no label is cut."""
    for name, n in (("rows", rows), ("columns", columns)):
        check_count(name, n, at_most=MANY)
    if (check_numbers("size", size, 2) <= 0).any() or max(size) > 200:
        raise ValueError(f"size must hold width and height, up to 200 inches; it is {brief(size)}.")
    if STAGE and STAGE[-1].new_figure:
        return STAGE[-1].new_figure(rows, columns, size, **options)
    import matplotlib.pyplot as plt

    options = {"figsize": size, "layout": "constrained", "FigureClass": picture_class()} | options
    return plt.subplots(rows, columns, **options)


@cache
def picture_class():
    """Return the class of our figures: as a cell's last line one is drawn once, not twice."""
    import matplotlib
    import matplotlib.pyplot as plt

    class Figure(matplotlib.figure.Figure):
        def _ipython_display_(self):
            inline = "inline" in matplotlib.get_backend()
            if inline and plt.fignum_exists(self.number) and not asked_by("matplotlib_inline"):
                return  # the backend draws it at the cell's end, as every open figure
            raise NotImplementedError  # IPython draws it, as any other

    return Figure


def asked_by(package):
    """Return True where a module of that package is among the callers."""
    frame = sys._getframe()
    while frame:
        if frame.f_globals.get("__name__", "").partition(".")[0] == package:
            return True
        frame = frame.f_back
    return False


@contextmanager
def no_windows():
    """Draw without a display while the ``with`` lasts, and leave matplotlib's backend as it was."""
    import matplotlib
    import matplotlib.pyplot as plt

    before = dict.__getitem__(matplotlib.rcParams, "backend")  # without choosing one by the look
    if "inline" in str(before):  # a notebook's own opens no windows
        yield
        return
    plt.switch_backend("agg")
    try:
        yield
    finally:
        if isinstance(before, str):
            plt.switch_backend(before)
        else:
            matplotlib.rcParams["backend"] = before


def show(words):
    """Show what was drawn, and say it in words, for a reader who doesn't see it.

    Parameters
    ----------
    words : what the figure shows, in a sentence or two, its numbers computed from the data drawn;
        a full stop is added where the last one lacks it
    """
    import matplotlib.pyplot as plt

    if STAGE:
        STAGE[-1].show(words)
        return
    plt.show()
    check_text("words", words)
    words = words.rstrip()
    end = "" if words.endswith((".", "!", "?")) else "."
    print(textwrap.fill(f"In words: {words}{end}", WIDTH))


def course(name, values, digits=2):
    """Return a curve in words, as in "training loss falls from 2.41 to 0.27".

    Parameters
    ----------
    name : of the curve
    values : its numbers, from left to right; those that are no finite numbers are left out
    digits : decimals

    Notes
    -----
    A turning point inside the curve is named where it lies beyond both ends by more than a tenth
    of the whole range.
    """
    check_text("name", name)
    values = check_numbers("values", values, finite=False)
    digits = check_count("digits", digits, 0, 20)
    values = values[np.isfinite(values)]
    if not len(values):
        return f"{name} has no finite values"
    first, last, low, high = values[0], values[-1], values.min(), values.max()
    margin = (high - low) / 10
    start, end = f"{first:.{digits}f}", f"{last:.{digits}f}"
    text = f"{name} {'falls' if last < first else 'rises'} from {start} to {end}"
    if start == end:
        text = f"{name} begins and ends at {start}"
    if low < min(first, last) - margin:
        text += f", with its lowest point, {low:.{digits}f}, in between"
    if high > max(first, last) + margin:
        text += f", with its highest point, {high:.{digits}f}, in between"
    return text


def style(k):
    """Return the look of the k-th line: colour, line style and marker all change."""
    k = check_count("k", k, at_least=0)
    return {
        "color": COLOURS[k % len(COLOURS)],
        "linestyle": STYLES[(k + k // len(COLOURS)) % len(STYLES)],
        "marker": MARKERS[k % len(MARKERS)],
        "markersize": 4,
    }


def show_digits(X, titles=None, columns=10, wrong=None):
    """Draw images in a grid, black on white.

    Parameters
    ----------
    X : square images, shape (m, 784) or (m, n²), ink from 0 to 1
    titles : m short texts
    columns : images in a row
    wrong : m booleans; where True, the image gets an orange frame and its title a cross
    """
    n, columns = side_of("X", X), check_count("columns", columns, at_most=MANY)
    titles = as_texts("titles", titles, len(X))
    wrong = None if wrong is None else check_numbers("wrong", wrong, len(X))
    rows = -(-len(X) // columns)
    height = rows * (1.0 if titles is None else 1.35) + 0.1
    figure, axes = new_figure(rows, columns, (columns * 0.95, height), squeeze=False)
    for ax in axes.flat:
        ax.axis("off")
    for k, (ax, image) in enumerate(zip(axes.flat, X)):
        ax.imshow(image.reshape(n, n), cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
        bad = wrong is not None and wrong[k]
        if titles is not None:
            ax.set_title(
                f"✗ {titles[k]}" if bad else titles[k],
                fontsize=9,
                color=COLOURS[1] if bad else "black",
                fontweight="bold" if bad else "normal",
            )
        if bad:
            ax.axis("on")
            ax.set(xticks=[], yticks=[])
            for side in ax.spines.values():
                side.set(color=COLOURS[1], linewidth=2)
    return figure


def side_of(name, X):
    """Return how many pixels the square images in `X` have a side, or raise a ValueError."""
    check_matrix(name, X)
    n = math.isqrt(X.shape[1])
    if n * n != X.shape[1]:
        raise ValueError(
            f"{name} must hold square images, as 784 = 28 × 28 pixels a row; it has {X.shape[1]}."
        )
    return n


def show_weights(W, titles=None, columns=10):
    """Draw the weights of single units as images: blue pulls down, red pushes up, white is 0.

    Parameters
    ----------
    W : weights of square images' pixels, shape (784, n) or (side², n), one unit a column
    titles : n short texts
    columns : images in a row
    """
    check_array("W", W, ("pixels", "units"), "fiu")
    side, n = side_of("W.T", W.T), W.shape[1]
    columns = check_count("columns", columns, at_most=MANY)
    titles = as_texts("titles", titles, n)
    rows, limit = -(-n // columns), np.abs(W).max()
    figure, axes = new_figure(rows, columns, (columns * 1.4 + 0.8, rows * 1.7), squeeze=False)
    for ax in axes.flat:
        ax.axis("off")
    for k, ax in enumerate(axes.flat[:n]):
        image = W[:, k].reshape(side, side)
        picture = ax.imshow(image, cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="nearest")
        ax.set_title(k if titles is None else titles[k], fontsize=9)
    figure.colorbar(picture, ax=axes, shrink=0.8, label="weight")
    return figure


def learning_curves(histories, names=None):
    """Draw loss and accuracy over epochs, training beside validation.

    Parameters
    ----------
    histories : one History, or a list of them to compare
    names : what to call each in the legend
    """
    histories = list(histories) if isinstance(histories, (list, tuple)) else [histories]
    if not histories or not all(hasattr(h, "table") for h in histories):
        raise ValueError("histories must be what train returns: a History, or a list of them.")
    names = as_texts("names", names, len(histories))
    names = [""] * len(histories) if names is None else [f"{name}, " for name in names]
    figure, axes = new_figure(1, 2, (9.6, 3.8))
    full_batch = all(h.settings["batch_size"] is None for h in histories)
    for ax, part, label in zip(axes, ("loss", "accuracy"), ("loss (nats)", "accuracy (share)")):
        for k, (history, name) in enumerate(zip(histories, names)):
            table = history.table()
            train = "loss" if part == "loss" else "train_accuracy"
            look = style(k) | {"markevery": max(1, len(table) // 10)}
            ax.plot(table["epoch"], table[train], label=f"{name}training", **look)
            look |= {"linestyle": ":", "markerfacecolor": "white"}
            if len(histories) == 1:
                look |= {"color": COLOURS[1], "marker": "s"}
            if f"valid_{part}" in table:
                ax.plot(table["epoch"], table[f"valid_{part}"], label=f"{name}validation", **look)
        ax.set(xlabel="step (full batch)" if full_batch else "epoch", ylabel=label)
        ax.grid(alpha=0.3)
        ax.set_ylim(bottom=0)
    axes[1].set_ylim(0, 1.02)
    axes[1].legend(loc="lower right", fontsize=8)
    return figure


def predictions(X, y, P, columns=10, names=None):
    """Draw images with what the network says and how sure it is; mistakes carry a cross.

    Parameters
    ----------
    X : square images, shape (m, 784) or (m, n²)
    y : true labels, shape (m,)
    P : probabilities, shape (m, k)
    columns : images in a row
    names : k texts, what the classes are called; otherwise their numbers
    """
    side_of("X", X)
    check_probabilities(P)
    y = check_numbers("y", y, len(X))
    check_array("P", P, (len(X), "k"))
    k = P.shape[1]
    names = as_texts("names", names, k) or range(k)
    if bad := [t for t in y if not (0 <= t < k and t == int(t))]:
        raise ValueError(f"y holds {bad[0]:g}: P has {k} columns, so labels go from 0 to {k - 1}.")
    y = y.astype(int)
    y_hat, sure = P.argmax(axis=1), P.max(axis=1)
    titles = [
        f"{names[a]}, {p:.0%}" + ("" if a == t else f"\nis a {names[t]}")
        for a, p, t in zip(y_hat, sure, y)
    ]
    return show_digits(X, titles, columns, wrong=[a != t for a, t in zip(y_hat, y)])


def confusion(C, title=None, ax=None, share=False, names=None):
    """Draw a confusion matrix with its numbers; rows: true, columns: predicted.

    Parameters
    ----------
    C : shape (k, k): counts, or shares of each row where `share` is True
    title : text above
    ax : axes to draw into; a new figure otherwise
    share : write the entries as per cent
    names : k texts, what the classes are called; otherwise their numbers
    """
    if not isinstance(share, (bool, np.bool_)) or (ax is not None and not hasattr(ax, "imshow")):
        raise ValueError("share must be True or False, ax one of matplotlib's axes, or None.")
    if title is not None:
        check_text("title", title)
    C = check_shares(C) if share else check_confusion(C)
    k = len(C)
    what = "digit" if k == 10 and names is None else "class"
    names = as_texts("names", names, k) or range(k)
    if ax is None:
        size = max(1, k / 16)  # 26 letters need more room than 10 digits
        _, ax = new_figure(size=(5.6 * size, 5.0 * size))
    picture = ax.imshow(C, cmap="Blues", vmin=0)
    for i, j in np.ndindex(C.shape):
        text = f"{100 * C[i, j]:.0f}" if share else f"{C[i, j]}"
        dark = C[i, j] > C.max() / 2
        ax.text(j, i, text, ha="center", va="center", fontsize=8, color="w" if dark else "k")
    ticks = range(k)
    ax.set(xlabel=f"predicted {what}", ylabel=f"true {what}", title=title)
    ax.set_xticks(ticks, names, rotation=90 if max(len(str(name)) for name in names) > 3 else 0)
    ax.set_yticks(ticks, names)
    ax.figure.colorbar(picture, ax=ax, shrink=0.8, label="share of the row" if share else "images")
    return ax.figure


def flow(values, steps, inputs=None):
    r"""Draw a computation as boxes and arrows, from left to right.

    Parameters
    ----------
    values : texts in the boxes, as in "Z1\n(m, 10)"
    steps : texts at the arrows between them, one fewer
    inputs : for each arrow, what else comes in there, as in "W1\n(n0, n1)", or None
    """
    values = as_texts("values", values, none=False)
    steps = as_texts("steps", steps, len(values) - 1, none=False)
    inputs = as_texts("inputs", inputs, len(values) - 1)
    n, top = len(values), 0.75 if inputs is None else 1.6
    figure, ax = new_figure(size=(1.75 * n, 1.5 * (0.5 + top)))
    for k, text in enumerate(values):
        _box(ax, k, 0, text)
        if k > 0:
            _arrow(ax, (k - 1, 0), (k, 0))
            ax.text(k - 0.5, 0.16, steps[k - 1], ha="center", va="bottom", fontsize=10)
    for k, text in enumerate(inputs or []):
        if text:
            _box(ax, k + 0.5, 1.15, text)
            _arrow(ax, (k + 0.5, 1.15), (k + 0.5, 0.2), ends=(22, 6))
    ax.set(xlim=(-0.5, n - 0.5), ylim=(-0.5, top))
    ax.axis("off")
    return figure


def backward_flow(values, start, steps, inputs):
    """Draw how gradients run back, from right to left, below the boxes of `flow`.

    Parameters
    ----------
    values : gradients in their boxes, in the order of the values that they belong to
    start : what the last of them comes from, and how, as in ("loss", "(P − Y) / m")
    steps : texts at the arrows between them, one fewer
    inputs : gradients that branch off at each box, or None
    """
    values = as_texts("values", values, none=False)
    start = as_texts("start", start, 2, none=False)
    steps = as_texts("steps", steps, len(values) - 1, none=False)
    inputs = as_texts("inputs", inputs, len(values)) or []
    n = len(values)
    figure, ax = new_figure(size=(1.75 * (n + 2.2), 3.0))
    for k, text in enumerate([*values, None, start[0]]):
        if text:
            _box(ax, k, 0, text, COLOURS[1])
    _arrow(ax, (n + 1, 0), (n - 1, 0), COLOURS[1], "--")
    ax.text(n, 0.16, start[1], ha="center", va="bottom", fontsize=10)
    for k in range(n - 1):
        _arrow(ax, (k + 1, 0), (k, 0), COLOURS[1], "--")
        ax.text(k + 0.5, 0.16, steps[k], ha="center", va="bottom", fontsize=10)
    for k, text in enumerate(inputs):
        if text:
            _box(ax, k, -1.1, text, COLOURS[1])
            _arrow(ax, (k, 0), (k, -1.1), COLOURS[1], "--")
    ax.set(xlim=(-0.6, n + 1.5), ylim=(-1.6, 0.6))
    ax.axis("off")
    return figure


def _box(ax, x, y, text, colour=COLOURS[0]):
    look = {"boxstyle": "round,pad=0.4", "facecolor": "white", "edgecolor": colour}
    ax.text(x, y, text, ha="center", va="center", fontsize=10, bbox=look)


def _arrow(ax, start, end, colour=COLOURS[0], style="-", ends=(24, 24)):
    look = {"arrowstyle": "-|>", "color": colour, "linestyle": style}
    ax.annotate("", end, start, arrowprops=look | {"shrinkA": ends[0], "shrinkB": ends[1]})


def neuron(x, w, z, names, below, above):
    """Draw one neuron: inputs, a weight at each line, the sum in a circle, the answer.

    Parameters
    ----------
    x, w : a handful of inputs and their weights; a line is as thick as their product
    z : the sum, which may count more inputs than are drawn
    names : one text for each input
    below, above : texts below the inputs, and at the arrow that leads out
    """
    x = check_numbers("x", x)
    w, z = check_numbers("w", w, len(x)), check_number("z", z)
    names = as_texts("names", names, len(x))
    check_text("below", below)
    check_text("above", above)
    figure, ax = new_figure(size=(7.6, 0.5 * len(x) + 0.8))
    heights = _units(ax, 0, x, names, left=True)
    _links(ax, (0, 2), (x * w)[:, None], heights, [0], least=0)
    for height in heights[x == 0]:
        ax.plot([0, 2], [height, 0], ":", color="0.6", linewidth=0.8, zorder=0)
    for height, weight in zip(heights, w):
        look = {"facecolor": "white", "edgecolor": "none", "pad": 1}
        place = {"ha": "center", "va": "center", "fontsize": 9, "bbox": look}
        ax.text(0.75, height * 0.625, f"× {weight:.2f}", **place)
    _units(ax, 2, [z], size=2600)
    _arrow(ax, (2.3, 0), (2.9, 0), "black", ends=(0, 0))
    ax.text(2.95, 0, above, va="center", fontsize=10)
    ax.text(0, heights[-1] - 0.6, below, ha="center", va="top", fontsize=9)
    ax.set(xlim=(-0.8, 4.1), ylim=(heights[-1] - 1.1, heights[0] + 0.5))
    ax.axis("off")
    return figure


def products(x, w, xw, words):
    """Draw inputs, weights and their products as images, and what the products add up to.

    Parameters
    ----------
    x, w, xw : image, weights, and their products, shape (784,) each
    words : the sum, in words and numbers
    """
    x, w, xw = (check_numbers(name, v, 784) for name, v in (("x", x), ("w", w), ("xw", xw)))
    check_text("words", words)
    limit = np.abs(w).max()
    figure, axes = new_figure(1, 4, (9.6, 2.5), width_ratios=(1, 1, 1, 0.9))
    axes[0].imshow(x.reshape(28, 28), cmap="gray_r", vmin=0, vmax=1)
    for ax, values in zip(axes[1:], (w, xw)):
        image = values.reshape(28, 28)
        shown = ax.imshow(image, cmap="RdBu_r", vmin=-limit, vmax=limit)
        line, column = np.nonzero(image < -0.1 * limit)
        ax.scatter(column, line, s=2, color="black", linewidth=0)
    for ax, title in zip(axes, ("x: ink", "w: weights", "x * w: products")):
        ax.set(title=title, xticks=[], yticks=[])
    figure.colorbar(shown, ax=axes[2], shrink=0.9)
    axes[3].text(0, 0.5, words, va="center", fontsize=10, family="monospace")
    axes[3].axis("off")
    return figure


def network(x, layers, sent, names, titles):
    """Draw a network, a layer a column, with what it makes of one image.

    Parameters
    ----------
    x : the image, shape (784,); each pixel leads to each unit of the first layer
    layers : the values of each layer's units, at most a dozen; a unit at 0 is hollow
    sent : for each gap between layers, shape (n, n_next): what each unit adds to each next one;
        what is less than a fifth of the largest is left out, since thin lines hide the others
    names : for each layer, texts to the right of its units, or None
    titles : texts above the columns, the image's first
    """
    x = check_numbers("x", x, 784)
    layers = [check_numbers(f"layers[{k}]", v) for k, v in enumerate(as_list("layers", layers))]
    sent = as_list("sent", sent, len(layers) - 1) or []
    for k, values in enumerate(sent):
        check_array(f"sent[{k}]", values, (len(layers[k]), len(layers[k + 1])))
    names = as_list("names", names, len(layers)) or [None] * len(layers)
    names = [as_texts(f"names[{k}]", v, len(layers[k])) for k, v in enumerate(names)]
    titles = as_texts("titles", titles, len(layers) + 1) or [""] * (len(layers) + 1)
    n, tallest = len(layers), max(map(len, layers))
    figure, ax = new_figure(size=(2.2 * (n + 1) + 1.2, 0.42 * tallest + 1.1))
    picture = ax.inset_axes([-1.1, -2.5, 1.1, 5], transform=ax.transData, anchor="E")
    picture.imshow(x.reshape(28, 28), cmap="gray_r", vmin=0, vmax=1)
    picture.set(xticks=[], yticks=[])
    heights = [_units(ax, k, v, texts) for k, (v, texts) in enumerate(zip(layers, names), 1)]
    for y in (-2, 2):  # two lines for 784 leave the picture clear, and its file small
        for height in heights[0]:
            ax.plot([0, 1], [y, height], color="0.8", linewidth=0.6, zorder=0)
    for k, values in enumerate(sent, 1):
        _links(ax, (k, k + 1), values, heights[k - 1], heights[k])
    for k, title in zip([-0.5, *range(1, n + 1)], titles):
        ax.text(k, tallest / 2 + 0.2, title, ha="center", va="bottom", fontsize=10)
    key = "solid red: pushes up · dashed blue: pulls down · hollow: off, sends nothing"
    ax.text(n / 2, -tallest / 2 - 0.2, key, ha="center", va="top", fontsize=9)
    ax.set(xlim=(-1.15, n + 0.7), ylim=(-tallest / 2 - 0.7, tallest / 2 + 1.3))
    ax.axis("off")
    return figure


def _units(ax, x, values, names=None, left=False, size=900):
    """Draw units below each other, red above 0 and blue below it, numbers inside."""
    import matplotlib

    heights = (len(values) - 1) / 2 - np.arange(len(values))
    limit = np.abs(values).max() or 1
    for value, height, name in zip(values, heights, names or [""] * len(values)):
        look = {"facecolor": [matplotlib.colormaps["RdBu_r"](0.5 + 0.3 * value / limit)]}
        if value == 0:
            look = {"facecolor": "white", "linestyle": "--"}
        ax.scatter(x, height, s=size, edgecolor="black", zorder=3, **look)
        place = {"va": "center", "fontsize": 9, "zorder": 4}
        ax.text(x, height, f"{value:.2f}" if value else "0", ha="center", **place)
        place |= {"ha": "right" if left else "left", "textcoords": "offset points"}
        ax.annotate(name, (x, height), (-20 if left else 20, 0), **place)
    return heights


def _links(ax, xs, values, starts, ends, least=0.2):
    """Draw what units send on: solid red above 0, dashed blue below it, the weakest left out."""
    limit = np.abs(values).max() or 1
    for i, j in np.ndindex(values.shape):
        look = {"color": "#B2182B", "linestyle": "-"}
        if values[i, j] < 0:
            look = {"color": "#2166AC", "linestyle": "--"}
        share = abs(values[i, j]) / limit
        if share > least:
            ax.plot(xs, [starts[i], ends[j]], linewidth=3.5 * share, zorder=1, **look)
