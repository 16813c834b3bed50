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
MOST = 2**53  # of what is counted: as far as real numbers are exact
ROOM = 10**8  # of what is held in memory, an entry each
INTS, REALS = "iu", "fiub"  # what NumPy calls kinds of numbers
F64, F32 = np.dtype(np.float64), np.dtype(np.float32)


class NotFinite(ValueError):
    """A result that would be NaN or infinite; a training that meets it has diverged."""


# ------------------------------------------------------------------------ names and functions


def choose(what, name, table):
    """Return ``table[name]``, or raise a ValueError that lists the names there are."""
    try:
        return table[name]
    except (KeyError, TypeError):  # also what no dict can look up
        raise ValueError(
            f"{what}={brief(name)} is not known: choose one of {', '.join(table)}."
        ) from None


def choose_step(optimizer, table):
    """Return `optimizer` where it is a function, else the one of that name."""
    return optimizer if callable(optimizer) else choose("optimizer", optimizer, table)


def choose_init(init, table):
    """Return the function of the name `init`; one of the caller's own, held to what it owes."""
    if not callable(init):
        return choose("init", init, table)

    def draw(rng, n_in, n_out):
        W = array_of(init(rng, n_in, n_out))
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
    number = value if type(value) is float else math.nan
    if type(value) is not float and isinstance(value, numbers.Real) and type(value) is not bool:
        value = value.item() if isinstance(value, np.floating) else value  # float32 ends at 1e38
        # whole numbers and fractions may be too large for a float
        number = float(value) if -LARGEST < value < LARGEST else math.nan
    if (
        not -LARGEST < number < LARGEST
        or (above is not None and number <= above)
        or (at_least is not None and number < at_least)
        or (below is not None and number >= below)
        or (at_most is not None and number > at_most)
    ):
        bounds = {"above": above, "of at least": at_least, "below": below, "of at most": at_most}
        wanted = " and ".join(f"{word} {n:g}" for word, n in bounds.items() if n is not None)
        raise ValueError(
            f"{name} must be a number{f' {wanted}' if wanted else ''}; it is {brief(value)}."
        )
    return number


def check_count(name, value, at_least=1, at_most=MOST):
    """Return `value` as an int, or raise a ValueError unless it is whole and within bounds."""
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not whole or not at_least <= value <= at_most:
        bound = f"at most {at_most}" if whole and value > at_most else f"at least {at_least}"
        raise ValueError(f"{name} must be a whole number of {bound}; it is {brief(value)}.")
    return int(value)


def check_sizes(sizes, seed=0, dtype=np.float64):
    """Return `sizes` as a list of ints, or raise a ValueError unless they are layer widths.

    A seed and a dtype are looked at as well, where they are given.
    """
    check_seed(seed)
    check_dtype(dtype)
    listed = isinstance(sizes, (list, tuple)) or (isinstance(sizes, ndarray) and sizes.ndim == 1)
    if not listed or len(sizes) < 2:
        raise ValueError(
            "sizes must list at least two layer widths, inputs first, as in [784, 10]; "
            f"it is {brief(sizes)}."
        )
    sizes = [check_count(f"sizes[{l}]", n, at_most=ROOM) for l, n in enumerate(sizes)]
    if max(n_in * n_out for n_in, n_out in zip(sizes, sizes[1:])) > 100 * ROOM:
        raise ValueError(
            f"sizes asks for more than {100 * ROOM:,} weights between two layers, 40 GB at least: "
            "make them smaller."
        )
    return sizes


def check_seed(seed):
    """Return `seed` as an int, or raise a ValueError unless a generator can begin with it."""
    return check_count("seed", seed, at_least=0, at_most=2**128)


def check_batches(m, batch_size, rng):
    """Return m and batch_size as ints, or raise unless rows can be drawn in batches, or at once."""
    m = check_count("m", m, at_most=ROOM)
    if batch_size is None:
        return m, None
    check_rng("rng", rng)
    return m, check_count("batch_size", batch_size)


def check_dtype(dtype):
    """Raise a ValueError unless `dtype` is one that a network can be trained in."""
    known = dtype_of(dtype)
    if known is None or known not in (F64, F32):
        raise ValueError(f"dtype must be np.float64 or np.float32; it is {brief(dtype)}.")


