"""Lab 10: against learning by heart.

Dropout lets no unit rely on another, and a committee lets the mistakes of several networks cancel.
"""

import numpy as np

from nnlib.data import one_hot
from nnlib.loss import softmax
from nnlib.network import check_shapes, forward
from nnlib.plumbing.arguments import as_list, check_outputs, check_slopes
from nnlib.plumbing.asked import check_dropout, check_masks


def dropout_masks(sizes, m, p, rng, dtype=np.float64):
    """Return a mask for each hidden layer: 0 with probability p, else 1 / (1 - p).

    Derived in lab 10. Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov 2014, "Dropout: a
    simple way to prevent neural networks from overfitting". Dividing by 1 - p here leaves nothing
    to do when the trained network is used.

    Parameters
    ----------
    sizes : widths of the hidden layers
    m : number of images
    p : share of the units that is dropped, below 1
    rng : a numpy.random.Generator
    dtype : type of the masks

    Returns
    -------
    masks : list of arrays of shape (m, n_l); the mean of an entry is 1
    """
    p = check_dropout(sizes, m, p, rng, dtype)
    kept = [rng.random((m, n), np.float32) >= p for n in sizes]
    return [np.divide(k, 1 - p, dtype=dtype) for k in kept]


def forward_dropout(params, X, masks):
    """Carry images through a ReLU network whose hidden units are switched by masks.

    Derived in lab 10.

    Parameters
    ----------
    params : list of (W, b)
    X : one image a row, shape (m, n0)
    masks : one array of shape (m, n_l) for each hidden layer

    Returns
    -------
    A : list [X, A1, …, ZL], as `forward` returns it; the hidden ones are masked
    """
    check_shapes(params, X)
    check_masks(params, X, masks)
    A = [X]
    for (W, b), mask in zip(params[:-1], masks):
        Z = A[-1] @ W + b
        A.append(np.maximum(Z, 0) * mask)
    W, b = params[-1]
    return [*A, A[-1] @ W + b]


def backward_dropout(params, A, y, masks):
    """Return the gradient of the mean cross-entropy through a ReLU network with these masks.

    Derived in lab 10: `backward` of lesson 4 with one factor more. Where a mask is 0, A is 0 too.

    Parameters
    ----------
    params : list of (W, b)
    A : what `forward_dropout` returned
    y : integer labels, shape (m,)
    masks : the same masks as there

    Returns
    -------
    grads : list of (dW, db)
    """
    check_outputs(params, A)
    check_shapes(params, A[0], y)
    check_masks(params, A[0], masks)
    P = softmax(A[-1])
    dZ = (P - one_hot(y, P.shape[1], P.dtype)) / len(y)
    grads = []
    for l in reversed(range(len(params))):
        grads.append((A[l].T @ dZ, dZ.sum(axis=0)))
        if l > 0:
            dA = dZ @ params[l][0].T
            dZ = dA * masks[l - 1] * (A[l] > 0)
    check_slopes(grads)
    return grads[::-1]


def committee(members, X, activation="relu"):
    """Return the mean of what several networks believe.

    Derived in lab 10. Meier, Cireşan, Gambardella and Schmidhuber 2011, "Better digit recognition
    with a committee of simple neural nets".

    Parameters
    ----------
    members : list of networks, each a list of (W, b)
    X : one image a row, shape (m, n0)
    activation : as in `forward`

    Returns
    -------
    P : probabilities, shape (m, n_L)
    """
    members = as_list("members", members)
    return sum(softmax(forward(params, X, activation)[-1]) for params in members) / len(members)
