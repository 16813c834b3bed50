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
    check_gradients,
    check_labels,
    check_losses,
    check_outputs,
    check_slopes,
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
        Where params, X and y do not fit, a label is outside 0…n_L - 1, `activation` is not
        known, or the logits hold NaN or infinity.

    Notes
    -----
    Derived in lesson 4. Rumelhart, Hinton and Williams 1986, "Learning representations by
    back-propagating errors"; Goodfellow, Bengio and Courville 2016, "Deep Learning", section 6.5.
    """
    check_outputs(params, A)
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
    check_slopes(grads)
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
    entries, h = check_theta(f, theta, h, entries)
    slopes = np.zeros_like(theta)
    for i in entries:
        before = theta.flat[i]
        theta.flat[i] = before + h
        loss_above = f()
        theta.flat[i] = before - h
        loss_below = f()
        theta.flat[i] = before
        check_losses(loss_above, loss_below)
        slopes.flat[i] = (loss_above - loss_below) / (2 * h)
    return slopes


def relative_error(a, n):
    """Return ‖a − n‖ / (‖a‖ + ‖n‖): 0 for equal arrays, 1 for opposite ones.

    Parameters
    ----------
    a, n : arrays of one shape: the analytic and the numerical gradient

    Notes
    -----
    Derived in lesson 4. Both are divided by the largest entry first: inside a norm its square could
    overflow or vanish. NaN where a or n holds NaN or infinity.
    """
    a, n = check_gradients(a, n)
    largest = np.abs([a, n]).max(initial=0)
    if not 0 < largest < np.inf:
        return 0.0 if largest == 0 else np.nan
    a, n = a / largest, n / largest
    return float(np.linalg.norm(a - n) / (np.linalg.norm(a) + np.linalg.norm(n)))


def relus_on(A, activation):
    """Return for each hidden layer of A which ReLUs are on, as bytes, which `!=` compares whole.

    Of another activation, which has no kink, the list is empty. Derived in lesson 4.
    """
    return [(A_l > 0).tobytes() for A_l in A[1:-1]] if activation == "relu" else []


def compare_slopes(params, X, y, activation, backward, h, n_entries):
    """Return the report of `gradient_check` at one place; the arguments are as there.

    Entries whose ±h changes which ReLUs are on are left out, and counted. Derived in lesson 4.
    """
    rng, report, crossed = np.random.default_rng(0), GradientReport(), []
    A = forward(params, X, activation)
    on = relus_on(A, activation)
    grads = report.check_layers(params, backward(params, A, y, activation))

    def loss():
        A = forward(params, X, activation)
        crossed.append(relus_on(A, activation) != on)
        return cross_entropy(A[-1], y)

    for l, (pair, gradients) in enumerate(zip(params, grads), 1):
        for name, theta, a in zip("Wb", pair, gradients):
            a = report.check_shape(f"{name}{l}", theta, a)
            entries = rng.permutation(theta.size)[:n_entries]
            n = numerical_gradient(loss, theta, h, entries)
            kink = np.reshape(crossed, (-1, 2)).any(axis=1)
            crossed.clear()
            a, n = a.flat[entries[~kink]], n.flat[entries[~kink]]
            error = relative_error(a, n)
            report.add(f"{name}{l}", theta.shape, error, a, n, kink.sum())
    return report


def gradient_check(
    params,
    X,
    y,
    activation="relu",
    backward=backward,
    h=1e-5,
    n_entries=200,
    dtype=np.float64,
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
    Derived in lesson 4. An array passes when ‖a − n‖ / (‖a‖ + ‖n‖) stays under 1e-6. Entries
    whose ±h changes which ReLUs are on can't be measured: they are left out, and counted. Where
    that leaves nothing of an array, it is measured a little beside, with other biases.
    """
    check_gradient_input(params, X, h, n_entries, dtype, backward)
    check_shapes(params, X, y)
    check_labels("y", y, params[-1][0].shape[1])
    params = [(W.astype(dtype), b.astype(dtype)) for W, b in params]
    X, rng = X.astype(dtype), np.random.default_rng(0)
    report = compare_slopes(params, X, y, activation, backward, h, n_entries)
    if report.unmeasured:
        moved = [b + rng.uniform(0.01, 0.1, b.shape).astype(dtype) for _, b in params]
        beside = [(W, b) for (W, _), b in zip(params, moved)]
        report.take(compare_slopes(beside, X, y, activation, backward, h, n_entries))
    return report
