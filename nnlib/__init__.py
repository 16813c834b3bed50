"""nnlib: a neural network from nothing but NumPy, as the lessons derive it.

Each module of the mathematics belongs to one lesson, and every function in it stands in a cell of
that lesson: data (1), network (2), loss (3), backprop (4), training (5), evaluation (6),
optimizers (8). The rest is plumbing: files, history, saving, plots, environment.
"""

from nnlib.backprop import backward, gradient_check, numerical_gradient, relative_error
from nnlib.data import Digits, load_digits, one_hot, scale_pixels, split_by_class
from nnlib.environment import limit_threads
from nnlib.evaluation import (
    calibration,
    confusion_matrix,
    most_confused,
    precision_recall_f1,
    standard_error,
)
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
from nnlib.optimizers import adam, momentum
from nnlib.runs import Runs
from nnlib.saving import load_params, save_params
from nnlib.training import add_l2, batches, train, update

__version__ = "0.1.0"

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
    "relative_error",
    "relu",
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
