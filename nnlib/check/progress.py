"""Which tasks were answered in this kernel; nothing is stored, nothing is sent."""

import textwrap

from nnlib.plumbing.arguments import brief
from nnlib.plumbing.environment import WIDTH

KEPT = "\0"  # stands for a blank at which no line is broken
_earned = {}  # task: True once an answer was right


def noted(verdict):
    """Remember a verdict until the kernel ends, and return it; a tick once earned stays."""
    _earned[verdict.task] = _earned.get(verdict.task, False) or verdict.passed
    return verdict


def forget():
    """Begin anew, as a fresh kernel would."""
    _earned.clear()


class Progress:
    """Tasks as lines of ticks: ✓ answered, · not yet."""

    def __init__(self, pages):
        """Take {name of a lesson: its tasks, in the page's order}."""
        self.pages = pages

    def __repr__(self):
        lines = []
        for title, tasks in self.pages.items():
            done = sum(_earned.get(task, False) for task in tasks)
            ticks = [f"{'✓' if _earned.get(task) else '·'} {task}" for task in tasks]
            line = "   ".join(tick.replace(" ", KEPT) for tick in ticks)
            line = f"{title}: {done} of {len(tasks)}   {line}"
            lines.append(textwrap.fill(line, WIDTH, subsequent_indent="    "))
        return "\n".join(lines).replace(KEPT, " ")


def of(pages, lesson=None):
    """Return the progress of one lesson; without a number, of all that were begun."""
    if lesson is not None:
        known = ", ".join(str(number) for number in pages)
        if type(lesson) is not int or lesson not in pages:
            raise ValueError(f"lesson={brief(lesson)} has no tasks: choose one of {known}.")
        chosen = {lesson: pages[lesson]}
    else:
        chosen = {n: tasks for n, tasks in pages.items() if any(t in _earned for t in tasks)}
    return Progress(
        {f"{'Lesson' if n < 7 else 'Lab'} {n}": tasks for n, tasks in (chosen or pages).items()}
    )
