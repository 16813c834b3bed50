"""The exercises' checks, tested with right answers, wrong ones, stubs, and mutants.

tests/answers holds the answers, tests/mutate.py makes the mutants.
"""

import importlib
import inspect
import os
import random
import re
import subprocess
import sys
import threading
import time
import warnings
from functools import partial

import mutate
import numpy as np
import pandas as pd
import pytest

import nnlib
from nnlib.check import LESSONS, calling, sealed
from nnlib.check.progress import forget
from nnlib.check.quiz import questions
from nnlib.check.verdict import KINDS
from nnlib.check.written import Written
from nnlib.labs.autograd import Tensor, gradients
from nnlib.plumbing.environment import WIDTH

MODULES = [
    importlib.import_module(f"answers.{module.__name__.rsplit('.', 1)[1]}")
    for module in LESSONS.values()
]
ANSWERS = {  # (task, "right_…"): (function, its module)
    tuple(name.split("__")): (function, module)
    for module in MODULES
    for name, function in vars(module).items()
    if "__" in name and inspect.isfunction(function)
}
TASKS = {
    task.name: task
    for module in LESSONS.values()
    for task in vars(module).values()
    if isinstance(task, Written)
}
RIGHT = [key for key in ANSWERS if not key[1].startswith("wrong")]
WRONG = [key for key in ANSWERS if key[1].startswith("wrong")]


def check(task):
    """Return the check of a task, from outside."""
    return getattr(nnlib.check, task)


def test_every_task_has_its_check_a_solution_three_right_answers_and_four_wrong_ones():
    for task in TASKS:
        mine = [style for name, style in ANSWERS if name == task]
        assert "solution" in mine and callable(check(task)), task
        assert sum(style.startswith("right") for style in mine) >= 3, task
        assert sum(style.startswith("wrong") for style in mine) >= 4, task
        assert len(TASKS[task].doubts) >= 4 or TASKS[task].play is not None, task
    assert {task for task, _ in ANSWERS} <= set(TASKS)


@pytest.mark.parametrize("task, style", RIGHT, ids=str)
def test_a_right_answer_is_right(task, style):
    verdict = check(task)(ANSWERS[task, style][0])
    assert verdict.kind == "right" and verdict.passed, str(verdict)


@pytest.mark.parametrize("task, style", WRONG, ids=str)
def test_a_wrong_answer_gets_its_sentence(task, style):
    function = ANSWERS[task, style][0]
    verdict = check(task)(function)
    assert not verdict.passed and verdict.kind in KINDS[1:4], str(verdict)
    assert function.__doc__ in str(verdict), str(verdict)


def test_typical_mistakes_get_different_sentences():
    """At least four of each task's, and each a doubt or an error that was raised."""
    for task in TASKS:
        said = {
            str(check(task)(function))
            for (name, style), (function, _) in ANSWERS.items()
            if name == task and style.startswith("wrong")
        }
        assert len(said) >= 4, task
        for sentence in said:
            assert "?" in sentence or "raised" in sentence or "should" in sentence, sentence


# ---------------------------------------------------------------- mutants

