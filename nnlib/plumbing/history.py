"""Plumbing: what a training records, and what ends it early.

The loop stands in `nnlib.training.train`, and lesson 5 shows it bare. The history stands around
it: it copies the weights, counts steps, measures, shows a progress bar, and ends a run that
diverges or that you interrupt, with the last good weights kept.
"""

import sys
import time
from contextlib import ExitStack

import numpy as np

from nnlib.loss import cross_entropy
from nnlib.network import ACTIVATIONS, accuracy, check_shapes, forward
from nnlib.plumbing.arguments import (
    check_count,
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


class History:
    """The record of one training.

    Attributes
    ----------
    params : the last good weights that were recorded
    settings : dict of what `train` was called with
    rows : list of dicts, one a record; `table()` returns them as a DataFrame
    diverged, stopped, collapsed : None, or a sentence that says what happened
    seconds : time from the first step to the last
    """

    def __init__(self, params, digits, settings):
        dtype = digits.X_train.dtype
        self.live = [(np.array(W, dtype, order="C"), np.array(b, dtype)) for W, b in params]
        self.params = copy(self.live)
        self.settings = {name: name_of(value) for name, value in settings.items()}
        self.sizes = [params[0][0].shape[0], *(len(b) for _, b in params)]
        self._all_equal = all((W == W.flat[0]).all() for W, _ in params)
        self.rows, self.step, self.seconds = [], 0, 0.0
        self.diverged = self.stopped = self.collapsed = None
        self._images = (digits.X_train[:MAX_IMAGES], digits.y_train[:MAX_IMAGES])
        self._valid = (digits.X_valid, digits.y_valid)
        m = len(digits.X_train)
        self._rows = min(settings["batch_size"] or m, m)
        self._work = self._rows * sum(W.size for W, _ in params)
        self._total = settings["epochs"] * -(-m // self._rows)
        self._bar = None

    def __enter__(self):
        with ExitStack() as stack:
            stack.enter_context(thread_limit(threads_for(self._work)))
            stack.enter_context(np.errstate(all="ignore"))  # an overflow is named, not warned of
            self._start = time.perf_counter()
            self.record(0)
            self._stack = stack.pop_all()  # from here on __exit__ gives everything back
        return self

    def __exit__(self, kind, error, trace):
        self.seconds = time.perf_counter() - self._start
        if self._bar is not None:
            self._bar.close()
        self._stack.close()
        if kind is KeyboardInterrupt:
            self.stopped = (
                f"Interrupted after step {self.step}: the weights recorded after step "
                f"{self.rows[-1]['step']} are kept."
            )
        if kind is None:
            self.collapsed = self._collapse()
        for sentence in (self.diverged, self.stopped, self.collapsed):
            if sentence:
                print(sentence, file=sys.stderr)
        return kind in (KeyboardInterrupt, Diverged)

    def __repr__(self):
        last, s = self.rows[-1], self.settings
        loss = f"{last['loss']:.4f}" if last["loss"] < 1e4 else f"{last['loss']:.4g}"
        return (
            f"{'-'.join(map(str, self.sizes))}, {s['optimizer']}, rate {s['learning_rate']}, "
            f"batch {s['batch_size'] or 'all'}: {last['step']} steps, loss {loss}, "
            f"train accuracy {last['train_accuracy']:.4f}, "
            f"validation accuracy {last['valid_accuracy']:.4f}"
        )

    def table(self):
        """Return the records as a pandas DataFrame, one a row, the state before step 1 first."""
        import pandas as pd

        return pd.DataFrame(self.rows)

    def steps(self, batches):
        """Yield the batches of one epoch, counting steps and moving the progress bar."""
        for rows in batches:
            yield rows
            self.step += 1
            if self.step % 32 == 0 or self.settings["batch_size"] is None:
                self._show_progress()

    def record(self, epoch):
        """Measure loss and accuracy and keep the weights; in a full-batch run, where it is due."""
        if not self._due(epoch):
            return
        loss, train_accuracy, _ = self._measure(*self._images)
        valid_loss, valid_accuracy, self._answers = self._measure(*self._valid)
        finite = np.isfinite([loss, valid_loss]).all()
        if self.step == 0 and not finite:
            raise ValueError(
                "The loss is not finite before the first step: the weights or the pixels are "
                "far too large; start from init_params and pixels from 0 to 1."
            )
        self.rows.append(
            {
                "step": self.step,
                "epoch": epoch,
                "loss": loss,
                "valid_loss": valid_loss,
                "train_accuracy": train_accuracy,
                "valid_accuracy": valid_accuracy,
            }
        )
        self._print(epoch)
        # a run that goes on from good weights begins far below ln k: that is no reason to stop it
        limit = 3 * max(self.rows[0]["loss"], np.log(self.sizes[-1]))
        if not finite or loss > limit:
            self.diverged = self._divergence()
            raise Diverged
        self.params = copy(self.live)

    def _due(self, epoch):
        epochs, every = self.settings["epochs"], self.settings["print_every"]
        if self.settings["batch_size"] is not None or epoch == epochs:
            return True
        return epoch % -(-epochs // MAX_ROWS) == 0 or (every is not None and epoch % every == 0)

    def _measure(self, X, y):
        """Return loss without the L2 term, accuracy, and the answers, for the weights of now."""
        Z = forward(self.live, X, self.settings["activation"])[-1]
        loss, y_hat = float(cross_entropy(Z, y)), Z.argmax(axis=1)
        return loss, accuracy(y, y_hat) if np.isfinite(loss) else np.nan, y_hat

    def _print(self, epoch):
        every, row = self.settings["print_every"], self.rows[-1]
        if every and (epoch % every == 0 or epoch == self.settings["epochs"]):
            word = "Iteration" if self.settings["batch_size"] is None else "Epoch"
            print(
                f"{word} {epoch} | Loss {row['loss']:.2f} | Accuracy {row['train_accuracy']:.2f}",
                flush=True,
            )

    def _show_progress(self):
        if self._bar is None:
            late = time.perf_counter() - self._start > BAR_AFTER
            if progress_bars_off() or self.settings["print_every"] or not late:
                return
            from tqdm.auto import tqdm

            self._bar = tqdm(total=self._total, initial=self.step, unit="step", leave=False)
        self._bar.set_postfix(loss=f"{self.rows[-1]['loss']:.4f}", refresh=False)
        self._bar.update(self.step - self._bar.n)

    def _divergence(self):
        rate, loss = self.settings["learning_rate"], self.rows[-1]["loss"]
        what = f"the loss rose to {loss:.3g}" if np.isfinite(loss) else "the loss is not a number"
        return (
            f"Diverged by step {self.step}: {what}, from {self.rows[0]['loss']:.3g} at the start, "
            f"with learning_rate={rate:g}; try learning_rate={smaller(rate):g}."
        )

    def _collapse(self):
        """Return a sentence where the network gives one answer for every validation image."""
        y = self._valid[1]
        if (self._answers != self._answers[0]).any() or (y == y[0]).all():
            return None
        if self._all_equal:
            why, cure = "the first weights were all equal", "init_params with init='he'"
        else:
            rate = self.settings["learning_rate"]
            why = "often because the rate is too large and every unit has died"
            cure = f"learning_rate={smaller(rate):g} from fresh weights"
        return (
            f"Collapsed: every validation image gets the answer {self._answers[0]}, with "
            f"learning_rate={self.settings['learning_rate']:g}; {why}: try {cure}."
        )


class Diverged(Exception):
    """Raised inside a training to end it; the history catches it."""


def name_of(value):
    """Return the name of a function, anything else as it is: settings hold no functions."""
    return getattr(value, "__name__", type(value).__name__) if callable(value) else value


def smaller(rate):
    """Return a learning rate to try after one that was too large."""
    return min(rate / 10, 0.1)


def copy(params):
    """Return params with arrays of its own."""
    return [(W.copy(), b.copy()) for W, b in params]


def check_settings(params, digits, settings):
    """Raise a ValueError that names the first argument of `train` that is not what it should be."""
    check_number("learning_rate", settings["learning_rate"], above=0)
    check_number("l2", settings["l2"], at_least=0)
    check_count("epochs", settings["epochs"])
    for name in ("batch_size", "print_every"):
        if settings[name] is not None:
            check_count(name, settings[name])
    check_count("seed", settings["seed"], at_least=0)
    choose("activation", settings["activation"], ACTIVATIONS)
    check_params(params)
    for part in ("train", "valid"):
        X, y = getattr(digits, f"X_{part}", None), getattr(digits, f"y_{part}", None)
        check_images(f"X_{part}", X)
        check_shapes(params, X, y)
        check_labels(f"y_{part}", y, params[-1][0].shape[1])
