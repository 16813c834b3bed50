"""Answers to lesson 1's tasks. NAME__solution and NAME__right_… are right; NAME__wrong_… aren't,
and their docstrings hold words of the sentence that they must get."""

import numpy as np


def scale_pixels__solution(pixels):
    return pixels / 255


def scale_pixels__right_divide(image):
    return np.divide(image, 255, dtype=np.float32)


def scale_pixels__right_times(p, dtype=np.float64):
    return np.asarray(p).astype(dtype) * (1 / 255)


def scale_pixels__right_lists(pixels):
    return np.vectorize(lambda byte: float(byte) / 255.0)(pixels).tolist()


def scale_pixels__wrong_256(pixels):
    """255 becomes 0.996"""
    return pixels / 256


def scale_pixels__wrong_whole(pixels):
    """whole numbers"""
    return pixels // 255


def scale_pixels__wrong_back_to_bytes(pixels):
    """whole numbers"""
    return (pixels / 255).astype(np.uint8)


def scale_pixels__wrong_largest(pixels):
    """largest number is always 1"""
    return pixels / pixels.max()


def scale_pixels__wrong_unscaled(pixels):
    """go up to 255"""
    return pixels.astype(float)


def scale_pixels__wrong_standardised(pixels):
    """negative"""
    return (pixels - pixels.mean()) / pixels.std()


def scale_pixels__wrong_both_ways(pixels):
    """from -1 to 1"""
    return pixels / 127.5 - 1


def scale_pixels__wrong_inverted(pixels):
    """negative?"""
    return 1 - pixels / 255


def one_hot__solution(y, n_classes=10):
    return (y[:, None] == np.arange(n_classes)).astype(float)


def one_hot__right_eye(labels, k=10):
    return np.eye(k, dtype=np.float32)[labels]


def one_hot__right_loop(y, n_classes):
    rows = []
    for label in y:
        rows.append([int(j == label) for j in range(n_classes)])
    return rows


def one_hot__right_no_option(y):
    Y = np.zeros((len(y), 10))
    Y[np.arange(len(y)), y] = 1
    return Y


def one_hot__right_bool(y, n_classes=10):
    return np.equal.outer(y, np.arange(n_classes))


def one_hot__wrong_side(y, n_classes=10):
    """on its side"""
    return (y == np.arange(n_classes)[:, None]).astype(float)


def one_hot__wrong_columns(y, n_classes=10):
    """`Y[:, y]`"""
    Y = np.zeros((len(y), n_classes))
    Y[:, y] = 1
    return Y


def one_hot__wrong_off_by_one(y, n_classes=10):
    """too far left"""
    Y = np.zeros((len(y), n_classes))
    Y[np.arange(len(y)), y - 1] = 1
    return Y


def one_hot__wrong_as_many_as_there_are(y, n_classes=10):
    """largest label"""
    return np.eye(max(y) + 1)[y]


def one_hot__wrong_label_itself(y, n_classes=10):
    """the label itself"""
    Y = np.zeros((len(y), n_classes))
    Y[np.arange(len(y)), y] = y
    return Y


def one_hot__wrong_not(y, n_classes=10):
    """changed places"""
    return (y[:, None] != np.arange(n_classes)).astype(float)


def one_hot__wrong_zeros(y, n_classes=10):
    """ever written"""
    Y = np.zeros((len(y), n_classes))
    for i, label in enumerate(y):
        Y[i][label] == 1  # noqa: B015
    return Y


def split_by_class__solution(y, fractions, rng):
    parts = [[] for _ in fractions]
    for digit in np.unique(y):
        rows = rng.permutation(np.flatnonzero(y == digit))
        ends = np.round(np.cumsum(fractions)[:-1] * len(rows)).astype(int)
        for part, piece in zip(parts, np.split(rows, ends)):
            part.append(piece)
    return [rng.permutation(np.concatenate(part)) for part in parts]


def split_by_class__right_lists(labels, shares, rng):
    parts = [[] for _ in shares]
    for digit in sorted(set(labels.tolist())):
        rows = [i for i, label in enumerate(labels) if label == digit]
        rng.shuffle(rows)
        start, total = 0, 0.0
        for k, share in enumerate(shares):
            total += share
            end = round(total * len(rows))
            parts[k] += rows[start:end]
            start = end
    for part in parts:
        rng.shuffle(part)
    return parts


