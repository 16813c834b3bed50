"""Answers to lesson 4's tasks: see lesson1.py."""

import numpy as np

import nnlib


def relu_derivative__solution(A):
    return A > 0


def relu_derivative__right_where(A):
    return np.where(A > 0, 1.0, 0.0)


def relu_derivative__right_sign(activations):
    return np.sign(activations).astype(np.float32)


def relu_derivative__right_loop(A):
    slopes = np.zeros_like(A)
    for i in np.ndindex(A.shape):
        if A[i] > 0:
            slopes[i] = 1
    return slopes.tolist()


def relu_derivative__wrong_at_least(A):
    """`>=`"""
    return A >= 0


def relu_derivative__wrong_itself(A):
    """A again"""
    return A * (A > 0)


def relu_derivative__wrong_turned(A):
    """on and off"""
    return A <= 0


def relu_derivative__wrong_nan(A):
    """0 / 0"""
    return A / A


def relu_derivative__wrong_sigmoid(A):
    """sigmoid's slope"""
    return A * (1 - A)


def relu_derivative__wrong_above_one(A):
    """between 0 and 1"""
    return A > 1


def softplus_derivative__solution(z):
    return 1 / (1 + np.exp(-z))


def softplus_derivative__right_ratio(z):
    return np.exp(z) / (1 + np.exp(z))


def softplus_derivative__right_nnlib(z):
    return nnlib.sigmoid(z).astype(np.float32)


def softplus_derivative__right_measured(z, h=1e-5):
    return (np.logaddexp(0, z + h) - np.logaddexp(0, z - h)) / (2 * h)


def softplus_derivative__wrong_sign(z):
    """falls"""
    return 1 / (1 + np.exp(z))


def softplus_derivative__wrong_relu(z):
    """ReLU's slope"""
    return z > 0


def softplus_derivative__wrong_of_activation(z):
    """belongs to the sigmoid"""
    A = np.log(1 + np.exp(z))
    return A * (1 - A)


def softplus_derivative__wrong_itself(z):
    """softplus itself"""
    return np.log1p(np.exp(z))


def softplus_derivative__wrong_second(z):
    """twice"""
    s = 1 / (1 + np.exp(-z))
    return s * (1 - s)


def numerical_gradient__solution(f, theta, h=1e-5):
    slopes = np.zeros_like(theta)
    for i in range(theta.size):
        before = theta.flat[i]
        theta.flat[i] = before + h
        above = f()
        theta.flat[i] = before - h
        below = f()
        theta.flat[i] = before
        slopes.flat[i] = (above - below) / (2 * h)
    return slopes


def numerical_gradient__right_nditer(f, theta):
    slopes = np.empty(theta.shape, np.float32)
    for place in np.ndindex(*theta.shape):
        kept = theta[place]
        values = []
        for sign in (1, -1):
            theta[place] = kept + sign * 1e-4
            values.append(f())
        theta[place] = kept
        slopes[place] = (values[0] - values[1]) / 2e-4
    return slopes


def numerical_gradient__right_flat(loss, weights, step=1e-6):
    flat = weights.reshape(-1)
    found = []
    for i in range(len(flat)):
        flat[i] += step
        up = loss()
        flat[i] -= 2 * step
        down = loss()
        flat[i] += step
        found.append((up - down) / (step + step))
    return np.array(found).reshape(weights.shape)


def numerical_gradient__right_copy(f, theta):
    start, slopes = theta.copy(), np.zeros(theta.shape)
    for i, e in enumerate(np.eye(theta.size)):
        d = 1e-5 * e.reshape(theta.shape)
        theta[...] = start + d
        up = f()
        theta[...] = start - d
        slopes.flat[i] = (up - f()) / 2e-5
    theta[...] = start
    return slopes


def numerical_gradient__wrong_one_sided(f, theta, h=1e-5):
    """one side only"""
    slopes = np.zeros_like(theta)
    here = f()
    for i in range(theta.size):
        theta.flat[i] += h
        slopes.flat[i] = (f() - here) / h
        theta.flat[i] -= h
    return slopes


def numerical_gradient__wrong_not_put_back(f, theta, h=1e-5):
    """put back"""
    slopes = np.zeros_like(theta)
    for i in range(theta.size):
        theta.flat[i] += h
        above = f()
        theta.flat[i] -= 2 * h
        slopes.flat[i] = (above - f()) / (2 * h)
    return slopes


