"""Checks of lesson 4: from the loss back to every weight."""

import numpy as np

from nnlib import backprop, data, loss, network
from nnlib.check.comparing import as_array
from nnlib.check.lesson2 import some_images, some_network
from nnlib.check.lesson3 import exp_by
from nnlib.check.progress import noted
from nnlib.check.sealed import Choice, Value
from nnlib.check.verdict import must
from nnlib.check.written import Written, caught, judge, like, when

PAGE = (
    "slopes at x = 0",
    "softplus_derivative",
    "numerical_gradient",
    "patient D",
    "patient E",
    "backward",
)

RELU_DERIVATIVE = Written(
    "relu_derivative(A)",
    backprop.relu_derivative,
    cases=(
        (np.array([[0.0, 2.5, 0.1], [1.0, 0.0, 3.0]]),),
        (np.array([0.0, 0.5, 0.0, 4.0]),),
        (np.array([[0.0, 0.0], [0.0, 0.2], [7.0, 0.0]]),),
    ),
    praise="1 where the unit is on, 0 where it is off, and a unit at 0 is off.",
    doubts=(
        like(
            lambda A: A >= 0,
            "it is 1 everywhere: A is never below 0, so what does `>=` tell apart?",
        ),
        like(lambda A: A, "that is A again: how steep is ReLU where it rises?"),
        like(lambda A: A <= 0, "on and off have changed places: which units let a slope through?"),
        like(
            lambda A: A > 1, "units between 0 and 1 are on as well: where does ReLU begin to rise?"
        ),
        like(lambda A: np.zeros_like(A), "no slope anywhere: what of the units that are on?"),
        like(
            lambda A: A / A,
            "0 / 0 is NaN: can the slope be had by a comparison instead?",
        ),
        like(lambda A: A * (1 - A), "that is the sigmoid's slope: is ReLU a curve?"),
        like(
            lambda A: np.where(A > 0, 1, 0.5),
            "a half at 0 is one way, and our A > 0 another: is a unit at 0 on?",
        ),
        like(
            lambda A: np.where(A > 0, 1, 0.1),
            "a tenth is the leaky one: what does ReLU let through below 0?",
        ),
    ),
)


def relu_derivative(function):
    """Check ``relu_derivative(A)``: ReLU's slope from its output A, never negative."""
    return noted(judge(RELU_DERIVATIVE, function))


SOFTPLUS_DERIVATIVE = Written(
    "softplus_derivative(z)",
    network.sigmoid,
    cases=((np.array([-3.0, -0.5, 0.0, 1.0, 2.5]),), (np.array([[-1.5, 0.25], [4.0, -6.0]]),)),
    praise="the sigmoid: it rises from 0 to 1, where ReLU's slope jumps.",
    doubts=(
        like(
            lambda z: 1 / (1 + np.exp(z)),
            "it falls where softplus gets steeper: is the sign in `exp` right?",
        ),
        like(lambda z: z > 0, "that jumps at 0: is it ReLU's slope, and not softplus's?"),
        like(lambda z: np.logaddexp(0, z), "that is softplus itself: how steep is it?"),
        like(
            lambda z: np.logaddexp(0, z) * (1 - np.logaddexp(0, z)),
            "A (1 - A) belongs to the sigmoid, whose output A is: what is d/dz ln(1 + e^z)?",
        ),
        like(
            lambda z: network.sigmoid(z) * (1 - network.sigmoid(z)),
            "that is the slope of the slope: was it differentiated twice?",
        ),
        like(
            lambda z: 1 / (1 + np.exp(z)) * 1 / 1 * np.exp(z) * np.exp(z),
            "e^z once too often: what is the inner derivative?",
        ),
        like(
            lambda z: 1 / (1 + np.exp(z)) + 0 * z,
            "1 / (1 + e^z) is the outer derivative: what does the inner one bring?",
        ),
        like(np.exp, "e^z is the inner derivative: and the logarithm's?"),
        like(np.tanh, "it is negative to the left: does softplus ever fall?"),
    ),
)


