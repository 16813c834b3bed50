"""nnlib: a neural network from nothing but NumPy, as the lessons derive it.

Each module here belongs to one lesson, and every function in it stands in a cell of that lesson:
data (1), network (2), loss (3), backprop (4), training (5), evaluation (6). What the labs derive
is in `nnlib.labs`. What is derived nowhere is in `nnlib.plumbing`: files, history, saving, plots.
"""

import importlib

from nnlib.backprop import backward, gradient_check, numerical_gradient, relative_error
from nnlib.data import one_hot, scale_pixels, split_by_class
from nnlib.evaluation import (
    calibration,
    confusion_matrix,
    most_confused,
    precision_recall_f1,
    standard_error,
)
from nnlib.labs.optimizers import adam, momentum
from nnlib.labs.own_digit import read_image, read_images
from nnlib.loss import cross_entropy, log_softmax, softmax
from nnlib.network import (
    accuracy,
    check_shapes,
    forward,
    init_params,
    predict,
    relu,
    sigmoid,
    tanh,
)
from nnlib.plumbing.environment import limit_threads
from nnlib.plumbing.resume import resume
from nnlib.plumbing.runs import Runs
from nnlib.plumbing.saving import load_params, save_params
from nnlib.plumbing.sources import Digits, load_digits
from nnlib.training import add_l2, batches, train, update

__version__ = "0.2.0"  # the one place: pyproject.toml reads it here

__all__ = [
    "Digits",
    "Runs",
    "accuracy",
    "adam",
    "add_l2",
    "backward",
    "batches",
    "calibration",
    "check_shapes",
    "confusion_matrix",
    "cross_entropy",
    "forward",
    "gradient_check",
    "init_params",
    "limit_threads",
    "load_digits",
    "load_params",
    "log_softmax",
    "momentum",
    "most_confused",
    "numerical_gradient",
    "one_hot",
    "precision_recall_f1",
    "predict",
    "read_image",
    "read_images",
    "relative_error",
    "relu",
    "resume",
    "save_params",
    "scale_pixels",
    "sigmoid",
    "softmax",
    "split_by_class",
    "standard_error",
    "tanh",
    "train",
    "update",
]


ON_TOP = {
    "plots": "nnlib.plumbing.plots",
    "check": "nnlib.check",
    "live": "nnlib.live",
    "estimator": "nnlib.labs.estimator",
}


def __getattr__(name):
    """Load what stands on top when it is first touched, so that ``import nnlib`` stays light."""
    if name in ON_TOP:
        return importlib.import_module(ON_TOP[name])
    raise AttributeError(f"module 'nnlib' has no attribute {name!r}")
