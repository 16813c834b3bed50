"""The rows of `doors.py`: one for each public function, one parameter after the other."""

import importlib
import inspect
import pkgutil
from types import SimpleNamespace

import numpy as np
from conftest import random_network
from doors import (
    Param,
    Row,
    anything,
    array,
    count,
    fits_network,
    is_real,
    is_whole,
    names_of,
    network,
    number,
    one_of,
    real_array,
    spoilt,
)

import nnlib
from nnlib import check, plots
from nnlib.labs import augment, autograd, estimator, optimizers, own_digit, regularisation, speed
from nnlib.live.turn import turn
from nnlib.network import ACTIVATIONS

SIZES = [4, 5, 3]
M = 6
ALL = ("nnlib", "nnlib.plots", "nnlib.check", "nnlib.live")  # rooms whose names are what they offer
LESSONS = ("data", "network", "loss", "backprop", "training", "evaluation")


def params():
    return random_network(SIZES)


def images():
    return np.random.default_rng(1).random((M, 4))


def labels():
    return np.array([0, 2, 1, 1, 0, 2])


def layers():
    return nnlib.forward(params(), images())


def logits():
    return layers()[-1]


def slopes():
    return nnlib.backward(params(), layers(), labels())


def counts():
    return np.array([[5, 1, 0], [0, 4, 2], [1, 0, 6]])


def beliefs():
    return nnlib.softmax(logits())


def pixels():
    return np.arange(24, dtype=np.uint8).reshape(6, 4) * 11


def rng():
    return np.random.default_rng(0)


def mnist_like(m=2):
    return np.random.default_rng(2).random((m, 784))


def six(**changed):
    parts = {
        "X_train": images(), "y_train": labels(), "X_valid": images()[:4], "y_valid": labels()[:4],
        "X_test": images(), "y_test": labels(),
    }  # fmt: skip
    return SimpleNamespace(**(parts | changed))


HISTORY = nnlib.train(params(), six(), epochs=2)
RUNS = nnlib.Runs()
RUNS.add(HISTORY)

# ---------------------------------------------------------------------- parameters that recur

PARAMS = network(params, SIZES)
LOOSE = network(params, SIZES, kinds="fiub", finite=False)  # the hot loop looks at types and shapes
STEPPED = network(params, SIZES, finite=False, said=r"\bparams\b|\bgrads\b|\b[Wb]\d\b")
GRADS = network(slopes, SIZES, kinds="fiub", finite=False, said=r"\bgrads\b|\bd?[Wb]\d\b")
ONES = array(images, (None, 4), said=r"\b[Xy]\b|\bW1\b")
ANY_X = array(images, (None, 4), "fiub", finite=False, said=r"\b[Xy]\b|\bW1\b")
LABELS = array(labels, (M,), "iu", low=0, high=2)
ANY_LABELS = array(labels, (None,), "iu", low=0)
ACTIVATION = one_of("relu", *ACTIVATIONS)
REAL = array(logits, None, "fiub", lists=True, finite=False, empty=True)  # any shape
DTYPE = one_of(np.float64, np.float64, np.float32, "float64", "float32")
RNG = Param(rng, lambda v: isinstance(v, np.random.Generator))
SEED = count(3, at_least=0)
RATE = number(0.25, above=0)
C = array(counts, (None, None), "iu", low=0, high=2**53)
P = array(beliefs, (M, 3), low=0, high=1, said=r"\bP\b|\by_hat\b")
OTHER = "is a value of the user's own: whatever it raises is the user's"
FUNCTIONS = ("class", "function", "module")


def function(good, **more):
    """A function: whatever can be called may pass, and raise what it likes."""
    return Param(lambda: good, **{"may": callable, "skip": ("class",)} | more)


def optional(param):
    """The same, where None means something."""
    return Param(param.good, lambda v: v is None or param.may(v), param.must, param.more, param.said)


def digits(**more):
    """Digits: what else has images and labels may pass."""

    def fits(value):
        return isinstance(value, (SimpleNamespace, nnlib.Digits))

    return Param(six, fits, said=r"\bdigits\b|[Xy]_(train|valid)\b|\by must\b|\bW1 must\b", more=lambda: parts_spoilt())


def parts_spoilt():
    """Digits with one part spoilt: all of them must be refused."""
    made = {}
    for part, good in (("X_train", images()), ("y_train", labels()), ("X_valid", images()[:4])):
        for label in ("one row short", "turned round", "as list", "as text", "as objects", "NaN inside",
                      "masked good", "as table", "as complex", "flat"):  # fmt: skip
            if label in spoilt(good):
                made[f"{part} {label}"] = Spoilt(**vars(six(**{part: spoilt(good)[label]})))
    return made


class Spoilt(SimpleNamespace):
    """Digits that must be refused."""


def listed(good, n=None, none=True):
    """A list of n things of any kind."""

    def fits(value):
        if value is None:
            return none
        try:
            return not isinstance(value, (str, bytes, dict, set)) and (n is None or len(value) == n)
        except TypeError:
            return False

    return Param(lambda: list(good), fits)


# --------------------------------------------------------------------------------- the rows

ROWS = {}


def row(function, name=None, call=None, **settings):
    """Add a row: settings in capitals aside, each keyword is a parameter."""
    own = {k: settings.pop(k) for k in ("sound", "nan", "bare", "errors", "changes") if k in settings}
    name = name or f"{function.__module__}.{function.__qualname__}"
    ROWS[name] = Row(call or function, settings, **own)


