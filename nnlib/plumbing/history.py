"""Plumbing: what a training records, and what ends it early.

The loop stands in `nnlib.training.train`, and lesson 5 shows it bare. The history stands around
it: it copies the weights, counts steps, measures, shows a progress bar or calls who watches, and
ends a run that diverges or is stopped, with the last good weights kept.
"""

import sys
import textwrap
import time
from contextlib import ExitStack
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from nnlib.network import ACTIVATIONS, check_shapes, forward, predict
from nnlib.plumbing.arguments import (
    check_count,
    check_function,
    check_images,
    check_labels,
    check_number,
    check_params,
    choose,
)
from nnlib.plumbing.environment import progress_bars_off, thread_limit, threads_for

MAX_IMAGES = 3500  # of the training images the first ones are measured; in the lessons, all
MAX_ROWS = 50  # records of a full-batch run: they cost some 6 % of its time
BAR_AFTER = 2.0  # seconds: a shorter run shows no bar, so a page stays clean
LOOK_EVERY = 0.05  # seconds between two calls of who watches, and two moves of the bar
HOLD_EVERY = 1.0  # seconds between two snapshots: what an interrupt may cost
WIDTH = 88  # of a sentence, so that no front-end breaks it inside a word
TWICE_WITHIN = 2.0  # seconds: a second Ctrl-C so soon means everything, not this run


class Kept(NamedTuple):
    """What has been recorded so far, in one piece: an interrupt finds all of it or none."""

    rows: list
    params: list
    best: dict
    best_params: list