LAST_AXIS = "of a matrix, axis -1 is axis 1"
NEGATIVE = "NumPy takes any negative size for -1, as long as it does"
MANY = "one random number more or less of many"
EITHER = "np.maximum(a, b) is np.maximum(b, a)"
EQUIVALENT = {  # task: {a part of the mutated line: why it is as right}
    "nearest_image": {
        "mean(axis=1)": "the smallest mean is the smallest sum",
        "sum(axis=-1)": LAST_AXIS,
        "(x - X_train) ** 2": "a square has no sign",
    },
    "relu": {"np.maximum(0, Z)": EITHER},
    "sigmoid": {"np.where(Z > 0": "at 0 both branches give a half"},
    "forward": {"np.maximum(0, Z)": EITHER},
    "mean_network": {"sum(axis=-1)": LAST_AXIS},
    "softmax": {"(axis=-1, keepdims=True)": LAST_AXIS},
    "log_softmax": {"(axis=-1, keepdims=True)": LAST_AXIS},
    "cross_entropy": {"(axis=-1, keepdims=True)": LAST_AXIS},
    "measure": {"np.maximum(0, A @ W + b)": EITHER, "argmax(axis=-1)": LAST_AXIS},
    "numerical_gradient": {
        "h=-1e-05": "numerator and denominator both change their sign",
        "np.ones_like(theta)": "every entry is overwritten",
    },
    "backward": {
        "if l >= 0": "one step more on the way back, whose result is not used",
        "if l > -1": "one step more on the way back, whose result is not used",
        "P.shape[-1]": LAST_AXIS,
    },
    "train": {"pass": "without `return params`: they were changed in place"},
    "confusion_matrix": {"np.zeros((n_classes, n_classes))": "counts as real numbers"},
    "precision_recall_f1": {
        "np.maximum(1, ": EITHER,
        "sum(axis=-1)": LAST_AXIS,
        "C.sum(axis=1), 2)": "a class that is there or called once in all has no right answer",
    },
    "selective": {"max(axis=-1)": LAST_AXIS},
    "operations": {"zip(sizes[1:], sizes[:-1])": "n k is k n"},
    "limit": {"min(bytes * intensity": EITHER},
    "deviation": {"size=100001": MANY, "size=99999": MANY, "default_rng(1)": "another seed"},
    "adam": {"- 1e-08)": "far below any slope here", "+ -1e-08)": "far below any slope here"},
    "shift_images": {"max(abs(right), abs(down))": EITHER, "-28": NEGATIVE},
    "bilinear": {
        "np.clip(-1, ": "clip takes the middle one of three, in any order",
        "-28": NEGATIVE,
        "((0, 1), (1, 2), (1, 2))": "a blank image more, that nobody looks up",
        "(1, 3)": "a frame wider than it has to be",
        "-2, 28) + 1": "place -1 is the frame on the other side: paper as well",
        "fields[:, -1]": "of two fields, -1 is 1",
    },
    "ink_of": {"np.median(border) - page": "only how far apart they are counts"},
    "cut_out": {">= 0.05": "no ink is exactly 0.05", "any(axis=-1)": LAST_AXIS},
    "centre_of_mass": {
        "np.arange(h) @": "a product of two vectors has no order",
        "np.arange(w) @": "a product of two vectors has no order",
        "sum(axis=-1)": LAST_AXIS,
    },
    "as_mnist": {
        "max(round(": "max(a, b) is max(b, a)",
        "max(w, h)": "max(a, b) is max(b, a)",
        "-14 - round": "of 28 rows, row -14 is row 14",
    },
    "dropout_masks": {"> p": "no number drawn is exactly p"},
    "convolve": {"-28": NEGATIVE},
}


@pytest.mark.parametrize("task", TASKS)
def test_no_mutant_of_a_solution_is_right(task, monkeypatch):
    monkeypatch.setattr(calling, "SECONDS", 0.5)
    function, module = ANSWERS[task, "solution"]
    found, survivors = mutate.mutants(inspect.getsource(function)), []
    for what, text in found:
        namespace = dict(vars(module))
        exec(compile(text, "a mutant", "exec"), namespace)
        if check(task)(namespace[f"{task}__solution"]).passed:
            survivors.append(what)
    excused = EQUIVALENT.get(task, {})
    assert len(found) >= 3
    assert [s for s in survivors if not any(part in s for part in excused)] == []
    for part, why in excused.items():  # none is excused that no longer survives
        assert why.startswith("NumPy") or any(part in s for s in survivors), part


def test_a_mutant_is_made_of_every_kind():
    """Operators, comparisons, constants, axes, order, dropped statements, swapped arguments."""
    source = (
        "def f(a, b):\n    c = a.T @ b - 1\n    if c.sum(axis=0) > 2:\n        c = g(c, a, h=3)\n"
        "    return -c"
    )
    made = " ".join(what for what, _ in mutate.mutants(source))
    for kind in (
        "Sub to Add", "MatMult to Mult", "Gt to GtE", "0 to 1", "1 to 2", "operands of Sub",
        "operands of MatMult", "Return dropped", "Assign dropped", "arguments swapped",
        "keyword dropped", "transposition dropped", "sum to mean", "minus dropped",
    ):  # fmt: skip
        assert kind in made, kind


# ---------------------------------------------------------------- whatever the reader's code does


def stubs(arguments):
    """Return ways to leave a function unwritten."""
    bodies = ("...", "pass", "return None", "return ...", "raise NotImplementedError", "'do it'")
    for body in bodies:
        namespace = {}
        exec(f"def stub({arguments}):\n    {body}", namespace)
        yield namespace["stub"]


@pytest.mark.parametrize("task", TASKS)
def test_a_stub_is_not_attempted(task):
    names = ", ".join(TASKS[task].arguments[0])
    for stub in [*stubs(names), lambda *arguments: None, None, ...]:
        verdict = check(task)(stub)
        assert verdict.kind == "not attempted" and not verdict.passed, str(verdict)


