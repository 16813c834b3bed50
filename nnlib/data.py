"""Lesson 1: digits as arrays.

Everything here is derived in ``notebooks/01_data_loading.ipynb``. `nnlib.load_digits` puts it
together over the readers in `nnlib.plumbing`.
"""

import numpy as np

from nnlib.plumbing.arguments import (
    check_bytes,
    check_fractions,
    check_labels,
    check_one_hot,
    check_rng,
)


def scale_pixels(pixels, dtype=np.float64):
    """Return pixels 0…255 as real numbers from 0 to 1, in the same shape.

    Parameters
    ----------
    pixels : array of uint8, of any shape; other numbers from 0 to 255 will do
    dtype : np.float64 or np.float32

    Notes
    -----
    Derived in lesson 1. One pass from bytes to real numbers, without a copy in between.
    """
    pixels = check_bytes(pixels, dtype)
    return np.divide(pixels, 255, dtype=dtype)


def one_hot(y, n_classes=10, dtype=np.float64):
    """Return labels as rows that hold one 1 each, at the label's place. Derived in lesson 1.

    Parameters
    ----------
    y : integer array of shape (m,), labels from 0 to n_classes - 1
    n_classes : number of columns
    dtype : type of the result: of numbers, or bool

    Returns
    -------
    Y : array of shape (m, n_classes)

    Raises
    ------
    ValueError
        Where a label is not a whole number from 0 to n_classes - 1.
    """
    check_one_hot(y, n_classes, dtype)
    Y = np.zeros((len(y), n_classes), dtype)
    Y[np.arange(len(y)), y] = 1
    return Y


def split_by_class(y, fractions, rng):
    """Return row numbers in shuffled parts, every class shared out by the same fractions.

    Parameters
    ----------
    y : integer array of shape (m,)
    fractions : the parts' sizes, as in (0.7, 0.1, 0.2); they sum to 1
    rng : a numpy.random.Generator

    Returns
    -------
    parts : list of integer arrays; together they hold every row number once

    Raises
    ------
    ValueError
        Where y is no vector of labels, or the fractions do not sum to 1.

    Notes
    -----
    Derived in lesson 1: a stratified split.
    """
    check_labels("y", y, np.inf)
    fractions = check_fractions(fractions)
    check_rng("rng", rng)
    parts = [[] for _ in fractions]
    for digit in np.unique(y):
        rows = rng.permutation(np.flatnonzero(y == digit))
        ends = np.round(np.cumsum(fractions)[:-1] * len(rows)).astype(int)
        for part, piece in zip(parts, np.split(rows, ends)):
            part.append(piece)
    return [rng.permutation(np.concatenate(part)) for part in parts]
