"""The same network in PyTorch: the same loss, gradients and steps. Needs the extra `compare`."""

import sys

import numpy as np
import pytest
from conftest import random_network

import nnlib
from experiments import frameworks
from nnlib.labs import autograd
from nnlib.network import ACTIVATIONS
from nnlib.training import OPTIMIZERS

torch = pytest.importorskip("torch", reason="the extra `compare` (torch) is not installed")

SIZES = [11, 8, 6, 4]


@pytest.fixture
def batch():
    rng = np.random.default_rng(3)
    return rng.random((9, 11)), rng.integers(0, 4, 9)


def twin(params):
    """Return the weights as PyTorch tensors that want a gradient."""
    return [tuple(torch.tensor(a, requires_grad=True) for a in pair) for pair in params]


def torch_loss(params, X, y, activation, l2=0.0):
    """Return the same loss, by PyTorch's own functions."""
    A = torch.tensor(X)
    for W, b in params[:-1]:
        A = getattr(torch, activation)(A @ W + b)
    W, b = params[-1]
    loss = torch.nn.functional.cross_entropy(A @ W + b, torch.tensor(y))
    return loss + l2 / 2 * sum((W**2).sum() for W, _ in params)


def assert_close(ours, theirs):
    for pair, twins in zip(ours, theirs, strict=True):
        for a, t in zip(pair, twins, strict=True):
            np.testing.assert_allclose(a, t, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_loss_and_gradients_are_pytorchs(batch, activation):
    X, y = batch
    params = random_network(SIZES)
    tensors = twin(params)
    loss = torch_loss(tensors, X, y, activation)
    loss.backward()
    A = nnlib.forward(params, X, activation)
    assert nnlib.cross_entropy(A[-1], y) == pytest.approx(loss.item(), rel=1e-10)
    gradients = [tuple(t.grad.numpy() for t in pair) for pair in tensors]
    assert_close(nnlib.backward(params, A, y, activation), gradients)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("l2", [0.0, 0.03])
def test_ten_steps_are_pytorchs(batch, activation, optimizer, l2):
    X, y = batch
    params = random_network(SIZES)
    tensors = twin(params)
    flat = [t for pair in tensors for t in pair]
    theirs = {
        "sgd": lambda: torch.optim.SGD(flat, lr=0.1),
        "momentum": lambda: torch.optim.SGD(flat, lr=0.1, momentum=0.9),
        "adam": lambda: torch.optim.Adam(flat, lr=0.1),
    }[optimizer]()
    state = {}
    for _ in range(10):
        theirs.zero_grad()
        torch_loss(tensors, X, y, activation, l2).backward()
        theirs.step()
        grads = nnlib.backward(params, nnlib.forward(params, X, activation), y, activation)
        OPTIMIZERS[optimizer](params, nnlib.add_l2(params, grads, l2), 0.1, state)
    assert_close(params, [tuple(t.detach().numpy() for t in pair) for pair in tensors])


# ---------------------------------------------------------------- lab 11


def mixed(ops, W1, b1, W2, b2, s):
    """Return one number from a network with a residual step, a shared weight and broadcasting.

    `ops` are the relu, log-softmax and sum of either library; the signs are the same.
    """
    relu, log_softmax, total = ops
    A = relu(W1 @ W2 + b1)
    A = A + relu(A * b2) * s
    return total(log_softmax(A @ W2 + b1) * s)


OURS = (autograd.rectify, autograd.log_probabilities, autograd.total)
THEIRS = (torch.relu, lambda Z: torch.log_softmax(Z, dim=-1), torch.sum)


def test_the_machines_slopes_are_pytorchs():
    """Also where a weight is used twice, and where it is broadcast along either axis."""
    rng = np.random.default_rng(5)
    arrays = [rng.normal(size=shape) for shape in ((6, 4), (4,), (4, 4), (6, 1), ())]
    tensors = [autograd.Tensor(a) for a in arrays]
    J = mixed(OURS, *tensors)
    twins = [torch.tensor(a, requires_grad=True) for a in arrays]
    loss = mixed(THEIRS, *twins)
    loss.backward()
    assert J.value == pytest.approx(loss.item(), rel=1e-12)
    for slope, theirs in zip(autograd.gradients(J, tensors), twins, strict=True):
        np.testing.assert_allclose(slope, theirs.grad, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("sizes", [SIZES, [11, 4], [11, 9, 7, 5, 4]], ids=str)
def test_a_networks_slopes_by_the_machine_are_pytorchs(batch, sizes):
    X, y = batch
    params = random_network(sizes)
    flat = [autograd.Tensor(theta) for pair in params for theta in pair]
    A = X
    for W, b in zip(flat[:-2:2], flat[1:-2:2], strict=True):
        A = autograd.rectify(A @ W + b)
    log_P = autograd.log_probabilities(A @ flat[-2] + flat[-1])
    J = autograd.total(log_P * nnlib.one_hot(y, 4)) * (-1 / len(y))
    tensors = twin(params)
    torch_loss(tensors, X, y, "relu").backward()
    theirs = [t.grad for pair in tensors for t in pair]
    for slope, other in zip(autograd.gradients(J, flat), theirs, strict=True):
        np.testing.assert_allclose(slope, other, rtol=1e-10, atol=1e-12)


@pytest.fixture(scope="module")
def page():
    """What lab 11's cells define, up to what PyTorch hides."""
    return frameworks.cells_of_the_page("i19-lines-3")


def test_lab_11_finds_the_same_with_pytorch_as_from_what_is_kept(page):
    """Entry by entry, and all entries against ours: the page prints the same bytes."""
    computed, kept = page["by_torch"](), frameworks.kept("torch")["numbers"]
    ours = page["by_us"]()
    assert computed.keys() == kept.keys() == ours.keys()
    for name, array in computed.items():
        np.testing.assert_allclose(frameworks.sample(array), kept[name], rtol=1e-9, atol=1e-11)
        np.testing.assert_allclose(ours[name], array, rtol=1e-10, atol=1e-11)
    habits = frameworks.kept("torch habits")["numbers"]
    assert page["torch_habits"]() == habits and all(habits.values())


def test_what_is_kept_is_read_where_pytorch_is_missing(monkeypatch):
    assert "computed here" in frameworks.where("torch")
    monkeypatch.setitem(sys.modules, "torch", None)  # as if it weren't there
    assert "PyTorch 2.13.0 gave them" in frameworks.where("torch")
    numbers = frameworks.theirs("torch", lambda: pytest.fail("torch is asked"))
    assert numbers == frameworks.kept("torch")["numbers"]
