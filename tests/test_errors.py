"""Bad input to every public function ends in one clear sentence, never in a deep error or a NaN."""

import re

import numpy as np
import pytest
from conftest import random_network

import nnlib
from nnlib import (
    accuracy,
    backward,
    batches,
    calibration,
    check_shapes,
    confusion_matrix,
    cross_entropy,
    forward,
    gradient_check,
    init_params,
    limit_threads,
    load_digits,
    load_params,
    most_confused,
    numerical_gradient,
    one_hot,
    precision_recall_f1,
    predict,
    relative_error,
    resume,
    save_params,
    softmax,
    standard_error,
    train,
)

NAN, INF = float("nan"), float("inf")
RNG = np.random.default_rng(1)
P = random_network([7, 5, 3])
(W1, b1), (W2, b2) = P
X, Y = RNG.random((6, 7)), np.array([0, 2, 1, 1, 0, 2])
A = forward(P, X)
Z = A[-1]
C = np.array([[5, 1, 0], [0, 4, 2], [1, 0, 6]])
RATES = {"zero": 0, "negative": -0.1, "NaN": NAN, "inf": INF, "text": "0.1", "True": True,
         "None": None, "list": [0.1], "array": np.array([0.1]), "complex": 1j,
         "huge": 10**400}  # fmt: skip
COUNTS = {"0": 0, "negative": -3, "2.5": 2.5, "2.0": 2.0, "text": "3", "True": True, "NaN": NAN,
          "list": [3]}  # fmt: skip
SIZES = {"0 units": [7, 0, 3], "negative": [7, -5, 3], "2.5 units": [7, 2.5, 3], "text": "784",
         "text inside": [7, "5", 3], "one layer": [7], "none": [], "a number": 7, "None": None,
         "True inside": [7, True, 3], "a set": {7, 5, 3}, "a table": np.ones((2, 2), int),
         "an array of one number": np.array(7)}  # fmt: skip
NAMES = {"unknown": "Relu", "None": None, "number": 3, "list": ["relu"], "empty": ""}