@pytest.mark.parametrize("task", TASKS)
def test_a_stub_is_told_its_own_name(task):
    """What is to be filled in is the reader's function, `my_softmax(Z)`."""
    namespace = {}
    exec(f"def my_{task}({', '.join(TASKS[task].arguments[0])}):\n    ...", namespace)
    verdict = check(task)(namespace[f"my_{task}"])
    assert verdict.sentence.startswith(f"fill in my_{TASKS[task].signature} above"), str(verdict)
    assert "not attempted: write" in str(check(task)(None))


def test_a_half_filled_stub_is_not_attempted():
    def my_softmax(Z):
        E = ...
        return E / E.sum()

    def my_relu(Z):
        return [...]

    for verdict in (check("softmax")(my_softmax), check("relu")(my_relu)):
        assert verdict.kind == "not attempted" and "`...`" in str(verdict), str(verdict)


def test_a_forgotten_return_is_asked_about():
    def my_softmax(Z):
        P = np.exp(Z)
        P / P.sum()

    assert "does it end in `return …`?" in str(check("softmax")(my_softmax))


class Odd:
    """An object that raises whatever is asked of it."""

    def __getattribute__(self, name):
        raise RuntimeError("no")

    def __len__(self):
        raise KeyboardInterrupt

    def __iter__(self):
        raise SystemExit

    def __array__(self, *arguments, **keywords):
        raise MemoryError

    def __repr__(self):
        raise ValueError


class Unspeakable(Exception):
    def __str__(self):
        raise RuntimeError


def raises(error):
    def function(*arguments):
        raise error

    return function


def gives(value):
    return lambda *arguments: value


def recursive(*arguments):
    return recursive(*arguments)


RAISE = [
    ValueError("x"), KeyError("Z"), RecursionError(), KeyboardInterrupt(), SystemExit(1),
    GeneratorExit(), Unspeakable(), StopIteration(), BaseException("base"), MemoryError(),
]  # fmt: skip
VALUES = [
    Odd(), "text", b"bytes", {}, {"W": 1}, set(), object(), type, print, 1j, np.array([1j]),
    np.array(["a"]), np.array([None]), [], (), [[]], [[1, 2], [3]], [None], float("nan"), 10**400,
    -1, True, np.float32(3), np.zeros((0, 3)), np.zeros((2, 2, 2)), pd.Series([1, 2]),
    pd.DataFrame([[1.0]]), range(3), iter([1, 2]), (x for x in "ab"), np.ma.array([1, 2]),
    np.zeros(3, "datetime64[s]"), np.zeros(2, [("a", int)]), slice(None), [Odd()], [(Odd(), Odd())],
]  # fmt: skip
FUZZ = [raises(e) for e in RAISE] + [gives(v) for v in VALUES] + [recursive, int, np.exp, Odd, len]
FUZZ += [Odd(), 3, "softmax", np.zeros(3), [print], partial(np.sum), partial(gives(3), 1, 2)]


@pytest.mark.parametrize("task", [*TASKS, "network"])
def test_a_check_never_raises(task):
    for function in FUZZ:
        verdict = check(task)(function)
        assert verdict.kind in KINDS[:4], (task, verdict.kind)
        sentence, shown = str(verdict), repr(verdict)
        assert 10 < len(sentence) < 400 and max(map(len, shown.splitlines())) <= WIDTH, sentence


@pytest.mark.parametrize("task", TASKS)
def test_another_type_and_another_shape_are_told_apart_from_wrong_values(task):
    solution = ANSWERS[task, "solution"][0]

    def misshapen(*arguments):
        result = solution(*arguments)
        if inspect.isgenerator(result):
            result = list(result)
        return with_an_axis_more(arguments[0] if result is None else result)

    for value in ("text", {}, {"W": 1}, object(), 1j):
        assert check(task)(gives(value)).kind == "wrong type", (value, check(task)(gives(value)))
    verdict = check(task)(misshapen)
    assert verdict.kind == "wrong shape", str(verdict)


def with_an_axis_more(result):
    """Return a result whose first array has one axis too many."""
    if isinstance(result, (list, tuple)):
        return type(result)([with_an_axis_more(result[0]), *result[1:]])
    if hasattr(result, "paths"):  # lab 11's Tensor
        return type(result)(result.value[None], result.paths)
    return np.asarray(result)[None]


