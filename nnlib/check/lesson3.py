"""Checks of lesson 3: from scores to probabilities, and how wrong they are."""

import numpy as np

from nnlib import loss, network, training
from nnlib.check.lesson2 import forward_by, some_images, some_network
from nnlib.check.progress import noted
from nnlib.check.sealed import Choice, Value
from nnlib.check.written import Written, caught, judge, like, perhaps, when

PAGE = (
    "five classes",
    "softmax",
    "patient C",
    "cross_entropy",
    "best temperature",
    "measure",
)

Z_SMALL = np.array([[2.0, 1.0, 0.0, -0.5], [0.5, -1.0, 3.0, 1.0], [-2.0, 0.25, 0.0, 1.5]])
Z_ONE = np.array([[1.0, -0.5, 0.25]])
Z_HUGE = np.array([[1000.0, 999.0, 998.5], [-1000.0, -1001.0, -1000.5], [0.0, 1.0, -1.0]])
Z_FAR = np.array([[1000.0, 999.0], [-1000.0, -999.5], [0.0, 0.5]])  # rows far from each other
Z_WIDE = np.array([[1000.0, 0.0, -1000.0], [0.5, 1000.0, 999.0]])


def exp_by(Z, axis=-1, shift=True, keepdims=True):
    """Return exp(Z) over its sum, in one of the ways it is written."""
    E = np.exp(Z - np.max(Z, axis=-1, keepdims=True) if shift else Z)
    return E / E.sum(axis=axis, keepdims=keepdims)


def sums_to_one(axis):
    """Return a symptom: the sums along an axis, and not those along the other, are 1."""

    def symptom(case, want, got):
        got = np.asarray(got, float)
        return np.allclose(got.sum(axis=axis), 1) and not np.allclose(got.sum(axis=1 - axis), 1)

    return symptom


def nan(case, want, got):
    """Return whether there is NaN in a result."""
    return np.isnan(np.asarray(got, float)).any()


def another_power(case, want, got):
    """Return whether rows sum to 1, and are exp(Z) to some other power than 1."""
    rates = (np.log(got[:, 1:]) - np.log(got[:, :1])) / (case[0][:, 1:] - case[0][:, :1])
    one_rate = rates[0, 0] > 0 and np.allclose(rates, rates[0, 0])
    return one_rate and np.allclose(np.sum(got, axis=1), 1)


def one_altogether(case, want, got):
    """Return whether all entries sum to 1, where no score is huge and no entry blank."""
    whole = len(got) > 1 and np.shape(got) == want.shape and np.min(got) > 0
    return whole and np.isclose(np.sum(got), 1) and np.abs(case[0]).max() < 100


COLUMNS = "each column sums to 1, not each row: along which axis was it summed?"
WHOLE = "all of it together sums to 1: should not each row do so by itself?"
OVERFLOW = "a score of 1000 gives NaN: what is exp(1000), and what could be taken off first?"

