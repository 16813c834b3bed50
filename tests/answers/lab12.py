"""Answers to lab 12's tasks: see lesson1.py."""

import numpy as np


def operations__solution(sizes, m):
    total = 0
    for l, (n, k) in enumerate(zip(sizes[:-1], sizes[1:])):
        total += 2 * m * n * k * (3 if l > 0 else 2)
    return total


def operations__right_sum(sizes, m):
    products = np.multiply(sizes[:-1], sizes[1:])
    return 2 * m * (3 * products.sum() - products[0])


def operations__right_by_hand(sizes, m):
    forward = sum(2 * m * a * b for a, b in zip(sizes, sizes[1:]))
    back = sum(2 * m * a * b for a, b in zip(sizes[1:], sizes[2:]))
    return forward + forward + back


def operations__right_listed(sizes, m):
    used = []
    for l in range(1, len(sizes)):
        used += [(m, sizes[l - 1], sizes[l])] * (2 if l == 1 else 3)
    return sum(2 * a * b * c for a, b, c in used)


def operations__wrong_pixels(sizes, m):
    """pixels"""
    return 6 * m * sum(a * b for a, b in zip(sizes, sizes[1:]))


def operations__wrong_forward(sizes, m):
    """way forward"""
    return 2 * m * sum(a * b for a, b in zip(sizes, sizes[1:]))


def operations__wrong_halves(sizes, m):
    """aren't they"""
    return operations__solution(sizes, m) // 2


def operations__wrong_two(sizes, m):
    """the way back"""
    return 4 * m * sum(a * b for a, b in zip(sizes, sizes[1:]))


def operations__wrong_one_image(sizes, m):
    """one image"""
    return operations__solution(sizes, 1)


def operations__wrong_biases(sizes, m):
    """in the products"""
    return operations__solution(sizes, m) + m * sum(sizes[1:])


def operations__wrong_biases_and_their_slopes(sizes, m):
    """in the products"""
    return operations__solution(sizes, m) + 2 * m * sum(sizes[1:])


def operations__wrong_last_layer(sizes, m):
    """back from the logits"""
    pairs = enumerate(zip(sizes, sizes[1:]))
    return sum(2 * m * n * k * (2 if l in (0, len(sizes) - 2) else 3) for l, (n, k) in pairs)


def operations__wrong_gradients_of_one_image(sizes, m):
    """how many rows"""
    forward = sum(2 * m * a * b for a, b in zip(sizes, sizes[1:]))
    gradients = sum(2 * a * b for a, b in zip(sizes, sizes[1:]))
    return forward + gradients + sum(2 * m * a * b for a, b in zip(sizes[1:], sizes[2:]))


def operations__wrong_millions(sizes, m):
    """millions"""
    return operations__solution(sizes, m) / 1e6


def add_product__solution(C, A, B, alpha, beta):
    C *= beta
    C += alpha * (A.T @ B)


def add_product__right_slice(C, A, B, alpha, beta):
    C[:] = beta * C + alpha * A.T @ B


def add_product__right_returned(C, A, B, alpha=1.0, beta=1.0):
    np.multiply(C, beta, out=C)
    C += np.einsum("mn,mk->nk", A, alpha * B)
    return C


def add_product__right_loop(C, A, B, alpha, beta):
    for i in range(C.shape[0]):
        for j in range(C.shape[1]):
            C[i, j] = beta * C[i, j] + alpha * sum(A[:, i] * B[:, j])


def add_product__wrong_new(C, A, B, alpha, beta):
    """old one"""
    C = beta * C + alpha * A.T @ B


def add_product__wrong_returned_new(C, A, B, alpha, beta):
    """old one"""
    return beta * C + alpha * A.T @ B


def add_product__wrong_no_beta(C, A, B, alpha, beta):
    """beta does nothing"""
    C += alpha * A.T @ B


def add_product__wrong_no_alpha(C, A, B, alpha, beta):
    """alpha does nothing"""
    C *= beta
    C += A.T @ B


