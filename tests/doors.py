"""What an argument may be, what is tried in its place, and how a call is judged.

A row gives each parameter a good value and says what else may pass. `test_arguments.py` tries some
eighty other values at every place, one at a time; `test_arguments_generated.py` makes up thousands,
several at once. A call either gives a sound result, or it is refused in one sentence that names the
argument; whatever it was given is as it was before.
"""

import inspect
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from numbers import Integral, Real
from pathlib import Path

import numpy as np
import pandas as pd

# ------------------------------------------------------------------- what nobody was made for

STRUCTURED = np.zeros(3, [("label", int), ("pixel", float)])
BAD = {  # label: what makes such a value
    "None": lambda: None,
    "True": lambda: True,
    "False": lambda: False,
    "text": lambda: "text",
    "no text": lambda: "",
    "digits": lambda: "3",
    "long text": lambda: "many words " * 10_000,
    "bytes": lambda: b"3",
    "NaN": lambda: float("nan"),
    "inf": lambda: float("inf"),
    "-inf": lambda: float("-inf"),
    "0": lambda: 0,
    "-1": lambda: -1,
    "7": lambda: 7,
    "0.5": lambda: 0.5,
    "-0.5": lambda: -0.5,
    "2.0": lambda: 2.0,
    "1e300": lambda: 1e300,
    "1e-320": lambda: 1e-320,
    "2**63": lambda: 2**63,
    "2**70": lambda: 2**70,
    "-2**70": lambda: -(2**70),
    "10**400": lambda: 10**400,
    "5,000 digits": lambda: 10**5000,
    "complex": lambda: 1j,
    "float16": lambda: np.float16(0.5),
    "float32 inf": lambda: np.float32("inf"),
    "uint8": lambda: np.uint8(200),
    "numpy bool": lambda: np.True_,
    "Decimal": lambda: Decimal("0.5"),
    "Fraction": lambda: Fraction(1, 3),
    "date": lambda: datetime(2026, 1, 1),
    "datetime64": lambda: np.datetime64("2026-01-01"),
    "pandas NA": lambda: pd.NA,
    "NaT": lambda: pd.NaT,
    "no list": lambda: [],
    "no tuple": lambda: (),
    "ragged": lambda: [[1.0], [1.0, 2.0]],
    "nested": lambda: [[[[1.0]], [[2.0]]]],
    "list of None": lambda: [None, None],
    "words": lambda: ["a", "b", "c"],
    "numbers": lambda: [0.5, 0.25, 0.25],
    "itself inside": lambda: endless(),
    "dict": lambda: {},
    "a dict": lambda: {"W1": 1.0},
    "set": lambda: {1, 2, 3},
    "generator": lambda: (i for i in range(3)),
    "range": lambda: range(3),
    "object": object,
    "class": lambda: Path,
    "function": lambda: lambda *a, **k: None,
    "module": lambda: np,
    "path": lambda: Path("no/such/file.npz"),
    "ellipsis": lambda: ...,
    "memoryview": lambda: memoryview(b"abc"),
    "rng": lambda: np.random.default_rng(0),
    "empty": lambda: np.zeros(0),
    "no rows": lambda: np.zeros((0, 4)),
    "no columns": lambda: np.zeros((6, 0)),
    "0-d": lambda: np.array(0.5),
    "0-d text": lambda: np.array("text"),
    "vector": lambda: np.ones(2),
    "cube": lambda: np.ones((2, 3, 4)),
    "many axes": lambda: np.ones((1,) * 20),
    "NaNs": lambda: np.full((6, 4), np.nan),
    "objects": lambda: np.array([1, None, "x"], object),
    "arrays in an array": lambda: boxed(),
    "array of text": lambda: np.array(["a", "b"]),
    "array of bytes": lambda: np.array([b"a", b"b"]),
    "dates": lambda: np.array(["2026-01-01"], "M8[D]"),
    "structured": lambda: STRUCTURED.copy(),
    "bits": lambda: np.array([3, 200], np.uint8),
    "masked": lambda: np.ma.masked_array([1.0, 2.0], [0, 1]),
    "matrix": lambda: np.ones((2, 2)).view(np.matrix),
    "Series": lambda: pd.Series([0.5, 1.5], [7, 3]),
    "DataFrame": lambda: pd.DataFrame({"a": [1.0, 2.0]}),
    "Series of NA": lambda: pd.Series([1, pd.NA], dtype="Int64"),
    "hostile": lambda: Hostile(),
}


def endless():
    items = [1.0]
    items.append(items)
    return items


