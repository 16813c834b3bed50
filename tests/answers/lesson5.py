"""Answers to lesson 5's tasks: see lesson1.py."""

import numpy as np

import nnlib


def update__solution(params, grads, learning_rate):
    for (W, b), (dW, db) in zip(params, grads):
        W -= learning_rate * dW
        b -= learning_rate * db


def update__right_returned(params, grads, learning_rate):
    return [
        (W - learning_rate * dW, b - learning_rate * db) for (W, b), (dW, db) in zip(params, grads)
    ]


def update__right_replaced(weights, slopes, rate):
    for l in range(len(weights)):
        W, b = weights[l]
        weights[l] = (W - rate * slopes[l][0], b - rate * slopes[l][1])
    return weights


def update__right_subtract(params, grads, learning_rate=0.1, state=None):
    for pair, gradients in zip(params, grads):
        for theta, gradient in zip(pair, gradients):
            np.subtract(theta, learning_rate * gradient, out=theta)


def update__wrong_rebinding(params, grads, learning_rate):
    """`W = …`"""
    for (W, b), (dW, db) in zip(params, grads):
        W = W - learning_rate * dW
        b = b - learning_rate * db


def update__wrong_uphill(params, grads, learning_rate):
    """uphill"""
    for (W, b), (dW, db) in zip(params, grads):
        W += learning_rate * dW
        b += learning_rate * db


def update__wrong_no_bias(params, grads, learning_rate):
    """biases have stayed"""
    for (W, _), (dW, _) in zip(params, grads):
        W -= learning_rate * dW


def update__wrong_bias_rebound(params, grads, learning_rate):
    """biases have stayed"""
    for (W, b), (dW, db) in zip(params, grads):
        W -= learning_rate * dW
        db = b - learning_rate * db


def update__wrong_no_rate(params, grads, learning_rate):
    """doesn't depend on the rate"""
    for (W, b), (dW, db) in zip(params, grads):
        W -= dW
        b -= db


def update__wrong_gradients_move(params, grads, learning_rate):
    """gradients have changed"""
    for (W, b), (dW, db) in zip(params, grads):
        dW -= learning_rate * W
        db -= learning_rate * b


def update__wrong_step_alone(params, grads, learning_rate):
    """the step alone"""
    return [(-learning_rate * dW, -learning_rate * db) for dW, db in grads]


def batches__solution(m, batch_size, rng):
    order = rng.permutation(m)
    for start in range(0, m, batch_size):
        yield order[start : start + batch_size]


def batches__right_list(m, size, rng):
    order = np.argsort(rng.random(m))
    return [order[i : i + size].tolist() for i in range(0, m, size)]


def batches__right_shuffle(m, batch_size, rng):
    rows = list(range(m))
    rng.shuffle(rows)
    while rows:
        yield rows[:batch_size]
        rows = rows[batch_size:]


def batches__right_split(m, batch_size, rng):
    return tuple(np.split(rng.permutation(m), np.arange(batch_size, m, batch_size)))


def batches__wrong_unshuffled(m, batch_size, rng):
    """in their order"""
    for start in range(0, m, batch_size):
        yield np.arange(start, min(start + batch_size, m))


def batches__wrong_last_dropped(m, batch_size, rng):
    """a short one, is missing"""
    order = rng.permutation(m)
    for start in range(0, m - batch_size + 1, batch_size):
        yield order[start : start + batch_size]


def batches__wrong_drawn_anew(m, batch_size, rng):
    """comes twice"""
    for _ in range(0, m, batch_size):
        yield rng.integers(0, m, batch_size)


def batches__wrong_batches_shuffled(m, batch_size, rng):
    """the batches that are shuffled"""
    starts = rng.permutation(np.arange(0, m, batch_size))
    starts = np.append(starts[starts + batch_size <= m], starts[starts + batch_size > m])
    for start in starts:
        yield np.arange(start, min(start + batch_size, m))


def batches__wrong_own_generator(m, batch_size, rng):
    """new generator"""
    order = np.random.default_rng(0).permutation(m)
    for start in range(0, m, batch_size):
        yield order[start : start + batch_size]


def batches__wrong_one(m, batch_size, rng):
    """does each come once"""
    yield rng.permutation(m)[: batch_size - 1]


def batches__wrong_endless(m, batch_size, rng):
    """never end"""
    while True:
        yield rng.permutation(m)[:batch_size]


def add_l2__solution(params, grads, l2):
    return [(dW + l2 * W, db) for (W, b), (dW, db) in zip(params, grads)]


def add_l2__right_in_place(params, grads, l2):
    for (W, _), (dW, _) in zip(params, grads):
        dW += l2 * W


def add_l2__right_loop(weights, slopes, strength):
    found = []
    for l in range(len(weights)):
        found.append([slopes[l][0] + strength * weights[l][0], slopes[l][1]])
    return tuple(found)


def add_l2__right_replaced(params, grads, l2):
    for l, (dW, db) in enumerate(grads):
        grads[l] = (np.add(dW, 2 * l2 / 2 * params[l][0]).astype(np.float32), db)
    return grads


def add_l2__wrong_biases_too(params, grads, l2):
    """biases are penalised"""
    return [(dW + l2 * W, db + l2 * b) for (W, b), (dW, db) in zip(params, grads)]


def add_l2__wrong_half(params, grads, l2):
    """half of it"""
    return [(dW + l2 / 2 * W, db) for (W, b), (dW, db) in zip(params, grads)]


def add_l2__wrong_twice(params, grads, l2):
    """twice as much"""
    return [(dW + 2 * l2 * W, db) for (W, b), (dW, db) in zip(params, grads)]