def test_what_was_raised_is_said_with_its_line():
    def my_softmax(Z):
        E = np.exp(Z)
        return E / undefined  # noqa: F821

    verdict = check("softmax")(my_softmax)
    line = my_softmax.__code__.co_firstlineno + 2
    assert verdict.kind == "wrong values"
    assert f"NameError (name 'undefined' is not defined), in line {line}" in str(verdict)


def test_functions_of_another_arity_are_the_wrong_type():
    for function in (lambda: 0, lambda Z, y, z: 0):
        verdict = check("softmax")(function)
        assert verdict.kind == "wrong type" and "softmax(Z)" in str(verdict)


ENDLESS = {
    "softmax": "while True: pass",
    "update": "while True:\n        try: pass\n        except: pass",
}


@pytest.mark.parametrize("task", ENDLESS)
@pytest.mark.skipif(not hasattr(calling.signal, "setitimer"), reason="Windows can't interrupt")
def test_an_endless_loop_is_stopped(task, monkeypatch):
    monkeypatch.setattr(calling, "SECONDS", 0.2)
    namespace = {}
    exec(f"def endless(*arguments):\n    {ENDLESS[task]}", namespace)
    start = time.monotonic()
    verdict = check(task)(namespace["endless"])
    assert verdict.kind == "wrong values" and "never end" in str(verdict)
    assert time.monotonic() - start < 2


@pytest.mark.skipif(not hasattr(calling.signal, "setitimer"), reason="Windows can't interrupt")
def test_an_alarm_of_somebody_else_goes_on():
    rung = []
    before = calling.signal.signal(calling.signal.SIGALRM, lambda *_: rung.append(1))
    calling.signal.setitimer(calling.signal.ITIMER_REAL, 0.1)
    try:
        assert check("relu")(nnlib.relu).passed
        time.sleep(0.2)
        assert rung == [1]
    finally:
        calling.signal.setitimer(calling.signal.ITIMER_REAL, 0)
        calling.signal.signal(calling.signal.SIGALRM, before)


def test_in_another_thread_a_check_works_without_the_limit():
    found = []
    thread = threading.Thread(target=lambda: found.append(check("softmax")(nnlib.softmax)))
    thread.start()
    thread.join()
    assert found[0].passed


def test_nothing_global_is_changed():
    """Not by the check, and not by what a reader's function leaves behind."""

    def my_softmax(Z):
        np.random.seed(1)  # noqa: NPY002
        random.seed(1)
        np.seterr(over="raise")
        warnings.simplefilter("always")
        Z += 1
        return nnlib.softmax(Z)

    def state():
        kept = np.random.get_state()[1].tolist(), random.getstate()  # noqa: NPY002
        return kept, np.geterr(), os.getcwd(), list(warnings.filters)

    before = state()
    verdicts = [check("softmax")(my_softmax) for _ in range(2)]
    assert state() == before
    assert verdicts[0] == verdicts[1]
    assert verdicts[0].passed and "changes its argument" in str(verdicts[0])


def test_the_cases_stay_as_they_are():
    """A function that overwrites all it is given spoils nothing for the next one."""

    def spoils(*arguments):
        for argument in arguments:
            if isinstance(argument, np.ndarray):
                argument[...] = 0
            if isinstance(argument, list):
                argument.clear()
        return 0

    for task in TASKS:
        check(task)(spoils)
        assert check(task)(ANSWERS[task, "solution"][0]).passed, task


def test_a_check_prints_nothing_of_its_own_and_lets_the_reader_print(capsys):
    def my_relu(Z):
        print("shape", Z.shape)
        return nnlib.relu(Z)

    assert check("relu")(my_relu).passed
    assert check("softmax")(ANSWERS["softmax", "wrong_columns"][0]).kind == "wrong values"
    printed = capsys.readouterr()
    assert set(re.findall(r"^\w+", printed.out, re.M)) == {"shape"} and printed.err == ""


def test_what_a_reader_prints_is_cut(capsys):
    def my_relu(Z):
        print("x" * 1500)
        return nnlib.relu(Z)

    assert check("relu")(my_relu).passed
    printed = capsys.readouterr().out
    assert printed.count("x") in range(1990, 2001) and printed.endswith("… (cut)\n")


def test_sentences_name_the_readers_function():
    def my_relu(Z):
        return np.maximum(Z, 0) + 0.1

    def my_softmax(Z):
        print(np.exp(Z))

    assert "my_relu(" in str(check("relu")(my_relu))
    assert "my_softmax returns nothing: does it end in" in str(check("softmax")(my_softmax))


