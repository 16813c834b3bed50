"""Plumbing: values checked at the door, so that bad input ends in one clear sentence.

Shapes are checked by `nnlib.network.check_shapes`, which lesson 2 derives. Here stand the checks
that would only lengthen a page: names, rates, sizes, NaN, labels. A function that begins with
`check_` or `as_` and has something to give back gives it back in its plain form: Python's own
numbers, arrays wide enough to calculate with.
"""

import math
import numbers
import os
from pathlib import Path

import numpy as np
from numpy import ndarray

LARGEST = 1e308  # a number beyond it is as good as infinite
INTS, REALS = "iu", "fiu"  # what NumPy calls kinds of numbers


class NotFinite(ValueError):
    """A result that would be NaN or infinite; a training that meets it has diverged."""


# ------------------------------------------------------------------------ names and functions


def choose(what, name, table):
    """Return ``table[name]``, or raise a ValueError that lists the names there are."""
    if not isinstance(name, str) or name not in table:
        raise ValueError(f"{what}={brief(name)} is not known: choose one of {', '.join(table)}.")
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
        if W.shape != (n_in, n_out) or W.dtype.kind not in REALS or not np.isfinite(W).all():
            raise ValueError(
                f"init must return finite numbers of shape ({n_in}, {n_out}) when it is called "
                f"with rng, {n_in}, {n_out}; it returned {describe(W)}."
            )
        return W

    return draw


def check_function(name, value):
    """Raise a ValueError unless `value` can be called."""
    if not callable(value):
        raise ValueError(f"{name} must be a function; it is {describe(value)}.")


def check_rng(name, rng):
    """Raise a ValueError unless `rng` is one of NumPy's generators."""
    if not isinstance(rng, np.random.Generator):
        raise ValueError(
            f"{name} must be a random generator, as np.random.default_rng(0) makes it; it is "
            f"{describe(rng)}."
        )


# ------------------------------------------------------------------------------ single numbers


def check_number(name, value, above=None, at_least=None, below=None, at_most=None):
    """Return `value` as a float, or raise a ValueError unless it is finite and within bounds."""
    bounds = [
        (above, "above"),
        (at_least, "of at least"),
        (below, "below"),
        (at_most, "of at most"),
    ]
    number = math.nan
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        value = value.item() if isinstance(value, np.floating) else value  # float32 ends at 1e38
        # whole numbers and fractions may be too large for a float
        number = float(value) if -LARGEST < value < LARGEST else math.nan
    if (
        not math.isfinite(number)
        or (above is not None and number <= above)
        or (at_least is not None and number < at_least)
        or (below is not None and number >= below)
        or (at_most is not None and number > at_most)
    ):
        wanted = " and ".join(f"{word} {bound}" for bound, word in bounds if bound is not None)
        wanted = f" {wanted}" if wanted else ""
        raise ValueError(f"{name} must be a number{wanted}; it is {brief(value)}.")
    return number


def check_count(name, value, at_least=1):
    """Return `value` as an int, or raise a ValueError unless it is whole and large enough."""
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not whole or value < at_least:
        raise ValueError(
            f"{name} must be a whole number of at least {at_least}; it is {brief(value)}."
        )
    return int(value)


def check_whole(name, value):
    """Return `value` as an int, or raise a ValueError unless it is a whole number."""
    if not isinstance(value, numbers.Integral) or isinstance(value, bool):
        raise ValueError(f"{name} must be a whole number; it is {brief(value)}.")
    return int(value)


def check_sizes(sizes, seed=0, dtype=np.float64):
    """Return `sizes` as a list of ints, or raise a ValueError unless they are layer widths.

    A seed and a dtype are looked at as well, where they are given.
    """
    check_count("seed", seed, at_least=0)
    check_dtype(dtype)
    if not isinstance(sizes, (list, tuple, np.ndarray)) or np.ndim(sizes) == 0 or len(sizes) < 2:
        raise ValueError(
            "sizes must list at least two layer widths, inputs first, as in [784, 10]; "
            f"it is {brief(sizes)}."
        )
    return [check_count(f"sizes[{l}]", n) for l, n in enumerate(sizes)]


