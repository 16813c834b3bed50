"""The exercises' checks, tested with right answers, wrong ones, stubs, and mutants.

tests/answers holds the answers, tests/mutate.py makes the mutants.
"""

import contextlib
import importlib
import inspect
import io
import os
import random
import re
import threading
import time
import warnings
from functools import partial

import mutate
import numpy as np
import pandas as pd
import pytest

import nnlib
from nnlib.check import LESSONS, calling, progress, sealed
from nnlib.check.verdict import KINDS
from nnlib.check.written import Written

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
    for part in excused:  # none is excused that no longer survives
        assert any(part in s for s in survivors), part


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
        assert 10 < len(sentence) < 400 and max(map(len, shown.splitlines())) <= 88, sentence


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
        np.seterr(all="raise")
        warnings.simplefilter("error")
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


def test_a_verdict_shows_no_solution():
    for (task, _), (function, _) in ANSWERS.items():
        sentence = str(check(task)(function))
        assert "return " not in sentence or "`return …`" in sentence
        assert "nnlib" not in sentence and "def " not in sentence, sentence
