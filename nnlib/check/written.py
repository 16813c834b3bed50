"""Tasks to write a function, and how an answer is judged.

A task is a right function, some cases (its arguments), and doubts: what a typical mistake is known
by, and the sentence that asks about it. A mistake is known by a wrong function that gives the same
results (`like`), by a look at the first wrong result (`when`), or by what was raised (`caught`).
"""

import ast
import copy
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from nnlib.check import calling
from nnlib.check.comparing import ABSOLUTE, RELATIVE, Raised, compare, described, same
from nnlib.check.verdict import Refused, Verdict

ERRORS = (  # part of an error's text, and what it often comes from
    (
        "values to unpack",
        "is that line for one number of layers only, or of things: would a loop do?",
    ),
    (
        "matmul: |not aligned",
        "the inner sizes of a product differ. Which of the two must be turned, or exchanged?",
    ),
    (
        "could not be broadcast",
        "entry by entry these shapes don't fit. Is `@` meant, or must one be a column, or one-hot?",
    ),
)
MOVED = " And an argument was changed on the way: is that meant?"
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
    error : a pattern, looked for in the text of what was raised
    """

    sentence: str
    like: Callable | None = None
    when: Callable | None = None
    vague: bool = False
    error: str = ""


def like(wrong, sentence):
    """Return a doubt that is known by what a wrong function gives."""
    return Doubt(sentence, like=wrong)


def when(symptom, sentence):
    """Return a doubt that is known by a look at the first wrong result."""
    return Doubt(sentence, when=symptom)


def perhaps(symptom, sentence):
    """Return a doubt like `when`, to be said only where nothing more particular fits."""
    return Doubt(sentence, when=symptom, vague=True)


def caught(pattern, sentence):
    """Return a doubt that is known by the text of the error that was raised."""
    return Doubt(sentence, error=pattern)


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
    also : pairs of another function that is as right, and what to say of it
    called : what the reader's function is called, if it has a name
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
    also: tuple = ()
    called: str = ""
    relative: float = RELATIVE
    absolute: float = ABSOLUTE

    @property
    def name(self):
        """The function's name."""
        return self.signature.split("(")[0]

    @property
    def called_as(self):
        """The signature, with the reader's own name."""
        return self.own + self.signature.removeprefix(self.name)

    @property
    def own(self):
        """The reader's own name of the function, or else the task's."""
        return self.called or self.name

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
    task = replace(task, called=calling.name_of(function))
    try:
        with calling.undisturbed(), calling.limited(calling.SECONDS):
            return Verdict(task.name, "right", examine(task, function))
    except Refused as refused:
        return Verdict(task.name, refused.kind, refused.sentence)
    except calling.TooLong:
        what = f"{task.own} still ran after {calling.SECONDS:g} seconds: does a loop never end?"
    except BaseException as error:  # what was returned raises when it is looked at
        what = f"what {task.own} returns can't be read: {calling.in_words(error)}."
    return Verdict(task.name, "wrong values", what)


def examine(task, function):
    """Return what can be said of a right function; refuse a wrong one."""
    cases, call_it = fitted(task, function)
    if calling.is_stub(function):
        raise Refused("not attempted", f"fill in {task.called_as} above, then run both cells.")
    given = copy.deepcopy(cases)
    results = [outcome(task, call_it, case) for case in given]
    wants = [known(task, task.right, case) for case in cases]
    for i, case in enumerate(cases):
        fault = difference(task, case, wants[i], results[i], function)
        if fault and fault.kind == "not attempted":
            raise fault
        if fault:
            moved = "" if unchanged(task, cases, given) else MOVED
            return as_right(task, cases, results) or refuse(task, cases, results, i, fault, moved)
    return task.praise + ("" if unchanged(task, cases, given) else CHANGED)


def unchanged(task, cases, given):
    """Return whether the arguments are as they were, or may be otherwise."""
    return task.changes or same(arrays(cases), arrays(given))


def as_right(task, cases, results):
    """Return the remark on an answer that is as right as the right one, or None."""
    for other, remark in task.also:
        if agrees(task, other, cases, results):
            return remark
    return None


def refuse(task, cases, results, i, fault, moved):
    """Refuse an answer: by its first fault, or by the doubt that fits it."""
    # where something of another kind came back, only a known function's result says more
    doubt = diagnosis(task, cases, results, i, looks=fault.kind != "wrong type")
    if isinstance(results[i], Raised) and not isinstance(results[i].error, Refused):
        doubt = doubt or about_error(task, results[i].error)
        said = fault.sentence.removesuffix(".")
        raise Refused(fault.kind, f"{said}: {doubt}" if doubt else fault.sentence)
    raise Refused(fault.kind, doubt or fault.sentence + moved)


def about_error(task, error):
    """Return the question that fits what was raised, or None."""
    known = [(doubt.error, doubt.sentence) for doubt in task.doubts if doubt.error]
    text = calling.in_words(error)
    return next((sentence for part, sentence in [*known, *ERRORS] if re.search(part, text)), None)


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
            "wrong type", f"it is called as {task.called_as}; yours takes {number} arguments."
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
            Refused("not attempted", f"{task.own} returns nothing: does it end in `return …`?")
        )
    if calling.is_open(result):
        return Raised(Refused("not attempted", f"{task.own} still returns a `...`."))
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
    name = task.returns or f"{task.own}({', '.join(words(a) for a in case)})"
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
        return Refused("not attempted", f"{task.own} still has a `...` where code should be.")
    what = ", ".join(words(argument) for argument in case)
    return Refused("wrong values", f"{task.own}({what}) raised {raised}.")


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


def diagnosis(task, cases, results, first, looks=True):
    """Return the sentence of the doubt that fits what was seen best, or None.

    A symptom counts where it is seen. Of wrong functions one that agrees in every case counts
    most; then one that agrees up to the first wrong result, whatever else is wrong as well.
    """
    for upto, vague in ((len(cases), False), (first + 1, False), (0, True)):
        for doubt in task.doubts:
            if doubt.like and upto and agrees(task, doubt.like, cases[:upto], results):
                return doubt.sentence
            asked = looks and doubt.when and doubt.vague == vague
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
    """Return whether a wrong function gives in every case what the reader's gives.

    That both raise says little, since errors look alike: a case where both give the same, and
    not the right result, is needed.
    """
    tolerance = dict(relative=task.relative, absolute=task.absolute)
    told = False
    for case, result in zip(cases, results):
        ours = known(task, wrong, case)
        if not same(ours, result, **tolerance):
            return False
        raised = isinstance(result, Raised) and not isinstance(result.error, Refused)
        told = told or not (raised or same(known(task, task.right, case), result, **tolerance))
    return told
