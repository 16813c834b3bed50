"""Plumbing: values checked at the door, so that bad input ends in one clear sentence.

Shapes are checked by `nnlib.network.check_shapes`, which lesson 2 derives. Here stand the checks
that would only lengthen a page: names, rates, sizes, NaN, labels.
"""

import numbers
import os
from pathlib import Path

import numpy as np


def choose(what, name, table):
    """Return ``table[name]``, or raise a ValueError that lists the names there are."""
    if not isinstance(name, str) or name not in table:
        raise ValueError(f"{what}={name!r} is not known: choose one of {', '.join(table)}.")
    return table[name]


def choose_step(optimizer, table):
    """Return `optimizer` where it is a function, else the one of that name."""
    return optimizer if callable(optimizer) else choose("optimizer", optimizer, table)


def choose_init(init, table):
    """Return the function of the name `init`; one of the caller's own, held to what it owes."""
    if not callable(init):
        return choose("init", init, table)

    def draw(rng, n_in, n_out):
        W = np.asarray(init(rng, n_in, n_out))
        if W.shape != (n_in, n_out) or W.dtype.kind not in "fiu" or not np.isfinite(W).all():
            raise ValueError(
                f"init must return finite numbers of shape ({n_in}, {n_out}) when it is called "
                f"with rng, {n_in}, {n_out}; it returned {describe(W)}."
            )
        return W

    return draw


def check_number(name, value, above=None, at_least=None, below=None, at_most=None):
    """Raise a ValueError unless `value` is a finite number within the bounds given."""
    bounds = [
        (above, "above"),
        (at_least, "of at least"),
        (below, "below"),
        (at_most, "of at most"),
    ]
    wanted = " and ".join(f"{word} {bound}" for bound, word in bounds if bound is not None)
    if (
        not isinstance(value, numbers.Real)
        or isinstance(value, bool)
        or not -1e308 < value < 1e308  # holds for whole numbers too, where np.isfinite fails
        or (above is not None and value <= above)
        or (at_least is not None and value < at_least)
        or (below is not None and value >= below)
        or (at_most is not None and value > at_most)
    ):
        raise ValueError(f"{name} must be a number {wanted}; it is {value!r}.")


def check_function(name, value):
    """Raise a ValueError unless `value` can be called."""
    if not callable(value):
        raise ValueError(f"{name} must be a function; it is {describe(value)}.")


def check_count(name, value, at_least=1):
    """Raise a ValueError unless `value` is a whole number of at least `at_least`."""
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not whole or value < at_least:
        raise ValueError(f"{name} must be a whole number of at least {at_least}; it is {value!r}.")


def check_sizes(sizes, seed=0, dtype=np.float64):
    """Raise a ValueError unless `sizes` lists two or more layer widths, each at least 1.

    A seed and a dtype are looked at as well, where they are given.
    """
    check_count("seed", seed, at_least=0)
    check_dtype(dtype)
    if not isinstance(sizes, (list, tuple, np.ndarray)) or np.ndim(sizes) == 0 or len(sizes) < 2:
        raise ValueError(
            "sizes must list at least two layer widths, inputs first, as in [784, 10]; "
            f"it is {sizes!r}."
        )
    for l, n in enumerate(sizes):
        check_count(f"sizes[{l}]", n)


def check_labels(name, y, n_classes=10):
    """Raise a ValueError unless `y` is a vector of whole numbers from 0 to n_classes - 1.

    Cheap enough for the hot loop: two comparisons of whole arrays.
    """
    check_count("n_classes", n_classes)
    if not isinstance(y, np.ndarray) or y.ndim != 1 or y.dtype.kind not in "iu" or not len(y):
        raise ValueError(
            f"{name} must be a non-empty vector of integer labels, one an image; "
            f"it is {describe(y)}."
        )
    if y.min() < 0 or y.max() >= n_classes:
        row = int(np.flatnonzero((y < 0) | (y >= n_classes))[0])
        raise ValueError(
            f"{name}[{row}] is {y[row]}: with {n_classes} classes, "
            f"labels go from 0 to {n_classes - 1}."
        )


def check_logits(Z, y):
    """Raise a ValueError unless `Z` is a matrix of logits (m, k) and `y` its m labels."""
    if not isinstance(Z, np.ndarray) or Z.ndim != 2 or Z.dtype.kind != "f" or not Z.shape[0]:
        raise ValueError(
            f"Z must be a non-empty matrix of logits, one row an image; it is {describe(Z)}."
        )
    check_labels("y", y, Z.shape[1])
    if len(y) != len(Z):
        raise ValueError(f"Z has {len(Z)} rows, but y has {len(y)} labels: one each is needed.")


def check_images(name, X, pixels=True):
    """Raise a ValueError unless `X` is a non-empty matrix of finite, scaled pixels.

    Where they are no `pixels` but other features, whole numbers above 1 are as good as any.
    """
    if not isinstance(X, np.ndarray) or X.ndim != 2 or not X.size:
        raise ValueError(
            f"{name} must be a non-empty matrix, one image a row; it is {describe(X)}."
        )
    if X.dtype.kind != "f":
        raise ValueError(
            f"{name} holds {X.dtype} values: divide the pixels by 255 first, "
            "so that they are real numbers from 0 to 1."
        )
    if X.dtype.itemsize < 4:
        raise ValueError(
            f"{name} holds {X.dtype} values, too coarse to train with: "
            f"use {name}.astype(np.float32)."
        )
    low, high = X.min(), X.max()  # a NaN anywhere makes both of them NaN
    if not (np.isfinite(low) and np.isfinite(high)):
        row, column = (int(i) for i in np.argwhere(~np.isfinite(X))[0])
        raise ValueError(
            f"{name}[{row}, {column}] is {X[row, column]}: every pixel must be a finite number."
        )
    if pixels and high > 1 and (X[:100] == np.round(X[:100])).all() and (X == np.round(X)).all():
        raise ValueError(
            f"{name} holds whole numbers up to {high:.0f}: divide the pixels by 255 first, "
            "so that they lie from 0 to 1."
        )