def boxed():
    box = np.empty(2, object)
    box[:] = [np.ones(2), np.ones(3)]
    return box


class Hostile:
    """Whatever is asked of it, it raises."""

    def __repr__(self):
        raise RuntimeError("no")

    def __getattr__(self, name):
        raise AttributeError(name)

    def __eq__(self, other):
        raise RuntimeError("no")

    __hash__ = object.__hash__


def spoilt(array):
    """Return a good array in the ways in which arrays go wrong, by label."""
    signed = array.astype(np.float64 if array.dtype.kind == "f" else np.int64)
    kinds = {
        "as list": array.tolist(),
        "as tuple": tuple(array.tolist()),
        "as text": array.astype(str),
        "as objects": array.astype(object),
        "as complex": array * 1j,
        "as float16": array.astype(np.float16),
        "as uint8": array.astype(np.uint8),
        "as int8": (signed - 3).astype(np.int8),
        "as uint64": array.astype(np.uint64),
        "as bool": array > 0,
        "as long double": array.astype(np.longdouble),
        "masked good": np.ma.masked_array(array.copy()),
        "one row short": array[1:],
        "turned round": array.T,
        "one axis more": array[None],
        "flat": array.ravel(),
        "doubled": np.concatenate([array, array]),
        "negative": -1 - signed,
        "large": signed + 1000,
        "huge": signed * 10**15,
    }
    if array.ndim <= 2:
        kinds["as matrix"] = array.copy().view(np.matrix) if array.ndim == 2 else np.asmatrix(array)
        kinds["as table"] = (
            pd.DataFrame(array)
            if array.ndim == 2
            else pd.Series(array, index=range(9, 9 + len(array)))
        )
    if array.dtype.kind == "f":
        for label, value in (
            ("NaN inside", np.nan),
            ("inf inside", np.inf),
            ("-inf inside", -np.inf),
        ):
            kinds[label] = array.copy()
            kinds[label].flat[-1] = value
    else:
        kinds["as float"] = signed + 0.5
    return kinds


def as_good(array):
    """Return what must be taken where a good array is: the same numbers, laid out otherwise."""
    strided = np.repeat(array, 2, axis=0)[::2]
    fixed = array.copy()
    fixed.flags.writeable = False
    return {
        "strided": strided,
        "turned in memory": np.asfortranarray(array),
        "read-only": fixed,
        "the other way round": array[::-1].copy()[::-1],
    }


def spoilt_params(pairs):
    """Return a good list of pairs in the ways in which such lists go wrong."""
    (W, b), *rest = pairs
    put = lambda W, b: [(W, b), *rest]  # noqa: E731
    return {
        "a layer less": pairs[1:],
        "no layers": [],
        "the other order": pairs[::-1],
        "arrays in a row": [a for pair in pairs for a in pair],
        "one pair": (W, b),
        "three in a pair": [(W, b, b), *rest],
        "W turned": put(W.T, b),
        "b a column": put(W, b[:, None]),
        "b a row": put(W, b[None]),
        "b a number": put(W, 0.5),
        "b of one": put(W, b[:1]),
        "W a list": put(W.tolist(), b),
        "W None": put(None, b),
        "W text": put(W.astype(str), b),
        "W objects": put(W.astype(object), b),
        "W complex": put(W * 1j, b),
        "W whole": put(W.astype(int), b),
        "W float16": put(W.astype(np.float16), b),
        "W masked": put(np.ma.masked_array(W), b),
        "W matrix": put(np.asmatrix(W), b),
        "W a table": put(pd.DataFrame(W), b),
        "W NaN": put(W * np.nan, b),
        "W inf": put(W + np.inf, b),
        "b text": put(W, b.astype(str)),
        "b NaN": put(W, b * np.nan),
        "last pair wrong": [*pairs[:-1], (pairs[-1][0].T, pairs[-1][1])],
        "last b wrong": [*pairs[:-1], (pairs[-1][0], pairs[-1][1][:1])],
        "last W text": [*pairs[:-1], (pairs[-1][0].astype(str), pairs[-1][1])],
        "a pair more": [*pairs, pairs[-1]],
        "with a name": (pairs, "relu"),
        "a dict of arrays": {"W1": W, "b1": b},
    }


# --------------------------------------------------------------------------------- parameters


@dataclass(frozen=True)
class Param:
    """One parameter: a good value, what may pass besides, what must, what is tried besides."""

    good: Callable  # makes the value anew
    may: Callable = lambda value: False
    must: Callable = lambda: {}
    more: Callable = lambda: {}
    said: str = ""
    skip: tuple = ()  # labels of values that aren't tried

    def bad(self):
        """Return values to try, by label."""
        made = {label: make() for label, make in BAD.items() if label not in self.skip}
        return made | self.more()


