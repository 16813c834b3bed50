"""Checks of lesson 5: gradient descent."""

import contextlib
import io
from itertools import islice

import numpy as np

from nnlib import backprop, network, training
from nnlib.check import calling
from nnlib.check.comparing import as_array, described
from nnlib.check.goals import Goal
from nnlib.check.lesson2 import some_images, some_network
from nnlib.check.progress import noted
from nnlib.check.sealed import Choice
from nnlib.check.verdict import must
from nnlib.check.written import Written, judge, like, when
from nnlib.plumbing import sources

PAGE = ("one image a step", "update", "patient F", "batches", "twenty units", "train")


def pairs(params):
    """Return params, or what a reader makes of them, as a list of lists of arrays."""
    listed = isinstance(params, (list, tuple)) and all(
        isinstance(pair, (list, tuple)) for pair in params
    )
    must(listed, f"a list of pairs should come back, and not {described(params)}.", "wrong type")
    return [[np.array(as_array(theta, "an array")) for theta in pair] for pair in params]


def play_update(function, params, grads, learning_rate):
    """Take a step; return the weights, changed in place or returned, and the gradients."""
    returned = function(params, grads, learning_rate)
    if calling.is_open(returned) and returned is not None:
        return returned
    return {
        "params": pairs(params if returned is None else returned),
        "grads, afterwards,": pairs(grads),
    }


def update_by(params, grads, learning_rate, W=True, b=True):
    """Return stepped weights, in one of the ways it goes wrong."""
    return [
        (w - learning_rate * dw * W, c - learning_rate * dc * b)
        for (w, c), (dw, dc) in zip(params, grads)
    ]


def into_grads(params, grads, learning_rate):
    """Move the gradients instead of the weights."""
    for (W, b), (dW, db) in zip(params, grads):
        dW -= learning_rate * W
        db -= learning_rate * b


UPDATE = Written(
    "update(params, grads, learning_rate)",
    training.update,
    cases=(
        (some_network([4, 3, 2], 0), some_network([4, 3, 2], 1), 0.1),
        (some_network([2, 5], 2), some_network([2, 5], 3), 0.5),
        (some_network([3, 2, 4, 3], 4), some_network([3, 2, 4, 3], 5), 2.0),
    ),
    praise="every weight and every bias moves against its slope.",
    play=play_update,
    changes=True,
    doubts=(
        like(
            lambda p, g, r: None,
            "nothing has moved: does `W = …` give a new array the name W, and leave the one in "
            "params as it was?",
        ),
        like(lambda p, g, r: update_by(p, g, -r), "uphill: plus or minus the slope?"),
        like(
            lambda p, g, r: update_by(p, g, r, b=False),
            "the biases have stayed: do they have slopes too?",
        ),
        like(lambda p, g, r: update_by(p, g, r, W=False), "only the biases have moved: and W?"),
        like(
            lambda p, g, r: update_by(p, g, 1),
            "the step doesn't depend on the rate: where is learning_rate?",
        ),
        like(
            lambda p, g, r: update_by(p, g, r * r),
            "the rate comes in twice: how often is it multiplied?",
        ),
        like(
            lambda p, g, r: update_by(p, g, 1 / r),
            "a larger rate makes a smaller step: times or divided by?",
        ),
        like(
            lambda p, g, r: update_by(p[:1], g, r) + p[1:],
            "only the first layer has moved: does the loop go on?",
        ),
        like(
            into_grads,
            "the gradients have changed, and the weights not: which of them should move?",
        ),
        like(
            lambda p, g, r: [(-r * dW, -r * db) for dW, db in g],
            "that is the step alone: what is it added to?",
        ),
    ),
)


def update(function):
    """Check ``update(params, grads, learning_rate)``: one step, in place or returned."""
    return noted(judge(UPDATE, function))


