"""The quizzes of a session's first five minutes: five questions a lesson, in quiz.toml.

What is asked and said stands there, the right letter as a hash; `check.answer("quiz 3.1", "b")`
judges. ``python notebooks/classroom student`` makes pages of them.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from nnlib.check.sealed import Choice


@dataclass(frozen=True)
class Question(Choice):
    """A choice with the question and what there is to choose from.

    Attributes
    ----------
    ask : the question, in Markdown
    choices : the four answers, in the order of their letters
    """

    ask: str = ""
    choices: tuple = ()

    @property
    def lesson(self):
        """Number of the lesson that it asks about."""
        return int(self.task.removeprefix("quiz ").partition(".")[0])


@cache
def questions():
    """Return all questions by their names, "quiz 3.1" and so on."""
    text = resources.files("nnlib.check").joinpath("quiz.toml").read_text(encoding="utf-8")
    return {
        name: Question(
            name, q["right"], q["sentences"], ask=q["ask"], choices=tuple(q["choices"])
        )
        for name, q in tomllib.loads(text).items()
    }  # fmt: skip