def is_real(value):
    value = value.item() if isinstance(value, np.generic) else value
    return isinstance(value, Real) and not isinstance(value, bool) and -1e308 < value < 1e308


def is_whole(value):
    return isinstance(value, Integral) and not isinstance(value, bool)


def number(good, above=-np.inf, at_least=-np.inf, below=np.inf, at_most=np.inf, **more):
    """A real number within bounds."""
    fits = lambda v: is_real(v) and above < v < below and at_least <= v <= at_most  # noqa: E731
    alike = {"float32": np.float32(good), "Fraction": Fraction(good)}
    return Param(lambda: good, fits, lambda: {k: v for k, v in alike.items() if fits(v)}, **more)


def count(good, at_least=1, at_most=np.inf, none=False, **more):
    """A whole number; None where that means something, too."""

    def fits(value):
        return (none and value is None) or (is_whole(value) and at_least <= value <= at_most)

    alike = {} if good is None else {"int64": np.int64(good), "int16": np.int16(good)}
    return Param(lambda: good, fits, lambda: alike, **more)


def one_of(good, *choices, **more):
    """One of a few values; others of the same kind must be refused."""

    def fits(value):
        return any(value is c or (type(value) is type(c) and value == c) for c in choices)

    return Param(lambda: good, fits, lambda: {str(c): c for c in choices}, **more)


def real_array(value, kinds="fiub"):
    """Return a value as an array of real numbers, or None where it is none."""
    if isinstance(value, (str, bytes, np.ma.MaskedArray)):
        return None
    try:
        array = np.asarray(value)
    except Exception:
        return None
    return array if array.dtype.kind in kinds else None


def array(
    good,
    shape=None,
    kinds="f",
    finite=True,
    low=-np.inf,
    high=np.inf,
    lists=False,
    empty=False,
    alike=True,
    **more,
):
    """An array: what may pass has this shape (None: any length) and numbers from low to high.

    lists : lists, tables and the like may pass as well, as the array that they make
    """

    def fits(value):
        if not lists and not isinstance(value, np.ndarray):
            return False
        a = real_array(value, kinds)
        if (
            empty
            and real_array(value, kinds + "f") is not None
            and not real_array(value, kinds + "f").size
        ):
            return True
        if a is None or not a.size or (shape is not None and a.ndim != len(shape)):
            return False
        same = shape is None or all(n in (None, k) for n, k in zip(shape, a.shape))
        with np.errstate(all="ignore"):
            within = a.min() >= low and a.max() <= high if np.isfinite(a).all() else not finite
        return bool(same and within)

    must = (lambda: as_good(good())) if alike else (lambda: {})
    return Param(good, fits, must, lambda: spoilt(good()), **more)


def fits_network(value, sizes, kinds="f", finite=True):
    """Return whether a value is a list of pairs that make a network of these sizes."""
    try:
        return len(value) == len(sizes) - 1 and all(
            isinstance(a, np.ndarray)
            and not isinstance(a, np.ma.MaskedArray)
            and a.dtype.kind in kinds
            and (not finite or np.isfinite(a).all())
            and a.shape == shape
            for (W, b), n, k in zip(value, sizes, sizes[1:])
            for a, shape in ((W, (n, k)), (b, (k,)))
        )
    except (TypeError, ValueError):
        return False


def network(good, sizes, may=None, kinds="f", finite=True, **more):
    """Weights and biases, or gradients of them."""
    more = {"said": r"\bparams\b|\b[Wb]\d\b"} | more
    return Param(
        good,
        may or (lambda v: fits_network(v, sizes, kinds, finite)),
        lambda: {"tuples": tuple(good())},
        lambda: spoilt_params(good()),
        **more,
    )


def anything(good, **more):
    """Whatever it is, it is taken."""
    return Param(lambda: good, lambda value: True, **more)


# --------------------------------------------------------------------------------- rows, calls


@dataclass(frozen=True)
class Row:
    """A public function and its parameters.

    Attributes
    ----------
    call : takes the parameters by name
    params : {name: Param}
    after : tidies up
    sound : function of the result that says whether it is one, beside having no NaN in it
    nan : NaN or infinity in a result is what the docstring promises
    bare : why NumPy's own TypeErrors and ValueErrors are let through: the innermost functions
    errors : what a refusal may be
    changes : parameters that a call changes, unless it is refused
    """

    call: Callable
    params: dict
    sound: Callable = lambda result: True
    after: Callable = lambda: None
    nan: bool = False
    bare: str = ""
    errors: tuple = (ValueError, TypeError, OSError)
    changes: tuple = ()


