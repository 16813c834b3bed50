"""How a split into parts is looked at: any right one will do, so no order is compared."""

import numpy as np

from nnlib.check import calling
from nnlib.check.comparing import as_array, described
from nnlib.check.verdict import must

TWICE = "some {} is in two parts, or twice in one: how much is the test part worth then?"
PAIR = "part {} should be a pair (X, Y)."
SIDE = "{} of part {} should have shape {}, and has {}."


def play_split(function, y, fractions, seed):
    """Split twice by one generator, and refuse what no fair split can be."""
    parts = function(y.copy(), fractions, np.random.default_rng(seed))
    if parts is None or calling.is_open(parts):
        return parts
    parts = vectors_of(parts, len(fractions))
    rows, m = np.concatenate(parts), len(y)
    must(
        rows.size == 0 or (0 <= rows.min() and rows.max() < m),
        f"some row numbers lie outside 0…{m - 1}: are these rows of all of y, not of one class?",
    )
    must(len(np.unique(rows)) == len(rows), TWICE.format("row"))
    must(len(rows) == m, f"{m} rows went in and {len(rows)} came out: where did the others go?")
    must_be_shared(parts, y, fractions)
    must_be_mixed(parts, y, function, fractions, seed)
    return True


def vectors_of(parts, n):
    """Return parts as n vectors of row numbers, or refuse them."""
    listed = isinstance(parts, (list, tuple))
    must(listed, f"a list of parts should come back, and not {described(parts)}.", "wrong type")
    must(len(parts) == n, f"there are {len(parts)} parts for {n} fractions.", "wrong shape")
    parts = [as_array(part, f"part {i}") for i, part in enumerate(parts)]
    whole = all(part.dtype.kind in "iu" for part in parts)
    must(
        whole,
        "each part should hold row numbers: are these the labels, or True and False?",
        "wrong type",
    )
    flat = all(part.ndim == 1 for part in parts)
    must(
        flat,
        "each part should be a vector of row numbers: is there an axis too many?",
        "wrong shape",
    )
    return parts


def must_be_shared(parts, y, fractions):
    """Refuse parts of the wrong size, or with a class that is not shared out."""
    sizes = np.array([len(part) for part in parts])
    wanted = np.array(fractions) * len(y)
    counts = np.array([np.bincount(y[part], minlength=y.max() + 1) for part in parts])
    shares = np.outer(fractions, np.bincount(y))
    shared = np.abs(counts - shares).max() < 1
    right_sizes = np.abs(sizes - wanted).max() < len(np.unique(y))
    must(
        shared or not right_sizes,
        "the parts have the right sizes, and the classes are not shared out evenly: was y cut "
        "class by class?",
    )
    must(
        right_sizes,
        f"the parts hold {sizes.tolist()} of {len(y)} rows for the fractions {fractions}: are the "
        "cuts at the running sum of the fractions?",
    )


def must_be_mixed(parts, y, function, fractions, seed):
    """Refuse parts that aren't shuffled, or not by the generator that was given."""
    again, other = (
        function(y.copy(), fractions, np.random.default_rng(s)) for s in (seed, seed + 1)
    )
    must(
        all(np.array_equal(a, b) for a, b in zip(parts, again)),
        "the same rng gives another split each time: does something else draw the numbers?",
    )
    must(
        any(not np.array_equal(a, b) for a, b in zip(parts, other)),
        "another rng gives the same split: is rng used at all?",
    )
    must(
        any((np.diff(y[part]) < 0).any() for part in parts),
        "each part is still sorted by class: is it shuffled at the end?",
    )
    first = np.sort(parts[0][y[parts[0]] == 0])
    must(
        not np.array_equal(first, np.flatnonzero(y == 0)[: len(first)]),
        "the first part holds the first rows of each class: was each class shuffled before the "
        "cut?",
    )


def play_prepare(function, table, fractions, seed):
    """Prepare a table, and refuse what a network could not learn from."""
    parts = function(table.copy(), fractions, np.random.default_rng(seed))
    if parts is None or calling.is_open(parts):
        return parts
    must(isinstance(parts, (list, tuple)), "a list of pairs (X, Y) is wanted.", "wrong type")
    must(
        len(parts) == len(fractions),
        f"there are {len(parts)} parts for {len(fractions)} fractions.",
        "wrong shape",
    )
    rows = [images_of(part, i, table.shape[1] - 1) for i, part in enumerate(parts)]
    must_be_the_tables(rows, table)
    y = table[:, -1].astype(int)
    place = {tuple(row): i for i, row in enumerate(table[:, :-1].tolist())}
    must_be_shared([[place[image] for image, _ in part] for part in rows], y, fractions)
    return True


def images_of(part, i, n):
    """Return the images of a pair (X, Y) as bytes, each with its label."""
    must(isinstance(part, (list, tuple)) and len(part) == 2, PAIR.format(i), "wrong type")
    X, Y = as_array(part[0], f"X of part {i}"), as_array(part[1], f"Y of part {i}")
    must(
        X.ndim == 2 and X.shape[1] == n,
        SIDE.format("X", i, f"(rows, {n})", X.shape) + " Is the label still in it?",
        "wrong shape",
    )
    must(Y.shape == (len(X), 10), SIDE.format("Y", i, (len(X), 10), Y.shape), "wrong shape")
    must(
        ((Y == 0) | (Y == 1)).all() and (Y.sum(axis=1) == 1).all(),
        "a row of Y should hold a single 1 and else zeros.",
    )
    must(X.max(initial=0) <= 1, "some pixels are above 1: were they divided by 255?")
    return list(zip(map(tuple, np.round(X * 255, 3).tolist()), Y.argmax(axis=1).tolist()))


def must_be_the_tables(parts, table):
    """Refuse images that aren't the table's, or not each once, or not with their own label."""
    label = {tuple(row[:-1]): row[-1] for row in table.tolist()}
    images = [image for part in parts for image, _ in part]
    must(
        set(images) <= set(label),
        "some images are not the table's: were all pixels divided by 255, and only once?",
    )
    must(len(set(images)) == len(images), TWICE.format("image"))
    must(
        len(images) == len(label),
        f"{len(label)} images went in and {len(images)} came out: where did the others go?",
    )
    must(
        all(label[image] == digit for part in parts for image, digit in part),
        "an image has another one's label: were X and y taken by the same row numbers?",
    )
