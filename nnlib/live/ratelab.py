"""The learning-rate lab: training that moves under your hand. It stands beside lesson 5."""

import threading
import time
from html import escape

import ipywidgets
import numpy as np

from nnlib.backprop import backward
from nnlib.live import export
from nnlib.live.controls import Controls, when_pressed
from nnlib.live.picture import picture, table
from nnlib.live.shown import bundle
from nnlib.network import forward, init_params
from nnlib.plumbing.arguments import check_images, check_labels, describe
from nnlib.plumbing.lines import Line
from nnlib.plumbing.runs import Runs
from nnlib.training import train

EVERY = 0.18  # seconds between two pictures
IMAGES = 200  # the first training images: gradient and living units are measured on them
BUSY = threading.Lock()  # one training at a time, of all labs: they would share BLAS's threads


class RateLab:
    """A widget that trains networks while you watch, and keeps every run beside the newest.

    Leave it as a cell's last line, and press Train. All runs of one seed begin with the same
    weights, and with the same batch size they see the same batches.

    Parameters
    ----------
    digits : Digits, or any object with X_train, y_train and, unless there is nothing to validate
        with, X_valid, y_valid
    runs : Runs to go on with, maybe from ``Runs.load``; a new collection otherwise

    Attributes
    ----------
    runs : Runs, also of what a run that was stopped had learned: ``lab.runs.newest.histories``
    """

    def __init__(self, digits, runs=None):
        check_digits(digits)
        if not isinstance(runs, (Runs, type(None))):
            raise ValueError(f"runs must be a collection, nnlib.Runs(); it is {describe(runs)}.")
        self.digits, self.runs = digits, Runs() if runs is None else runs
        self.controls, self.thread = Controls(), None
        self._sample = Sample(digits.X_train[:IMAGES], digits.y_train[:IMAGES])
        self._line, self._alive, self._drawn = None, None, 0.0  # of the run that is being trained
        self._stopping = threading.Event()
        self.status, self.view, self.hand = (ipywidgets.HTML() for _ in range(3))
        self.box = ipywidgets.VBox([self.controls.box, self.status, self.view, self.hand])
        buttons = self.controls.buttons
        buttons.stop.on_click(lambda _: self.stop())
        when_pressed(buttons.train, self.train)
        for name in ("clear", "remove", "save"):
            action = getattr(self, f"_{name}")
            when_pressed(getattr(buttons, name), lambda action=action: self._told(action))
        self.say("Press Train.")
        self.draw()

    def _repr_mimebundle_(self, **keywords):
        return bundle(self.box, "The learning-rate lab: run this cell to use it.")

    # ------------------------------------------------------------ what the buttons do

    def train(self):
        """Read the fields and train in a thread of its own; say what is wrong with them."""
        if self.thread is not None and self.thread.is_alive():
            return  # pressed twice
        if not BUSY.acquire(blocking=False):
            self.say("Another training is running: wait for its end, or stop it.")
            return
        try:
            settings, said = self.controls.read()
        except ValueError as error:
            BUSY.release()
            self.say(str(error))
            return
        self._stopping.clear()
        self.controls.set_running(True)
        self.say(f"{said}Training with rate {settings['learning_rate']:g} …")
        self.thread = threading.Thread(target=self._work, args=(settings, said), daemon=True)
        self.thread.start()

    def stop(self):
        """End the training that runs, within a few steps; its curve and its weights stay."""
        self._stopping.set()

    def _clear(self):
        self.runs.clear()
        return "All runs are forgotten."

    def _remove(self):
        number = self.controls.fields.run.value
        self.runs.remove(number)
        return f"Run {number} is forgotten."

    def _save(self):
        path = self.controls.fields.file.value.strip()
        export.write(path, self.runs)
        return f"{len(self.runs)} runs are written to {path}."

    def _told(self, action):
        """Do what a button wants and say what came of it: an error would not reach the page."""
        try:
            said = action()
        except (ValueError, OSError) as error:
            said = str(error)
        self._alive = None
        self.draw()
        self.say(said)

    # ------------------------------------------------------------ the training's thread

    def _work(self, settings, said):
        """Train, a seed after the other; keep what came of it, and say how it ended."""
        try:
            said += self._train(**settings)
        except Exception as error:  # in a thread nobody else would see it
            said += str(error) or type(error).__name__
        finally:
            if self._line is not None:
                self.runs.add(self._line.histories, **self._line.notes)
            self._line = None
            self.draw()
            self.say(said)
            self.controls.set_running(False)
            BUSY.release()

    def _train(self, sizes, init, seeds, **settings):
        sizes = [self.digits.X_train.shape[1], *sizes, int(self.digits.y_train.max()) + 1]
        for seed in seeds:
            history = train(
                init_params(sizes, init, seed), self.digits, **settings, seed=seed,
                watch=lambda history: self._watch(history, init),
            )  # fmt: skip
            self._note(history)
            if self._stopping.is_set():
                break
        return ending(self._line)

    def _watch(self, history, init):
        """Note what there is to see, draw it from time to time, and say whether to stop."""
        if self._line is None:
            self._line = Line([history], {"init": init})
        elif history not in self._line.histories:
            self._line.histories.append(history)
        self._note(history)
        if time.perf_counter() - self._drawn >= EVERY:
            self.draw()
        return self._stopping.is_set()

    def _note(self, history):
        """Write size of the gradient and number of living units into the newest record."""
        row = history.rows[-1]
        if "gradient" in row:
            return
        row["gradient"], row["alive"], self._alive = np.nan, np.nan, None
        if np.isfinite(row["loss"]) and not history.diverged:
            row["gradient"], self._alive = self._sample.look(history.params, history.activation)
            row["alive"] = int(self._alive.sum())

    # ------------------------------------------------------------ what is shown

    def say(self, text):
        """Write a sentence into the status line, which a screen reader reads out."""
        self.status.value = f'<div role="status" style="min-height:1.5em">{escape(text)}</div>'

    def draw(self):
        """Draw all runs, and the one that is being trained."""
        line, lines, newest, progress = self._line, list(self.runs), self.runs.newest, ""
        if line is not None:
            former = self.runs.find(line)
            last = max((other.number for other in lines), default=0)
            line.number = former.number if former else last + 1
            lines = [other for other in lines if other is not former] + [line]
            newest, progress = line, f"step {line.histories[-1].step}"
        self.view.value = picture(lines, newest, self._alive) + table(lines, newest, progress)
        if line is None:
            self._show_code()
        self._drawn = time.perf_counter()

    def _show_code(self):
        code = f"<pre>{escape(export.cell(self.runs))}</pre>" if len(self.runs) else ""
        self.hand.value = code and f"<details><summary>The same by hand</summary>{code}</details>"