def softplus_derivative(function):
    """Check ``softplus_derivative(z)``: the slope of ln(1 + exp(z)), entry by entry."""
    return noted(judge(SOFTPLUS_DERIVATIVE, function))


def steep(theta):
    """Return a curved function of theta, without arguments, in which one side is not enough."""
    weights = 1.0 + np.arange(theta.size).reshape(theta.shape)
    return lambda: float((weights * (theta + 1e4 * theta**2 + 50 * theta**3)).sum())


def play_gradient(function, make, start):
    """Return the slopes that a function finds, and theta as it leaves it."""
    theta = start.copy()
    slopes = function(make(theta), theta)
    if slopes is None or slopes is ...:
        return slopes
    must(
        np.allclose(theta, start, rtol=0, atol=1e-9),
        "theta has changed: is each entry put back before the next one is moved?",
    )
    return np.array(as_array(slopes, "the gradient"))


def gradient_by(f, theta, h=1e-5, sides=2, width=2, back=True, alone=True):
    """Measure slopes, in one of the ways it is written."""
    slopes = np.zeros(theta.shape)
    for i in range(theta.size):
        before = theta.flat[i]
        here = f()
        theta.flat[i] = before + h
        above = f()
        if sides == 2:
            theta.flat[i] = before - h
            here = f()
        if back:
            theta.flat[i] = before
        slopes.flat[i] = (above - here) / (width * h)
    return slopes


def row_by_row(f, theta):
    """Move a whole row of a matrix at once, and so get the sum of its slopes in each entry."""
    slopes = gradient_by(f, theta)
    return slopes if theta.ndim == 1 else 0 * theta + slopes.sum(axis=1, keepdims=True)


def ratio(low, high):
    """Return a symptom: every slope is too small by one factor, which lies in between."""

    def symptom(case, want, got):
        ratios = np.asarray(got, float) / want
        return low < ratios.flat[0] < high and np.allclose(ratios, ratios.flat[0], 1e-2, 0)

    return symptom


ONE_SIDE = (
    "close, but not within rounding: one side only? f(θ + h) - f(θ - h), over 2 h, errs far less."
)

NUMERICAL_GRADIENT = Written(
    "numerical_gradient(f, theta)",
    backprop.numerical_gradient,
    cases=(
        (steep, np.array([0.0, 0.02, -0.01])),
        (steep, np.array([[0.0, -0.03], [0.01, 0.002], [0.0, 0.05]])),
    ),
    praise="every entry by centred differences, and theta is left as it was.",
    play=play_gradient,
    returns="the gradient",
    changes=True,
    absolute=3e-3,
    doubts=(
        like(
            lambda f, theta: gradient_by(f, theta, width=1),
            "twice as steep as it is: how far apart are the two places, h or 2 h?",
        ),
        like(
            lambda f, theta: gradient_by(f, theta, sides=1, width=2),
            "half as steep as it is: how far apart are the two places here, h or 2 h?",
        ),
        like(
            lambda f, theta: -gradient_by(f, theta),
            "the sign is turned: above minus below, or below minus above?",
        ),
        when(
            ratio(0, 1.5e-6),
            "far too small, by h²: `/ 2 * h` divides by 2 and then multiplies by h. Where do the "
            "brackets go?",
        ),
        when(
            ratio(1.5e-6, 0.1),
            "these are differences of f: are they divided by the distance?",
        ),
        when(
            lambda case, want, got: not np.any(got),
            "every slope is 0: does f see the entry that was moved, or is it a copy that moves?",
        ),
        like(
            lambda f, theta: np.full(theta.shape, np.sum(gradient_by(f, theta))),
            "all slopes are the same sum: is the whole of theta moved at once, and not one entry "
            "at a time?",
        ),
        like(
            row_by_row,
            "right for a vector; of a matrix whole rows were moved at once: does i run over every "
            "entry?",
        ),
        caught(
            "takes 0 positional arguments",
            "f takes none, and reads theta itself: which entry of theta has to move before the "
            "call?",
        ),
        *(
            like(lambda f, theta, h=h: gradient_by(f, theta, h, sides=1, width=1), ONE_SIDE)
            for h in (1e-4, 1e-5, 1e-6)
        ),
        when(
            lambda case, want, got: np.allclose(got / want, 1, atol=0.6),
            "close, but not within rounding: one side only, or an h too large or too small?",
        ),
    ),
)


