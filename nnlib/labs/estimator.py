"""On top, shown in lab 11: the network as one of scikit-learn's estimators."""

from types import SimpleNamespace
from warnings import warn

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from nnlib.loss import log_softmax, softmax
from nnlib.network import forward, init_params
from nnlib.plumbing.arguments import brief, check_count, check_number
from nnlib.training import train

TYPES = (np.float64, np.float32)  # that a network is trained in; anything else becomes the first


class NetworkClassifier(ClassifierMixin, BaseEstimator):
    """The network of lessons 1 to 6, as scikit-learn wants a classifier.

    Parameters
    ----------
    hidden : widths of the hidden layers, as in (128, 64); (): none
    activation, learning_rate, batch_size, epochs, optimizer, l2 : as in `nnlib.train`
    init : as in `nnlib.init_params`
    early_stopping : set some rows aside, stop when their loss no longer falls, and keep the best
        weights
    validation_fraction : share of the rows that early stopping sets aside, by class
    patience : epochs without a new best that early stopping waits
    random_state : decides first weights, batches and what is set aside: a number, or a RandomState
    warm_start : `fit` goes on from the weights there are, where classes and sizes are the same;
        what an optimizer remembers begins anew

    Attributes
    ----------
    classes_ : the labels there are, sorted; of any type
    params_ : list of (W, b), as everywhere in nnlib
    n_iter_ : epochs of the last `fit`
    loss_curve_ : training loss before the first step and after each epoch (full batch: at most
        50 times)
    n_features_in_, feature_names_in_ : of the X that was fitted

    Notes
    -----
    Labels may be of any type, features of any size; but gradient descent wants features around 1:
    a pipeline with a scaler sees to it. Lab 11 uses it; scikit-learn's check_estimator passes.
    """

    def __init__(
        self, hidden=(128,), activation="relu", init="he", optimizer="sgd", learning_rate=0.1,
        batch_size=32, epochs=10, l2=0.0, early_stopping=False, validation_fraction=0.1,
        patience=5, random_state=None, warm_start=False,
    ):  # fmt: skip
        self.hidden = hidden
        self.activation = activation
        self.init = init
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.epochs = epochs
        self.l2 = l2
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.random_state = random_state
        self.warm_start = warm_start

    def fit(self, X, y):
        """Train on rows X of shape (m, n0) and their labels y of shape (m,); return self."""
        X, y = validate_data(self, X, y, dtype=TYPES)
        check_classification_targets(y)
        classes, y = np.unique(y, return_inverse=True)
        rng = check_random_state(self.random_state)
        first, seed = (int(rng.randint(2**31 - 1)) for _ in range(2))
        history = train(
            self._start(X, classes, first), self._parts(X, y, seed), self.learning_rate,
            self.batch_size, self.epochs, self.activation, self.optimizer, self.l2, seed,
            watch=self._ends,
        )  # fmt: skip
        cut_short = history.diverged or (not self._ends(history) and history.stopped)
        if cut_short:  # by itself, or by a Ctrl-C; not by early stopping
            warn(cut_short, ConvergenceWarning, stacklevel=2)
        self.classes_ = classes
        self.params_ = history.best_params if self.early_stopping else history.params
        self.n_iter_ = int(history.rows[-1]["epoch"])
        self.loss_curve_ = [row["loss"] for row in history.rows]
        return self

    def _start(self, X, classes, seed):
        """Return the weights that a fit begins with: those there are, or new ones."""
        row = isinstance(self.hidden, np.ndarray) and self.hidden.ndim == 1
        if not isinstance(self.hidden, (list, tuple)) and not row:
            raise ValueError(
                f"hidden must list the widths of the hidden layers, as in (128, 64); "
                f"it is {brief(self.hidden)}."
            )
        for name in ("early_stopping", "warm_start"):
            value = getattr(self, name)
            if not isinstance(value, (bool, np.bool_)):
                raise ValueError(f"{name} must be True or False; it is {brief(value)}.")
        for i, n in enumerate(self.hidden):
            check_count(f"hidden[{i}]", n)
        sizes = [X.shape[1], *self.hidden, len(classes)]
        if self.warm_start and hasattr(self, "params_"):
            there = [len(self.params_[0][0]), *(len(b) for _, b in self.params_)]
            if there == sizes and np.array_equal(self.classes_, classes):
                return self.params_
        return init_params(sizes, self.init, seed, X.dtype)

    def _parts(self, X, y, seed):
        """Return the rows as `train` takes them; some set aside only for early stopping."""
        X_valid = y_valid = None
        if self.early_stopping:
            share = check_number("validation_fraction", self.validation_fraction, above=0, below=1)
            check_count("patience", self.patience)
            X, X_valid, y, y_valid = train_test_split(
                X, y, test_size=share, stratify=y, random_state=seed
            )
        return SimpleNamespace(X_train=X, y_train=y, X_valid=X_valid, y_valid=y_valid, pixels=False)

    def _ends(self, history):
        """Return True where early stopping has waited long enough."""
        waited = history.rows[-1]["epoch"] - history.best["epoch"]
        return self.early_stopping and waited >= self.patience

    def _logits(self, X):
        check_is_fitted(self)
        X = validate_data(self, X, dtype=TYPES, reset=False)
        return forward(self.params_, X, self.activation)[-1]

    def predict(self, X):
        """Return the most likely label of each row, shape (m,)."""
        Z = self._logits(X)  # first: it says whether there has been a fit
        return self.classes_[Z.argmax(axis=1)]

    def predict_proba(self, X):
        """Return the probability of each class, in the order of `classes_`, shape (m, k)."""
        return softmax(self._logits(X))

    def predict_log_proba(self, X):
        """Return the logarithm of `predict_proba`, finite where a probability is 0."""
        return log_softmax(self._logits(X))