def check_batches(m, batch_size, rng):
    """Return m and batch_size as ints, or raise unless rows can be drawn in batches."""
    check_rng("rng", rng)
    return check_count("m", m), check_count("batch_size", batch_size)


def check_dtype(dtype):
    """Raise a ValueError unless `dtype` is one that a network can be trained in."""
    try:
        known = np.dtype(dtype) in (np.float32, np.float64) and dtype is not None
    except (TypeError, ValueError):
        known = False
    if not known:
        raise ValueError(f"dtype must be np.float64 or np.float32; it is {brief(dtype)}.")


def check_fractions(fractions):
    """Return `fractions` as an array, or raise a ValueError unless they share out a whole."""
    try:
        parts = np.asarray(fractions, float)
    except (TypeError, ValueError):
        parts = np.zeros(0)
    if parts.ndim != 1 or not parts.size or not (parts >= 0).all():
        raise ValueError(
            f"fractions must list shares such as (0.7, 0.1, 0.2); it is {brief(fractions)}."
        )
    if not abs(parts.sum() - 1) < 1e-6:
        raise ValueError(
            f"fractions must sum to 1, as in (0.7, 0.1, 0.2); they sum to {parts.sum():g}."
        )
    return parts


# --------------------------------------------------------------------------------------- arrays


def as_real(name, value):
    """Return `value` as an array of real numbers, in which nothing wraps round.

    Whole numbers become float64: 200 + 100 of uint8 would be 44. Cheap enough for the hot loop.
    """
    if type(value) is np.ndarray and value.dtype.kind == "f":
        return value
    if not isinstance(value, np.ma.MaskedArray):
        try:
            array = np.asarray(value)
        except ValueError:  # rows of several lengths
            array = np.zeros(0, object)
        if array.dtype.kind in "fiub":
            return array if array.dtype.kind == "f" else array.astype(np.float64)
    raise ValueError(f"{name} must hold real numbers; it is {describe(value)}{cure(name, value)}.")


def as_logits(name, value):
    """Return logits as `as_real` does, or raise where some are NaN or infinite.

    Two of them may lie further apart than a number goes: the lower one is lifted.
    """
    Z = as_real(name, value)
    if not Z.ndim or not Z.shape[-1]:
        raise ValueError(f"{name} must be logits, one row an image; it is {describe(value)}.")
    if not np.isfinite(Z).all():
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(Z))[0])
        raise NotFinite(
            f"{name}[{', '.join(map(str, place))}] is {Z[place]}: logits must be finite; the "
            "weights or the images that they come from are far too large, or NaN."
        )
    limit = np.finfo(Z.dtype).max
    if np.abs(Z).max(initial=0) > limit / 2:
        Z = np.maximum(Z, np.maximum(Z.max(axis=-1, keepdims=True), 0) - limit)
    return Z


def plain(value):
    """Return whether `value` is an array, and none of the kinds that calculate by other rules."""
    return type(value) is np.ndarray or isinstance(value, np.memmap)


def check_labels(name, y, n_classes=10):
    """Raise a ValueError unless `y` is a vector of whole numbers from 0 to n_classes - 1.

    Cheap enough for the hot loop: two comparisons of whole arrays. n_classes may be None.
    """
    if n_classes is not None and (type(n_classes) is not int or n_classes < 1):
        check_count("n_classes", n_classes)
    if not plain(y) or y.ndim != 1 or y.dtype.kind not in INTS or not len(y):
        raise ValueError(
            f"{name} must be a non-empty vector of integer labels, one an image; "
            f"it is {describe(y)}{cure(name, y, labels=True)}."
        )
    if n_classes is not None and (y.min() < 0 or y.max() >= n_classes):
        row = int(np.flatnonzero((y < 0) | (y >= n_classes))[0])
        raise ValueError(
            f"{name}[{row}] is {y[row]}: with {n_classes} classes, "
            f"labels go from 0 to {n_classes - 1}."
        )


def as_answers(y, y_hat):
    """Return two vectors of whole numbers and of one length, taken by position."""
    y, y_hat = as_vector("y", y), as_vector("y_hat", y_hat)
    if y.shape != y_hat.shape:
        raise ValueError(
            f"accuracy compares two vectors of one length; y is {y.shape}, y_hat {y_hat.shape}."
        )
    return y, y_hat