def dtype_of(dtype):
    """Return NumPy's dtype of that name or type, or None."""
    try:
        return np.dtype(dtype) if isinstance(dtype, (type, str, np.dtype)) else None
    except (TypeError, ValueError):
        return None


def check_fractions(fractions):
    """Return `fractions` as an array, or raise a ValueError unless they share out a whole."""
    parts = array_of(fractions)
    parts = parts.astype(float) if parts.dtype.kind in REALS else np.zeros(0)
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


def array_of(value):
    """Return `value` as an array; of what makes none, such as rows of several lengths, objects."""
    if isinstance(value, np.ma.MaskedArray):  # its mask would be lost
        return np.zeros(0, object)
    try:
        return np.asarray(value)
    except Exception:  # what others put into NumPy's hands raises nearly anything
        return np.zeros(0, object)


def as_real(name, value):
    """Return `value` as an array of real numbers, in which nothing wraps round.

    Whole numbers become float64: 200 + 100 of uint8 would be 44. Cheap enough for the hot loop.
    """
    if type(value) is ndarray and value.dtype.kind == "f":
        return value
    array = array_of(value)
    if array.dtype.kind not in REALS:
        raise ValueError(
            f"{name} must hold real numbers; it is {describe(value)}{cure(name, value)}."
        )
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def as_logits(name, value, finite=True):
    """Return logits as `as_real` does, or raise where there are none, or some are not finite.

    Two finite ones may lie further apart than a number goes: the lower one is lifted.
    """
    Z = as_real(name, value)
    if not Z.ndim or not Z.shape[-1]:
        raise ValueError(f"{name} must be logits, one row an image; it is {describe(value)}.")
    if not finite:  # the hot loop can't afford to look
        return Z
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
    return type(value) is ndarray or isinstance(value, np.memmap)


def is_matrix(value):
    """Return whether `value` is a plain matrix of real numbers. Cheap enough for the hot loop."""
    return plain(value) and value.ndim == 2 and value.dtype.kind in REALS


def check_labels(name, y, n_classes=10):
    """Raise a ValueError unless `y` is a vector of whole numbers from 0 to n_classes - 1.

    Cheap enough for the hot loop: two comparisons of whole arrays. n_classes may be math.inf.
    """
    if type(n_classes) is not int and n_classes != math.inf:
        n_classes = check_count("n_classes", n_classes)
    if not plain(y) or y.ndim != 1 or y.dtype.kind not in INTS or not len(y):
        raise ValueError(
            f"{name} must be a non-empty vector of integer labels, one an image; "
            f"it is {describe(y)}{cure(name, y, labels=True)}."
        )
    if y.min() < 0 or y.max() >= n_classes:
        row = int(np.flatnonzero((y < 0) | (y >= n_classes))[0])
        to = f"with {n_classes} classes, labels go from 0 to {n_classes - 1}"
        to = "labels are never negative" if n_classes == math.inf else to
        raise ValueError(f"{name}[{row}] is {y[row]}: {to}.")


def check_one_hot(y, n_classes, dtype):
    """Raise a ValueError unless labels can become rows with one 1 each, of this dtype."""
    if type(n_classes) is not int or not 0 < n_classes <= ROOM:
        check_count("n_classes", n_classes, at_most=ROOM)
    if dtype is not F64 and dtype is not F32:
        known = dtype_of(dtype)
        if known is None or known.kind not in REALS:
            raise ValueError(f"dtype must be a type of numbers; it is {brief(dtype)}.")
    check_labels("y", y, n_classes)


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
    listed = isinstance(y, (list, tuple)) or tabular(y)
    array = array_of(y) if listed or plain(y) else np.zeros(0, object)
    what = f"accuracy compares two vectors of one length, of whole numbers; {name}"
    if array.ndim != 1 or array.dtype.kind not in REALS or not array.size:
        raise ValueError(f"{what} is {describe(y)}{cure(name, y, labels=True)}.")
    if array.dtype.kind == "f" and not (np.isfinite(array) & (array == np.round(array))).all():
        raise ValueError(f"{what} holds others: of probabilities take argmax first.")
    return array


def check_logits(Z, y):
    """Raise a ValueError unless `Z` is a matrix of logits (m, k) and `y` its m labels."""
    if not plain(Z) or Z.ndim != 2 or Z.dtype.kind != "f" or not Z.size:
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
    if X.dtype.kind not in REALS:
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


