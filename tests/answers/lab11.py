"""Answers to lab 11's tasks: see lesson1.py."""

import numpy as np

from nnlib.labs.autograd import Tensor


def tensor_rows__solution(A, rows):
    def back(dC):
        dA = np.zeros_like(A.value)
        np.add.at(dA, rows, dC)
        return dA

    return Tensor(A.value[rows], [(A, back)])


def tensor_rows__right_loop(table, picks):
    def carry(slope):
        out = np.zeros(table.value.shape, np.float32)
        for k, row in enumerate(picks):
            out[row] += slope[k]
        return out

    return Tensor(np.array([table.value[k] for k in picks]), ((table, carry),))


def tensor_rows__right_product(A, rows):
    return (rows[:, None] == np.arange(len(A.value))) @ A


def tensor_rows__right_one_hot(A, rows):
    Y = np.eye(len(A.value))[rows]
    return Tensor(Y @ A.value, [(A, lambda dC: Y.T @ dC)])


def tensor_rows__right_a_path_a_pick(A, rows):
    def of_pick(k):
        def carry(dC):
            dA = np.zeros_like(A.value)
            dA[rows[k]] = dC[k]
            return dA

        return carry

    return Tensor(A.value.take(rows, axis=0), [(A, of_pick(k)) for k in range(len(rows))])


def tensor_rows__wrong_last_pick(A, rows):
    """only the last pick's slope"""

    def back(dC):
        dA = np.zeros_like(A.value)
        dA[rows] = dC
        return dA

    return Tensor(A.value[rows], [(A, back)])


def tensor_rows__wrong_plus_equals(A, rows):
    """keeps one, too"""

    def back(dC):
        dA = np.zeros_like(A.value)
        dA[rows] += dC
        return dA

    return Tensor(A.value[rows], [(A, back)])


def tensor_rows__wrong_as_it_was(A, rows):
    """should it not have A's shape"""
    return Tensor(A.value[rows], [(A, lambda dC: dC)])


def tensor_rows__wrong_mean(A, rows):
    """mean of the picks' slopes"""

    def back(dC):
        return np.array([
            dC[rows == k].mean(axis=0) if k in rows else np.zeros(dC.shape[1])
            for k in range(len(A.value))
        ])  # fmt: skip

    return Tensor(A.value[rows], [(A, back)])


def tensor_rows__wrong_counted(A, rows):
    """not yet its slope"""

    def back(dC):
        dA = np.zeros_like(A.value)
        np.add.at(dA, rows, 1)
        return dA

    return Tensor(A.value[rows], [(A, back)])


def tensor_rows__wrong_no_zeros(A, rows):
    """begin with zeros"""

    def back(dC):
        dA = A.value.copy()
        np.add.at(dA, rows, dC)
        return dA

    return Tensor(A.value[rows], [(A, back)])


def tensor_rows__wrong_plain(A, rows):
    """a Tensor should come back"""
    return A.value[rows]


def tensor_rows__wrong_no_path(A, rows):
    """has no path"""
    return Tensor(A.value[rows])


def tensor_rows__wrong_whose(A, rows):
    """something else than A"""
    return Tensor(A.value[rows], [(Tensor(A.value), lambda dC: dC)])


def tensor_tanh__solution(Z):
    A = np.tanh(Z.value)
    return Tensor(A, [(Z, lambda dA: dA * (1 - A**2))])


def tensor_tanh__right_tuple(Z):
    return Tensor(np.tanh(Z.value), ((Z, lambda dA: dA / np.cosh(Z.value) ** 2),))


def tensor_tanh__right_exponentials(Z):
    up, down = np.exp(Z.value), np.exp(-Z.value)
    A = (up - down) / (up + down)

    def carry(dA):
        return dA * (1 - A) * (1 + A)

    return Tensor(A, [(Z, carry)])


def tensor_tanh__right_two_paths(x):
    A = np.tanh(x.value)
    return Tensor(A, [(x, lambda dA: dA), (x, lambda dA: -dA * A * A)])


def tensor_tanh__wrong_plain(Z):
    """a Tensor should come back"""
    return np.tanh(Z.value)


def tensor_tanh__wrong_no_path(Z):
    """has no path"""
    return Tensor(np.tanh(Z.value))


def tensor_tanh__wrong_from_input(Z):
    """of the output"""
    return Tensor(np.tanh(Z.value), [(Z, lambda dA: dA * (1 - Z.value**2))])


def tensor_tanh__wrong_slope_not_used(Z):
    """is dA multiplied"""
    A = np.tanh(Z.value)
    return Tensor(A, [(Z, lambda dA: 1 - A**2)])


def tensor_tanh__wrong_square(Z):
    """is the square missing"""
    A = np.tanh(Z.value)
    return Tensor(A, [(Z, lambda dA: dA * (1 - A))])


def tensor_tanh__wrong_sigmoid(Z):
    """sigmoid's slope"""
    A = np.tanh(Z.value)
    return Tensor(A, [(Z, lambda dA: dA * A * (1 - A))])


def tensor_tanh__wrong_called(Z):
    """is it called already"""
    A = np.tanh(Z.value)
    return Tensor(A, [(Z, 1 - A**2)])


def convolve__solution(X, K):
    images = X.reshape(len(X), 28, 28)
    found = np.zeros((len(X), 24, 24))
    for a in range(5):
        for b in range(5):
            found += K[a, b] * images[:, a : a + 24, b : b + 24]
    return found


def convolve__right_windows(X, K):
    windows = np.lib.stride_tricks.sliding_window_view(X.reshape(-1, 28, 28), (5, 5), axis=(1, 2))
    return (windows.reshape(-1, 25) @ K.ravel()).reshape(-1, 24, 24)


def convolve__right_places(images, kernel):
    X = images.astype(np.float32).reshape(-1, 28, 28)
    found = np.empty((len(X), 24, 24), np.float32)
    for i in range(24):
        for j in range(24):
            found[:, i, j] = (X[:, i : i + 5, j : j + 5] * kernel).sum(axis=(1, 2))
    return found.tolist()


def convolve__right_scipy(X, K):
    from scipy.signal import correlate2d

    return np.array([correlate2d(image, K, mode="valid") for image in X.reshape(-1, 28, 28)])


def convolve__wrong_flipped(X, K):
    """upside down"""
    return convolve__solution(X, K[::-1, ::-1])


def convolve__wrong_turned(X, K):
    """kernel is turned"""
    return convolve__solution(X, K.T)


def convolve__wrong_row(X, K):
    """each image is one row"""
    return convolve__solution(X, K).reshape(len(X), -1)


def convolve__wrong_mean(X, K):
    """mean over the patch"""
    return convolve__solution(X, K) / 25


def convolve__wrong_last_only(X, K):
    """only the last weight"""
    images = X.reshape(len(X), 28, 28)
    for a in range(5):
        for b in range(5):
            found = K[a, b] * images[:, a : a + 24, b : b + 24]
    return found


def convolve__wrong_padded(X, K):
    """should have shape"""
    return np.pad(convolve__solution(X, K), ((0, 0), (2, 2), (2, 2)))
