"""Plumbing: how a training ended badly, and what to try: one sentence each."""

import numpy as np

AS_ONE = 0.98  # share of equal answers from which a network is as good as collapsed
SCALE = "scale the images first, as the history's warning says"


def divergence(step, loss, first, rate, warned):
    """Return a sentence on a loss that rose or is no number any more.

    Parameters
    ----------
    step : at which it was seen
    loss, first : the last loss, and the one before any step
    rate : the learning rate
    warned : whether the images don't look like scaled pixels
    """
    what = f"the loss rose to {loss:.3g}" if np.isfinite(loss) else "the loss is not a number"
    cure = SCALE if warned else f"try learning_rate={smaller(rate):g}"
    return (
        f"Diverged by step {step}: {what}, from {first:.3g} at the start, with "
        f"learning_rate={rate:g}; {cure}."
    )


def collapse(what, rate, equal, warned):
    """Return a sentence on a network that has died, or gives as good as one answer to all.

    Parameters
    ----------
    what : which of the two, as `as_one` or `off` say it
    rate : the learning rate
    equal : whether its first weights were all equal
    warned : whether the images don't look like scaled pixels
    """
    why = "often because the rate is too large and every unit has died"
    cure = f"try learning_rate={smaller(rate):g} from fresh weights"
    if equal:
        why, cure = "the first weights were all equal", "try init_params with init='he'"
    elif warned:
        cure = SCALE
    return f"Collapsed: {what}, with learning_rate={rate:g}; {why}: {cure}."


def as_one(y, y_hat, part):
    """Say which answer (nearly) all images get, unless it is mostly right; else return None."""
    answer = np.bincount(y_hat).argmax()
    count, m = int((y_hat == answer).sum()), len(y)
    if count < AS_ONE * m or (y == answer).mean() > 0.9:
        return None
    if count == m:
        return f"every {part} image gets the answer {answer}"
    return f"{count} of {m} {part} images get the answer {answer}"


def off(A):
    """Say which hidden layer of ReLUs is off for every image, given what `forward` returns."""
    dead = [l for l, A_l in enumerate(A[1:-1], 1) if not A_l.any()]
    return f"no unit of hidden layer {dead[0]} is on for any training image" if dead else None


def smaller(rate):
    """Return a learning rate to try after one that was too large."""
    return min(rate / 10, 0.1)
