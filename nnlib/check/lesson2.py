"""Checks of lesson 2: from pixels to scores, forwards."""

import numpy as np

from nnlib import network
from nnlib.check import calling
from nnlib.check.comparing import as_array
from nnlib.check.drawing import play_draw
from nnlib.check.progress import noted
from nnlib.check.sealed import Choice, Value
from nnlib.check.verdict import must
from nnlib.check.written import Written, judge, like, perhaps, when

PAGE = (
    "4 against 9",
    "weights and biases",
    "sigmoid",
    "patient B",
    "forward",
    "mean_network",
)

Z_SMALL = np.array([[1.5, -2.0, 0.0, 0.25], [-0.5, 3.0, -1.25, 2.0], [0.75, -0.1, 4.0, -3.0]])

MAX = (
    "`np.max` looks for the largest along an axis: is there a function that compares entry by "
    "entry?"
)

RELU = Written(
    "relu(Z)",
    network.relu,
    cases=((Z_SMALL,), (np.array([-2.0, 0.0, 0.5, 3.0, -0.25]),), (-np.ones((2, 3)),)),
    praise="negative numbers become 0, the others stay.",
    doubts=(
        like(
            lambda Z: np.max(Z, axis=0),
            MAX,
        ),
        like(lambda Z: np.max(Z), MAX),
        like(lambda Z: Z > 0, "ones and zeros: is that where ReLU is on, and not what it gives?"),
        like(np.abs, "negative numbers came out positive: should -2 become 2 or 0?"),
        like(lambda Z: np.minimum(Z, 0), "the negative numbers are left over: maximum or minimum?"),
        like(
            lambda Z: np.maximum(-Z, 0),
            "the negative ones pass, with their sign changed: is there a minus too many?",
        ),
        like(lambda Z: np.clip(Z, 0, 1), "numbers above 1 are cut off: does ReLU have a ceiling?"),
        like(lambda Z: Z, "nothing has changed: what should become of -2?"),
        like(lambda Z: np.maximum(Z, 1), "small numbers became 1: what is the least ReLU gives?"),
        when(
            lambda case, want, got: np.min(got) < 0,
            "some results are negative: what should become of negative numbers?",
        ),
    ),
)


def relu(function):
    """Check ``relu(Z)``: max(Z, 0), entry by entry."""
    return noted(judge(RELU, function))


SIGMOID = Written(
    "sigmoid(Z)",
    network.sigmoid,
    cases=(
        (Z_SMALL,),
        (np.array([-3.0, 0.0, 2.0]),),
        (np.array([[-1000.0, -50.0], [50.0, 1000.0]]),),
    ),
    praise="from 0 to 1, a half at 0, and nothing but numbers even at ±1000.",
    doubts=(
        like(lambda Z: 1 / (1 + np.exp(Z)), "it falls from 1 to 0: is the sign in `exp` right?"),
        like(
            lambda Z: np.exp(Z) / (1 + np.exp(Z)),
            "at 1000 it gives NaN: `exp` overflowed above "
            "and below the fraction. Which form takes `exp` of negative numbers only?",
        ),
        like(lambda Z: 1 / np.exp(-Z), "it goes beyond 1: is there a 1 missing under the bar?"),
        like(np.tanh, "from -1 to 1, and 0 at 0: is that tanh?"),
        like(
            lambda Z: (1 + np.tanh(Z)) / 2, "too steep, by a factor of 2: does tanh get Z or Z / 2?"
        ),
        like(
            lambda Z: network.sigmoid(Z) * (1 - network.sigmoid(Z)),
            "a hill with its top at 0: is that the slope of it?",
        ),
        like(lambda Z: 1 / (1 - np.exp(-Z)), "it jumps at 0: plus or minus under the bar?"),
        like(
            lambda Z: 1 / (1 + np.exp(-np.abs(Z))),
            "-3 and 3 give the same: was the sign lost with `abs`?",
        ),
        like(lambda Z: (Z > 0) * 1.0, "only zeros and ones: is that a step, and not a slope?"),
        when(
            lambda case, want, got: np.isnan(got).any(),
            "there are NaNs: what does `exp(1000)` give, and what does it do here?",
        ),
        when(
            lambda case, want, got: np.max(got) > 1 or np.min(got) < 0,
            "it leaves the range from 0 to 1: what stands under the bar?",
        ),
    ),
)


