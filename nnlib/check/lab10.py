"""Checks of lab 10: how far a plain network goes."""

import numpy as np

from nnlib import loss, network
from nnlib.check import calling
from nnlib.check.comparing import as_array
from nnlib.check.lesson2 import some_images, some_network
from nnlib.check.progress import noted
from nnlib.check.sealed import Choice
from nnlib.check.verdict import must
from nnlib.check.written import Written, judge, like
from nnlib.labs import augment, regularisation

PAGE = ("half a pixel", "shift_images", "patient J", "dropout_masks", "committee", "bilinear")


def rolled(X, down, right):
    """Move images round: what leaves on one side comes in on the other."""
    return np.roll(X.reshape(-1, 28, 28), (down, right), axis=(1, 2)).reshape(X.shape)


def edged(X, down, right):
    """Move images, and repeat the rim where nothing comes in."""
    p = max(abs(down), abs(right))
    padded = np.pad(X.reshape(-1, 28, 28), ((0, 0), (p, p), (p, p)), mode="edge")
    return padded[:, p - down : p - down + 28, p - right : p - right + 28].reshape(X.shape)


SHIFT_IMAGES = Written(
    "shift_images(X, down, right)",
    augment.shift_images,
    cases=(
        (some_images(3, 784, 0), 2, 1),
        (some_images(2, 784, 1), -1, 3),
        (some_images(1, 784, 2), 0, -4),
        (some_images(2, 784, 3), 0, 0),
    ),
    praise="down and right, up and left, and paper comes in from outside.",
    doubts=(
        like(rolled, "what leaves on one side comes in on the other: should paper not come in?"),
        like(edged, "the rim is repeated: should paper, 0, not come in from outside?"),
        like(
            lambda X, down, right: augment.shift_images(X, right, down),
            "down and right have changed places: which axis is the line, and which the column?",
        ),
        like(
            lambda X, down, right: augment.shift_images(X, -down, -right),
            "the images move up and left: what of the signs?",
        ),
        like(
            lambda X, down, right: augment.shift_images(X, down, -right),
            "right goes left: what of its sign?",
        ),
        like(
            lambda X, down, right: augment.shift_images(X, -down, right),
            "down goes up: what of its sign?",
        ),
        like(
            lambda X, down, right: augment.shift_images(X, down, 0),
            "nothing moves sideways: is `right` used?",
        ),
        like(lambda X, down, right: X, "nothing has moved: is the result returned?"),
        like(
            lambda X, down, right: augment.shift_images(X, down, right).reshape(-1, 28, 28),
            "the images are 28 × 28 still: should each be a row of 784 again?",
        ),
    ),
)


def shift_images(function):
    """Check ``shift_images(X, down, right)``: rows of 784 pixels, moved by whole pixels."""
    return noted(judge(SHIFT_IMAGES, function))


def play_masks(function, sizes, m, p, seed):
    """Draw masks, and refuse what would change a network's mean signal."""
    masks = function(list(sizes), m, p, np.random.default_rng(seed))
    if calling.is_open(masks):
        return masks
    masks = masks_of(masks, sizes, m)
    must_keep_the_mean(masks[0].astype(float), p)
    rows_differ = any((mask != mask[0]).any() for mask in masks)
    must(rows_differ, "every image loses the same units: is there a draw for each image?")
    again, other = (function(list(sizes), m, p, np.random.default_rng(seed + s)) for s in (0, 1))
    must(
        np.array_equal(again[0], masks[0]),
        "the same rng gives other masks each time: does something else draw them?",
    )
    must(
        not np.array_equal(other[0], masks[0]),
        "another rng gives the same masks: is rng used?",
    )
    return True


def masks_of(masks, sizes, m):
    """Return masks as arrays of the right shapes, or refuse them."""
    listed = isinstance(masks, (list, tuple))
    must(listed, "a list with a mask for each layer should come back.", "wrong type")
    must(
        len(masks) == len(sizes),
        f"{len(masks)} masks for {len(sizes)} hidden layers: is there one for each?",
        "wrong shape",
    )
    masks = [as_array(mask, f"mask {i}") for i, mask in enumerate(masks)]
    for mask, n in zip(masks, sizes):
        must(
            mask.shape == (m, n),
            f"a mask should have shape ({m}, {n}), one entry for each image and unit, and has "
            f"{mask.shape}.",
            "wrong shape",
        )
    return masks


