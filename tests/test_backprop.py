"""Lesson 4's functions: each gradient against centred differences, the check against faults."""

import numpy as np
import pytest

import nnlib
from nnlib.backprop import DERIVATIVES
from nnlib.network import ACTIVATIONS
from nnlib.plumbing.report import GradientReport

SHAPES = [[7, 3], [7, 5, 3], [7, 6, 5, 3], [5, 8, 4, 6, 2]]


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("sizes", SHAPES, ids=str)
def test_gradients_are_the_centred_differences(network, activation, sizes):
    params, rng = network(sizes), np.random.default_rng(2)
    X, y = rng.random((6, sizes[0])), rng.integers(0, sizes[-1], 6)
    A = nnlib.forward(params, X, activation)
    grads = nnlib.backward(params, A, y, activation)

    def loss():
        return nnlib.cross_entropy(nnlib.forward(params, X, activation)[-1], y)

    for pair, gradients in zip(params, grads, strict=True):
        for theta, gradient in zip(pair, gradients, strict=True):
            assert gradient.shape == theta.shape
            numerical = nnlib.numerical_gradient(loss, theta)
            assert nnlib.relative_error(gradient, numerical) < 1e-6
    assert nnlib.gradient_check(params, X, y, activation).passed


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_derivatives_are_slopes_read_off_the_output(activation):
    g, Z, h = ACTIVATIONS[activation], np.array([-3.0, -0.7, -0.1, 0.2, 0.9, 4.0]), 1e-6
    slope = (g(Z + h) - g(Z - h)) / (2 * h)
    np.testing.assert_allclose(DERIVATIVES[activation](g(Z)), slope, atol=1e-9)


def test_relu_is_off_at_zero():
    assert DERIVATIVES["relu"](np.array([0.0, 1e-300, 2.0])).tolist() == [False, True, True]


def test_the_gradient_of_the_logits_sums_to_zero_in_every_row(small):
    params, X, y = small
    (_, (_, db2)) = nnlib.backward(params, nnlib.forward(params, X), y)
    assert db2.sum() == pytest.approx(0, abs=1e-15)


def test_a_mean_loss_has_mean_gradients(small):
    params, X, y = small
    once = nnlib.backward(params, nnlib.forward(params, X), y)
    XX, yy = np.vstack([X, X]), np.concatenate([y, y])
    twice = nnlib.backward(params, nnlib.forward(params, XX), yy)
    for one, two in zip(once, twice):
        for a, b in zip(one, two):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradients_keep_the_type_and_leave_the_arguments(network, activation):
    params = network([7, 5, 3], dtype=np.float32)
    X = np.random.default_rng(0).random((6, 7)).astype(np.float32)
    y = np.array([0, 1, 2, 2, 1, 0])
    A = nnlib.forward(params, X, activation)
    before = [a.copy() for a in A]
    grads = nnlib.backward(params, A, y, activation)
    assert {g.dtype for pair in grads for g in pair} == {np.dtype(np.float32)}
    for a, b in zip(A, before):
        np.testing.assert_array_equal(a, b)


def test_numerical_gradient_of_a_known_function():
    theta = np.array([[1.0, -2.0, 0.5], [3.0, 0.1, -1.0]]).T  # not contiguous on purpose
    before = theta.copy()
    slopes = nnlib.numerical_gradient(lambda: (theta**3).sum(), theta)
    np.testing.assert_allclose(slopes, 3 * before**2, rtol=1e-8)
    np.testing.assert_array_equal(theta, before)
    some = nnlib.numerical_gradient(lambda: (theta**3).sum(), theta, entries=[0, 4])
    np.testing.assert_array_equal(some, np.where([[1, 0], [0, 0], [1, 0]], slopes, 0))


def test_relative_error_reads_as_it_says():
    a = np.array([3.0, 4.0])
    assert nnlib.relative_error(a, a) == 0
    assert nnlib.relative_error(a, -a) == 1
    assert nnlib.relative_error(0 * a, 0 * a) == 0
    assert nnlib.relative_error(a, 0 * a) == 1
    assert np.isnan(nnlib.relative_error(a, a * np.nan))


def changed(grads, l, part, change):
    """Gradients with one array changed."""
    grads = [list(pair) for pair in grads]
    grads[l][part] = change(grads[l][part])
    return grads


@pytest.mark.parametrize("name, l, part", [("W1", 0, 0), ("b1", 0, 1), ("W2", 1, 0), ("b2", 1, 1)])
def test_the_check_finds_a_wrong_gradient_and_names_its_array(small, name, l, part):
    faults = [lambda g: 1.00001 * g, lambda g: 0 * g, lambda g: -g, lambda g: g + np.nan]
    for fault in faults:
        report = nnlib.gradient_check(
            *small, backward=lambda *a, fault=fault: changed(nnlib.backward(*a), l, part, fault)
        )
        assert not report.passed and not report
        assert [row["array"] for row in report.rows if not row["passed"]] == [name]
        assert not report[name]["passed"] and "WRONG" in repr(report)


def test_the_check_names_a_gradient_of_the_wrong_shape(small):
    with pytest.raises(ValueError, match=r"db1 has shape \(\), but b1 has \(5,\)"):
        nnlib.gradient_check(*small, backward=lambda *a: changed(nnlib.backward(*a), 0, 1, np.sum))