def sigmoid(function):
    """Check ``sigmoid(Z)``: 1 / (1 + exp(-Z)), entry by entry, finite for any finite Z."""
    return noted(judge(SIGMOID, function))


def some_network(sizes, seed):
    """Return weights and biases, none of them 0: zeros can hide a mistake."""
    rng = np.random.default_rng(seed)
    return [
        (rng.normal(0, 0.7, (n_in, n_out)), rng.normal(0, 0.5, n_out))
        for n_in, n_out in zip(sizes[:-1], sizes[1:])
    ]


def some_images(m, n, seed):
    """Return m images of n pixels between 0 and 1."""
    return np.random.default_rng(seed).random((m, n))


def forward_by(params, X, activation="relu", first=True, bias=True, last=False, hidden=True):
    """Carry images forward, with or without some of what belongs to it."""
    g = network.ACTIVATIONS[activation]
    A, Z = [X], X
    for l, (W, b) in enumerate(params, 1):
        Z = A[-1] @ W + b * bias
        bend = last if l == len(params) else hidden
        A.append(g(Z) if bend else Z)
    return A if first else A[1:]


def pre_activations(params, X, activation="relu"):
    """Return [X, Z1, …]: what stands before each activation, a typical mistake."""
    A = network.forward(params, X, activation)
    return [X, *(a @ W + b for a, (W, b) in zip(A, params))]


FORWARD = Written(
    'forward(params, X, activation="relu")',
    network.forward,
    cases=(
        (some_network([7, 5, 3], 0), some_images(4, 7, 1), "relu"),
        (some_network([4, 6, 5, 3], 2), some_images(2, 4, 3), "relu"),
        (some_network([3, 2], 4), some_images(5, 3, 5)),
        (some_network([4, 6, 5, 3], 2), some_images(2, 4, 3), "sigmoid"),
        (some_network([6, 5, 2], 6), some_images(3, 6, 7), "tanh"),
    ),
    praise="[X, A1, …, ZL], for any number of layers, the last one linear.",
    returns="A",
    doubts=(
        like(
            lambda p, X, a="relu": forward_by(p, X, a, last=True),
            "the last layer was bent too: should scores not be free to be negative?",
        ),
        like(
            lambda p, X, a="relu": forward_by(p, X, a, bias=False),
            "each layer is out by its bias: was b added?",
        ),
        like(
            lambda p, X, a="relu": forward_by(p, X, a, first=False),
            "the list begins with A1: does the way back not need X as well?",
        ),
        like(
            lambda p, X, a="relu": forward_by(p, X, a)[-1],
            "only the scores came back: what became of X and of the hidden layers?",
        ),
        like(
            lambda p, X, a="relu": forward_by(p, X, a, hidden=False),
            "no hidden layer bends: where is the activation? Two linear layers are one.",
        ),
        like(
            pre_activations,
            "these are the Z: is it not what the activation makes of them that goes on?",
        ),
        like(
            lambda p, X, a="relu": forward_by(p, X),
            "another activation changes nothing: is `activation` used, or is it always ReLU?",
        ),
        like(
            lambda p, X, a="relu": forward_by(p, X, "sigmoid"),
            "it is always the sigmoid: is `activation` used, and is ReLU the one by default?",
        ),
        like(
            lambda p, X, a="relu": forward_by(p, X, a)[::-1],
            "the list runs from the scores back to X: which end comes first?",
        ),
        like(
            lambda p, X, a="relu": forward_by(p[:1], X, a),
            "it stops after the first layer: does the loop reach the others?",
        ),
        like(
            lambda p, X, a="relu": forward_by(p[:-1], X, a, last=True),
            "the last layer is missing: does the loop leave it out, and is it done after the loop?",
        ),
        perhaps(
            lambda case, want, got: isinstance(got, np.ndarray),
            "one array came back, where a list is wanted: should X and the hidden layers not be "
            "in it, and the scores last?",
        ),
    ),
)