def numerical_gradient(function):
    """Check ``numerical_gradient(f, theta)``: f takes no argument and reads theta."""
    return noted(judge(NUMERICAL_GRADIENT, function))


def backward_by(
    params,
    A,
    y,
    activation="relu",
    m=None,
    mask=None,
    bias=None,
    back=None,
    sign=1,
    hot=True,
    outer=None,
    probabilities=loss.softmax,
    rate=0,
    W_of=0,
):
    """Go backward, with one of the faults that are seen most."""
    m, P = m or (lambda y: len(y)), probabilities(A[-1])
    mask = mask or (lambda A, l, a: backprop.DERIVATIVES[a](A[l]))
    bias = bias or (lambda dZ: dZ.sum(axis=0))
    back = back or (lambda dZ, W: dZ @ W.T)
    outer = outer or (lambda A, dZ: A.T @ dZ)
    Y = data.one_hot(y, P.shape[1]) if hot else y[:, None]
    dZ, grads = sign * (P - Y) / m(y), []
    for l in reversed(range(len(params))):
        grads.append((outer(A[l], dZ), bias(dZ)))
        if l > 0:
            dA = back(dZ, params[l + W_of][0] - rate * grads[-1][0])
            dZ = dA * mask(A, l, activation)
    return grads[::-1]


def with_fault(**fault):
    """Return `backward` with a fault in it."""
    return lambda params, A, y, activation="relu": backward_by(params, A, y, activation, **fault)


def divided_again(params, A, y, activation="relu"):
    """Divide every gradient by m, which dZ has been already."""
    m = len(y)
    return [(dW / m, db / m) for dW, db in backprop.backward(params, A, y, activation)]


def weights_divided_again(params, A, y, activation="relu"):
    """Divide the gradients of the weights by m, which dZ has been already."""
    return [(dW / len(y), db) for dW, db in backprop.backward(params, A, y, activation)]


def flat(params, A, y, activation="relu"):
    """Return dW1, db1, dW2, … without pairs."""
    return [d for pair in backprop.backward(params, A, y, activation) for d in pair]


def backward_case(sizes, m, seed, activation="relu"):
    """Return a network, what forward makes of some images, labels, and the activation."""
    params = some_network(sizes, seed)
    A = network.forward(params, some_images(m, sizes[0], seed + 1), activation)
    return params, A, np.random.default_rng(seed).integers(0, sizes[-1], m), activation


