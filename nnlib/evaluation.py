"""Lesson 6: how good is it, and where does it go wrong?

Everything here is derived in ``notebooks/06_evaluation_and_confusion_matrix.ipynb``. `accuracy`
and `predict` come from lesson 2.
"""

import numpy as np

from nnlib.plumbing.arguments import (
    check_answers,
    check_confusion,
    check_count,
    check_number,
    check_probabilities,
)


def standard_error(accuracy, m):
    """Return by how much an accuracy measured on m images is off, typically: sqrt(p (1 - p) / m).

    Parameters
    ----------
    accuracy : share of right answers, from 0 to 1
    m : number of images

    Notes
    -----
    Derived in lesson 6: the standard deviation of a binomial share.
    """
    accuracy = check_number("accuracy", accuracy, at_least=0, at_most=1)
    m = check_count("m", m)
    return float(np.sqrt(accuracy * (1 - accuracy) / m))


def confusion_matrix(y, y_hat, n_classes=10):
    """Count how often class i was answered with class j.

    Parameters
    ----------
    y, y_hat : integer arrays of shape (m,): true labels, answers
    n_classes : number of classes

    Returns
    -------
    C : integer array of shape (n_classes, n_classes); rows: true, columns: predicted

    Raises
    ------
    ValueError
        Where the two are not vectors of one length, or a label is outside 0…n_classes - 1.

    Notes
    -----
    Derived in lesson 6.
    """
    check_answers(y, y_hat, n_classes)
    C = np.zeros((n_classes, n_classes), dtype=int)
    np.add.at(C, (y, y_hat), 1)
    return C


def precision_recall_f1(C):
    """Return precision, recall and F1 of every class.

    Parameters
    ----------
    C : confusion matrix, shape (k, k); rows: true, columns: predicted

    Returns
    -------
    precision, recall, f1 : arrays of shape (k,); 0 where a class was never answered or never there

    Notes
    -----
    Derived in lesson 6. Precision: of the images called j, the share that are. Recall: of the
    images that are i, the share that were found. F1: their harmonic mean.
    """
    C = check_confusion(C)
    right = np.diag(C)
    precision = right / np.maximum(C.sum(axis=0), 1)
    recall = right / np.maximum(C.sum(axis=1), 1)
    f1 = 2 * right / np.maximum(C.sum(axis=0) + C.sum(axis=1), 1)
    return precision, recall, f1


def most_confused(C, n=3):
    """Return the n most frequent mistakes, the most frequent first.

    Parameters
    ----------
    C : confusion matrix, shape (k, k); rows: true, columns: predicted
    n : how many

    Returns
    -------
    pairs : list of (true, predicted, count); mistakes that never happen are left out

    Notes
    -----
    Derived in lesson 6.
    """
    C, n = check_confusion(C), check_count("n", n)
    errors = C - np.diag(np.diag(C))
    order = np.argsort(-errors, axis=None, kind="stable")[:n]
    pairs = zip(*np.unravel_index(order, C.shape))
    return [(int(i), int(j), int(errors[i, j])) for i, j in pairs if errors[i, j] > 0]


def calibration(P, y, n_bins=10):
    """Compare how sure the network is with how often it is right.

    Parameters
    ----------
    P : probabilities, shape (m, k)
    y : true labels, shape (m,)
    n_bins : number of equal steps of confidence from 0 to 1

    Returns
    -------
    confidence, accuracy, count : arrays of shape (n_bins,): the mean largest probability in each
        bin, the share of right answers there, the number of images; NaN in bins without images

    Raises
    ------
    ValueError
        Where a label is outside 0…k - 1 or the lengths differ.

    Notes
    -----
    Derived in lesson 6. Guo et al. 2017, "On calibration of modern neural networks".
    """
    check_probabilities(P)
    n_bins = check_count("n_bins", n_bins, at_most=10**6)
    y_hat = P.argmax(axis=1)
    check_answers(y, y_hat, P.shape[1])
    sure, right = P.max(axis=1), y_hat == y
    bins = np.minimum((sure * n_bins).astype(int), n_bins - 1)
    count = np.bincount(bins, minlength=n_bins)
    with np.errstate(invalid="ignore"):  # 0 / 0 in an empty bin is the NaN we want
        confidence = np.bincount(bins, sure, n_bins) / count
        accuracy = np.bincount(bins, right, n_bins) / count
    return confidence, accuracy, count
