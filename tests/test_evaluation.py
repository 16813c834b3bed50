"""Lesson 6's functions, against scikit-learn."""

import numpy as np
import pytest
import sklearn.metrics

import nnlib


@pytest.fixture
def answers():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 10, 500)
    return y, np.where(rng.random(500) < 0.7, y, rng.integers(0, 9, 500))


def test_confusion_matrix_is_scikit_learns_rows_true(answers):
    C = nnlib.confusion_matrix(*answers)
    np.testing.assert_array_equal(C, sklearn.metrics.confusion_matrix(*answers, labels=range(10)))
    assert np.trace(C) / C.sum() == nnlib.accuracy(*answers)


def test_absent_classes_keep_their_rows_and_columns():
    C = nnlib.confusion_matrix(np.array([3, 3]), np.array([3, 7]))
    assert C.shape == (10, 10) and C[3, 3] == C[3, 7] == 1 and C.sum() == 2


def test_precision_recall_f1_are_scikit_learns(answers):
    wanted = sklearn.metrics.precision_recall_fscore_support(
        *answers, labels=range(10), zero_division=0
    )[:3]
    for got, want in zip(nnlib.precision_recall_f1(nnlib.confusion_matrix(*answers)), wanted):
        np.testing.assert_allclose(got, want, rtol=1e-14)


def test_a_class_never_answered_scores_zero_and_not_nan():
    C = nnlib.confusion_matrix(np.array([0, 0, 1]), np.array([0, 0, 0]), 3)
    for values in nnlib.precision_recall_f1(C):
        assert np.isfinite(values).all() and values[1] == values[2] == 0


def test_most_confused_pairs_come_in_order_and_leave_the_diagonal_out():
    C = np.array([[9, 2, 0], [5, 9, 1], [0, 0, 9]])
    assert nnlib.most_confused(C, 2) == [(1, 0, 5), (0, 1, 2)]
    assert nnlib.most_confused(C, 99) == [(1, 0, 5), (0, 1, 2), (1, 2, 1)]
    assert nnlib.most_confused(np.diag([3, 3])) == []


def test_standard_error_is_the_spread_of_a_binomial():
    draws = np.random.default_rng(0).binomial(1000, 0.9, 20000) / 1000
    assert nnlib.standard_error(0.9, 1000) == pytest.approx(draws.std(), rel=0.02)
    assert nnlib.standard_error(1.0, 10) == 0


def test_calibration_bins_are_counted_by_hand():
    P = np.array([[0.95, 0.05], [0.92, 0.08], [0.4, 0.6], [1.0, 0.0]])
    confidence, accuracy, count = nnlib.calibration(P, np.array([0, 1, 1, 0]), n_bins=10)
    assert count.tolist() == [0, 0, 0, 0, 0, 0, 1, 0, 0, 3]
    assert confidence[6] == 0.6 and accuracy[6] == 1
    assert confidence[9] == pytest.approx(2.87 / 3) and accuracy[9] == pytest.approx(2 / 3)
    assert np.isnan(confidence[:6]).all() and np.isnan(accuracy[:6]).all()


def test_calibration_adds_up_to_the_accuracy(answers):
    y, y_hat = answers
    P = nnlib.softmax(3 * nnlib.one_hot(y_hat) + np.random.default_rng(0).random((500, 10)))
    _, accuracy, count = nnlib.calibration(P, y)
    assert np.nansum(accuracy * count) / 500 == pytest.approx(nnlib.accuracy(y, P.argmax(axis=1)))
