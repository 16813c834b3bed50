"""Lab 11's machine: each step against centred differences, networks against `backward`."""

import gc
import weakref

import numpy as np
import pytest
from conftest import random_network

import nnlib
from nnlib.backprop import numerical_gradient, relative_error
from nnlib.labs import autograd
from nnlib.labs.autograd import (
    Tensor,
    add,
    as_tensor,
    gradients,
    log_probabilities,
    matmul,
    multiply,
    rectify,
    total,
    unbroadcast,
)


def weighed(step, arrays, C):
    """Return a step's tensors, and one number made of its result; by no step of the module's."""
    tensors = [Tensor(array) for array in arrays]
    out = step(*tensors)
    return tensors, Tensor((out.value * C).sum(), [(out, lambda dJ: dJ * C)])


def assert_slopes(step, *arrays):
    """Hold a step's slopes against centred differences, by every one of its inputs."""
    C = np.random.default_rng(7).normal(size=step(*map(Tensor, arrays)).value.shape)
    tensors, J = weighed(step, arrays, C)
    for array, a in zip(arrays, gradients(J, tensors), strict=True):
        n = numerical_gradient(lambda: weighed(step, arrays, C)[1].value.item(), array)
        assert a.shape == array.shape
        assert relative_error(a, n) < 1e-6, step


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


# ---------------------------------------------------------------- the steps


def test_matmul():
    A, B = normal(4, 3), normal(3, 5, seed=1)
    np.testing.assert_array_equal(matmul(A, B).value, A @ B)
    assert_slopes(matmul, A, B)
    assert_slopes(matmul, normal(1, 3), normal(3, 1, seed=1))


SHAPES = [(4, 3), (3,), (4, 1), (1, 3), (1, 1), (1,), ()]


@pytest.mark.parametrize("step, numpys", [(add, np.add), (multiply, np.multiply)])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_sum_and_product_with_every_kind_of_broadcasting(step, numpys, shape):
    A, B = normal(4, 3), normal(*shape, seed=1)
    np.testing.assert_array_equal(step(A, B).value, numpys(A, B))
    assert_slopes(step, A, B)
    assert_slopes(step, B, A)


@pytest.mark.parametrize("one, other", [((4, 1), (1, 3)), ((2, 1, 3), (4, 1)), ((1, 5), (2, 4, 1))])
@pytest.mark.parametrize("step", [add, multiply])
def test_both_are_broadcast(step, one, other):
    assert_slopes(step, normal(*one), normal(*other, seed=1))


@pytest.mark.parametrize("shape", [*SHAPES, (2, 4, 3), (2, 1, 3)], ids=str)
def test_unbroadcast_undoes_what_numpy_did(shape):
    """The slope of a broadcast copy, asked of NumPy: how often each entry was copied."""
    dC = normal(2, 4, 3)
    owner = np.broadcast_to(np.arange(int(np.prod(shape))).reshape(shape), dC.shape)
    expected = np.bincount(owner.ravel(), dC.ravel(), int(np.prod(shape))).reshape(shape)
    np.testing.assert_allclose(unbroadcast(dC, shape), expected, rtol=1e-12)


def test_rectify_is_off_at_zero():
    Z = normal(4, 3)
    np.testing.assert_array_equal(rectify(Z).value, nnlib.relu(Z))
    assert_slopes(rectify, Z)
    (slope,) = gradients(total(rectify(zero := Tensor(np.zeros(3)))), [zero])
    np.testing.assert_array_equal(slope, np.zeros(3))


@pytest.mark.parametrize("shape", [(4, 3), (1, 5), (6, 2)])
def test_log_probabilities(shape):
    Z = 3 * normal(*shape)
    np.testing.assert_array_equal(log_probabilities(Z).value, nnlib.log_softmax(Z))
    assert_slopes(log_probabilities, Z)
    assert np.isfinite(log_probabilities(1e4 * Z).value).all()


def test_total():
    A = normal(4, 3)
    assert total(A).value == A.sum() and total(A).value.shape == ()
    assert_slopes(total, A)


# ---------------------------------------------------------------- the walk


def test_a_value_used_twice_adds_its_slopes():
    x, y = Tensor(2.0), Tensor(5.0)
    assert [float(g) for g in gradients(x * x * y + x, [x, y])] == [21.0, 4.0]
    assert float(gradients(x + x, [x])[0]) == 2  # both paths bring the same array
    assert_slopes(lambda A: matmul(A, A) + A * A, normal(3, 3))
    assert_slopes(lambda b: b + b + b, normal(4))


def test_a_slope_is_carried_on_only_when_it_is_complete():
    """A short way and a long one to the same tensor, in either order of making."""

    def long_then_short(A):
        B = rectify(A)
        return B + rectify(rectify(B * 2) * 3) * B

    def short_then_long(A):
        B = A * 2
        return (B * B) * rectify(rectify(rectify(B + 1) + 1) + 1) + B

    for step in (long_then_short, short_then_long):
        assert_slopes(step, normal(4, 3))


def test_the_gradients_of_a_walk_are_no_ones_copies():
    """Walked twice they are the same, and changing one changes nothing else."""
    A, B = Tensor(normal(3)), Tensor(normal(3, seed=1))
    J = total(A + B)
    first = gradients(J, [A, B])
    second = gradients(J, [A, B])
    first[0][:] = 9
    np.testing.assert_array_equal(first[1], np.ones(3))
    np.testing.assert_array_equal(second, np.ones((2, 3)))


