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

PAGE = ("how many paths", "tensor_rows", "without zero_grad", "tensor_tanh", "convolve")


def slope(*shape):
    """Return a slope of some shape."""
    return np.random.default_rng(len(shape)).normal(size=shape)


def play_step(function, Z, dA, *others, name="Z"):
    """Return the value that a step gives, and the slope that comes back to its input.

    The reader's own class Tensor is used, where there is one: the page defines it. A step may be
    made of others, so it is lab 11's machine that walks back.
    """
    kind = getattr(function, "__globals__", {}).get("Tensor")
    Z = (kind if isinstance(kind, type) else autograd.Tensor)(Z)
    A = function(Z, *others)
    if calling.is_open(A):
        return A
    made = type(A).__name__ == type(Z).__name__
    must(made, f"a Tensor should come back, and it is {described(A)}.", "wrong type")
    paths = list(A.paths)
    must(paths, f"the result has no path: how does a slope get back to {name}?")
    pairs = all(isinstance(pair, tuple) and len(pair) == 2 for pair in paths)
    what = f"a path should be a pair, ({name}, function): is it a list of pairs?"
    must(pairs, what, "wrong type")
    must(leads(A, Z), f"the paths lead to something else than {name}: whose are they?")
    what = "the second of a pair should be a function of the slope: is it called already?"
    must(all(callable(pair[1]) for pair in paths), what, "wrong type")
    J = autograd.Tensor(0.0, [(A, lambda _: dA)])
    return [A.value, *autograd.gradients(J, [Z])]


def leads(A, Z):
    """Return whether a path leads from A back to Z."""
    return any(earlier is Z or leads(earlier, Z) for earlier, _ in A.paths)


def play_rows(function, A, rows, dC):
    """Return what `play_step` does of a step that also gets numbers of rows."""
    return play_step(function, A, dC, rows, name="A")


def rows_step(back):
    """Return a step that picks rows, with this slope of (A, rows, dC) carried back."""

    def step(A, rows):
        paths = [(A, lambda dC: back(A.value, rows, dC))]
        return autograd.Tensor(A.value[rows], paths)

    return step


def sums(A, rows, dC):
    """Return the slopes of the rows: those of all their picks added."""
    dA = np.zeros(A.shape)
    np.add.at(dA, rows, dC)
    return dA


def only_last(A, rows, dC):
    """Return the slopes of the rows, of their last picks alone."""
    dA = np.zeros(A.shape)
    dA[rows] = dC
    return dA


TENSOR_ROWS = Written(
    "tensor_rows(A, rows)",
    rows_step(sums),
    cases=(
        (slope(4, 3), np.array([2, 0, 2]), slope(3, 3) + 1),
        (slope(5, 2), np.array([4, 4, 1, 4]), slope(4, 2) - 1),
        (slope(6, 4), np.array([5, 0, 3]), slope(3, 4)),
        (slope(2, 5), np.array([1]), slope(1, 5)),
    ),
    praise="a row picked twice has two paths, and their slopes add.",
    play=play_rows,
    returns="[value, slope]",
    doubts=(
        like(
            rows_step(only_last),
            "of a row that was picked twice only the last pick's slope comes back: `+=` with "
            "repeated rows keeps one, too. Do slopes add over paths?",
        ),
        like(
            rows_step(lambda A, rows, dC: dC),
            "the slope comes back as it was: should it not have A's shape, a row for each row?",
        ),
        like(
            rows_step(lambda A, rows, dC: sums(A, rows, dC) / sums(A, rows, 1).clip(1)),
            "the mean of the picks' slopes came back: do slopes add over paths?",
        ),
        like(
            rows_step(lambda A, rows, dC: sums(A, rows, 1)),
            "what comes back is not used: how often a row was picked is not yet its slope. Is dC "
            "added?",
        ),
        like(
            rows_step(lambda A, rows, dC: A + sums(A, rows, dC)),
            "the slope begins with A's values: should it not begin with zeros?",
        ),
    ),
)


def tensor_rows(function):
    """Check ``tensor_rows(A, rows)``: a Tensor of some of A's rows, with its path back to A."""
    return noted(judge(TENSOR_ROWS, function))


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
