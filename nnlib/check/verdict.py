"""Verdicts: what a check says, and nothing else."""

import textwrap
from dataclasses import dataclass

from nnlib.plumbing.environment import WIDTH

KINDS = ("not attempted", "wrong type", "wrong shape", "wrong values", "right")


@dataclass(frozen=True)
class Verdict:
    """What a check found.

    Attributes
    ----------
    task : name of the task
    kind : "not attempted", "wrong type", "wrong shape", "wrong values" or "right"
    sentence : what was seen, as a doubt where something is wrong
    passed : True where the kind is "right"
    """

    task: str
    kind: str
    sentence: str

    @property
    def passed(self):
        """True where the answer is right."""
        return self.kind == "right"

    def __bool__(self):
        return self.passed

    def __str__(self):
        return f"{self.kind}: {self.sentence}"

    def __repr__(self):
        return "\n".join(textwrap.fill(line, WIDTH) for line in str(self).splitlines())


class Refused(Exception):
    """Raised inside a check where an answer is not right: a kind and a sentence."""

    def __init__(self, kind, sentence):
        super().__init__(kind, sentence)
        self.kind, self.sentence = kind, sentence


def must(holds, sentence, kind="wrong values"):
    """Refuse an answer, unless what must hold does."""
    if not holds:
        raise Refused(kind, sentence)
