"""Answers to lesson 2's tasks: see lesson1.py."""

import numpy as np


def relu__solution(Z):
    return np.maximum(Z, 0)


def relu__right_times(Z):
    return Z * (Z > 0)


def relu__right_where(scores):
    return np.where(np.asarray(scores) > 0, scores, 0.0).astype(np.float32)


def relu__right_in_place(Z):
    Z[Z < 0] = 0
    return Z


def relu__right_half(Z):
    return (Z + np.abs(Z)) / 2


def relu__wrong_max(Z):
    """entry by entry"""
    return np.max(Z, 0)


def relu__wrong_slope(Z):
    """ones and zeros"""
    return (Z > 0).astype(float)


def relu__wrong_abs(Z):
    """came out positive"""
    return abs(Z)


def relu__wrong_minimum(Z):
    """maximum or minimum"""
    return np.minimum(Z, 0)


def relu__wrong_capped(Z):
    """ceiling"""
    return np.clip(Z, 0, 1)


def relu__wrong_leaky(Z):
    """some results are negative"""
    return np.where(Z > 0, Z, 0.1 * Z)


def relu__wrong_minus(Z):
    """a minus too many"""
    return np.maximum(-Z, 0)


def sigmoid__solution(Z):
    E = np.exp(-np.abs(Z))
    return np.where(Z >= 0, 1, E) / (1 + E)


def sigmoid__right_textbook(Z):
    return 1 / (1 + np.exp(-Z))


def sigmoid__right_tanh(z):
    return 0.5 * (1 + np.tanh(z / 2))


def sigmoid__right_masks(Z):
    out = np.empty(Z.shape, np.float32)
    up = Z > 0
    out[up] = 1 / (1 + np.exp(-Z[up]))
    out[~up] = np.exp(Z[~up]) / (1 + np.exp(Z[~up]))
    return out


def sigmoid__right_logaddexp(Z):
    return np.exp(-np.logaddexp(0, -Z))


def sigmoid__wrong_sign(Z):
    """falls from 1 to 0"""
    return 1 / (1 + np.exp(Z))


def sigmoid__wrong_overflow(Z):
    """`exp` overflowed"""
    return np.exp(Z) / (1 + np.exp(Z))


def sigmoid__wrong_tanh(Z):
    """tanh?"""
    return np.tanh(Z)


def sigmoid__wrong_no_one(Z):
    """a 1 missing"""
    return 1 / np.exp(-Z)


def sigmoid__wrong_slope(Z):
    """slope of it"""
    s = 1 / (1 + np.exp(-Z))
    return s * (1 - s)


def sigmoid__wrong_abs(Z):
    """the same"""
    return 1 / (1 + np.exp(-abs(Z)))


def sigmoid__wrong_minus(Z):
    """plus or minus"""
    return 1 / (1 - np.exp(-Z))


def forward__solution(params, X, activation="relu"):
    g = {
        "relu": lambda Z: np.maximum(Z, 0),
        "sigmoid": lambda Z: 1 / (1 + np.exp(-Z)),
        "tanh": np.tanh,
    }[activation]
    A = [X]
    for W, b in params[:-1]:
        A.append(g(A[-1] @ W + b))
    W, b = params[-1]
    return A + [A[-1] @ W + b]


def forward__right_relu_only(params, X):
    A = [X]
    for l, (W, b) in enumerate(params, 1):
        Z = np.dot(A[-1], W) + b
        A.append(Z if l == len(params) else np.maximum(Z, 0))
    return tuple(A)


def forward__right_recursive(params, X, activation="relu"):
    import nnlib

    (W, b), rest = params[0], params[1:]
    Z = np.einsum("mi,ij->mj", X, W) + b
    if not rest:
        return [X, Z]
    return [
        X,
        *forward__right_recursive(rest, nnlib.network.ACTIVATIONS[activation](Z), activation),
    ]


def forward__right_float32(params, X, g="relu"):
    import nnlib

    params = [(W.astype(np.float32), b.astype(np.float32)) for W, b in params]
    return nnlib.forward(params, X.astype(np.float32), g)


def forward__wrong_last_bent(params, X, activation="relu"):
    """last layer was bent"""
    A = [X]
    for W, b in params:
        A.append(np.maximum(A[-1] @ W + b, 0))
    return A


def forward__wrong_no_bias(params, X):
    """was b added"""
    A = [X]
    for W, _ in params[:-1]:
        A.append(np.maximum(A[-1] @ W, 0))
    return [*A, A[-1] @ params[-1][0]]


def forward__wrong_no_X(params, X):
    """begins with A1"""
    return forward__right_relu_only(params, X)[1:]


def forward__wrong_scores_only(params, X):
    """only the scores"""
    return forward__right_relu_only(params, X)[-1]


def forward__wrong_linear(params, X):
    """Two linear layers"""
    A = [X]
    for W, b in params:
        A.append(A[-1] @ W + b)
    return A


def forward__wrong_always_relu(params, X, activation="relu"):
    """always ReLU"""
    return forward__right_relu_only(params, X)


def forward__wrong_first_layer_only(params, X):
    """is missing"""
    for W, b in params:
        return [X, np.maximum(X @ W + b, 0) if len(params) > 1 else X @ W + b]