def test_a_tuple_where_one_array_is_wanted():
    for task in ("softmax", "relu", "cross_entropy", "numerical_gradient"):
        solution = ANSWERS[task, "solution"][0]
        verdict = check(task)(lambda *arguments: (solution(*arguments), 0))  # noqa: B023
        assert "a tuple of 2 things; one" in str(verdict), str(verdict)


def test_two_errors_of_one_type_are_not_one_mistake():
    """Whatever raises in every case gets no doubt that a wrong function is known by."""
    for task in TASKS:
        liked = [doubt.sentence for doubt in TASKS[task].doubts if doubt.like]
        for error in (ValueError, TypeError, IndexError):
            verdict = check(task)(raises(error("by hand")))
            assert not any(sentence in str(verdict) for sentence in liked), str(verdict)
            assert "(by hand), in line" in str(verdict), str(verdict)


def test_a_verdict_shows_no_solution():
    for (task, _), (function, _) in ANSWERS.items():
        sentence = str(check(task)(function))
        assert "return " not in sentence or "`return …`" in sentence
        assert "nnlib" not in sentence and "def " not in sentence, sentence


# ---------------------------------------------------------------- numbers, choices, goals


def all_of(table):
    """Return the tasks of one kind of all lessons."""
    quiz = list(questions().values()) if table == "CHOICES" else []
    return [t for module in LESSONS.values() for t in getattr(module, table, ())] + quiz


@pytest.fixture(scope="module")
def solved(digits):
    """What the tasks with a number ask for, computed here."""
    X, y, X_valid, y_valid = digits.X_train, digits.y_train, digits.X_valid, digits.y_valid
    M = np.array([X[y == j].mean(axis=0) for j in range(10)])
    Z = X_valid @ M.T - 0.5 * (M**2).sum(axis=1)
    D = (X**2).sum(axis=1) - 2 * X_valid @ X.T
    w, b = M[4] - M[9], -(M[4] + M[9]) @ (M[4] - M[9]) / 2
    T = np.arange(1, 51) / 10
    errors = [nnlib.standard_error(p, 1000) for p in (0.92, 0.93)]
    x = Tensor(2.0)
    return {
        "pixels without ink": (X == 0).all(axis=0).sum(),
        "most ink": X.mean(axis=1).argmax(),
        "nearest image": np.mean(y[D.argmin(axis=1)] == y_valid),
        "4 against 9": (X_valid[y_valid == 4] @ w + b > 0).sum()
        + (X_valid[y_valid == 9] @ w + b < 0).sum(),
        "weights and biases": sum(W.size + b.size for W, b in nnlib.init_params([784, 30, 20, 10])),
        "five classes": nnlib.cross_entropy(np.zeros((4, 5)), np.array([0, 2, 4, 1])),
        "equal scores": nnlib.softmax(np.array([[5.0] * 4, [0.0] * 4]))[:, 0],
        "best temperature": T[np.argmin([nnlib.cross_entropy(Z / t, y_valid) for t in T])],
        "slopes at x = 0": (0.0, nnlib.sigmoid(np.array(-0.3)) - 1),
        "two networks": np.hypot(*errors),
        "how many paths": gradients(x * x * Tensor(5.0) + x, [x])[0],
    }


def test_a_right_number_is_right_in_any_type(solved):
    assert set(solved) == {task.task for task in all_of("VALUES")}
    for task, number in solved.items():
        for form in (number, np.float64(number), np.asarray(number), np.array(number).tolist()):
            verdict = nnlib.check.value(task, form)
            assert verdict.kind == "right" and len(str(verdict)) > 20, str(verdict)


def test_a_typical_wrong_number_gets_its_own_sentence(solved):
    for task in all_of("VALUES"):
        assert len(task.wrong) >= 4 and len(set(task.wrong.values())) >= 4, task.task
        for wrong, sentence in task.wrong.items():
            verdict = nnlib.check.value(task.task, wrong)
            assert verdict.kind == "wrong values" and verdict.sentence == sentence
            assert "?" in sentence and sentence != task.praise, sentence


