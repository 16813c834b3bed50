"""Answers to lab 10's tasks: see lesson1.py."""

import numpy as np

import nnlib


def shift_images__solution(X, down, right):
    p = max(abs(down), abs(right))
    padded = np.pad(X.reshape(len(X), 28, 28), ((0, 0), (p, p), (p, p)))
    window = padded[:, p - down : p - down + 28, p - right : p - right + 28]
    return window.reshape(X.shape)


def shift_images__right_copy(X, down, right):
    old, new = X.reshape(-1, 28, 28), np.zeros((len(X), 28, 28), np.float32)
    to = [slice(max(d, 0), 28 + min(d, 0)) for d in (down, right)]
    of = [slice(max(-d, 0), 28 + min(-d, 0)) for d in (down, right)]
    new[:, to[0], to[1]] = old[:, of[0], of[1]]
    return new.reshape(len(X), 784)


def shift_images__right_loop(images, down, right):
    moved = []
    for image in images:
        new = [0.0] * 784
        for i in range(28):
            for j in range(28):
                if 0 <= i - down < 28 and 0 <= j - right < 28:
                    new[28 * i + j] = image[28 * (i - down) + j - right]
        moved.append(new)
    return moved


def shift_images__right_scipy(X, down, right):
    from scipy.ndimage import shift

    return shift(X.reshape(-1, 28, 28), (0, down, right), order=0).reshape(-1, 784)


def shift_images__wrong_roll(X, down, right):
    """comes in on the other"""
    return np.roll(X.reshape(-1, 28, 28), (down, right), axis=(1, 2)).reshape(X.shape)


def shift_images__wrong_axes(X, down, right):
    """which axis is the line"""
    return shift_images__solution(X, right, down)


def shift_images__wrong_signs(X, down, right):
    """up and left"""
    return shift_images__solution(X, -down, -right)


def shift_images__wrong_square(X, down, right):
    """28 × 28 still"""
    return shift_images__solution(X, down, right).reshape(-1, 28, 28)


def shift_images__wrong_nothing(X, down, right):
    """nothing has moved"""
    shift_images__solution(X, down, right)
    return X


def shift_images__wrong_down_only(X, down, right):
    """sideways"""
    return shift_images__solution(X, down, 0)


def dropout_masks__solution(sizes, m, p, rng):
    return [(rng.random((m, n)) >= p) / (1 - p) for n in sizes]


def dropout_masks__right_binomial(sizes, m, p, rng):
    return tuple(rng.binomial(1, 1 - p, (m, n)) / (1 - p) for n in sizes)


def dropout_masks__right_where(widths, m, p, rng):
    masks = []
    for n in widths:
        masks.append(np.where(rng.uniform(size=(m, n)) < 1 - p, np.float32(1 / (1 - p)), 0))
    return masks


def dropout_masks__right_choice(sizes, m, p, rng):
    return [rng.choice([0, 1 / (1 - p)], size=(m, n), p=[p, 1 - p]).tolist() for n in sizes]


def dropout_masks__wrong_side(sizes, m, p, rng):
    """`<` or `>=`"""
    return [(rng.random((m, n)) < p) / (1 - p) for n in sizes]


def dropout_masks__wrong_unscaled(sizes, m, p, rng):
    """what is kept is 1"""
    return [(rng.random((m, n)) >= p) * 1.0 for n in sizes]


def dropout_masks__wrong_by_p(sizes, m, p, rng):
    """divided by p"""
    return [(rng.random((m, n)) >= p) / p for n in sizes]


def dropout_masks__wrong_one_row(sizes, m, p, rng):
    """every image loses"""
    return [np.tile((rng.random((1, n)) >= p) / (1 - p), (m, 1)) for n in sizes]


def dropout_masks__wrong_shape(sizes, m, p, rng):
    """should have shape"""
    return [(rng.random(n) >= p) / (1 - p) for n in sizes]


def dropout_masks__wrong_one_mask(sizes, m, p, rng):
    """one for each"""
    return [(rng.random((m, n)) >= p) / (1 - p) for n in [*sizes, 3]]


def dropout_masks__wrong_own_rng(sizes, m, p, rng):
    """is rng used"""
    return dropout_masks__solution(sizes, m, p, np.random.default_rng(0))


def committee__solution(members, X):
    beliefs = [nnlib.softmax(nnlib.forward(params, X)[-1]) for params in members]
    return np.mean(beliefs, axis=0)


def committee__right_sum(networks, images):
    total = 0
    for params in networks:
        total = total + nnlib.softmax(nnlib.forward(params, images)[-1])
    return total / len(networks)


