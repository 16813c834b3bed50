"""Lesson 2's functions: activations, first weights, shapes, the forward pass, predictions."""

import numpy as np
import pytest
from scipy.special import expit

import nnlib
from nnlib.network import ACTIVATIONS, INITS

DTYPES = [np.float64, np.float32]


def test_activations_are_those_of_scipy_and_numpy():
    Z = np.linspace(-800, 800, 4002).reshape(-1, 3)
    np.testing.assert_allclose(nnlib.sigmoid(Z), expit(Z), rtol=1e-14, atol=1e-300)
    np.testing.assert_array_equal(nnlib.tanh(Z), np.tanh(Z))
    np.testing.assert_array_equal(nnlib.relu(Z), np.where(Z > 0, Z, 0))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_keep_type_and_shape_and_pass_nan_on(name, dtype):
    Z = np.array([[-1e4, -1.0, 0.0], [1.0, 1e4, np.nan]], dtype)
    A = ACTIVATIONS[name](Z)
    assert A.dtype == dtype and A.shape == Z.shape
    assert np.isfinite(A).sum() == 5 and np.isnan(A[1, 2])


@pytest.mark.parametrize("init, deviation", [("he", np.sqrt(2 / 400)), ("xavier", 0.05)])
def test_normal_first_weights_have_the_deviation_named(init, deviation):
    (W, b), _ = nnlib.init_params([400, 500, 3], init)
    assert W.mean() == pytest.approx(0, abs=4 * deviation / np.sqrt(W.size))
    assert W.std() == pytest.approx(deviation, rel=0.01)
    assert not b.any()


def test_uniform_and_zero_first_weights():
    (W, _), _ = nnlib.init_params([400, 500, 3], "uniform")
    assert -0.5 <= W.min() < -0.499 and 0.499 < W.max() <= 0.5
    assert W.std() == pytest.approx(1 / np.sqrt(12), rel=0.01)
    assert not any(W.any() or b.any() for W, b in nnlib.init_params([4, 3, 2], "zeros"))


@pytest.mark.parametrize("init", INITS)
def test_first_weights_follow_the_seed_and_the_type_alone(init):
    a = nnlib.init_params([6, 5, 4, 3], init, seed=3)
    b = nnlib.init_params([6, 5, 4, 3], init, seed=3, dtype=np.float32)
    assert [W.shape for W, _ in a] == [(6, 5), (5, 4), (4, 3)]
    assert [v.shape for _, v in a] == [(5,), (4,), (3,)]
    for (W, _), (V, c) in zip(a, b):
        assert V.dtype == c.dtype == np.float32
        np.testing.assert_array_equal(W.astype(np.float32), V)
    other = nnlib.init_params([6, 5, 4, 3], init, seed=4)
    assert init == "zeros" or (a[0][0] != other[0][0]).any()


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_forward_is_the_formula_written_out(network, activation):
    params = network([7, 6, 5, 3])
    X = np.random.default_rng(0).random((4, 7))
    (W1, b1), (W2, b2), (W3, b3) = params
    g = ACTIVATIONS[activation]
    A1 = g(X @ W1 + b1)
    A2 = g(A1 @ W2 + b2)
    A = nnlib.forward(params, X, activation)
    assert A[0] is X
    for got, wanted in zip(A, [X, A1, A2, A2 @ W3 + b3], strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_the_last_layer_is_linear_and_one_layer_is_enough(network):
    params = network([7, 3])
    X = np.random.default_rng(0).random((4, 7))
    X_out, Z = nnlib.forward(params, X)
    np.testing.assert_array_equal(Z, X @ params[0][0] + params[0][1])
    assert (Z < 0).any()


@pytest.mark.parametrize("dtype", DTYPES)
def test_forward_keeps_the_type(network, dtype):
    params = network([7, 5, 3], dtype=dtype)
    X = np.random.default_rng(0).random((4, 7)).astype(dtype)
    for activation in ACTIVATIONS:
        assert {A.dtype for A in nnlib.forward(params, X, activation)} == {np.dtype(dtype)}


def test_predict_answers_with_the_largest_logit(small):
    params, X, _ = small
    Z = nnlib.forward(params, X)[-1]
    assert nnlib.predict(params, X).tolist() == [max(range(3), key=lambda j: z[j]) for z in Z]


def test_an_image_is_answered_alone_as_in_company(network):
    params = network([7, 5, 3])
    X = np.random.default_rng(0).random((50, 7))
    alone = [nnlib.predict(params, X[i : i + 1], "tanh")[0] for i in range(50)]
    assert nnlib.predict(params, X, "tanh").tolist() == alone


def test_accuracy_is_the_share_of_equal_labels():
    assert nnlib.accuracy(np.array([1, 2, 3, 4]), np.array([1, 2, 0, 4])) == 0.75
    assert isinstance(nnlib.accuracy(np.array([1]), np.array([1])), float)


@pytest.mark.parametrize(
    "spoil, word",
    [
        (lambda p, X, y: (p, X[0], y), "X must be"),
        (lambda p, X, y: (p, X[:0], y[:0]), "X must be"),
        (lambda p, X, y: (p, X[:, :-1], y), "W1 must have 6 rows"),
        (lambda p, X, y: ([p[0], (p[1][0].T, p[1][1])], X, y), "W2 must have 5 rows"),
        (lambda p, X, y: ([(p[0][0], p[0][1][:1]), p[1]], X, y), "b1 must have shape (5,)"),
        (lambda p, X, y: ([(p[0][0], p[0][1][None]), p[1]], X, y), "b1 must have shape (5,)"),
        (lambda p, X, y: (p, X, y[:-1]), "y must be (6,)"),
        (lambda p, X, y: (p, X, y[:, None]), "y must be (6,)"),
    ],
)
def test_check_shapes_names_the_array_that_does_not_fit(small, spoil, word):
    with pytest.raises(ValueError, match=r"^[^\n]+\.$") as error:
        nnlib.check_shapes(*spoil(*small))
    assert word in str(error.value)


def test_check_shapes_accepts_what_fits(small):
    params, X, y = small
    nnlib.check_shapes(params, X, y)
    nnlib.check_shapes(params, X)


def test_predict_takes_memory_for_a_thousand_images_only():
    """60,000 images through 784-800-800-10 kept a gigabyte; here a fifteenth, to be quick."""
    import tracemalloc

    params = nnlib.init_params([784, 800, 800, 10], dtype=np.float32)
    X = np.random.default_rng(0).random((4000, 784), dtype=np.float32)
    tracemalloc.start()
    y_hat = nnlib.predict(params, X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6, f"{peak / 1e6:.0f} MB for 4,000 images"
    assert (y_hat == nnlib.forward(params, X)[-1].argmax(axis=1)).mean() > 0.999


@pytest.mark.parametrize("m", [1, 999, 1000, 1001, 2500])
def test_predict_in_pieces_answers_each_image_in_its_place(m):
    params = nnlib.init_params([7, 5, 3])
    X = np.random.default_rng(m).random((m, 7))
    y_hat = nnlib.predict(params, X)
    assert (y_hat == nnlib.forward(params, X)[-1].argmax(axis=1)).all() and y_hat.shape == (m,)