def forward(function):
    """Check ``forward(params, X, activation)``: the list [X, A1, …, ZL]."""
    return noted(judge(FORWARD, function))


def he_or_what(n_in, n_out):
    """Return He's spread, and what a wrong one may come from."""
    right = np.sqrt(2 / n_in)
    return right, (
        (right / np.sqrt(2), "the spread is too small by the root of 2: where is the 2?"),
        (right**2, "the spread is the square of the right one: a variance where a deviation goes?"),
        (np.sqrt(2 / n_out), "the spread follows n_out: which side do the sums run over?"),
        (np.sqrt(2 / (n_in + n_out)), "that is Glorot's rule: which one keeps ReLU's signals?"),
        (1.0, "the spread is 1: should many inputs not have small weights?"),
        (
            1 / np.sqrt(12),
            (
                "the weights lie between -0.5 and 0.5, however many inputs: should many inputs not "
                "have small weights?"
            ),
        ),
        (right / np.sqrt(3), "uniform between ± that number is narrower by √3, isn't it?"),
    )


INIT_HE = Written(
    "init_he(rng, n_in, n_out)",
    network.INITS["he"],
    cases=((0, 300, 80), (1, 60, 350)),
    praise="spread √(2 / n_in) about 0, drawn by rng.",
    play=lambda function, seed, n_in, n_out: play_draw(
        lambda rng: function(rng, n_in, n_out), (n_in, n_out), seed, *he_or_what(n_in, n_out)
    ),
)


def init_he(function):
    """Check ``init_he(rng, n_in, n_out)``: weights W of He's spread."""
    return noted(judge(INIT_HE, function))


def means(X, y, n_classes):
    """Return the mean image of each class, a row each."""
    return np.array([X[y == j].mean(axis=0) for j in range(n_classes)])


def mean_network_by(X, y, n_classes, factor=-0.5):
    """Return one layer whose scores rank classes by the distance to their means."""
    M = means(X, y, n_classes)
    return [(M.T, factor * (M**2).sum(axis=1))]


def classes_of_points(seed, n_classes, n):
    """Return some points of each class, of unequal numbers, and their labels, mixed."""
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.repeat(range(n_classes), rng.integers(3, 8, n_classes)))
    return 0.3 * rng.random((len(y), n)) + 0.7 * rng.random((n_classes, n))[y], y, n_classes


def play_mean_network(function, X, y, n_classes):
    """Build the network, and return its answers to many points."""
    params = function(X, y, n_classes)
    if calling.is_open(params):
        return params
    must(
        isinstance(params, (list, tuple)) and len(params) == 1 and len(params[0]) == 2,
        "a list with one pair (W, b) should come back, as forward takes it.",
        "wrong type",
    )
    W, b = as_array(params[0][0], "W"), as_array(params[0][1], "b")
    n = X.shape[1]
    must(
        W.shape == (n, n_classes),
        f"W should have shape ({n}, {n_classes}), a column for each class, and has {W.shape}.",
        "wrong shape",
    )
    must(
        b.shape == (n_classes,),
        f"b should have shape ({n_classes},), and has {b.shape}.",
        "wrong shape",
    )
    points = np.random.default_rng(9).random((400, n))
    return network.predict([(W.astype(float), b.astype(float))], points)


