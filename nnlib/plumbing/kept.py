"""Plumbing: what a history keeps of weights, optimisers and images: copies, and a fingerprint."""

import zlib
from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What has been recorded so far, in one piece: an interrupt finds all of it or none."""

    rows: list
    params: list
    best: dict
    best_params: list
    state: dict | None = None  # the optimiser's, after the step that `params` are from

    @classmethod
    def first(cls, row, params, state):
        """Return what is kept once the first row is there: a copy of its weights."""
        return cls([row], copy(params), row, copy(params), copied(state))

    def more(self, row, params, state):
        """Return this with one row more, and a copy of its weights unless they are None: bad."""
        if params is None:
            return self._replace(rows=[*self.rows, row])
        last, best, best_params = copy(params), self.best, self.best_params
        by = "valid_loss" if "valid_loss" in row else "loss"
        if row[by] < best[by]:
            best, best_params = row, copy(params)
        return Kept([*self.rows, row], last, best, best_params, copied(state))


def is_finite(row):
    """Return True where both losses of a record are numbers."""
    return bool(np.isfinite([row["loss"], row.get("valid_loss", 0.0)]).all())


def copy(params):
    """Return params with arrays of its own."""
    return [(W.copy(), b.copy()) for W, b in params]


def copied(state):
    """Return a copy of an optimiser's state, or None where more is in it than can be kept.

    Kept are numbers, text, arrays, and lists, tuples and dicts of these: no function or file of an
    optimiser of your own must make a finished history one that can't be pickled.
    """
    try:
        return plain_copy(state)
    except TypeError:
        return None


def plain_copy(value):
    """Return a copy of numbers, text, arrays, and lists, tuples and dicts of them."""
    if isinstance(value, np.ndarray) and value.dtype.kind != "O":
        return value.copy()
    if type(value) in (list, tuple):
        return type(value)(plain_copy(item) for item in value)
    if type(value) is dict:
        return {plain_copy(key): plain_copy(item) for key, item in value.items()}
    if value is None or isinstance(value, (bool, int, float, complex, str, np.generic)):
        return value
    raise TypeError(f"a {type(value).__name__} can't be kept")


def name_of(value):
    """Return the name of a function, anything else as it is: settings hold no functions."""
    return getattr(value, "__name__", type(value).__name__) if callable(value) else value


def parts_of(digits):
    """Return the parts that a training looks at: "train" and, where it has images, "valid"."""
    X = getattr(digits, "X_valid", None)
    empty = X is None or (isinstance(X, np.ndarray) and len(X) == 0)
    return ("train",) if empty else ("train", "valid")


def fingerprint(digits):
    """Return shape, type and checksum of all labels and of some hundred images of each part.

    Enough to tell two data sets apart: it is taken at every training, and must cost nothing.
    """
    texts = []
    for part in parts_of(digits):
        X, y = (np.asarray(getattr(digits, f"{a}_{part}")) for a in "Xy")
        some = np.ascontiguousarray(X[:: max(1, len(X) // 100)])
        check = zlib.crc32(np.ascontiguousarray(y), zlib.crc32(some))
        texts.append(f"{'x'.join(map(str, X.shape))} {X.dtype} {check:08x}")
    return ", ".join(texts)
