"""Plumbing: what a picture of several runs shows: its lines, their names, and the axis of epochs.

`nnlib.plumbing.runs` draws them on a page, `nnlib.live` while they are trained.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from nnlib.plumbing import plots

COLOURS = (*plots.COLOURS[:4], plots.COLOURS[6])  # the five with a contrast of 3:1 on white
UNTOLD = ("watch", "print_every")  # who looks on makes no other run of it
LONGER = 3  # a run more than so many times as long as usual bends the axis
NEAR = 0.8  # share of the width that the usual run gets then
SHORT = {
    "learning_rate": "rate {:g}", "batch_size": "batch {}", "epochs": "{} epochs", "l2": "L2 {:g}",
    "activation": "{}", "optimizer": "{}", "sizes": "{}",
}  # fmt: skip


@dataclass(eq=False)
class Line:
    """One line of the picture: a run, or several that differ in nothing but the seed.

    Attributes
    ----------
    histories : list of History
    notes : dict of what else tells it apart
    number : its name in table and picture
    again : True where it was run once more, with the same outcome
    """

    histories: list
    notes: dict = field(default_factory=dict)
    number: int = 1
    again: bool = False

    def __post_init__(self):
        first, *others = [told(h, self.notes) | {"seed": 0} for h in self.histories]
        for name, value in first.items():
            if any(other[name] != value for other in others):
                raise ValueError(
                    f"These runs differ in {name}: only runs that differ in nothing but the seed "
                    "make one line. Add them one by one."
                )

    @property
    def settings(self):
        """What it was trained with; the seeds as a tuple."""
        seeds = tuple(history.settings["seed"] for history in self.histories)
        return told(self.histories[0], self.notes) | {"seed": seeds}

    def same(self, other):
        """Return True where the other has the same settings, first weights and images."""
        if differing([self, other]):
            return False
        pairs = list(zip(self.histories, other.histories))
        if any(a.data and b.data and a.data != b.data for a, b in pairs):
            return False  # weights of 0 answer alike, whatever the images
        rows = [(r, s) for a, b in pairs for r, s in zip(a.rows[:2], b.rows[:2])]
        return all(close(r, s) for r, s in rows if r["step"] == s["step"])

    def ends_like(self, other):
        """Return True where the last records are the same, too."""
        pairs = zip(self.histories, other.histories)
        return all(
            a.rows[-1]["step"] == b.rows[-1]["step"] and close(a.rows[-1], b.rows[-1])
            for a, b in pairs
        )

    def curve(self, column):
        """Return epochs, and mean, lowest and highest value of a column over the seeds."""
        tables = [{r["epoch"]: r.get(column, math.nan) for r in h.rows} for h in self.histories]
        epochs = list(tables[0])
        if len(tables) > 1:
            epochs = [epoch for epoch in epochs if all(epoch in table for table in tables)]
        values = np.array([[table[epoch] for epoch in epochs] for table in tables])
        return np.array(epochs), values.mean(axis=0), values.min(axis=0), values.max(axis=0)

    def last(self, column):
        """Return where a column ended, the mean over the seeds; accuracy: of the weights kept."""
        kept = "accuracy" in column  # a run that diverged has kept its last good weights
        ends = []
        for history in self.histories:
            values = (row.get(column, math.nan) for row in reversed(history.rows))
            ends.append(next((v for v in values if not kept or math.isfinite(v)), math.nan))
        return sum(ends) / len(ends)

    def reached(self):
        """Return the accuracy that it reached, as text; without validation images, in training."""
        if self.validated:
            return f"{self.last('valid_accuracy'):.3f}"
        return f"{self.last('train_accuracy'):.3f} in training"

    @property
    def validated(self):
        """True where there were validation images."""
        return all("valid_loss" in history.rows[0] for history in self.histories)

    def ended(self):
        """Say in a word or two how it ended."""
        ends = [ending(history) for history in self.histories]
        if len(set(ends)) == 1:
            return ends[0]
        bad = [f"{ends.count(word)} {word}" for word in dict.fromkeys(ends) if word != "done"]
        return f"of {len(ends)}: {', '.join(bad)}"


@dataclass(frozen=True)
class Scale:
    """The axis of epochs: even, or with the later epochs of one long run drawn closer together.

    Attributes
    ----------
    near : up to this epoch it is even
    end : the epoch at its right end
    """

    near: float
    end: float

    @classmethod
    def of(cls, lines):
        """Return the axis on which all lines can be read."""
        planned = sorted({line.settings["epochs"] for line in lines}) or [1]
        usual = planned[(len(planned) - 1) // 2]
        near = max(n for n in planned if n <= LONGER * usual)
        last = max((h.rows[-1]["epoch"] for line in lines for h in line.histories), default=1)
        end = last if last > 1.5 * near else min(near, _round_up(last))
        return cls(min(near, end), end)

    bent = property(lambda self: self.near < self.end)

    def share(self, epoch):
        """Return where an epoch lies: 0 is the left end, 1 the right one."""
        if not self.bent:
            return epoch / self.end
        if epoch <= self.near:
            return NEAR * epoch / self.near
        return NEAR + (1 - NEAR) * (epoch - self.near) / (self.end - self.near)

    def functions(self):
        """Return the two functions that matplotlib wants, epochs to shares and back."""
        marks = ([0, self.near, self.end], [0, NEAR, 1])
        return lambda x: np.interp(x, *marks), lambda s: np.interp(s, *marks[::-1])

    def ticks(self):
        """Return a few epochs to be named below the axis."""
        step = next(s * 10**k for k in range(12) for s in (1, 2, 5) if self.near <= 5 * s * 10**k)
        return [*range(0, int(self.near) + 1, step), *([self.end] if self.bent else [])]

    def __str__(self):
        return f"epoch (from {self.near:g} on closer together)" if self.bent else "epoch"


def told(history, notes):
    """Return the settings that tell a run apart from others, and the notes."""
    settings = {name: v for name, v in history.settings.items() if name not in UNTOLD}
    return settings | {"sizes": tuple(history.sizes)} | notes


def ending(history):
    """Return in one word how a run ended."""
    if history.diverged:
        return "diverged"
    if history.stopped:
        return "stopped"
    return "collapsed" if history.collapsed else "done"


def close(row, other):
    """Return True where two records tell of the same weights and images."""
    parts = ("loss", "valid_loss", "train_accuracy", "valid_accuracy")
    values = [[r.get(part, math.nan) for part in parts] for r in (row, other)]
    return np.allclose(*values, rtol=1e-8, atol=0, equal_nan=True)


def differing(lines):
    """Return the names of the settings in which lines differ; a note that one lacks is none."""
    values = {}
    for line in lines:
        for name, value in line.settings.items():
            values.setdefault(name, []).append(value)
    return [name for name, found in values.items() if any(v != found[0] for v in found)]


def labels(lines):
    """Return {number of a line: text}: its rate, then what else differs between the lines."""
    parts = {line.number: [words("learning_rate", line)] for line in lines}
    names = [name for name in differing(lines) if name != "learning_rate"]
    if "seed" not in names and any(len(line.histories) > 1 for line in lines):
        names.append("seed")
    for line in lines:
        parts[line.number] += [words(name, line) for name in names if name in line.settings]
    return told_apart({number: ", ".join(texts) for number, texts in parts.items()}, lines)


def spoken_names(lines):
    """Return {number of a line: its rate}; where lines share one, what differs, in brackets."""
    names = {}
    for line in lines:
        rate = line.settings["learning_rate"]
        twins = [other for other in lines if other.settings["learning_rate"] == rate]
        first, *rest = labels(twins)[line.number].split(", ")
        names[line.number] = f"{first} ({', '.join(rest)})" if rest and len(twins) > 1 else first
    return names


def spoken(lines, names=None):
    """Return lines in words, and where each of them ends, for who can't see them."""
    names = spoken_names(lines) if names is None else names
    return "; ".join(f"{names[line.number]}: {end_of(line)}" for line in lines) or "no runs yet"


