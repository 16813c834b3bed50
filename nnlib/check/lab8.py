"""Checks of lab 8: steps that remember."""

import numpy as np

from nnlib.check import calling
from nnlib.check.lesson2 import some_network
from nnlib.check.lesson5 import pairs
from nnlib.check.progress import noted
from nnlib.check.sealed import Choice
from nnlib.check.written import Written, judge, like
from nnlib.labs import optimizers

PAGE = ("a heavy ball", "nesterov", "patient I", "decayed_rate", "paired", "adam")


def play_steps(function, params, gradients, learning_rate, state):
    """Take a few steps, each with other gradients; return the weights after each."""
    seen = []
    for grads in gradients:
        returned = function(params, grads, learning_rate, state)
        if calling.is_open(returned) and returned is not None:
            return returned
        params = params if returned is None else returned
        seen.append(pairs(params))
    return {f"after step {i}, params": found for i, found in enumerate(seen, 1)}


def flat(params):
    """Return all arrays of a network in one list."""
    return [theta for pair in params for theta in pair]


def steps_case(sizes, seed, n, learning_rate):
    """Return weights, gradients for n steps, a rate, and an empty state."""
    gradients = [some_network(sizes, seed + 1 + i) for i in range(n)]
    return some_network(sizes, seed), gradients, learning_rate, {}


CASES = (steps_case([3, 2], 0, 3, 0.1), steps_case([4, 3, 2], 10, 4, 0.02))
CASES[1][1][0][0][0][:2] = CASES[1][1][1][0][0][:2] = 0  # some slopes are 0 twice: 0 / 0


def by_rule(rule):
    """Return an optimiser that steps by what a rule makes of a gradient and its own memory."""

    def optimizer(params, grads, learning_rate, state):
        for i, (theta, gradient) in enumerate(zip(flat(params), flat(grads))):
            theta -= learning_rate * rule(gradient, state.setdefault(i, {}))

    return optimizer


def momentum_rule(keep=0.9, new=1.0, nesterov=False, old=False, forget=False):
    """Return momentum's rule, in one of the ways it is written."""

    def rule(gradient, memory):
        before = memory.get("V", 0.0)
        V = keep * before + new * gradient
        memory["V"] = 0.0 if forget else V
        if nesterov:
            return gradient + nesterov * V
        return before if old else V

    return rule


MEMORY = (
    like(
        by_rule(momentum_rule(keep=0)),
        "each step is as if it were the first: is V kept in `state` from step to step, and "
        "changed there?",
    ),
    like(
        by_rule(momentum_rule(keep=1)),
        "nothing is ever forgotten: where does beta come in?",
    ),
    like(
        by_rule(momentum_rule(new=0.1)),
        "each gradient comes in as a tenth: that is an average, where a sum is wanted. "
        "V = beta V + dW, or (1 - beta) dW?",
    ),
    like(
        by_rule(momentum_rule(keep=-0.9)),
        "V is turned round at each step: plus or minus beta V?",
    ),
    like(
        by_rule(momentum_rule(new=-1)),
        "the steps go uphill: plus or minus?",
    ),
    like(
        by_rule(momentum_rule(keep=0.1)),
        "a tenth is kept: beta, or 1 - beta?",
    ),
    like(lambda p, g, r, s: None, "nothing has moved: is a new array made, and forgotten?"),
)

MOMENTUM = Written(
    "momentum(params, grads, learning_rate, state)",
    optimizers.momentum,
    cases=CASES,
    praise="V ← 0.9 V + dW, then W ← W - learning_rate V, for every array, step after step.",
    play=play_steps,
    changes=True,
    doubts=(
        like(
            by_rule(momentum_rule(old=True)),
            "the first step goes nowhere: is V brought up to date before the step, or after it?",
        ),
        like(
            by_rule(momentum_rule(nesterov=0.9)),
            "that is Nesterov's variant: is the gradient added once more?",
        ),
        *MEMORY,
    ),
)


def momentum(function):
    """Check ``momentum(params, grads, learning_rate, state)``, with beta = 0.9."""
    return noted(judge(MOMENTUM, function))