BACKWARD = Written(
    'backward(params, A, y, activation="relu")',
    backprop.backward,
    cases=(
        backward_case([4, 3], 5, 10),
        backward_case([7, 5, 3], 6, 20),
        backward_case([4, 6, 5, 3], 7, 30),
        backward_case([5, 5, 5, 5], 4, 40)[:3],
        backward_case([4, 6, 5, 3], 7, 50, "sigmoid"),
        backward_case([6, 4, 3], 5, 60, "tanh"),
    ),
    also=(
        (
            lambda params, A, y, activation="relu": backprop.backward(params, A, y),
            "every dW and db, for any number of layers: right for ReLU, with whatever activation "
            "it is called. Sigmoid and tanh would need their own slope.",
        ),
    ),
    praise="every dW and db, for any number of layers, also where all are of one width.",
    returns="grads",
    doubts=(
        like(
            with_fault(m=lambda y: 1),
            "every gradient is m times too large: the loss is a mean; where does its 1 / m go?",
        ),
        like(divided_again, "every gradient is m times too small: is dZ divided by m already?"),
        like(
            weights_divided_again,
            "each dW is m times too small, and each db is right: is dZ divided by m already?",
        ),
        like(
            with_fault(back=lambda dZ, W: dZ @ W.T / len(dZ)),
            "the last layer is right, and what lies before it too small: is it divided by m once "
            "more on the way back?",
        ),
        *(
            like(
                with_fault(probabilities=lambda Z, shift=shift: exp_by(Z, None, shift)),
                "all probabilities of the batch seem to sum to 1: should not each row do so by "
                "itself?",
            )
            for shift in (True, False)
        ),
        *(
            like(
                with_fault(rate=rate),
                "the way back uses weights that were moved already: should the step not wait until "
                "all gradients are there?",
            )
            for rate in (1, 0.5, 0.1, 0.01)
        ),
        like(
            lambda p, A, y, a="relu": [pair[::-1] for pair in backprop.backward(p, A, y, a)],
            "dW and db have changed places: which comes first in a pair?",
        ),
        like(
            with_fault(W_of=-1),
            "sizes do not fit on the way back, or by luck they do: is it the W between the two "
            "layers?",
        ),
        like(
            with_fault(m=lambda y: 60000),
            "every gradient is far too small: is m the number of images in *this* batch?",
        ),
        like(with_fault(sign=-1), "every sign is turned: P - Y, or Y - P?"),
        like(
            with_fault(hot=False),
            "the labels were taken off as numbers: should each row of Y not hold a single 1?",
        ),
        like(
            with_fault(
                mask=lambda A, l, a: A[l] >= 0 if a == "relu" else backprop.DERIVATIVES[a](A[l])
            ),
            "units that are off pass a slope on: is ReLU's slope left out, or taken by `>=`, which "
            "A, never below 0, always fulfils?",
        ),
        like(
            with_fault(mask=lambda A, l, a: 1),
            "hidden layers get too much: where is the activation's slope?",
        ),
        like(
            with_fault(mask=lambda A, l, a: backprop.DERIVATIVES[a](A[l - 1])),
            "the slope is read off another layer: which one stands between dA and dZ?",
        ),
        like(
            with_fault(bias=lambda dZ: dZ.sum()),
            "each db is a single number: over which axis are the images?",
        ),
        like(
            with_fault(bias=lambda dZ: np.full(dZ.shape[1], dZ.sum())),
            "each db holds one number over and over: was it summed over everything, units too?",
        ),
        like(
            with_fault(bias=lambda dZ: dZ.mean(axis=0)),
            "each db is m times too small: dZ holds the 1 / m already; sum or mean?",
        ),
        like(
            with_fault(bias=lambda dZ: dZ.sum(axis=0, keepdims=True)),
            "each db is a matrix of one row, and b is a vector: is `keepdims` wanted here?",
        ),
        like(
            with_fault(bias=lambda dZ: dZ.sum(axis=1)),
            "each db has a number for each image: along which axis are the images?",
        ),
        like(
            with_fault(bias=lambda dZ: dZ),
            "each db has a row for each image: what is done with "
            "all of them, since one b serves all?",
        ),
        like(
            with_fault(back=lambda dZ, W: dZ @ W),
            "shapes do not fit on the way back, or by luck they do: forward it was A @ W, so which "
            "way round is W going back?",
        ),
        like(
            with_fault(outer=lambda A, dZ: dZ.T @ A),
            "each dW lies on its side: should it not have W's shape?",
        ),
        like(
            with_fault(outer=lambda A, dZ: A @ dZ),
            "shapes do not fit, or by luck they do: which of the two must be turned, so that a "
            "sum runs over the images?",
        ),
        like(
            lambda p, A, y, a="relu": backprop.backward(p, A, y, a)[::-1],
            "the last layer comes first: which way round is the list?",
        ),
        like(flat, "one long list: should there not be a pair (dW, db) for each layer?"),
        like(
            lambda p, A, y, a="relu": [dW for dW, _ in backprop.backward(p, A, y, a)],
            "only the weights have gradients: and the biases?",
        ),
        like(
            lambda p, A, y, a="relu": backprop.backward(p, A, y, a)[-1:],
            "only the last layer has gradients: does the loop go on to the first?",
        ),
        like(
            lambda p, A, y, a="relu": backprop.backward(p, [*A[:-1], loss.softmax(A[-1])], y, a),
            "softmax seems to be taken twice: A[-1] holds logits, doesn't it?",
        ),
        like(
            lambda p, A, y, a="relu": [
                (W - 0.1 * dW, b - 0.1 * db)
                for (W, b), (dW, db) in zip(p, backprop.backward(p, A, y, a))
            ],
            "these are weights after a step: were not only the gradients wanted?",
        ),
        caught(
            "values to unpack",
            "is that line for two layers only? Would a loop over params do for any number?",
        ),
        caught(
            r"broadcast.*\(\d+, ?(?:2|3)\) \(\d+, ?10\)|\(\d+, ?10\) \(\d+, ?3\)",
            "ten columns, where P has fewer. Does one_hot know the number of classes?",
        ),
        caught(
            r"broadcast.*\((\d+), ?\d+\) \(\1,\)",
            "one number for each image, beside a row for each. Should Y not be one-hot?",
        ),
        caught(
            "matmul: |not aligned",
            "the inner sizes of a product differ. Which way round is W on the way back, and A for "
            "dW? And is it the W between the two layers?",
        ),
    ),
)