def split_by_class__right_order_first(y, fractions, rng):
    order = rng.permutation(len(y))
    parts = [[] for _ in fractions]
    for digit in range(y.max() + 1):
        rows = order[y[order] == digit]
        ends = (np.cumsum(fractions)[:-1] * len(rows) + 0.5).astype(int)
        for part, piece in zip(parts, np.split(rows, ends)):
            part.extend(piece)
    return tuple(np.array(part)[rng.permutation(len(part))] for part in parts)


def split_by_class__right_argsort(y, fractions, rng):
    parts = [[] for _ in fractions]
    for digit in np.unique(y):
        rows = np.where(y == digit)[0]
        rows = rows[np.argsort(rng.random(len(rows)))]
        cuts = [0, *np.rint(np.cumsum(fractions) * len(rows)).astype(int)]
        for k in range(len(fractions)):
            parts[k].append(rows[cuts[k] : cuts[k + 1]])
    parts = [np.concatenate(part) for part in parts]
    return [part[np.argsort(rng.random(len(part)))] for part in parts]


def split_by_class__wrong_not_by_class(y, fractions, rng):
    """not shared out"""
    ends = np.round(np.cumsum(fractions)[:-1] * len(y)).astype(int)
    return np.split(rng.permutation(len(y)), ends)


def split_by_class__wrong_unshuffled(y, fractions, rng):
    """is rng used"""
    parts = [[] for _ in fractions]
    for digit in np.unique(y):
        rows = np.flatnonzero(y == digit)
        ends = np.round(np.cumsum(fractions)[:-1] * len(rows)).astype(int)
        for part, piece in zip(parts, np.split(rows, ends)):
            part.append(piece)
    return [np.concatenate(part) for part in parts]


def split_by_class__wrong_sorted_parts(y, fractions, rng):
    """sorted by class"""
    parts = [[] for _ in fractions]
    for digit in np.unique(y):
        rows = rng.permutation(np.flatnonzero(y == digit))
        ends = np.round(np.cumsum(fractions)[:-1] * len(rows)).astype(int)
        for part, piece in zip(parts, np.split(rows, ends)):
            part.append(piece)
    return [np.concatenate(part) for part in parts]


def split_by_class__wrong_first_rows(y, fractions, rng):
    """first rows of each class"""
    parts = [[] for _ in fractions]
    for digit in np.unique(y):
        rows = np.flatnonzero(y == digit)
        ends = np.round(np.cumsum(fractions)[:-1] * len(rows)).astype(int)
        for part, piece in zip(parts, np.split(rows, ends)):
            part.append(piece)
    return [rng.permutation(np.concatenate(part)) for part in parts]


def split_by_class__wrong_leak(y, fractions, rng):
    """in two parts"""
    parts = []
    for share in fractions:
        rows = [
            rng.permutation(np.flatnonzero(y == d))[: round(share * np.sum(y == d))]
            for d in np.unique(y)
        ]
        parts.append(rng.permutation(np.concatenate(rows)))
    return parts


def split_by_class__wrong_own_rng(y, fractions, rng):
    """is rng used"""
    return split_by_class__solution(y, fractions, np.random.default_rng(0))


def split_by_class__wrong_other_source(y, fractions, rng):
    """something else"""
    return split_by_class__solution(y, fractions, np.random.default_rng())


def split_by_class__wrong_no_running_sum(y, fractions, rng):
    """running sum"""
    parts = [[] for _ in fractions]
    for digit in np.unique(y):
        rows = rng.permutation(np.flatnonzero(y == digit))
        ends = np.round(np.array(fractions)[:-1] * len(rows)).astype(int)
        for part, piece in zip(parts, np.split(rows, np.sort(ends))):
            part.append(piece)
    return [rng.permutation(np.concatenate(part)) for part in parts]


def nearest_image__solution(X_train, y_train, X):
    y_near = []
    for x in X:
        distances = ((X_train - x) ** 2).sum(axis=1)
        y_near.append(y_train[distances.argmin()])
    return np.array(y_near)


def nearest_image__right_product(X_train, y_train, X):
    D = (X_train**2).sum(axis=1) - 2 * X @ X_train.T
    return y_train[D.argmin(axis=1)]


def nearest_image__right_norm(images, labels, new):
    return [labels[np.linalg.norm(images - x, axis=1).argmin()] for x in new]


def nearest_image__right_sorted(X_train, y_train, X):
    D = ((X[:, None] - X_train[None]) ** 2).sum(axis=-1)
    return y_train[np.argsort(D, axis=1)[:, 0]]


def nearest_image__wrong_row_numbers(X_train, y_train, X):
    """row numbers"""
    return [((X_train - x) ** 2).sum(axis=1).argmin() for x in X]