def committee__right_stack(members, X):
    Z = np.stack([nnlib.forward(params, X)[-1] for params in members], dtype=np.float32)
    return nnlib.softmax(Z).mean(0)


def committee__right_running(members, X):
    P = 0.0
    for k, params in enumerate(members, 1):
        P += (np.exp(nnlib.log_softmax(nnlib.forward(params, X)[-1])) - P) / k
    return P.tolist()


def committee__wrong_scores(members, X):
    """scores were averaged"""
    return nnlib.softmax(np.mean([nnlib.forward(params, X)[-1] for params in members], axis=0))


def committee__wrong_sum(members, X):
    """number of members"""
    return committee__solution(members, X) * len(members)


def committee__wrong_weights(members, X):
    """*weights* were averaged"""
    mean = [tuple(sum(theta) / len(members) for theta in zip(*pairs)) for pairs in zip(*members)]
    return nnlib.softmax(nnlib.forward(mean, X)[-1])


def committee__wrong_answers(members, X):
    """these are answers"""
    return committee__solution(members, X).argmax(axis=1)


def committee__wrong_each(members, X):
    """stands by itself"""
    return [nnlib.softmax(nnlib.forward(params, X)[-1]) for params in members]


def committee__wrong_first(members, X):
    """first member"""
    for params in members:
        return nnlib.softmax(nnlib.forward(params, X)[-1])


def bilinear__solution(X, fields):
    pixels = np.pad(X.reshape(len(X), 28, 28), ((0, 0), (1, 2), (1, 2)))
    y = np.clip(fields[:, 0] + np.arange(28)[:, None], -1, 28) + 1
    x = np.clip(fields[:, 1] + np.arange(28), -1, 28) + 1
    top, left = np.floor(y).astype(int), np.floor(x).astype(int)
    y, x = y - top, x - left
    i = np.arange(len(X))[:, None, None]
    upper = (1 - x) * pixels[i, top, left] + x * pixels[i, top, left + 1]
    lower = (1 - x) * pixels[i, top + 1, left] + x * pixels[i, top + 1, left + 1]
    return ((1 - y) * upper + y * lower).reshape(X.shape)


def bilinear__right_scipy(X, fields):
    from scipy.ndimage import map_coordinates

    moved = []
    for image, (down, right) in zip(X.reshape(-1, 28, 28), fields):
        places = [down + np.arange(28)[:, None], right + np.arange(28)]
        moved.append(map_coordinates(image, places, order=1, mode="grid-constant").ravel())
    return np.array(moved)


def bilinear__right_tents(X, fields):
    places = np.arange(28)
    y, x = fields[:, 0] + places[:, None], fields[:, 1] + places
    down = np.maximum(1 - np.abs(y[..., None] - places), 0)
    across = np.maximum(1 - np.abs(x[..., None] - places), 0)
    images = X.reshape(-1, 28, 28)
    moved = np.einsum("mijk,mkl,mijl->mij", down, images, across, optimize=True)
    return moved.reshape(len(X), 784).astype(np.float32)


def bilinear__right_four_corners(images, fields):
    X, out = images.reshape(-1, 28, 28), np.zeros((len(images), 28, 28))
    y, x = fields[:, 0] + np.arange(28)[:, None], fields[:, 1] + np.arange(28)
    number = np.arange(len(X))[:, None, None]
    for i in (0, 1):
        for j in (0, 1):
            line, column = np.floor(y).astype(int) + i, np.floor(x).astype(int) + j
            share = (1 - abs(y - line)) * (1 - abs(x - column))
            inside = (line >= 0) & (line < 28) & (column >= 0) & (column < 28)
            out += share * np.where(inside, X[number, line.clip(0, 27), column.clip(0, 27)], 0)
    return out.reshape(images.shape)


def bilinear__wrong_nearest(X, fields):
    """nearest place"""
    return bilinear__solution(X, np.round(fields))


def bilinear__wrong_swapped(X, fields):
    """which field is which"""
    return bilinear__solution(X, fields[:, ::-1])


def bilinear__wrong_sign(X, fields):
    """i - d"""
    return bilinear__solution(X, -fields)


def bilinear__wrong_edge(X, fields):
    """rim is repeated"""
    places = np.arange(28)
    inside = np.clip(fields[:, 0] + places[:, None], 0, 27) - places[:, None]
    across = np.clip(fields[:, 1] + places, 0, 27) - places
    return bilinear__solution(X, np.stack([inside, across], axis=1))


def bilinear__wrong_whole(X, fields):
    """only whole pixels"""
    return bilinear__solution(X, fields.astype(int))


def bilinear__wrong_square(X, fields):
    """28 × 28 still"""
    return bilinear__solution(X, fields).reshape(-1, 28, 28)
