"""Checks of lab 13: the learning-rate lab."""

import numpy as np

from nnlib.check.goals import Goal
from nnlib.check.progress import noted
from nnlib.check.sealed import Choice
from nnlib.check.verdict import must
from nnlib.check.written import Written, judge, like

PAGE = ("fast or slow", "gradient_length", "alive", "sigmoid's rate", "band", "adam's rate")


def length(*arrays):
    """Return the length of all entries of some arrays, taken as one vector."""
    return np.sqrt(sum((a**2).sum() for a in arrays))


def some_grads(seed, *sizes):
    """Return gradients (dW, db) of a network of these sizes, of both signs."""
    rng = np.random.default_rng(seed)
    return [(rng.normal(size=(i, o)), rng.normal(size=o)) for i, o in zip(sizes, sizes[1:])]


def entries(grads):
    """Return all entries of some gradients, one after the other."""
    return np.concatenate([a.ravel() for pair in grads for a in pair])


GRADIENT_LENGTH = Written(
    "gradient_length(grads)",
    lambda grads: length(*[a for pair in grads for a in pair]),
    cases=(
        (some_grads(0, 4, 3, 2),),
        (some_grads(1, 3, 2),),
        (some_grads(2, 5, 4, 3, 2),),
        ([(np.array([[3.0, 0.0], [0.0, 0.0]]), np.array([0.0, -4.0]))],),
    ),
    praise="weights and biases of all layers, as one long vector: that is the lab's third curve.",
    doubts=(
        like(
            lambda grads: length(*[dW for dW, _ in grads]),
            "the weights' slopes alone: do the biases not belong to the gradient?",
        ),
        like(
            lambda grads: length(*[db for _, db in grads]),
            "the biases' slopes alone: do the weights not belong to the gradient?",
        ),
        like(
            lambda grads: sum((a**2).sum() for pair in grads for a in pair),
            "that is the square of the length: is a root missing?",
        ),
        like(
            lambda grads: sum(length(a) for pair in grads for a in pair),
            "each array's length, added up: when is the root taken, before the sum or after?",
        ),
        like(
            lambda grads: sum(length(*pair) for pair in grads),
            "each layer's length, added up: when is the root taken, before the sum or after?",
        ),
        like(
            lambda grads: np.sqrt(np.mean(entries(grads) ** 2)),
            "that is a mean size, the same for a long vector and a short one: sum, or mean?",
        ),
        like(
            lambda grads: abs(entries(grads)).sum(),
            "sizes added up as they are: should each entry not be squared?",
        ),
        like(
            lambda grads: abs(entries(grads)).max(),
            "that is the largest entry: what of all the others?",
        ),
        like(lambda grads: length(*grads[0]), "the first layer alone: is there no loop over all?"),
        like(lambda grads: length(*grads[-1]), "the last layer alone: is a sum overwritten?"),
        like(
            lambda grads: [length(a) for pair in grads for a in pair],
            "a length for each array: how do they make one?",
        ),
    ),
)


def gradient_length(function):
    """Check ``gradient_length(grads)``: one number, the length of all slopes together."""
    return noted(judge(GRADIENT_LENGTH, function))


def tells_apart(A1):
    """Return which columns hold more than one value."""
    return A1.max(axis=0) > A1.min(axis=0)


ALIVE = Written(
    "alive(A1)",
    tells_apart,
    cases=(
        (np.array([[0.0, 0.5, 1.5, 0.0], [0.0, 0.5, 0.0, 0.0], [0.0, 0.5, 2.0, 0.25]]),),
        (np.array([[1.0, -0.5, -1.0], [1.0, 0.5, -1.0], [1.0, 0.5, -1.0], [1.0, -0.5, -1.0]]),),
        (np.array([[2.0, 0.0], [2.0, 3.0], [2.0, 3.0], [2.0, 3.0], [2.0, 0.0]]),),
    ),
    praise="alive is who tells images apart; to be always on is as dead as to be always off.",
    doubts=(
        like(
            lambda A1: (A1 > 0).any(axis=0),
            "a unit that gives every image the same 0.5 is on: but does it tell images apart?",
        ),
        like(
            lambda A1: A1.any(axis=0),
            "a unit that gives every image the same 0.5 is on: but does it tell images apart?",
        ),
        like(lambda A1: (A1 > 0).all(axis=0), "on for every image: does that tell them apart?"),
        like(lambda A1: ~tells_apart(A1), "alive and dead have changed places: which is asked?"),
        like(
            lambda A1: A1.max(axis=1) > A1.min(axis=1),
            "there is an answer for each image: is a unit a row of A1, or a column?",
        ),
        like(
            lambda A1: A1.max(axis=0) - A1.min(axis=0),
            "that says how far its outputs lie apart: is it more than 0?",
        ),
        like(
            lambda A1: tells_apart(A1).sum(),
            "that counts them: which ones are they? An answer for each unit is wanted.",
        ),
        like(
            lambda A1: A1[0] != A1[1],
            "the first two images alone: might another one get another answer?",
        ),
        like(
            lambda A1: A1[0] != A1[-1],
            "the first and the last image alone: might one in between get another answer?",
        ),
        like(
            lambda A1: (A1 != A1[0]).all(axis=0),
            "none is alive: must every image get another answer than the first, itself included?",
        ),
    ),
)