def numerical_gradient__wrong_width(f, theta, h=1e-5):
    """how far apart"""
    slopes = np.zeros_like(theta)
    for i in range(theta.size):
        theta.flat[i] += h
        above = f()
        theta.flat[i] -= 2 * h
        slopes.flat[i] = (above - f()) / h
        theta.flat[i] += h
    return slopes


def numerical_gradient__wrong_copy(f, theta, h=1e-5):
    """a copy that moves"""
    slopes = np.zeros_like(theta)
    for i in range(theta.size):
        moved = theta.copy()
        moved.flat[i] += h
        above = f()
        moved.flat[i] -= 2 * h
        slopes.flat[i] = (above - f()) / (2 * h)
    return slopes


def numerical_gradient__wrong_all_at_once(f, theta, h=1e-5):
    """all slopes are the same"""
    theta += h
    above = f()
    theta -= 2 * h
    below = f()
    theta += h
    return np.full(theta.shape, (above - below) / (2 * h))


def numerical_gradient__wrong_sign(f, theta, h=1e-5):
    """sign is turned"""
    return -numerical_gradient__solution(f, theta, h)


def numerical_gradient__wrong_f_of_theta(f, theta, h=1e-5):
    """f takes none, and reads theta itself"""
    slopes = np.zeros_like(theta)
    for i in range(theta.size):
        slopes.flat[i] = (f(theta + h) - f(theta - h)) / (2 * h)
    return slopes


def backward__solution(params, A, y, activation="relu"):
    slope = {
        "relu": lambda A: A > 0,
        "sigmoid": lambda A: A * (1 - A),
        "tanh": lambda A: 1 - A * A,
    }[activation]
    P = nnlib.softmax(A[-1])
    dZ = (P - np.eye(P.shape[1])[y]) / len(y)
    grads = []
    for l in reversed(range(len(params))):
        grads.insert(0, (A[l].T @ dZ, dZ.sum(axis=0)))
        if l > 0:
            dZ = (dZ @ params[l][0].T) * slope(A[l])
    return grads


def backward__right_relu_only(params, A, y):
    dZ = nnlib.softmax(A[-1])
    dZ[np.arange(len(y)), y] -= 1
    dZ /= len(y)
    grads = [None] * len(params)
    for l in range(len(params) - 1, -1, -1):
        W, b = params[l]
        grads[l] = [np.dot(A[l].T, dZ), np.sum(dZ, axis=0)]
        dZ = np.where(A[l] > 0, np.dot(dZ, W.T), 0)
    return tuple(grads)


def backward__right_recursive(params, A, labels, g="relu"):
    def go(l, dZ):
        W, b = params[l]
        pair = (np.einsum("mi,mj->ij", A[l], dZ), np.ones(len(dZ)) @ dZ)
        if l == 0:
            return [pair]
        return go(l - 1, (dZ @ W.T) * nnlib.backprop.DERIVATIVES[g](A[l])) + [pair]

    k = A[-1].shape[1]
    return go(len(params) - 1, (nnlib.softmax(A[-1]) - nnlib.one_hot(labels, k)) / len(labels))


def backward__right_images(params, A, y, activation="relu"):
    grads = [(np.zeros(W.shape, np.float32), np.zeros(b.shape, np.float32)) for W, b in params]
    for i in range(len(y)):
        one = nnlib.backward(params, [a[i : i + 1] for a in A], y[i : i + 1], activation)
        for (dW, db), (dW_i, db_i) in zip(grads, one):
            dW += dW_i / len(y)
            db += db_i / len(y)
    return grads


def _faulty(params, A, y, m=None, mask=lambda a: a > 0, bias=lambda d: d.sum(axis=0), T=True):
    dZ = (nnlib.softmax(A[-1]) - nnlib.one_hot(y, A[-1].shape[1])) / (m or len(y))
    grads = []
    for l in reversed(range(len(params))):
        grads.append((A[l].T @ dZ, bias(dZ)))
        if l > 0:
            W = params[l][0]
            dZ = (dZ @ (W.T if T else W)) * mask(A[l])
    return grads[::-1]


def backward__wrong_not_divided(params, A, y, activation="relu"):
    """m times too large"""
    return _faulty(params, A, y, m=1)


def backward__wrong_at_least(params, A, y):
    """`>=`"""
    return _faulty(params, A, y, mask=lambda a: a >= 0)


def backward__wrong_no_mask(params, A, y):
    """left out, or taken"""
    return _faulty(params, A, y, mask=lambda a: 1)