def check_bytes(pixels, dtype):
    """Return `pixels` as an array, or raise unless they go from 0 to 255, and aren't scaled yet."""
    check_dtype(dtype)
    if type(pixels) is ndarray and pixels.dtype == np.uint8:
        return pixels
    X = as_real("pixels", pixels)
    low, high = X.min(initial=0), X.max(initial=0)
    why = "pixels go from 0 to 255"
    kind = getattr(pixels, "dtype", None)
    if kind == np.int8 and low < 0:
        why = "int8 ends at 127: read them as np.uint8"
    elif low >= 0 and high <= 1 and (kind == np.bool_ or (X != np.round(X)).any()):
        why = "they are scaled already"
    elif low >= 0 and 255 < high < np.inf:
        why = "with more than 8 bits, divide by the largest that a pixel can be, as by 65535"
    elif low >= 0 and high <= 255:
        return X
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
    """Raise a ValueError unless `params` is a list of pairs of arrays of real numbers.

    Whatever their shapes. Cheap enough for the hot loop: what is of one type is seen at a glance.
    """
    if type(params) is list and params:
        try:
            for W, b in params:
                kind = W.dtype
                if kind is not F64 and kind is not F32 or kind is not b.dtype:
                    break
                if type(W) is not ndarray or type(b) is not ndarray:
                    break
            else:
                return
        except (AttributeError, TypeError, ValueError):
            pass  # and say below what it is
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
    check_list_of_pairs("params", params, "Wb")


def check_list_of_pairs(what, pairs, names):
    """Raise a ValueError unless all things in a list are pairs of plain arrays of real numbers."""
    first, second = names
    for l, pair in enumerate(pairs, 1):
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            raise ValueError(
                f"{what}[{l - 1}] must be a pair ({first}{l}, {second}{l}); it is {describe(pair)}."
            )
        for name, array in zip(names, pair):
            if not plain(array) or array.dtype.kind not in REALS:
                raise ValueError(
                    f"{name}{l} must be an array of real numbers; it is "
                    f"{describe(array)}{cure(name, array)}."
                )


def check_outputs(params, A):
    """Raise a ValueError unless A, of `forward`, has an entry for each layer of `params`, and one.

    Cheap enough for the hot loop.
    """
    try:
        X, *rest = A
        m, good = len(X), type(X) is ndarray and X.ndim == 2 and len(rest) == len(params)
        for (W, _), Z in zip(params, rest):
            fits = type(Z) is ndarray and Z.shape == (m, W.shape[-1]) and Z.dtype.kind == "f"
            good = good and fits
        if good and isinstance(A, (list, tuple)):
            return
    except (AttributeError, IndexError, TypeError, ValueError):
        pass  # and say below what it is
    check_pairs(params)
    if not isinstance(A, (list, tuple)) or len(A) != len(params) + 1:
        what = f"a list of {len(A)}" if isinstance(A, (list, tuple)) else describe(A)
        raise ValueError(
            f"A must be what forward returns of these params, a list of {len(params) + 1}; it is "
            f"{what}."
        )
    X = A[0]
    if type(X) is not ndarray or X.ndim != 2:
        raise ValueError(f"A[0] must be the images X, one a row; it is {describe(X)}.")
    for l, (W, _) in enumerate(params, 1):
        Z = A[l]
        if type(Z) is not ndarray or Z.shape != (len(X), W.shape[-1]) or Z.dtype.kind != "f":
            raise ValueError(
                f"A[{l}] must be what forward returns of these params; it is {describe(Z)}."
            )


def check_step(params, grads, rate, name="learning_rate"):
    """Return the rate as a float, or raise before a step has changed anything.

    Every gradient needs its array's shape, which NumPy would not insist on, and every array must be
    one that can be changed. Cheap enough for the hot loop: what is of one type is seen at a glance.
    """
    if type(rate) is not float or not -LARGEST < rate < LARGEST:
        rate = check_number(name, rate)
    try:
        good = type(params) is list and len(params) == len(grads)
        for (W, b), (dW, db) in zip(params, grads):
            kind = W.dtype
            good = (
                good
                and (kind is F64 or kind is F32)
                and kind is b.dtype is dW.dtype is db.dtype
                and type(W) is type(b) is type(dW) is type(db) is ndarray
                and W.shape == dW.shape
                and b.shape == db.shape
                and W.flags.writeable
                and b.flags.writeable
            )
    except (AttributeError, TypeError, ValueError):
        good = False
    if not good:
        check_gradients_of(params, grads)
    return rate


