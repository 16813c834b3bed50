"""Answers to lab 8's tasks: see lesson1.py."""

import numpy as np

from nnlib.labs.optimizers import zeros_like


def momentum__solution(params, grads, learning_rate, state):
    V = state.setdefault("V", zeros_like(params))
    for arrays, gradients, velocities in zip(params, grads, V):
        for theta, gradient, v in zip(arrays, gradients, velocities):
            v *= 0.9
            v += gradient
            theta -= learning_rate * v


def momentum__right_signed(params, grads, rate, state):
    if not state:
        state["v"] = [[0 * theta for theta in pair] for pair in params]
    for l, pair in enumerate(params):
        for i, theta in enumerate(pair):
            state["v"][l][i] = 0.9 * state["v"][l][i] - rate * grads[l][i]
            theta += state["v"][l][i]


def momentum__right_returned(params, grads, learning_rate, state, beta=0.9):
    old = state.get("V", [(0.0, 0.0)] * len(params))
    V = [(beta * v + dW, beta * c + db) for (v, c), (dW, db) in zip(old, grads)]
    state["V"] = V
    return [(W - learning_rate * v, b - learning_rate * c) for (W, b), (v, c) in zip(params, V)]


def momentum__right_flat(params, grads, learning_rate, state):
    arrays = [theta for pair in params for theta in pair]
    for i, gradient in enumerate(g for pair in grads for g in pair):
        state[i] = state.get(i, 0) * 0.9 + gradient
        arrays[i][...] = arrays[i] - learning_rate * state[i]


def momentum__wrong_forgets(params, grads, learning_rate, state):
    """as if it were the first"""
    momentum__solution(params, grads, learning_rate, {})


def momentum__wrong_rebinding(params, grads, learning_rate, state):
    """as if it were the first"""
    V = state.setdefault("V", zeros_like(params))
    for arrays, gradients, velocities in zip(params, grads, V):
        for theta, gradient, v in zip(arrays, gradients, velocities):
            v = 0.9 * v + gradient
            theta -= learning_rate * v


def momentum__wrong_old(params, grads, learning_rate, state):
    """after it"""
    V = state.setdefault("V", zeros_like(params))
    for arrays, gradients, velocities in zip(params, grads, V):
        for theta, gradient, v in zip(arrays, gradients, velocities):
            theta -= learning_rate * v
            v *= 0.9
            v += gradient


def momentum__wrong_no_beta(params, grads, learning_rate, state):
    """ever forgotten"""
    V = state.setdefault("V", zeros_like(params))
    for arrays, gradients, velocities in zip(params, grads, V):
        for theta, gradient, v in zip(arrays, gradients, velocities):
            v += gradient
            theta -= learning_rate * v


def momentum__wrong_averaged(params, grads, learning_rate, state):
    """an average"""
    V = state.setdefault("V", zeros_like(params))
    for arrays, gradients, velocities in zip(params, grads, V):
        for theta, gradient, v in zip(arrays, gradients, velocities):
            v *= 0.9
            v += 0.1 * gradient
            theta -= learning_rate * v


def momentum__wrong_nesterov(params, grads, learning_rate, state):
    """Nesterov"""
    nesterov__solution(params, grads, learning_rate, state)


def nesterov__solution(params, grads, learning_rate, state, beta=0.9):
    V = state.setdefault("V", zeros_like(params))
    for arrays, gradients, velocities in zip(params, grads, V):
        for theta, gradient, v in zip(arrays, gradients, velocities):
            v *= beta
            v += gradient
            theta -= learning_rate * (gradient + beta * v)


def nesterov__right_flat(params, grads, rate, state):
    arrays = [theta for pair in params for theta in pair]
    for i, gradient in enumerate(g for pair in grads for g in pair):
        V = state[i] = 0.9 * state.get(i, 0.0) + gradient
        np.subtract(arrays[i], rate * gradient + rate * 0.9 * V, out=arrays[i])


def nesterov__right_expanded(params, grads, learning_rate, state):
    V = state.setdefault("V", zeros_like(params))
    for arrays, gradients, velocities in zip(params, grads, V):
        for theta, gradient, v in zip(arrays, gradients, velocities):
            theta -= learning_rate * (1.9 * gradient + 0.81 * v)
            v[...] = 0.9 * v + gradient


