"""Answers to lab 13's tasks: see lesson1.py."""

import numpy as np


def gradient_length__solution(grads):
    total = 0
    for dW, db in grads:
        total += (dW**2).sum() + (db**2).sum()
    return np.sqrt(total)


def gradient_length__right_norm(grads):
    return np.linalg.norm(np.concatenate([a.ravel() for pair in grads for a in pair]))


def gradient_length__right_loops(gradients):
    squares = [x * x for dW, db in gradients for a in (dW, db) for x in a.flat]
    return float(sum(squares)) ** 0.5


def gradient_length__right_norms(grads):
    return np.hypot.reduce([np.linalg.norm(a) for pair in grads for a in pair])


def gradient_length__right_float32(grads):
    squares = [np.vdot(a, a).astype(np.float32) for pair in grads for a in pair]
    return np.array(np.sqrt(sum(squares)))


def gradient_length__wrong_biases(grads):
    """do the biases not belong"""
    return np.sqrt(sum((dW**2).sum() for dW, _ in grads))


def gradient_length__wrong_weights(grads):
    """do the weights not belong"""
    return np.sqrt(sum((db**2).sum() for _, db in grads))


def gradient_length__wrong_square(grads):
    """is a root missing"""
    return sum((a**2).sum() for pair in grads for a in pair)


def gradient_length__wrong_sum_of_lengths(grads):
    """each array's length, added up"""
    return sum(np.linalg.norm(a) for pair in grads for a in pair)


def gradient_length__wrong_sum_of_layers(grads):
    """each layer's length, added up"""
    return sum(np.sqrt((dW**2).sum() + (db**2).sum()) for dW, db in grads)


def gradient_length__wrong_mean(grads):
    """sum, or mean?"""
    return np.sqrt(np.mean(np.concatenate([a.ravel() for pair in grads for a in pair]) ** 2))


def gradient_length__wrong_absolute(grads):
    """be squared"""
    return sum(np.abs(a).sum() for pair in grads for a in pair)


def gradient_length__wrong_largest(grads):
    """what of all the others"""
    return max(np.abs(a).max() for pair in grads for a in pair)


def gradient_length__wrong_first(grads):
    """first layer alone"""
    dW, db = grads[0]
    return np.sqrt((dW**2).sum() + (db**2).sum())


def gradient_length__wrong_overwritten(grads):
    """last layer alone"""
    for dW, db in grads:
        total = (dW**2).sum() + (db**2).sum()
    return np.sqrt(total)


def gradient_length__wrong_list(grads):
    """how do they make one"""
    return [np.linalg.norm(a) for pair in grads for a in pair]


def alive__solution(A1):
    return A1.max(axis=0) > A1.min(axis=0)


def alive__right_first(A1):
    return (A1 != A1[0]).any(axis=0)


def alive__right_loop(outputs):
    return [len(set(column)) > 1 for column in outputs.T.tolist()]


def alive__right_range(A1):
    return np.ptp(A1, axis=0) != 0


def alive__right_zeros_and_ones(A1):
    return (A1.std(axis=0) > 0).astype(int)


def alive__wrong_on(A1):
    """but does it tell images apart"""
    return (A1 > 0).any(axis=0)


def alive__wrong_on_in_the_mean(A1):
    """but does it tell images apart"""
    return A1.mean(axis=0) > 0


def alive__wrong_always_on(A1):
    """on for every image"""
    return (A1 > 0).all(axis=0)


def alive__wrong_dead(A1):
    """changed places"""
    return A1.max(axis=0) == A1.min(axis=0)


def alive__wrong_axis(A1):
    """a row of A1, or a column"""
    return A1.max(axis=1) > A1.min(axis=1)


def alive__wrong_range(A1):
    """is it more than 0"""
    return A1.max(axis=0) - A1.min(axis=0)


def alive__wrong_count(A1):
    """which ones are they"""
    return (A1.max(axis=0) > A1.min(axis=0)).sum()


def alive__wrong_two_images(A1):
    """first two images"""
    return A1[0] != A1[1]


def alive__wrong_ends(A1):
    """first and the last image"""
    return A1[0] != A1[-1]


def alive__wrong_all(A1):
    """itself included"""
    return (A1 != A1[0]).all(axis=0)


def band__solution(curves):
    return curves.mean(axis=0), curves.min(axis=0), curves.max(axis=0)


def band__right_list(curves):
    return [np.mean(curves, 0), np.amin(curves, 0), np.amax(curves, 0)]


def band__right_array(curves):
    curves = np.sort(np.array(curves, dtype=np.float32), axis=0)
    return np.stack([curves.mean(axis=0), curves[0], curves[-1]])


def band__right_loop(histories):
    epochs = list(zip(*histories))
    return [sum(e) / len(e) for e in epochs], [min(e) for e in epochs], [max(e) for e in epochs]


def band__wrong_axis(curves):
    """one for each epoch"""
    return curves.mean(axis=1), curves.min(axis=1), curves.max(axis=1)


def band__wrong_everything(curves):
    """one number for everything"""
    return curves.mean(), curves.min(), curves.max()


def band__wrong_order(curves):
    """lowest and mean have changed places"""
    return curves.min(axis=0), curves.mean(axis=0), curves.max(axis=0)


def band__wrong_way_round(curves):
    """lowest and highest have changed places"""
    return curves.mean(axis=0), curves.max(axis=0), curves.min(axis=0)


def band__wrong_mean_last(curves):
    """the mean comes last"""
    return curves.min(axis=0), curves.max(axis=0), curves.mean(axis=0)


def band__wrong_median(curves):
    """middle one of the seeds"""
    return np.median(curves, axis=0), curves.min(axis=0), curves.max(axis=0)


def band__wrong_deviation(curves):
    """reach to every seed"""
    mean, sd = curves.mean(axis=0), curves.std(axis=0)
    return mean, mean - sd, mean + sd


def band__wrong_two(curves):
    """should hold 3 things"""
    return curves.mean(axis=0), curves.max(axis=0) - curves.min(axis=0)
