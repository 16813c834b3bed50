"""One run: the functions that the lessons derive, composed. The test images are looked at once."""

import functools
import multiprocessing
import os
import time
from concurrent.futures import ProcessPoolExecutor, as_completed

import numpy as np

from nnlib.backprop import backward
from nnlib.labs.augment import distort, shift_images
from nnlib.labs.optimizers import decayed_rate
from nnlib.labs.regularisation import (
    backward_dropout,
    committee,
    dropout_masks,
    forward_dropout,
)
from nnlib.loss import cross_entropy
from nnlib.network import accuracy, forward, init_params
from nnlib.plumbing.environment import progress_bars_off, thread_limit
from nnlib.plumbing.sources import Digits, load_digits
from nnlib.training import OPTIMIZERS, add_l2, batches

LOOKS = [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)]


def first_weights(settings, seed, dtype):
    """Return the weights that a run begins with."""
    sizes = [784, *settings["hidden"], 10]
    if settings["init"] != "normal":
        return init_params(sizes, settings["init"], seed, dtype)
    rng = np.random.default_rng(seed)
    return [
        (rng.normal(0, 1, (n_in, n_out)).astype(dtype), np.zeros(n_out, dtype))
        for n_in, n_out in zip(sizes[:-1], sizes[1:])
    ]


def gradients(params, X, y, settings, rng):
    """Return the gradients of one batch, with dropout where it is asked for."""
    if settings["dropout"] == 0:
        return backward(
            params, forward(params, X, settings["activation"]), y, settings["activation"]
        )
    masks = dropout_masks(settings["hidden"], len(X), settings["dropout"], rng, X.dtype)
    return backward_dropout(params, forward_dropout(params, X, masks), y, masks)


def fit(settings, seed, digits, passes=iter):
    """Train one network; return its weights and the number of the pass they come from.

    Parameters
    ----------
    settings : dict with the keys of DEFAULTS
    seed : decides weights, batches, distortions and dropout
    digits : Digits; its test images are not touched
    passes : what to wrap the range of passes in: a progress bar

    Notes
    -----
    The loop of `nnlib.train`: with plain settings, the weights are the same to the last bit.
    """
    s, X, y, rng = settings, digits.X_train, digits.y_train, np.random.default_rng(seed)
    params, step, state = first_weights(s, seed, X.dtype), 0, {}
    steps = s["epochs"] * -(-len(X) // (s["batch_size"] or len(X)))
    kept, kept_epoch, best = params, s["epochs"], -1.0
    for epoch in passes(range(1, s["epochs"] + 1)):
        distorted = (s["affine"] or s["elastic"]) and epoch <= s["epochs"] - s["clean"]
        for rows in batches(len(X), s["batch_size"], rng):
            images = distort(X[rows], rng, s["affine"], s["elastic"]) if distorted else X[rows]
            grads = gradients(params, images, y[rows], s, rng)
            if s["l2"] > 0:
                grads = add_l2(params, grads, s["l2"])
            rate = s["learning_rate"]
            if s["decay"]:
                rate = decayed_rate(rate, step, steps)
            OPTIMIZERS[s["optimizer"]](params, grads, rate, state)
            step += 1
        if s["early_stopping"]:
            y_hat = forward(params, digits.X_valid, s["activation"])[-1].argmax(axis=1)
            if accuracy(digits.y_valid, y_hat) > best:
                best, kept_epoch = accuracy(digits.y_valid, y_hat), epoch
                kept = [(W.copy(), b.copy()) for W, b in params]
    return kept, kept_epoch


def fit_members(settings, seed, processes, show=False):
    """Train a committee's members, several at a time, one thread each; return what `fit` does."""
    n, spawn = settings["members"], multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(n, processes), spawn) as pool:
        waiting = [pool.submit(fit_one, settings, seed * n + i) for i in range(n)]
        for _ in bar(f"seed {seed}", as_completed(waiting), "member", n) if show else waiting:
            pass
    return [member.result() for member in waiting]


def fit_one(settings, seed):
    """Train one network in a process of its own, which loads the images for itself."""
    with thread_limit(1), np.errstate(all="ignore"):
        return fit(settings, seed, mnist(settings["n_valid"]))


