"""Tasks to write a function, and how an answer is judged.

A task is a right function, some cases (its arguments), and doubts: what a typical mistake is known
by, and the sentence that asks about it. A mistake is known by a wrong function that gives the same
results (`like`), or by a look at the first wrong result (`when`).
"""

import ast
import copy
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nnlib.check import calling
from nnlib.check.comparing import ABSOLUTE, RELATIVE, Raised, compare, described, same
from nnlib.check.verdict import Refused, Verdict

CHANGED = " (It changes its argument in place, which who calls it may not expect.)"


@dataclass(frozen=True)
class Doubt:
    """A sentence, and what calls for it.

    Attributes
    ----------
    sentence : a question, as the reader might ask it
    like : a wrong function; the sentence is said where it gives what the reader's gives
    when : function of a case, the right and the reader's result, that looks for a symptom
    vague : True where the symptom has many causes: asked for last
    """

    sentence: str
    like: Callable | None = None
    when: Callable | None = None
    vague: bool = False


def like(wrong, sentence):
    """Return a doubt that is known by what a wrong function gives."""
    return Doubt(sentence, like=wrong)


def when(symptom, sentence):
    """Return a doubt that is known by a look at the first wrong result."""
    return Doubt(sentence, when=symptom)


def perhaps(symptom, sentence):
    """Return a doubt like `when`, to be said only where nothing more particular fits."""
    return Doubt(sentence, when=symptom, vague=True)


def call(function, *case):
    """Call a function as it is: the usual way to play a case."""
    return function(*case)


@dataclass(frozen=True)
class Written:
    """A task to write a function.

    Attributes
    ----------
    signature : as in "one_hot(y, n_classes=10)": an argument with a default may be left out
    right : a right function of this signature
    cases : tuples of arguments; small, of unequal sizes
    praise : what a right answer has shown
    doubts : the typical mistakes, the most particular ones first
    play : calls a function with a case and returns what is compared, or refuses
    returns : what the result is called in a sentence; else the call's own name
    changes : True where the function may change its arguments
    relative, absolute : tolerance
    """

    signature: str
    right: Callable
    cases: tuple
    praise: str
    doubts: tuple = ()
    play: Callable = call
    returns: str = ""
    changes: bool = False
    relative: float = RELATIVE
    absolute: float = ABSOLUTE

    @property
    def name(self):
        """The function's name."""
        return self.signature.split("(")[0]

    @property
    def arguments(self):
        """The names of the arguments, and {place: default} of those that may be left out."""
        arguments = ast.parse(f"def {self.signature}: ...").body[0].args
        names = [argument.arg for argument in arguments.args]
        first = len(names) - len(arguments.defaults)
        defaults = {first + i: ast.literal_eval(d) for i, d in enumerate(arguments.defaults)}
        return names, defaults


def judge(task, function):
    """Hold a reader's function against a task; whatever happens, return a Verdict."""
    try:
        with calling.undisturbed(), calling.limited(calling.SECONDS):
            return Verdict(task.name, "right", examine(task, function))
    except Refused as refused:
        return Verdict(task.name, refused.kind, refused.sentence)
    except calling.TooLong:
        what = f"{task.name} still ran after {calling.SECONDS:g} seconds: does a loop never end?"
    except BaseException as error:  # what was returned raises when it is looked at
        what = f"what {task.name} returns can't be read: {calling.in_words(error)}."
    return Verdict(task.name, "wrong values", what)


def examine(task, function):
    """Return what can be said of a right function; refuse a wrong one."""
    cases, call_it = fitted(task, function)
    if calling.is_stub(function):
        raise Refused("not attempted", f"fill in {task.signature} above, then run both cells.")
    given = copy.deepcopy(cases)
    results = [outcome(task, call_it, case) for case in given]
    wants = [known(task, task.right, case) for case in cases]
    for i, case in enumerate(cases):
        fault = difference(task, case, wants[i], results[i], function)
        if fault and fault.kind == "not attempted":
            raise fault
        if fault:
            raise Refused(fault.kind, diagnosis(task, cases, results, i) or fault.sentence)
    return task.praise + ("" if task.changes or same(arrays(cases), arrays(given)) else CHANGED)


def arrays(cases):
    """Return the arguments that are arrays or lists, so that they can be compared."""
    return [[a for a in case if isinstance(a, (np.ndarray, list))] for case in cases]


