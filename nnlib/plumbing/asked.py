"""Plumbing: what the labs' functions ask of their arguments, beside `nnlib.plumbing.arguments`."""

import numpy as np
from numpy import ndarray

from nnlib.plumbing.arguments import (
    as_list,
    brief,
    check_count,
    check_dtype,
    check_number,
    check_rng,
    describe,
    is_matrix,
)

MEMORIES = {  # numbers that a step with a memory takes, and what it keeps in `state`
    1: (("beta",), {"V"}),
    3: (("beta1", "beta2", "epsilon"), {"means", "squares", "t"}),
}


def check_memory(params, state, *values):
    """Return the numbers of a step with a memory as floats; or raise, also where it isn't theirs.

    `state` is a dict; what earlier steps have left in it must belong to these params.
    """
    names, kept = MEMORIES[len(values)]
    floats = [
        check_number(name, value, above=0 if name == "epsilon" else None, at_least=0, at_most=1)
        if type(value) is not float or not 0 < value < 1
        else value
        for name, value in zip(names, values)
    ]
    if not isinstance(state, dict):
        raise ValueError(f"state must be a dict, {{}} at first; it is {describe(state)}.")
    if not kept.isdisjoint(state):
        try:
            shapes = [W.shape for W, _ in params]
            good = kept <= state.keys() and all(
                type(state[k]) is int if k == "t" else [V.shape for V, _ in state[k]] == shapes
                for k in kept
            )
        except (AttributeError, TypeError, ValueError):
            good = False
        if not good:
            raise ValueError(
                "state must hold what earlier steps with these params have left in it: begin with "
                "{} where they are new."
            )
    return floats[0] if len(floats) == 1 else floats


LIMITS = {0: (), 2: ("strength", "sigma"), 4: ("degrees", "zoom", "shear", "shift")}


def check_draw(m, rng, *limits):
    """Return the limits of what is drawn for m images as floats, or raise a ValueError."""
    check_count("m", m, at_most=10**6)
    check_rng("rng", rng)
    named = zip(LIMITS[len(limits)], limits)
    return [check_number(name, n, at_least=-1e6, at_most=1e6) for name, n in named]


def check_dropout(sizes, m, p, rng, dtype):
    """Return p as a float, or raise a ValueError unless masks can be drawn."""
    for l, n in enumerate(as_list("sizes", sizes)):
        check_count(f"sizes[{l}]", n, at_most=10**6)
    check_draw(m, rng)
    check_dtype(dtype)
    return check_number("p", p, at_least=0, below=1)


def check_masks(params, X, masks):
    """Raise a ValueError unless there is a mask for each unit of each hidden layer."""
    if not isinstance(masks, (list, tuple)) or len(masks) != len(params) - 1:
        raise ValueError(
            f"masks must be a list of {len(params) - 1}, one for each hidden layer; it is "
            f"{brief(masks)}."
        )
    for l, (mask, (_, b)) in enumerate(zip(masks, params)):
        if type(mask) is not ndarray or mask.shape != (len(X), len(b)) or mask.dtype.kind != "f":
            raise ValueError(
                f"masks[{l}] must be of shape ({len(X)}, {len(b)}), as dropout_masks returns it; "
                f"it is {describe(mask)}."
            )


def check_matrices(A, B):
    """Raise a ValueError unless A and B are matrices that A @ B is defined for."""
    if A.ndim != 2 or B.ndim != 2 or A.shape[1] != B.shape[0]:
        raise ValueError(
            f"A @ B takes two matrices, B with as many rows as A has columns; their shapes are "
            f"{A.shape} and {B.shape}."
        )


def check_sum(A, B):
    """Raise a ValueError unless NumPy can broadcast A and B against each other."""
    try:
        np.broadcast_shapes(A.shape, B.shape)
    except ValueError:
        raise ValueError(
            f"A and B must fit each other entry by entry; their shapes are {A.shape} and {B.shape}."
        ) from None


def check_one_number(name, J, wanted):
    """Raise a ValueError unless J is a Tensor that holds one number, and `wanted` lists Tensors."""
    if not hasattr(J, "paths") or np.shape(J.value) != ():
        raise ValueError(
            f"{name} must be one number, a Tensor whose slopes are asked for; it is "
            f"{describe(getattr(J, 'value', J))}: sum it up first."
        )
    if not isinstance(wanted, (list, tuple)) or not all(hasattr(w, "paths") for w in wanted):
        raise ValueError(f"wanted must be a list of Tensors; it is {brief(wanted)}.")


def check_rates(learning_rate, l2):
    """Return both as floats, or raise a ValueError unless they are finite numbers."""
    return check_number("learning_rate", learning_rate), check_number("l2", l2)


def check_in_place(changed, *read):
    """Raise a ValueError unless BLAS can change arrays where they lie: others it would copy.

    Cheap enough for the hot loop.
    """
    kind = changed[0].dtype
    for C in changed:
        if not (C.flags.carray and C.dtype.char in "fd"):  # rows in order, aligned, writeable
            kept = C.dtype.name if C.dtype.char in "fd" else "float32"
            raise ValueError(
                "Weights are changed in place only where they are float32 or float64, writeable, "
                f"with rows one after the other in memory: use np.array(W, np.{kept}, order='C'); "
                f"one is {describe(C)}."
            )
    for other in (*changed, *read):
        if other.dtype is not kind and other.dtype != kind:
            raise ValueError(
                f"Weights are {kind}, but what is added to them is {other.dtype}: convert the "
                "images X, or the weights, so that all are of one type."
            )


def check_product(C, A, B, alpha, beta):
    """Raise a ValueError unless C ← beta C + alpha Aᵀ B can be done in place."""
    check_number("alpha", alpha)
    check_number("beta", beta)
    for name, matrix in (("C", C), ("A", A), ("B", B)):
        if not is_matrix(matrix):
            raise ValueError(f"{name} must be a matrix of real numbers; it is {describe(matrix)}.")
    if len(A) != len(B) or C.shape != (A.shape[1], B.shape[1]):
        raise ValueError(
            "C, A, B must have shapes (n, k), (m, n), (m, k); they are "
            f"{C.shape}, {A.shape}, {B.shape}."
        )
    check_in_place([C], A, B)
