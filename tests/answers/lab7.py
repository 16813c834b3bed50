"""Answers to lab 7's tasks: see lesson1.py."""

import numpy as np

import nnlib


def signal_sizes__solution(params, X, activation="relu"):
    g, A, found = nnlib.network.ACTIVATIONS[activation], X, []
    for W, b in params:
        Z = A @ W + b
        found.append(Z.std())
        A = g(Z)
    return found


def signal_sizes__right_relu_only(params, X):
    sizes = []
    for W, b in params:
        X = X @ W + b
        sizes.append(np.sqrt(np.mean((X - X.mean()) ** 2)))
        X = np.maximum(X, 0)
    return np.array(sizes, np.float32)


def signal_sizes__right_forward(params, X, g="relu"):
    A = nnlib.forward(params, X, g)
    return tuple(np.std(a @ W + b) for a, (W, b) in zip(A, params))


def signal_sizes__right_recursive(params, X, activation="relu"):
    if not params:
        return []
    Z = X @ params[0][0] + params[0][1]
    A = nnlib.network.ACTIVATIONS[activation](Z)
    return [float(Z.std())] + signal_sizes__right_recursive(params[1:], A, activation)


def signal_sizes__wrong_after(params, X, activation="relu"):
    """before it is bent"""
    return [A.std() for A in nnlib.forward(params, X, activation)[1:]]


def signal_sizes__wrong_variance(params, X, activation="relu"):
    """variances"""
    return [s**2 for s in signal_sizes__solution(params, X, activation)]


def signal_sizes__wrong_units(params, X, activation="relu"):
    """for each unit"""
    A = nnlib.forward(params, X, activation)
    return [(a @ W + b).std(axis=0) for a, (W, b) in zip(A, params)]


def signal_sizes__wrong_no_last(params, X, activation="relu"):
    """last layer is missing"""
    return signal_sizes__solution(params[:-1], X, activation)


def signal_sizes__wrong_with_X(params, X, activation="relu"):
    """that of X"""
    return [X.std(), *signal_sizes__solution(params, X, activation)]


def init_leaky__solution(rng, n_in, n_out, leak):
    return rng.normal(0, np.sqrt(2 / ((1 + leak**2) * n_in)), (n_in, n_out))


def init_leaky__right_uniform(rng, n_in, n_out, a):
    edge = np.sqrt(6 / (1 + a * a) / n_in)
    return rng.uniform(-edge, edge, (n_in, n_out))


def init_leaky__right_float32(rng, n_in, n_out, leak):
    W = rng.standard_normal((n_in, n_out), np.float32)
    return W / np.float32(np.sqrt(n_in * (0.5 + leak**2 / 2)))


def init_leaky__right_lists(rng, rows, columns, leak):
    sigma = (2 / rows / (1 + leak**2)) ** 0.5
    return [list(rng.normal(0, sigma, columns)) for _ in range(rows)]


def init_leaky__wrong_he(rng, n_in, n_out, leak):
    """plain He"""
    return rng.normal(0, np.sqrt(2 / n_in), (n_in, n_out))


def init_leaky__wrong_unsquared(rng, n_in, n_out, leak):
    """squares that are summed"""
    return rng.normal(0, np.sqrt(2 / ((1 + leak) * n_in)), (n_in, n_out))


def init_leaky__wrong_variance(rng, n_in, n_out, leak):
    """a variance"""
    return rng.normal(0, 2 / ((1 + leak**2) * n_in), (n_in, n_out))


def init_leaky__wrong_minus(rng, n_in, n_out, leak):
    """add to the signal"""
    return rng.normal(0, np.sqrt(2 / ((1 - leak**2) * n_in)), (n_in, n_out))


def init_leaky__wrong_shape(rng, n_in, n_out, leak):
    """rows are inputs"""
    return init_leaky__solution(rng, n_in, n_out, leak).T


def deviation__solution(g, n_in):
    z = np.random.default_rng(0).normal(size=100_000)
    return 1 / np.sqrt(n_in * np.mean(g(z) ** 2))


def deviation__right_grid(g, n):
    z = np.linspace(-8, 8, 4001)
    p = np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    return (n * np.trapezoid(g(z) ** 2 * p, z)) ** -0.5


def deviation__right_hermite(g, n_in):
    x, w = np.polynomial.hermite_e.hermegauss(80)
    return np.float32(np.sqrt(1 / n_in / ((w * g(x) ** 2).sum() / w.sum())))


def deviation__right_matrix(g, n_in):
    rng = np.random.default_rng(1)
    A = g(rng.normal(size=(3000, n_in)))
    return [1 / np.sqrt((A**2).sum(axis=1).mean())][0]


def deviation__wrong_std(g, n_in):
    """mean was taken off"""
    z = np.random.default_rng(0).normal(size=100_000)
    return 1 / np.sqrt(n_in) / g(z).std()


def deviation__wrong_variance(g, n_in):
    """the variance"""
    return deviation__solution(g, n_in) ** 2


def deviation__wrong_n(g, n_in):
    """depend on n_in"""
    return deviation__solution(g, 1)


def deviation__wrong_he(g, n_in):
    """He's rule, whatever g"""
    return np.sqrt(2 / n_in)


def deviation__wrong_abs(g, n_in):
    """not squared"""
    z = np.random.default_rng(0).normal(size=100_000)
    return 1 / np.sqrt(n_in * np.abs(g(z)).mean())