SOFTMAX = Written(
    "softmax(Z)",
    loss.softmax,
    cases=((Z_SMALL,), (Z_ONE,), (Z_HUGE,), (Z_FAR,), (Z_WIDE,)),
    praise="each row sums to 1, also with scores of 1000.",
    doubts=(
        like(
            lambda Z: exp_by(Z - Z.max(), shift=False),
            "rows far below the largest score become NaN: is the maximum that of the row, or of "
            "the whole batch?",
        ),
        like(lambda Z: exp_by(Z, None), WHOLE),
        when(sums_to_one(0), COLUMNS),
        when(one_altogether, WHOLE),
        like(
            lambda Z: np.nan_to_num(exp_by(Z, shift=False)),
            "NaN became 0, and such a row no longer sums to 1: what is exp(1000), and what could "
            "be taken off first?",
        ),
        when(nan, OVERFLOW),
        when(
            lambda case, want, got: np.allclose(
                np.log(got) - np.log(got)[:, :1], case[0] - case[0][:, :1]
            ),
            "these are exp(Z) in the right proportions: what must each row be divided by?",
        ),
        like(
            lambda Z: Z / Z.sum(axis=-1, keepdims=True),
            "the scores were divided as they are: how do negative ones become probabilities?",
        ),
        like(
            lambda Z: np.abs(Z) / np.abs(Z).sum(axis=-1, keepdims=True),
            "a score of -2 counts as much as 2: what makes a number positive and keeps the order?",
        ),
        like(
            lambda Z: exp_by(-Z),
            "the smallest score gets the largest probability: is there a minus too many?",
        ),
        like(
            loss.log_softmax,
            "these are the logarithms: should a probability not lie between 0 and 1?",
        ),
        like(
            lambda Z: network.sigmoid(Z),
            "each number was squashed by itself, and a row sums to anything: do the ten know of "
            "each other?",
        ),
        like(
            lambda Z: Z == Z.max(axis=-1, keepdims=True),
            "all or nothing: is that argmax, where something softer is wanted?",
        ),
        when(
            lambda case, want, got: another_power(case, want, np.asarray(got)),
            "each row sums to 1, and the numbers are others: what is raised to which power?",
        ),
        perhaps(
            lambda case, want, got: np.allclose(np.sum(got, axis=1), 1, atol=0.03),
            "each row sums to about 1, but the shares are not those of exp(Z): was something else "
            "done to Z or to the result (scaled, clipped, rounded)?",
        ),
    ),
)


def softmax(function):
    """Check ``softmax(Z)``: logits (m, k) to probabilities (m, k)."""
    return noted(judge(SOFTMAX, function))


def log_of_softmax(Z):
    """Take the logarithm after the softmax: right until a probability rounds to 0."""
    return np.log(loss.softmax(Z))


LOG_SOFTMAX = Written(
    "log_softmax(Z)",
    loss.log_softmax,
    cases=((Z_SMALL,), (Z_ONE,), (Z_HUGE,), (np.array([[0.0, -1000.0], [800.0, 0.0]]),)),
    praise="the logarithm of softmax, finite even where the probability itself rounds to 0.",
    doubts=(
        like(
            log_of_softmax,
            "where a probability rounds to 0 its logarithm is -inf: can exp and log be worked out "
            "against each other on paper first?",
        ),
        like(
            lambda Z: np.log(loss.softmax(Z) + 1e-8),
            "-1000 became -18: is a small number added inside the logarithm?",
        ),
        like(
            lambda Z: np.log(np.clip(loss.softmax(Z), 1e-15, 1)),
            "-1000 became -34.5: was the probability clipped before the logarithm?",
        ),
        like(
            lambda Z: Z - np.log(np.exp(Z).sum(axis=-1, keepdims=True)),
            "a score of 1000 gives -inf: exp(1000) is too large. What could be taken off first?",
        ),
        like(
            lambda Z: -loss.log_softmax(Z),
            "the sign is turned: is a logarithm of a probability above or below 0?",
        ),
        like(loss.softmax, "these are the probabilities: where is the logarithm?"),
        like(
            lambda Z: Z - Z.max(axis=-1, keepdims=True),
            "each row's largest is 0: that is the shift. What is still to be taken off?",
        ),
        like(
            lambda Z: (
                Z
                - np.exp(Z - Z.max(axis=-1, keepdims=True)).sum(axis=-1, keepdims=True)
                - Z.max(axis=-1, keepdims=True)
            ),
            "the sum was taken off as it is: should it not be its logarithm?",
        ),
        like(
            lambda Z: loss.log_softmax(Z) / np.log(2),
            "these are bits: which logarithm belongs to e?",
        ),
        when(
            lambda case, want, got: np.allclose(np.exp(got).sum(axis=0), 1) and len(got) > 1,
            COLUMNS.replace("each column", "exp of each column"),
        ),
        when(nan, OVERFLOW),
    ),
)


def log_softmax(function):
    """Check ``log_softmax(Z)``: the logarithm of softmax(Z), finite for any finite logits."""
    return noted(judge(LOG_SOFTMAX, function))


def surprise(Z, y):
    """Return the surprise at each true label."""
    return -loss.log_softmax(Z)[np.arange(len(y)), y]


def log_of(probabilities, Z, y):
    """Return the mean surprise, by the logarithm of probabilities."""
    return -np.log(probabilities(Z)[np.arange(len(y)), y]).mean()