def nesterov__right_returned(params, grads, learning_rate, state):
    old = state.get("V", [(0.0, 0.0)] * len(params))
    state["V"] = [[0.9 * v + g for v, g in zip(pair, gs)] for pair, gs in zip(old, grads)]
    return [
        [theta - learning_rate * (g + 0.9 * v) for theta, g, v in zip(pair, gs, vs)]
        for pair, gs, vs in zip(params, grads, state["V"])
    ]


def nesterov__wrong_momentum(params, grads, learning_rate, state):
    """plain momentum"""
    momentum__solution(params, grads, learning_rate, state)


def nesterov__wrong_no_beta(params, grads, learning_rate, state):
    """dW + beta V"""
    V = state.setdefault("V", zeros_like(params))
    for arrays, gradients, velocities in zip(params, grads, V):
        for theta, gradient, v in zip(arrays, gradients, velocities):
            v *= 0.9
            v += gradient
            theta -= learning_rate * (gradient + v)


def nesterov__wrong_plain(params, grads, learning_rate, state):
    """as if it were the first"""
    for arrays, gradients in zip(params, grads):
        for theta, gradient in zip(arrays, gradients):
            theta -= learning_rate * gradient


def nesterov__wrong_nothing_moves(params, grads, learning_rate, state):
    """nothing has moved"""
    V = state.setdefault("V", zeros_like(params))
    for arrays, gradients, velocities in zip(params, grads, V):
        for theta, gradient, v in zip(arrays, gradients, velocities):
            v *= 0.9
            v += gradient
            theta = theta - learning_rate * (gradient + 0.9 * v)


def adam__solution(params, grads, learning_rate, state):
    t = state["t"] = state.get("t", 0) + 1
    M = state.setdefault("M", zeros_like(params))
    V = state.setdefault("V", zeros_like(params))
    for arrays, gradients, means, squares in zip(params, grads, M, V):
        for theta, gradient, m, v in zip(arrays, gradients, means, squares):
            m += (1 - 0.9) * (gradient - m)
            v += (1 - 0.999) * (gradient**2 - v)
            theta -= learning_rate * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)


def adam__right_flat(params, grads, learning_rate, state):
    state["t"] = state.get("t", 0) + 1
    arrays = [theta for pair in params for theta in pair]
    for i, gradient in enumerate(g for pair in grads for g in pair):
        m, v = state.get(i, (0.0, 0.0))
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient * gradient
        state[i] = m, v
        m, v = m / (1 - 0.9 ** state["t"]), v / (1 - 0.999 ** state["t"])
        arrays[i] -= learning_rate * m / (np.sqrt(v) + 1e-8)


def adam__right_rate(params, grads, learning_rate, state):
    if not state:
        state.update(t=0, M=zeros_like(params), V=zeros_like(params))
    state["t"] += 1
    rate = learning_rate * np.sqrt(1 - 0.999 ** state["t"]) / (1 - 0.9 ** state["t"])
    for l in range(len(params)):
        for i in (0, 1):
            state["M"][l][i][...] = 0.9 * state["M"][l][i] + 0.1 * grads[l][i]
            state["V"][l][i][...] = 0.999 * state["V"][l][i] + 0.001 * grads[l][i] ** 2
            params[l][i][...] -= rate * state["M"][l][i] / (np.sqrt(state["V"][l][i]) + 1e-9)


def adam__right_returned(params, grads, learning_rate, state, b1=0.9, b2=0.999):
    t = state["t"] = state.get("t", 0) + 1
    M, V = state.get("M", zeros_like(params)), state.get("V", zeros_like(params))
    M = [[b1 * m + (1 - b1) * g for m, g in zip(ms, gs)] for ms, gs in zip(M, grads)]
    V = [[b2 * v + (1 - b2) * g**2 for v, g in zip(vs, gs)] for vs, gs in zip(V, grads)]
    state.update(M=M, V=V)
    return [
        tuple(
            p - learning_rate * m / (1 - b1**t) / (np.sqrt(v / (1 - b2**t)) + 1e-8)
            for p, m, v in zip(ps, ms, vs)
        )
        for ps, ms, vs in zip(params, M, V)
    ]