def fitted(task, function):
    """Return the cases that suit the arguments a function takes, and a way to call it."""
    if function is None or function is ...:
        raise Refused("not attempted", f"write {task.signature} above, then run both cells.")
    if not callable(function):
        what = described(function)
        raise Refused(
            "wrong type", f"give the function itself, without brackets after its name, not {what}."
        )
    names, defaults = task.arguments
    least, most = calling.takes(function, len(names))
    if least > len(names) or most < len(names) - len(defaults):
        number = f"{least}" if least == most else f"{least} to {most}"
        raise Refused(
            "wrong type", f"it is called as {task.signature}; yours takes {number} arguments."
        )
    missing = range(most, len(names))
    cases = [
        case
        for case in task.cases
        if len(case) >= least and all(case[i] == defaults[i] for i in missing if i < len(case))
    ]
    return cases, lambda *arguments: function(*arguments[:most])


def outcome(task, function, case):
    """Return what a function makes of a case: its result, or Raised."""
    try:
        result = task.play(function, *case)
    except (Exception, SystemExit, GeneratorExit, KeyboardInterrupt) as error:
        return Raised(error)
    if result is None:
        return Raised(
            Refused("not attempted", f"{task.name} returns nothing: does it end in `return …`?")
        )
    if calling.is_open(result):
        return Raised(Refused("not attempted", f"{task.name} still returns a `...`."))
    return result


_known = {}  # what the functions of this room make of the cases, which never changes


def known(task, function, case):
    """Return what a right or wrong function of ours makes of a case; worked out once."""
    key = task.name, id(function), id(case)
    if key not in _known:
        _known[key] = outcome(task, function, copy.deepcopy(case))
    return _known[key]


def difference(task, case, want, result, function):
    """Return a Refused where a result isn't what it should be, else None."""
    if isinstance(result, Raised):
        return refusal(task, case, result.error, function)
    name = task.returns or f"{task.name}({', '.join(words(a) for a in case)})"
    try:
        compare(want, result, name, task.relative, task.absolute)
    except Refused as refused:
        return refused
    return None


def refusal(task, case, error, function):
    """Return what a reader's function raised as a Refused."""
    if isinstance(error, Refused):
        return error
    raised = calling.in_words(error, function)
    if isinstance(error, NotImplementedError) or "ellipsis" in raised:
        return Refused("not attempted", f"{task.name} still has a `...` where code should be.")
    what = ", ".join(words(argument) for argument in case)
    return Refused("wrong values", f"{task.name}({what}) raised {raised}.")


def words(argument):
    """Return an argument in a few words: a small one whole, else its shape."""
    if isinstance(argument, np.ndarray):
        small = argument.size <= 6 and argument.ndim == 1
        return str(argument.tolist()) if small else f"shape {argument.shape}"
    if isinstance(argument, list):
        return "a list"
    if isinstance(argument, np.random.Generator):
        return "rng"
    return repr(argument) if isinstance(argument, (str, int, float, tuple)) else "f"


def diagnosis(task, cases, results, first):
    """Return the sentence of the doubt that fits what was seen best, or None.

    A symptom counts where it is seen. Of wrong functions one that agrees in every case counts
    most; then one that agrees up to the first wrong result, whatever else is wrong as well.
    """
    for upto, vague in ((len(cases), False), (first + 1, False), (0, True)):
        for doubt in task.doubts:
            if doubt.like and upto and agrees(task, doubt.like, cases[:upto], results):
                return doubt.sentence
            asked = doubt.when and doubt.vague == vague
            if asked and applies(task, doubt.when, cases[first], results[first]):
                return doubt.sentence
    return None


def applies(task, symptom, case, result):
    """Return whether a symptom is seen; one that can't be looked for isn't."""
    if isinstance(result, Raised):
        return False
    try:
        want = known(task, task.right, case)
        return bool(symptom(copy.deepcopy(case), want, result))
    except Exception:
        return False


def agrees(task, wrong, cases, results):
    """Return whether a wrong function gives in every case what the reader's gives."""
    tolerance = dict(relative=task.relative, absolute=task.absolute)
    return all(
        same(known(task, wrong, case), result, **tolerance) for case, result in zip(cases, results)
    )