def play_batches(function, m, batch_size, seed):
    """Run through two epochs by one generator, and refuse what is no fair shuffle."""
    rng = np.random.default_rng(seed)
    epoch, next_epoch = (gathered(function(m, batch_size, rng), m) for _ in range(2))
    if epoch is None:
        return None
    must_be_whole(epoch, m, batch_size)
    first, second = np.concatenate(epoch), np.concatenate(next_epoch)
    must(
        not np.array_equal(first, np.arange(m)),
        "the rows come in their order: where are they shuffled?",
    )
    must(
        np.mean(np.diff(first) == 1) < 0.5,
        "rows next to each other stay so: is it the batches that are shuffled, and not the rows?",
    )
    must(
        not np.array_equal(first, second),
        "each epoch has the same order: is a new generator made inside?",
    )
    again = gathered(function(m, batch_size, np.random.default_rng(seed)), m)
    must(
        np.array_equal(first, np.concatenate(again)),
        "the same rng gives another order each time: does something else shuffle?",
    )
    return True


def must_be_whole(epoch, m, batch_size):
    """Refuse an epoch in which a row is missing, comes twice, or a batch has another size."""
    rows = np.concatenate([np.zeros(0, int), *epoch])
    must(
        len(np.unique(rows)) == len(rows),
        "a row comes twice in an epoch: drawn anew for each batch, instead of shuffled once?",
    )
    must(
        len(rows) != m - m % batch_size or m % batch_size == 0,
        "the last batch, a short one, is missing: are its rows never learned from?",
    )
    must(len(rows) == m, f"{len(rows)} rows came, of {m}: does each come once?")
    sizes = [len(batch) for batch in epoch]
    wanted = [min(batch_size, m - start) for start in range(0, m, batch_size)]
    must(
        sizes == wanted,
        f"batches of {sizes} rows: should they not be of {batch_size}, and only the last one "
        "shorter?",
    )


def gathered(found, m):
    """Return the batches of a generator or list as arrays of row numbers."""
    if calling.is_open(found):
        return None
    must(
        hasattr(found, "__iter__") and not isinstance(found, (dict, set, str, bytes)),
        "batches should be yielded, or returned as a list.",
        "wrong type",
    )
    epoch = []
    for rows in islice(found, 2 * m + 2):
        must(rows is not ..., "a `...` is yielded.", "not attempted")
        rows = np.arange(m)[rows] if isinstance(rows, slice) else as_array(rows, "a batch")
        must(rows.ndim == 1, "a batch should be a vector of row numbers.", "wrong shape")
        must(rows.dtype.kind in "iu", "a batch should hold row numbers.", "wrong type")
        must(
            ((0 <= rows) & (rows < m)).all(), f"row numbers go from 0 to {m - 1}: some lie outside."
        )
        epoch.append(rows)
    must(len(epoch) <= 2 * m, "the batches never end: what stops the loop?")
    return epoch


BATCHES = Written(
    "batches(m, batch_size, rng)",
    training.batches,
    cases=((20, 6, 0), (21, 7, 1), (13, 20, 2)),
    praise="each row once an epoch, shuffled anew each time, the short last batch included.",
    play=play_batches,
)


def batches(function):
    """Check ``batches(m, batch_size, rng)``: row numbers, yielded or in a list."""
    return noted(judge(BATCHES, function))


def play_add_l2(function, params, grads, l2):
    """Return the new gradients, changed in place or returned, and the weights."""
    returned = function(params, grads, l2)
    if calling.is_open(returned) and returned is not None:
        return returned
    return {
        "grads": pairs(grads if returned is None else returned),
        "params, afterwards,": pairs(params),
    }


def l2_by(factor=lambda W, l2: l2 * W, bias=lambda b, l2: 0):
    """Return a way to add something to the gradients."""
    return lambda params, grads, l2: [
        (dW + factor(W, l2), db + bias(b, l2)) for (W, b), (dW, db) in zip(params, grads)
    ]


