"""Answers to lesson 3's tasks: see lesson1.py."""

import numpy as np
from scipy.special import logsumexp


def softmax__solution(Z):
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


def softmax__right_loop(logits):
    rows = []
    for z in logits:
        e = np.exp(z - max(z))
        rows.append(list(e / sum(e)))
    return rows


def softmax__right_logsumexp(Z):
    return np.exp(Z - logsumexp(Z, axis=-1)[:, None])


def softmax__right_float32(Z):
    Z = np.asarray(Z, np.float32)
    E = np.exp(Z - np.amax(Z, 1).reshape(-1, 1))
    return (E.T / E.sum(1)).T


def softmax__right_in_place(Z):
    Z -= Z.max(axis=1, keepdims=True)
    np.exp(Z, out=Z)
    Z /= Z.sum(axis=1, keepdims=True)
    return Z


def softmax__wrong_columns(Z):
    """each column sums to 1"""
    E = np.exp(Z - Z.max())
    return E / E.sum(axis=0)


def softmax__wrong_whole(Z):
    """together sums to 1"""
    E = np.exp(Z - Z.max())
    return E / E.sum()


def softmax__wrong_no_shift(Z):
    """1000 gives NaN"""
    E = np.exp(Z)
    return E / E.sum(axis=1, keepdims=True)


def softmax__wrong_shift_of_the_batch(Z):
    """that of the row"""
    E = np.exp(Z - Z.max())
    return E / E.sum(axis=1, keepdims=True)


def softmax__wrong_undivided(Z):
    """divided by?"""
    return np.exp(Z - Z.max(axis=1, keepdims=True))


def softmax__wrong_no_exp(Z):
    """negative ones become"""
    return Z / Z.sum(axis=1, keepdims=True)


def softmax__wrong_minus(Z):
    """smallest score"""
    E = np.exp(-Z)
    return E / E.sum(axis=1, keepdims=True)


def softmax__wrong_no_keepdims(Z):
    """ValueError"""
    E = np.exp(Z - Z.max(axis=1))
    return E / E.sum(axis=1)


