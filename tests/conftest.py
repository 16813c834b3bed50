"""What all tests share: no progress bars, no windows, and where full MNIST is looked for."""

import os
import signal

import matplotlib
import numpy as np
import pytest

os.environ["NNLIB_PROGRESS"] = "0"  # the notebooks' kernels inherit it
matplotlib.use("Agg")
signal.signal(signal.SIGINT, signal.default_int_handler)  # some runners start with it ignored


@pytest.fixture(scope="session")
def digits():
    """The bundled digits."""
    import nnlib

    return nnlib.load_digits()


@pytest.fixture(scope="session")
def mnist():
    """Full MNIST, where this machine has it."""
    import nnlib
    from nnlib.files import have_mnist

    if not have_mnist():
        pytest.skip("full MNIST is neither in data/ nor in NNLIB_DATA_DIR")
    return nnlib.load_digits("mnist")


def random_network(sizes, seed=0, dtype=np.float64):
    """Weights and biases, none of them zero: zeros can hide a wrong backward pass."""
    rng = np.random.default_rng(seed)
    return [
        (rng.normal(0, 0.7, (n_in, n_out)).astype(dtype), rng.normal(0, 0.5, n_out).astype(dtype))
        for n_in, n_out in zip(sizes[:-1], sizes[1:])
    ]


@pytest.fixture
def network():
    return random_network


@pytest.fixture
def small():
    """A network of unequal sizes, six images and their labels."""
    rng = np.random.default_rng(1)
    return random_network([7, 5, 3]), rng.random((6, 7)), np.array([0, 2, 1, 1, 0, 2])