def test_numbers_that_are_out_in_a_usual_way(solved):
    for number, words in ((-88, "its sign"), (8800, "per cent"), (0.88001, "divided by 100")):
        assert words in str(nnlib.check.value("4 against 9", number)) or number == 0.88001
    assert "per cent" in str(nnlib.check.value("nearest image", 92.8))
    assert "make 1 together" in str(nnlib.check.value("nearest image", 0.072))
    assert "not it yet" in str(nnlib.check.value("4 against 9", 51))
    assert "a minus missing" in str(nnlib.check.value("five classes", -1.6094))
    for close in (87, 89, 87.5):
        assert not nnlib.check.value("4 against 9", close).passed


def test_rounded_numbers_are_nearly_right():
    for task, number in (
        ("five classes", 1.61), ("five classes", 1.6), ("slopes at x = 0", [0, -0.57]),
        ("slopes at x = 0", [0, -0.574]), ("nearest image", 0.93), ("weights and biases", 24400),
    ):  # fmt: skip
        verdict = nnlib.check.value(task, number)
        assert verdict.kind == "wrong values" and "nearly: is it rounded?" in str(verdict), task
    assert "four decimals" in str(nnlib.check.value("five classes", 1.61))
    for task, number in (
        ("five classes", 1.65), ("five classes", 1e300), ("slopes at x = 0", [0, -0.6]),
        ("slopes at x = 0", [0.3, -0.57]), ("4 against 9", 87),
    ):  # fmt: skip
        assert "not it yet" in str(nnlib.check.value(task, number)), (task, number)


def test_half_an_answer_and_text_are_told():
    half = nnlib.check.value("slopes at x = 0", [0, ...])
    assert half.kind == "not attempted" and "one of the two is still `...`" in str(half)
    for text in (["0", "-0.5744"], [0, "-0.5744"]):
        assert "the list holds text" in str(nnlib.check.value("slopes at x = 0", text))
    assert "did x, and so p" in str(nnlib.check.value("slopes at x = 0", [-0.6636, -0.3318]))
    assert "was it printed" in str(nnlib.check.value("five classes", print()))
    assert "a logarithm of 0" in str(nnlib.check.value("five classes", np.inf))


KINDS_OF_ANSWERS = [
    ("not attempted", [..., None, [...]]),
    ("wrong type", ["88", len, True, Odd(), 1j, {}, object(), 10**400, Unspeakable()]),
    ("wrong shape", [[1, 2], np.zeros((2, 2)), []]),
    ("wrong values", [float("nan"), float("inf"), -1e308, 0]),
]


def test_an_answer_of_any_kind_ends_in_a_verdict():
    for kind, answers in KINDS_OF_ANSWERS:
        for answer in answers:
            verdict = nnlib.check.value("4 against 9", answer)
            assert verdict.kind == kind and len(str(verdict)) > 20, str(verdict)


def test_choices_are_told_apart():
    for task in all_of("CHOICES"):
        assert {sealed.seal(task.task, letter) for letter in task.letters} == set(task.sentences)
        verdicts = {letter: nnlib.check.answer(task.task, letter) for letter in task.letters}
        assert [v.kind for v in verdicts.values()].count("right") == 1, task.task
        assert len({v.sentence for v in verdicts.values()}) == len(task.letters)
        for letter, verdict in verdicts.items():
            assert verdict.passed != ("?" in verdict.sentence), verdict.sentence
            assert nnlib.check.answer(task.task, f" ({letter.upper()}) ") == verdict
        for other, kind in (
            (..., "not attempted"), ("", "not attempted"), ("z", "wrong type"), (3, "wrong type"),
            ("ab", "wrong type"), (Odd(), "wrong type"), (None, "not attempted"),
        ):  # fmt: skip
            assert nnlib.check.answer(task.task, other).kind == kind, (task.task, other)


def test_the_source_does_not_give_a_letter_away():
    """The sentences stand in the order of their hashes, not of their letters."""
    for task in all_of("CHOICES"):
        assert list(task.sentences) == sorted(task.sentences), task.task


def test_a_task_that_is_not_known_says_so():
    for verdict in (
        nnlib.check.value("x", 1),
        nnlib.check.answer("x", "a"),
        nnlib.check.goal(3, 1),
    ):
        assert verdict.kind == "wrong type" and "there is no task" in str(verdict)
    with pytest.raises(ValueError, match="A to J"):
        nnlib.check.patient("Z")
    with pytest.raises(ValueError, match="choose one of 1, 2"):
        nnlib.check.progress(99)


@pytest.fixture(scope="module")
def short(digits):
    """A training that reads about 0.9 with 20 hidden units."""
    return nnlib.train(nnlib.init_params([784, 20, 10]), digits, epochs=2)