BAD_X = {  # what is wrong: (images, words expected, does forward see it too: it looks at shapes)
    "one image as a vector": (X[0], "X", True),
    "images 28 by 28": (X.reshape(6, 7, 1), "X", True),
    "empty": (X[:0], "X", True),
    "a column short": (X[:, 1:], "W1", True),
    "turned round": (X.T, "W1", True),
    "list": (X.tolist(), "X", True),
    "one number": (0.5, "X", True),
    "None": (None, "X", True),
    "text": ("X", "X", True),
    "no pixels": (X[:, :0], "(6, 0)|W1", True),
    "NaN": (np.where(X == X[4, 2], NAN, X), r"X\[4, 2\] is nan", False),
    "infinity": (np.where(X == X[4, 2], INF, X), r"X\[4, 2\] is inf", False),
    "bytes": ((X * 255).astype(np.uint8), "divide the pixels by 255", False),
    "whole numbers": ((X * 255).astype(int), "divide the pixels by 255", False),
    "0…255 as real numbers": (np.round(X * 255), "divide the pixels by 255", False),
    "half precision": (X.astype(np.float16), r"X.astype\(np.float32\)", False),
    "complex": (X * 1j, "X", False),
    "objects": (X.astype(object), "X", False),
}
BAD_Y = {  # what is wrong: (labels, words expected)
    "above": (np.array([0, 2, 1, 3, 0, 2]), r"y\[3\] is 3"),
    "far above": (Y + 2**40, r"y\[0\] is \d+"),
    "negative": (np.array([0, 2, -1, 1, 0, 2]), r"y\[2\] is -1"),
    "one-hot": (np.eye(3)[Y], "y"),
    "one-hot of whole numbers": (np.eye(3, dtype=int)[Y], "y"),
    "a column": (Y[:, None], "y"),
    "a row": (Y[None], "y"),
    "real numbers": (Y.astype(float), "y .*integer"),
    "yes and no": (Y > 0, "y .*integer"),
    "text": (Y.astype(str), "y .*integer"),
    "list": (Y.tolist(), "y .*list"),
    "one short": (Y[:-1], "y"),
    "one": (Y[:1], "y"),
    "empty": (Y[:0], "y"),
    "one number": (np.int64(1), "y"),
    "None": (None, "y"),
}
# forward and backward run in the hot loop and look at shapes alone; what kind of thing params is,
# is checked at the doors: train, predict, gradient_check, save_params
BAD_PARAMS = {  # what is wrong: (params, words expected, does forward see it too)
    "None": (None, "params", False),
    "no layers": ([], "params", False),
    "a number": (3, "params", False),
    "text": ("weights", "params", False),
    "a dict": ({"W1": W1, "b1": b1}, "params", False),
    "an array": (W1, "params", False),
    "one pair, not in a list": ((W1, b1), "params", False),
    "the arrays in a row": ([W1, b1, W2, b2], "params", False),
    "three in a layer": ([(W1, b1, b1), (W2, b2)], "params", False),
    "lists": ([(W.tolist(), b.tolist()) for W, b in P], "W1", False),
    "no bias": ([(W1, None), (W2, b2)], "b1", False),
    "layers swapped": (P[::-1], "W1", True),
    "W turned round": ([(W1.T, b1), (W2, b2)], "W1", True),
    "b as a row": ([(W1, b1[None]), (W2, b2)], "b1", True),
    "b as a column": ([(W1, b1[:, None]), (W2, b2)], "b1", True),
    "b of one": ([(W1, b1), (W2, b2[:1])], "b2", True),
    "b as a number": ([(W1, b1), (W2, np.array(0.0))], "b2", True),
    "whole numbers": ([(W1.astype(int), b1), (W2, b2)], "W1", False),
    "NaN": ([(W1, b1), (np.where(W2 == W2[0, 0], NAN, W2), b2)], "W2 holds NaN", False),
    "infinity": ([(W1, b1 + INF), (W2, b2)], "b1 holds NaN or infinity", False),
}
BAD_ARRAYS = {"list": [[0.1, 0.9]], "None": None, "text": "abc", "a number": 0.5}
BAD_C = {"list": C.tolist(), "vector": C[0], "not square": C[:2], "None": None,
         "negative": C - 3, "NaN": C * NAN, "empty": C[:0, :0]}  # fmt: skip
BAD_NUMBERS_P = {"vector": np.array([0.2, 0.8]), "list": [[0.2, 0.8]], "NaN": np.full((6, 3), NAN),
                 "logits": Z * 50, "empty": np.zeros((0, 3))}  # fmt: skip


def digits(**changed):
    """Return small digits with some of the parts changed."""
    parts = {"X_train": X, "y_train": Y, "X_valid": X, "y_valid": Y, "X_test": X, "y_test": Y}
    return nnlib.Digits(**(parts | changed), name="six")


D = digits()
CALLS = []  # (function, what is wrong, call, words expected)


def add(function, table, call, words=None):
    """Add one row for each entry of a table: a value, or a tuple of a value and words."""
    for what, entry in table.items():
        value, expected = entry[:2] if words is None else (entry, words)
        CALLS.append((function, what, lambda value=value: call(value), expected))


def forward_sees(table):
    return {what: entry for what, entry in table.items() if entry[2]}


def renamed(table, name):
    """Return a table of bad X or y with another name in the words."""
    return {
        what: (value, re.sub(r"\b[Xy]\b", name, words))
        for what, (value, words, *_) in table.items()
    }


add("init_params", SIZES, lambda v: init_params(v), "sizes")
add("init_params", NAMES, lambda v: init_params([7, 3], v), "init=.*he, xavier, uniform, zeros")
add("init_params", COUNTS | {"0": None}, lambda v: init_params([7, 3], seed=v), "seed")
add("init_params", {"int": int, "text": "x", "uint8": np.uint8, "complex": complex, "bool": bool},
    lambda v: init_params([7, 3], dtype=v), "dtype")  # fmt: skip

