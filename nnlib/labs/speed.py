"""Lab 12: a training step with as few passes over memory as NumPy and BLAS allow.

The same weights as forward, backward and update give, with ReLU; but no array of gradients is ever
made: BLAS adds AᵀdZ straight to the weights. `nnlib.train` stays the loop of lesson 5.
"""

import numpy as np
from scipy.linalg.blas import daxpy, dgemm, saxpy, sgemm

from nnlib.labs.optimizers import zeros_like
from nnlib.network import check_shapes
from nnlib.plumbing.arguments import check_labels
from nnlib.plumbing.asked import check_in_place, check_memory, check_product, check_rates

GEMM, AXPY = {"f": sgemm, "d": dgemm}, {"f": saxpy, "d": daxpy}  # by the letter of a dtype


def add_product(C, A, B, alpha, beta=1.0):
    """Do C ← beta C + alpha Aᵀ B in place, by one call of BLAS. Derived in lab 12.

    C of shape (n, k), A (m, n), B (m, k), of one type. BLAS counts columns first, so it is told
    Cᵀ ← beta Cᵀ + alpha Bᵀ A. A ValueError where C can't be changed in place: BLAS would change a
    copy, and nobody would know. Dongarra et al. 1990, "A set of level 3 basic linear algebra
    subprograms".
    """
    check_product(C, A, B, alpha, beta)
    GEMM[C.dtype.char](alpha, B.T, A.T, beta=beta, c=C.T, trans_b=1, overwrite_c=1)


def slopes(params, X, y):
    """Carry images forward and slopes back through a ReLU network; change arrays where they lie.

    Returns two lists: A, [X, A1, …], what each layer gets, (m, n_l); dZ, [dZ1, …], the slopes of
    the mean loss at its units. Parameters as in `sgd_step`. Derived in lab 12.
    """
    check_shapes(params, X, y)
    check_in_place([W for W, _ in params], X)
    check_labels("y", y, params[-1][0].shape[1])
    A, on = [X], []
    for W, b in params[:-1]:
        Z = A[-1] @ W
        Z += b
        on.append(Z > 0)
        Z *= on[-1]
        A.append(Z)
    W, b = params[-1]
    P = W.T @ A[-1].T  # (n_L, m): NumPy adds long rows faster than short ones
    P += b[:, None]
    P -= P.max(axis=0)
    np.exp(P, out=P)
    P /= P.sum(axis=0)
    P[y, np.arange(len(y))] -= 1
    P /= len(y)
    dZ = [P.T]
    for (W, _), mask in zip(params[:0:-1], on[::-1]):
        dA = dZ[0] @ W.T
        dA *= mask
        dZ.insert(0, dA)
    return A, dZ


def sgd_step(params, X, y, learning_rate, l2=0.0):
    """Take one step of gradient descent: forward, backward and update in one, in place.

    Derived in lab 12: what backward, add_l2 and update give, where hidden layers have ReLU.

    Parameters
    ----------
    params : list of (W, b); changed
    X : a batch of images, shape (m, n0), of the weights' type
    y : integer labels, shape (m,)
    learning_rate : step size
    l2 : strength of the penalty l2 / 2 · Σ W², as in `add_l2`

    Raises
    ------
    ValueError
        Where shapes don't fit, or a W can't be changed in place.
    """
    learning_rate, l2 = check_rates(learning_rate, l2)
    A, dZ = slopes(params, X, y)
    ones = np.ones(len(y), X.dtype)
    for (W, b), inputs, slope in zip(params, A, dZ):
        add_product(W, inputs, slope, -learning_rate, 1 - learning_rate * l2)
        b -= learning_rate * (ones @ slope)


def momentum_step(params, X, y, learning_rate, state, beta=0.9, l2=0.0):
    """Take one step with momentum: V ← beta V + AᵀdZ is one call of BLAS, too.

    Parameters as in `sgd_step`, and lab 8's `momentum`: `state` is {} before the first step and
    keeps V. Derived in lab 12: what backward, add_l2 and momentum give.
    """
    learning_rate, l2 = check_rates(learning_rate, l2)
    A, dZ = slopes(params, X, y)
    beta = check_memory(params, state, beta)
    V = state.setdefault("V", zeros_like(params))
    ones = np.ones(len(y), X.dtype)
    for (W, b), (V_W, v_b), inputs, slope in zip(params, V, A, dZ):
        add_product(V_W, inputs, slope, 1.0, beta)
        if l2 > 0:
            V_W += l2 * W
        AXPY[W.dtype.char](V_W.reshape(-1), W.reshape(-1), a=-learning_rate)
        v_b *= beta
        v_b += ones @ slope
        b -= learning_rate * v_b
