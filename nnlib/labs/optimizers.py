"""Lab 8: steps that remember, momentum and Adam, and steps that get smaller.

Like `update` of lesson 5 they change params in place. What they remember from step to step, they
keep in the dict `state`, which is empty at first.
"""

import numpy as np

from nnlib.plumbing.arguments import check_count, check_number, check_pairs, check_step
from nnlib.plumbing.asked import check_memory


def momentum(params, grads, learning_rate, state, beta=0.9):
    """Take one step with momentum: V ← beta V + dW, then W ← W − learning_rate V.

    Derived in lab 8. Polyak 1964; Sutskever et al. 2013, "On the importance of initialization and
    momentum in deep learning".

    Parameters
    ----------
    params : list of (W, b); changed
    grads : list of (dW, db), of the same shapes
    learning_rate : step size
    state : dict, {} before the first step; keeps V
    beta : share of V that is kept from step to step
    """
    learning_rate = check_step(params, grads, learning_rate)
    beta = check_memory(params, state, beta)
    if "V" not in state:
        state["V"] = zeros_like(params)
    for arrays, gradients, velocities in zip(params, grads, state["V"]):
        for theta, gradient, v in zip(arrays, gradients, velocities):
            v *= beta
            v += gradient
            theta -= learning_rate * v


def adam(params, grads, learning_rate, state, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """Take one step of Adam: momentum, divided by the gradient's typical size.

    Derived in lab 8. Kingma and Ba 2015, "Adam: a method for stochastic optimization",
    algorithm 1, bias corrections included; the paper calls the averages m and v.

    Parameters
    ----------
    params : list of (W, b); changed
    grads : list of (dW, db), of the same shapes
    learning_rate : step size; 0.001 is the usual one
    state : dict, {} before the first step; keeps the two averages, and t, the steps so far
    beta1, beta2 : shares of the two averages that are kept from step to step
    epsilon : keeps the division away from 0
    """
    learning_rate = check_step(params, grads, learning_rate)
    beta1, beta2, epsilon = check_memory(params, state, beta1, beta2, epsilon)
    if "t" not in state:
        state.update(means=zeros_like(params), squares=zeros_like(params), t=0)
    t = state["t"] = state["t"] + 1
    means, squares = state["means"], state["squares"]
    for arrays, gradients, *kept in zip(params, grads, means, squares):
        for theta, gradient, mean, square in zip(arrays, gradients, *kept):
            mean += (1 - beta1) * (gradient - mean)
            square += (1 - beta2) * (gradient * gradient - square)
            mean_hat, square_hat = mean / (1 - beta1**t), square / (1 - beta2**t)
            theta -= learning_rate * mean_hat / (np.sqrt(square_hat) + epsilon)


def zeros_like(params):
    """Return a list of pairs of zeros, of the shapes and types in `params`. Derived in lab 8."""
    check_pairs(params)
    return [(np.zeros_like(W), np.zeros_like(b)) for W, b in params]


def decayed_rate(learning_rate, step, steps):
    """Return a learning rate that falls in a straight line to 0, which step `steps` would have.

    Derived in lab 8.

    Parameters
    ----------
    learning_rate : the first one
    step : number of steps taken so far, from 0
    steps : number of steps in all
    """
    steps = check_count("steps", steps)
    step = check_count("step", step, 0, steps)
    learning_rate = check_number("learning_rate", learning_rate)
    return learning_rate * (1 - step / steps)
