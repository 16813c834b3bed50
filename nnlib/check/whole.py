"""After lesson 6: the whole network from an empty page, checked part by part."""

import numpy as np

from nnlib.check import calling, lesson1, lesson2, lesson3, lesson4, lesson5
from nnlib.check.verdict import Verdict
from nnlib.check.written import judge

PARTS = {
    task.name: task
    for task in (
        lesson1.ONE_HOT,
        lesson2.INIT_HE,
        lesson2.RELU,
        lesson3.SOFTMAX,
        lesson3.CROSS_ENTROPY,
        lesson2.FORWARD,
        lesson4.BACKWARD,
        lesson5.BATCHES,
        lesson5.UPDATE,
    )
}


def judge_network(parts):
    """Check a network's parts; whatever they are, return a Verdict."""
    try:
        return part_by_part(parts)
    except Exception as error:
        what = f"the parts can't be read: {calling.in_words(error)}."
        return Verdict("network", "wrong type", what)


def part_by_part(parts):
    """Check the parts in their order, up to the first that isn't right; then train with them."""
    if calling.is_open(parts):
        return Verdict("network", "not attempted", f"its parts: {', '.join(PARTS)}.")
    if not isinstance(parts, dict):
        what = "give the parts as a dict, as in {'relu': my_relu}."
        return Verdict("network", "wrong type", what)
    unknown = [name for name in parts if name not in PARTS]
    if unknown:
        what = f"{unknown[0]!r} is no part: they are {', '.join(PARTS)}."
        return Verdict("network", "wrong type", what)
    for done, (name, task) in enumerate(PARTS.items()):
        verdict = judge(task, parts.get(name))
        if not verdict.passed:
            what = f"{done} of {len(PARTS)} parts are right; next, {name}: {verdict.sentence}"
            return Verdict("network", verdict.kind, what)
    return trained(parts)


def trained(parts):
    """Train a small network with the parts, and see whether it learns."""
    try:
        with calling.undisturbed(), calling.limited(calling.SECONDS):
            score = learn(parts)
    except (Exception, calling.TooLong) as error:
        what = f"each part is right, and together they stop: {calling.in_words(error)}."
        return Verdict("network", "wrong values", what)
    if score < 0.9:
        what = "each part is right, and together they learn nothing: does one change its arguments?"
        return Verdict("network", "wrong values", what)
    what = f"all {len(PARTS)} parts, and together they learn: a network, from an empty page."
    return Verdict("network", "right", what)


def learn(parts):
    """Return the share of points that the parts, strung together, learn to tell apart."""
    X, y = lesson5.blobs(3, 60, 4, 3)
    rng = np.random.default_rng(0)
    params = [
        (np.array(parts["init_he"](rng, n_in, n_out), float), np.zeros(n_out))
        for n_in, n_out in ((4, 8), (8, 3))
    ]
    for _ in range(20):
        for rows in parts["batches"](len(X), 8, rng):
            A = parts["forward"](params, X[rows])
            grads = parts["backward"](params, A, y[rows])
            returned = parts["update"](params, grads, 0.2)
            params = params if returned is None else returned
    return np.mean(np.argmax(parts["forward"](params, X)[-1], axis=1) == y)
