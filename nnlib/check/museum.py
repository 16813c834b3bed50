"""Patients: pieces of a network with one published fault each, to be found by their symptoms.

Which letter has which fault is stored as a hash, so that nobody reads it off by accident.
"""

import numpy as np

from nnlib import backprop, data, loss, network
from nnlib.check.sealed import seal
from nnlib.labs import augment, optimizers
from nnlib.plumbing.arguments import brief


def mixed_apart(X, y, rng):
    """Shuffle images, and labels, each by an order of its own."""
    return X[rng.permutation(len(X))], y[rng.permutation(len(y))]


def column_bias(params, X, activation="relu"):
    """Carry images forward with the last bias as a column."""
    A = network.forward(params, X, activation)
    W, b = params[-1]
    return [*A[:-1], A[-2] @ W + b[:, None]]


def columns_sum_to_one(Z):
    """Divide exp(Z) by the sums of its columns."""
    E = np.exp(Z - Z.max())
    return E / E.sum(axis=0)


def always_on(params, A, y, activation="relu"):
    """Go backward through ReLU by `>=`, which lets units that are off pass a slope on."""
    return back(params, A, y, slope=lambda a: a >= 0)


def one_bias_for_all(params, A, y, activation="relu"):
    """Go backward, and sum each bias's gradient over everything."""
    return back(params, A, y, bias=lambda dZ: np.full(dZ.shape[1], dZ.sum()))


def back(params, A, y, slope=backprop.relu_derivative, bias=lambda dZ: dZ.sum(axis=0)):
    """Go backward with a part exchanged."""
    dZ = (loss.softmax(A[-1]) - data.one_hot(y, A[-1].shape[1])) / len(y)
    grads = []
    for l in reversed(range(len(params))):
        grads.append((A[l].T @ dZ, bias(dZ)))
        if l > 0:
            dZ = (dZ @ params[l][0].T) * slope(A[l])
    return grads[::-1]


def forgets_biases(params, grads, learning_rate, state=None):
    """Take a step with the weights alone."""
    for (W, _), (dW, _) in zip(params, grads):
        W -= learning_rate * dW


def has_seen_the_test(X_train, y_train, X_test, y_test):
    """Read by the nearest image, the test images among them."""
    X, y = np.vstack([X_train, X_test]), np.concatenate([y_train, y_test])
    D = (X**2).sum(axis=1) - 2 * X_test @ X.T
    return y[D.argmin(axis=1)]


def only_positive(rng, n_in, n_out):
    """Draw from 0 to 1, and scale that as He scales a normal draw."""
    return rng.random((n_in, n_out)) * np.sqrt(2 / n_in)


def forgetful(params, grads, learning_rate, state):
    """Take a step with momentum whose V is new each time."""
    V = optimizers.zeros_like(params)
    for arrays, gradients, velocities in zip(params, grads, V):
        for theta, gradient, v in zip(arrays, gradients, velocities):
            v *= 0.9
            v += gradient
            theta -= learning_rate * v


def upside_down(X, rng):
    """Distort images, with turns of up to 180 degrees."""
    return augment.distort(X, rng, affine=(180, 0.12, 0.12, 1), elastic=None)


WARD = {  # seal("patient", letter): what is wrong
    "5670cb1ceb": column_bias,
    "5dd09daf04": mixed_apart,
    "7309ab3455": upside_down,
    "89b5e7826f": forgetful,
    "9570f25149": only_positive,
    "a121008950": has_seen_the_test,
    "b58477540a": always_on,
    "bdf4fb03a8": columns_sum_to_one,
    "d50b967777": one_bias_for_all,
    "dd54826109": forgets_biases,
}


def patient(letter):
    """Return the faulty piece that goes by a letter; find out what is wrong with it.

    Parameters
    ----------
    letter : "A" to "J"; the task says what it is called with
    """
    name = seal("patient", letter.strip().upper()) if isinstance(letter, str) else ""
    if name not in WARD:
        raise ValueError(f"patient({brief(letter)}) is not known: they go by the letters A to J.")
    fault = WARD[name]

    def patient(*arguments):
        return fault(*arguments)

    return patient