ADD_L2 = Written(
    "add_l2(params, grads, l2)",
    training.add_l2,
    cases=(
        (some_network([4, 3, 2], 0), some_network([4, 3, 2], 1), 0.1),
        (some_network([2, 5], 2), some_network([2, 5], 3), 0.5),
        (some_network([3, 2], 6), some_network([3, 2], 7), 0.0),
    ),
    praise="the slope of l2 / 2 · W² is l2 · W, and the biases are left alone.",
    play=play_add_l2,
    changes=True,
    doubts=(
        like(lambda p, g, l2: None, "nothing was added: is a new array made, and forgotten?"),
        like(
            l2_by(bias=lambda b, l2: l2 * b),
            "the biases are penalised too: is it they that make a network too sure?",
        ),
        like(
            l2_by(lambda W, l2: 0, lambda b, l2: l2 * b),
            "only the biases got something: which are penalised?",
        ),
        like(l2_by(lambda W, l2: l2 / 2 * W), "half of it: what does the 2 of W² do to the 1/2?"),
        like(l2_by(lambda W, l2: 2 * l2 * W), "twice as much: what is the 1/2 before W² for?"),
        like(
            l2_by(lambda W, l2: l2 * W**2),
            "W squared was added: that is the penalty; what is its slope?",
        ),
        like(
            l2_by(lambda W, l2: l2 / 2 * W**2), "the penalty itself was added: what is its slope?"
        ),
        like(l2_by(lambda W, l2: -l2 * W), "it drives the weights up: plus or minus?"),
        like(
            l2_by(lambda W, l2: l2 * np.sign(W)), "the sign alone is L1's slope: how does W² grow?"
        ),
        like(l2_by(lambda W, l2: l2), "the same for every weight: should large ones not get more?"),
        like(
            lambda p, g, l2: [(l2 * W, db) for (W, b), (dW, db) in zip(p, g)],
            "the loss's own slopes are gone: is something added to them, or put in their place?",
        ),
    ),
)


def add_l2(function):
    """Check ``add_l2(params, grads, l2)``: the gradients of loss + l2 / 2 · Σ W²."""
    return noted(judge(ADD_L2, function))


def train_by(
    params,
    X,
    y,
    rate,
    size,
    epochs,
    rng,
    step=training.update,
    whole=False,
    cut=False,
    shuffle=True,
    m=None,
):
    """Train, in one of the ways it is done or goes wrong."""
    end = len(X) - len(X) % size if cut else len(X)
    for _ in range(epochs):
        order = rng.permutation(len(X)) if shuffle else np.arange(len(X))
        for start in range(0, end, size):
            rows = order if whole else order[start : start + size]
            grads = backprop.backward(params, network.forward(params, X[rows]), y[rows])
            share = 1 if m is None else len(rows) / m(len(X), size)
            step(params, [(share * dW, share * db) for dW, db in grads], rate)
    return params


def trained(params, X, y, learning_rate, batch_size, epochs, rng):
    """Train by the loop of lesson 5."""
    return train_by(params, X, y, learning_rate, batch_size, epochs, rng)


def play_train(function, params, X, y, learning_rate, batch_size, epochs, seed):
    """Train; return the weights where no shuffle can change them, else what can be seen."""
    start = pairs(params)
    found = []
    for s in (seed, seed + 1):
        own = [tuple(pair) for pair in pairs(start)]
        returned = function(own, X, y, learning_rate, batch_size, epochs, np.random.default_rng(s))
        if calling.is_open(returned) and returned is not None:
            return returned
        found.append(pairs(getattr(returned, "params", own if returned is None else returned)))
    for pair, wanted in zip(found[0], start):
        for theta, first in zip(pair, wanted):
            what = (
                f"weights of shape {first.shape} went in, and {theta.shape} came out: what turned"
                " them?"
            )
            must(theta.shape == first.shape, what, "wrong shape")
    if (X == X[0]).all() or batch_size >= len(X):
        return {"the weights": found[0]}
    y_hat = network.predict([tuple(pair) for pair in found[0]], X)
    alike = all(np.allclose(a, b, rtol=1e-9) for p, q in zip(*found) for a, b in zip(p, q))
    seen = {"most are right": np.mean(y_hat == y) > 0.9, "rng decides the order": not alike}
    return seen | ({"weights": found[0]} if alike else {})


