"""Lab 11: the rule of lesson 4 as a machine.

A `Tensor` remembers what it was made from, and how slopes go back to that; `gradients` goes there.
"""

import numpy as np

from nnlib.loss import log_softmax
from nnlib.plumbing.arguments import as_real
from nnlib.plumbing.asked import check_matrices, check_one_number, check_sum


class Tensor:
    """An array, and its paths: pairs of an earlier Tensor and what carries a slope back to it."""

    __array_ufunc__ = None  # NumPy leaves `array @ tensor` to us

    def __init__(self, value, paths=()):
        self.value, self.paths = as_real("value", value), paths
        self.depth = 1 + max((earlier.depth for earlier, _ in paths), default=0)

    __matmul__ = lambda A, B: matmul(A, B)
    __rmatmul__ = lambda B, A: matmul(A, B)
    __add__ = __radd__ = lambda A, B: add(A, B)
    __mul__ = __rmul__ = lambda A, B: multiply(A, B)


def as_tensor(A):
    """Return A as a Tensor; one stays what it is. Derived in lab 11."""
    return A if isinstance(A, Tensor) else Tensor(A)


def matmul(A, B):
    """Return A @ B, of two matrices. Derived in lab 11."""
    A, B = as_tensor(A), as_tensor(B)
    check_matrices(A.value, B.value)
    paths = (A, lambda dC: dC @ B.value.T), (B, lambda dC: A.value.T @ dC)
    return Tensor(A.value @ B.value, paths)


def unbroadcast(dC, shape):
    """Return a slope summed over all copies that broadcasting made. Derived in lab 11."""
    dC = dC.sum(axis=tuple(range(dC.ndim - len(shape))))  # axes put in front
    stretched = tuple(i for i, n in enumerate(shape) if n == 1)
    return dC.sum(axis=stretched, keepdims=True)


def add(A, B):
    """Return A + B, broadcast as NumPy does. Derived in lab 11."""
    A, B = as_tensor(A), as_tensor(B)
    check_sum(A.value, B.value)
    to_A = A, lambda dC: unbroadcast(dC, A.value.shape)
    to_B = B, lambda dC: unbroadcast(dC, B.value.shape)
    return Tensor(A.value + B.value, (to_A, to_B))


def multiply(A, B):
    """Return A * B, entry by entry, broadcast as NumPy does. Derived in lab 11."""
    A, B = as_tensor(A), as_tensor(B)
    check_sum(A.value, B.value)
    to_A = A, lambda dC: unbroadcast(dC * B.value, A.value.shape)
    to_B = B, lambda dC: unbroadcast(dC * A.value, B.value.shape)
    return Tensor(A.value * B.value, (to_A, to_B))


def rectify(Z):
    """Return max(Z, 0), lesson 2's ReLU. Derived in lab 11."""
    Z = as_tensor(Z)
    return Tensor(np.maximum(Z.value, 0), [(Z, lambda dA: dA * (Z.value > 0))])


def log_probabilities(Z):
    """Return each row's log-softmax, lesson 3's. Derived in lab 11."""
    Z = as_tensor(Z)
    log_P = log_softmax(Z.value)
    paths = [(Z, lambda dL: dL - np.exp(log_P) * dL.sum(axis=-1, keepdims=True))]
    return Tensor(log_P, paths)


def total(A):
    """Return the sum of all entries. Derived in lab 11."""
    A = as_tensor(A)
    return Tensor(A.value.sum(), [(A, lambda dS: np.broadcast_to(dS, A.value.shape))])


def gradients(J, wanted):
    """Return the slope of J, one number, by each Tensor in a list. Derived in lab 11."""
    check_one_number("J", J, wanted)
    slopes, todo = {J: np.ones_like(J.value)}, [J]
    while todo:  # what J was made from, each once; of what was given, only what is wanted
        for earlier, _ in todo.pop().paths:
            if earlier not in slopes and (earlier.paths or earlier in wanted):
                slopes[earlier] = 0.0
                todo.append(earlier)
    for later in sorted(slopes, key=lambda tensor: -tensor.depth):
        for earlier, carry in later.paths:
            if earlier in slopes:
                slopes[earlier] += carry(slopes[later])
    return [slopes.get(tensor, np.zeros_like(tensor.value)) for tensor in wanted]
