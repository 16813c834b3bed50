"""Lesson 2: from pixels to scores, forwards.

Everything here is derived in ``notebooks/02_forward_pass.ipynb``. A network is a plain list of
``(W, b)`` pairs: layer l turns n_{l-1} numbers into n_l by ``Z = A @ W + b`` and, but for the last
layer, an activation ``A = g(Z)``. Rows are samples throughout.
"""

import numpy as np

from nnlib.plumbing.arguments import (
    as_answers,
    as_real,
    check_images,
    check_pairs,
    check_params,
    check_scores,
    check_sizes,
    choose,
    choose_init,
    describe,
    is_matrix,
)


def relu(Z):
    """Return max(Z, 0), entry by entry; the shape stays. Derived in lesson 2."""
    return np.maximum(Z, 0)


def sigmoid(Z):
    """Return 1 / (1 + exp(-Z)), entry by entry; the shape stays. Derived in lesson 2.

    Only exp of negative numbers is taken, so that nothing overflows.
    """
    Z = as_real("Z", Z)
    E = np.exp(-np.abs(Z))
    return np.where(Z >= 0, 1, E) / (1 + E)


def tanh(Z):
    """Return the hyperbolic tangent, entry by entry; the shape stays. Derived in lesson 2."""
    return np.tanh(as_real("Z", Z))


ACTIVATIONS = {"relu": relu, "sigmoid": sigmoid, "tanh": tanh}


INITS = {
    "he": lambda rng, n_in, n_out: rng.normal(0, np.sqrt(2 / n_in), (n_in, n_out)),
    "xavier": lambda rng, n_in, n_out: rng.normal(0, np.sqrt(1 / n_in), (n_in, n_out)),
    "uniform": lambda rng, n_in, n_out: rng.uniform(-0.5, 0.5, (n_in, n_out)),
    "zeros": lambda rng, n_in, n_out: np.zeros((n_in, n_out)),
}


def init_params(sizes, init="he", seed=0, dtype=np.float64):
    """Return the first weights and biases of a network.

    Parameters
    ----------
    sizes : widths of the layers, inputs first: [784, 128, 64, 10]
    init : "he" (normal, standard deviation sqrt(2 / n_in)), "xavier" (normal, sqrt(1 / n_in)),
        "uniform" (from -0.5 to 0.5) or "zeros"; or a function of your own, called as
        ``init(rng, n_in, n_out)``, that returns W; biases begin at 0
    seed : decides the weights; float32 and float64 get the same ones
    dtype : np.float64 or np.float32

    Returns
    -------
    params : list of (W, b); W of shape (n_in, n_out), b of shape (n_out,)

    Raises
    ------
    ValueError
        Where a size is not a whole number of at least 1, `init` is not known, or a function of
        your own returns something else than a finite W of shape (n_in, n_out).

    Notes
    -----
    Derived in lesson 2. He et al. 2015, "Delving deep into rectifiers"; Glorot and Bengio 2010,
    "Understanding the difficulty of training deep feedforward neural networks".
    """
    sizes = check_sizes(sizes, seed, dtype)
    draw = choose_init(init, INITS)
    rng = np.random.default_rng(seed)
    return [
        (draw(rng, n_in, n_out).astype(dtype), np.zeros(n_out, dtype))
        for n_in, n_out in zip(sizes[:-1], sizes[1:])
    ]


def check_shapes(params, X, y=None):
    """Raise a ValueError that names the first array whose shape does not fit.

    Parameters
    ----------
    params : list of (W, b)
    X : one image a row, shape (m, n0)
    y : labels, shape (m,), if there are any

    Notes
    -----
    Derived in lesson 2: NumPy would broadcast some of these mistakes in silence.
    """
    check_pairs(params)
    if not is_matrix(X) or len(X) == 0:
        raise ValueError(f"X must be a non-empty matrix, one image a row; it is {describe(X)}.")
    n = X.shape[1]
    for l, (W, b) in enumerate(params, 1):
        if W.ndim != 2 or W.shape[0] != n:
            hint = "; use X.T" if l == 1 and W.shape[:1] == X.shape[:1] else ""
            raise ValueError(f"W{l} must have {n} rows, one for each input; it is {W.shape}{hint}.")
        n = W.shape[1]
        if b.shape != (n,):
            raise ValueError(f"b{l} must have shape ({n},), one for each unit; it is {b.shape}.")
    if y is not None and getattr(y, "shape", None) != (len(X),):
        raise ValueError(f"y must be ({len(X)},), a label an image; it is {describe(y)}.")


def forward(params, X, activation="relu"):
    """Carry images through the network and return what every layer makes of them.

    Parameters
    ----------
    params : list of (W, b)
    X : one image a row, shape (m, n0)
    activation : "relu", "sigmoid" or "tanh", after every layer but the last

    Returns
    -------
    A : list [X, A1, …, ZL]; entry l has shape (m, n_l); the last one holds the logits

    Raises
    ------
    ValueError
        Where shapes do not fit, or `activation` is not known.

    Notes
    -----
    Derived in lesson 2.
    """
    check_shapes(params, X)
    g = choose("activation", activation, ACTIVATIONS)
    A = [X]
    for W, b in params[:-1]:
        Z = A[-1] @ W + b
        A.append(g(Z))
    W, b = params[-1]
    A.append(A[-1] @ W + b)
    return A


def predict(params, X, activation="relu"):
    """Return the most likely digit for each image.

    Parameters
    ----------
    params : list of (W, b)
    X : one image a row, shape (m, n0)
    activation : as in `forward`

    Returns
    -------
    y_hat : integer array of shape (m,)

    Raises
    ------
    ValueError
        Where shapes do not fit, X or params hold NaN, whose argmax would be 0, or the logits
        overflow.

    Notes
    -----
    Derived in lesson 2. A thousand images at a time: `forward` keeps what every layer makes of all
    that it is given, which for 60,000 images and wide layers would be a gigabyte.
    """
    check_params(params)
    check_images("X", X)
    answers = []
    with np.errstate(over="ignore", invalid="ignore"):  # an overflow is named, not warned of
        for x in (X[i : i + 1000] for i in range(0, len(X), 1000)):  # all at once costs memory
            Z = forward(params, x, activation)[-1]
            answers.append(check_scores(Z).argmax(axis=1))
    return np.concatenate(answers)


def accuracy(y, y_hat):
    """Return the share of labels in `y` that `y_hat` has right, from 0 to 1.

    Parameters
    ----------
    y, y_hat : whole numbers, shape (m,); of a pandas Series the position counts, not the index

    Raises
    ------
    ValueError
        Where the two are not vectors of the same, non-zero length, or hold text or fractions.

    Notes
    -----
    Derived in lesson 2.
    """
    y, y_hat = as_answers(y, y_hat)
    return float(np.mean(y == y_hat))
