"""Checks of lab 12: what a step costs, and what one call of BLAS does."""

import numpy as np

from nnlib.check import calling
from nnlib.check.progress import noted
from nnlib.check.sealed import Choice
from nnlib.check.verdict import Refused
from nnlib.check.written import Written, judge, like, when

PAGE = ("operations", "add_product", "whose beta", "limit")


def count(sizes, m, first=2, others=3, each=2):
    """Return the operations of a step, with so many products for the first and other layers."""
    products = [n * k for n, k in zip(sizes[:-1], sizes[1:])]
    return each * m * (first * products[0] + others * sum(products[1:]))


def with_biases(times):
    """Return a rule that counts the biases, too: each so many times an image."""
    return lambda sizes, m: count(sizes, m) + times * m * sum(sizes[1:])


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
            lambda sizes, m: count(sizes, m) / 1e6,
            "these are millions: is it not the number itself that is asked for?",
        ),
        *(
            like(
                with_biases(times),
                "biases are counted, too: which operations are in the products?",
            )
            for times in (1, 2, 3)
        ),
        like(
            lambda sizes, m: count(sizes, m) - 2 * m * sizes[-2] * sizes[-1] * (len(sizes) > 2),
            "one product of the last layer is missing: do slopes not go back from the logits?",
        ),
        like(
            lambda sizes, m: count(sizes, m, first=1, others=2) + count(sizes, 1, 1, 1),
            "the gradients are counted for one image: how many rows have `A` and `dZ`?",
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
    before = A.copy(), B.copy()
    returned = function(C, A, B, alpha, beta)
    for name, old, now in zip("AB", before, (A, B)):
        if not np.array_equal(old, now):
            told = (
                f"{name} is changed on the way, and is needed after: what else can alpha multiply?"
            )
            raise Refused("wrong values", told)
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
            changed(lambda C, A, B, alpha, beta: beta * C),
            "the product isn't in C: is its sum with C computed, and not kept?",
        ),
        like(
            changed(lambda C, A, B, alpha, beta: (1 + beta) * C + alpha * A.T @ B),
            "C itself is still there beside beta C: does `+=` keep the old C as well?",
        ),
        like(
            changed(lambda C, A, B, alpha, beta: beta * C + alpha + A.T @ B),
            "alpha is added: is it not to multiply?",
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


def roofline(m, n, k, operations, bytes, size=4, each=2):
    """Return the most operations a second of a product, with numbers of so many bytes."""
    intensity = 2 * m * n * k / (size * (m * n + n * k + (each > 1) * m * k))
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
        when(
            lambda case, want, result: isinstance(result, (bool, np.bool_)),
            "that says which one is larger: how many operations a second does the limit allow?",
        ),
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
            "half of what memory allows: has a number 8 bytes, or are a multiplication and an "
            "addition counted as one?",
        ),
        like(
            lambda m, n, k, operations, bytes: roofline(m, n, k, operations, bytes, each=1),
            "two matrices are fetched: is the result not written as well?",
        ),
        like(
            lambda m, n, k, operations, bytes: roofline(m, n, k, np.inf, 1),
            "that is the intensity, operations a byte: how many does it make in a second?",
        ),
        like(
            lambda m, n, k, operations, bytes: (
                2 * m * n * k / roofline(m, n, k, operations, bytes)
            ),
            "that is how many seconds it takes: and how many operations are there in one?",
        ),
        like(
            lambda m, n, k, operations, bytes: (
                1 / (1 / operations + 1 / roofline(m, n, k, np.inf, bytes))
            ),
            "the times of both are added: must the arithmetic wait until all is fetched?",
        ),
        like(
            lambda m, n, k, operations, bytes: min(
                bytes, operations * roofline(m, n, k, np.inf, 1)
            ),
            "operations and bytes have changed places: which one is times the intensity?",
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
            "b4678ab03b": "where beta is 0, yes: but what does V keep from one step to the next?",
            "c5f1352743": "only W shrinks here, as with the penalty: where is a bias touched?",
        },
    ),
)