def forward__wrong_transposed(params, X):
    """ValueError"""
    A = [X]
    for W, b in params:
        A.append(A[-1] @ W.T + b)
    return A


def init_he__solution(rng, n_in, n_out):
    return rng.normal(0, np.sqrt(2 / n_in), (n_in, n_out))


def init_he__right_standard(rng, rows, columns):
    return rng.standard_normal((rows, columns)) * (2 / rows) ** 0.5


def init_he__right_uniform(rng, n_in, n_out):
    return rng.uniform(-np.sqrt(6 / n_in), np.sqrt(6 / n_in), size=(n_in, n_out))


def init_he__right_lists(rng, n_in, n_out):
    return [[rng.normal() * np.sqrt(2 / n_in) for _ in range(n_out)] for _ in range(n_in)]


def init_he__wrong_xavier(rng, n_in, n_out):
    """root of 2"""
    return rng.normal(0, np.sqrt(1 / n_in), (n_in, n_out))


def init_he__wrong_variance(rng, n_in, n_out):
    """a variance"""
    return rng.normal(0, 2 / n_in, (n_in, n_out))


def init_he__wrong_n_out(rng, n_in, n_out):
    """follows n_out"""
    return rng.normal(0, np.sqrt(2 / n_out), (n_in, n_out))


def init_he__wrong_positive(rng, n_in, n_out):
    """no weight is negative"""
    return rng.random((n_in, n_out)) * np.sqrt(2 / n_in)


def init_he__wrong_shape(rng, n_in, n_out):
    """rows are inputs"""
    return rng.normal(0, np.sqrt(2 / n_in), (n_out, n_in))


def init_he__wrong_own_generator(rng, n_in, n_out):
    """new generator"""
    return np.random.default_rng(0).normal(0, np.sqrt(2 / n_in), (n_in, n_out))


def init_he__wrong_global(rng, n_in, n_out):
    """something else"""
    return np.random.normal(0, np.sqrt(2 / n_in), (n_in, n_out))  # noqa: NPY002


def init_he__wrong_pair(rng, n_in, n_out):
    """without a bias"""
    return rng.normal(0, np.sqrt(2 / n_in), (n_in, n_out)), np.zeros(n_out)


def init_he__wrong_zeros(rng, n_in, n_out):
    """every weight is 0"""
    return np.zeros((n_in, n_out))


def mean_network__solution(X, y, n_classes):
    M = np.array([X[y == j].mean(axis=0) for j in range(n_classes)])
    return [(M.T, -0.5 * (M**2).sum(axis=1))]


def mean_network__right_doubled(X, y, n_classes):
    W = np.zeros((X.shape[1], n_classes))
    for j in range(n_classes):
        W[:, j] = X[y == j].sum(axis=0) / (y == j).sum()
    return [(2 * W, -np.einsum("ij,ij->j", W, W))]


def mean_network__right_product(X, y, n_classes):
    Y = np.eye(n_classes)[y]
    M = (Y.T @ X) / Y.sum(axis=0)[:, None]
    return ((M.T, -np.diag(M @ M.T) / 2),)


def mean_network__right_shifted(images, labels, k):
    M = np.array([images[labels == j].mean(axis=0) for j in range(k)], np.float32)
    b = 10 - 0.5 * np.linalg.norm(M, axis=1) ** 2
    return [[M.T.tolist(), b.tolist()]]


def mean_network__wrong_no_bias(X, y, n_classes):
    """term of the square"""
    M = np.array([X[y == j].mean(axis=0) for j in range(n_classes)])
    return [(M.T, np.zeros(n_classes))]


def mean_network__wrong_plus(X, y, n_classes):
    """is its sign right"""
    M = np.array([X[y == j].mean(axis=0) for j in range(n_classes)])
    return [(M.T, 0.5 * (M**2).sum(axis=1))]


def mean_network__wrong_no_half(X, y, n_classes):
    """too strong"""
    M = np.array([X[y == j].mean(axis=0) for j in range(n_classes)])
    return [(M.T, -((M**2).sum(axis=1)))]


def mean_network__wrong_side(X, y, n_classes):
    """a column for each class"""
    M = np.array([X[y == j].mean(axis=0) for j in range(n_classes)])
    return [(M, -0.5 * (M**2).sum(axis=1))]


def mean_network__wrong_unsquared(X, y, n_classes):
    """squared first"""
    M = np.array([X[y == j].mean(axis=0) for j in range(n_classes)])
    return [(M.T, -0.5 * M.sum(axis=1))]


def mean_network__wrong_pair(X, y, n_classes):
    """one pair"""
    M = np.array([X[y == j].mean(axis=0) for j in range(n_classes)])
    return M.T, -0.5 * (M**2).sum(axis=1)


def forward__wrong_scores_alone(params, X, activation="relu"):
    """only the scores came back"""
    return forward__solution(params, X, activation)[-1]


def forward__wrong_bent_scores_alone(params, X, activation="relu"):
    """one array came back, where a list is wanted"""
    return np.maximum(forward__solution(params, X, activation)[-1], 0)
