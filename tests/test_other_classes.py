"""26 letters, 8 × 8 images: what is not ten digits of 28 × 28 goes the same way."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

import nnlib
from nnlib.plumbing import plots

LETTERS = "abcdefghijklmnopqrstuvwxyz"


@pytest.fixture(scope="module")
def letters():
    """26 classes of 8 × 8 images: a class is a pattern, an image the pattern with noise."""
    rng = np.random.default_rng(0)
    patterns = rng.random((26, 64)) < 0.5
    y = np.arange(26 * 30) % 26
    X = np.clip(0.7 * patterns[y] + 0.3 * rng.random((len(y), 64)), 0, 1)
    a, b = 26 * 20, 26 * 25
    return nnlib.Digits(X[:a], y[:a], X[a:b], y[a:b], X[b:], y[b:], "letters")


def test_letters_are_trained_read_counted_and_drawn(letters, tmp_path):
    history = nnlib.train(nnlib.init_params([64, 40, 26]), letters, 0.3, 16, 15)
    X, y, k = letters.X_test, letters.y_test, 26
    y_hat = history.predict(X)
    assert nnlib.accuracy(y, y_hat) > 0.95 and not history.collapsed and not history.diverged
    C = nnlib.confusion_matrix(y, y_hat, n_classes=k)
    assert C.shape == (k, k) and C.sum() == len(y) and np.trace(C) == (y == y_hat).sum()
    precision, recall, f1 = nnlib.precision_recall_f1(C)
    assert len(precision) == len(recall) == len(f1) == k
    report = nnlib.gradient_check(history.params, X[:20], y[:20])
    assert report.passed
    P = nnlib.softmax(nnlib.forward(history.params, X)[-1])
    assert nnlib.calibration(P, y)[2].sum() == len(y)
    assert nnlib.one_hot(y, k).shape == (len(y), k)
    nnlib.save_params(tmp_path / "letters.npz", history)
    params, activation = nnlib.load_params(tmp_path / "letters.npz")
    assert (nnlib.predict(params, X, activation) == y_hat).all()
    with pytest.raises(ValueError, match="with 10 classes"):
        nnlib.confusion_matrix(y, y_hat)  # 26 have to be asked for, and are missed in words


def test_the_pictures_name_the_classes(letters):
    C = np.random.default_rng(0).integers(0, 9, (26, 26))
    ax = plots.confusion(C, names=list(LETTERS)).axes[0]
    for axis in (ax.get_xticklabels(), ax.get_yticklabels()):
        assert [tick.get_text() for tick in axis] == list(LETTERS)
    assert ax.get_xlabel() == "predicted class"
    assert plots.confusion(np.eye(10, dtype=int)).axes[0].get_xlabel() == "predicted digit"
    P = np.eye(26)[[3, 4]] * 0.9 + 0.1 / 26
    figure = plots.predictions(letters.X_test[:2], np.array([3, 5]), P, names=list(LETTERS))
    titles = [ax.get_title() for ax in figure.axes if ax.get_title()]
    assert titles[0] == "d, 90%" and titles[1] == "✗ e, 90%\nis a f"
    with pytest.raises(ValueError, match="names must hold 26"):
        plots.confusion(C, names=["a", "b"])
    with pytest.raises(ValueError, match="y holds 26"):
        plots.predictions(letters.X_test[:2], np.array([3, 26]), P)
    plt.close("all")


@pytest.mark.parametrize("side", [1, 8, 20, 28, 32])
def test_square_images_of_any_size_are_drawn(side):
    X = np.random.default_rng(0).random((3, side * side))
    figure = plots.show_digits(X)
    drawn = [ax.images[0].get_array() for ax in figure.axes if ax.images]
    assert all((a == x.reshape(side, side)).all() for a, x in zip(drawn, X, strict=True))
    figure = plots.show_weights(X.T - 0.5)
    assert figure.axes[0].images[0].get_array().shape == (side, side)
    plt.close("all")


@pytest.mark.parametrize("X", [np.zeros((2, 60)), np.zeros(64), np.zeros((0, 64))])
def test_what_is_no_square_image_is_a_sentence(X):
    for draw in (plots.show_digits, lambda X: plots.show_weights(np.transpose(X))):
        with pytest.raises(ValueError) as error:
            draw(X)
        assert len(str(error.value)) < 300 and str(error.value).endswith(".")
    assert not plt.get_fignums()


# ---------------------------------------------------------------- a cell's last line


def pictures(code):
    """Run cells in a kernel; return how many pictures each shows."""
    import nbformat
    from nbclient import NotebookClient

    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in code])
    NotebookClient(book, kernel_name="python3").execute()
    return [sum("image/png" in o.get("data", {}) for o in cell.outputs) for cell in book.cells]


def test_a_figure_is_drawn_once_wherever_it_stands():
    """At a cell's end, as its last line, by `show`, and shown again in a later cell."""
    start = "import numpy as np\nfrom nnlib import plots\nX = np.zeros((2, 784))"
    drawn = pictures(
        [
            start,
            "plots.show_digits(X)",
            "figure = plots.show_digits(X);",
            "figure",
            "figure = plots.show_digits(X)\nplots.show('two black squares beside each other')",
            "figure, ax = plots.new_figure()\nax.plot([1, 2])\nfigure",
            "import matplotlib.pyplot as plt\nplt.plot([1, 2]);",
            "1 + 1",
        ]
    )
    assert drawn == [0, 1, 1, 1, 1, 1, 1, 0]