# lesson 1
row(nnlib.scale_pixels, pixels=array(pixels, None, "fiub", lists=True, low=0, high=255, empty=True), dtype=DTYPE)
row(nnlib.one_hot, y=array(labels, (None,), "iu", low=0, high=2), n_classes=count(3, 3, 10**6),
    dtype=Param(lambda: np.float64, lambda v: v in (bool, int, float) or isinstance(v, np.dtype)))  # fmt: skip
row(nnlib.split_by_class, y=ANY_LABELS, rng=RNG, changes=("rng",),
    fractions=array(lambda: np.array([0.5, 0.25, 0.25]), (None,), "fi", low=0, high=1, lists=True))  # fmt: skip

# lesson 2
BARE = "one NumPy call on a page, the same for every kind of number"
row(nnlib.relu, Z=REAL, bare=BARE)
row(nnlib.sigmoid, Z=REAL, nan=True)
row(nnlib.tanh, Z=REAL, nan=True)
row(nnlib.init_params, sizes=listed(SIZES, none=False), init=function("he", said="init"), seed=SEED, dtype=DTYPE)
row(nnlib.check_shapes, params=LOOSE, X=ANY_X, y=Param(labels, lambda v: v is None or getattr(v, "shape", None) == (M,), more=lambda: spoilt(labels())))
row(nnlib.forward, params=LOOSE, X=ANY_X, activation=ACTIVATION, nan=True)
row(nnlib.predict, params=PARAMS, X=ONES, activation=ACTIVATION)
row(nnlib.accuracy, y=array(labels, (M,), "fiub", lists=True), y_hat=array(labels, (M,), "fiub", lists=True))

# lesson 3
row(nnlib.softmax, Z=REAL, nan=True)
row(nnlib.log_softmax, Z=array(logits, None, "fiub", lists=True, empty=True))
row(nnlib.cross_entropy, Z=array(logits, (M, None)), y=LABELS)

# lesson 4
A = Param(layers, lambda v: isinstance(v, (list, tuple)) and len(v) == 3, said=r"\bA\b|\bX\b|\bZ\b|\bW\d\b",
          more=lambda: {"a layer less": layers()[:2], "no layers at all": [], "the other order": layers()[::-1],
                        "lists inside": [a.tolist() for a in layers()], "text inside": [a.astype(str) for a in layers()],
                        "a row short": [*layers()[:2], layers()[2][1:]], "NaN in the logits": [*layers()[:2], layers()[2] * np.nan],
                        "a hidden row short": [layers()[0], layers()[1][1:], layers()[2]],
                        "None inside": [layers()[0], None, layers()[2]]})  # fmt: skip
row(nnlib.backward, params=LOOSE, A=A, y=LABELS, activation=ACTIVATION)
for name in ("relu", "sigmoid", "tanh"):
    row(getattr(importlib.import_module("nnlib.backprop"), f"{name}_derivative"), A=REAL, bare=BARE)
row(nnlib.numerical_gradient, f=function(lambda: 0.5), theta=array(images, None, finite=False, alike=False), h=number(1e-3, above=0),
    entries=optional(array(lambda: np.array([0, 2]), (None,), "iu", low=0, high=23, lists=True, empty=True)))  # fmt: skip
GRADIENT = array(logits, (M, 3), "fiub", lists=True, finite=False)
row(nnlib.relative_error, a=GRADIENT, n=GRADIENT, nan=True)
row(nnlib.gradient_check, params=PARAMS, X=ONES, y=LABELS, activation=ACTIVATION,
    backward=function(nnlib.backward), h=number(1e-5, above=0), n_entries=count(2), dtype=DTYPE)  # fmt: skip

# lesson 5
row(nnlib.batches, call=lambda **given: list(nnlib.batches(**given)), m=count(6), batch_size=count(2, none=True), rng=RNG,
    sound=lambda parts: len(parts) > 0)  # fmt: skip
CHANGED = {"changes": ("params", "state"), "nan": True}
ANY_RATE = number(0.25)
row(nnlib.update, params=STEPPED, grads=GRADS, learning_rate=ANY_RATE, state=anything(None), **CHANGED)
row(nnlib.add_l2, params=STEPPED, grads=GRADS, l2=number(0.5), nan=True)
STATE = Param(dict, lambda v: isinstance(v, dict))
BETA = number(0.5, at_least=0, at_most=1)
row(nnlib.momentum, params=STEPPED, grads=GRADS, learning_rate=ANY_RATE, state=STATE, beta=BETA, **CHANGED)
row(nnlib.adam, params=STEPPED, grads=GRADS, learning_rate=ANY_RATE, state=STATE, beta1=BETA, beta2=BETA,
    epsilon=number(1e-3, above=0, at_most=1), **CHANGED)  # fmt: skip
row(nnlib.train, params=PARAMS, digits=digits(), learning_rate=RATE, batch_size=count(4, none=True), epochs=count(2),
    activation=ACTIVATION, optimizer=function("sgd", more=lambda: {"unknown": "sdg"}), l2=number(0.25, at_least=0), seed=SEED,
    print_every=count(1, none=True), watch=function(lambda history: True, may=lambda v: v is None or callable(v)))  # fmt: skip

# lesson 6
row(nnlib.standard_error, accuracy=number(0.5, at_least=0, at_most=1), m=count(6))
row(nnlib.confusion_matrix, y=LABELS, y_hat=LABELS, n_classes=count(3, 3, 10**4))
row(nnlib.precision_recall_f1, C=C)
row(nnlib.most_confused, C=C, n=count(2))
row(nnlib.calibration, P=P, y=LABELS, n_bins=count(4, 1, 10**6), nan=True)

# files, threads, runs
row(nnlib.limit_threads, n=count(1, 1, 1024))