def blobs(seed, m, n, k):
    """Return points around k corners, and which corner."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, k, m)
    return np.eye(k, n)[y] + rng.normal(0, 0.15, (m, n)), y


def only_weights(params, grads, learning_rate):
    """Step with the weights alone."""
    for (W, _), (dW, _) in zip(params, grads):
        W -= learning_rate * dW


def upwards(params, grads, learning_rate):
    """Step uphill."""
    training.update(params, grads, -learning_rate)


def with_way(**way):
    """Return `train` with a fault in it."""
    return lambda *arguments: train_by(*arguments, **way)


TRAIN = Written(
    "train(params, X, y, learning_rate, batch_size, epochs, rng)",
    trained,
    cases=(
        (some_network([3, 6, 3], 4), *blobs(5, 40, 3, 3), 0.4, 8, 20, 2),
        (some_network([4, 5, 3], 0), *blobs(1, 12, 4, 3), 0.5, 12, 4, 0),
        (
            some_network([4, 5, 3], 2),
            np.tile(some_images(1, 4, 3), (11, 1)),
            np.full(11, 2),
            0.2,
            4,
            2,
            1,
        ),
    ),
    praise="forward, backward, update, batch by batch and epoch by epoch: the network learns.",
    play=play_train,
    changes=True,
    doubts=(
        like(
            with_way(step=lambda p, g, r: None),
            "the weights have not moved: is the step taken, "
            "and in place, or is what it returns thrown away?",
        ),
        like(with_way(step=upwards), "the loss rises: up or down the slope?"),
        like(with_way(step=only_weights), "the biases never move: does the step reach them?"),
        like(
            with_way(whole=True),
            "every step looks at all images: are X and y cut to the batch's rows?",
        ),
        like(with_way(cut=True), "steps are missing: is the short last batch left out?"),
        like(
            with_way(shuffle=False),
            "another rng changes nothing: are the rows shuffled, anew in each epoch?",
        ),
        like(
            with_way(m=lambda m, size: m),
            "small batches make small steps: is a batch's "
            "gradient divided by its own number of images?",
        ),
        like(
            with_way(m=lambda m, size: size),
            "the short last batch makes a short step: is its "
            "gradient divided by its own number of images?",
        ),
        like(
            lambda p, X, y, r, size, epochs, rng: train_by(p, X, y, r, size, 1, rng),
            "one epoch was trained: where do the others come in?",
        ),
        like(
            lambda p, X, y, r, size, epochs, rng: train_by(p, X, y, r, size, epochs + 1, rng),
            "one epoch too many: where does the counting begin and end?",
        ),
        like(
            lambda p, X, y, r, size, epochs, rng: train_by(p, X, y, r, len(X), epochs, rng),
            "one step an epoch: is `batch_size` used?",
        ),
        when(
            lambda case, want, got: not got["most are right"],
            "it learns nothing from small batches: do images and labels go by the same rows?",
        ),
    ),
)


def train(function):
    """Check ``train(params, X, y, learning_rate, batch_size, epochs, rng)``: the whole loop."""
    return noted(judge(TRAIN, function))


def hidden_units(history):
    """Return the number of hidden units of the network that was trained."""
    return sum(W.shape[1] for W, _ in history.params[:-1])


def hidden_layers(history):
    """Return the number of hidden layers of the network that was trained."""
    return len(history.params) - 1


def look_at_twenty(history):
    """Return the praise for 93 % on the validation images with at most 20 hidden units."""
    n, score = hidden_units(history), history.rows[-1]["valid_accuracy"]
    must(not history.diverged, "this run diverged: is the rate too large?")
    must(n <= 20, f"it has {n} hidden units, all layers together: 20 are allowed.")
    must(n > 0, "it has no hidden layer: where are the 20 units?")
    most = max(row["valid_accuracy"] for row in history.rows)
    must(
        score >= 0.93 or most < 0.93,
        f"it once read {most:.3f} and ends at {score:.3f}: was it trained too long, or does it "
        "still jump about? A smaller rate, or a penalty on the weights?",
    )
    must(
        score >= 0.9,
        f"it ends at {score:.3f}: does its loss still fall, and would more epochs help?",
    )
    must(
        score >= 0.93,
        f"it ends at {score:.3f}: does the validation loss rise while the training loss falls? "
        "What holds weights back?",
    )
    return f"{score:.3f} on the validation images, with {n} hidden units."


def worst_of_three(rate):
    """Return the lowest validation accuracy of three seeds after ten epochs of 784-10-10."""
    digits, scores = sources.load_digits(), []
    quiet = contextlib.redirect_stderr(io.StringIO())
    with quiet:
        for seed in range(3):
            params = network.init_params([784, 10, 10], seed=seed)
            run = training.train(params, digits, rate, seed=seed, watch=lambda history: False)
            scores.append(run.rows[-1]["valid_accuracy"])
    return min(scores)


def look_at_rate(rate):
    """Return the praise for a rate that learns with every seed where twice of it doesn't."""
    must(rate > 0, "a rate is a positive number: which way would a negative one go?")
    must(rate >= 0.01, "this one learns too slowly: try ten times as much, then ten times more.")
    must(rate <= 10, "with this one nothing is learned: try a tenth of it.")
    worst = worst_of_three(rate)
    must(
        worst >= 0.85,
        f"with one of the three seeds it ends below 0.85, at {worst:.2f}: is it one that only "
        "sometimes learns?",
    )
    must(
        worst_of_three(2 * rate) < 0.85,
        "it learns with all three seeds, and so does a rate twice as large.",
    )
    return "it learns with all three seeds, and a rate twice as large doesn't."


