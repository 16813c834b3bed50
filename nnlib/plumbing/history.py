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

import numpy as np

from nnlib.network import ACTIVATIONS, check_shapes, forward, predict
from nnlib.plumbing.arguments import (
    NotFinite,
    check_count,
    check_function,
    check_images,
    check_labels,
    check_number,
    check_params,
    choose,
    doubt_pixels,
)
from nnlib.plumbing.endings import as_one, collapse, divergence, off
from nnlib.plumbing.environment import WIDTH, progress_bars_off, thread_limit, threads_for
from nnlib.plumbing.kept import Kept, copied, copy, fingerprint, is_finite, name_of, parts_of

MAX_IMAGES = 3500  # of the training images the first ones are measured; in the lessons, all
MAX_ROWS = 50  # records of a full-batch run: they cost some 6 % of its time
BAR_AFTER = 2.0  # seconds: a shorter run shows no bar, so a page stays clean
LOOK_EVERY = 0.05  # seconds between two calls of who watches, and two moves of the bar
HOLD_EVERY = 1.0  # seconds between two snapshots: what an interrupt may cost
FEW = 100  # training images that nearly always show that every hidden layer lives
SAID = {"train": "training", "valid": "validation"}
LOSSES = {"train": "loss", "valid": "valid_loss"}
TWICE_WITHIN = 2.0  # seconds: a second Ctrl-C so soon means everything, not this run


class Begun(list):
    """The weights of a training that is to go on, with what it had besides; see `resume`."""

    def __init__(self, history):
        super().__init__(history.params)
        rows = [row for row in history.rows if is_finite(row)]  # the last one is of these weights
        self.kept, self.seconds = history._kept._replace(rows=rows), history.seconds