class History:
    """The record of one training: settings, rows and weights; no images.

    Attributes
    ----------
    params : the last good weights that were recorded
    best, best_params : the record with the lowest validation loss, and its weights
    activation : the name of the activation they were trained with
    settings : dict of what `train` was called with; of a function, its name
    sizes : widths of the layers, inputs first
    rows : list of dicts, one a record; `table()` returns them as a DataFrame
    step : number of steps taken
    diverged, stopped, collapsed : None, or a sentence that says what happened
    seconds : time from the first step to the last
    """

    interrupted_at = -np.inf  # when Ctrl-C last ended a run, of all histories

    def __init__(self, settings, measure):
        """Copy the weights, once every argument of `train` is what it should be.

        Parameters
        ----------
        settings : dict of all arguments of `train`
        measure : function of params, X, y, activation that returns loss and accuracy
        """
        check_settings(settings)
        settings = dict(settings)
        params, digits, watch = settings.pop("params"), settings.pop("digits"), settings["watch"]
        self.settings = {name: name_of(value) for name, value in settings.items()}
        self.sizes = [params[0][0].shape[0], *(len(b) for _, b in params)]
        self.step, self.seconds = 0, 0.0
        self.diverged = self.stopped = self.collapsed = None
        X, y = digits.X_train, digits.y_train
        self.live = [(np.array(W, X.dtype, order="C"), np.array(b, X.dtype)) for W, b in params]
        self._kept = None
        m = min(settings["batch_size"] or len(X), len(X))
        self._run = SimpleNamespace(  # what is needed while it runs, and given up at its end
            measure=measure,
            watch=watch,
            train=(X[:MAX_IMAGES], y[:MAX_IMAGES]),
            valid=(digits.X_valid, digits.y_valid),
            steps=-(-len(X) // m),  # an epoch
            work=m * sum(W.size for W, _ in params),
            equal=all((W == W.flat[0]).all() for W, _ in params),
            ends=False,
            held=(0, self.live),  # a snapshot: after which step, which weights
            bar=None,
        )

    rows = property(lambda self: self._kept.rows)
    params = property(lambda self: self._kept.params)
    best = property(lambda self: self._kept.best)
    best_params = property(lambda self: self._kept.best_params)
    activation = property(lambda self: self.settings["activation"])

    def predict(self, X):
        """Return the most likely digit for each image, by the weights and activation of this run.

        Parameters
        ----------
        X : one image a row, shape (m, n0)
        """
        return predict(self.params, X, self.activation)

    def table(self):
        """Return the records as a pandas DataFrame, one a row, the state before step 1 first."""
        import pandas as pd

        return pd.DataFrame(self.rows)

    def __repr__(self):
        last, s = self.rows[-1], self.settings
        loss = f"{last['loss']:.4f}" if last["loss"] < 1e4 else f"{last['loss']:.4g}"
        return (
            f"{'-'.join(map(str, self.sizes))}, {s['optimizer']}, rate {s['learning_rate']}, "
            f"batch {s['batch_size'] or 'all'}: {last['step']} steps, loss {loss}, "
            f"train accuracy {last['train_accuracy']:.4f}, "
            f"validation accuracy {last['valid_accuracy']:.4f}"
        )

    # ------------------------------------------------------------ around the loop

    def __enter__(self):
        run = self._run
        with ExitStack() as stack:
            stack.enter_context(thread_limit(threads_for(run.work)))
            stack.enter_context(np.errstate(all="ignore"))  # an overflow is named, not warned of
            run.start = run.held_at = time.perf_counter()
            run.next_look = run.start + LOOK_EVERY
            self.record(0)
            run.stack = stack.pop_all()  # from here on __exit__ gives everything back
        return self

    def __exit__(self, kind, error, trace):
        run, self.seconds = self._run, time.perf_counter() - self._run.start
        if kind is KeyboardInterrupt:
            kind = self._interrupted()
        elif kind is None and run.ends:  # at the last record
            kind = Stopped
        try:
            with run.stack:
                if run.bar is not None:
                    run.bar.update(self.step - run.bar.n)
                    run.bar.total = run.bar.n  # a bar that closes short of its total stays, in red
                    run.bar.close()
                if kind is Stopped:
                    self._stop("Stopped by watch", self.step, self.live)
                elif kind is Interrupted:  # maybe half-way through a step: the snapshot is whole
                    self._stop("Interrupted", *run.held)
                elif kind is None:
                    self.collapsed = self._collapse()
        finally:
            del self._run, self.live
        for sentence in (self.diverged, self.stopped, self.collapsed):
            if sentence and run.watch is None:  # what you wanted yourself is no fault
                where = sys.stdout if sentence is self.stopped else sys.stderr
                print(textwrap.fill(sentence, WIDTH), file=where)
        return kind in (Diverged, Stopped, Interrupted)

    def steps(self, batches):
        """Yield the batches of one epoch, counting steps; in between, look up from the work."""
        for rows in batches:
            if self._run.ends:
                raise Stopped
            yield rows
            self.step += 1
            if time.perf_counter() >= self._run.next_look:
                self._look_up()

    def record(self, epoch):
        """Measure loss and accuracy and keep the weights; in a full-batch run, where it is due."""
        if not self._due(epoch):
            return
        row, good = self._row(self.step, epoch, self.live), True
        if self._kept is None:
            check_start(row)
        else:
            # a run that goes on from good weights begins far below ln k: no reason to stop it
            good = is_finite(row) and row["loss"] <= 3 * max(
                self.rows[0]["loss"], np.log(self.sizes[-1])
            )
        self._keep(row, self.live if good else None)
        self._print(epoch)
        if not good:
            self.diverged = self._divergence()
        self._call_watch()
        if not good:
            raise Diverged

    # ------------------------------------------------------------ what is kept

    def _due(self, epoch):
        epochs, every = self.settings["epochs"], self.settings["print_every"]
        if self.settings["batch_size"] is not None or epoch == epochs:
            return True
        return epoch % -(-epochs // MAX_ROWS) == 0 or (every is not None and epoch % every == 0)

    def _row(self, step, epoch, params):
        """Return the record of some weights: loss without the L2 term, and accuracy."""
        run = self._run
        loss, train_accuracy = run.measure(params, *run.train, self.activation)
        valid_loss, valid_accuracy = run.measure(params, *run.valid, self.activation)
        return {
            "step": step,
            "epoch": epoch,
            "loss": float(loss),
            "valid_loss": float(valid_loss),
            # argmax of NaN is 0, so where there is no loss there is no accuracy either
            "train_accuracy": train_accuracy if np.isfinite(loss) else np.nan,
            "valid_accuracy": valid_accuracy if np.isfinite(valid_loss) else np.nan,
        }

    def _keep(self, row, params):
        """Take a row in, and a copy of its weights, unless they are None: no good ones."""
        if self._kept is None:
            self._kept = Kept([row], copy(params), row, copy(params))
            return
        rows, last, best, best_params = self._kept
        if params is not None:
            last = copy(params)
            if row["valid_loss"] < best["valid_loss"]:
                best, best_params = row, copy(params)
        self._kept = Kept([*rows, row], last, best, best_params)

    def _stop(self, how, step, params):
        """Record where a run stands that is stopped, if it has come on since the last record."""
        if step > self.rows[-1]["step"]:
            row = self._row(step, round(step / self._run.steps, 2), params)
            self._keep(row, params if is_finite(row) else None)
        kept = [row["step"] for row in self.rows if is_finite(row)][-1]
        self.stopped = f"{how} after step {self.step}: the weights after step {kept} are kept."

    def _interrupted(self):
        """Return what a Ctrl-C means: this run's end, or, the second so soon, that of all."""
        before, History.interrupted_at = History.interrupted_at, time.monotonic()
        soon = History.interrupted_at - before < TWICE_WITHIN
        return KeyboardInterrupt if soon else Interrupted

    # ------------------------------------------------------------ who looks on

    def _look_up(self):
        """Hold a snapshot aside where it is time, move the bar, call who watches."""
        run, now = self._run, time.perf_counter()
        if now - run.held_at >= HOLD_EVERY:
            run.held, run.held_at = (self.step, copy(self.live)), now
        self._show_progress(now)
        self._call_watch()
        run.next_look = time.perf_counter() + LOOK_EVERY

    def _call_watch(self):
        run = self._run
        if run.watch is not None and run.watch(self):
            run.ends = True

    def _show_progress(self, now):
        run = self._run
        if run.bar is None:
            off = progress_bars_off() or self.settings["print_every"] or run.watch is not None
            if off or now - run.start <= BAR_AFTER:
                return
            from tqdm.auto import tqdm

            total = self.settings["epochs"] * run.steps
            run.bar = tqdm(total=total, initial=self.step, unit="step", leave=False)
        run.bar.set_postfix(loss=f"{self.rows[-1]['loss']:.4f}", refresh=False)
        run.bar.update(self.step - run.bar.n)

    def _print(self, epoch):
        every, row = self.settings["print_every"], self.rows[-1]
        if every and (epoch % every == 0 or epoch == self.settings["epochs"]):
            word = "Iteration" if self.settings["batch_size"] is None else "Epoch"
            print(
                f"{word} {epoch} | Loss {row['loss']:.2f} | Accuracy {row['train_accuracy']:.2f}",
                flush=True,
            )

    # ------------------------------------------------------------ how it ended

    def _divergence(self):
        rate, loss = self.settings["learning_rate"], self.rows[-1]["loss"]
        what = f"the loss rose to {loss:.3g}" if np.isfinite(loss) else "the loss is not a number"
        return (
            f"Diverged by step {self.step}: {what}, from {self.rows[0]['loss']:.3g} at the start, "
            f"with learning_rate={rate:g}; try learning_rate={smaller(rate):g}."
        )

    def _collapse(self):
        """Return a sentence where the network gives one answer for every validation image."""
        X, y = self._run.valid
        answers = forward(self.params, X, self.activation)[-1].argmax(axis=1)
        if (answers != answers[0]).any() or (y == y[0]).all():
            return None
        rate = self.settings["learning_rate"]
        why = "often because the rate is too large and every unit has died"
        cure = f"learning_rate={smaller(rate):g} from fresh weights"
        if self._run.equal:
            why, cure = "the first weights were all equal", "init_params with init='he'"
        return (
            f"Collapsed: every validation image gets the answer {answers[0]}, with "
            f"learning_rate={rate:g}; {why}: try {cure}."
        )


class Diverged(Exception):
    """Raised inside a training to end it; the history catches it."""


class Stopped(Exception):
    """Raised between two steps where who watches wants the end; the history catches it."""


class Interrupted(Exception):
    """Never raised: what a Ctrl-C counts as that ends one run."""


def name_of(value):
    """Return the name of a function, anything else as it is: settings hold no functions."""
    return getattr(value, "__name__", type(value).__name__) if callable(value) else value


def is_finite(row):
    """Return True where both losses of a record are numbers."""
    return bool(np.isfinite([row["loss"], row["valid_loss"]]).all())


def check_start(row):
    """Raise a ValueError where a training has nothing to begin with."""
    if not is_finite(row):
        raise ValueError(
            "The loss is not finite before the first step: the weights or the pixels are far too "
            "large; start from init_params and pixels from 0 to 1."
        )


def smaller(rate):
    """Return a learning rate to try after one that was too large."""
    return min(rate / 10, 0.1)


def copy(params):
    """Return params with arrays of its own."""
    return [(W.copy(), b.copy()) for W, b in params]


def check_settings(settings):
    """Raise a ValueError that names the first argument of `train` that is not what it should be."""
    check_number("learning_rate", settings["learning_rate"], above=0)
    check_number("l2", settings["l2"], at_least=0)
    check_count("epochs", settings["epochs"])
    for name in ("batch_size", "print_every"):
        if settings[name] is not None:
            check_count(name, settings[name])
    check_count("seed", settings["seed"], at_least=0)
    choose("activation", settings["activation"], ACTIVATIONS)
    if settings["watch"] is not None:
        check_function("watch", settings["watch"])
    params, digits = settings["params"], settings["digits"]
    check_params(params)
    for part in ("train", "valid"):
        X, y = getattr(digits, f"X_{part}", None), getattr(digits, f"y_{part}", None)
        check_images(f"X_{part}", X, getattr(digits, "pixels", True))
        check_shapes(params, X, y)
        check_labels(f"y_{part}", y, params[-1][0].shape[1])
