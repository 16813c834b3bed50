"""Plumbing: a notebook's earlier runs, kept beside the newest one, and in a file."""

import json
import numbers

import numpy as np

from nnlib.plumbing import plots
from nnlib.plumbing.arguments import brief, check_params
from nnlib.plumbing.history import History
from nnlib.plumbing.kept import Kept
from nnlib.plumbing.lines import (
    COLOURS,
    Line,
    Scale,
    differing,
    labels,
    look,
    loss_top,
    shown,
    spoken,
    told,
)
from nnlib.plumbing.saving import read_arrays
from nnlib.plumbing.writing import short, sound_path, written_whole

FORMAT = "nnlib runs 1"
PLAIN = ("settings", "sizes", "rows", "step", "diverged", "stopped", "collapsed", "seconds")


class Runs:
    """A collection of trainings, to be looked at together.

    Make it in a cell of its own. Then re-run the cell that trains as often as you like: each run
    joins the earlier ones, and a run with the same settings takes the place of its former self.
    `save` keeps all of them for another day, ``Runs.load`` brings them back.
    """

    def __init__(self):
        self._lines, self._newest = {}, None

    def __len__(self):
        return len(self._lines)

    def __iter__(self):
        """Yield the runs in the order of their numbers: each has `histories` and `settings`."""
        return iter(list(self._lines.values()))

    def __getitem__(self, number):
        """Return the run of that number."""
        whole = isinstance(number, numbers.Integral) and type(number) is not bool
        if not whole or number not in self._lines:
            there = ", ".join(map(str, self._lines)) or "none"
            raise ValueError(f"There is no run {brief(number)}; the numbers are: {there}.")
        return self._lines[number]

    def __repr__(self):
        return "\n".join(self._legend().values()) or "no runs"

    newest = property(lambda self: self._lines.get(self._newest), doc="The run added last.")

    def add(self, history, **notes):
        """Keep a run; it takes the place of one with the same settings, first weights and images.

        Parameters
        ----------
        history : a History, or a list of them that differ in nothing but the seed: they become
            one line, their mean, with a band from the lowest to the highest
        notes : what else tells this run apart, as in ``init="xavier"``
        """
        histories = list(history) if isinstance(history, (list, tuple)) else [history]
        if not histories or not all(isinstance(h, History) for h in histories):
            raise ValueError(
                "Only what train returns can be added: history is a History, or a list of them."
            )
        for name, note in notes.items():
            if not is_note(note):
                raise ValueError(
                    f"notes are text, numbers, and lists of these; {name} is {brief(note)}."
                )
        line = Line(histories, notes)
        former = self.find(line)
        if former is None:
            line.number = max(self._lines, default=0) + 1
        else:
            line.number, line.again = former.number, line.ends_like(former)
            line.notes = former.notes | line.notes
        self._lines[line.number], self._newest = line, line.number

    def find(self, line):
        """Return the run here that is the same as `line`, or None."""
        if not isinstance(line, Line):
            raise ValueError(f"line must be one of Runs' lines; it is {brief(line)}.")
        return next((other for other in self if other.same(line)), None)

    def remove(self, number):
        """Forget one run; the others keep their numbers and their looks."""
        self[number]  # or it says which there are
        del self._lines[number]
        if number == self._newest:
            self._newest = max(self._lines, default=None)

    def clear(self):
        """Forget all runs."""
        self._lines.clear()

    def table(self):
        """Return a pandas DataFrame with one row a run: what differs, and where it ended."""
        import pandas as pd

        names = list(dict.fromkeys(["learning_rate", "batch_size", *differing(self)]))
        rows = [
            {name: shown(line.settings.get(name)) for name in names} | _ends(line) for line in self
        ]
        return pd.DataFrame(rows, index=pd.Index([line.number for line in self], name="run"))

    def records(self):
        """Return a pandas DataFrame of every record of every run, beside what it trained with."""
        import pandas as pd

        rows = []
        for line in self:
            for history in line.histories:
                settings = {n: shown(v) for n, v in told(history, line.notes).items()}
                rows += [{"run": line.number} | settings | row for row in history.rows]
        return pd.DataFrame(rows)

    def plot(self):
        """Draw all runs, loss and validation accuracy over epochs; return the figure.

        The newest run is bold and lies on top. Where one run is far longer than the others, its
        later epochs are drawn closer together, beyond a dotted line, and the axis says so.
        """
        figure, axes = plots.new_figure(1, 2, (9.6, 3.6))
        scale, texts = Scale.of(self), self._legend()
        parts = [("loss", "training loss (nats)"), ("valid_accuracy", "validation accuracy")]
        if len(self) and not any(line.validated for line in self):
            parts[1] = ("train_accuracy", "training accuracy")
        for ax, (column, label), top in zip(axes, parts, (loss_top(self), 1.0)):
            for line in self:
                _draw(ax, line, column, 2 * top, texts[line.number], line is self.newest)
            _set_epochs(ax, scale)
            ax.set(ylabel=label, ylim=(0, top))
            ax.grid(alpha=0.3)
        if len(self):
            columns = 3 if max(map(len, texts.values())) < 40 else 2
            handles, _ = axes[0].get_legend_handles_labels()
            legend = figure.legend(handles=handles, loc="outside lower center", ncols=columns,
                                   fontsize=8)  # fmt: skip
            legend.get_texts()[list(self._lines).index(self._newest)].set_fontweight("bold")
        return figure

    def words(self):
        """Return what `plot` shows in words: where each run ended, and how if not as planned."""
        return spoken(list(self))

    def save(self, path):
        """Write all runs with their weights to an .npz file, whole or not at all; no pickle.

        Parameters
        ----------
        path : name of the file; one that is there is replaced, once the new one is whole
        """
        arrays, lines = {}, []
        for line in self:
            packed = [
                _pack(history, f"{line.number}/{k}", arrays)
                for k, history in enumerate(line.histories)
            ]
            lines.append({"number": line.number, "notes": line.notes, "histories": packed})
        content = {"format": FORMAT, "newest": self._newest, "lines": lines}
        text = json.dumps(content, default=lambda value: value.item())  # NumPy's scalars
        with written_whole(path) as file:
            np.savez(file, runs=np.array(text), **arrays)

    @classmethod
    def load(cls, path):
        """Return the runs that `save` wrote, with their weights.

        Raises
        ------
        ValueError
            Where the file is damaged, or holds something else.
        FileNotFoundError
            Where there is no such file.
        """
        path, arrays = sound_path(path), read_arrays(path, "Runs.save")
        try:
            return cls._from(json.loads(str(arrays["runs"])), arrays)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            why = short((str(error).splitlines() or [type(error).__name__])[0].rstrip("."), 80)
            raise ValueError(
                f"{short(path)} holds no runs that Runs.save has written ({why})."
            ) from None

    @classmethod
    def _from(cls, content, arrays):
        """Return the runs of a file's content, or raise nearly any error."""
        if content["format"] != FORMAT:
            raise ValueError(f"its format is {content['format']!r}, not {FORMAT!r}")
        runs = cls()
        for saved in content["lines"]:
            histories = [
                _unpack(plain, f"{saved['number']}/{k}", arrays)
                for k, plain in enumerate(saved["histories"])
            ]
            runs._lines[saved["number"]] = Line(histories, saved["notes"], saved["number"])
        runs._newest = content["newest"]
        if runs._newest is not None:
            runs[runs._newest]
        runs.table(), repr(runs)  # what can't be told can't be kept either
        return runs

    def _legend(self):
        """Return {number: text}: what differs, the accuracy reached, and what else there is."""
        texts = {}
        for number, label in labels(self).items():
            line = self[number]
            text = f"{number}: {label}: {line.reached()}"
            text += "" if line.ended() == "done" else f", {line.ended()}"
            newest = line is self.newest
            texts[number] = text + (", run again: the same" if line.again and newest else "")
        return texts