def nearest_image__wrong_unsquared(X_train, y_train, X):
    """squared before the sum"""
    return [y_train[(x - X_train).sum(axis=1).argmax()] for x in X]


def nearest_image__wrong_absolute(X_train, y_train, X):
    """absolute differences"""
    return [y_train[np.abs(X_train - x).sum(axis=1).argmin()] for x in X]


def nearest_image__wrong_farthest(X_train, y_train, X):
    """farthest"""
    return [y_train[((X_train - x) ** 2).sum(axis=1).argmax()] for x in X]


def nearest_image__wrong_square_of_sum(X_train, y_train, X):
    """the sum that was squared"""
    return [y_train[((X_train - x).sum(axis=1) ** 2).argmin()] for x in X]


def nearest_image__wrong_axis(X_train, y_train, X):
    """IndexError"""
    return [y_train[((X_train - x) ** 2).sum(axis=0).argmin() + 9] for x in X]


def nearest_image__wrong_product(X_train, y_train, X):
    """much ink"""
    return y_train[(X @ X_train.T).argmax(axis=1)]


def prepare__solution(table, fractions, rng):
    X, y = table[:, :-1] / 255, table[:, -1].astype(int)
    Y = np.eye(10)[y]
    parts = [[] for _ in fractions]
    for digit in np.unique(y):
        rows = rng.permutation(np.flatnonzero(y == digit))
        ends = np.round(np.cumsum(fractions)[:-1] * len(rows)).astype(int)
        for part, piece in zip(parts, np.split(rows, ends)):
            part.append(piece)
    chosen = [rng.permutation(np.concatenate(part)) for part in parts]
    return [(X[rows], Y[rows]) for rows in chosen]


def prepare__right_nnlib(table, fractions, rng):
    import nnlib

    X, y = nnlib.scale_pixels(table[:, :-1]), table[:, -1]
    parts = nnlib.split_by_class(y, fractions, rng)
    return [(X[rows], nnlib.one_hot(y[rows])) for rows in parts]


def prepare__right_lists(table, fractions, rng):
    parts = split_by_class__right_lists(table[:, -1], fractions, rng)
    return tuple(
        [
            [[p / 255 for p in table[i, :-1].tolist()] for i in rows],
            [[int(j == table[i, -1]) for j in range(10)] for i in rows],
        ]
        for rows in parts
    )


def prepare__right_float32(table, fractions, rng):
    X = table[:, :-1].astype(np.float32) / np.float32(255)
    parts = split_by_class__right_order_first(table[:, -1].astype(int), fractions, rng)
    return [[X[r], np.equal.outer(table[r, -1], np.arange(10))] for r in parts]


def prepare__wrong_label_left_in(table, fractions, rng):
    """label still in it"""
    return [(table[r] / 255, np.eye(10)[table[r, -1]]) for r in _parts(table, fractions, rng)]


def prepare__wrong_unscaled(table, fractions, rng):
    """above 1"""
    return [(table[r, :-1], np.eye(10)[table[r, -1]]) for r in _parts(table, fractions, rng)]


def prepare__wrong_mixed_apart(table, fractions, rng):
    """another one's label"""
    return [
        (table[rng.permutation(r), :-1] / 255, np.eye(10)[table[r, -1]])
        for r in _parts(table, fractions, rng)
    ]


def prepare__wrong_labels_not_one_hot(table, fractions, rng):
    """Y of part 0 should have shape"""
    return [(table[r, :-1] / 255, table[r, -1]) for r in _parts(table, fractions, rng)]


def prepare__wrong_random(table, fractions, rng):
    """not shared out"""
    order = rng.permutation(len(table))
    ends = np.round(np.cumsum(fractions)[:-1] * len(table)).astype(int)
    return [(table[r, :-1] / 255, np.eye(10)[table[r, -1]]) for r in np.split(order, ends)]


def prepare__wrong_leak(table, fractions, rng):
    """in two parts"""
    parts = [_parts(table, (f, 1 - f), rng)[0] for f in fractions]
    return [(table[r, :-1] / 255, np.eye(10)[table[r, -1]]) for r in parts]


def prepare__wrong_scaled_twice(table, fractions, rng):
    """only once"""
    return [
        (table[r, :-1] / 255 / 255, np.eye(10)[table[r, -1]]) for r in _parts(table, fractions, rng)
    ]


def _parts(table, fractions, rng):
    return split_by_class__solution(table[:, -1].astype(int), fractions, rng)