def as_vector(name, y):
    """Return a vector of labels or answers: by position, as whole numbers."""
    array = y if plain(y) else np.asarray(y) if isinstance(y, (list, tuple)) or tabular(y) else None
    if array is None or array.ndim != 1 or array.dtype.kind not in "fiub" or not array.size:
        raise ValueError(
            f"accuracy compares two vectors of one length, of whole numbers; {name} is "
            f"{describe(y)}{cure(name, y, labels=True)}."
        )
    if array.dtype.kind == "f" and not (array == np.round(array)).all():
        raise ValueError(
            f"accuracy compares two vectors of one length, of whole numbers; {name} holds others: "
            "are they probabilities, which want argmax first?"
        )
    return array


def check_logits(Z, y):
    """Raise a ValueError unless `Z` is a matrix of logits (m, k) and `y` its m labels."""
    if not plain(Z) or Z.ndim != 2 or Z.dtype.kind != "f" or not Z.shape[0]:
        raise ValueError(
            f"Z must be a non-empty matrix of logits, one row an image; it is "
            f"{describe(Z)}{cure('Z', Z)}."
        )
    check_labels("y", y, Z.shape[1])
    if len(y) != len(Z):
        raise ValueError(f"Z has {len(Z)} rows, but y has {len(y)} labels: one each is needed.")


def check_scores(Z):
    """Return logits that an argmax may be taken of, or raise where some are NaN or infinite."""
    if not np.isfinite(Z).all():
        raise NotFinite(
            "The logits are not finite: params or X hold numbers so large that their products "
            "overflow; start from init_params, and scale X."
        )
    return Z


def check_slopes(grads):
    """Raise a ValueError where gradients come from logits that are NaN or infinite.

    One such logit makes its whole row of dZ NaN, and so every entry of the last layer's db: one
    number is looked at, which the hot loop can afford.
    """
    if not math.isfinite(grads[0][1][0]):
        raise NotFinite(
            "The gradients are not finite: A[-1], the logits, holds NaN or infinity; the weights "
            "or the images are far too large, or NaN."
        )


def check_matrix(name, X, of="one image a row"):
    """Raise a ValueError unless `X` is a plain matrix of real numbers, not empty."""
    if not plain(X) or X.ndim != 2 or not X.size:
        raise ValueError(
            f"{name} must be a non-empty matrix, {of}; it is {describe(X)}{cure(name, X)}."
        )
    if X.dtype.kind not in REALS + "b":
        raise ValueError(f"{name} must hold real numbers; it is {describe(X)}{cure(name, X)}.")


def check_images(name, X, pixels=True):
    """Raise a ValueError unless `X` is a non-empty matrix of finite, scaled pixels.

    Where they are no pixels but other features, they need not be scaled. Returns the smallest and
    the largest of them.
    """
    check_matrix(name, X)
    if X.dtype.kind != "f":
        how = f"{scale_of(X)} first, so that they are real numbers from 0 to 1"
        how = how if pixels and X.dtype.kind != "b" else f"use {name}.astype(float)"
        raise ValueError(f"{name} holds {X.dtype} values: {how}.")
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
    whole = pixels and high > 1 and (X[:100] == np.round(X[:100])).all()
    if whole and (X == np.round(X)).all():
        raise ValueError(
            f"{name} holds whole numbers up to {high:.0f}: {scale_of(X)} first, "
            "so that they lie from 0 to 1."
        )
    return low, high


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


def check_bytes(pixels, dtype):
    """Raise a ValueError unless `pixels` go from 0 to 255, and not from 0 to 1 already."""
    check_dtype(dtype)
    if type(pixels) is np.ndarray and pixels.dtype == np.uint8:
        return
    X = as_real("pixels", pixels)
    low, high = X.min(initial=0), X.max(initial=0)
    why = "pixels go from 0 to 255"
    if getattr(pixels, "dtype", None) == np.int8 and low < 0:
        why = "int8 ends at 127: read them as np.uint8"
    elif low >= 0 and high <= 1 and (X != np.round(X)).any():
        why = "they are scaled already"
    elif low >= 0 and 255 < high < np.inf:
        why = "with more than 8 bits, divide by the largest that a pixel can be, as by 65535"
    elif low >= 0 and high <= 255:
        return
    raise ValueError(f"pixels go from {low:g} to {high:g}, and are not divided by 255: {why}.")