for name, call in {
    "forward": lambda p, x: forward(p, x),
    "predict": lambda p, x: predict(p, x),
    "check_shapes": lambda p, x: check_shapes(p, x),
}.items():
    see = (lambda t: t) if name == "predict" else forward_sees
    add(name, see(BAD_X), lambda v, call=call: call(P, v))
    add(name, see(BAD_PARAMS), lambda v, call=call: call(v, X))
for name, call in {
    "forward": lambda v: forward(P, X, v),
    "predict": lambda v: predict(P, X, v),
    "backward": lambda v: backward(P, A, Y, v),
    "gradient_check": lambda v: gradient_check(P, X, Y, v),
    "train": lambda v: train(P, D, activation=v),
    "save_params": lambda v: save_params("never written", P, v),
}.items():
    names = {w: v for w, v in NAMES.items() if v is not None or name != "save_params"}
    add(name, names, call, "activation=.*relu, sigmoid, tanh")  # to save_params None says "relu"

add("accuracy", {"lengths": Y[:-1], "one": Y[:1], "one-hot": np.eye(3)[Y], "empty": Y[:0],
                 "None": None, "number": 1, "column": Y[:, None]},
    lambda v: accuracy(Y, v), "two vectors of one length")  # fmt: skip
add("accuracy", {"both empty": Y[:0], "both one-hot": np.eye(3)[Y], "both None": None},
    lambda v: accuracy(v, v), "two vectors of one length")  # fmt: skip

add("cross_entropy", BAD_ARRAYS | {"vector": Z[0], "whole numbers": Z.astype(int), "empty": Z[:0]},
    lambda v: cross_entropy(v, Y), "Z")  # fmt: skip
add("cross_entropy", BAD_Y, lambda v: cross_entropy(Z, v))

add("backward", BAD_Y, lambda v: backward(P, A, v))
add("backward", {w: (v, rf"{words}|A\[1\]")
                 for w, (v, words, _) in forward_sees(BAD_PARAMS).items()},
    lambda v: backward(v, A, Y))  # fmt: skip

add("gradient_check", BAD_X, lambda v: gradient_check(P, v, Y))
add("gradient_check", BAD_Y, lambda v: gradient_check(P, X, v))
add("gradient_check", BAD_PARAMS, lambda v: gradient_check(v, X, Y))
add("gradient_check", RATES, lambda v: gradient_check(P, X, Y, h=v), "h must be")
add("gradient_check", COUNTS, lambda v: gradient_check(P, X, Y, n_entries=v), "n_entries")
add("gradient_check", {"int": int, "text": "x"},
    lambda v: gradient_check(P, X, Y, dtype=v), "dtype")  # fmt: skip
add("gradient_check", {
    "nothing": lambda *a: None,
    "no layers": lambda *a: [],
    "one layer of two": lambda *a: backward(*a)[:1],
    "one layer too many": lambda *a: backward(*a) * 2,
    "weights only": lambda *a: [dW for dW, _ in backward(*a)],
    "db as a row": lambda *a: [(dW, db[None]) for dW, db in backward(*a)],
    "dW turned round": lambda *a: [(dW.T, db) for dW, db in backward(*a)],
}, lambda v: gradient_check(P, X, Y, backward=v), "d[Wb]1|gradients|backward")  # fmt: skip
add("gradient_check", {"None": None, "text": "backward"},
    lambda v: gradient_check(P, X, Y, backward=v), "backward")  # fmt: skip

add("numerical_gradient", {"whole numbers": np.arange(3), "list": [1.0], "number": 1.0},
    lambda v: numerical_gradient(lambda: 0.0, v), "theta")  # fmt: skip