def backward(function):
    """Check ``backward(params, A, y, activation)``: the list of (dW, db) of the mean loss."""
    return noted(judge(BACKWARD, function))


VALUES = (
    Value(
        "slopes at x = 0",
        seals=(
            "efa79640bc",
            "dcd27832e2",
        ),
        digits=4,
        praise="a weight on an input of 0 has no say. The bias has.",
        wrong={
            (
                -0.6636,
                -0.3318,
            ): "these are the slopes at x = 2: did x, and so p, change?",
            (
                0.0,
                -0.3318,
            ): "the weight's is right; the bias's is that of x = 2: was p worked out anew?",
            (0.0, 0.4256): "0.4256 is p: what does the slope of the loss take off it?",
            (0.0, 0.5744): "the size is right: does J fall or rise with b, when the label is 1?",
            (-0.5744, 0.0): "the two have changed places: which of them has the factor x?",
            (-0.5744, -0.5744): "both are equal: which of them has the factor x?",
            (0.0, 0.0): "has the bias no say either? What is its factor, where the weight's is x?",
        },
    ),
)

CHOICES = (
    Choice(
        "patient D",
        right="f2d4ed2907",
        letters="abcde",
        sentences={
            "50c8a6b842": "then shapes would not fit on 7-5-3: does it raise anything?",
            "c77f1eec24": "X has seven columns and dA1 five: would that not raise an error?",
            "e428882759": "then b2 would be wrong, and W1 right: what does the check name?",
            "e4634a13b1": (
                "then W2 and b2 would be m times too large as well: does the check name them?"
            ),
            "f2d4ed2907": (
                "a unit that is off gives 0, and 0 >= 0: so it passes a slope on, and what lies "
                "before it, W1 and b1, is wrong."
            ),
        },
    ),
    Choice(
        "patient E",
        right="f7d6104706",
        letters="abcde",
        sentences={
            "62b96ccbab": "then the weights would be wrong as well: does the check name them?",
            "80dab43994": "then W1 would be wrong as well: does the check name it?",
            "b4cbcd5941": "then W1 would be wrong, and b2 right: what does the check name?",
            "f123b6b7b7": (
                "then dZ2, and with it every array, would be wrong: are the weights right?"
            ),
            "f7d6104706": (
                "both biases are wrong and both weights right; and each of b's slopes is the same "
                "number: it was summed over the units too."
            ),
        },
    ),
    Choice(
        "why divide by m",
        right="85b109f54f",
        sentences={
            "2972b5bf6c": (
                "batches are divided by too, but once: where does the second division leave dW1?"
            ),
            "85b109f54f": (
                "the loss is a mean: its 1 / m is the first thing on the way back, and all that "
                "is computed from dZ2 carries it along."
            ),
            "b8d4ba8990": (
                "smaller gradients make smaller steps: is that a reason, or what the rate is for?"
            ),
            "feb7d807d3": "softmax is done with before: does P's size depend on m?",
        },
    ),
)