def must_keep_the_mean(mask, p):
    """Refuse a mask of other values than 0 and 1 / (1 - p), or with another share of zeros."""
    kept, dropped = mask[mask != 0], (mask == 0).mean()
    must(kept.size > 0, "every unit is dropped: which side of p is kept?")
    close = abs(dropped - p) < 0.05
    must(
        close or abs(dropped - (1 - p)) > 0.05,
        f"{dropped:.2f} of the entries are 0 where p is {p}: `<` or `>=`?",
    )
    must(close, f"{dropped:.2f} of the entries are 0: should it not be p, {p}?")
    must(np.allclose(kept, kept[0]), "the entries that are kept differ: is it not 0 or one number?")
    must(
        not np.isclose(kept[0], 1) or p == 0,
        "what is kept is 1, so the signal gets smaller by "
        "1 - p: what would make its mean the same?",
    )
    must(not np.isclose(kept[0], 1 / p), "what is kept is divided by p: how large a share is kept?")
    must(
        np.isclose(kept[0], 1 / (1 - p), rtol=1e-4),
        f"what is kept is {kept[0]:.3g}: with which number is the mean 1?",
    )


DROPOUT_MASKS = Written(
    "dropout_masks(sizes, m, p, rng)",
    regularisation.dropout_masks,
    cases=(([60, 40], 50, 0.3, 0), ([80], 45, 0.75, 1)),
    praise="0 with probability p, else 1 / (1 - p): the mean signal stays.",
    play=play_masks,
)


def dropout_masks(function):
    """Check ``dropout_masks(sizes, m, p, rng)``: a mask (m, n) for each hidden layer."""
    return noted(judge(DROPOUT_MASKS, function))


def beliefs(members, X, what=loss.softmax):
    """Return what each member makes of the images."""
    return np.array([what(network.forward(params, X)[-1]) for params in members])


def members_case(sizes, k, m, seed):
    """Return k networks and some images."""
    return [some_network(sizes, seed + i) for i in range(k)], some_images(m, sizes[0], seed)


COMMITTEE = Written(
    "committee(members, X)",
    regularisation.committee,
    cases=(
        members_case([5, 4, 3], 3, 6, 0),
        members_case([4, 6, 2], 2, 5, 10),
        members_case([3, 5, 4, 3], 1, 4, 20),
    ),
    praise="the mean of what the members believe: each row sums to 1.",
    doubts=(
        like(
            lambda members, X: beliefs(members, X).sum(axis=0),
            "each row sums to the number of members: is it their mean that is wanted?",
        ),
        like(
            lambda members, X: loss.softmax(beliefs(members, X, lambda Z: Z).mean(axis=0)),
            "the scores were averaged, and not what is believed: which comes first, softmax or "
            "mean?",
        ),
        like(
            lambda members, X: beliefs(members, X, lambda Z: Z).mean(axis=0),
            "these are mean scores: where is the softmax?",
        ),
        like(
            lambda members, X: regularisation.committee(
                [[tuple(np.mean(t, axis=0) for t in zip(*pairs)) for pairs in zip(*members)]], X
            ),
            "the *weights* were averaged: does unit 3 of one network do what unit 3 of another "
            "does?",
        ),
        like(
            lambda members, X: beliefs(members, X).mean(axis=0).argmax(axis=1),
            "these are answers: what is believed of each digit?",
        ),
        like(
            lambda members, X: beliefs(members, X).mean(axis=1),
            "the mean was taken over the images: over which axis are the members?",
        ),
        like(
            lambda members, X: beliefs(members, X),
            "each member's belief stands by itself: what do they believe together?",
        ),
        like(
            lambda members, X: beliefs(members[:1], X)[0],
            "only the first member was asked: what do the others believe?",
        ),
        like(
            lambda members, X: beliefs(members[-1:], X)[0],
            "only the last member was asked: is the sum begun anew for each?",
        ),
        like(
            lambda members, X: np.prod(beliefs(members, X), axis=0),
            "the beliefs were multiplied: is it the mean that is wanted?",
        ),
    ),
)


def committee(function):
    """Check ``committee(members, X)``: the mean probabilities (m, k) of several networks."""
    return noted(judge(COMMITTEE, function))