GOALS = (Goal("twenty units", look_at_twenty), Goal("largest rate", look_at_rate, "number"))

CHOICES = (
    Choice(
        "one image a step",
        right="021eee3173",
        letters="abc",
        sentences={
            "021eee3173": (
                "one image alone points anywhere, so small steps are needed: the errors of many "
                "small ones cancel."
            ),
            "5281cd9ec0": "a single image is a poor guide: is it wise to follow it in large steps?",
            "a21277af32": "the rates differ by a factor of ten: do both runs print the same?",
        },
    ),
    Choice(
        "patient F",
        right="9f2ee441bf",
        letters="abcde",
        sentences={
            "1b038fead6": "then nothing at all would move: does W1 change?",
            "78c67eb663": "then the loss would rise from the first step on: does it?",
            "9946a49812": "then a step from the same weights would differ each time: does it?",
            "9f2ee441bf": (
                "the weights move and the biases stay where they were: ten zeros after any "
                "number of steps."
            ),
            "d663dde353": (
                "then the step would not be in proportion to the gradient: is the "
                "change of W1 not just -learning_rate * dW1?"
            ),
        },
    ),
    Choice(
        "which part chooses",
        right="dc9921d53c",
        sentences={
            "2c7457e5a0": (
                "more images would make the figure steadier: would it still be fair, once a rate "
                "has been picked by it?"
            ),
            "99347994df": (
                "both have labels, and both are read fast: what happens to a figure that has been "
                "chosen by?"
            ),
            "dc9921d53c": (
                "the rate that looks best on some images is partly best for these: what we choose "
                "by can't judge any more."
            ),
            "fe8f337269": (
                "training images tell how well they were learned: is that what is wanted of a rate?"
            ),
        },
    ),
)