def check_gradients_of(params, grads):
    """Raise a ValueError unless there are gradients for params, which can be changed by them."""
    check_pairs(params)
    if not isinstance(grads, (list, tuple)) or len(grads) != len(params):
        what = f"a list of {len(grads)}" if isinstance(grads, (list, tuple)) else describe(grads)
        raise ValueError(
            f"grads must be a list of {len(params)} pairs (dW, db), as backward returns it; it is "
            f"{what}."
        )
    check_list_of_pairs("grads", grads, ("dW", "db"))
    for l, (arrays, gradients) in enumerate(zip(params, grads), 1):
        for name, theta, gradient in zip("Wb", arrays, gradients):
            if theta.shape != gradient.shape:
                raise ValueError(
                    f"d{name}{l} has shape {gradient.shape}, but {name}{l} has {theta.shape}: a "
                    "gradient has the shape of what it differentiates by."
                )
            if theta.dtype.kind != "f" or not theta.flags.writeable:
                raise ValueError(
                    f"{name}{l} can't be changed: it must be an array of real numbers that can be "
                    f"written to, and is {describe(theta)}; use {name}{l}.astype(float)."
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
    h = check_step_width(h)
    if not plain(theta) or theta.dtype.kind != "f" or not theta.flags.writeable:
        raise ValueError(
            f"theta must be an array of real numbers that can be written to; it is "
            f"{describe(theta)}{cure('theta', theta)}."
        )
    if entries is None:
        return range(theta.size), h
    places = array_of(entries)
    whole = places.dtype.kind in INTS or (places.shape == (0,) and places.dtype.kind == "f")
    if places.ndim != 1 or not whole or not ((places >= 0) & (places < theta.size)).all():
        raise ValueError(
            f"entries must list whole numbers from 0 to {theta.size - 1}, places in theta; it is "
            f"{brief(entries)}."
        )
    return places.astype(int), h


def check_step_width(h):
    """Return h as a float, or raise unless a loss divided by it stays a number."""
    return check_number("h", h, above=0, at_least=1e-100, at_most=1e100)


def check_losses(*losses):
    """Raise a ValueError unless what a function returned, above and below, are finite numbers."""
    for loss in losses:
        value = array_of(loss)
        if value.ndim or value.dtype.kind not in REALS or not np.isfinite(value):
            raise ValueError(f"f must return a finite number; it returned {brief(loss)}.")


def check_gradients(a, n):
    """Return two gradients as float64, or raise unless they have one shape."""
    a, n = as_real("a", a), as_real("n", n)
    if a.shape != n.shape:  # which NumPy would not insist on
        raise ValueError(f"a and n must have one shape, as gradients; not {a.shape} and {n.shape}.")
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
    matrix = plain(P) and P.ndim == 2 and P.size and P.dtype.char in "efd"
    if not matrix or not (P.min() >= 0 and np.abs(P.sum(axis=1) - 1).max() < 1e-3):
        raise ValueError(
            f"P must be a matrix of probabilities, each row summing to 1; it is "
            f"{describe(P)}{cure('P', P)}."
        )


def check_answers(y, y_hat, n_classes):
    """Raise a ValueError unless y and y_hat are labels of one length."""
    check_count("n_classes", n_classes, at_most=10**4)  # its square is held
    check_labels("y", y, n_classes)
    check_labels("y_hat", y_hat, n_classes)
    if len(y) != len(y_hat):
        raise ValueError(f"y has {len(y)} labels and y_hat {len(y_hat)}: one each is needed.")


def check_gradient_input(params, X, h, n_entries, dtype, backward):
    """Raise a ValueError unless a gradient check can begin, shapes and labels apart."""
    check_params(params)
    check_images("X", X)
    check_step_width(h)
    check_count("n_entries", n_entries)
    check_dtype(dtype)
    check_function("backward", backward)


def as_list(name, values, n=None):
    """Return `values` as a list, taken by position, or raise unless there are n; None stays."""
    if values is None and n is not None:
        return None
    listed = isinstance(values, (list, tuple, range)) or tabular(values)
    if not listed and not (isinstance(values, ndarray) and values.ndim):
        raise ValueError(f"{name} must be a list; it is {describe(values)}.")
    values = list(values.to_numpy() if tabular(values) else values)
    if n is None and not values:
        raise ValueError(f"{name} must not be empty.")
    if n is not None and len(values) != n:
        raise ValueError(f"{name} must hold {n}, one for each; there are {len(values)}.")
    return values


def as_texts(name, values, n=None, none=True):
    """Return `values` as a list of n texts or numbers, or raise; None stays where it may."""
    if values is None and not none:
        raise ValueError(f"{name} must be a list of texts; it is None.")
    texts = as_list(name, values, n)
    for k, text in enumerate(texts or ()):
        if not isinstance(text, (str, numbers.Real, type(None))) or text != text:
            raise ValueError(f"{name}[{k}] must be text; it is {describe(text)}.")
    return texts


def check_text(name, value):
    """Raise a ValueError unless `value` is text."""
    if not isinstance(value, str):
        raise ValueError(f"{name} must be text; it is {describe(value)}.")


def check_array(name, value, shape, kinds=REALS, finite=True):
    """Raise a ValueError unless `value` is a plain array of finite numbers, of this shape.

    A letter in the shape stands for any length.
    """
    fits = plain(value) and value.dtype.kind in kinds and value.ndim == len(shape) and value.size
    if not fits or any(n != k for n, k in zip(shape, value.shape) if not isinstance(n, str)):
        wanted = ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "")
        raise ValueError(
            f"{name} must be an array of real numbers, of shape ({wanted}); it is "
            f"{describe(value)}{cure(name, value)}."
        )
    with np.errstate(all="ignore"):  # a sum is one look at each; it may overflow by itself
        if finite and not math.isfinite(value.sum()) and not np.isfinite(value).all():
            raise ValueError(f"{name} must hold finite numbers; it holds NaN or infinity.")