def small_number_cut(case, want, got):
    """Return whether a surprise of 1003 came out finite and too small."""
    return want > 500 and 1 < got < 0.9 * want


ADDED = "the loss is a little too small: is a small number added inside the logarithm?"

CROSS_ENTROPY = Written(
    "cross_entropy(Z, y)",
    loss.cross_entropy,
    cases=(
        (Z_SMALL, np.array([0, 3, 1])),
        (np.zeros((2, 5)), np.array([4, 1])),
        (Z_ONE, np.array([2])),
        (np.array([[0.0, -1000.0, 3.0]]), np.array([1])),  # p rounds to 0
        (np.array([[1000.0, 998.0, 0.5]]), np.array([1])),  # exp(1000) is too large
        (Z_FAR, np.array([1, 0, 1])),
    ),
    praise="the mean surprise: ln 5 for who knows nothing of five classes, and finite at -1000.",
    doubts=(
        like(surprise, "one number for each image: is their mean still to be taken?"),
        like(
            lambda Z, y: surprise(Z, y).sum(),
            "that grows with the number of images: is it the sum, where the mean is wanted?",
        ),
        like(
            lambda Z, y: -surprise(Z, y).mean(),
            "the sign is turned: should a loss not be above 0?",
        ),
        like(
            lambda Z, y: surprise(Z, y).sum() / Z.size,
            "too small by the number of classes: is the mean taken over all entries, zeros "
            "included?",
        ),
        like(
            lambda Z, y: surprise(Z, y).mean() / np.log(2),
            "these are bits: which logarithm is meant?",
        ),
        like(
            lambda Z, y: surprise(Z, y).mean() / np.log(10),
            "a logarithm to base 10: which one belongs to e?",
        ),
        like(
            lambda Z, y: np.mean(np.log(np.exp(Z).sum(axis=1)) - Z[np.arange(len(y)), y]),
            "a score of 1000 makes it infinite: exp(1000) is too large. What could be taken off "
            "first?",
        ),
        like(
            lambda Z, y: log_of(loss.softmax, Z, y),
            "a probability that rounds to 0 makes it infinite: can the logarithm be had without "
            "the probability?",
        ),
        like(
            lambda Z, y: -np.log(np.clip(loss.softmax(Z), 1e-15, 1))[np.arange(len(y)), y].mean(),
            "1003 became 34.5: was the probability clipped before the logarithm?",
        ),
        like(
            lambda Z, y: -np.log(loss.softmax(Z) + 1e-8)[np.arange(len(y)), y].mean(),
            "1003 became 18: is a small number added inside the logarithm?",
        ),
        *(
            like(lambda Z, y, e=e: log_of(lambda Z: loss.softmax(Z) + e, Z, y), ADDED)
            for e in (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7)
        ),
        when(
            small_number_cut,
            "1003 became far less: was the probability clipped, or a small number added inside the "
            "logarithm?",
        ),
        like(
            lambda Z, y: log_of(lambda Z: exp_by(Z, shift=False), Z, y),
            "exp(1000) / exp(1000) is NaN, and the logarithm of a p that rounds to 0 infinite: "
            "what could be taken off first, and can the logarithm be had without p?",
        ),
        like(
            lambda Z, y: -np.sum(np.eye(Z.shape[1])[y] * log_of_softmax(Z)) / len(y),
            "0 times the logarithm of 0 is NaN: can the true label's alone be taken, and its "
            "logarithm be had without p?",
        ),
        like(
            lambda Z, y: np.mean(
                np.log(np.exp(Z - Z.max()).sum(axis=1)) - (Z - Z.max())[np.arange(len(y)), y]
            ),
            "rows far below the largest score become infinite: is the maximum that of the row, or "
            "of the whole batch?",
        ),
        like(
            lambda Z, y: -loss.log_softmax(Z.T).T[np.arange(len(y)), y].mean(),
            "the sum runs down the columns, over the images: along which axis are the classes?",
        ),
        like(
            lambda Z, y: -loss.log_softmax(Z).mean(),
            "that is the mean over every class, true or not: how is one entry taken from each row?",
        ),
        like(
            lambda Z, y: -loss.log_softmax(Z)[:, y].mean(),
            "`[:, y]` takes every label for every image: how is one entry taken from each row?",
        ),
        like(
            lambda Z, y: -Z[np.arange(len(y)), y].mean(),
            "the scores themselves were averaged: where is the softmax?",
        ),
        like(
            lambda Z, y: surprise(loss.softmax(Z), y).mean(),
            "softmax seems to be taken twice: are these logits, or already probabilities?",
        ),
        like(
            lambda Z, y: 1 - loss.softmax(Z)[np.arange(len(y)), y].mean(),
            "that is one minus the mean probability: where is the logarithm?",
        ),
        like(
            lambda Z, y: -np.log(loss.softmax(Z)[np.arange(len(y)), y].mean()),
            "the mean comes before the logarithm: whose surprise is averaged then?",
        ),
        caught(
            "IndexError.*out of bounds",
            "are labels taken for row numbers? How is one entry taken from each row?",
        ),
        when(nan, "there is NaN: exp(1000) / exp(1000), or 0 times the logarithm of 0?"),
    ),
)