NESTEROV = Written(
    "nesterov(params, grads, learning_rate, state)",
    by_rule(momentum_rule(nesterov=0.9)),
    cases=CASES,
    praise="V is brought up to date first, then the step goes along dW + 0.9 V.",
    play=play_steps,
    changes=True,
    doubts=(
        like(
            by_rule(momentum_rule()),
            "that is plain momentum: what is added to beta V in the step?",
        ),
        like(
            by_rule(momentum_rule(nesterov=1.0)),
            "beta is missing in the step: is it dW + V, or dW + beta V?",
        ),
        *MEMORY,
    ),
)


def nesterov(function):
    """Check ``nesterov(params, grads, learning_rate, state)``, with beta = 0.9."""
    return noted(judge(NESTEROV, function))


def adam_rule(b1=0.9, b2=0.999, correct=(True, True), root=True, one=True, late=0, outside=True):
    """Return Adam's rule, in one of the ways it is written."""

    def rule(gradient, memory):
        t = memory["t"] = memory.get("t", 0) + one
        m = memory["m"] = b1 * memory.get("m", 0.0) + (1 - b1) * gradient
        v = memory["v"] = b2 * memory.get("v", 0.0) + (1 - b2) * gradient**2
        t = max(t - late, 1)
        m_hat = m / (1 - b1**t) if correct[0] else m
        v_hat = v / (1 - b2**t) if correct[1] else v
        return m_hat / ((np.sqrt(v_hat) if root else v_hat) + 1e-8)

    return rule


ADAM = Written(
    "adam(params, grads, learning_rate, state)",
    optimizers.adam,
    cases=CASES,
    praise=(
        "both averages kept and corrected: the first step is as large as the rate, whatever "
        "the gradient."
    ),
    play=play_steps,
    changes=True,
    doubts=(
        like(
            by_rule(adam_rule(correct=(False, False))),
            "the first step is three times too large: are the averages corrected for having begun "
            "at 0?",
        ),
        like(
            by_rule(adam_rule(correct=(True, False))),
            "v is not corrected: it begins at 0 too, and by how much is it too small?",
        ),
        like(
            by_rule(adam_rule(correct=(False, True))),
            "m is not corrected: the first step is a tenth of the rate, isn't it?",
        ),
        like(by_rule(adam_rule(root=False)), "divided by v itself: where is the root?"),
        like(
            by_rule(adam_rule(late=1)),
            "t is one behind after the first step: is it counted before the correction?",
        ),
        like(
            by_rule(adam_rule(b1=0.999, b2=0.9)),
            "the two betas have changed places: which average forgets faster?",
        ),
        like(
            by_rule(lambda gradient, memory: np.sign(gradient)),
            "every step is as large as the rate: are the averages kept in `state` from step to "
            "step?",
        ),
        like(
            by_rule(
                lambda gradient, memory: (
                    adam_rule(one=False)(gradient, memory)
                    if memory
                    else (memory.update(t=1) or adam_rule(one=False)(gradient, memory))
                )
            ),
            "from the second step on the correction stays that of the first: does t grow?",
        ),
        *MEMORY[-1:],
        like(by_rule(lambda g, memory: g), "these are plain steps: where are the two averages?"),
        like(by_rule(momentum_rule()), "that is momentum: what is V divided by?"),
        like(
            by_rule(lambda g, memory: -adam_rule()(g, memory)),
            "the steps go uphill: plus or minus?",
        ),
    ),
)


def adam(function):
    """Check ``adam(params, grads, learning_rate, state)``, with 0.9, 0.999 and 1e-8."""
    return noted(judge(ADAM, function))


