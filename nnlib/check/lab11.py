"""Checks of lab 11: against the frameworks."""

import numpy as np

from nnlib.check import calling
from nnlib.check.comparing import described
from nnlib.check.lesson2 import some_images
from nnlib.check.progress import noted
from nnlib.check.sealed import Choice, Value
from nnlib.check.verdict import must
from nnlib.check.written import Written, judge, like
from nnlib.labs import autograd

PAGE = ("how many paths", "unbroadcast", "without zero_grad", "tensor_tanh", "convolve")


def slope(*shape):
    """Return a slope of some shape."""
    return np.random.default_rng(len(shape)).normal(size=shape)


def summed_in_front(dC, shape):
    """Sum over new axes, and leave the stretched ones."""
    return dC.sum(axis=tuple(range(dC.ndim - len(shape))))


def summed_where_stretched(dC, shape, keepdims=True, by=np.sum):
    """Sum as it should be, but by another function, or without the axes of length 1."""
    dC = by(dC, axis=tuple(range(dC.ndim - len(shape))))
    return by(dC, axis=tuple(i for i, n in enumerate(shape) if n == 1), keepdims=keepdims)


UNBROADCAST = Written(
    "unbroadcast(dC, shape)",
    autograd.unbroadcast,
    cases=(
        (slope(4, 3), (3,)),
        (slope(4, 3), (4, 1)),
        (slope(4, 3), (4, 3)),
        (slope(2, 4, 3), (1, 3)),
        (slope(5, 2), ()),
        (slope(3, 3), (1, 3)),
    ),
    praise="new axes summed away, stretched ones summed to length 1: no path is lost.",
    doubts=(
        like(lambda dC, shape: dC, "nothing was summed: where are the copies' slopes added?"),
        like(
            summed_in_front,
            "axes in front are summed, those of length 1 are not: what did NumPy stretch?",
        ),
        like(
            lambda dC, shape: summed_where_stretched(dC, shape, keepdims=False),
            "the axes of length 1 are gone: should the result not have the shape that was asked "
            "for?",
        ),
        like(
            lambda dC, shape: summed_where_stretched(dC, shape, by=np.mean),
            "the mean of the copies' slopes came back: do slopes add over paths?",
        ),
        like(
            lambda dC, shape: np.broadcast_to(dC.sum(), shape),
            "everything was summed: which entries were copies of the same one?",
        ),
        like(
            lambda dC, shape: dC[(0,) * (dC.ndim - len(shape))],
            "only the first copy's slope came back: what of the other paths?",
        ),
    ),
)


def unbroadcast(function):
    """Check ``unbroadcast(dC, shape)``: a slope summed over the copies that broadcasting made."""
    return noted(judge(UNBROADCAST, function))


def play_step(function, Z, dA):
    """Return the value that a step gives, and the slope that it carries back to its input.

    The reader's own class Tensor is used, where there is one: the page defines it.
    """
    kind = getattr(function, "__globals__", {}).get("Tensor")
    Z = (kind if isinstance(kind, type) else autograd.Tensor)(Z)
    A = function(Z)
    if calling.is_open(A):
        return A
    made = type(A).__name__ == type(Z).__name__
    must(made, f"a Tensor should come back, and it is {described(A)}.", "wrong type")
    paths = list(A.paths)
    must(paths, "the result has no path: how does a slope get back to Z?")
    pairs = all(isinstance(pair, tuple) and len(pair) == 2 for pair in paths)
    must(pairs, "a path should be a pair, (Z, function): is it a list of pairs?", "wrong type")
    must(all(pair[0] is Z for pair in paths), "a path leads to something else than Z: whose is it?")
    must(
        all(callable(pair[1]) for pair in paths),
        "the second of a pair should be a function of dA: is it called already?",
        "wrong type",
    )
    return [A.value, sum(carry(dA) for _, carry in paths)]


def tanh_step(slope):
    """Return a step tanh, with this slope of (Z, A) carried back."""

    def step(Z):
        A = np.tanh(Z.value)
        return autograd.Tensor(A, [(Z, lambda dA: slope(Z.value, A, dA))])

    return step


