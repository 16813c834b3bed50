"""Checks of lab 7: first weights that keep a signal alive."""

import numpy as np

from nnlib import network
from nnlib.check.drawing import play_draw
from nnlib.check.goals import Goal
from nnlib.check.lesson2 import some_images, some_network
from nnlib.check.lesson5 import hidden_layers
from nnlib.check.progress import noted
from nnlib.check.sealed import Choice
from nnlib.check.verdict import must
from nnlib.check.written import Written, judge, like, perhaps

PAGE = (
    "two layers deep",
    "signal_sizes",
    "init_leaky",
    "patient H",
    "a sigmoid that learns",
    "deviation",
)


def sizes_by(params, X, activation="relu", of=np.std, Z=True, last=True, first=False):
    """Return how large the signal is in each layer, in one of the ways it is measured."""
    A, sizes = X, [of(X)] if first else []
    for l, (W, b) in enumerate(params, 1):
        before = A @ W + b
        A = before if l == len(params) else network.ACTIVATIONS[activation](before)
        if last or l < len(params):
            sizes.append(of(before if Z else A))
    return sizes


def with_sizes(**way):
    """Return `signal_sizes` with a fault in it."""
    return lambda params, X, activation="relu": sizes_by(params, X, activation, **way)


SIGNAL_SIZES = Written(
    'signal_sizes(params, X, activation="relu")',
    sizes_by,
    cases=(
        (some_network([6, 5, 4, 3], 0), some_images(7, 6, 1), "relu"),
        (some_network([4, 3], 2), some_images(5, 4, 3)),
        (some_network([4, 6, 5, 3], 4), some_images(6, 4, 5), "tanh"),
    ),
    praise="one number a layer, from the first Z to the logits.",
    returns="sizes",
    doubts=(
        like(with_sizes(Z=False), "these are the sizes of the A: is it Z, before it is bent?"),
        like(with_sizes(of=np.var), "these are variances: what is their root?"),
        like(with_sizes(of=np.mean), "these are means: how far do the numbers scatter about them?"),
        like(
            with_sizes(of=lambda Z: np.sqrt(np.mean(Z**2))),
            "that is the root of the mean square: should the mean not be taken off first?",
        ),
        like(
            with_sizes(of=lambda Z: Z.std(axis=0)),
            "a number for each unit: is one for the whole layer not enough?",
        ),
        like(with_sizes(last=False), "the last layer is missing: do the logits count as well?"),
        like(with_sizes(first=True), "the first number is that of X: does the list begin with Z1?"),
        like(
            lambda params, X, activation="relu": sizes_by(params, X),
            "another activation changes nothing: is `activation` used?",
        ),
        like(
            lambda params, X, activation="relu": [
                np.std(X @ W + b) for W, b in params if len(W) == X.shape[1]
            ],
            "only the first layer was measured: does the signal go on to the next?",
        ),
    ),
)


def signal_sizes(function):
    """Check ``signal_sizes(params, X, activation)``: the standard deviation of each layer's Z."""
    return noted(judge(SIGNAL_SIZES, function))


def leaky_or_what(n_in, n_out, leak):
    """Return the spread that a leaky ReLU wants, and what a wrong one may come from."""
    right = np.sqrt(2 / ((1 + leak**2) * n_in))
    return right, (
        (np.sqrt(2 / n_in), "that is plain He: what do the negative values bring, that pass?"),
        (
            np.sqrt(2 / ((1 + leak) * n_in)),
            "the leak comes in as it is: is it squares that are summed?",
        ),
        (right**2, "the spread is the square of the right one: a variance where a deviation goes?"),
        (
            np.sqrt(2 / ((1 + leak**2) * n_out)),
            "the spread follows n_out: over which side do sums run?",
        ),
        (
            np.sqrt(2 / ((1 - leak**2) * n_in)),
            "the leak makes the spread larger: do negative values add to the signal, or take off?",
        ),
        (np.sqrt(1 / ((1 + leak**2) * n_in)), "too small by the root of 2: where is the half?"),
        (
            np.sqrt((1 + leak**2) / 2 / n_in),
            "the share that passes stands above the bar: should more signal not want less weight?",
        ),
    )


def he_leaky(rng, n_in, n_out, leak):
    """Draw weights that keep the signal of a leaky ReLU."""
    return rng.normal(0, np.sqrt(2 / ((1 + leak**2) * n_in)), (n_in, n_out))


INIT_LEAKY = Written(
    "init_leaky(rng, n_in, n_out, leak)",
    he_leaky,
    cases=((0, 300, 80, 0.5), (1, 90, 300, 0.8)),
    praise="half of the squares pass whole, the others as leak².",
    play=lambda function, seed, n_in, n_out, leak: play_draw(
        lambda rng: function(rng, n_in, n_out, leak),
        (n_in, n_out),
        seed,
        *leaky_or_what(n_in, n_out, leak),
    ),
)


def init_leaky(function):
    """Check ``init_leaky(rng, n_in, n_out, leak)``: weights W for a ReLU that leaks."""
    return noted(judge(INIT_LEAKY, function))