DECAYED_RATE = Written(
    "decayed_rate(learning_rate, step, steps)",
    optimizers.decayed_rate,
    cases=((0.1, 0, 40), (0.1, 10, 40), (0.5, 99, 100), (0.02, 3, 7)),
    praise="whole at step 0, half half-way, and 0 would be at the end.",
    doubts=(
        like(lambda rate, step, steps: rate * step / steps, "it grows: from what to what?"),
        like(
            lambda rate, step, steps: rate - step / steps,
            "it falls below 0: is it the rate that is multiplied by what is left?",
        ),
        like(
            lambda rate, step, steps: rate / (1 + step / steps),
            "it ends at half: that is a curve, where a straight line to 0 is wanted, isn't it?",
        ),
        like(
            lambda rate, step, steps: rate * (1 - (step + 1) / steps),
            "one step ahead: what should the first step's rate be, at step 0?",
        ),
        like(
            lambda rate, step, steps: rate * (1 - step // steps),
            "it stays whole: is that a division of whole numbers?",
        ),
        like(
            lambda rate, step, steps: rate * (1 - step / steps) ** 2,
            "a curve, that falls fast and then slowly: a square too many?",
        ),
        like(lambda rate, step, steps: 1 - step / steps, "that is the share left: of what?"),
        like(
            lambda rate, step, steps: rate * 0.5 * (1 + np.cos(np.pi * step / steps)),
            "a cosine falls to 0 too: was a straight line asked for?",
        ),
    ),
)


def decayed_rate(function):
    """Check ``decayed_rate(learning_rate, step, steps)``: a straight line to 0."""
    return noted(judge(DECAYED_RATE, function))


def mended_and_broken(one, other):
    """Return images mended, images broken, and the difference's standard error."""
    mended, broken = np.sum(~one & other), np.sum(one & ~other)
    return mended, broken, np.sqrt(mended + broken)


def some_right(seed, m):
    """Return for m images whether each of two networks reads them."""
    rng = np.random.default_rng(seed)
    return rng.random(m) < 0.7, rng.random(m) < 0.8


PAIRED = Written(
    "paired(one, other)",
    mended_and_broken,
    cases=(some_right(0, 30), some_right(1, 41), (np.zeros(5, bool), np.ones(5, bool))),
    praise="only images that changed can tell the two apart.",
    returns="(mended, broken, error)",
    doubts=(
        like(
            lambda a, b: (*mended_and_broken(b, a)[:2], mended_and_broken(a, b)[2]),
            "mended and broken have changed places: which network comes second?",
        ),
        like(
            lambda a, b: (np.sum(b), np.sum(a), np.sqrt(np.sum(a != b))),
            "these are all that each reads: which are read by one of them only?",
        ),
        like(
            lambda a, b: (np.sum(a & b), np.sum(~a & ~b), np.sqrt(np.sum(a == b))),
            "these are the images on which the two agree: which tell them apart?",
        ),
        like(
            lambda a, b: (*mended_and_broken(a, b)[:2], np.sum(a != b)),
            "that is the variance, mended + broken: what is its root?",
        ),
        like(
            lambda a, b: (*mended_and_broken(a, b)[:2], np.sqrt(np.sum(a != b)) / len(a)),
            "the error is a share, the others are images: which is asked for?",
        ),
        like(
            lambda a, b: (*mended_and_broken(a, b)[:2], np.sqrt(np.sum(a != b)) / 2),
            "half: of how many would be mended by chance, not of the difference. Which is wanted?",
        ),
        like(
            lambda a, b: (
                *mended_and_broken(a, b)[:2],
                np.sqrt(abs(np.sum(b, dtype=int) - np.sum(a, dtype=int))),
            ),
            "the root of mended - broken: do chance and counter-chance cancel in an error?",
        ),
        like(lambda a, b: mended_and_broken(a, b)[:2], "two numbers: where is the error?"),
    ),
)


def paired(function):
    """Check ``paired(one, other)``: images mended, broken, and the difference's error."""
    return noted(judge(PAIRED, function))


CHOICES = (
    Choice(
        "a heavy ball",
        right="5dadcfacc3",
        letters="abc",
        sentences={
            "550cfff429": "more memory, more speed: and where does the ball go at the bottom?",
            "5dadcfacc3": (
                "a heavy ball rolls up the other side, again and again: 60 steps don't calm it."
            ),
            "62a775da5b": (
                "0.9 and 0.99 look alike: how many steps does each remember, 1 / (1 - beta)?"
            ),
        },
    ),
    Choice(
        "patient I",
        right="26881756a7",
        sentences={
            "005908dd04": "then the biases would stay at 0: do they?",
            "26881756a7": "V is new at every step, so each is a first one, and those are plain.",
            "e105c8d7f6": "then it would go uphill from the first step: does it?",
            "e744f4e49d": "then the second step would be larger than a plain one: is it?",
        },
    ),
)