def test_what_J_does_not_depend_on_has_a_slope_of_zero():
    A, other = Tensor(normal(4, 3)), Tensor(normal(2, 5))
    slopes = gradients(total(A), [other, A])
    np.testing.assert_array_equal(slopes[0], np.zeros((2, 5)))
    np.testing.assert_array_equal(slopes[1], np.ones((4, 3)))
    J = Tensor(3.0)
    assert gradients(J, [J])[0] == 1


def test_nothing_is_carried_to_what_was_given_and_is_not_wanted():
    """Images, labels, constants: the work of a matrix product is saved."""

    def never(slope):
        raise AssertionError("carried to what nobody asked for")

    given, W = Tensor(normal(4, 3)), Tensor(normal(4, 3, seed=1))
    J = Tensor(0.0, [(given, never), (W, lambda dJ: 2 * dJ * W.value)])
    np.testing.assert_array_equal(gradients(J, [W])[0], 2 * W.value)
    middle = W * 3
    np.testing.assert_array_equal(gradients(total(middle), [middle])[0], np.ones((4, 3)))


def test_a_long_chain_needs_no_recursion():
    x = J = Tensor(1.0)
    for _ in range(5000):
        J = J + 1
    assert gradients(J, [x])[0] == 1 and J.depth == 5001


def test_a_graph_is_given_up_when_nobody_holds_it():
    middle = matmul(normal(3, 4), normal(4, 2))
    alive, J = weakref.ref(middle), total(rectify(middle))
    del middle
    assert alive() is not None
    del J
    gc.collect()
    assert alive() is None


def test_arrays_and_numbers_stand_on_either_side():
    A, B = Tensor(normal(4, 3)), normal(3, 5, seed=1)
    C = normal(2, 4, seed=2)
    np.testing.assert_array_equal((A @ B).value, A.value @ B)
    np.testing.assert_array_equal((C @ A).value, C @ A.value)
    for sign in ("A.value + A", "A + A.value", "2 * A", "A * 2", "A.value * A", "1 + A"):
        expected = eval(sign, {"A": A.value} | {"A": A.value}) if ".value" not in sign else None
        result = eval(sign, {"A": A})
        assert isinstance(result, Tensor) and result.value.shape == (4, 3), sign
        if expected is not None:
            np.testing.assert_array_equal(result.value, expected)
    assert as_tensor(A) is A


@pytest.mark.parametrize(
    "wrong, words",
    [
        (lambda A: gradients(A, [A]), "J must be one number"),
        (lambda A: gradients(rectify(A), [A]), "sum it up first"),
        (lambda A: A @ A, r"\(4, 3\) and \(4, 3\)"),
        (lambda A: A @ np.ones(3), r"two matrices"),
        (lambda A: Tensor(np.ones((2, 4, 3))) @ np.ones((3, 2)), "two matrices"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(wrong, words):
    with pytest.raises(ValueError, match=words) as caught:
        wrong(Tensor(normal(4, 3)))
    assert len(str(caught.value)) <= 300


# ---------------------------------------------------------------- networks


def loss_by_machine(params, X, y):
    """Return the mean cross-entropy's value and slopes, a list of pairs."""
    tensors = [(Tensor(W), Tensor(b)) for W, b in params]
    A = X
    for W, b in tensors[:-1]:
        A = rectify(A @ W + b)
    W, b = tensors[-1]
    log_P = log_probabilities(A @ W + b)
    J = total(log_P * nnlib.one_hot(y, log_P.value.shape[1])) * (-1 / len(y))
    slopes = gradients(J, [theta for pair in tensors for theta in pair])
    return J.value, list(zip(slopes[::2], slopes[1::2], strict=True))


@pytest.mark.parametrize("sizes", [[7, 5, 3], [11, 8, 6, 4], [5, 2], [4, 9, 9, 9, 3]], ids=str)
@pytest.mark.parametrize("m", [1, 6])
def test_a_networks_slopes_are_backwards(sizes, m):
    rng = np.random.default_rng(3)
    X, y = rng.normal(size=(m, sizes[0])), rng.integers(0, sizes[-1], m)
    params = random_network(sizes)
    A = nnlib.forward(params, X)
    loss, slopes = loss_by_machine(params, X, y)
    assert loss == pytest.approx(nnlib.cross_entropy(A[-1], y), rel=1e-12)
    for ours, theirs in zip(slopes, nnlib.backward(params, A, y), strict=True):
        for a, n in zip(ours, theirs, strict=True):
            assert a.shape == n.shape
            np.testing.assert_allclose(a, n, rtol=0, atol=1e-12 * np.abs(n).max())


def test_it_stays_in_float32():
    params = random_network([7, 5, 3], dtype=np.float32)
    X = np.random.default_rng(0).random((6, 7), dtype=np.float32)
    tensors = [Tensor(theta) for pair in params for theta in pair]
    W1, b1, W2, b2 = tensors
    J = total(log_probabilities(rectify(X @ W1 + b1) @ W2 + b2))
    assert {slope.dtype for slope in gradients(J, tensors)} == {np.dtype(np.float32)}


def test_it_is_under_a_hundred_lines():
    with open(autograd.__file__, encoding="utf-8") as file:
        assert len(file.readlines()) < 100