def test_the_report_has_a_row_for_each_array_and_changes_nothing(small):
    params, X, y = small
    before = [(W.copy(), b.copy()) for W, b in params]
    report = nnlib.gradient_check(params, X, y)
    assert [row["array"] for row in report.rows] == ["W1", "b1", "W2", "b2"]
    columns = "array shape relative_error max_error left_out passed"
    assert list(report.table().columns) == columns.split()
    assert all(0 < row["relative_error"] < 1e-7 for row in report.rows)
    assert all(0 < row["max_error"] < 1e-6 for row in report.rows)
    for (W, b), (V, c) in zip(params, before):
        np.testing.assert_array_equal(W, V)
        np.testing.assert_array_equal(b, c)


def test_float32_is_too_coarse_to_check_with(small):
    assert not nnlib.gradient_check(*small, dtype=np.float32).passed


def test_a_real_network_passes(digits):
    params = nnlib.init_params([784, 10, 10], seed=1)
    report = nnlib.gradient_check(params, digits.X_train[:8], digits.y_train[:8], n_entries=60)
    assert report.passed, report


# ------------------------------------------------------------------- kinks, and numbers too large


def many(seed, activation, bias):
    """A network and its images: 5 to 500, every third time a blank one, or black and white."""
    rng = np.random.default_rng(seed)
    m, sizes = (5, 20, 100, 500)[seed % 4], ([7, 5, 3], [12, 6, 5, 4], [16, 8, 8])[seed % 3]
    X = rng.random((m, sizes[0]))
    X = np.round(X) if seed % 5 == 0 else X
    X[0] *= seed % 3 > 0
    params = nnlib.init_params(sizes, ("he", "xavier", "uniform")[seed // 3 % 3], seed)
    if bias:
        params = [(W, rng.normal(0, 0.3, b.shape)) for W, b in params]
    return params, X, rng.integers(0, sizes[-1], m), activation


@pytest.mark.parametrize("bias", [False, True], ids=["zero biases", "biases"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_right_gradient_passes_whatever_the_images_and_first_weights(activation, bias):
    """Twelve seeds here; of 200 seeds, by the same function, none failed."""
    for seed in range(12):
        report = nnlib.gradient_check(*many(seed, activation, bias), n_entries=40)
        assert report.passed, (seed, report)


def xor(bias=0.0):
    X, y = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
    return [(W, b + bias) for W, b in nnlib.init_params([2, 4, 2], seed=1)], X, y


def test_an_array_that_lies_at_a_kink_altogether_is_measured_beside_it():
    report = nnlib.gradient_check(*xor())
    assert report.passed and report["b1"]["left_out"] == 4 and not report["W2"]["left_out"]
    assert "right: under 1e-06, 4 of 4 at a kink, left out; measured beside it" in repr(report)
    assert "left out" not in repr(nnlib.gradient_check(*xor(0.1)))
    wrong = nnlib.gradient_check(
        *xor(), backward=lambda *a: changed(nnlib.backward(*a), 0, 1, lambda g: g + 0.01)
    )
    assert [row["array"] for row in wrong.rows if not row["passed"]] == ["b1"]
    assert "WRONG: over" in repr(wrong)


def test_entries_at_a_kink_are_left_out_and_counted(small):
    params, X, y = small
    (W1, b1), layer2 = params
    b1 = b1.copy()
    b1[0] -= (X @ W1 + b1)[0, 0] - 0.25e-5  # one unit a quarter of a step above its kink
    report = nnlib.gradient_check([(W1, b1), layer2], X, y)
    assert report.passed, report
    assert 1 <= report["W1"]["left_out"] <= 7 and report["b1"]["left_out"] == 1
    assert "right: under 1e-06, 1 of 5 at a kink, left out" in repr(report)
    assert (
        report["W2"]["left_out"]
        == 0
        == sum(
            row["left_out"] for row in nnlib.gradient_check([(W1, b1), layer2], X, y, "tanh").rows
        )
    )


def test_a_step_that_crosses_kinks_everywhere_does_not_pass(small):
    assert not nnlib.gradient_check(*small, h=50.0).passed


@pytest.mark.parametrize("value", [1e20, -1e30, 3e38, 1e-200, 1e200, np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nonsense_fails_also_where_its_norm_leaves_the_range(small, dtype, value):
    with np.errstate(over="ignore"):
        report = nnlib.gradient_check(
            *small,
            dtype=dtype,
            backward=lambda *a: [
                (np.full_like(W, value), np.full_like(b, value)) for W, b in nnlib.backward(*a)
            ],
        )
    assert not report.passed and not any(row["passed"] for row in report.rows)


@pytest.mark.parametrize("size", [5e-324, 1e-200, 1.0, 1e200, 1.7e308])
def test_relative_error_is_of_any_size(size):
    a = np.array([size, -size, 0])
    assert nnlib.relative_error(a, a) == 0 and nnlib.relative_error(a, -a) == 1
    assert nnlib.relative_error(a, 0 * a) == 1
    assert np.isnan(nnlib.relative_error(a, a * np.array([1, 1, np.nan])))
    assert np.isnan(nnlib.relative_error(a, np.array([np.inf, 0, 0])))


def test_an_empty_report_has_not_passed():
    report = GradientReport()
    assert not report.passed and not report and repr(report) == "failed"
    report.add("W1", (2,), 0.0, np.zeros(0), np.zeros(0), 2)
    assert not report.passed and "not measured, 2 of 2 at a kink, left out" in repr(report)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_gradients_of_logits_that_are_no_numbers_are_refused(small, value):
    params, X, y = small
    A = nnlib.forward(params, X)
    A[-1][2, 1] = value
    with np.errstate(invalid="ignore"), pytest.raises(ValueError, match=r"^[^\n]+\.$") as error:
        nnlib.backward(params, A, y)
    assert "logits" in str(error.value) and len(str(error.value)) <= 300