class Sample:
    """A few images on which a network is looked at often, so cheaply: in float32, and turned.

    X = L Qᵀ with orthonormal columns in Q, so the gradient of W1, Xᵀ dZ = Q (Lᵀ dZ), is as long as
    Lᵀ dZ, which takes a quarter of the time: L has a column for each image, not for each pixel.
    """

    def __init__(self, X, y):
        self.X, self.y = X.astype(np.float32), y
        self.L = np.linalg.qr(X.T, mode="r").T.astype(np.float32)

    def look(self, params, activation):
        """Return the size of the gradient, and which hidden units are alive."""
        params = [(W.astype(np.float32), b.astype(np.float32)) for W, b in params]
        A = forward(params, self.X, activation)
        (W1, b1), *rest = params  # backward needs no more of W1 than its shape
        turned = [(W1[: self.L.shape[1]], b1), *rest]
        grads = backward(turned, [self.L, *A[1:]], self.y, activation)
        return float(np.sqrt(sum(np.vdot(a, a) for pair in grads for a in pair))), living(A[1])


def check_digits(digits):
    """Raise a ValueError unless there is something to train with."""
    X, y = (getattr(digits, name, None) for name in ("X_train", "y_train"))
    check_images("X_train", X)
    check_labels("y_train", y, len(X))


def living(A1):
    """Return which hidden units tell images apart; a dead one has one answer for all of them."""
    return A1.max(axis=0) > A1.min(axis=0)


def ending(line):
    """Say how a training ended; of several seeds, the mean, unless the last one went wrong."""
    history, several = line.histories[-1], len(line.histories) > 1
    rate = f"Rate {history.settings['learning_rate']:g}"
    if history.stopped:
        return f"{rate}: stopped after step {history.step}; its curve and its weights are kept."
    if history.diverged or history.collapsed or history.warning:
        return history.diverged or history.collapsed or history.warning
    mean, which = "mean " if several else "", "validation " if line.validated else ""
    return (
        f"{rate}{f', {len(line.histories)} seeds' if several else ''}: {mean}loss "
        f"{line.last('loss'):.3f}, {mean}{which}accuracy {line.reached()} "
        f"after {history.rows[-1]['epoch']:g} epochs."
    )