def backward__wrong_scalar_bias(params, A, y):
    """a single number"""
    return _faulty(params, A, y, bias=np.sum)


def backward__wrong_one_bias_for_all(params, A, y):
    """over and over"""
    return _faulty(params, A, y, bias=lambda d: np.full(d.shape[1], d.sum()))


def backward__wrong_keepdims(params, A, y):
    """keepdims"""
    return _faulty(params, A, y, bias=lambda d: d.sum(axis=0, keepdims=True))


def backward__wrong_transpose(params, A, y):
    """: shapes do not fit on the way back, or by luck they do: forward it was A @ W, so which"""
    return _faulty(params, A, y, T=False)


def backward__right_always_relu(params, A, y, activation="relu"):
    """Sigmoid and tanh would need their own slope"""
    return _faulty(params, A, y)


def backward__wrong_mean_of_bias(params, A, y, activation="relu"):
    """sum or mean"""
    return _faulty(params, A, y, bias=lambda d: d.mean(axis=0))


def backward__wrong_sign(params, A, y, activation="relu"):
    """P - Y, or Y - P"""
    return [(-dW, -db) for dW, db in backward__solution(params, A, y, activation)]


def backward__wrong_order(params, A, y, activation="relu"):
    """last layer comes first"""
    return backward__solution(params, A, y, activation)[::-1]


def backward__wrong_weights_only(params, A, y, activation="relu"):
    """and the biases"""
    return [dW for dW, _ in backward__solution(params, A, y, activation)]


def backward__wrong_flat(params, A, y, activation="relu"):
    """a pair (dW, db)"""
    return [d for pair in backward__solution(params, A, y, activation) for d in pair]


def backward__wrong_twice_divided(params, A, y, activation="relu"):
    """m times too small"""
    pairs = backward__solution(params, A, y, activation)
    return [(dW / len(y), db / len(y)) for dW, db in pairs]


def backward__wrong_one_hot_forgotten(params, A, y):
    """single 1"""
    dZ = (nnlib.softmax(A[-1]) - y[:, None]) / len(y)
    grads = []
    for l in reversed(range(len(params))):
        grads.append((A[l].T @ dZ, dZ.sum(axis=0)))
        dZ = (dZ @ params[l][0].T) * (A[l] > 0)
    return grads[::-1]


def backward__wrong_two_layers_only(params, A, y):
    """in line"""
    (W1, b1), (W2, b2) = params
    dZ2 = (nnlib.softmax(A[-1]) - nnlib.one_hot(y, A[-1].shape[1])) / len(y)
    dZ1 = (dZ2 @ W2.T) * (A[1] > 0)
    return [(A[0].T @ dZ1, dZ1.sum(axis=0)), (A[1].T @ dZ2, dZ2.sum(axis=0))]


def backward__wrong_unpack(params, A, y):
    """for two layers only? Would a loop over params"""
    return backward__wrong_two_layers_only(params, A, y)


def backward__wrong_ten_classes(params, A, y):
    """know the number of classes"""
    return [(A[0].T @ dZ, dZ.sum(axis=0)) for dZ in [nnlib.softmax(A[-1]) - nnlib.one_hot(y)]]


def backward__wrong_labels_as_they_are(params, A, y):
    """Should Y not be one-hot"""
    return [(A[0].T @ dZ, dZ.sum(axis=0)) for dZ in [nnlib.softmax(A[-1]) - y]]


def backward__wrong_entry_by_entry(params, A, y):
    """Is `@` meant"""
    dZ = nnlib.softmax(A[-1]) - nnlib.one_hot(y, A[-1].shape[1])
    return [(A[-2].T * dZ, dZ.sum(axis=0))]


def backward__wrong_outer(params, A, y):
    """inner sizes of a product differ"""
    dZ = nnlib.softmax(A[-1]) - nnlib.one_hot(y, A[-1].shape[1])
    return [(A[-2] @ dZ, dZ.sum(axis=0))]


def backward__wrong_by_hand(params, A, y):
    """raised ValueError (not yet), in line"""
    raise ValueError("not yet")


def backward__wrong_layer(params, A, y, activation="relu"):
    """is it the W between the two layers"""
    dZ = (nnlib.softmax(A[-1]) - nnlib.one_hot(y, A[-1].shape[1])) / len(y)
    grads = []
    for l in reversed(range(len(params))):
        grads.append((A[l].T @ dZ, dZ.sum(axis=0)))
        if l > 0:
            dZ = (dZ @ params[l - 1][0].T) * nnlib.backprop.DERIVATIVES[activation](A[l])
    return grads[::-1]