def mean_of(h):
    """Return E[h(z)] for z normal with deviation 1, by a fine sum."""
    z = np.linspace(-9, 9, 20001)
    return (h(z) * np.exp(-(z**2) / 2)).sum() / np.exp(-(z**2) / 2).sum()


def keeps(g, n_in):
    """Return the deviation of weights with which g keeps a signal of size 1."""
    return 1 / np.sqrt(n_in * mean_of(lambda z: g(z) ** 2))


def half_leak(Z):
    """Let half of negative values pass."""
    return np.where(Z > 0, Z, 0.5 * Z)


DEVIATION = Written(
    "deviation(g, n_in)",
    keeps,
    cases=(
        (network.relu, 50),
        (np.tanh, 100),
        (half_leak, 30),
        (network.sigmoid, 60),
    ),
    praise="He's rule for ReLU, and the right one for any other function.",
    returns="the deviation",
    relative=0.03,
    doubts=(
        like(
            lambda g, n: n * mean_of(lambda z: g(z) ** 2),
            "that is n E[g(z)²]: what must its root be 1 over?",
        ),
        like(
            lambda g, n: 1 / (n * mean_of(lambda z: g(z) ** 2)),
            "that is the variance: what is its root?",
        ),
        like(
            lambda g, n: 1 / np.sqrt(mean_of(lambda z: g(z) ** 2)),
            "it doesn't depend on n_in: how many terms are summed?",
        ),
        like(
            lambda g, n: 1 / np.sqrt(n * (mean_of(lambda z: g(z) ** 2) - mean_of(g) ** 2)),
            "g's mean was taken off: does the next layer's sum get g(z), mean included?",
        ),
        like(
            lambda g, n: 1 / np.sqrt(n * mean_of(lambda z: np.abs(g(z)))),
            "g was not squared: is it squares that add up?",
        ),
        like(lambda g, n: np.sqrt(2 / n), "that is He's rule, whatever g: where does g come in?"),
        like(
            lambda g, n: np.sqrt(1 / n), "that is Xavier's rule, whatever g: where does g come in?"
        ),
        like(
            lambda g, n: np.sqrt(mean_of(lambda z: g(z) ** 2) / n),
            "what passes stands above the bar: should more signal not want less weight?",
        ),
        perhaps(
            lambda case, want, got: np.isclose(got, want, rtol=0.15),
            "within 15 per cent: are there enough random numbers in the mean, 100,000 of them?",
        ),
    ),
)


def deviation(function):
    """Check ``deviation(g, n_in)``: the spread of weights with which g keeps a signal of size 1."""
    return noted(judge(DEVIATION, function))


def look_at_sigmoid(history):
    """Return the praise for a sigmoid network of depth 5 that learns in five epochs."""
    score, deep = history.rows[-1]["valid_accuracy"], hidden_layers(history)
    must(history.activation == "sigmoid", "another activation was used: the sigmoid is wanted.")
    must(deep >= 4, f"{deep} hidden layers: four or more are wanted.")
    must(history.rows[-1]["epoch"] <= 5, "it took more than five epochs: fewer are wanted.")
    must(
        score >= 0.8,
        f"it reads {score:.3f}: do the first layers get a gradient? How large must weights be, "
        "where the steepest slope is a quarter?",
    )
    return f"{score:.3f} after {history.rows[-1]['epoch']} epochs: the sigmoid isn't hopeless."


GOALS = (Goal("a sigmoid that learns", look_at_sigmoid),)

CHOICES = (
    Choice(
        "two layers deep",
        right="378ee2351b",
        sentences={
            "27a138500f": (
                "0.01 makes the signal small: but how often is it multiplied by, with one hidden "
                "layer?"
            ),
            "378ee2351b": (
                "with one hidden layer a factor has hardly anything to multiply: 0.01 recovers, "
                "he is at home, and normal learns too, but worse."
            ),
            "545c941dac": "they begin at different sizes: do they end alike?",
            "d6d86464a8": "normal makes large scores: is nothing learned from them, or only less?",
        },
    ),
    Choice(
        "patient H",
        right="0efdb9af5b",
        sentences={
            "0efdb9af5b": (
                "no weight is negative, so nothing cancels: every sum is positive, and all units "
                "of a layer do nearly the same."
            ),
            "2d8c1e3ac1": (
                "its spread is a bit smaller than He's: would that make a signal grow threefold a "
                "layer?"
            ),
            "4285377967": "then two layers drawn one after the other would be equal: are they?",
            "90e4ddce7f": "its rows and columns are right: what shape has it?",
        },
    ),
    Choice(
        "biases at 0",
        right="9f4f9dbedb",
        sentences={
            "0805d3804a": "a bias shifts every image alike: does that make it useless?",
            "9f4f9dbedb": (
                "weights that are drawn already make the units differ, so each bias gets a "
                "gradient of its own."
            ),
            "a18ca4186f": "they are learned like the weights: does db vanish where b is 0?",
            "b66d02e0f6": (
                "then all units of a layer would have to differ by their biases: do weights drawn "
                "at random not see to it?"
            ),
        },
    ),
)
