"""Checks: whether what you wrote in a task is right, and what to doubt where it isn't.

``nnlib.check.softmax(my_softmax)`` calls your function with a few small arrays and returns a
verdict: `verdict.kind`, `verdict.passed`, and a sentence. A check never raises, whatever your code
does, changes none of your arrays, and shows no solution. A loop that never ends is stopped after
five seconds, where the platform can interrupt one (not on Windows: there press Stop). Nothing
about you is stored or sent.
"""

from nnlib.check import (
    lab7,
    lab8,
    lab9,
    lab10,
    lab11,
    lab12,
    lab13,
    lesson1,
    lesson2,
    lesson3,
    lesson4,
    lesson5,
    lesson6,
)
from nnlib.check import progress as _progress
from nnlib.check.example import judge_example
from nnlib.check.goals import judge_goal
from nnlib.check.lab7 import deviation, init_leaky, signal_sizes
from nnlib.check.lab8 import adam, decayed_rate, momentum, nesterov, paired
from nnlib.check.lab9 import as_mnist, centre_of_mass, cut_out, ink_of
from nnlib.check.lab10 import bilinear, committee, dropout_masks, shift_images
from nnlib.check.lab11 import convolve, tensor_rows, tensor_tanh
from nnlib.check.lab12 import add_product, limit, operations
from nnlib.check.lab13 import alive, band, gradient_length
from nnlib.check.lesson1 import nearest_image, one_hot, prepare, scale_pixels, split_by_class
from nnlib.check.lesson2 import forward, init_he, mean_network, relu, sigmoid
from nnlib.check.lesson3 import cross_entropy, log_softmax, measure, softmax
from nnlib.check.lesson4 import (
    backward,
    numerical_gradient,
    relu_derivative,
    softplus_derivative,
)
from nnlib.check.lesson5 import add_l2, batches, train, update
from nnlib.check.lesson6 import confusion_matrix, precision_recall_f1, selective
from nnlib.check.museum import patient
from nnlib.check.progress import noted
from nnlib.check.quiz import questions
from nnlib.check.sealed import judge_choice, judge_value, judged
from nnlib.check.verdict import Verdict
from nnlib.check.whole import judge_network
from nnlib.plumbing.arguments import brief

__all__ = [
    "Verdict",
    "adam",
    "add_l2",
    "add_product",
    "alive",
    "answer",
    "as_mnist",
    "backward",
    "band",
    "batches",
    "bilinear",
    "centre_of_mass",
    "committee",
    "confusion_matrix",
    "convolve",
    "cross_entropy",
    "cut_out",
    "decayed_rate",
    "deviation",
    "dropout_masks",
    "example",
    "forward",
    "goal",
    "gradient_length",
    "init_he",
    "init_leaky",
    "ink_of",
    "limit",
    "log_softmax",
    "mean_network",
    "measure",
    "momentum",
    "nearest_image",
    "nesterov",
    "network",
    "numerical_gradient",
    "one_hot",
    "operations",
    "paired",
    "patient",
    "precision_recall_f1",
    "prepare",
    "progress",
    "relu",
    "relu_derivative",
    "scale_pixels",
    "selective",
    "shift_images",
    "sigmoid",
    "signal_sizes",
    "softmax",
    "softplus_derivative",
    "split_by_class",
    "tensor_rows",
    "tensor_tanh",
    "train",
    "update",
    "value",
]

LESSONS = {
    1: lesson1,
    2: lesson2,
    3: lesson3,
    4: lesson4,
    5: lesson5,
    6: lesson6,
    7: lab7,
    8: lab8,
    9: lab9,
    10: lab10,
    11: lab11,
    12: lab12,
    13: lab13,
}


def _named(table, task):
    """Return the task of that name from the lessons' tables or the quizzes, or None."""
    if not isinstance(task, str):
        return None
    if table == "CHOICES" and task.startswith("quiz "):
        return questions().get(task)
    for lesson in LESSONS.values():
        for known in getattr(lesson, table, ()):
            if known.task == task:
                return known
    return None


def _judged(table, judge, task, given):
    """Judge an answer to a task by its name."""
    known = _named(table, task)
    if known is None:
        name = brief(task)
        return Verdict(name, "wrong type", f"there is no task {name} of this kind.")
    return noted(judge(known, given))


def value(task, number):
    """Check a number, or a few, that you predicted or computed for a task of that name."""
    return _judged("VALUES", lambda known, given: judged(known, judge_value, given), task, number)


def answer(task, choice):
    """Check the letter that you chose, as in ``answer("patient A", "b")``."""
    return _judged("CHOICES", lambda known, given: judged(known, judge_choice, given), task, choice)


def goal(task, reached):
    """Check whether a training reached a task's goal: give its history, or the number found."""
    return _judged("GOALS", judge_goal, task, reached)


def example(function, arguments, wanted, in_place=False):
    """Check one example of your own, as in ``example(double, (np.array([1, 2]),), [2, 4])``.

    For a teacher's task, which this package doesn't know: what is wrong is told as elsewhere.

    Parameters
    ----------
    function : the reader's
    arguments : what it is called with, as a tuple; a copy is given to it
    wanted : what it should return: an array or number, or a tuple or list of these
    in_place : True where it should change its first argument instead, into `wanted`
    """
    return judge_example(function, arguments, wanted, in_place)


def network(parts=None, **named):
    """Check a whole network, part by part, as in ``network({"relu": my_relu, …})``."""
    return noted(judge_network(named or parts))


def progress(lesson=None):
    """Show a lesson's tasks as ticks; without a number, those of every lesson begun.

    Only what was checked since this kernel started counts: nothing is stored, nothing is sent.
    """
    return _progress.of({number: module.PAGE for number, module in LESSONS.items()}, lesson)
