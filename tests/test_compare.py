"""The same network in PyTorch: the same loss, gradients and steps. Needs the extra `compare`."""

import numpy as np
import pytest
from conftest import random_network

import nnlib
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