def run(short, sizes=(784, 20, 10), scores=(0.5, 0.94), diverged=None):
    """Return a history's look-alike."""
    from types import SimpleNamespace

    rows = [{"valid_accuracy": score} for score in scores]
    return SimpleNamespace(
        rows=rows, params=nnlib.init_params(list(sizes)), settings=short.settings,
        activation="relu", diverged=diverged,
    )  # fmt: skip


def test_twenty_units(short):
    goal = partial(nnlib.check.goal, "twenty units")
    assert goal(run(short)).passed and goal(run(short, (784, 12, 8, 10))).passed
    for answer, words in (
        (run(short, (784, 32, 10)), "32 hidden units"),
        (run(short, (784, 10)), "no hidden layer"),
        (run(short, scores=(0.94, 0.92)), "it once read 0.940"),
        (run(short, scores=(0.5, 0.92)), "What holds weights back?"),
        (run(short, scores=(0.5, 0.8)), "more epochs"),
        (run(short, diverged="it did"), "too large"),
    ):
        assert words in str(goal(answer)) and goal(answer).kind == "wrong values"
    assert goal(short).kind == "wrong values"
    for answer in (0.95, "x", len, Odd(), short.params):
        assert goal(answer).kind == "wrong type"
    assert goal(...).kind == goal(None).kind == "not attempted"


def test_the_largest_rate(monkeypatch):
    goal = partial(nnlib.check.goal, "largest rate")
    assert goal(0.2).passed
    monkeypatch.setattr(LESSONS[5], "worst_of_three", lambda rate: 0.88 if rate < 0.3 else 0.4)
    for rate, words in (
        (0.2, "right: "), (0.06, "so does"), (0.5, "below 0.85"), (-1, "negative"),
        (0.001, "too slowly"), (30, "a tenth"), (True, "wrong type"), ("0.2", "wrong type"),
        (..., "not attempted"), (float("nan"), "wrong values"),
    ):  # fmt: skip
        assert words in str(goal(rate)), str(goal(rate))


def test_adams_rate(digits):
    goal = partial(nnlib.check.goal, "adam's rate")
    first, quiet = nnlib.init_params([784, 10, 10]), lambda history: False
    for rate, settings, words in (
        (0.003, {"optimizer": "adam"}, "right: a loss of 0.17 at a rate of 0.003"),
        (0.003, {"optimizer": "adam", "epochs": 1}, "with another seed, or more epochs?"),
        (0.0003, {"optimizer": "adam", "epochs": 2}, "does a larger rate help?"),
        (0.1, {"optimizer": "adam", "epochs": 2}, "How large are the weights?"),
        (0.1, {"epochs": 1}, "this is sgd"),
        (0.003, {"optimizer": "adam", "epochs": 11}, "11 epochs"),
    ):
        verdict = goal(nnlib.train(first, digits, rate, watch=quiet, **settings))
        assert words in str(verdict) and verdict.passed == words.startswith("right"), str(verdict)
    large = nnlib.init_params([784, 8, 3, 10])
    verdict = goal(nnlib.train(large, digits, epochs=1, optimizer="adam", watch=quiet))
    assert "11 hidden units" in str(verdict)
    assert goal(...).kind == "not attempted" and goal(0.003).kind == "wrong type"


# ---------------------------------------------------------------- patients, parts, progress