def softmax__wrong_power_of_two(Z):
    """raised to which power"""
    E = 2.0 ** (Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


def log_softmax__solution(Z):
    Z = Z - Z.max(axis=1, keepdims=True)
    return Z - np.log(np.exp(Z).sum(axis=1, keepdims=True))


def log_softmax__right_logsumexp(Z):
    return Z - logsumexp(Z, axis=1, keepdims=True)


def log_softmax__right_loop(Z):
    return [[float(z - logsumexp(row)) for z in row] for row in Z]


def log_softmax__right_logaddexp(Z):
    return (Z.T - np.logaddexp.reduce(Z, axis=1)).T.astype(np.float32)


def log_softmax__wrong_log_of_softmax(Z):
    """-inf"""
    return np.log(softmax__solution(Z))


def log_softmax__wrong_epsilon(Z):
    """-18"""
    return np.log(softmax__solution(Z) + 1e-8)


def log_softmax__wrong_clipped(Z):
    """clipped"""
    return np.log(np.clip(softmax__solution(Z), 1e-15, 1))


def log_softmax__wrong_no_shift(Z):
    """1000"""
    return Z - np.log(np.exp(Z).sum(axis=1, keepdims=True))


def log_softmax__wrong_columns(Z):
    """each column sums to 1"""
    return Z - logsumexp(Z, axis=0)


def log_softmax__wrong_no_log(Z):
    """its logarithm"""
    Z = Z - Z.max(axis=1, keepdims=True)
    return Z - np.exp(Z).sum(axis=1, keepdims=True)


def log_softmax__wrong_probabilities(Z):
    """these are the probabilities"""
    return softmax__solution(Z)


def cross_entropy__solution(Z, y):
    Z = Z - Z.max(axis=1, keepdims=True)
    log_P = Z - np.log(np.exp(Z).sum(axis=1, keepdims=True))
    return -log_P[np.arange(len(y)), y].mean()


def cross_entropy__right_one_hot(Z, y):
    import nnlib

    return -(nnlib.one_hot(y, Z.shape[1]) * nnlib.log_softmax(Z)).sum() / len(y)


def cross_entropy__right_loop(scores, labels):
    total = 0.0
    for z, label in zip(scores, labels):
        total += float(logsumexp(z) - z[label])
    return total / len(labels)


def cross_entropy__right_take(Z, y):
    log_P = np.take_along_axis(Z, y[:, None], axis=1)[:, 0] - logsumexp(Z, axis=1)
    return np.array(np.mean(-log_P), np.float32)


def cross_entropy__wrong_vector(Z, y):
    """mean still to be taken"""
    return logsumexp(Z, axis=1) - Z[np.arange(len(y)), y]


def cross_entropy__wrong_sum(Z, y):
    """is it the sum"""
    return (logsumexp(Z, axis=1) - Z[np.arange(len(y)), y]).sum()


def cross_entropy__wrong_sign(Z, y):
    """sign is turned"""
    return (Z[np.arange(len(y)), y] - logsumexp(Z, axis=1)).mean()


def cross_entropy__wrong_infinite(Z, y):
    """rounds to 0 makes it infinite"""
    return -np.log(softmax__solution(Z)[np.arange(len(y)), y]).mean()


def cross_entropy__wrong_clipped(Z, y):
    """clipped"""
    return -np.log(np.clip(softmax__solution(Z), 1e-15, 1)[np.arange(len(y)), y]).mean()


def cross_entropy__wrong_every_label(Z, y):
    """`[:, y]`"""
    return -(Z - logsumexp(Z, axis=1, keepdims=True))[:, y].mean()


def cross_entropy__wrong_all_entries(Z, y):
    """zeros included"""
    Y = np.eye(Z.shape[1])[y]
    return -(Y * (Z - logsumexp(Z, axis=1, keepdims=True))).mean()


def cross_entropy__wrong_bits(Z, y):
    """bits"""
    return cross_entropy__solution(Z, y) / np.log(2)


def cross_entropy__wrong_logits_of_probabilities(Z, y):
    """twice"""
    return cross_entropy__solution(softmax__solution(Z), y)


def cross_entropy__wrong_nan(Z, y):
    """0 times the logarithm of 0 is NaN"""
    P = softmax__solution(Z)
    return -(np.eye(Z.shape[1])[y] * np.log(P)).sum() / len(y)


def measure__solution(params, X, y):
    A = X
    for W, b in params[:-1]:
        A = np.maximum(A @ W + b, 0)
    W, b = params[-1]
    Z = A @ W + b
    loss = cross_entropy__solution(Z, y)
    return loss, (Z.argmax(axis=1) == y).mean()


def measure__right_nnlib(params, X, y):
    import nnlib

    Z = nnlib.forward(params, X)[-1]
    return [nnlib.cross_entropy(Z, y), nnlib.accuracy(y, Z.argmax(axis=1))]


def measure__right_array(params, images, labels):
    import nnlib

    Z = nnlib.forward(params, images, "relu")[-1]
    right = sum(int(z.argmax() == label) for z, label in zip(Z, labels))
    return np.array([cross_entropy__right_loop(Z, labels), right / len(labels)], np.float32)


def measure__right_predict(params, X, y):
    import nnlib

    loss = cross_entropy__right_one_hot(nnlib.forward(params, X)[-1], y)
    return loss, 1 - np.count_nonzero(nnlib.predict(params, X) - y) / len(y)


def measure__wrong_swapped(params, X, y):
    """changed places"""
    return measure__solution(params, X, y)[::-1]


def measure__wrong_per_cent(params, X, y):
    """per cent"""
    loss, score = measure__solution(params, X, y)
    return loss, 100 * score


def measure__wrong_count(params, X, y):
    """were counted"""
    loss, score = measure__solution(params, X, y)
    return loss, score * len(y)


def measure__wrong_twice(params, X, y):
    """twice"""
    import nnlib

    loss, score = measure__solution(params, X, y)
    return nnlib.cross_entropy(nnlib.softmax(nnlib.forward(params, X)[-1]), y), score


def measure__wrong_sigmoid(params, X, y):
    """sigmoid network"""
    import nnlib

    return nnlib.training.measure(params, X, y, "sigmoid")


def measure__wrong_one_number(params, X, y):
    """where is the accuracy"""
    return measure__solution(params, X, y)[0]


def measure__wrong_labels_as_a_column(params, X, y):
    """another shape"""
    import nnlib

    Z = nnlib.forward(params, X)[-1]
    return nnlib.cross_entropy(Z, y), (Z.argmax(axis=1) == y.reshape(-1, 1)).mean()


def softmax__wrong_rounded(Z):
    """(scaled, clipped, rounded)"""
    return softmax__solution(Z).round(2)


def softmax__wrong_clipped(Z):
    """(scaled, clipped, rounded)"""
    P = np.clip(softmax__solution(Z), 0.05, 1)
    return P / P.sum(axis=1, keepdims=True)


def softmax__wrong_scaled(Z):
    """raised to which power"""
    return softmax__solution(Z / 2)


def softmax__wrong_nan_to_num(Z):
    """NaN became 0"""
    E = np.exp(Z)
    return np.nan_to_num(E / E.sum(axis=1, keepdims=True))


def softmax__wrong_first_row_only(Z):
    """should be"""
    P = np.zeros_like(Z)
    P[0] = softmax__solution(Z)[0]
    return P


def softmax__wrong_first_row_alone(Z):
    """should have shape (3, 4)"""
    return softmax__solution(Z)[0]


def softmax__wrong_tuple(Z):
    """a tuple of 2 things; one array"""
    P = softmax__solution(Z)
    return P, P.sum(axis=1)


def cross_entropy__wrong_no_shift(Z, y):
    """exp(1000) is too large"""
    return np.mean(np.log(np.exp(Z).sum(axis=1)) - Z[np.arange(len(y)), y])


def cross_entropy__wrong_no_shift_and_p(Z, y):
    """exp(1000) / exp(1000) is NaN"""
    P = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
    return -np.log(P[np.arange(len(y)), y]).mean()


def cross_entropy__wrong_batch_maximum(Z, y):
    """is the maximum that of the row"""
    Z = Z - Z.max()
    return np.mean(np.log(np.exp(Z).sum(axis=1)) - Z[np.arange(len(y)), y])


def cross_entropy__wrong_tiny_epsilon(Z, y):
    """small number added inside"""
    return -np.log(softmax__solution(Z)[np.arange(len(y)), y] + 1e-300).mean()


def cross_entropy__wrong_epsilon(Z, y):
    """small number added inside"""
    return -np.log(softmax__solution(Z)[np.arange(len(y)), y] + 1e-12).mean()


def cross_entropy__wrong_large_epsilon(Z, y):
    """a little too small"""
    return -np.log(softmax__solution(Z)[np.arange(len(y)), y] + 1e-3).mean()


def cross_entropy__wrong_axis(Z, y):
    """along which axis are the classes"""
    return -(Z - logsumexp(Z, axis=0))[np.arange(len(y)), y].mean()


def cross_entropy__wrong_every_class(Z, y):
    """over every class"""
    return -(Z - logsumexp(Z, axis=1, keepdims=True)).mean()


def cross_entropy__wrong_tuple(Z, y):
    """a tuple of 2 things; one number"""
    return cross_entropy__solution(Z, y), len(y)


def _measured(params, X, y, last=False, hidden=True, bias=1, axis=1):
    A = X
    for l, (W, b) in enumerate(params, 1):
        A = A @ W + bias * b
        if last if l == len(params) else hidden:
            A = np.maximum(A, 0)
    return cross_entropy__solution(A, y), (A.argmax(axis=axis) == y).mean()


def measure__wrong_last_layer_bent(params, X, y):
    """free to be negative"""
    return _measured(params, X, y, last=True)


def measure__wrong_no_relu(params, X, y):
    """where is the ReLU"""
    return _measured(params, X, y, hidden=False)


def measure__wrong_no_bias(params, X, y):
    """was b added"""
    return _measured(params, X, y, bias=0)


def measure__wrong_argmax_of_everything(params, X, y):
    """along which axis does argmax"""
    return _measured(params, X, y, axis=None)


def cross_entropy__wrong_labels_as_rows(Z, y):
    """labels taken for row numbers"""
    return -(Z - logsumexp(Z, axis=1, keepdims=True))[y].mean()


def softmax__wrong_no_column(Z):
    """must one be a column"""
    return np.exp(Z - Z.max(axis=1)) / np.exp(Z).sum(axis=1)


def measure__wrong_two_layers_only(params, X, y):
    """is that line for one number of layers only"""
    (W1, b1), (W2, b2) = params
    Z = np.maximum(X @ W1 + b1, 0) @ W2 + b2
    return cross_entropy__solution(Z, y), (Z.argmax(axis=1) == y).mean()


def measure__wrong_weights_turned(params, X, y):
    """must be turned"""
    return cross_entropy__solution(X @ params[0][0].T, y), 0.5
