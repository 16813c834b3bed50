"""Lesson 3: from scores to probabilities, and how wrong they are.

Everything here is derived in ``notebooks/03_softmax_and_loss.ipynb``.
"""

import numpy as np

from nnlib.plumbing.arguments import as_logits, check_logits


def softmax(Z):
    """Turn each row of logits into probabilities.

    Parameters
    ----------
    Z : logits, shape (m, k)

    Returns
    -------
    P : shape (m, k); each row sums to 1; finite for any finite logits

    Notes
    -----
    Derived in lesson 3. The largest logit of a row is taken off first: this changes no
    probability, and exp then never overflows.
    """
    Z = as_logits("Z", Z, finite=False)
    E = np.exp(Z - np.max(Z, axis=-1, keepdims=True))
    return E / E.sum(axis=-1, keepdims=True)


def log_softmax(Z):
    """Return the logarithm of `softmax(Z)`, without ever taking the logarithm of 0.

    Parameters
    ----------
    Z : logits, shape (m, k)

    Returns
    -------
    log_P : shape (m, k); finite for any finite logits

    Raises
    ------
    ValueError
        Where a logit is NaN or infinite.

    Notes
    -----
    Derived in lesson 3: log-sum-exp.
    """
    Z = as_logits("Z", Z)
    Z = Z - np.max(Z, axis=-1, keepdims=True)
    return Z - np.log(np.exp(Z).sum(axis=-1, keepdims=True))


def cross_entropy(Z, y):
    """Return the mean surprise at the true labels, in nats, straight from the logits.

    Parameters
    ----------
    Z : logits, shape (m, k)
    y : integer labels, shape (m,), from 0 to k - 1

    Returns
    -------
    loss : a number of Z's type; ln k where every probability is 1/k

    Raises
    ------
    ValueError
        Where the shapes do not fit, nothing is given, a label is outside 0…k - 1, or a logit is
        NaN or infinite.

    Notes
    -----
    Derived in lesson 3.
    """
    check_logits(Z, y)
    return -log_softmax(Z)[np.arange(len(y)), y].mean()