def add_l2__wrong_penalty(params, grads, l2):
    """the penalty itself"""
    return [(dW + l2 / 2 * W**2, db) for (W, b), (dW, db) in zip(params, grads)]


def add_l2__wrong_rebinding(params, grads, l2):
    """nothing was added"""
    for (W, _), (dW, _) in zip(params, grads):
        dW = dW + l2 * W


def add_l2__wrong_minus(params, grads, l2):
    """plus or minus"""
    return [(dW - l2 * W, db) for (W, b), (dW, db) in zip(params, grads)]


def add_l2__wrong_l1(params, grads, l2):
    """L1's slope"""
    return [(dW + l2 * np.sign(W), db) for (W, b), (dW, db) in zip(params, grads)]


def train__solution(params, X, y, learning_rate, batch_size, epochs, rng):
    for _ in range(epochs):
        order = rng.permutation(len(X))
        for start in range(0, len(X), batch_size):
            rows = order[start : start + batch_size]
            A = nnlib.forward(params, X[rows])
            grads = nnlib.backward(params, A, y[rows])
            for (W, b), (dW, db) in zip(params, grads):
                W -= learning_rate * dW
                b -= learning_rate * db
    return params


def train__right_nnlib(params, X, y, learning_rate, batch_size, epochs, rng):
    for _ in range(epochs):
        for rows in nnlib.batches(len(y), batch_size, rng):
            A = nnlib.forward(params, X[rows])
            nnlib.update(params, nnlib.backward(params, A, y[rows]), learning_rate)


def train__right_returned(params, X, y, rate, size, epochs, rng):
    for _ in range(epochs):
        order = rng.permutation(len(X))
        X_mixed, y_mixed = X[order], y[order]
        for i in range(0, len(X), size):
            A = nnlib.forward(params, X_mixed[i : i + size])
            grads = nnlib.backward(params, A, y_mixed[i : i + size])
            params = update__right_returned(params, grads, rate)
    return params


def train__right_by_hand(params, X, y, learning_rate, batch_size, epochs, rng):
    (W1, b1), (W2, b2) = [(W.copy(), b.copy()) for W, b in params]
    for _ in range(epochs):
        for rows in np.split(rng.permutation(len(X)), range(batch_size, len(X), batch_size)):
            A1 = np.maximum(X[rows] @ W1 + b1, 0)
            dZ2 = nnlib.softmax(A1 @ W2 + b2)
            dZ2[np.arange(len(rows)), y[rows]] -= 1
            dZ2 /= len(rows)
            dZ1 = (dZ2 @ W2.T) * (A1 > 0)
            W2, b2 = W2 - learning_rate * A1.T @ dZ2, b2 - learning_rate * dZ2.sum(axis=0)
            W1, b1 = W1 - learning_rate * X[rows].T @ dZ1, b1 - learning_rate * dZ1.sum(axis=0)
    return [(W1, b1), (W2, b2)]


def train__wrong_rebinding(params, X, y, learning_rate, batch_size, epochs, rng):
    """not moved"""
    for _ in range(epochs):
        for rows in nnlib.batches(len(y), batch_size, rng):
            grads = nnlib.backward(params, nnlib.forward(params, X[rows]), y[rows])
            update__right_returned(params, grads, learning_rate)


def train__wrong_uphill(params, X, y, learning_rate, batch_size, epochs, rng):
    """loss rises"""
    train__solution(params, X, y, -learning_rate, batch_size, epochs, rng)


def train__wrong_no_biases(params, X, y, learning_rate, batch_size, epochs, rng):
    """biases never move"""
    for _ in range(epochs):
        for rows in nnlib.batches(len(y), batch_size, rng):
            grads = nnlib.backward(params, nnlib.forward(params, X[rows]), y[rows])
            update__wrong_no_bias(params, grads, learning_rate)


def train__wrong_whole(params, X, y, learning_rate, batch_size, epochs, rng):
    """looks at all images"""
    for _ in range(epochs):
        for _ in nnlib.batches(len(y), batch_size, rng):
            grads = nnlib.backward(params, nnlib.forward(params, X), y)
            nnlib.update(params, grads, learning_rate)


def train__wrong_global_m(params, X, y, learning_rate, batch_size, epochs, rng):
    """small steps"""
    for _ in range(epochs):
        for rows in nnlib.batches(len(y), batch_size, rng):
            grads = nnlib.backward(params, nnlib.forward(params, X[rows]), y[rows])
            nnlib.update(params, grads, learning_rate * len(rows) / len(X))


def train__wrong_last_batch_left_out(params, X, y, learning_rate, batch_size, epochs, rng):
    """left out"""
    for _ in range(epochs):
        order = rng.permutation(len(X))
        for i in range(len(X) // batch_size):
            rows = order[i * batch_size : (i + 1) * batch_size]
            grads = nnlib.backward(params, nnlib.forward(params, X[rows]), y[rows])
            nnlib.update(params, grads, learning_rate)


def train__wrong_one_epoch(params, X, y, learning_rate, batch_size, epochs, rng):
    """one epoch was trained"""
    train__solution(params, X, y, learning_rate, batch_size, 1, rng)


def train__wrong_apart(params, X, y, learning_rate, batch_size, epochs, rng):
    """the same rows"""
    for _ in range(epochs):
        order, other = rng.permutation(len(X)), rng.permutation(len(X))
        for i in range(0, len(X), batch_size):
            A = nnlib.forward(params, X[order[i : i + batch_size]])
            grads = nnlib.backward(params, A, y[other[i : i + batch_size]])
            nnlib.update(params, grads, learning_rate)
