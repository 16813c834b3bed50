"""Holding an answer against the right one: type first, then shape, then values."""

import numbers

import numpy as np

from nnlib.check.verdict import Refused

RELATIVE, ABSOLUTE = 1e-4, 1e-6  # so that an answer in float32 is as right as one in float64


class Raised:
    """What a call led to where it raised: the error stands for the result."""

    def __init__(self, error):
        self.error = error


def described(value):
    """Return what a value is, in a few words."""
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype}" if value.dtype.kind not in "biuf" else "an array"
    if isinstance(value, (list, tuple)):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, numbers.Real):
        return "a number"
    if value is None:
        return "nothing"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def as_array(value, what):
    """Return a value as an array of numbers, or refuse it.

    Parameters
    ----------
    value : array, number, list or tuple of these, Series … of the reader's
    what : its name in the sentence, as in "Z" or "softmax(Z)"
    """
    try:
        array = np.asarray(value)
    except Exception:
        array = np.asarray(None)
    if isinstance(value, tuple) and array.dtype == object:
        raise Refused(
            "wrong type",
            f"{what} is a tuple of {len(value)} things; one array is wanted: which of them?",
        )
    if isinstance(value, list) and array.dtype == object:
        raise Refused("wrong type", f"the rows of {what} differ in length, or hold no numbers.")
    if array.dtype.kind not in "biuf":
        raise Refused("wrong type", f"{what} should be numbers, and is {described(value)}.")
    return array


def compare(want, got, what, relative=RELATIVE, absolute=ABSOLUTE):
    """Refuse `got` unless it is `want`, within rounding.

    Parameters
    ----------
    want : array or number; or a list, tuple or dict of these, to any depth
    got : the reader's
    what : its name in the sentence
    """
    if isinstance(want, dict):
        for name, part in want.items():
            compare(part, got[name], name, relative, absolute)
    elif isinstance(want, (list, tuple)):
        parts = as_list(want, got, what)
        for i, (right, part) in enumerate(zip(want, parts)):
            compare(right, part, f"{what}[{i}]", relative, absolute)
    else:
        must_be_one(np.asarray(want), got, what)
        compare_arrays(np.asarray(want), as_array(got, what), what, relative, absolute)


def must_be_one(want, got, what):
    """Refuse a tuple of several results where one is wanted; a tuple of rows will do."""
    try:
        fits = not isinstance(got, tuple) or np.shape(got) == want.shape
    except Exception:
        fits = False
    wanted = "array" if want.ndim else "number"
    if not fits:
        raise Refused(
            "wrong type",
            f"{what} is a tuple of {len(got)} things; one {wanted} is wanted: which of them?",
        )


def as_list(want, got, what):
    """Return a list, tuple, or stack of arrays as a list as long as `want`, or refuse it."""
    if not isinstance(got, (list, tuple)) and not (isinstance(got, np.ndarray) and got.ndim > 0):
        raise Refused(
            "wrong type",
            f"{what} should be a {type(want).__name__} of {len(want)}, and is {described(got)}.",
        )
    if len(got) != len(want):
        raise Refused(
            "wrong shape", f"{what} should hold {len(want)} things, and holds {len(got)}."
        )
    return list(got)


def compare_arrays(want, got, what, relative, absolute):
    """Refuse an array of another shape or with other values; say where and what they are."""
    if got.shape != want.shape:
        raise Refused("wrong shape", f"{what} should have shape {want.shape}, and has {got.shape}.")
    right = is_close(want, got, relative, absolute)
    if not right.all():
        i = tuple(int(k) for k in np.argwhere(~right)[0])
        place = f"{what}[{', '.join(map(str, i))}]" if i else what
        wanted, found = (shown(a[i]) for a in (want, got))
        raise Refused("wrong values", f"{place} should be {wanted}, and is {found}.")


def is_close(want, got, relative=RELATIVE, absolute=ABSOLUTE):
    """Return for each entry whether it is right, within rounding; NaN is right where NaN is."""
    return np.isclose(
        got.astype(float), want.astype(float), rtol=relative, atol=absolute, equal_nan=True
    )


def shown(number):
    """Return a number as a reader would write it."""
    if isinstance(number, (bool, np.bool_)):
        return str(bool(number))
    return f"{float(number):.4g}" if abs(number) < 1e4 else f"{float(number):.6g}"


def same(one, other, **tolerance):
    """Return whether two results agree: the same values and shapes, or the same kind of error."""
    if isinstance(one, Raised) or isinstance(other, Raised):
        errors = getattr(one, "error", None), getattr(other, "error", None)
        if isinstance(errors[0], Refused):
            return type(errors[0]) is type(errors[1]) and errors[0].args == errors[1].args
        return type(errors[0]) is type(errors[1])
    try:
        compare(one, other, "it", **tolerance)
    except Exception:
        return False
    return True
