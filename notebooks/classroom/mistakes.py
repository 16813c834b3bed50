"""What goes wrong in each task, and which sentence the check says: wrong answers, run.

The wrong answers are those that the tests of the checks use, in tests/answers; a task with a choice
or a number brings its own. No sentence is written here: each is what the check says now.
"""

import ast
import importlib.util
import inspect
import re
import textwrap
from dataclasses import dataclass
from functools import cache

import nnlib
from classroom import source
from nnlib.check import LESSONS
from nnlib.check.quiz import questions
from nnlib.check.sealed import seal


@dataclass(frozen=True)
class Mistake:
    """A wrong answer to a task: the answer as code, and what the check says to it."""

    task: str
    code: str
    sentence: str

    @property
    def is_asked(self):
        """Whether the sentence is a doubt about this very mistake, and no error's own words."""
        return self.sentence.endswith("?") and " raised " not in self.sentence


@cache
def answers_of(number):
    """Return the module of a lesson's answers, or None where there is none."""
    name = LESSONS[number].__name__.rsplit(".", 1)[1] if number in LESSONS else ""
    path = source.ROOT / "tests" / "answers" / f"{name}.py"
    if not path.is_file():
        return None
    spec = importlib.util.spec_from_file_location(f"classroom_answers_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def of(lesson):
    """Return {a task's check: its mistakes, each with another sentence} of a lesson, in order."""
    found = {}
    for task in lesson.tasks:
        mistakes, seen = [], set()
        for mistake in of_task(lesson.number, task.check):
            if mistake.sentence not in seen:
                seen.add(mistake.sentence)
                mistakes.append(mistake)
        found[task.check] = mistakes
    return found


def of_task(number, name):
    """Yield a task's mistakes: of a function to write, of a number, or of a choice."""
    module = answers_of(number)
    for key, function in vars(module or object()).items() if module else ():
        if key.startswith(f"{name}__wrong") and inspect.isfunction(function):
            yield as_written(module, name, function)
    for known in getattr(LESSONS.get(number), "VALUES", ()):
        if known.task == name:
            for wrong in known.wrong:
                verdict = nnlib.check.value(name, wrong)
                yield Mistake(name, repr(wrong), verdict.sentence)
    for known in getattr(LESSONS.get(number), "CHOICES", ()):
        if known.task == name:
            for letter in known.letters:
                if seal(name, letter) != known.right:
                    verdict = nnlib.check.answer(name, letter)
                    yield Mistake(name, repr(letter), verdict.sentence)


def as_written(module, name, function):
    """Return a wrong function as a reader would write it, named my_…, and judged."""
    code = code_of(function, name)
    namespace = dict(vars(module))
    for key in list(namespace):
        if key.endswith("__solution"):
            namespace[f"right_{key.removesuffix('__solution')}"] = namespace[key]
    exec(compile(code, "a cell", "exec"), namespace)
    verdict = getattr(nnlib.check, name)(namespace[f"my_{name}"])
    return Mistake(name, code, verdict.sentence)


def code_of(function, name):
    """Return a function's source under a reader's name, without its docstring."""
    text = textwrap.dedent(inspect.getsource(function))
    tree = ast.parse(text).body[0]
    lines = text.splitlines()
    if ast.get_docstring(tree) is not None:
        first = tree.body[0]
        del lines[first.lineno - 1 : first.end_lineno]
    text = "\n".join(lines).replace(function.__name__, f"my_{name}")
    return re.sub(r"\b(\w+)__solution\b", r"right_\1", text)


def is_plain(mistake):
    """Return whether a mistake's code stands by itself, with no helper of the tests."""
    return not re.search(r"(?<![\w.])_[a-z]\w*\(|\b\w+__\w+\(", mistake.code)


def shown(lesson, most=6):
    """Return {a task's check: mistakes to show}: doubts on plain code first, at most so many."""
    return {
        name: sorted(found, key=lambda m: (not m.is_asked, not is_plain(m)))[:most]
        for name, found in of(lesson).items()
    }


def right_letter(question):
    """Return the letter of a quiz's right answer: only the teacher's edition asks."""
    return next(a for a in question.letters if seal(question.task, a) == question.right)


def quiz_of(number):
    """Return a lesson's questions, in order."""
    return [question for question in questions().values() if question.lesson == number]