def is_note(value):
    """Return whether a note can be told, compared and saved."""
    if isinstance(value, (list, tuple)):
        return len(value) < 100 and all(isinstance(v, (str, numbers.Real)) for v in value)
    return value is None or isinstance(value, (str, numbers.Real))


def _ends(line):
    """Return where a line ended, for the table."""
    parts = ("loss", "valid_loss", "train_accuracy", "valid_accuracy")
    steps = max(history.rows[-1]["step"] for history in line.histories)
    parts = [part for part in parts if line.validated or not part.startswith("valid")]
    ends = {part: round(line.last(part), 4) for part in parts}
    return {"steps": steps} | ends | {"ended": line.ended()}


def _draw(ax, line, column, limit, text, bold):
    """Draw a line and its band; what is no number, or beyond the limit, lies on the limit."""
    epochs, *values = line.curve(column)
    if column == "loss":
        values = [np.where(np.isfinite(v), np.minimum(v, limit), limit) for v in values]
    colour, style, marker = look(line.number)
    ax.plot(
        epochs, values[0], label=text, color=COLOURS[colour], linestyle=plots.STYLES[style],
        marker=plots.MARKERS[marker], markersize=6 if bold else 4,
        markevery=max(1, len(epochs) // 10), linewidth=3 if bold else 1.5, zorder=2 + bold,
    )  # fmt: skip
    if len(line.histories) > 1:
        ax.fill_between(epochs, *values[1:], color=COLOURS[colour], alpha=0.2)


def _set_epochs(ax, scale):
    if scale.bent:
        ax.set_xscale("function", functions=scale.functions())
        ax.axvline(scale.near, color="black", linestyle=":", linewidth=1)
    ticks = scale.ticks()
    ax.set(xlim=(0, scale.end), xticks=ticks, xticklabels=[f"{tick:g}" for tick in ticks])
    ax.set_xlabel(scale)


def _pack(history, key, arrays):
    """Return what of a history is plain text and numbers; put its weights into `arrays`."""
    for part in ("params", "best_params"):
        for l, pair in enumerate(getattr(history, part), 1):
            arrays |= {f"{key}/{part}/{name}{l}": a for name, a in zip("Wb", pair)}
    best = next(k for k, row in enumerate(history.rows) if row is history.best)
    return {name: getattr(history, name) for name in PLAIN} | {"best": best, "data": history.data}


def _unpack(plain, key, arrays):
    """Return the history that `_pack` took apart."""
    history = History.__new__(History)
    for name in PLAIN:
        if name != "rows":
            setattr(history, name, plain[name])
    rows, weights = plain["rows"], []
    for part in ("params", "best_params"):
        layers = range(1, len(history.sizes))
        params = [(arrays[f"{key}/{part}/W{l}"], arrays[f"{key}/{part}/b{l}"]) for l in layers]
        check_params(params)
        weights.append(params)
    history.data = plain.get("data")
    history.state = {} if history.settings["optimizer"] == "sgd" else None  # not in the file
    history._kept = Kept(rows, weights[0], rows[plain["best"]], weights[1], history.state)
    return history