add("numerical_gradient", RATES, lambda v: numerical_gradient(lambda: 0.0, np.ones(2), v), "h must")
add("relative_error", {"another shape": np.ones(3), "one": np.ones(1), "row": np.ones((1, 2))},
    lambda v: relative_error(np.ones(2), v), "shape")  # fmt: skip

for part in ("train", "valid"):
    add("train", renamed(BAD_X, f"X_{part}") if part == "valid" else
        {w: (v, words.replace("X", "X|X_train")) for w, (v, words, _) in BAD_X.items()},
        lambda v, part=part: train(P, digits(**{f"X_{part}": v})))  # fmt: skip
    add("train", {w: (v, rf"y|y_{part}") for w, (v, _) in BAD_Y.items()},
        lambda v, part=part: train(P, digits(**{f"y_{part}": v})))  # fmt: skip
add("train", BAD_PARAMS, lambda v: train(v, D))
add("train", RATES, lambda v: train(P, D, v), "learning_rate")
add("train", {w: v for w, v in RATES.items() if w != "zero"}, lambda v: train(P, D, l2=v), "l2")
add("train", COUNTS, lambda v: train(P, D, batch_size=v), "batch_size")
add("train", COUNTS | {"None": None}, lambda v: train(P, D, epochs=v), "epochs")
add("train", COUNTS, lambda v: train(P, D, print_every=v), "print_every")
add("train", COUNTS | {"0": -1}, lambda v: train(P, D, seed=v), "seed")
add("train", NAMES, lambda v: train(P, D, optimizer=v), "optimizer=.*sgd, momentum, adam")
add("init_params", {"another shape": lambda rng, a, b: np.zeros((b, a)),
                    "NaN": lambda rng, a, b: np.full((a, b), NAN),
                    "nothing": lambda rng, a, b: None, "text": lambda rng, a, b: "he"},
    lambda v: init_params([7, 3], init=v), r"init must return.*\(7, 3\)")  # fmt: skip
add("train", {"a name": "stop", "a number": 3}, lambda v: train(P, D, watch=v), "watch must be")
add("train", {"None": None, "a tuple": (X, Y), "a number": 3, "a name": "bundled", "X": X},
    lambda v: train(P, v), "digits|X_train")  # fmt: skip
add("train", {"weights far too large": [(W1 * 1e200, b1), (W2 * 1e200, b2)]},
    lambda v: train(v, D), "not finite before the first step")  # fmt: skip
add("batches", COUNTS, lambda v: list(batches(6, v, RNG)), "batch_size")

add("one_hot", {w: e for w, e in BAD_Y.items() if w not in ("one short", "one")},
    lambda v: one_hot(v, 3))  # fmt: skip
add("one_hot", COUNTS, lambda v: one_hot(Y, v), "n_classes")
add("load_digits", {"None": None, "a number": 5, "bytes": b"mnist", "a list": ["mnist"], "X": X},
    lambda v: load_digits(v), "source")  # fmt: skip
add("load_digits", {"misspelt": "minst", "another case": "MNIST", "empty": "", "a folder": "/"},
    lambda v: load_digits(v), "There is no file .* 'bundled', 'mnist'")  # fmt: skip
add("load_digits", COUNTS, lambda v: load_digits(n_valid=v), "n_valid")
add("load_digits", COUNTS | {"0": None}, lambda v: load_digits(seed=v), "seed")
add("load_digits", {"int": int, "uint8": np.uint8, "text": "x", "number": 64},
    lambda v: load_digits(dtype=v), "dtype")  # fmt: skip

add("confusion_matrix", BAD_Y, lambda v: confusion_matrix(v, Y, 3))
add("confusion_matrix", renamed(BAD_Y, "y_hat"), lambda v: confusion_matrix(Y, v, 3))
add("confusion_matrix", COUNTS, lambda v: confusion_matrix(Y, Y, v), "n_classes")
add("precision_recall_f1", BAD_C, lambda v: precision_recall_f1(v), "C")
add("most_confused", BAD_C, lambda v: most_confused(v), "C")
add("most_confused", COUNTS, lambda v: most_confused(C, v), "n must be")
add("calibration", BAD_NUMBERS_P, lambda v: calibration(v, Y), "P")
add("calibration", BAD_Y, lambda v: calibration(softmax(Z), v))
add("calibration", COUNTS, lambda v: calibration(softmax(Z), Y, v), "n_bins")
add("standard_error", {"above 1": 1.5, "negative": -0.1, "NaN": NAN, "text": "0.9", "None": None},
    lambda v: standard_error(v, 100), "accuracy")  # fmt: skip
