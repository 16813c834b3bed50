"""Every parameter of every public function has its row; every row is tried with odd values.

The rows stand in `rows.py`, the values and the judge in `doors.py`. A function or a parameter that
comes without its row fails here.
"""

import importlib
import inspect
import pkgutil

import numpy as np
import pytest
import rows
from conftest import TABLE
from doors import BAD, Row, count, fault, names_of, number

import nnlib
from nnlib import check

pytestmark = pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
CHECKS = [
    name for name in check.__all__ if name not in ("Verdict", "patient", "progress", "example")
]
TOOLS = {  # what isn't called by a reader, and why
    "nnlib.Runs": "takes no arguments; its methods have rows",
    "nnlib.backprop.relus_on": "part of gradient_check, which looks at all its arguments",
    "nnlib.backprop.compare_slopes": "part of gradient_check, which looks at all its arguments",
    "nnlib.training.measure": "part of train: forward, cross_entropy and accuracy, which have rows",
    "nnlib.plots.picture_class": "takes no arguments",
    "nnlib.plots.no_windows": "takes no arguments",
    "nnlib.plots.asked_by": "a look at who calls, by the class of our figures",
    "nnlib.labs.estimator.NetworkClassifier.fit": "scikit-learn's check_estimator",
    "nnlib.labs.estimator.NetworkClassifier.predict": "as fit",
    "nnlib.labs.estimator.NetworkClassifier.predict_proba": "as fit",
    "nnlib.labs.estimator.NetworkClassifier.predict_log_proba": "as fit",
    "nnlib.live.Pad.answer": "what the browser sends",
    "nnlib.live.RateLab.say": "what the lab says itself",
}


def own(module):
    """Return what a module defines for others: functions and classes, by name."""
    return {
        name: value
        for name, value in vars(module).items()
        if not name.startswith("_")
        and callable(value)
        and getattr(value, "__module__", "") == module.__name__
    }


def methods(name, cls):
    """Return the methods of a class that take arguments, by full name."""
    found = inspect.getmembers(cls, inspect.isroutine)
    return {
        f"{name}.{key}": value
        for key, value in found
        if (inspect.isfunction(value) or inspect.ismethod(value)) and not key.startswith("set_")
        if key in vars(cls) and not key.startswith("_") and names_of(value)
    }


def doors():
    """Return {name: callable} of everything public, found by looking."""
    found = {}
    for lesson in ("data", "network", "loss", "backprop", "training", "evaluation"):
        for name, value in own(importlib.import_module(f"nnlib.{lesson}")).items():
            found[f"nnlib.{lesson}.{name}"] = value
    for lab in pkgutil.iter_modules(nnlib.labs.__path__):
        for name, value in own(importlib.import_module(f"nnlib.labs.{lab.name}")).items():
            found[f"nnlib.labs.{lab.name}.{name}"] = value
    for room in (nnlib.plots,):
        found |= {f"nnlib.plots.{name}": value for name, value in own(room).items()}
    for name in nnlib.live.__all__:
        found[f"nnlib.live.{name}"] = getattr(nnlib.live, name)
    for name in nnlib.__all__:
        value = getattr(nnlib, name)
        if value not in found.values():
            found[f"nnlib.{name}" if isinstance(value, type) else full(value)] = value
    for name, value in list(found.items()):
        if isinstance(value, type) and not name.startswith("nnlib.labs.autograd"):
            found |= methods(name, value)
    found |= {f"nnlib.check.{name}": getattr(check, name) for name in CHECKS}
    return found


def full(function):
    return f"{function.__module__}.{function.__qualname__}"


DOORS = doors()
PLACES = [(name, parameter) for name, row in rows.ROWS.items() for parameter in row.params]


def missing(found, known):
    """Return the parameters that have no row, and the rows that no function has."""
    wanted = {
        f"{name}({parameter})"
        for name, function in found.items()
        if name not in TOOLS and not name.startswith("nnlib.check.")
        for parameter in names_of(function) or [""]
    }
    there = {f"{name}({p})" for name, row in known.items() for p in row.params or [""]}
    return sorted(wanted - there), sorted(there - wanted)


def test_every_parameter_of_every_public_function_has_its_row():
    assert len(DOORS) > 140 and len(PLACES) > 200
    without, too_many = missing(DOORS, rows.ROWS)
    assert not without, "give them a row in tests/rows.py"
    assert too_many == ["nnlib.History.predict(X)"]  # of what train returns
    assert set(TOOLS) <= set(DOORS)


