"""Lab 12's fused steps: the same weights as the page's step, in place, or a sentence."""

import subprocess
import sys

import numpy as np
import pytest

import nnlib
from nnlib.labs.optimizers import momentum
from nnlib.labs.speed import add_product, momentum_step, sgd_step, slopes

SIZES = ([7, 5, 3], [6, 4], [784, 20, 12, 10])


def network(sizes, dtype=np.float64, m=9, seed=0):
    """Return params whose biases aren't zero, images and labels."""
    rng = np.random.default_rng(seed)
    X, y = rng.random((m, sizes[0])).astype(dtype), rng.integers(0, sizes[-1], m)
    params = nnlib.init_params(sizes, seed=seed, dtype=dtype)
    return [(W, b + rng.standard_normal(b.shape).astype(dtype)) for W, b in params], X, y


def copy(params):
    return [(W.copy(), b.copy()) for W, b in params]


def largest_difference(params, others):
    return max(np.abs(a - b).max() for p, q in zip(params, others) for a, b in zip(p, q))


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("l2", [0.0, 0.01])
def test_a_hundred_fused_steps_arrive_at_the_pages_weights(sizes, l2):
    params, X, y = network(sizes)
    page, fused = copy(params), copy(params)
    page_momentum, fused_momentum, state, fused_state = copy(params), copy(params), {}, {}
    for _ in range(100):
        grads = nnlib.backward(page, nnlib.forward(page, X), y)
        nnlib.update(page, nnlib.add_l2(page, grads, l2), 0.1)
        sgd_step(fused, X, y, 0.1, l2)
        grads = nnlib.backward(page_momentum, nnlib.forward(page_momentum, X), y)
        momentum(page_momentum, nnlib.add_l2(page_momentum, grads, l2), 0.05, state)
        momentum_step(fused_momentum, X, y, 0.05, fused_state, l2=l2)
    assert largest_difference(page, params) > 1e-2  # it has moved
    assert largest_difference(page, fused) < 1e-12
    assert largest_difference(page_momentum, fused_momentum) < 1e-12


@pytest.mark.parametrize("sizes", SIZES[:2], ids=str)
def test_slopes_pass_centred_differences(sizes):
    params, X, y = network(sizes)
    A, dZ = slopes(params, X, y)
    for l, (W, b) in enumerate(params):
        for theta, gradient in ((W, A[l].T @ dZ[l]), (b, dZ[l].sum(axis=0))):
            numerical = nnlib.numerical_gradient(
                lambda: nnlib.cross_entropy(nnlib.forward(params, X)[-1], y), theta
            )
            assert nnlib.relative_error(gradient, numerical) < 1e-6


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_add_product_is_the_sum_it_says(dtype):
    rng = np.random.default_rng(0)
    C, A, B = (rng.standard_normal(s).astype(dtype) for s in ((5, 3), (4, 5), (4, 3)))
    before, where = C.copy(), C.ctypes.data
    add_product(C, A, B, -0.5, 0.25)
    assert C.ctypes.data == where
    np.testing.assert_allclose(C, 0.25 * before - 0.5 * A.T @ B, rtol=1e-5)
    add_product(C, A, np.asfortranarray(B), 1.0, 0.0)  # the last layer's slopes come like this
    np.testing.assert_allclose(C, A.T @ B, rtol=1e-5, atol=1e-6)


def read_only(W):
    W = W.copy()
    W.flags.writeable = False
    return W


@pytest.mark.parametrize(
    "change, words",
    [
        (np.asfortranarray, "np.float64, order='C'"),  # the cure keeps the type
        (lambda W: np.repeat(W, 2, axis=1)[:, ::2], "order='C'"),
        (read_only, "writeable"),
        (lambda W: W.astype(np.float16), "float32 or float64"),
        (lambda W: W.astype(np.float16), "np.float32, order='C'"),
        (lambda W: W.astype(np.longdouble), "float32 or float64"),
        (lambda W: W.astype(int), "float32 or float64"),
        (lambda W: W.astype(np.float32), "float64"),
    ],
)
@pytest.mark.parametrize("step", [sgd_step, lambda *a: momentum_step(*a, {})])
def test_weights_that_blas_would_copy_are_refused(change, words, step):
    """A copy would be changed, and the weights stay as they were: without a word, before."""
    params, X, y = network([7, 5, 3])
    before = params[0][0].copy()
    params[1] = (change(params[1][0]), params[1][1])
    with pytest.raises(ValueError) as error:
        step(params, X, y, 0.1)
    assert words in str(error.value)
    np.testing.assert_array_equal(params[0][0], before)  # no half of a step


@pytest.mark.parametrize("step", [sgd_step, lambda *a: momentum_step(*a, {})])
def test_shapes_are_checked(step):
    params, X, y = network([7, 5, 3])
    with pytest.raises(ValueError, match="W1 must have 6 rows"):
        step(params, X[:, :6], y, 0.1)
    with pytest.raises(ValueError, match="y must be"):
        step(params, X, y[:-1], 0.1)


def test_the_lab_is_loaded_when_it_is_touched():
    code = (
        "import sys, nnlib; assert 'scipy' not in sys.modules; "
        "print(nnlib.labs.speed.sgd_step.__name__, nnlib.labs.augment.__name__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["sgd_step", "nnlib.labs.augment"]
