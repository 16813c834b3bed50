"""Lesson 1's functions: scaling, one-hot rows, the split by class."""

import numpy as np
import pytest
import sklearn.preprocessing

import nnlib


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_pixels_are_scaled_to_0_and_1(dtype):
    pixels = np.arange(256, dtype=np.uint8).reshape(2, 128)
    X = nnlib.scale_pixels(pixels, dtype)
    assert X.dtype == dtype and X.shape == (2, 128)
    assert X[0, 0] == 0 and X[1, 127] == 1 and X[0, 51] == pytest.approx(0.2)


def test_one_hot_is_scikit_learns():
    y = np.array([3, 0, 9, 9, 1])
    wanted = sklearn.preprocessing.label_binarize(y, classes=range(10))
    np.testing.assert_array_equal(nnlib.one_hot(y), wanted)
    assert nnlib.one_hot(y, dtype=np.float32).dtype == np.float32
    assert nnlib.one_hot(np.array([0, 1]), 2).shape == (2, 2)


@pytest.mark.parametrize("bad", [-1, 10])
def test_one_hot_refuses_labels_that_numpy_would_take_for_another(bad):
    with pytest.raises(ValueError, match=rf"y\[1\] is {bad}"):
        nnlib.one_hot(np.array([0, bad, 3]))


def test_a_split_by_class_holds_every_row_once_and_every_class_alike():
    y = np.repeat([0, 1, 2], [100, 50, 10])
    parts = nnlib.split_by_class(y, (0.7, 0.1, 0.2), np.random.default_rng(0))
    assert sorted(np.concatenate(parts)) == list(range(160))
    assert [np.bincount(y[rows]).tolist() for rows in parts] == [
        [70, 35, 7],
        [10, 5, 1],
        [20, 10, 2],
    ]
    assert (np.diff(parts[0]) < 0).any()


def test_importing_nnlib_is_lean_and_changes_nothing():
    import subprocess
    import sys

    code = (
        "import sys, threadpoolctl\n"
        "import numpy\n"
        "before = [p['num_threads'] for p in threadpoolctl.threadpool_info()]\n"
        "import nnlib\n"
        "print(sorted(set(sys.modules) & {'pandas', 'matplotlib', 'sklearn', 'scipy', 'pooch',"
        " 'tqdm', 'mlxtend', 'requests'}))\n"
        "assert before == [p['num_threads'] for p in threadpoolctl.threadpool_info()]"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]" and done.stderr == ""