TENSOR_TANH = Written(
    "tensor_tanh(Z)",
    lambda Z: tanh_step(lambda Z, A, dA: dA * (1 - A * A))(Z),
    cases=((slope(4, 3), slope(4, 3) + 1), (slope(2, 5), slope(5, 2).T - 1), (slope(3), slope(3))),
    praise="the value forward, the slope back: the machine has learned a step.",
    play=play_step,
    returns="[value, slope]",
    doubts=(
        like(
            tanh_step(lambda Z, A, dA: 1 - A * A),
            "what comes back is not used: is dA multiplied by the slope?",
        ),
        like(
            tanh_step(lambda Z, A, dA: dA * (1 - Z * Z)),
            "the slope is computed from Z: is it 1 - A², of the output?",
        ),
        like(
            tanh_step(lambda Z, A, dA: dA * (1 - A)),
            "the slope is 1 - A: is the square missing?",
        ),
        like(
            tanh_step(lambda Z, A, dA: dA * A * (1 - A)),
            "that is the sigmoid's slope: which is tanh's?",
        ),
        like(tanh_step(lambda Z, A, dA: dA), "the slope comes back as it was: how steep is tanh?"),
        like(
            tanh_step(lambda Z, A, dA: dA * (Z > 0)),
            "that is ReLU's slope: which is tanh's?",
        ),
    ),
)


def tensor_tanh(function):
    """Check ``tensor_tanh(Z)``: a Tensor of tanh(Z.value), with its path back to Z."""
    return noted(judge(TENSOR_TANH, function))


def find(X, K):
    """Return what a kernel finds in each place, shape (m, 24, 24)."""
    windows = np.lib.stride_tricks.sliding_window_view(X.reshape(-1, 28, 28), (5, 5), axis=(1, 2))
    return np.einsum("mijab,ab->mij", windows, K)


CONVOLVE = Written(
    "convolve(X, K)",
    find,
    cases=(
        (some_images(2, 784, 0), slope(5, 5)),
        (some_images(3, 784, 1), slope(5, 5)[::-1] ** 3),
        (some_images(1, 784, 2), slope(5, 5) + 1),
    ),
    praise="25 weights, used in 576 places.",
    returns="found",
    doubts=(
        like(
            lambda X, K: find(X, K[::-1, ::-1]),
            "the kernel is upside down and reversed: does K[0, 0] meet the patch's first pixel?",
        ),
        like(lambda X, K: find(X, K.T), "the kernel is turned: which axis is the line?"),
        like(
            lambda X, K: find(X, K).swapaxes(1, 2),
            "lines and columns of the result have changed places: which comes first?",
        ),
        like(
            lambda X, K: find(X, K).reshape(len(X), 576),
            "each image is one row: should it not be 24 × 24?",
        ),
        like(
            lambda X, K: find(X, K) / 25,
            "the mean over the patch came back: is it the sum that is wanted?",
        ),
        like(
            lambda X, K: K[4, 4] * X.reshape(-1, 28, 28)[:, 4:, 4:],
            "only the last weight counts: is the sum begun anew for each?",
        ),
        like(
            lambda X, K: find(X, np.ones((5, 5))),
            "the pixels are summed as they are: is the kernel used?",
        ),
    ),
)


def convolve(function):
    """Check ``convolve(X, K)``: what a 5 × 5 kernel finds in images, shape (m, 24, 24)."""
    return noted(judge(CONVOLVE, function))


VALUES = (
    Value(
        "how many paths",
        seals=("ee478c487a",),
        digits=0,
        praise="two factors bring 10 each, the summand 1: slopes add over paths.",
        wrong={
            20: "the two factors are counted: what of the summand?",
            11: "one factor is counted, and the summand: how often is x a factor?",
            10: "that is one path: how many lead from J to x?",
            22: "that is J itself: how much does it move when x moves?",
            4: "that is the slope by y: what is it by x?",
        },
    ),
)
CHOICES = (
    Choice(
        "without zero_grad",
        right="7d4dd85a36",
        sentences={
            "659b338d8c": "the last batch comes twice at the second step: and at the third?",
            "7d4dd85a36": (
                "nothing of the sum is ever given up: lab 8's momentum with beta = 1, which learns "
                "for a while, and then swings."
            ),
            "a6a7354842": (
                "PyTorch raises nothing here: what did section 5 measure when `backward` ran twice?"
            ),
            "c486448c8c": "it would be harmless if it were so: what did section 5 measure?",
        },
    ),
)
