"""How first weights are looked at: any right draw will do, so only its shape and spread are."""

import numpy as np

from nnlib.check import calling
from nnlib.check.comparing import as_array
from nnlib.check.verdict import must


def play_draw(draw, shape, seed, right, wrongs):
    """Draw twice by one generator, and refuse weights that would not keep a signal's size.

    Parameters
    ----------
    draw : function of a generator that returns W
    shape : what W must have
    seed : of the generator
    right : the standard deviation that is wanted
    wrongs : pairs of a deviation and the sentence that asks about it
    """
    rng = np.random.default_rng(seed)
    W, again = draw(rng), draw(rng)
    if calling.is_open(W):
        return W
    must(not isinstance(W, tuple), "W alone should come back, without a bias.", "wrong type")
    W, again = as_array(W, "W"), as_array(again, "W")
    must(
        W.shape == shape,
        f"W should have shape {shape}, and has {W.shape}: rows are inputs.",
        "wrong shape",
    )
    must(np.isfinite(W).all(), "some weights are not finite: what was divided by 0?")
    must(W.any(), "every weight is 0: how should one unit ever differ from another?")
    must(
        not np.array_equal(W, again),
        "two layers drawn by one rng are equal: is a new generator made inside?",
    )
    other = as_array(draw(np.random.default_rng(seed)), "W")
    must(
        np.array_equal(W, other),
        "the same rng gives other weights each time: does something else draw them?",
    )
    must_have_spread(W, right, wrongs)
    return True


def must_have_spread(W, right, wrongs):
    """Refuse weights whose mean isn't 0, or whose spread isn't the right one."""
    spread = W.std()
    must(spread > 1e-9, "all weights are equal: how should one unit ever differ from another?")
    must((W < 0).any(), "no weight is negative: were they drawn from 0 to 1?")
    must(abs(W.mean()) < 0.05 * spread, "the weights' mean isn't 0: is it given to rng.normal?")
    if abs(spread / right - 1) < 0.03:
        return
    for wrong, sentence in wrongs:
        must(abs(spread / wrong - 1) > 0.02, sentence)
    must(False, f"the spread is {spread:.3f}, and should be {right:.3f}: how does it follow n_in?")