def lookup(X, fields, blend=True, swap=False, sign=1, rim="paper", turned=False):
    """Look pixels up by fields, in one of the ways it is written."""
    down, right = sign * fields[:, 0], sign * fields[:, 1]
    if swap:
        down, right = right, down
    y, x = down + np.arange(28)[:, None], right + np.arange(28)
    if rim == "edge":
        y, x = np.clip(y, 0, 27), np.clip(x, 0, 27)
    images, moved = X.reshape(-1, 28, 28), 0.0
    top, left = (np.floor(y), np.floor(x)) if blend else (np.round(y), np.round(x))
    for i in (0, 1):
        for j in (0, 1):
            share = (abs(1 - i - (y - top)) * abs(1 - j - (x - left))) if blend else i == j == 0
            share = 1 - share if turned else share
            moved = moved + share * pixels_at(images, top + i, left + j, rim)
    return moved.reshape(X.shape)


def pixels_at(images, line, column, rim):
    """Return whole pixels; outside there is paper, or, wrongly, what stands at the other side."""
    inside = (0 <= line) & (line < 28) & (0 <= column) & (column < 28)
    number = np.arange(len(images))[:, None, None]
    found = images[number, line.astype(int) % 28, column.astype(int) % 28]
    return found if rim == "round" else np.where(inside, found, 0)


def some_fields(m, seed, size):
    """Return fields of up to so many pixels, down and to the right."""
    return np.random.default_rng(seed).uniform(-size, size, (m, 2, 28, 28))


def with_lookup(**way):
    """Return `bilinear` with a fault in it."""
    return lambda X, fields: lookup(X, fields, **way)


BILINEAR = Written(
    "bilinear(X, fields)",
    augment.bilinear,
    cases=(
        (some_images(2, 784, 0), some_fields(2, 1, 1.5)),
        (some_images(3, 784, 2), np.zeros((3, 2, 28, 28))),
        (some_images(1, 784, 4), np.full((1, 2, 28, 28), [[[[3.0]], [[-2.0]]]])),
        (some_images(2, 784, 6), some_fields(2, 7, 40)),
    ),
    praise="each pixel is looked up between four, and outside there is paper.",
    returns="moved",
    doubts=(
        like(
            with_lookup(blend=False),
            "each pixel is that of the nearest place: is it not mixed from the four around?",
        ),
        like(with_lookup(swap=True), "down and right have changed places: which field is which?"),
        like(
            with_lookup(sign=-1),
            "the fields were taken off: where is the old pixel, at i + d or at i - d?",
        ),
        like(with_lookup(rim="edge"), "the rim is repeated outside: should there not be paper, 0?"),
        like(
            with_lookup(rim="round"),
            "what lies outside comes in from the other side: should there not be paper, 0?",
        ),
        like(
            with_lookup(turned=True),
            "the farther of the pixels counts more: which share belongs to which?",
        ),
        like(lambda X, fields: X, "the images are as they were: are the fields used?"),
        like(
            lambda X, fields: lookup(X, fields * [[[[1]], [[0]]]]),
            "nothing moves sideways: is the second field used?",
        ),
        like(
            lambda X, fields: lookup(X, fields).reshape(-1, 28, 28),
            "the images are 28 × 28 still: should each be a row of 784 again?",
        ),
        like(
            lambda X, fields: lookup(X, np.trunc(fields)),
            "only whole pixels move: what of the parts that are left over?",
        ),
    ),
)


def bilinear(function):
    """Check ``bilinear(X, fields)``: rows of 784 pixels, looked up where the fields say."""
    return noted(judge(BILINEAR, function))


CHOICES = (
    Choice(
        "half a pixel",
        right="a797b96fd1",
        letters="abc",
        sentences={
            "95f3454496": "there and back again: but what does each look-up do to neighbours?",
            "a797b96fd1": (
                "each look-up mixes neighbours, so twice blurs twice; added first, the fields "
                "are 0, and nothing is mixed."
            ),
            "fe6b13636f": "the two fields cancel, if they are added first: is anything mixed then?",
        },
    ),
    Choice(
        "patient J",
        right="5f8ad0d5ad",
        sentences={
            "10c805fa80": "then every image would lose ink on one side: does it?",
            "161797854f": "then 20 copies of one image would look alike: do they?",
            "5f8ad0d5ad": (
                "it turns them by any angle: a 6 upside down is a 9, and its label still says 6."
            ),
            "b84400fc96": "then the images would look like noise: can you read them?",
        },
    ),
    Choice(
        "validation as it is",
        right="032dad34c4",
        sentences={
            "032dad34c4": (
                "they stand for the images that the network will meet, real ones: distorted, they "
                "would ask another question, and a harder one."
            ),
            "15885ed43e": "nothing is learned from them, that is so: but what are they for?",
            "4f7b9daae3": "the labels stay true under small distortions: is that the reason?",
            "9e8b4a39ab": "it would cost little time: what question would they ask then?",
        },
    ),
)