add("standard_error", COUNTS, lambda v: standard_error(0.9, v), "m must be")

add(
    "save_params",
    {w: (v, f"{words}|layer") for w, (v, words, _) in BAD_PARAMS.items()},
    lambda v: save_params("never written", v),
)
add("save_params", {"None": None, "a number": 3, "a list": ["w.npz"], "bytes": b"w"},
    lambda v: save_params(v, P), "path")  # fmt: skip
DONE = train(P, D, epochs=1)
add("resume", {"None": None, "weights": P, "a path": "w.npz"}, lambda v: resume(v, D), "History")
add("resume", COUNTS, lambda v: resume(DONE, D, v), "epochs")
add("resume", COUNTS, lambda v: resume(DONE, D, 1, print_every=v), "print_every")
add("resume", {"None": None, "a number": 3, "a tuple": (X, Y)}, lambda v: resume(DONE, v), "images")
add("resume", {"another": nnlib.adam, "a name": "adam", "a number": 3},
    lambda v: resume(DONE, D, 1, optimizer=v), "steps with sgd")  # fmt: skip
add("resume", {"a name": "stop", "a number": 3}, lambda v: resume(DONE, D, 1, watch=v), "watch")
add("load_params", {"None": None, "a number": 3, "a list": ["w.npz"], "bytes": b"w"},
    lambda v: load_params(v), "path")  # fmt: skip
add("load_params", {"not there": "none.npz", "empty": "", "a folder": "/"},
    lambda v: load_params(v), "no file")  # fmt: skip
add("limit_threads", COUNTS, lambda v: limit_threads(v), "n must be")

# Several arguments at once, or an argument that only another makes wrong.
CALLS += [
    ("load_digits", "too many to validate", lambda: load_digits(n_valid=4500), "too few"),
    ("check_shapes", "y short", lambda: check_shapes(P, X, Y[:-1]), r"y must be \(6,\)"),
    ("check_shapes", "y one-hot", lambda: check_shapes(P, X, np.eye(3)[Y]), r"y must be \(6,\)"),
    ("train", "label for a unit that is not there",
     lambda: train(random_network([7, 2]), D), r"y_train\[1\] is 2"),
    ("save_params", "no such folder", lambda: save_params("no/such/w.npz", P), "no folder"),
]  # fmt: skip


@pytest.mark.parametrize("function", [nnlib.softmax, nnlib.log_softmax])
@pytest.mark.parametrize("Z", [[[2.0, 1.0, 0.1]], [2.0, 1.0, 0.1], [2, 1, 0], ((1, 2), (3, 4))])
def test_a_list_of_logits_is_as_good_as_an_array(function, Z):
    np.testing.assert_array_equal(function(Z), function(np.array(Z, float)))


@pytest.mark.parametrize(
    "function, what, call, words", CALLS, ids=[f"{f}: {w}" for f, w, *_ in CALLS]
)
def test_bad_input_ends_in_one_sentence(function, what, call, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = [a.copy() for pair in P for a in pair]
    with pytest.raises((ValueError, OSError)) as error:
        call()
    text = str(error.value)
    assert "\n" not in text and text.endswith("."), text
    assert re.search(words, text), text
    assert "nnlib" in error.traceback[-1].path.parts, "not nnlib's own sentence"
    assert all((a == b).all() for a, b in zip(before, [a for pair in P for a in pair]))
    assert list(tmp_path.iterdir()) == []