def alive(function):
    """Check ``alive(A1)``: (n,) booleans, True for a unit that tells images apart."""
    return noted(judge(ALIVE, function))


def in_order(*which):
    """Return a function that gives mean, lowest and highest in another order or of another axis."""
    return lambda curves: tuple(f(curves, axis=0) for f in which)


CURVES = np.random.default_rng(0).normal(size=(3, 5)) + np.arange(5)

BAND = Written(
    "band(curves)",
    in_order(np.mean, np.min, np.max),
    cases=((CURVES,), (CURVES[:2, :4] - 3,), (CURVES[:, ::-1][:, :2],), (np.array([[1.0, 3.0]]),)),
    praise="a line for the mean, and around it all that happened: no seed is left out.",
    doubts=(
        like(
            lambda curves: tuple(f(curves, axis=1) for f in (np.mean, np.min, np.max)),
            "there is one number for each seed: should it not be one for each epoch?",
        ),
        like(
            lambda curves: tuple(f(curves) for f in (np.mean, np.min, np.max)),
            "one number for everything: should it not be one for each epoch?",
        ),
        like(
            in_order(np.min, np.mean, np.max),
            "lowest and mean have changed places: in which order are they asked for?",
        ),
        like(
            in_order(np.mean, np.max, np.min),
            "lowest and highest have changed places: in which order are they asked for?",
        ),
        like(
            in_order(np.min, np.max, np.mean),
            "the mean comes last: in which order are they asked for?",
        ),
        like(
            in_order(np.median, np.min, np.max),
            "the middle one of the seeds, and not their mean: which is asked for?",
        ),
        like(
            lambda c: (c.mean(axis=0), c.mean(axis=0) - c.std(axis=0), c.mean(axis=0) + c.std(0)),
            "a standard deviation to both sides: should the band not reach to every seed?",
        ),
        like(
            in_order(np.mean, np.std, np.std),
            "a standard deviation: should it not be the lowest and the highest?",
        ),
    ),
)


def band(function):
    """Check ``band(curves)``: mean, lowest, highest over seeds of (seeds, epochs)."""
    return noted(judge(BAND, function))


def look_at_adam(history):
    """Return the praise for a training loss below 0.19 that Adam reaches in ten epochs."""
    settings, loss = history.settings, history.rows[-1]["loss"]
    rate, n = settings["learning_rate"], sum(W.shape[1] for W, _ in history.params[:-1])
    must(settings["optimizer"] == "adam", f"this is {settings['optimizer']}: was it to be Adam?")
    must(n <= 10, f"it has {n} hidden units: ten are allowed.")
    must(settings["epochs"] <= 10, f"{settings['epochs']} epochs: could another rate do it in ten?")
    if loss < 0.19:
        return f"a loss of {loss:.2f} at a rate of {rate:g}, far below plain descent's 0.1."
    must(
        rate < 0.02,
        f"at {rate:g} Adam ends at {loss:.2f}: each weight moves by about the rate itself at each "
        "step. How large are the weights?",
    )
    must(
        rate > 0.002,
        f"at {rate:g} Adam ends at {loss:.2f}, and its loss still falls: does a larger rate help?",
    )
    must(False, f"at {rate:g} it ends at {loss:.2f}: and with another seed, or more epochs?")


GOALS = (Goal("adam's rate", look_at_adam),)

CHOICES = (
    Choice(
        "fast or slow",
        right="cb0e5811bc",
        letters="abc",
        sentences={
            "25840c5240": "it falls fast at first: and where are the two at their ends?",
            "2b517bf030": "rate times epochs is the same: is one large step as good as ten small?",
            "cb0e5811bc": "small steps don't overshoot, so they end lower, for ten times the work.",
        },
    ),
    Choice(
        "sigmoid's rate",
        right="5da2785895",
        sentences={
            "314d1bbf1a": "ReLU's units die where their slope is 0: is a sigmoid's slope ever 0?",
            "5da2785895": (
                "its slope is a quarter at most, so its gradients are smaller, and it wants "
                "larger steps: another activation, another rate."
            ),
            "67393b8752": "is there no rate that is too large for a sigmoid?",
            "971e40d8f7": "that is ReLU's good rate: whose slope is smaller, and what follows?",
        },
    ),
)
