"""Answers to lab 11's tasks: see lesson1.py."""

import numpy as np

from nnlib.labs.autograd import Tensor


def unbroadcast__solution(dC, shape):
    while dC.ndim > len(shape):
        dC = dC.sum(axis=0)
    for axis, n in enumerate(shape):
        if n == 1:
            dC = dC.sum(axis=axis, keepdims=True)
    return dC


def unbroadcast__right_reshape(slope, shape):
    padded = (1,) * (slope.ndim - len(shape)) + tuple(shape)
    over = tuple(i for i, n in enumerate(padded) if n == 1)
    return slope.sum(axis=over, keepdims=True).reshape(shape)


def unbroadcast__right_loop(dC, shape):
    owner = np.broadcast_to(np.arange(int(np.prod(shape))).reshape(shape), dC.shape)
    out = np.zeros(int(np.prod(shape)), np.float32)
    for i, d in zip(owner.ravel(), dC.ravel()):
        out[i] += d
    return out.reshape(shape)


def unbroadcast__right_bincount(dC, shape):
    n = int(np.prod(shape))
    owner = np.broadcast_to(np.arange(n).reshape(shape), dC.shape)
    return np.bincount(owner.ravel(), dC.ravel(), n).reshape(shape)


def unbroadcast__wrong_nothing(dC, shape):
    """nothing was summed"""
    return dC


def unbroadcast__wrong_front_only(dC, shape):
    """what did NumPy stretch"""
    while dC.ndim > len(shape):
        dC = dC.sum(axis=0)
    return dC


def unbroadcast__wrong_axes_gone(dC, shape):
    """axes of length 1 are gone"""
    while dC.ndim > len(shape):
        dC = dC.sum(axis=0)
    return dC.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1))


def unbroadcast__wrong_mean(dC, shape):
    """do slopes add over paths"""
    while dC.ndim > len(shape):
        dC = dC.mean(axis=0)
    for axis, n in enumerate(shape):
        if n == 1:
            dC = dC.mean(axis=axis, keepdims=True)
    return dC


def unbroadcast__wrong_everything(dC, shape):
    """everything was summed"""
    return np.full(shape, dC.sum())


def unbroadcast__wrong_first_copy(dC, shape):
    """what of the other paths"""
    while dC.ndim > len(shape):
        dC = dC[0]
    return dC


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