def test_a_function_and_a_parameter_without_a_row_are_found():
    def one_hot(y, n_classes=10, dtype=float, new=None):
        return y

    found = DOORS | {"nnlib.data.one_hot": one_hot, "nnlib.data.newest": lambda: None}
    assert missing(found, rows.ROWS)[0] == ["nnlib.data.newest()", "nnlib.data.one_hot(new)"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch, capsys):
    """A folder of its own, into which whatever is taken for a path may write."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(rows.FOLDER, "tmp", tmp_path)


def values(parameter):
    """Yield what is tried in one place: label, value, whether it must, and may be taken."""
    yield "good", parameter.good(), True, True
    for label, value in parameter.must().items():
        yield f"{label}, as good", value, True, True
    for label, value in parameter.bad().items():
        yield label, value, False, may(parameter, value)


def may(parameter, value):
    """Return whether a value may be taken; one that can't even be looked at may not."""
    with np.errstate(all="ignore"):
        try:
            return bool(parameter.may(value))
        except Exception:
            return False


@pytest.mark.parametrize("name, parameter", PLACES, ids=[f"{n}({p})" for n, p in PLACES])
def test_an_argument_is_taken_or_refused_in_one_sentence(name, parameter):
    row, faults = rows.ROWS[name], []
    for label, value, must, good in values(row.params[parameter]):
        given = {other: param.good() for other, param in row.params.items()} | {parameter: value}
        found = fault(row, given, [parameter], must, good)
        TABLE.append(label)
        if found:
            faults.append(f"{label}: {found}")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_answers_whatever_it_is_given(name):
    judge = getattr(check, name)
    with_a_task = names_of(judge)[0] == "task"
    for label, make in BAD.items():
        for arguments in [(make(), 3), ("quiz 3.1", make())] if with_a_task else [(make(),)]:
            TABLE.append(label)
            verdict = judge(*arguments)
            assert not verdict.passed and 5 < len(str(verdict)) <= 400, (label, str(verdict)[:500])


def test_a_teachers_own_example_answers_whatever_it_is_given():
    for label, make in BAD.items():
        for arguments in [(make(), (1,), 2), (abs, make(), 2), (abs, (-1,), make())]:
            TABLE.append(label)
            try:
                text = str(check.example(*arguments))
            except ValueError as error:  # what the teacher gave, not the reader
                text = str(error)
                assert "arguments" in text or "wanted" in text, (label, text)
            assert 5 < len(text) <= 400, (label, text)


@pytest.mark.parametrize("name", ["patient", "progress"])
def test_what_is_asked_of_the_checks_is_there_or_refused(name):
    for label, make in BAD.items():
        if (name, label) not in {("progress", "None"), ("progress", "7")}:
            TABLE.append(label)
            with pytest.raises(ValueError, match=name if name == "patient" else "lesson") as error:
                getattr(check, name)(make())
            assert len(str(error.value)) <= 300, label


# The judge itself: what it must find, on functions that were made for it.

NUMBER = 3
SOURCE = """
def silent(n): return n
def changed(n): n[0] = 0; raise ValueError("n must be a count.")
def deep(n): return n + 1
def nan(n): return float("nan")
def long(n): raise ValueError(f"n is {n!r}.")
def nameless(n): raise ValueError("It must be a whole number.")
def lines(n): raise ValueError("n must be\\na count.")
def other(n): raise KeyError("n must be a count.")
def good(n): raise ValueError("n must be a count.")
"""


@pytest.mark.parametrize(
    "name, value, words",
    [
        ("silent", "text", "taken"),
        ("changed", np.ones(2), "changed half-way"),
        ("nan", NUMBER, "unsound"),
        ("long", "many words " * 99, "not one sentence"),
        ("nameless", "text", "names no argument"),
        ("lines", "text", "not one sentence"),
        ("other", "text", "no refusal"),
        ("good", "text", None),
    ],
)
def test_the_judge_finds_what_it_should(name, value, words):
    made = {"__name__": "nnlib.made"}
    exec(SOURCE, made)
    found = fault(
        Row(made[name], {"n": count(3)}),
        {"n": value},
        ["n"],
        may=value == 3 if np.isscalar(value) else False,
    )
    assert found is None if words is None else words in found, found


def test_the_judge_finds_errors_from_deep_inside():
    row = Row(lambda n: np.zeros(3) + np.zeros(n), {"n": count(3)})
    assert "deep inside" in fault(row, {"n": 5}, ["n"])
    assert "as good as any" in fault(row, {"n": 5}, ["n"], must=True)
    assert not number(0.5, above=0).may(-1) and number(0.5, above=0).may(7)