class History:
    """The record of one training: settings, rows and weights; no images.

    Attributes
    ----------
    params : the last good weights that were recorded
    best, best_params : the record with the lowest validation loss, and its weights; without
        validation images, with the lowest training loss
    activation : the name of the activation they were trained with
    settings : dict of what `train` was called with; of a function, its name
    sizes : widths of the layers, inputs first
    data : shape, type and a checksum of the images and labels: which they were
    state : what the optimiser remembers, after the step that `params` are from
    rows : list of dicts, one a record; `table()` returns them as a DataFrame. Without validation
        images no record has `valid_loss` and `valid_accuracy`
    step : number of steps taken
    diverged, stopped, collapsed : None, or a sentence that says what happened
    warning : None, or a sentence that says why the images don't look like scaled pixels
    seconds : time from the first step to the last
    """

    warning = None
    interrupted_at = -np.inf  # when Ctrl-C last ended a run, of all histories

    def __init__(self, settings, measure):
        """Copy the weights, once every argument of `train` is what it should be.

        Parameters
        ----------
        settings : dict of all arguments of `train`
        measure : function of params, X, y, activation that returns loss and accuracy
        """
        settings = check_settings(settings)
        params, digits, watch = settings.pop("params"), settings.pop("digits"), settings["watch"]
        self.warning = check_data(params, digits)
        self.settings = {name: name_of(value) for name, value in settings.items()}
        self.sizes = [params[0][0].shape[0], *(len(b) for _, b in params)]
        self.data = fingerprint(digits)
        self.step, self.seconds, self.state, self._kept = 0, 0.0, {}, None
        self.diverged = self.stopped = self.collapsed = None
        X = digits.X_train
        self.live = [(np.array(W, X.dtype, order="C"), np.array(b, X.dtype)) for W, b in params]
        if isinstance(params, Begun):
            self._kept, self.seconds = params.kept, params.seconds
            self.step, self.state = self.rows[-1]["step"], copied(params.kept.state)
        self._run = self._begin(digits, measure, watch)

    def _begin(self, digits, measure, watch):
        """Return what is needed while it runs, and given up at its end."""
        X, y = digits.X_train, digits.y_train
        parts = {"train": (X[:MAX_IMAGES], y[:MAX_IMAGES])}
        if "valid" in parts_of(digits):
            parts["valid"] = (digits.X_valid, digits.y_valid)
        m = min(self.settings["batch_size"] or len(X), len(X))
        return SimpleNamespace(
            measure=measure,
            watch=watch,
            parts=parts,
            left=self.step,  # steps that an earlier training has taken: they are passed over
            steps=-(-len(X) // m),  # an epoch
            work=m * sum(W.size for W, _ in self.live),
            equal=all((W == W.flat[0]).all() for W, _ in self.live),
            ends=False,
            held=(self.step, self.live, {}),  # a snapshot: of step, weights, optimiser's state
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
        text = (
            f"{'-'.join(map(str, self.sizes))}, {s['optimizer']}, rate {s['learning_rate']}, "
            f"batch {s['batch_size'] or 'all'}: {last['step']} steps, loss {loss}, "
            f"train accuracy {last['train_accuracy']:.4f}"
        )
        if "valid_loss" in last:
            text += f", validation accuracy {last['valid_accuracy']:.4f}"
        return textwrap.fill(text, WIDTH)

    # ------------------------------------------------------------ around the loop

    def __enter__(self):
        run = self._run
        with ExitStack() as stack:
            stack.enter_context(thread_limit(threads_for(run.work)))
            stack.enter_context(np.errstate(all="ignore"))  # an overflow is named, not warned of
            run.start = run.held_at = time.perf_counter()
            run.next_look = run.start + LOOK_EVERY
            if self._kept is None:
                self.record(0)
                if self.warning and run.watch is None:
                    print(textwrap.fill(self.warning, WIDTH), file=sys.stderr)
            run.stack = stack.pop_all()  # from here on __exit__ gives everything back
        return self

    def __exit__(self, kind, error, trace):
        run = self._run
        self.seconds += time.perf_counter() - run.start
        if kind is KeyboardInterrupt:
            kind = self._interrupted()
        elif kind is None and run.ends:  # at the last record
            kind = Stopped
        try:
            with run.stack:
                self._close_bar()
                self._end(kind)
        finally:
            self.state = self._kept and self._kept.state
            del self._run, self.live
        if run.watch is None:  # who watches, shows
            self.tell()
        return kind in (Diverged, Stopped, Interrupted, NotFinite)

    def _end(self, kind):
        """Record where the run stands, and say what became of it, by what has ended it."""
        if kind is Stopped:
            self._stop("Stopped by watch", self.step, self.live, self.state)
        elif kind is Interrupted:  # maybe half-way through a step: the snapshot is whole
            self._stop("Interrupted", *self._run.held)
        elif kind is NotFinite:  # between two records
            self._overflow()
        elif kind is None:
            self.collapsed = self._collapse()

    def tell(self):
        """Print how it ended, where that needs a word: what you wanted yourself is no fault."""
        for sentence in (self.diverged, self.stopped, self.collapsed):
            if sentence:
                where = sys.stdout if sentence is self.stopped else sys.stderr
                print(textwrap.fill(sentence, WIDTH), file=where)

    def steps(self, batches):
        """Yield the batches of one epoch, counting steps; in between, look up from the work."""
        for rows in batches:
            if self._run.left:
                self._run.left -= 1
                continue
            if self._run.ends:
                raise Stopped
            yield rows
            self.step += 1
            if time.perf_counter() >= self._run.next_look:
                self._look_up()

    def record(self, epoch):
        """Measure loss and accuracy and keep the weights; in a full-batch run, where it is due."""
        known = self._kept is not None and self.rows[-1]["step"] == self.step
        if self._run.left or known or not self._due(epoch):
            return
        self._run.held = (self.step, self.live, self.state)  # whole, as long as no step is taken
        row = self._row(self.step, epoch, self.live)
        good = self._is_good(row)
        self._keep(row, self.live if good else None, self.state)
        self._run.held = (self.step, self._kept.params, self._kept.state)
        self._print(epoch)
        if not good:
            self._diverge(row["loss"])
        self._call_watch()
        if not good:
            raise Diverged

    def _is_good(self, row):
        """Return whether a run may go on from a record; raise where it can't even begin."""
        if self._kept is None:
            check_start(row)
            return True
        # a run that goes on from good weights begins far below ln k: no reason to stop it
        first = max(self.rows[0]["loss"], np.log(self.sizes[-1]))
        return is_finite(row) and row["loss"] <= 3 * first

    # ------------------------------------------------------------ what is kept

    def _due(self, epoch):
        epochs, every = self.settings["epochs"], self.settings["print_every"]
        if self.settings["batch_size"] is not None or epoch == epochs:
            return True
        return epoch % -(-epochs // MAX_ROWS) == 0 or (every is not None and epoch % every == 0)

    def _row(self, step, epoch, params):
        """Return the record of some weights: loss without the L2 term, and accuracy."""
        loss, right = {}, {}
        for part, (X, y) in self._run.parts.items():
            loss[part], right[part] = self._measure(params, X, y)
            if not np.isfinite(loss[part]):
                right[part] = np.nan  # argmax of NaN is 0: where there is no loss, no accuracy
        losses = {LOSSES[part]: float(loss[part]) for part in loss}
        return {"step": step, "epoch": epoch} | losses | {f"{p}_accuracy": right[p] for p in right}

    def _measure(self, params, X, y):
        """Return loss and accuracy; NaN where the logits are no numbers any more."""
        try:
            return self._run.measure(params, X, y, self.activation)
        except NotFinite:
            return np.nan, np.nan

    def _keep(self, row, params, state):
        """Take a row in, and a copy of its weights, unless they are None: no good ones."""
        before = self._kept
        self._kept = (
            Kept.first(row, params, state) if before is None else before.more(row, params, state)
        )

    def _stop(self, how, step, params, state):
        """Record where a run stands that is stopped, if it has come on since the last record."""
        if step > self.rows[-1]["step"]:
            row = self._row(step, round(step / self._run.steps, 2), params)
            self._keep(row, params if is_finite(row) else None, state)
        kept = [row["step"] for row in self.rows if is_finite(row)][-1]
        self.stopped = f"{how} after step {self.step}: the weights after step {kept} are kept."

    def _overflow(self):
        """Record that the logits of a batch overflowed, before the next record was due."""
        if self.step > self.rows[-1]["step"]:
            row = self._row(self.step, round(self.step / self._run.steps, 2), self.live)
            self._keep(row | {"loss": np.nan, "train_accuracy": np.nan}, None, None)
        self._diverge(np.nan)
        self._call_watch()

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
            run.held, run.held_at = (self.step, copy(self.live), copied(self.state)), now
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

    def _close_bar(self):
        bar = self._run.bar
        if bar is not None:
            bar.update(self.step - bar.n)
            bar.total = bar.n  # a bar that closes short of its total stays, in red
            bar.close()

    def _print(self, epoch):
        every, row = self.settings["print_every"], self.rows[-1]
        if every and (epoch % every == 0 or epoch == self.settings["epochs"]):
            word = "Iteration" if self.settings["batch_size"] is None else "Epoch"
            print(
                f"{word} {epoch} | Loss {row['loss']:.2f} | Accuracy {row['train_accuracy']:.2f}",
                flush=True,
            )

    # ------------------------------------------------------------ how it ended

    def _diverge(self, loss):
        rate, first = self.settings["learning_rate"], self.rows[0]["loss"]
        self.diverged = divergence(self.step, loss, first, rate, bool(self.warning))

    def _collapse(self):
        """Return a sentence where the network has died, or gives as good as one answer to all."""
        part = "valid" if "valid" in self._run.parts else "train"
        X, y = self._run.parts[part]
        answers = forward(self.params, X, self.activation)[-1].argmax(axis=1)
        what = as_one(y, answers, SAID[part]) or self._off()
        if what is None:
            return None
        rate = self.settings["learning_rate"]
        return collapse(what, rate, self._run.equal, bool(self.warning))

    def _off(self):
        """Say which hidden layer is off for every training image that is measured, if one is."""
        if self.activation != "relu":
            return None
        X = self._run.parts["train"][0]
        few = off(forward(self.params, X[:FEW], self.activation))
        return few and off(forward(self.params, X, self.activation))


class Diverged(Exception):
    """Raised inside a training to end it; the history catches it."""


class Stopped(Exception):
    """Raised between two steps where who watches wants the end; the history catches it."""


class Interrupted(Exception):
    """Never raised: what a Ctrl-C counts as that ends one run."""


def check_start(row):
    """Raise a ValueError where a training has nothing to begin with."""
    if not is_finite(row):
        raise ValueError(
            "The loss is not finite before the first step: the weights or the pixels are far too "
            "large; start from init_params and pixels from 0 to 1."
        )


def check_settings(settings):
    """Return the arguments of `train`, numbers as Python's own; or name the first that is wrong."""
    s = dict(settings)
    s["learning_rate"] = check_number("learning_rate", s["learning_rate"], above=0)
    s["l2"] = check_number("l2", s["l2"], at_least=0)
    for name in ("epochs", "batch_size", "print_every"):
        if name == "epochs" or s[name] is not None:
            s[name] = check_count(name, s[name])
    s["seed"] = check_count("seed", s["seed"], at_least=0)
    choose("activation", s["activation"], ACTIVATIONS)
    if s["watch"] is not None:
        check_function("watch", s["watch"])
    return s


def check_data(params, digits):
    """Raise unless weights, images and labels go together.

    Returns a sentence where the images don't look like scaled pixels, else None.
    """
    check_params(params)
    parts, doubts = parts_of(digits), []
    labels = getattr(digits, "y_valid", None)
    if labels is not None and np.size(labels) and "valid" not in parts:
        raise ValueError("digits have labels in y_valid, but no images in X_valid: give both.")
    pixels = bool(getattr(digits, "pixels", True))  # where it is False, X holds any features
    for part in parts:
        X, y = getattr(digits, f"X_{part}", None), getattr(digits, f"y_{part}", None)
        ends = check_images(f"X_{part}", X, pixels)
        check_shapes(params, X, y)
        check_labels(f"y_{part}", y, params[-1][0].shape[1])
        doubts.append(doubt_pixels(f"X_{part}", X, ends) if pixels else None)
    return next(filter(None, doubts), None)