def cross_entropy(function):
    """Check ``cross_entropy(Z, y)``: the mean surprise at the labels y, from logits Z."""
    return noted(judge(CROSS_ENTROPY, function))


def measured(params, X, y):
    """Return loss and accuracy, as lesson 5 will."""
    return training.measure(params, X, y)


def measure_case(sizes, m, seed):
    """Return a network, images and labels, of which the network reads some right."""
    params, X = some_network(sizes, seed), some_images(m, sizes[0], seed + 1)
    y = network.predict(params, X)
    y[: m // 2] = (y[: m // 2] + 1) % sizes[-1]
    return params, X, y


def measured_by(params, X, y, axis=1, **how):
    """Return loss and accuracy of a network that is carried forward in another way."""
    Z = forward_by(params, X, **how)[-1]
    return loss.cross_entropy(Z, y), np.mean(Z.argmax(axis=axis) == y)


MEASURE = Written(
    "measure(params, X, y)",
    measured,
    cases=(measure_case([7, 5, 3], 9, 0), measure_case([4, 6, 5, 4], 5, 2)),
    praise="from pixels to one loss and one accuracy, for any number of layers.",
    returns="(loss, accuracy)",
    doubts=(
        like(
            lambda params, X, y: measured(params, X, y)[::-1],
            "loss and accuracy have changed places: which one comes first?",
        ),
        like(
            lambda params, X, y: measured(params, X, y)[0],
            "only one number came back: where is the accuracy?",
        ),
        like(
            lambda params, X, y: (measured(params, X, y)[0], 100 * measured(params, X, y)[1]),
            "the accuracy is in per cent: should a share not lie between 0 and 1?",
        ),
        like(
            lambda params, X, y: (measured(params, X, y)[0], 1 - measured(params, X, y)[1]),
            "that is the share of mistakes: `==` or `!=`?",
        ),
        like(
            lambda params, X, y: (
                measured(params, X, y)[0],
                np.sum(network.predict(params, X) == y),
            ),
            "the right answers were counted: what share of the images are they?",
        ),
        like(
            lambda params, X, y: (len(y) * measured(params, X, y)[0], measured(params, X, y)[1]),
            "the loss grows with the number of images: sum or mean?",
        ),
        like(
            lambda params, X, y: (
                measured(params, X, y)[0],
                np.mean(network.predict(params, X) == y[:, None]),
            ),
            "the accuracy is a chance's: were answers of shape (m,) compared with labels of "
            "another shape?",
        ),
        like(
            lambda params, X, y: measured_by(params, X, y, last=True),
            "the last layer was bent too: should scores not be free to be negative?",
        ),
        like(
            lambda params, X, y: measured_by(params, X, y, hidden=False),
            "no hidden layer bends: where is the ReLU?",
        ),
        like(
            lambda params, X, y: measured_by(params, X, y, bias=False),
            "each layer is out by its bias: was b added?",
        ),
        like(
            lambda params, X, y: measured_by(params, X, y, axis=None),
            "the loss is right, and one answer stands for all images: along which axis does argmax "
            "look?",
        ),
        like(
            lambda params, X, y: training.measure(params, X, y, "sigmoid"),
            "that is a sigmoid network's loss: which activation do these weights belong to?",
        ),
        like(
            lambda params, X, y: (
                loss.cross_entropy(loss.softmax(network.forward(params, X)[-1]), y),
                measured(params, X, y)[1],
            ),
            "softmax seems to be taken twice: does cross_entropy want logits or probabilities?",
        ),
    ),
)


def measure(function):
    """Check ``measure(params, X, y)``: loss and accuracy of a ReLU network."""
    return noted(judge(MEASURE, function))


VALUES = (
    Value(
        "five classes",
        seals=("17814c2e57",),
        digits=4,
        praise="ln 5: who knows nothing is as surprised as one who guesses among five.",
        wrong={
            2.3026: "ln 10 belongs to ten classes: how many are there here?",
            2.3219: "that is log2 of 5, in bits: which logarithm is meant?",
            0.699: "that is the logarithm of 5 to base 10: which one is meant?",
            0.2: "0.2 is each class's probability: how surprised is one by it?",
            0.8: "0.8 is how far 0.2 is from 1: how is surprise measured?",
            1.7918: "ln 6: are labels 0 to 5 five classes?",
            1.3863: "ln 4: how many classes are there?",
            0.0: "0 would be a network that is sure and right: does this one know anything?",
        },
    ),
    Value(
        "equal scores",
        seals=(
            "d47cd1b0a1",
            "d47cd1b0a1",
        ),
        digits=4,
        praise="only differences between scores count: equal scores, equal probabilities.",
        wrong={
            (0.25, 0.0): "scores of 0 are equal too: does softmax look at their size?",
            (5.0, 0.0): "these are the scores: what does softmax make of them?",
            (0.2, 0.2): "a fifth: how many scores are there?",
            (1.0, 1.0): "1 is what the four sum to: and each of them?",
        },
    ),
    Value(
        "best temperature",
        seals=("9f660339c4",),
        digits=1,
        praise=(
            "T = 2: every difference between scores is halved. The answers stay the same, and the "
            "loss falls from 0.85 to 0.67."
        ),
        wrong={
            0.5: "0.5 is the best *factor*: does T multiply the scores, or divide them?",
            0.4: (
                "the curve is another one: is softmax taken before cross_entropy, which takes "
                "logits?"
            ),
            0.1: (
                "0.1 is the edge: where it is coldest the loss is largest. Minimum or maximum? "
                "Of the loss?"
            ),
            5.0: "5.0 is the other edge: is the smallest loss looked for?",
            1.9: "1.9 is best on the training images: which part is asked for?",
            0.7: "that looks like the loss itself: at which T is it reached?",
            19.0: "19 is a place in the list: which T stands there?",
            0.0: "T = 0 divides by 0, and argmin finds the NaN: where should the list begin?",
            1.0: "1.0 leaves the scores as they are: is there none better?",
        },
    ),
)

CHOICES = (
    Choice(
        "patient C",
        right="ab564f741a",
        sentences={
            "5284e68433": "a logarithm would make numbers below 0: are there any?",
            "6e7e25457c": (
                "then the whole batch would sum to 1: what do the rows and the columns sum to?"
            ),
            "7dbdd6283a": "without the shift large scores would give NaN: are there any NaNs here?",
            "ab564f741a": (
                "one image alone of shape (10,) hides it, since it has no other axis; in a batch "
                "each digit is shared out among the images."
            ),
        },
    ),
    Choice(
        "all right, and still falling",
        right="8f2daaffad",
        sentences={
            "2096dbfe0d": (
                "a loss of 0 would need p = 1 exactly: are finite scores enough for that?"
            ),
            "8f2daaffad": (
                "every answer is right, but none is entirely sure: larger scores bring every p "
                "nearer to 1."
            ),
            "b02bb3a567": "the rate decides how fast: but is there a slope left to go down?",
            "f5b6b6ba6e": "accuracy looks at the largest score only: does the loss, too?",
        },
    ),
)