@functools.lru_cache(1)
def mnist(n_valid):
    """Return full MNIST with n_valid validation images; 0: all 60,000 to train, none to choose."""
    if n_valid > 0:
        return load_digits("mnist", n_valid)
    d = load_digits("mnist")
    X, y = np.concatenate([d.X_train, d.X_valid]), np.concatenate([d.y_train, d.y_valid])
    return Digits(X, y, X[:0], y[:0], d.X_test, d.y_test, d.name)


def beliefs(members, X, settings):
    """Return what a committee believes, the mean over so many looks at each image."""
    moves = LOOKS[: settings["looks"]]
    looks = [committee(members, shift_images(X, *move), settings["activation"]) for move in moves]
    return sum(looks) / len(looks)


def measure(members, X, y, settings):
    """Return loss, accuracy and answers of a committee of one or more; None where X is empty."""
    if len(X) == 0:
        return None, None, None
    pieces = np.split(X, range(5000, len(X), 5000))
    if len(members) == settings["looks"] == 1 and settings["clip"] == 0:
        Z = np.concatenate([forward(members[0], x, settings["activation"])[-1] for x in pieces])
        return float(cross_entropy(Z, y)), accuracy(y, Z.argmax(axis=1)), Z.argmax(axis=1)
    P = np.concatenate([beliefs(members, x, settings) for x in pieces])
    lowest = settings["clip"] or np.finfo(P.dtype).tiny
    loss = -np.log(np.maximum(P[np.arange(len(y)), y], lowest)).mean()
    return float(loss), accuracy(y, P.argmax(axis=1)), P.argmax(axis=1)


def run(settings, seed, test=True, threads=1, show=False):
    """Do one run: train, measure, open the test images once.

    Returns
    -------
    result : dict, a row of the CSV file
    wrong : dict with the numbers of the test images it got wrong ("index") and what it said
        ("answer"); empty where `test` is False
    """
    digits = mnist(settings["n_valid"])
    n, start = settings["members"], time.perf_counter()
    passes = functools.partial(bar, f"seed {seed}") if show else iter
    with thread_limit(threads), np.errstate(all="ignore"):  # a run that overflows shows in its loss
        if n > 1 and threads > 1:  # a processor for each member pays better than two for one
            fitted = fit_members(settings, seed, threads, show)
        else:
            fitted = [fit(settings, seed * n + i, digits, passes) for i in range(n)]
        seconds = time.perf_counter() - start
        members = [params for params, _ in fitted]
        first = [first_weights(settings, seed * n, digits.X_train.dtype)]
        X, y = digits.X_train, digits.y_train
        first_loss, first_accuracy, _ = measure(first, X[:5000], y[:5000], settings)
        loss, train_accuracy, _ = measure(members, X, y, settings)
        valid_loss, valid_accuracy, _ = measure(members, digits.X_valid, digits.y_valid, settings)
        test_accuracy, alone, wrong = None, [], {}
        if test:
            _, test_accuracy, y_hat = measure(members, digits.X_test, digits.y_test, settings)
            index = np.flatnonzero(y_hat != digits.y_test)
            wrong = {"index": index.tolist(), "answer": y_hat[index].tolist()}
            alone = [measure([m], digits.X_test, digits.y_test, settings)[1] for m in members]
    batch_size = settings["batch_size"] or len(X)
    result = {
        "seed": seed, "steps": n * settings["epochs"] * -(-len(X) // batch_size),
        "kept_epoch": fitted[0][1],
        "first_loss": first_loss, "first_accuracy": first_accuracy,
        "train_loss": loss, "valid_loss": valid_loss, "train_accuracy": train_accuracy,
        "valid_accuracy": valid_accuracy, "test_accuracy": test_accuracy,
        "seconds": round(seconds, 1), "threads": threads, "load": load(),
    }  # fmt: skip
    if n > 1 and test:
        result["alone_accuracy"] = float(np.mean(alone))  # of its members, each by itself
    return {k: round(v, 6) if isinstance(v, float) else v for k, v in result.items()}, wrong


def load():
    """Return how many processes wanted a processor in the last minute, where the system tells."""
    return round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None


def bar(text, items=None, unit="pass", total=None):
    """Return a progress bar over `items`, or one to be moved by hand."""
    from tqdm.auto import tqdm

    off = progress_bars_off() or total == 0
    return tqdm(items, desc=text, unit=unit, total=total, leave=False, disable=off)
