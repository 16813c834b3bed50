"""One run: the functions that the lessons derive, composed. The test images are looked at once."""

import functools
import json
import os
import signal
import threading
import time
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
from joblib import Parallel, delayed, parallel_config

from nnlib.backprop import backward
from nnlib.labs.augment import distort, shift_images, upright
from nnlib.labs.optimizers import decayed_rate
from nnlib.labs.regularisation import (
    backward_dropout,
    committee,
    dropout_masks,
    forward_dropout,
)
from nnlib.labs.speed import momentum_step
from nnlib.loss import cross_entropy
from nnlib.network import accuracy, forward, init_params
from nnlib.plumbing.environment import progress_bars_off, thread_limit
from nnlib.plumbing.sources import load_digits
from nnlib.training import OPTIMIZERS, add_l2, batches

LOOKS = [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)]


def run(settings, seed, test=True, threads=1, show=False):
    """Do one run: train, measure, open the test images once.

    Parameters
    ----------
    settings : dict with the keys of DEFAULTS
    seed : of the run; member i of n in a committee begins with seed * n + i
    test : whether the test images are opened
    threads : processors to use
    show : whether to show a progress bar

    Returns
    -------
    result : dict, a row of the CSV file
    wrong : dict with the numbers of the test images it got wrong ("index") and what it said
        ("answer"); None where `test` is False
    """
    digits, wrong, start = digits_of(settings), None, time.perf_counter()
    with thread_limit(threads), np.errstate(all="ignore"):  # a run that overflows shows in its loss
        fitted = fit_all(settings, seed, digits, threads, show)
        seconds = time.perf_counter() - start
        members = list(zip([params for params, _ in fitted], kinds_of(settings)))
        result = {
            "seed": seed, "steps": steps_of(settings, len(digits.X_train)),
            "kept_epoch": fitted[0][1], **scores(members, seed, digits, settings),
            "test_accuracy": None, "seconds": seconds, "threads": threads, "load": load_average(),
        }  # fmt: skip
        if test:
            found, wrong = judge(members, digits, settings)
            result |= found
    result["seconds"] = round(seconds, 1)
    return {k: round(v, 6) if isinstance(v, float) else v for k, v in result.items()}, wrong


# ------------------------------------------------------------------ training


def standard_normal(rng, n_in, n_out):
    """Return W drawn from N(0, 1), as some classics do; no lesson recommends it."""
    return rng.normal(0, 1, (n_in, n_out))


def first_weights(settings, seed, dtype):
    """Return the weights that a run begins with."""
    init = standard_normal if settings["init"] == "normal" else settings["init"]
    return init_params([784, *settings["hidden"], 10], init, seed, dtype)


def gradients(params, X, y, settings, rng):
    """Return the gradients of one batch, with dropout where it is asked for."""
    if settings["dropout"] == 0:
        return backward(
            params, forward(params, X, settings["activation"]), y, settings["activation"]
        )
    masks = dropout_masks(settings["hidden"], len(X), settings["dropout"], rng, X.dtype)
    return backward_dropout(params, forward_dropout(params, X, masks), y, masks)


def take_step(params, X, y, rate, settings, rng, state):
    """Take one step on a batch, in place."""
    if settings["fused"]:
        momentum_step(params, X, y, rate, state, l2=settings["l2"])
        return
    grads = gradients(params, X, y, settings, rng)
    if settings["l2"] > 0:
        grads = add_l2(params, grads, settings["l2"])
    OPTIMIZERS[settings["optimizer"]](params, grads, rate, state)