def _adam(params, grads, learning_rate, state, m_hat=None, v_hat=None, root=np.sqrt, beta=0.9):
    t = state["t"] = state.get("t", 0) + 1
    arrays = [theta for pair in params for theta in pair]
    for i, g in enumerate(g for pair in grads for g in pair):
        m, v = state.get(i, (0.0, 0.0))
        m, v = beta * m + (1 - beta) * g, 0.999 * v + 0.001 * g * g
        state[i] = m, v
        m = m / (1 - beta**t) if m_hat is None else m_hat(m, t)
        v = v / (1 - 0.999**t) if v_hat is None else v_hat(v, t)
        arrays[i] -= learning_rate * m / (root(v) + 1e-8)


def adam__wrong_uncorrected(params, grads, learning_rate, state):
    """three times too large"""
    _adam(params, grads, learning_rate, state, lambda m, t: m, lambda v, t: v)


def adam__wrong_v_uncorrected(params, grads, learning_rate, state):
    """v is not corrected"""
    _adam(params, grads, learning_rate, state, v_hat=lambda v, t: v)


def adam__wrong_m_uncorrected(params, grads, learning_rate, state):
    """m is not corrected"""
    _adam(params, grads, learning_rate, state, m_hat=lambda m, t: m)


def adam__wrong_no_root(params, grads, learning_rate, state):
    """where is the root"""
    _adam(params, grads, learning_rate, state, root=lambda v: v)


def adam__wrong_forgets(params, grads, learning_rate, state):
    """as large as the rate"""
    _adam(params, grads, learning_rate, {})


def adam__wrong_momentum(params, grads, learning_rate, state):
    """that is momentum"""
    momentum__solution(params, grads, learning_rate, state)


def decayed_rate__solution(learning_rate, step, steps):
    return learning_rate * (1 - step / steps)


def decayed_rate__right_left(rate, step, steps):
    return rate * (steps - step) / steps


def decayed_rate__right_interp(a, t, T):
    return np.interp(t, [0, T], [a, 0])


def decayed_rate__right_float32(learning_rate, step, steps):
    return np.float32(learning_rate) - np.float32(learning_rate) * step / steps


def decayed_rate__wrong_grows(learning_rate, step, steps):
    """it grows"""
    return learning_rate * step / steps


def decayed_rate__wrong_minus(learning_rate, step, steps):
    """below 0"""
    return learning_rate - step / steps


def decayed_rate__wrong_ahead(learning_rate, step, steps):
    """one step ahead"""
    return learning_rate * (1 - (step + 1) / steps)


def decayed_rate__wrong_whole(learning_rate, step, steps):
    """whole numbers"""
    return learning_rate * (1 - step // steps)


def decayed_rate__wrong_share(learning_rate, step, steps):
    """of what"""
    return 1 - step / steps


def paired__solution(one, other):
    mended, broken = np.sum(~one & other), np.sum(one & ~other)
    return mended, broken, np.sqrt(mended + broken)


def paired__right_loop(one, other):
    mended = broken = 0
    for a, b in zip(one, other):
        mended += int(b and not a)
        broken += int(a and not b)
    return [mended, broken, (mended + broken) ** 0.5]


def paired__right_difference(a, b):
    d = b.astype(int) - a.astype(int)
    return np.array([(d == 1).sum(), (d == -1).sum(), np.linalg.norm(d)], np.float32)


def paired__right_greater(one, other):
    return np.count_nonzero(other > one), (other < one).sum(), np.sqrt(np.sum(one != other))


def paired__wrong_swapped(one, other):
    """comes second"""
    return paired__solution(other, one)


def paired__wrong_all(one, other):
    """each reads"""
    return other.sum(), one.sum(), np.sqrt(np.sum(one != other))


def paired__wrong_variance(one, other):
    """what is its root"""
    mended, broken, error = paired__solution(one, other)
    return mended, broken, mended + broken


def paired__wrong_share(one, other):
    """the error is a share"""
    mended, broken, error = paired__solution(one, other)
    return mended, broken, error / len(one)


def paired__wrong_two(one, other):
    """where is the error"""
    return paired__solution(one, other)[:2]


def paired__wrong_difference(one, other):
    """mended - broken"""
    mended, broken, _ = paired__solution(one, other)
    return mended, broken, np.sqrt(abs(mended - broken))