def scale_of(X):
    """Say what whole numbers have to be divided by, to lie from 0 to 1."""
    low, high = X.min(), X.max()
    if X.dtype == np.int8 and low < 0:
        return "read the pixels as np.uint8, since int8 ends at 127, and divide them by 255"
    if 1 < high <= 16 and X.shape[1] <= 64:
        return "divide the pixels by 16, the largest that 8 × 8 images of this kind hold,"
    if high > 255:
        return f"divide the pixels by {4095 if high <= 4095 else 65535}, since they have more bits,"
    return "divide the pixels by 255"


def doubt_pixels(name, X, ends=(-math.inf, math.inf)):
    """Return a sentence where finite numbers don't look like scaled pixels, else None.

    Standardised and centred pixels are as good, so they pass; some 1,000 images are looked at, and
    none where the smallest and the largest number, `ends`, say that all is well.
    """
    if ends[0] >= 0 and 0.05 <= ends[1] <= 1.5:
        return None
    X = X[:: max(1, len(X) // 1000)]
    low, high = float(X.min()), float(X.max())
    goes = f"{name} goes from {low:.3g} to {high:.3g}, where scaled pixels go from 0 to 1: "
    if low >= 0:
        if 0 < high < 0.05:
            return f"{goes}were they scaled twice? Divide once, by the largest that a pixel can be."
        if high <= 1.5:
            return None
        if high <= 16.5 and X.shape[1] <= 64:
            return f"{goes}8 × 8 images often go up to 16; divide by 16."
        if high <= 255.5:
            return f"{goes}they look like means of pixels 0…255, as in a resized photo; " + (
                "divide by 255."
            )
        return f"{goes}they look like 16-bit pixels; divide by 65535."
    steps = np.abs(X * 255 - np.round(X * 255)).max() < 1e-3  # multiples of 1/255, as float32 has
    means, deviations = X.mean(axis=0), X.std(axis=0)
    centred = np.abs(means).max() < 0.05 * max(deviations.max(), 1e-12)
    if steps and low >= -0.51 and high <= 0.51 and (X == 0).mean() > (X == X.min()).mean():
        return (
            f"{goes}they look like int8, in which pixels above 127 turn negative; read them as "
            "np.uint8, then divide by 255."
        )
    if centred or (high - low > 0.5 and (X == X.min()).mean() > 0.25) or is_standard(X):
        return None
    return (
        f"{goes}pixels are never negative; unless you have centred them yourself, look for a wrong "
        "type, such as int8, or a wrong subtraction, and scale them from 0 to 1."
    )


def is_standard(X):
    """Return whether numbers have mean 0 and deviation 1, as a whole or column by column."""
    deviations = X.std(axis=0)
    alive = deviations > 1e-9
    by_column = alive.any() and abs(np.median(deviations[alive]) - 1) < 0.3
    return bool(abs(X.mean()) < 0.2 and (by_column or abs(X.std() - 1) < 0.3))


def check_pairs(params):
    """Raise a ValueError unless `params` is a list of pairs of arrays, whatever their shapes.

    Cheap enough for the hot loop: what comes from init_params is seen at a glance.
    """
    if type(params) is list and params:
        for pair in params:
            if type(pair) is not tuple or len(pair) != 2:
                break
            W, b = pair
            if type(W) is not ndarray or type(b) is not ndarray:
                break
        else:
            return
    if not isinstance(params, (list, tuple)) or not params:
        hint = ": use its .params" if hasattr(params, "params") else ""
        raise ValueError(
            f"params must be a list of (W, b) pairs, as init_params returns it; it is "
            f"{describe(params)}{hint}."
        )
    if len(params) == 2 and isinstance(params[1], str):
        raise ValueError(
            "params must be a list of (W, b) pairs; it is what load_params returns, weights and a "
            "name: params, activation = load_params(file)."
        )
    for l, pair in enumerate(params, 1):
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            raise ValueError(
                f"params[{l - 1}] must be a pair (W{l}, b{l}); it is {describe(pair)}."
            )
        for name, array in zip("Wb", pair):
            if not plain(array):
                raise ValueError(
                    f"{name}{l} must be an array; it is {describe(array)}{cure(name, array)}."
                )


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


def check_theta(f, theta, h, entries):
    """Return the entries wanted and h, or raise unless `theta` can be moved by `h` there."""
    check_function("f", f)
    h = check_number("h", h, above=0)
    if not plain(theta) or theta.dtype.kind != "f" or not theta.flags.writeable:
        raise ValueError(
            f"theta must be an array of real numbers that can be written to; it is "
            f"{describe(theta)}{cure('theta', theta)}."
        )
    if entries is None:
        return range(theta.size), h
    numbers_wanted = np.asarray(entries)
    if numbers_wanted.size == 0:
        return [], h
    if (
        numbers_wanted.ndim != 1
        or numbers_wanted.dtype.kind not in INTS
        or numbers_wanted.min() < 0
        or numbers_wanted.max() >= theta.size
    ):
        raise ValueError(
            f"entries must list whole numbers from 0 to {theta.size - 1}, places in theta; it is "
            f"{brief(entries)}."
        )
    return numbers_wanted, h


def check_gradients(a, n):
    """Return two gradients as float64, or raise unless they have one shape."""
    a, n = as_real("a", a), as_real("n", n)
    if a.shape != n.shape:  # which NumPy would not insist on
        raise ValueError(f"Two gradients of one shape are compared, not {a.shape} and {n.shape}.")
    return a.astype(np.float64, copy=False), n.astype(np.float64, copy=False)


def check_confusion(C):
    """Return `C` in integers that don't wrap round, or raise unless it is a confusion matrix."""
    square = plain(C) and C.ndim == 2 and C.shape[0] == C.shape[1] > 0
    if not square or C.dtype.kind not in INTS or C.min() < 0 or C.max() > 2**53:
        raise ValueError(
            f"C must be a square matrix of counts, as confusion_matrix returns; "
            f"it is {describe(C)}{cure('C', C)}."
        )
    return C.astype(np.int64, copy=False)


def check_probabilities(P):
    """Raise a ValueError unless each row of `P` holds probabilities that sum to 1."""
    matrix = plain(P) and P.ndim == 2 and P.size and P.dtype.kind == "f"
    if not matrix or not (P.min() >= 0 and np.abs(P.sum(axis=1) - 1).max() < 1e-3):
        raise ValueError(
            f"P must be a matrix of probabilities, each row summing to 1; it is "
            f"{describe(P)}{cure('P', P)}."
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


def as_list(name, values, n=None):
    """Return `values` as a list, taken by position, or raise unless there are n; None stays."""
    if values is None and n is not None:
        return None
    listed = isinstance(values, (list, tuple, range)) or tabular(values)
    if not listed and not (isinstance(values, np.ndarray) and values.ndim):
        raise ValueError(f"{name} must be a list; it is {describe(values)}.")
    values = list(values.to_numpy() if tabular(values) else values)
    if n is None and not values:
        raise ValueError(f"{name} must not be empty.")
    if n is not None and len(values) != n:
        raise ValueError(f"{name} must hold {n}, one for each; there are {len(values)}.")
    return values


def check_same_length(name, values, other, n):
    """Raise a ValueError unless there are n values."""
    if len(values) != n:
        raise ValueError(f"{name} has {len(values)} rows, and {other} {n}: one each is needed.")


def check_text(name, value):
    """Raise a ValueError unless `value` is text."""
    if not isinstance(value, str):
        raise ValueError(f"{name} must be text; it is {describe(value)}.")


def check_numbers(name, values, n=None, finite=True):
    """Return `values` as a vector of real numbers, or raise unless they are one, of length n."""
    values = as_real(name, values)
    if values.ndim != 1 or not values.size or (n is not None and len(values) != n):
        many = "" if n is None else f" of {n}"
        raise ValueError(f"{name} must be a vector{many}; it is {describe(values)}.")
    if finite and not np.isfinite(values).all():
        raise ValueError(f"{name} must hold finite numbers; it holds NaN or infinity.")
    return values


def check_shares(C):
    """Return `C` as an array, or raise unless it is square, and holds shares from 0 to 1."""
    C = as_real("C", C)
    if C.ndim != 2 or C.shape[0] != C.shape[1] or not C.size or not (C >= 0).all() or C.max() > 1:
        raise ValueError(
            f"C must be a square matrix of shares from 0 to 1, each row of a confusion_matrix "
            f"divided by its sum; it is {describe(C)}."
        )
    return C


def check_square(name, X, side=28):
    """Raise a ValueError unless `X` is a non-empty matrix of square images, one a row."""
    check_matrix(name, X)
    if X.shape[1] != side * side:
        raise ValueError(
            f"{name} must hold images of {side} × {side}, {side * side} pixels a row; it is "
            f"{describe(X)}."
        )


def as_path(name, value):
    """Return `value` as a Path, or raise a ValueError where it is no path."""
    if not isinstance(value, (str, os.PathLike)):
        raise ValueError(f"{name} must be the path of a file; it is {describe(value)}.")
    return Path(value)


def check_in_place(changed, *read):
    """Raise a ValueError unless BLAS can change arrays where they lie: others it would copy.

    Cheap enough for the hot loop.
    """
    kind = changed[0].dtype
    for C in changed:
        if not (C.flags.carray and C.dtype.char in "fd"):  # rows in order, aligned, writeable
            kept = C.dtype.name if C.dtype.char in "fd" else "float32"
            raise ValueError(
                "Weights are changed in place only where they are float32 or float64, writeable, "
                f"with rows one after the other in memory: use np.array(W, np.{kept}, order='C'); "
                f"one is {describe(C)}."
            )
    for other in (*changed, *read):
        if other.dtype is not kind and other.dtype != kind:
            raise ValueError(
                f"Weights are {kind}, but what is added to them is {other.dtype}: convert the "
                "images, or the weights, so that all are of one type."
            )


# ---------------------------------------------------------------------------------- what is said


def tabular(value):
    """Return whether `value` is one of pandas' own, without loading pandas."""
    return type(value).__module__.partition(".")[0] == "pandas" and hasattr(value, "to_numpy")


def cure(name, value, labels=False):
    """Say how to turn `value` into what is wanted, where that is known; else nothing."""
    if isinstance(value, np.ma.MaskedArray):
        return f": use {name}.filled(0)"
    if isinstance(value, np.ndarray) and not plain(value):
        return f": use np.asarray({name})"
    steps = f"{name}.to_numpy()" if tabular(value) else name
    try:
        array = value.to_numpy() if tabular(value) else value
        if labels and isinstance(array, np.ndarray) and array.ndim == 1:
            return label_cure(steps, array, tabular(value))
    except (TypeError, ValueError):
        return ""
    return f": use {steps}" if steps != name else ""


def label_cure(steps, array, table):
    """Say how to turn a vector into integer labels."""
    if array.dtype.kind in INTS:
        return f": use {steps}" if table else ""
    try:
        numbers_inside = array[:1000].astype(float)
        digits = (numbers_inside == np.round(numbers_inside)).all()
    except (TypeError, ValueError):
        digits = False
    if digits:
        return f": use {steps}.astype(int)"
    if array.dtype.kind in "OUSTM":
        return ": number the classes, as np.unique(…, return_inverse=True) does"
    return ""


def brief(value, most=60):
    """Return `value` as Python writes it, where that is short, else what it is."""
    if isinstance(value, np.ndarray):
        return describe(value)
    try:
        text = repr(value)
    except Exception:  # also a whole number of more digits than Python writes
        return describe(value)
    text = " ".join(text.split())
    return text if len(text) <= most else describe(value)


def describe(value):
    """Say in a few words what `value` is, for an error message."""
    kind = type(value).__name__[:40]
    if isinstance(value, np.ndarray):
        what = "array" if plain(value) else kind
        article = "an" if what[0] in "aeiou" else "a"
        shape = str(value.shape) if value.ndim <= 6 else f"{value.ndim} dimensions"
        return f"{article} {what} of shape {shape} and type {str(value.dtype)[:40]}"
    return f"a {kind}"
