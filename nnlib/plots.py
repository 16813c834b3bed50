"""Plumbing: pictures. Each function draws and returns a figure; none of them computes.

Colours are Okabe and Ito's, which colour-blind readers can tell apart, and never stand alone:
lines differ in style and marker, mistakes carry a word.
"""

import numpy as np

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
STYLES = ("-", "--", "-.", ":")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")


def new_figure(rows=1, columns=1, size=(6.4, 4.0), **options):
    """Return a figure and its axes, laid out so that no label is cut."""
    import matplotlib.pyplot as plt

    return plt.subplots(rows, columns, figsize=size, layout="constrained", **options)


def style(k):
    """Return the look of the k-th line: colour, line style and marker all change."""
    return {
        "color": COLOURS[k % len(COLOURS)],
        "linestyle": STYLES[k % len(STYLES)],
        "marker": MARKERS[k % len(MARKERS)],
        "markersize": 4,
    }


def show_digits(X, titles=None, columns=10, wrong=None):
    """Draw images in a grid, black on white.

    Parameters
    ----------
    X : images, shape (m, 784), ink from 0 to 1
    titles : m short texts
    columns : images in a row
    wrong : m booleans; where True, the image gets an orange frame and its title a cross
    """
    rows = -(-len(X) // columns)
    height = rows * (1.0 if titles is None else 1.35) + 0.1
    figure, axes = new_figure(rows, columns, (columns * 0.95, height), squeeze=False)
    for ax in axes.flat:
        ax.axis("off")
    for k, (ax, image) in enumerate(zip(axes.flat, X)):
        ax.imshow(image.reshape(28, 28), cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
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


def show_weights(W, titles=None, columns=10):
    """Draw the weights of single units as images: blue pulls down, red pushes up, white is 0.

    Parameters
    ----------
    W : weights, shape (784, n), one unit a column
    titles : n short texts
    columns : images in a row
    """
    n = W.shape[1]
    rows, limit = -(-n // columns), np.abs(W).max()
    figure, axes = new_figure(rows, columns, (columns * 0.95 + 0.6, rows * 1.3), squeeze=False)
    for ax in axes.flat:
        ax.axis("off")
    for k, ax in enumerate(axes.flat[:n]):
        image = W[:, k].reshape(28, 28)
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
            ax.plot(table["epoch"], table[f"valid_{part}"], label=f"{name}validation", **look)
        ax.set(xlabel="step (full batch)" if full_batch else "epoch", ylabel=label)
        ax.grid(alpha=0.3)
        ax.set_ylim(bottom=0)
    axes[1].set_ylim(0, 1)
    axes[1].legend(loc="lower right", fontsize=8)
    return figure


def predictions(X, y, P, columns=10):
    """Draw images with what the network says and how sure it is; mistakes carry a cross.

    Parameters
    ----------
    X : images, shape (m, 784)
    y : true labels, shape (m,)
    P : probabilities, shape (m, 10)
    """
    y_hat, sure = P.argmax(axis=1), P.max(axis=1)
    titles = [
        f"{a}, {p:.0%}" if a == t else f"{a}, {p:.0%}\nis a {t}" for a, p, t in zip(y_hat, sure, y)
    ]
    return show_digits(X, titles, columns, wrong=y_hat != y)


def confusion(C, title=None, ax=None, share=False):
    """Draw a confusion matrix with its numbers; rows: true, columns: predicted.

    Parameters
    ----------
    C : shape (k, k): counts, or shares of each row where `share` is True
    title : text above
    ax : axes to draw into; a new figure otherwise
    share : write the entries as per cent
    """
    if ax is None:
        _, ax = new_figure(size=(5.6, 5.0))
    picture = ax.imshow(C, cmap="Blues", vmin=0)
    for i, j in np.ndindex(C.shape):
        text = f"{100 * C[i, j]:.0f}" if share else f"{C[i, j]}"
        dark = C[i, j] > C.max() / 2
        ax.text(j, i, text, ha="center", va="center", fontsize=8, color="w" if dark else "k")
    ticks = range(len(C))
    ax.set(xlabel="predicted digit", ylabel="true digit", xticks=ticks, yticks=ticks, title=title)
    ax.figure.colorbar(picture, ax=ax, shrink=0.8, label="share of the row" if share else "images")
    return ax.figure


def flow(values, steps, gradients=None):
    """Draw a computation as boxes and arrows, from left to right; gradients run back below it.

    Parameters
    ----------
    values : texts in the boxes, as in "Z1\\n(m, 10)"
    steps : texts above the arrows between them, one fewer
    gradients : texts below the boxes, None where there is none; draws dashed arrows back
    """
    n = len(values)
    figure, ax = new_figure(size=(1.75 * n, 1.9 if gradients is None else 2.6))
    box = {"boxstyle": "round,pad=0.4", "facecolor": "white", "edgecolor": COLOURS[0]}
    arrow = {"arrowstyle": "-|>", "color": COLOURS[0], "shrinkA": 26, "shrinkB": 26}
    back = arrow | {"color": COLOURS[1], "linestyle": "--"}
    for k, text in enumerate(values):
        ax.text(k, 0, text, ha="center", va="center", fontsize=11, bbox=box)
        if k > 0:
            ax.annotate("", (k, 0), (k - 1, 0), arrowprops=arrow)
            ax.text(k - 0.5, 0.3, steps[k - 1], ha="center", va="bottom", fontsize=10)
        if gradients is not None and gradients[k]:
            ax.text(k, -0.75, gradients[k], ha="center", va="center", color=COLOURS[1], fontsize=11)
            if k < n - 1 and gradients[k + 1]:
                ax.annotate("", (k, -0.75), (k + 1, -0.75), arrowprops=back)
    ax.set(xlim=(-0.5, n - 0.5), ylim=(-0.5 if gradients is None else -1.1, 0.75))
    ax.axis("off")
    return figure
