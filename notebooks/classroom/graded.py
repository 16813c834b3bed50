"""Tasks to be graded: variants of the lessons' own, which nnlib has no answer to.

Each is a function to write. `shown` is what a student sees tested: examples for
`nnlib.check.example`, which says what is wrong as in the lessons. `hidden` is what is tested
besides: assertions with a sentence each.
"""

from dataclasses import dataclass

CHECK = '''def check(function, arguments, wanted, in_place=False):
    """Say what a function makes of an example; a cell with a wrong one fails."""
    verdict = nnlib.check.example(function, arguments, wanted, in_place)
    print(verdict)
    assert verdict, verdict.sentence'''


@dataclass(frozen=True)
class Graded:
    """A graded task: its lesson, name, card, stub, the lines of its solution, its two tests."""

    lesson: int
    name: str
    card: str
    stub: str
    solution: str
    shown: str
    hidden: str
    points: tuple = (1, 2)  # for what is shown, for what is hidden


TASKS = (
    Graded(
        1,
        "signed_one_hot",
        "Write `signed_one_hot(y, k)`: labels `y` of shape (m,) become rows of shape (m, k), with "
        "a 1 in the label's column and a -1 in every other.",
        'def signed_one_hot(y, k):\n    """Turn labels (m,) into rows of -1 and 1 (m, k)."""',
        "    Y = -np.ones((len(y), k))\n    Y[np.arange(len(y)), y] = 1\n    return Y",
        "check(signed_one_hot, (np.array([2, 0]), 3), np.array([[-1, -1, 1], [1, -1, -1]]))",
        "Y = np.asarray(signed_one_hot(np.array([4, 4, 0, 3]), 5))\n"
        "expected = 2 * np.eye(5)[[4, 4, 0, 3]] - 1\n"
        'assert np.array_equal(Y, expected), "each row should hold one 1 and else -1"\n'
        'assert np.asarray(signed_one_hot(np.array([1]), 2)).shape == (1, 2), "one label is a row"',
    ),
    Graded(
        2,
        "leaky_scores",
        "Write `leaky_scores(params, X, slope)`: the scores of a network whose hidden units are "
        "leaky, z where z is positive and slope · z elsewhere. `params` is a list of pairs "
        "`(W, b)`, for any number of layers; the last layer isn't bent.",
        'def leaky_scores(params, X, slope):\n    """Return the scores (m, n_L) of X (m, n_0)."""',
        "    A = X\n    for W, b in params[:-1]:\n        Z = A @ W + b\n"
        "        A = np.where(Z > 0, Z, slope * Z)\n    W, b = params[-1]\n    return A @ W + b",
        "rng = np.random.default_rng(0)\n"
        "params = [(rng.normal(size=s), rng.normal(size=s[1])) for s in ((4, 3), (3, 2))]\n"
        "X = rng.normal(size=(5, 4))\n"
        "# with slope 0 these are the scores of lesson 2\n"
        "check(leaky_scores, (params, X, 0.0), nnlib.forward(params, X)[-1])",
        "sizes = ((4, 6), (6, 3), (3, 2))\n"
        "deep = [(rng.normal(size=s), rng.normal(size=s[1])) for s in sizes]\n"
        "A = X\nfor W, b in deep[:-1]:\n    Z = A @ W + b\n    A = np.maximum(Z, 0.2 * Z)\n"
        "W, b = deep[-1]\n"
        'assert np.allclose(leaky_scores(deep, X, 0.2), A @ W + b), "three layers, slope 0.2"\n'
        "(W1, b1), (W2, b2) = params\n"
        "line = (X @ W1 + b1) @ W2 + b2\n"
        'assert np.allclose(leaky_scores(params, X, 1.0), line), "slope 1 bends nothing"',
    ),
    Graded(
        3,
        "smoothed_loss",
        "Write `smoothed_loss(Z, y, s)`: the mean cross-entropy of logits `Z` (m, k) with smoothed "
        "labels, which hold 1 - s + s/k in the label's column and s/k in every other. It has to "
        "stay finite where a score is 1000.",
        'def smoothed_loss(Z, y, s):\n    """Return the mean loss of logits (m, k)."""',
        "    Z = Z - Z.max(axis=1, keepdims=True)\n"
        "    log_P = Z - np.log(np.exp(Z).sum(axis=1, keepdims=True))\n"
        "    k = Z.shape[1]\n    Y = (1 - s) * np.eye(k)[y] + s / k\n"
        "    return -(Y * log_P).sum() / len(y)",
        "Z, y = np.array([[2.0, 1.0, -1.0], [0.5, 0.0, 3.0]]), np.array([0, 1])\n"
        "plain = nnlib.cross_entropy(Z, y)\n"
        "# with s = 0 it is the loss of lesson 3\n"
        "check(smoothed_loss, (Z, y, 0.0), plain)",
        "log_P = nnlib.log_softmax(Z)\n"
        "even = -log_P.mean()\n"
        'assert np.isclose(smoothed_loss(Z, y, 1.0), even), "s = 1 asks the same of each class"\n'
        "mixed = 0.7 * plain + 0.3 * even\n"
        'assert np.isclose(smoothed_loss(Z, y, 0.3), mixed), "s = 0.3 mixes the two"\n'
        "far = np.array([[1000.0, 0.0]])\n"
        'assert np.isclose(smoothed_loss(far, np.array([1]), 0.0), 1000), "finite at 1000"',
    ),
    Graded(
        4,
        "squared_gradient",
        "The loss of a linear layer is the mean over m rows of the squared distance, J = "
        "((X W + b - T)²).sum() / m. Write `squared_gradient(W, b, X, T)`, which returns the pair "
        "dW, db.",
        'def squared_gradient(W, b, X, T):\n    """Return dW, db, of the shapes of W and b."""',
        "    dZ = 2 * (X @ W + b - T) / len(X)\n    return X.T @ dZ, dZ.sum(axis=0)",
        "W, b = np.zeros((2, 3)), np.zeros(3)\n"
        "X, T = np.array([[1.0, 2.0]]), np.array([[1.0, 0.0, -1.0]])\n"
        "dW, db = np.array([[-2, 0, 2], [-4, 0, 4]]), np.array([-2, 0, 2])\n"
        "check(squared_gradient, (W, b, X, T), (dW, db))",
        "rng = np.random.default_rng(1)\n"
        "W, b = rng.normal(size=(4, 3)), rng.normal(size=3)\n"
        "X, T = rng.normal(size=(5, 4)), rng.normal(size=(5, 3))\n"
        "dW, db = squared_gradient(W, b, X, T)\n"
        'assert dW.shape == W.shape and db.shape == b.shape, "the shapes of W and b"\n'
        "\n\ndef J():\n    return ((X @ W + b - T) ** 2).sum() / len(X)\n\n\n"
        "for name, theta, derived in (('dW', W, dW), ('db', b, db)):\n"
        "    measured = nnlib.numerical_gradient(J, theta)\n"
        '    assert nnlib.relative_error(derived, measured) < 1e-6, f"{name} is another"',
    ),
    Graded(
        5,
        "clipped_step",
        "Write `clipped_step(params, grads, learning_rate, longest)`: one step of gradient "
        "descent, in place. Where the length of all gradients together (the root of the sum of "
        "all squares) is above `longest`, they are scaled down to it first.",
        "def clipped_step(params, grads, learning_rate, longest):\n"
        '    """Change params, a list of (W, b), by one step against grads."""',
        "    squares = sum((g**2).sum() for pair in grads for g in pair)\n"
        "    scale = min(1, longest / max(np.sqrt(squares), 1e-12))\n"
        "    for (W, b), (dW, db) in zip(params, grads):\n"
        "        W -= learning_rate * scale * dW\n        b -= learning_rate * scale * db",
        "params = [(np.ones((2, 3)), np.zeros(3))]\n"
        "grads = [(np.full((2, 3), 0.1), np.full(3, 0.1))]  # short: it is left as it is\n"
        "after = [(np.full((2, 3), 0.9), np.full(3, -0.1))]\n"
        "check(clipped_step, (params, grads, 1.0, 5.0), after, in_place=True)",
        "params = [(np.zeros((1, 2)), np.zeros(2)), (np.zeros((2, 1)), np.zeros(1))]\n"
        "grads = [(np.full((1, 2), 3.0), np.zeros(2)), (np.full((2, 1), 4.0), np.zeros(1))]\n"
        "clipped_step(params, grads, 0.5, 1.0)\n"
        "length = np.sqrt(sum((g**2).sum() for pair in params for g in pair))\n"
        'assert np.isclose(length, 0.5), "all arrays are scaled together, to a length of 1"\n'
        'assert grads[0][0][0, 0] == 3.0, "the gradients stay as they were"',
    ),
    Graded(
        6,
        "among_the_first",
        "Write `among_the_first(P, y, k)`: the share of images whose true digit is among the `k` "
        "most probable answers. `P` has shape (m, 10), `y` shape (m,).",
        'def among_the_first(P, y, k):\n    """Return a share between 0 and 1."""',
        "    first = np.argsort(-P, axis=1)[:, :k]\n"
        "    return (first == y[:, None]).any(axis=1).mean()",
        "P = np.array([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]])\n"
        "y = np.array([1, 2])\n"
        "check(among_the_first, (P, y, 1), 0.5)  # the accuracy\n"
        "check(among_the_first, (P, y, 3), 1)  # among all of them it always is",
        "P = np.random.default_rng(2).dirichlet(np.ones(10), 200)\n"
        "y = np.random.default_rng(3).integers(0, 10, 200)\n"
        "for k in (1, 2, 5):\n"
        "    right = sum(label in np.argsort(p)[-k:] for p, label in zip(P, y))\n"
        '    assert np.isclose(among_the_first(P, y, k), right / 200), f"k = {k}"',
    ),
)


def of(number):
    """Return a lesson's graded tasks."""
    return [task for task in TASKS if task.lesson == number]