def check_numbers(name, values, n="n", finite=True):
    """Return `values` as a vector of real numbers, or raise unless they are one, of length n."""
    values = as_real(name, values)
    check_array(name, values, (n,), finite=finite)
    return values


def check_shares(C):
    """Return `C` as an array, or raise unless it is square, and holds shares from 0 to 1."""
    C = as_real("C", C)
    if C.ndim != 2 or C.shape[0] != C.shape[1] or not C.size or not (C.min() >= 0 and C.max() <= 1):
        raise ValueError(
            f"C must be a square matrix of shares from 0 to 1, each row of a confusion_matrix "
            f"divided by its sum; it is {describe(C)}."
        )
    return C


def as_path(name, value):
    """Return `value` as a Path, or raise a ValueError where it is no path."""
    if not isinstance(value, (str, os.PathLike)):
        raise ValueError(f"{name} must be the path of a file; it is {describe(value)}.")
    return Path(value)


# ---------------------------------------------------------------------------------- what is said


def tabular(value):
    """Return whether `value` is one of pandas' own, without loading pandas."""
    return type(value).__module__.partition(".")[0] == "pandas" and hasattr(value, "__len__")


def cure(name, value, labels=False):
    """Say how to turn `value` into what is wanted, where that is known; else nothing."""
    if isinstance(value, np.ma.MaskedArray):
        return f": use {name}.filled(0)"
    if isinstance(value, ndarray) and not plain(value):
        return f": use np.asarray({name})"
    steps = f"{name}.to_numpy()" if tabular(value) else name
    try:
        array = value.to_numpy() if tabular(value) else value
        if labels and isinstance(array, ndarray) and array.ndim == 1:
            return label_cure(steps, array, tabular(value))
    except (TypeError, ValueError):
        return ""
    return f": use {steps}" if steps != name else ""


def label_cure(steps, array, table):
    """Say how to turn a vector into integer labels."""
    if array.dtype.kind in INTS:
        return f": use {steps}" if table else ""
    if array.dtype.kind not in "fbOUST":
        return ""
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
    if isinstance(value, ndarray):
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
    if isinstance(value, ndarray):
        what = "array" if plain(value) else kind
        article = "an" if what[0] in "aeiou" else "a"
        shape = str(value.shape) if value.ndim <= 6 else f"{value.ndim} dimensions"
        return f"{article} {what} of shape {shape} and type {str(value.dtype)[:40]}"
    return f"{'an' if kind[0].lower() in 'aeio' else 'a'} {kind}"