def test_each_patient_has_its_fault(digits):
    """What the cards call symptoms is there; the answers' letters stand in the tasks."""
    X, y, rng = digits.X_train, digits.y_train, np.random.default_rng(0)
    patients = {letter: nnlib.check.patient(letter) for letter in "ABCDEFGHIJ"}
    mixed, labels = patients["A"](X, np.arange(len(y)), rng)
    assert not np.array_equal(X[labels], mixed) and sorted(labels) == list(range(len(y)))
    params = nnlib.init_params([784, 10, 10])
    params[-1][1][:] = np.arange(10)
    assert patients["B"](params, X[:10])[-1].shape == (10, 10)
    assert not np.allclose(patients["B"](params, X[:10])[-1], nnlib.forward(params, X[:10])[-1])
    with pytest.raises(ValueError, match="broadcast"):
        patients["B"](params, X[:11])
    assert np.allclose(patients["C"](X[:5, 300:320]).sum(axis=0), 1)
    small = np.random.default_rng(1)
    network = [(small.normal(0, 0.7, (i, o)), small.normal(0, 0.5, o)) for i, o in ((7, 5), (5, 3))]
    images, classes = small.random((6, 7)), np.array([0, 2, 1, 1, 0, 2])
    for letter, wrong in (("D", ["W1", "b1"]), ("E", ["b1", "b2"])):
        report = nnlib.gradient_check(network, images, classes, backward=patients[letter])
        assert [row["array"] for row in report.rows if not row["passed"]] == wrong
    history = nnlib.train(params, digits, epochs=1, optimizer=patients["F"])
    assert (history.params[0][1] == 0).all() and (history.params[0][0] != params[0][0]).any()
    shuffled = rng.permutation(digits.y_test)
    assert (patients["G"](X, y, digits.X_test, shuffled) == shuffled).all()
    W = patients["H"](rng, 100, 50)
    assert W.min() >= 0 and W.shape == (100, 50)
    theta = [(np.zeros((2, 3)), np.zeros(3))]
    state = {}
    for _ in range(2):
        patients["I"](theta, [(np.ones((2, 3)), np.ones(3))], 0.1, state)
    assert np.allclose(theta[0][0], -0.2) and state == {}
    assert patients["J"](X[:3], rng).shape == (3, 784)


PARTS = ("one_hot", "init_he", "relu", "softmax", "cross_entropy", "forward", "backward",
         "batches", "update")  # fmt: skip


def test_a_whole_network_is_checked_part_by_part():
    right = {name: ANSWERS[name, "solution"][0] for name in PARTS}
    for style in ("solution", "right"):
        parts = {
            name: next(f for (task, s), (f, _) in ANSWERS.items() if task == name and style in s)
            for name in PARTS
        }
        assert nnlib.check.network(parts).passed, str(nnlib.check.network(parts))
    assert nnlib.check.network(**right).passed
    for done, name in enumerate(PARTS):
        verdict = nnlib.check.network({k: v for k, v in right.items() if k != name})
        assert verdict.kind == "not attempted" and f"{done} of 9 parts" in str(verdict)
        wrong = next(f for (t, s), (f, _) in ANSWERS.items() if t == name and "wrong" in s)
        verdict = nnlib.check.network(right | {name: wrong})
        assert not verdict.passed and f"next, {name}: " in str(verdict)
    assert nnlib.check.network({"relus": 1}).kind == "wrong type"
    assert nnlib.check.network({}).kind == nnlib.check.network(...).kind == "not attempted"


def test_parts_that_are_right_alone_and_not_together():
    """A part that behaves only as long as it is checked."""
    calls = []

    def update(params, grads, learning_rate):
        calls.append(1)
        if len(calls) > 3:
            raise RuntimeError("tired")
        return nnlib.update(params, grads, learning_rate)

    right = {name: ANSWERS[name, "solution"][0] for name in PARTS}
    verdict = nnlib.check.network(right | {"update": update})
    assert verdict.kind == "wrong values" and "together they stop: RuntimeError" in str(verdict)


def test_progress_shows_ticks_for_this_kernel_only():
    forget()
    everything = repr(nnlib.check.progress())
    assert "✓" not in everything and "Lesson 6: 0 of 6" in everything
    nnlib.check.softmax(nnlib.softmax)
    nnlib.check.cross_entropy(...)
    assert repr(nnlib.check.progress()).startswith("Lesson 3: 1 of 6")
    assert "✓ softmax" in repr(nnlib.check.progress(3)) and "\n" in repr(nnlib.check.progress(3))
    nnlib.check.softmax(...)  # a tick once earned stays
    assert "✓ softmax" in repr(nnlib.check.progress(3))
    assert max(map(len, everything.splitlines())) <= WIDTH
    forget()


def test_every_task_of_a_page_has_its_check():
    for module in LESSONS.values():
        named = {
            t.task for table in ("VALUES", "CHOICES", "GOALS") for t in getattr(module, table, ())
        }
        assert 4 <= len(module.PAGE) <= 6 and len(set(module.PAGE)) == len(module.PAGE)
        for task in module.PAGE:
            assert task in named or callable(getattr(nnlib.check, task, None)), task
    names = [t.task for table in ("VALUES", "CHOICES", "GOALS") for t in all_of(table)]
    assert len(set(names)) == len(names)


def test_the_room_is_loaded_when_it_is_touched():
    code = (
        "import sys, nnlib\n"
        "assert 'nnlib.check' not in sys.modules\n"
        "assert nnlib.check.relu(nnlib.relu).passed\n"
        "assert 'nnlib.check' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
