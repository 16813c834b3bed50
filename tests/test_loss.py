"""Lesson 3's functions: softmax and cross-entropy, against scipy and scikit-learn."""

import numpy as np
import pytest
import scipy.special
import sklearn.metrics

import nnlib


@pytest.fixture
def logits():
    return np.random.default_rng(0).normal(0, 5, (40, 10))


def test_softmax_and_its_logarithm_are_scipys(logits):
    np.testing.assert_allclose(
        nnlib.softmax(logits), scipy.special.softmax(logits, axis=1), rtol=1e-13
    )
    np.testing.assert_allclose(
        nnlib.log_softmax(logits), scipy.special.log_softmax(logits, axis=1), rtol=1e-13
    )


def test_every_row_is_a_distribution_of_its_own(logits):
    P = nnlib.softmax(logits)
    np.testing.assert_allclose(P.sum(axis=1), 1, rtol=1e-14)
    for z, p in zip(logits, P):
        np.testing.assert_array_equal(nnlib.softmax(z[None])[0], p)


def test_softmax_does_not_change_when_all_scores_rise(logits):
    np.testing.assert_allclose(nnlib.softmax(logits + 700), nnlib.softmax(logits), rtol=1e-10)


@pytest.mark.parametrize("dtype, size", [(np.float64, 1e4), (np.float32, 1e4), (np.float64, 1e300)])
def test_huge_logits_stay_finite(dtype, size):
    Z = np.array([[size, 0, -size], [-size, -size, -size], [size, size, 0]], dtype)
    y = np.array([2, 0, 1])
    with np.errstate(all="raise", under="ignore"):
        P, loss = nnlib.softmax(Z), nnlib.cross_entropy(Z, y)
    np.testing.assert_allclose(P, [[1, 0, 0], [1 / 3] * 3, [0.5, 0.5, 0]], rtol=1e-6)
    assert loss == pytest.approx((2 * size + np.log(3) + np.log(2)) / 3, rel=1e-6)
    assert P.dtype == loss.dtype == dtype


def test_cross_entropy_is_scikit_learns(logits):
    y = np.arange(40) % 10
    wanted = sklearn.metrics.log_loss(y, scipy.special.softmax(logits, axis=1))
    assert nnlib.cross_entropy(logits, y) == pytest.approx(wanted, rel=1e-12)


def test_cross_entropy_of_no_knowledge_is_ln_10():
    for value in (0.0, -3.0, 1e4):
        Z = np.full((7, 10), value)
        assert nnlib.cross_entropy(Z, np.arange(7)) == pytest.approx(np.log(10), rel=1e-12)


def test_cross_entropy_is_a_mean_so_it_does_not_grow_with_the_batch(logits):
    y = np.arange(40) % 10
    twice = nnlib.cross_entropy(np.vstack([logits, logits]), np.concatenate([y, y]))
    assert twice == pytest.approx(nnlib.cross_entropy(logits, y), rel=1e-13)


def test_the_arguments_are_left_as_they_were(logits):
    before, y = logits.copy(), np.arange(40) % 10
    nnlib.softmax(logits), nnlib.log_softmax(logits), nnlib.cross_entropy(logits, y)
    np.testing.assert_array_equal(logits, before)