NUMPYS = (
    TypeError,
    ValueError,
    AttributeError,
    LookupError,
    ArithmeticError,
    Warning,
    pd.errors.InvalidIndexError,
)


def names_of(function):
    """Return the names of a function's parameters, `self` and `cls` apart."""
    known = inspect.signature(function).parameters
    return [name for name in known if name not in ("self", "cls")]


def picture(value, depth=0):
    """Return what can be compared of a value: arrays inside as bytes, all else by what it is."""
    if isinstance(value, np.ndarray) and value.dtype.char == "g":  # 16 bytes, 6 of them unused
        return value.shape, tuple(value.astype(str).flat)
    if isinstance(value, np.ndarray) and value.dtype.kind not in "OV":
        return str(value.dtype), value.shape, value.tobytes()
    if depth < 4 and isinstance(value, (list, tuple)):
        return tuple(picture(item, depth + 1) for item in value[:50])
    if depth < 4 and isinstance(value, dict):
        return {key: picture(item, depth + 1) for key, item in value.items()}
    if depth < 4 and hasattr(value, "__dict__") and type(value).__name__ == "SimpleNamespace":
        return picture(vars(value), depth + 1)
    return None


def is_sound(value, depth=0):
    """Return whether a result is plain and finite, as far as it holds numbers."""
    if isinstance(value, np.ndarray):
        return (
            type(value) is np.ndarray
            and value.dtype.kind in "fiubUS"
            and (value.dtype.kind != "f" or bool(np.isfinite(value).all()))
        )
    if isinstance(value, (float, np.floating)):
        return bool(np.isfinite(value))
    if isinstance(value, complex):
        return False
    if isinstance(value, dict):
        return all(is_sound(item, depth + 1) for item in value.values())
    return (
        depth > 5
        or not isinstance(value, (list, tuple))
        or all(is_sound(v, depth + 1) for v in value)
    )


def fault(row, given, spoilt_names, must=False, may=True):
    """Call a row's function as `judged` says, and tidy up."""
    try:
        return judged(row, given, spoilt_names, must, may)
    finally:
        row.after()


def judged(row, given, spoilt_names, must=False, may=True):
    """Call a row's function; return what is wrong with how it took the arguments, or None.

    spoilt_names : the parameters whose values are not their good ones
    must : they must be taken; may : they may be
    """
    before = {name: picture(value) for name, value in given.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        if row.nan:  # what comes in is no number, so NumPy says what it says
            warnings.simplefilter("ignore", RuntimeWarning)
        try:
            result = row.call(**given)
        except Exception as error:
            after = {name: picture(value) for name, value in given.items()}
            changed = [name for name in given if before[name] != after[name]]
            if changed:
                return f"{type(error).__name__}, and {changed} changed half-way"
            if must:
                return f"refused, but as good as any: {type(error).__name__}: {str(error)[:300]}"
            return bad_sentence(row, error, spoilt_names)
    after = {name: picture(value) for name, value in given.items() if name not in row.changes}
    changed = [name for name in after if before[name] != after[name]]
    if changed:
        return f"{changed} changed"
    if row.bare:
        return None
    if not may:
        return f"taken: {str(result)[:100]!r}"
    if not row.nan and not is_sound(result):
        return f"an unsound result: {type(result).__name__} {str(result)[:100]}"
    return None if row.sound(result) else f"not a result: {str(result)[:100]}"


def bad_sentence(row, error, spoilt_names):
    """Return what is wrong with an error that reached the user, or None."""
    said = f"{type(error).__name__}: {str(error)[:400]}"
    if row.bare:
        return None if isinstance(error, NUMPYS) else f"no refusal: {said}"
    if not isinstance(error, row.errors) or isinstance(error, UnicodeError):
        return f"no refusal: {said}"
    deepest = error.__traceback__
    while deepest.tb_next:
        deepest = deepest.tb_next
    if "nnlib" not in deepest.tb_frame.f_globals.get("__name__", ""):
        return f"from deep inside: {said}"
    text = str(error)
    if len(text) > 300 or "\n" in text or not text.endswith("."):
        return f"not one sentence: {said}"
    names = "|".join(row.params[name].said or rf"\b{name}\b" for name in spoilt_names)
    return None if re.search(names, text) else f"names no argument: {said}"