def check_matrices(A, B):
    """Raise a ValueError unless A and B are matrices that A @ B is defined for."""
    if A.ndim != 2 or B.ndim != 2 or A.shape[1] != B.shape[0]:
        raise ValueError(
            f"A @ B takes two matrices, B with as many rows as A has columns; their shapes are "
            f"{A.shape} and {B.shape}."
        )


def check_one_number(name, value):
    """Raise a ValueError unless `value` is an array that holds one number and has no axes."""
    if np.shape(value) != ():
        raise ValueError(
            f"{name} must be one number, whose slopes are asked for; it is {describe(value)}: "
            "sum it up first."
        )


def check_pairs(params):
    """Raise a ValueError unless `params` is a list of pairs of arrays, whatever their shapes.

    Cheap enough for the hot loop.
    """
    if not isinstance(params, (list, tuple)) or not params:
        raise ValueError("params must be a list of (W, b) pairs, as init_params returns it.")
    for l, pair in enumerate(params, 1):
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            raise ValueError(f"params[{l - 1}] must be a pair (W{l}, b{l}).")
        for name, array in zip("Wb", pair):
            if not isinstance(array, np.ndarray):
                raise ValueError(f"{name}{l} must be an array; it is {describe(array)}.")


def check_params(params):
    """Raise a ValueError unless `params` is a list of (W, b) pairs of finite numbers."""
    check_pairs(params)
    for l, pair in enumerate(params, 1):
        for name, array in zip("Wb", pair):
            if array.dtype.kind != "f":
                raise ValueError(
                    f"{name}{l} must be an array of real numbers; it is {describe(array)}."
                )
            if not array.size:
                raise ValueError(f"{name}{l} is empty: its shape is {array.shape}.")
            if not np.isfinite(array).all():
                raise ValueError(
                    f"{name}{l} holds NaN or infinity: these weights come from a run that "
                    "diverged; start again from init_params."
                )


def check_theta(theta, h):
    """Raise a ValueError unless `theta` holds real numbers that can be moved by `h`."""
    check_number("h", h, above=0)
    if not isinstance(theta, np.ndarray) or theta.dtype.kind != "f":
        raise ValueError(f"theta must be an array of real numbers; it is {describe(theta)}.")


def check_same_shape(a, n):
    """Raise a ValueError unless two gradients have one shape, which NumPy would not insist on."""
    if np.shape(a) != np.shape(n):
        raise ValueError(
            f"Two gradients of one shape are compared, not {np.shape(a)} and {np.shape(n)}."
        )


def check_confusion(C):
    """Raise a ValueError unless `C` is a confusion matrix: square, of counts."""
    square = isinstance(C, np.ndarray) and C.ndim == 2 and C.shape[0] == C.shape[1] > 0
    if not square or C.dtype.kind not in "iu" or C.min() < 0:
        raise ValueError(
            f"C must be a square matrix of counts, as confusion_matrix returns; "
            f"it is {describe(C)}."
        )


def check_probabilities(P):
    """Raise a ValueError unless each row of `P` holds probabilities that sum to 1."""
    matrix = isinstance(P, np.ndarray) and P.ndim == 2 and P.size and P.dtype.kind == "f"
    if not matrix or not (P.min() >= 0 and np.abs(P.sum(axis=1) - 1).max() < 1e-3):
        raise ValueError(
            f"P must be a matrix of probabilities, each row summing to 1; it is {describe(P)}."
        )


def check_answers(y, y_hat, n_classes):
    """Raise a ValueError unless y and y_hat are labels of one length."""
    check_labels("y", y, n_classes)
    check_labels("y_hat", y_hat, n_classes)
    if len(y) != len(y_hat):
        raise ValueError(f"y has {len(y)} labels and y_hat {len(y_hat)}: one each is needed.")


def check_gradient_input(params, X, h, n_entries, dtype, backward):
    """Raise a ValueError unless a gradient check can begin, shapes and labels apart."""
    check_params(params)
    check_images("X", X)
    check_number("h", h, above=0)
    check_count("n_entries", n_entries)
    check_dtype(dtype)
    check_function("backward", backward)


def check_dtype(dtype):
    """Raise a ValueError unless `dtype` is one that a network can be trained in."""
    try:
        known = np.dtype(dtype) in (np.float32, np.float64) and dtype is not None
    except TypeError:
        known = False
    if not known:
        raise ValueError(f"dtype must be np.float64 or np.float32; it is {dtype!r}.")


def as_path(name, value):
    """Return `value` as a Path, or raise a ValueError where it is no path."""
    if not isinstance(value, (str, os.PathLike)):
        raise ValueError(f"{name} must be the path of a file; it is {describe(value)}.")
    return Path(value)


def describe(value):
    """Say in a few words what `value` is, for an error message."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and type {value.dtype}"
    return f"a {type(value).__name__}"
