"""Tasks that ask for a training that reaches something."""

import numbers
from collections.abc import Callable
from dataclasses import dataclass

from nnlib.check import calling
from nnlib.check.comparing import described
from nnlib.check.verdict import Refused, Verdict, must


@dataclass(frozen=True)
class Goal:
    """A task to reach a goal.

    Attributes
    ----------
    task : its name
    look : function of the reader's answer that returns the praise, or refuses
    takes : "history" or "number"
    """

    task: str
    look: Callable
    takes: str = "history"


def judge_goal(task, answer):
    """Look at a training's history, or at a number; whatever it is, return a Verdict."""
    try:
        if calling.is_open(answer):
            raise Refused("not attempted", "put your answer in place of the `...` above.")
        must_be_what_is_wanted(task, answer)
        with calling.undisturbed():
            return Verdict(task.task, "right", task.look(answer))
    except Refused as refused:
        return Verdict(task.task, refused.kind, refused.sentence)
    except Exception as error:
        what = f"the answer can't be read: {calling.in_words(error)}."
        return Verdict(task.task, "wrong type", what)


def must_be_what_is_wanted(task, answer):
    """Refuse an answer of another kind."""
    if task.takes == "number":
        fits = isinstance(answer, numbers.Real) and not isinstance(answer, bool)
        wanted = "a number"
    else:
        fits = all(hasattr(answer, name) for name in ("rows", "params", "settings", "activation"))
        wanted = "what `train` returned, its history,"
    must(fits, f"{wanted} is wanted, and this is {described(answer)}.", "wrong type")
