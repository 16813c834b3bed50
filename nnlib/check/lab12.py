"""Checks of lab 12: what a step costs, and what one call of BLAS does."""

import numpy as np

from nnlib.check import calling
from nnlib.check.progress import noted
from nnlib.check.sealed import Choice
from nnlib.check.written import Written, judge, like

PAGE = ("operations", "add_product", "whose beta", "limit")


def count(sizes, m, first=2, others=3, each=2):
    """Return the operations of a step, with so many products for the first and other layers."""
    products = [n * k for n, k in zip(sizes[:-1], sizes[1:])]
    return each * m * (first * products[0] + others * sum(products[1:]))


OPERATIONS = Written(
    "operations(sizes, m)",
    count,
    cases=(([3, 2], 5), ([3, 2, 4], 1), ([784, 128, 64, 10], 32), ([5, 4, 3, 2, 6], 7)),
    praise="three products a layer, two for the first: 14.5 million for 784-128-64-10, batch 32.",
    doubts=(
        like(
            lambda sizes, m: count(sizes, m, first=3),
            "the first layer has three products here: who asks for the slope at the pixels?",
        ),
        like(
            lambda sizes, m: count(sizes, m, first=1, others=1),
            "that is the way forward: what do the gradients take, and the way back?",
        ),
        like(
            lambda sizes, m: count(sizes, m, first=1, others=2),
            "two products a layer are counted: forward, gradients, back: which is missing?",
        ),
        like(
            lambda sizes, m: count(sizes, m, first=2, others=2),
            "forward and gradients are there: and the way back, through all layers but the first?",
        ),
        like(
            lambda sizes, m: count(sizes, m, each=1),
            "half of it: a multiplication and an addition for each weight are two, aren't they?",
        ),
        like(
            lambda sizes, m: count(sizes, 1),
            "that is one image: where does m come in?",
        ),
        like(
            lambda sizes, m: 2 * m * 3 * int(np.prod(sizes)),
            "all sizes are multiplied together: is it not layer by layer, and a sum?",
        ),
    ),
)  # fmt: skip


def operations(function):
    """Check ``operations(sizes, m)``: how much a training step multiplies and adds."""
    return noted(judge(OPERATIONS, function))


def play_in_place(function, C, A, B, alpha, beta):
    """Call a function that is to change C, and return C; or what it returned, if that is no C."""
    returned = function(C, A, B, alpha, beta)
    if returned is not None and (calling.is_open(returned) or np.shape(returned) != C.shape):
        return returned
    return C


def changed(rule):
    """Return a function that changes C to what a rule says."""

    def function(C, A, B, alpha, beta):
        C[...] = rule(C, A, B, alpha, beta)

    return function


def product_case(seed, m, n, k, alpha, beta):
    """Return arguments of unequal sizes."""
    rng = np.random.default_rng(seed)
    shapes = ((n, k), (m, n), (m, k))
    return *(rng.standard_normal(shape) for shape in shapes), alpha, beta


