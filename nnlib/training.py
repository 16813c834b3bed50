"""Lesson 5: gradient descent.

`batches`, `update`, `add_l2` and `train` are derived in ``notebooks/05_training.ipynb``.
"""

import numpy as np

from nnlib.backprop import backward
from nnlib.labs.optimizers import adam, momentum
from nnlib.loss import cross_entropy
from nnlib.network import accuracy, forward
from nnlib.plumbing.arguments import check_batches, check_step, choose_step
from nnlib.plumbing.history import History


def batches(m, batch_size, rng):
    """Yield row numbers, so that every row comes once: in shuffled batches, or all at once.

    Parameters
    ----------
    m : number of rows
    batch_size : rows in a batch, the last one may be shorter; None: one batch, not shuffled
    rng : a numpy.random.Generator; each call shuffles anew

    Yields
    ------
    rows : integer array of shape (batch_size,), or slice(None) for all rows, which copies nothing

    Notes
    -----
    Derived in lesson 5.
    """
    m, batch_size = check_batches(m, batch_size, rng)
    if batch_size is None:
        yield slice(None)
        return
    order = rng.permutation(m)
    for start in range(0, m, batch_size):
        yield order[start : start + batch_size]


def update(params, grads, learning_rate, state=None):
    """Take one step of gradient descent: every array moves against its gradient, in place.

    Parameters
    ----------
    params : list of (W, b); changed
    grads : list of (dW, db), of the same shapes
    learning_rate : step size
    state : not used: plain gradient descent remembers nothing

    Notes
    -----
    Derived in lesson 5.
    """
    learning_rate = check_step(params, grads, learning_rate)
    for (W, b), (dW, db) in zip(params, grads):
        W -= learning_rate * dW
        b -= learning_rate * db


OPTIMIZERS = {"sgd": update, "momentum": momentum, "adam": adam}


def add_l2(params, grads, l2):
    """Return the gradients of loss + l2 / 2 · Σ W², the sum taken over all weights, no biases.

    Parameters
    ----------
    params : list of (W, b)
    grads : list of (dW, db) of the loss alone
    l2 : strength; 0 changes nothing

    Notes
    -----
    Derived in lesson 5. Krogh and Hertz 1992, "A simple weight decay can improve generalization".
    """
    l2 = check_step(params, grads, l2, name="l2")
    return [(dW + l2 * W, db) for (W, b), (dW, db) in zip(params, grads)]


def measure(params, X, y, activation="relu"):
    """Return loss, without any L2 term, and accuracy of a network on some images.

    Parameters
    ----------
    params : list of (W, b)
    X : one image a row, shape (m, n0)
    y : integer labels, shape (m,)
    activation : as in `forward`

    Notes
    -----
    Derived in lesson 5.
    """
    Z = forward(params, X, activation)[-1]
    return cross_entropy(Z, y), accuracy(y, Z.argmax(axis=1))


def train(
    params,
    digits,
    learning_rate=0.1,
    batch_size=32,
    epochs=10,
    activation="relu",
    optimizer="sgd",
    l2=0.0,
    seed=0,
    print_every=None,
    watch=None,
):
    """Train a network and return the history of it.

    Parameters
    ----------
    params : list of (W, b) to start from; left as it is (the copy that is trained takes the
        images' dtype)
    digits : Digits, or any object with X_train, y_train, X_valid, y_valid; where X_valid is None
        or empty, nothing is validated, and `best` is by the training loss
    learning_rate : step size
    batch_size : images a step; None: all of them, "full batch"
    epochs : passes over the training images
    activation : as in `forward`
    optimizer : "sgd", "momentum" or "adam"; or a function of your own, called as
        ``optimizer(params, grads, learning_rate, state)``, that changes params in place; `state`
        is a dict, {} at first, that is yours from step to step
    l2 : strength of the penalty l2 / 2 · Σ W² on the weights, not on the biases
    seed : decides how batches are shuffled
    print_every : print a line of the history every so many epochs; None: show a progress bar
    watch : a function of your own, called with the history at every record and, in between, at
        most twenty times a second; where it returns True, the run ends and records where it stands

    Returns
    -------
    history : History: `params`, `activation`, `predict(X)`, `table()`, `best`, `best_params`,
        `diverged`, `stopped`, `collapsed`

    Raises
    ------
    ValueError
        Where an argument is not what it should be. A run that diverges, or that you interrupt,
        raises nothing: its history tells, and keeps the last good weights.

    Notes
    -----
    Derived in lesson 5.
    """
    settings, step = locals(), choose_step(optimizer, OPTIMIZERS)
    with History(settings, measure) as history:
        X, y, rng = digits.X_train, digits.y_train, np.random.default_rng(seed)
        for epoch in range(1, int(epochs) + 1):
            for rows in history.steps(batches(len(X), batch_size, rng)):
                A = forward(history.live, X[rows], activation)
                grads = backward(history.live, A, y[rows], activation)
                if l2 > 0:
                    grads = add_l2(history.live, grads, float(l2))
                step(history.live, grads, float(learning_rate), history.state)
            history.record(epoch)
    return history