def add_product__wrong_over(C, A, B, alpha, beta):
    """written over"""
    C[:] = alpha * A.T @ B


def add_product__wrong_order(C, A, B, alpha, beta):
    """which comes first"""
    C += alpha * A.T @ B
    C *= beta


def add_product__wrong_minus(C, A, B, alpha, beta):
    """minus"""
    C *= beta
    C -= alpha * A.T @ B


def add_product__wrong_transpose(C, A, B, alpha, beta):
    """inner sizes"""
    C *= beta
    C += alpha * A @ B


def add_product__wrong_forgotten(C, A, B, alpha, beta):
    """not kept"""
    C *= beta
    C + alpha * A.T @ B


def add_product__wrong_twice(C, A, B, alpha, beta):
    """keep the old C"""
    C += beta * C + alpha * A.T @ B


def add_product__wrong_added(C, A, B, alpha, beta):
    """is it not to multiply"""
    C *= beta
    C += alpha + A.T @ B


def add_product__wrong_images(C, A, B, alpha, beta):
    """A is changed"""
    A *= alpha
    C *= beta
    C += A.T @ B


def add_product__wrong_slopes(C, A, B, alpha, beta):
    """B is changed"""
    np.multiply(B, alpha, out=B)
    C[...] = beta * C + A.T @ B


def limit__solution(m, n, k, operations, bytes):
    intensity = 2 * m * n * k / (4 * (m * n + n * k + m * k))
    return min(operations, bytes * intensity)


def limit__right_times(m, n, k, operations, bytes):
    work = 2 * m * n * k
    seconds = max(work / operations, 4 * (m * n + n * k + m * k) / bytes)
    return work / seconds


def limit__right_roof(m, n, k, operations, bytes):
    return np.minimum(bytes * m * n * k / (2.0 * (m * n + n * k + m * k)), operations)


def limit__right_branches(m, n, k, operations, bytes):
    fetched = 4 * (m * n + n * k + m * k)
    by_memory = 2 * m * n * k * bytes / fetched
    return by_memory if by_memory < operations else operations


def limit__wrong_max(m, n, k, operations, bytes):
    """higher"""
    return max(operations, bytes * 2 * m * n * k / (4 * (m * n + n * k + m * k)))


def limit__wrong_memory(m, n, k, operations, bytes):
    """memory alone"""
    return bytes * 2 * m * n * k / (4 * (m * n + n * k + m * k))


def limit__wrong_size(m, n, k, operations, bytes):
    """float32"""
    return min(operations, bytes * 2 * m * n * k / (m * n + n * k + m * k))


def limit__wrong_written(m, n, k, operations, bytes):
    """written as well"""
    return min(operations, bytes * 2 * m * n * k / (4 * (m * n + n * k)))


def limit__wrong_divided(m, n, k, operations, bytes):
    """which unit"""
    return min(operations, bytes * (4 * (m * n + n * k + m * k)) / (2 * m * n * k))


def limit__wrong_half(m, n, k, operations, bytes):
    """counted as one"""
    return min(operations, bytes * m * n * k / (4 * (m * n + n * k + m * k)))


def limit__wrong_intensity(m, n, k, operations, bytes):
    """in a second"""
    return 2 * m * n * k / (4 * (m * n + n * k + m * k))


def limit__wrong_seconds(m, n, k, operations, bytes):
    """how many seconds"""
    return max(2 * m * n * k / operations, 4 * (m * n + n * k + m * k) / bytes)


def limit__wrong_sum(m, n, k, operations, bytes):
    """must the arithmetic wait"""
    seconds = 2 * m * n * k / operations + 4 * (m * n + n * k + m * k) / bytes
    return 2 * m * n * k / seconds


def limit__wrong_places(m, n, k, operations, bytes):
    """changed places"""
    return min(bytes, operations * 2 * m * n * k / (4 * (m * n + n * k + m * k)))


def limit__wrong_verdict(m, n, k, operations, bytes):
    """which one is larger"""
    return operations > bytes