def fit(settings, seed, digits, passes=iter, kind="plain"):
    """Train one network; return its weights and the number of the pass they come from.

    Parameters
    ----------
    settings : dict with the keys of DEFAULTS
    seed : decides weights, batches, distortions and dropout
    digits : Digits; its test images are not touched
    passes : what to wrap the range of passes in: a progress bar
    kind : of digits: "plain", "upright", or a width

    Notes
    -----
    The loop of `nnlib.train`: with plain settings, the weights are the same to the last bit.
    """
    s, X, y = settings, prepared(digits.X_train, kind), digits.y_train
    rng = np.random.default_rng(seed)
    params, step, state = first_weights(s, seed, X.dtype), 0, {}
    steps = s["epochs"] * -(-len(X) // (s["batch_size"] or len(X)))
    kept, kept_epoch, best = params, s["epochs"], -1.0
    for epoch in passes(range(1, s["epochs"] + 1)):
        distorted = (s["affine"] or s["elastic"]) and epoch <= s["epochs"] - s["clean"]
        for rows in batches(len(X), s["batch_size"], rng):
            images = distort(X[rows], rng, s["affine"], s["elastic"]) if distorted else X[rows]
            rate = s["learning_rate"]
            if s["decay"]:
                rate = decayed_rate(rate, step, steps)
            take_step(params, images, y[rows], rate, s, rng, state)
            step += 1
        if s["early_stopping"]:
            X_valid = prepared(digits.X_valid, kind)
            y_hat = forward(params, X_valid, s["activation"])[-1].argmax(axis=1)
            if accuracy(digits.y_valid, y_hat) > best:
                best, kept_epoch = accuracy(digits.y_valid, y_hat), epoch
                kept = [(W.copy(), b.copy()) for W, b in params]
    return kept, kept_epoch


def fit_all(settings, seed, digits, threads=1, show=False):
    """Return what `fit` does, once for each member of a committee."""
    n = settings["members"]
    if n > 1 and threads > 1:  # a processor for each member pays better than two for one
        return fit_members(settings, seed, threads, show)
    passes = functools.partial(bar, f"seed {seed}") if show else iter
    kinds = kinds_of(settings)
    return [fit(settings, seed * n + i, digits, passes, kinds[i]) for i in range(n)]


def fit_members(settings, seed, processes, show=False):
    """Train a committee's members, several at a time, one thread each; return what `fit` does."""
    n, kinds = settings["members"], kinds_of(settings)
    found = at_once(fit_one, [(settings, seed * n + i, kinds[i]) for i in range(n)], processes)
    found = dict(bar(f"seed {seed}", found, "member", n) if show else found)
    return [found[i] for i in range(n)]


def fit_one(settings, seed, kind):
    """Train one network in a process of its own, which loads the images for itself."""
    with thread_limit(1), np.errstate(all="ignore"):
        return fit(settings, seed, digits_of(settings), kind=kind)


def at_once(function, tasks, processes, threads=1):
    """Yield (number of the task, ``function(*task)``) as each is done, several at a time.

    Each process lets BLAS use so many threads. Where the generator is closed, or an exception
    such as Ctrl-C comes through it, joblib ends the processes. With one process, all is done here.
    """
    n = max(1, min(processes, len(tasks)))
    with parallel_config("loky", inner_max_num_threads=threads):
        pool = Parallel(n, return_as="generator_unordered", batch_size=1)
    with deaf_to_ctrl_c():
        found = pool(delayed(numbered)(i, function, task) for i, task in enumerate(tasks))
    yield from found


def numbered(i, function, task):
    """Return i and the task's result: unordered results must say whose they are."""
    return i, function(*task)


@contextmanager
def deaf_to_ctrl_c():
    """Let the processes that start meanwhile ignore Ctrl-C: to end them is this one's business."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # which a new process inherits
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


# ------------------------------------------------------------------ images, and what is measured


def digits_of(settings):
    """Return the digits that the settings name."""
    return load(settings["data"], settings["n_valid"])


@functools.lru_cache(1)
def load(source, n_valid):
    """Return digits with n_valid validation images; 0: they are trained on, too, none to choose."""
    digits = load_digits(source, n_valid or None)
    if n_valid > 0:
        return digits
    X = np.concatenate([digits.X_train, digits.X_valid])
    y = np.concatenate([digits.y_train, digits.y_valid])
    return replace(digits, X_train=X, y_train=y, X_valid=X[:0], y_valid=y[:0])


def kinds_of(settings):
    """Return what kind of digits each member sees: they take the kinds in turn."""
    kinds = settings["kinds"]
    return [kinds[i % len(kinds)] for i in range(settings["members"])]


def prepared(X, kind):
    """Return images as a kind wants them, made in pieces: the fields take room."""
    if kind == "plain" or len(X) == 0:
        return X
    pieces, width = np.split(X, range(5000, len(X), 5000)), None if kind == "upright" else kind
    return np.concatenate([upright(piece, width) for piece in pieces])


def steps_of(settings, m):
    """Return how many steps all members of a run take together on m images."""
    return settings["members"] * settings["epochs"] * -(-m // (settings["batch_size"] or m))


def scores(members, seed, digits, settings):
    """Return losses and accuracies on training and validation images, and those at the start."""
    X, y = digits.X_train, digits.y_train
    first = first_weights(settings, seed * settings["members"], X.dtype), settings["kinds"][0]
    first_loss, first_accuracy, _ = measure([first], X[:5000], y[:5000], settings)
    loss, train_accuracy, _ = measure(members, X, y, settings)
    valid_loss, valid_accuracy, _ = measure(members, digits.X_valid, digits.y_valid, settings)
    return {
        "first_loss": first_loss, "first_accuracy": first_accuracy,
        "train_loss": loss, "valid_loss": valid_loss,
        "train_accuracy": train_accuracy, "valid_accuracy": valid_accuracy,
    }  # fmt: skip


def judge(members, digits, settings):
    """Return the accuracy on the test images, together and alone, and what was got wrong."""
    X, y = digits.X_test, digits.y_test
    _, right, y_hat = measure(members, X, y, settings)
    found, index = {"test_accuracy": right}, np.flatnonzero(y_hat != y)
    if len(members) > 1:
        alone = [measure([member], X, y, settings)[1] for member in members]
        found["alone_accuracy"] = float(np.mean(alone))
    if len(kinds := settings["kinds"]) > 1:
        parts = {str(k): [member for member in members if member[1] == k] for k in kinds}
        found["parts"] = json.dumps({k: measure(m, X, y, settings)[1] for k, m in parts.items()})
    return found, {"index": index.tolist(), "answer": y_hat[index].tolist()}


def beliefs(members, X, settings):
    """Return what a committee believes, the mean over so many looks at each image, prepared."""
    P, moves = 0, LOOKS[: settings["looks"]]
    for kind in dict.fromkeys(kind for _, kind in members):
        some, ready = [params for params, k in members if k == kind], prepared(X, kind)
        for move in moves:
            looked = committee(some, shift_images(ready, *move), settings["activation"])
            P = P + looked * (len(some) / len(members) / len(moves))
    return P


def measure(members, X, y, settings):
    """Return loss, accuracy and answers of a committee of one or more; None where X is empty.

    Members are pairs: weights, and the kind of digits that they know.
    """
    if len(X) == 0:
        return None, None, None
    pieces = np.split(X, range(5000, len(X), 5000))
    if len(members) == settings["looks"] == 1 and settings["clip"] == 0:
        (params, kind), activation = members[0], settings["activation"]
        Z = np.concatenate([forward(params, prepared(x, kind), activation)[-1] for x in pieces])
        return float(cross_entropy(Z, y)), accuracy(y, Z.argmax(axis=1)), Z.argmax(axis=1)
    P = np.concatenate([beliefs(members, x, settings) for x in pieces])
    lowest = settings["clip"] or np.finfo(P.dtype).tiny
    loss = -np.log(np.maximum(P[np.arange(len(y)), y], lowest)).mean()
    return float(loss), accuracy(y, P.argmax(axis=1)), P.argmax(axis=1)


def load_average():
    """Return how many processes wanted a processor in the last minute, where the system tells."""
    return round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None


def bar(text, items=None, unit="pass", total=None):
    """Return a progress bar over `items`, or one to be moved by hand."""
    from tqdm.auto import tqdm  # here: a page that only reads needs no bar, nor widgets for it

    off = progress_bars_off() or total == 0
    return tqdm(items, desc=text, unit=unit, total=total, leave=False, disable=off)
