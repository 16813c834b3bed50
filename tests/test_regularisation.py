"""Lab 10's dropout and committee, and lab 8's falling rate."""

import numpy as np
import pytest

import nnlib
from nnlib.labs import optimizers, regularisation


@pytest.fixture
def deep(network):
    rng = np.random.default_rng(5)
    return network([7, 6, 5, 3]), rng.random((8, 7)), np.arange(8) % 3


def masks(p=0.4, seed=0, m=8):
    return regularisation.dropout_masks([6, 5], m, p, np.random.default_rng(seed))


def test_masks_hold_two_values_and_their_mean_is_one():
    first, second = masks(0.25, m=20000)
    assert first.shape == (20000, 6) and second.shape == (20000, 5)
    assert set(np.unique(first)) == {0, 1 / 0.75}
    assert abs(first.mean() - 1) < 0.01 and abs((first == 0).mean() - 0.25) < 0.01
    assert masks()[0].dtype == np.float64
    half = regularisation.dropout_masks([4], 3, 0.5, np.random.default_rng(0), np.float32)
    assert half[0].dtype == np.float32


def test_dropout_keeps_the_mean_of_what_a_layer_passes_on(deep):
    params, X, _ = deep
    A1 = nnlib.forward(params, X)[1]
    total = sum(regularisation.forward_dropout(params, X, masks(0.5, s))[1] for s in range(4000))
    np.testing.assert_allclose(total / 4000, A1, atol=0.12 * A1.max())


def test_no_dropout_is_the_plain_network(deep):
    params, X, y = deep
    A, plain = regularisation.forward_dropout(params, X, masks(0)), nnlib.forward(params, X)
    assert all((a == b).all() for a, b in zip(A, plain, strict=True))
    grads, expected = (
        regularisation.backward_dropout(params, A, y, masks(0)),
        nnlib.backward(params, plain, y),
    )
    assert all((a == b).all() for p, q in zip(grads, expected) for a, b in zip(p, q))


def test_the_gradient_through_fixed_masks_is_the_numerical_one(deep):
    params, X, y = deep
    M = masks()
    assert any((mask == 0).any() for mask in M)

    def loss():
        return nnlib.cross_entropy(regularisation.forward_dropout(params, X, M)[-1], y)

    A = regularisation.forward_dropout(params, X, M)
    grads = regularisation.backward_dropout(params, A, y, M)
    for pair, gradients in zip(params, grads, strict=True):
        for theta, a in zip(pair, gradients, strict=True):
            n = nnlib.numerical_gradient(loss, theta)
            assert a.shape == theta.shape and np.abs(n).max() > 1e-3
            assert nnlib.relative_error(a, n) < 1e-6


def test_the_rate_falls_in_a_straight_line_to_zero():
    rates = [optimizers.decayed_rate(0.4, step, 8) for step in range(9)]
    assert rates[0] == 0.4 and rates[-1] == 0
    np.testing.assert_allclose(np.diff(rates), -0.05)


def test_a_committee_is_the_mean_of_its_members_probabilities(deep, network):
    params, X, _ = deep
    other = network([7, 6, 5, 3], seed=9)
    P, Q = (nnlib.softmax(nnlib.forward(p, X)[-1]) for p in (params, other))
    np.testing.assert_allclose(regularisation.committee([params, other], X), (P + Q) / 2)
    assert (regularisation.committee([params], X) == P).all()
    np.testing.assert_allclose(regularisation.committee([params, other], X).sum(axis=1), 1)