MEAN_NETWORK = Written(
    "mean_network(X, y, n_classes)",
    mean_network_by,
    cases=(classes_of_points(0, 3, 5), classes_of_points(1, 4, 6)),
    praise="one layer that answers as the nearest mean does, for 400 points.",
    play=play_mean_network,
    returns="the network's answer",
    doubts=(
        like(
            lambda X, y, k: mean_network_by(X, y, k, 0),
            "it prefers classes with much ink: which term of the square stands in the bias?",
        ),
        like(
            lambda X, y, k: mean_network_by(X, y, k, 0.5),
            "it prefers classes with much ink even more than without a bias: is its sign right?",
        ),
        like(
            lambda X, y, k: mean_network_by(X, y, k, -1),
            "the bias is too strong: what is the "
            "factor before it, when the product stands without its 2?",
        ),
        like(
            lambda X, y, k: [(means(X, y, k).T, -0.5 * means(X, y, k).sum(axis=1))],
            "the bias has the sum of the means in it: should they be squared first?",
        ),
        like(
            lambda X, y, k: [(-means(X, y, k).T, 0.5 * (means(X, y, k) ** 2).sum(axis=1))],
            "it answers with the farthest class: is the smallest distance the largest score?",
        ),
    ),
)


def mean_network(function):
    """Check ``mean_network(X, y, n_classes)``: [(W, b)] that answers as the nearest mean does."""
    return noted(judge(MEAN_NETWORK, function))


VALUES = (
    Value(
        "4 against 9",
        seals=("611b04d314",),
        digits=0,
        praise="88 of 100: harder than 0 against 1, since a 4 and a 9 share most of their ink.",
        wrong={
            82: "82: is there a bias, as in the second half of section 1?",
            75: "75: should the bias take something off, or add it?",
            86: "86: the middle between two numbers is half of their sum, isn't it?",
            25: "25: the neuron says 9 for a 4: which mean comes first in w?",
            12: "12: the neuron says 9 for a 4: which mean comes first in w?",
            43: "43 fours: and the nines, which should lie below 0?",
            45: "45 nines: and the fours, which should lie above 0?",
            607: "607 of 700 are the training images: which part judges?",
            0.774: "0.774 is what all ten means reach: were only the fours and nines asked?",
            0.88: "0.88 is the share: how many of the 100 are they?",
        },
    ),
    Value(
        "weights and biases",
        seals=("eaba3b0a53",),
        digits=0,
        praise="nearly all sit in the first layer, since it looks at 784 pixels.",
        wrong={
            24320: "24,320 are the weights: and the biases?",
            60: "60 are the biases: and the weights?",
            25154: "that gives the input pixels biases too: does X have any?",
            4704000: "4,704,000 is the product of all widths: does each unit see every layer?",
            600: "600 are W2's weights: what of the other layers?",
            844: "844 units: how many weights lead into each?",
        },
    ),
)

CHOICES = (
    Choice(
        "patient B",
        right="47b6a9b6c9",
        sentences={
            "47b6a9b6c9": (
                "the bias is a column: with ten images it fits, image i gets digit i's bias, and "
                "NumPy says nothing."
            ),
            "91a790ab62": "a square W has another width: would eleven images then raise an error?",
            "956fb4a815": "ReLU takes any shape: could it refuse eleven images?",
            "ae8fbf6df5": "then every batch would be wrong alike: why do only ten images pass?",
        },
    ),
    Choice(
        "no ReLU at the end",
        right="d08a080bdd",
        sentences={
            "13db108876": "one more maximum costs next to nothing: what would it do to the scores?",
            "a9b198fc6c": (
                "its slope is 0 or 1, as in the other layers: what happens to negative scores?"
            ),
            "c99fd8c9d7": (
                "softmax takes any numbers, negative ones too: what would ReLU take away?"
            ),
            "d08a080bdd": (
                "below 0 all scores would look the same: an unlikely digit and an impossible one, "
                "and sometimes no largest would be left."
            ),
        },
    ),
)