def end_of(line):
    """Return where a line ends in words; the loss of a run that went wrong says nothing more."""
    ended = line.ended()
    parts = [f"accuracy {line.reached()}"]
    parts += [] if ended in ("diverged", "collapsed") else [f"loss {line.last('loss'):.2f}"]
    return ", ".join(parts + ([] if ended == "done" else [ended]))


def told_apart(texts, lines):
    """Where settings are alike, the first weights or the images differ: add loss or number."""
    counts = {line.number: (line.histories[0].data or "?").split("x")[0] for line in lines}
    extras = (
        {number: f"{count} images" for number, count in counts.items()},
        {line.number: f"first loss {line.histories[0].rows[0]['loss']:.4f}" for line in lines},
        {line.number: f"run {line.number}" for line in lines},
    )
    for extra in extras:
        before = list(texts.values())
        twins = [number for number, text in texts.items() if before.count(text) > 1]
        if len({extra[number] for number in twins}) > 1:
            texts = {n: f"{t}, {extra[n]}" if n in twins else t for n, t in texts.items()}
    return texts


def words(name, line):
    """Say a setting of a line in a word or two."""
    value = line.settings[name]
    if name == "batch_size" and value is None:
        return "full batch"
    if name == "seed" and len(value) > 1:
        return f"{len(value)} seeds"
    return SHORT.get(name, f"{name} {{}}").format(shown(value))


def shown(value):
    """Return a setting as a table shows it."""
    if isinstance(value, tuple):
        return "-".join(map(str, value)) if len(value) > 1 else value[0]
    return "–" if value is None else value


def loss_top(lines):
    """Return where the axis of the loss ends: a diverging line leaves the picture there."""
    first = [history.rows[0]["loss"] for line in lines for history in line.histories]
    return 1.5 * max(first, default=1.0)


def look(number):
    """Return colour, line style and marker of a run, as numbers in their lists."""
    k = number - 1
    return k % len(COLOURS), k % len(plots.STYLES), k % len(plots.MARKERS)


def _round_up(last):
    """Return the next of 10, 20, 40, 80 …: a growing curve moves the axis seldom."""
    end = 10
    while end < last:
        end *= 2
    return end