def backward__wrong_softmax_of_the_batch(params, A, y):
    """each row do so by itself"""
    P = np.exp(A[-1]) / np.exp(A[-1]).sum()
    dZ = (P - nnlib.one_hot(y, P.shape[1])) / len(y)
    grads = []
    for l in reversed(range(len(params))):
        grads.insert(0, (A[l].T @ dZ, dZ.sum(axis=0)))
        dZ = dZ @ params[l][0].T * (A[l] > 0)
    return grads


def backward__wrong_moved_on_the_way(params, A, y):
    """moved already"""
    dZ = (nnlib.softmax(A[-1]) - nnlib.one_hot(y, A[-1].shape[1])) / len(y)
    grads = []
    for l in reversed(range(len(params))):
        W, b = params[l]
        grads.insert(0, (A[l].T @ dZ, dZ.sum(axis=0)))
        W -= 0.1 * grads[0][0]
        b -= 0.1 * grads[0][1]
        dZ = dZ @ W.T * (A[l] > 0)
    return grads


def backward__wrong_weights_divided_again(params, A, y, activation="relu"):
    """each db is right"""
    return [(dW / len(y), db) for dW, db in backward__solution(params, A, y, activation)]


def backward__wrong_divided_on_the_way(params, A, y):
    """once more on the way back"""
    dZ = (nnlib.softmax(A[-1]) - nnlib.one_hot(y, A[-1].shape[1])) / len(y)
    grads = []
    for l in reversed(range(len(params))):
        grads.insert(0, (A[l].T @ dZ, dZ.sum(axis=0)))
        dZ = dZ @ params[l][0].T * (A[l] > 0) / len(y)
    return grads


def backward__wrong_pairs_turned(params, A, y, activation="relu"):
    """comes first in a pair"""
    return [(db, dW) for dW, db in backward__solution(params, A, y, activation)]


def _centred(f, theta, h, over):
    slopes = np.zeros_like(theta)
    for i in range(theta.size):
        before = theta.flat[i]
        theta.flat[i] = before + h
        u = f()
        theta.flat[i] = before - h
        d = f()
        theta.flat[i] = before
        slopes.flat[i] = over(u - d, h)
    return slopes


def numerical_gradient__wrong_precedence(f, theta):
    """Where do the brackets go"""
    return _centred(f, theta, 1e-5, lambda d, h: d / 2 * h)


def numerical_gradient__wrong_precedence_of_a_larger_step(f, theta):
    """Where do the brackets go"""
    return _centred(f, theta, 1e-3, lambda d, h: d / 2 * h)


def numerical_gradient__wrong_undivided(f, theta):
    """differences of f"""
    return _centred(f, theta, 1e-5, lambda d, h: d)


def numerical_gradient__wrong_large_step(f, theta):
    """too large or too small"""
    return _centred(f, theta, 0.1, lambda d, h: d / (2 * h))


def numerical_gradient__wrong_largish_step(f, theta):
    """too large or too small"""
    return _centred(f, theta, 0.01, lambda d, h: d / (2 * h))


def numerical_gradient__wrong_tiny_step(f, theta):
    """too large or too small"""
    return _centred(f, theta, 1e-12, lambda d, h: d / (2 * h))


def numerical_gradient__wrong_tuple(f, theta):
    """a tuple of 2 things; one array"""
    return _centred(f, theta, 1e-5, lambda d, h: d / (2 * h)), 1e-5


def numerical_gradient__wrong_rows(f, theta, h=1e-5):
    """whole rows were moved at once"""
    slopes = np.zeros_like(theta)
    for i in range(len(theta)):
        before = theta[i].copy()
        theta[i] = before + h
        above = f()
        theta[i] = before - h
        slopes[i] = (above - f()) / (2 * h)
        theta[i] = before
    return slopes


def backward__wrong_moved_by_another_rate(params, A, y):
    """And an argument was changed on the way"""
    dZ = (nnlib.softmax(A[-1]) - nnlib.one_hot(y, A[-1].shape[1])) / len(y)
    grads = []
    for l in reversed(range(len(params))):
        W, b = params[l]
        grads.insert(0, (A[l].T @ dZ, dZ.sum(axis=0)))
        W -= 0.3 * grads[0][0]
        dZ = dZ @ W.T * (A[l] > 0)
    return grads