ADD_PRODUCT = Written(
    "add_product(C, A, B, alpha, beta)",
    changed(lambda C, A, B, alpha, beta: beta * C + alpha * A.T @ B),
    cases=(
        (np.array([[1.0]]), np.array([[2.0]]), np.array([[3.0]]), 10, 0.5),
        product_case(0, 4, 3, 2, -0.1, 1.0),
        product_case(1, 2, 3, 5, 2.0, 0.9),
        product_case(2, 3, 3, 3, 1.0, 0.0),
    ),
    praise="beta C + alpha Aᵀ B, and C is still the array that was given.",
    returns="C",
    play=play_in_place,
    changes=True,
    doubts=(
        like(
            lambda *case: None,
            "C is as it was: is a new array made and given its name? Which operators change the "
            "old one?",
        ),
        like(
            changed(lambda C, A, B, alpha, beta: C + alpha * A.T @ B),
            "beta does nothing: what happens to the old C?",
        ),
        like(
            changed(lambda C, A, B, alpha, beta: beta * C + A.T @ B),
            "alpha does nothing: what is it to multiply?",
        ),
        like(
            changed(lambda C, A, B, alpha, beta: alpha * A.T @ B),
            "the old C is gone: is it added to, or written over?",
        ),
        like(
            changed(lambda C, A, B, alpha, beta: beta * (C + alpha * A.T @ B)),
            "beta multiplies the product too: which comes first?",
        ),
        like(
            changed(lambda C, A, B, alpha, beta: alpha * C + beta * A.T @ B),
            "alpha and beta have changed places: which belongs to the old C?",
        ),
        like(
            changed(lambda C, A, B, alpha, beta: beta * C - alpha * A.T @ B),
            "minus: is the minus of the update not in alpha already?",
        ),
        like(
            changed(lambda C, A, B, alpha, beta: alpha * (beta * C + A.T @ B)),
            "alpha multiplies the old C too: does it?",
        ),
    ),
)


def add_product(function):
    """Check ``add_product(C, A, B, alpha, beta)``: it changes C where it lies."""
    return noted(judge(ADD_PRODUCT, function))


def roofline(m, n, k, operations, bytes, size=4, each=2, flops=2):
    """Return the most operations a second of a product, with numbers of so many bytes."""
    intensity = flops * m * n * k / (size * (m * n + n * k + (each > 1) * m * k))
    return min(operations, bytes * intensity)


LIMIT = Written(
    "limit(m, n, k, operations, bytes)",
    roofline,
    cases=(
        (6, 6, 6, 1000, 100),
        (6, 6, 6, 50, 100),
        (1, 784, 128, 2e11, 2e10),
        (128, 784, 128, 2e11, 2e10),
        (3, 5, 7, 1e9, 1e8),
    ),
    praise="the lower of the two: arithmetic, or memory times the operations for a byte.",
    doubts=(
        like(
            lambda m, n, k, operations, bytes: max(operations, roofline(m, n, k, np.inf, bytes)),
            "the higher of the two: can a product be faster than its slower limit?",
        ),
        like(
            lambda m, n, k, operations, bytes: roofline(m, n, k, np.inf, bytes),
            "memory alone: and where arithmetic is the limit?",
        ),
        like(
            lambda m, n, k, operations, bytes: operations,
            "arithmetic alone: and where memory is the limit?",
        ),
        like(
            lambda m, n, k, operations, bytes: roofline(m, n, k, operations, bytes, size=1),
            "each number has one byte here: how many has a float32?",
        ),
        like(
            lambda m, n, k, operations, bytes: roofline(m, n, k, operations, bytes, size=8),
            "numbers of 8 bytes: which were asked for?",
        ),
        like(
            lambda m, n, k, operations, bytes: roofline(m, n, k, operations, bytes, each=1),
            "two matrices are fetched: is the result not written as well?",
        ),
        like(
            lambda m, n, k, operations, bytes: roofline(m, n, k, operations, bytes, flops=1),
            "half the operations: a multiplication and an addition are two, aren't they?",
        ),
        like(
            lambda m, n, k, operations, bytes: min(
                operations, bytes / roofline(m, n, k, np.inf, 1)
            ),
            "bytes are divided by the intensity: operations a byte times bytes a second gives "
            "which unit?",
        ),
    ),
)  # fmt: skip


def limit(function):
    """Check ``limit(m, n, k, operations, bytes)``: the roof over a product."""
    return noted(judge(LIMIT, function))


CHOICES = (
    Choice(
        "whose beta",
        right="91eb59523f",
        letters="abc",
        sentences={
            "91eb59523f": "the penalty goes through V and is remembered; the shrinking isn't.",
            "b4678ab03b": "for plain steps, yes: but what does V keep from one step to the next?",
            "c5f1352743": "only W shrinks here, as with the penalty: where is a bias touched?",
        },
    ),
)
