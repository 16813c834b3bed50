"""Tasks whose answer is a number or a choice. The right one is stored as a hash.

A hash hides nothing from who computes it, but nobody reads an answer off the source by accident.
`python -m nnlib.check.sealed TASK ANSWER` prints the hash of a new one.
"""

import hashlib
import math
import sys
from dataclasses import dataclass, field

import numpy as np

from nnlib.check import calling
from nnlib.check.comparing import as_array, described
from nnlib.check.verdict import Refused, Verdict


def seal(task, answer):
    """Return the hash of an answer: a choice's letter, or a number in its last digit's units."""
    return hashlib.sha256(f"nnlib, {task}: {answer}".encode()).hexdigest()[:10]


@dataclass(frozen=True)
class Value:
    """A task whose answer is a number, or a few.

    Attributes
    ----------
    task : its name
    seals : the hash of each number, in units of its last digit
    digits : decimals that count; 0 for a whole number
    wrong : {number: sentence} of the typical wrong ones
    praise : what a right answer means
    """

    task: str
    seals: tuple
    digits: int
    praise: str
    wrong: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Choice:
    """A task with a few answers to choose from.

    Attributes
    ----------
    task : its name
    right : the hash of the right letter
    sentences : {hash of a letter: what to say to who chose it}
    letters : the choices there are
    """

    task: str
    right: str
    sentences: dict
    letters: str = "abcd"


def judged(task, judge, answer):
    """Judge an answer; whatever it is, return a Verdict."""
    try:
        if answer is None:
            what = "the answer is None: was it printed, and nothing returned or kept?"
            raise Refused("not attempted", what)
        if calling.is_open(answer):
            raise Refused("not attempted", "put your answer in place of the `...` above.")
        with calling.undisturbed():
            return Verdict(task.task, "right", judge(task, answer))
    except Refused as refused:
        return Verdict(task.task, refused.kind, refused.sentence)
    except Exception as error:
        what = f"the answer can't be read: {calling.in_words(error)}."
        return Verdict(task.task, "wrong type", what)


def judge_value(task, answer):
    """Return the praise where the numbers are right, else refuse."""
    if callable(answer):
        raise Refused("wrong type", "this is a function: what does it give when you call it?")
    must_hold_numbers(answer)
    numbers = as_array(answer, "the answer")
    if numbers.dtype.kind == "b":
        raise Refused("wrong type", "the answer should be a number, and is True or False.")
    if numbers.size != len(task.seals):
        wanted = "one number" if len(task.seals) == 1 else f"{len(task.seals)} numbers"
        raise Refused("wrong shape", f"{wanted} wanted; the answer has shape {numbers.shape}.")
    numbers = [float(number) for number in numbers.ravel()]
    if not all(map(math.isfinite, numbers)):
        raise Refused(
            "wrong values",
            "the answer is not a finite number: a division by 0, a logarithm of 0, or an exp that "
            "is too large?",
        )
    if all(is_sealed(task, number, s) for number, s in zip(numbers, task.seals)):
        return task.praise
    raise Refused("wrong values", doubt(task, numbers))


def must_hold_numbers(answer):
    """Refuse a list that is half filled, or that holds text."""
    if isinstance(answer, (list, tuple)):
        if any(part is ... for part in answer):
            of = "one of the two" if len(answer) == 2 else "one of them"
            raise Refused("not attempted", f"{of} is still `...`.")
        if any(isinstance(part, str) for part in answer):
            raise Refused("wrong type", "the list holds text: a number needs no quotes.")


def is_sealed(task, number, sealed):
    """Return whether a number is the sealed one, up to one unit of its last digit."""
    scaled = round(number * 10.0**task.digits, 6)
    if not math.isfinite(scaled):
        return False
    if task.digits == 0 and scaled != round(scaled):
        return False
    return sealed in {seal(task.task, whole) for whole in (math.floor(scaled), math.ceil(scaled))}


def is_nearly(task, number, sealed):
    """Return whether a number is within about 1 % of the sealed one; a count must be large."""
    scaled = number * 10.0**task.digits
    if abs(scaled) > 1e6 or (task.digits == 0 and abs(scaled) < 1000):
        return is_sealed(task, number, sealed)
    reach = math.ceil(abs(scaled) / 99)
    near = range(math.floor(scaled) - reach, math.ceil(scaled) + reach + 1)
    return any(seal(task.task, whole) == sealed for whole in near)


DECIMALS = ("", "one decimal", "two decimals", "three decimals", "four decimals")
USUAL = (  # what numbers are often out by, whatever the task
    (lambda x: -x, "the number is right but for its sign: is a minus missing, or one too many?"),
    (lambda x: x / 100, "is that per cent? A share lies between 0 and 1."),
    (lambda x: 100 * x, "this is a hundredth of it: was it divided by 100 once too often?"),
    (lambda x: 1 - x, "is that the share of the others? Yours and the right one make 1 together."),
)


def doubt(task, numbers):
    """Return the sentence for a wrong number: a typical one's own, or how it is out."""
    close = 0.51 * 10.0**-task.digits if task.digits else 0.005
    for wrong, sentence in task.wrong.items():
        if np.allclose(numbers, wrong, rtol=0, atol=close):
            return sentence
    for change, sentence in USUAL:
        if all(is_sealed(task, change(n), s) for n, s in zip(numbers, task.seals)):
            return sentence
    if all(is_nearly(task, n, s) for n, s in zip(numbers, task.seals)):
        decimals = f", or with {DECIMALS[task.digits]}" if task.digits else ""
        return f"nearly: is it rounded? Give the number as computed{decimals}."
    shown = ", ".join(f"{n:.{task.digits}f}" for n in numbers)
    return f"{shown} is not it yet: which of the steps could be looked at by itself?"


def judge_choice(task, answer):
    """Return the sentence of the right choice, else refuse with that of the wrong one."""
    if not isinstance(answer, str):
        wanted = " or ".join(f'"{letter}"' for letter in task.letters)
        raise Refused("wrong type", f"choose {wanted}: the answer is {described(answer)}.")
    letter = answer.strip().strip("().").lower()
    if letter == "":
        raise Refused("not attempted", "put the letter of your choice between the quotes.")
    if len(letter) != 1 or letter not in task.letters:
        raise Refused("wrong type", f"choose one of {', '.join(task.letters)}.")
    sealed = seal(task.task, letter)
    if sealed != task.right:
        raise Refused("wrong values", task.sentences[sealed])
    return task.sentences[sealed]


if __name__ == "__main__":
    print(seal(*sys.argv[1:]))
