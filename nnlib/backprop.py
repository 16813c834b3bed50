"""Lesson 4: from the loss back to every weight.

Everything here is derived in ``notebooks/04_backprop_derivation.ipynb``, and checked there
against centred differences.
"""

import numpy as np

from nnlib.data import one_hot
from nnlib.loss import cross_entropy, softmax
from nnlib.network import check_shapes, forward
from nnlib.plumbing.arguments import (
    check_gradient_input,
    check_labels,
    check_same_shape,
    check_theta,
    choose,
)
from nnlib.plumbing.report import GradientReport


def relu_derivative(A):
    """Return ReLU's slope, 1 or 0, from its output A, in the same shape. Derived in lesson 4.

    The comparison is ``>``: a unit at 0 is off, and its output is 0 as well.
    """
    return A > 0


def sigmoid_derivative(A):
    """Return the sigmoid's slope from its output A, in the same shape. Derived in lesson 4."""
    return A * (1 - A)


def tanh_derivative(A):
    """Return tanh's slope from its output A, in the same shape. Derived in lesson 4."""
    return 1 - A * A


DERIVATIVES = {"relu": relu_derivative, "sigmoid": sigmoid_derivative, "tanh": tanh_derivative}


def backward(params, A, y, activation="relu"):
    """Return the gradient of the mean cross-entropy with respect to every weight and bias.

    Parameters
    ----------
    params : list of (W, b)
    A : what `forward` returned: [X, A1, …, ZL], of these params; entry l: (m, n_l)
    y : integer labels, shape (m,)
    activation : the one that `forward` used

    Returns
    -------
    grads : list of (dW, db), each of the shape of the W or b that it belongs to

    Raises
    ------
    ValueError
        Where params, X and y do not fit, a label is outside 0…n_L - 1, or `activation` is
        not known.

    Notes
    -----
    Derived in lesson 4. Rumelhart, Hinton and Williams 1986, "Learning representations by
    back-propagating errors"; Goodfellow, Bengio and Courville 2016, "Deep Learning", section 6.5.
    """
    check_shapes(params, A[0], y)
    derivative = choose("activation", activation, DERIVATIVES)
    P = softmax(A[-1])
    dZ = (P - one_hot(y, P.shape[1], P.dtype)) / len(y)
    grads = []
    for l in reversed(range(len(params))):
        grads.append((A[l].T @ dZ, dZ.sum(axis=0)))
        if l > 0:
            dA = dZ @ params[l][0].T
            dZ = dA * derivative(A[l])
    return grads[::-1]


def numerical_gradient(f, theta, h=1e-5, entries=None):
    """Return the slope of f at theta by centred differences, one entry at a time.

    Parameters
    ----------
    f : function without arguments that returns the loss for what `theta` holds
    theta : array that f reads; each entry is moved by ±h and put back
    h : how far
    entries : flat numbers of the entries wanted; None means all

    Returns
    -------
    slopes : array of theta's shape; entries not wanted stay 0

    Notes
    -----
    Derived in lesson 4. Two evaluations of f an entry: right, and very slow.
    """
    check_theta(theta, h)
    slopes = np.zeros_like(theta)
    for i in range(theta.size) if entries is None else entries:
        before = theta.flat[i]
        theta.flat[i] = before + h
        loss_above = f()
        theta.flat[i] = before - h
        loss_below = f()
        theta.flat[i] = before
        slopes.flat[i] = (loss_above - loss_below) / (2 * h)
    return slopes


def relative_error(a, n):
    """Return ‖a − n‖ / (‖a‖ + ‖n‖): 0 for equal arrays, 1 for opposite ones.

    Parameters
    ----------
    a, n : arrays of one shape: the analytic and the numerical gradient

    Notes
    -----
    Derived in lesson 4.
    """
    check_same_shape(a, n)
    size = np.linalg.norm(a) + np.linalg.norm(n)
    return float(np.linalg.norm(a - n) / size) if size != 0 else 0.0


def gradient_check(
    params, X, y, activation="relu", backward=backward, h=1e-5, n_entries=200, dtype=np.float64
):
    """Compare a backward pass with centred differences, array by array.

    Parameters
    ----------
    params : list of (W, b); left as it is
    X : images, shape (m, n0); a few rows are enough
    y : integer labels, shape (m,)
    activation : as in `forward`
    backward : the function to check: nnlib's, or your own with the same arguments
    h : step of the differences
    n_entries : entries checked of each array, drawn at random; smaller arrays are checked whole
    dtype : np.float64; lesson 4 shows why np.float32 can't be used here

    Returns
    -------
    report : a GradientReport: `report.passed`, a line for each array, `report.table()`

    Raises
    ------
    ValueError
        Where shapes, labels or values are not what they should be.

    Notes
    -----
    Derived in lesson 4. An array passes when ‖a − n‖ / (‖a‖ + ‖n‖) stays under 1e-6.
    """
    check_gradient_input(params, X, h, n_entries, dtype, backward)
    check_shapes(params, X, y)
    check_labels("y", y, params[-1][0].shape[1])
    params = [(W.astype(dtype), b.astype(dtype)) for W, b in params]
    X, rng, report = X.astype(dtype), np.random.default_rng(0), GradientReport()
    grads = backward(params, forward(params, X, activation), y, activation)
    report.check_layers(params, grads)
    for l, (pair, gradients) in enumerate(zip(params, grads), 1):
        for name, theta, a in zip("Wb", pair, gradients):
            report.check_shape(f"{name}{l}", theta, a)
            entries = rng.permutation(theta.size)[:n_entries]
            n = numerical_gradient(
                lambda: cross_entropy(forward(params, X, activation)[-1], y), theta, h, entries
            )
            a, n = a.flat[entries], n.flat[entries]
            report.add(f"{name}{l}", theta.shape, relative_error(a, n), a, n)
    return report
