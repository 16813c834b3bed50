"""Answers to lesson 6's tasks: see lesson1.py."""

import numpy as np
import sklearn.metrics


def confusion_matrix__solution(y, y_hat, n_classes=10):
    C = np.zeros((n_classes, n_classes), dtype=int)
    for true, answer in zip(y, y_hat):
        C[true, answer] += 1
    return C


def confusion_matrix__right_add_at(true, answers, k=10):
    C = np.zeros((k, k))
    np.add.at(C, (true, answers), 1)
    return C


def confusion_matrix__right_bincount(y, y_hat, n_classes=10):
    flat = np.bincount(n_classes * y + y_hat, minlength=n_classes**2)
    return flat.reshape(n_classes, n_classes)


def confusion_matrix__right_lists(y, y_hat, n):
    return [[int(sum((y == i) & (y_hat == j))) for j in range(n)] for i in range(n)]


def confusion_matrix__right_ten(y, y_hat):
    return np.eye(10)[y].T @ np.eye(10, dtype=np.float32)[y_hat]


def confusion_matrix__wrong_side(y, y_hat, n_classes=10):
    """on its side"""
    return confusion_matrix__solution(y_hat, y, n_classes)


def confusion_matrix__wrong_once(y, y_hat, n_classes=10):
    """counted once"""
    C = np.zeros((n_classes, n_classes), dtype=int)
    C[y, y_hat] += 1
    return C


def confusion_matrix__wrong_mistakes_only(y, y_hat, n_classes=10):
    """diagonal is empty"""
    C = confusion_matrix__solution(y, y_hat, n_classes)
    np.fill_diagonal(C, 0)
    return C


def confusion_matrix__wrong_shares(y, y_hat, n_classes=10):
    """should they not be counts"""
    return confusion_matrix__solution(y, y_hat, n_classes) / len(y)


def confusion_matrix__wrong_as_many_as_there_are(y, y_hat, n_classes=10):
    """largest label here"""
    n = max(y.max(), y_hat.max()) + 1
    return confusion_matrix__solution(y, y_hat, n)


def confusion_matrix__wrong_only_those_there(y, y_hat, n_classes=10):
    """don't occur"""
    return sklearn.metrics.confusion_matrix(y, y_hat)


def precision_recall_f1__solution(C):
    right = np.diag(C)
    precision = right / np.maximum(C.sum(axis=0), 1)
    recall = right / np.maximum(C.sum(axis=1), 1)
    f1 = 2 * right / np.maximum(C.sum(axis=0) + C.sum(axis=1), 1)
    return precision, recall, f1


def precision_recall_f1__right_loop(C):
    rows = []
    for j in range(len(C)):
        called, there = sum(C[:, j]), sum(C[j])
        p = C[j, j] / called if called else 0
        r = C[j, j] / there if there else 0
        rows.append((p, r, 2 * p * r / (p + r) if p + r else 0))
    return np.array(rows).T


def precision_recall_f1__right_nan_to_num(C):
    right = C.diagonal().astype(np.float32)
    p, r = right / C.sum(0), right / C.sum(1)
    return [np.nan_to_num(v) for v in (p, r, 2 * p * r / (p + r))]


def precision_recall_f1__right_sklearn(C):
    true, answer = np.indices(C.shape)
    labels = range(len(C))
    return sklearn.metrics.precision_recall_fscore_support(
        np.repeat(true, C.ravel()), np.repeat(answer, C.ravel()), labels=labels, zero_division=0
    )[:3]


def precision_recall_f1__wrong_swapped(C):
    """changed places"""
    precision, recall, f1 = precision_recall_f1__solution(C)
    return recall, precision, f1


def precision_recall_f1__wrong_nan(C):
    """0 / 0"""
    right = np.diag(C)
    return (
        right / C.sum(axis=0),
        right / C.sum(axis=1),
        2 * right / (C.sum(axis=0) + C.sum(axis=1)),
    )


def precision_recall_f1__wrong_mean(C):
    """too kind"""
    precision, recall, _ = precision_recall_f1__solution(C)
    return precision, recall, (precision + recall) / 2


def precision_recall_f1__wrong_geometric(C):
    """geometric"""
    precision, recall, _ = precision_recall_f1__solution(C)
    return precision, recall, np.sqrt(precision * recall)


def precision_recall_f1__wrong_means(C):
    """one number each"""
    return tuple(v.mean() for v in precision_recall_f1__solution(C))


def precision_recall_f1__wrong_two(C):
    """F1 is missing"""
    return precision_recall_f1__solution(C)[:2]


def precision_recall_f1__wrong_no_two(C):
    """a 2 missing"""
    precision, recall, f1 = precision_recall_f1__solution(C)
    return precision, recall, f1 / 2


def selective__solution(P, y, threshold):
    sure = P.max(axis=1) >= threshold
    right = P.argmax(axis=1) == y
    return sure.mean(), right[sure].mean()


def selective__right_loop(P, labels, threshold):
    answered, right = 0, 0
    for p, label in zip(P, labels):
        if max(p) >= threshold:
            answered += 1
            right += int(np.argmax(p) == label)
    return [answered / len(labels), right / answered]


def selective__right_rows(P, y, threshold):
    rows = np.flatnonzero(np.max(P, axis=1) >= threshold)
    return np.array([len(rows) / len(P), np.mean(P[rows].argmax(1) == y[rows])], np.float32)


def selective__right_sums(P, y, threshold):
    sure = ~(P.max(axis=1) < threshold)
    return sure.sum() / sure.size, ((P.argmax(axis=1) == y) & sure).sum() / sure.sum()


def selective__wrong_of_all(P, y, threshold):
    """divided by all images"""
    sure = P.max(axis=1) >= threshold
    return sure.mean(), ((P.argmax(axis=1) == y) & sure).mean()


def selective__wrong_accuracy(P, y, threshold):
    """on those that were answered"""
    return (P.max(axis=1) >= threshold).mean(), (P.argmax(axis=1) == y).mean()


def selective__wrong_count(P, y, threshold):
    """what share of all"""
    sure = P.max(axis=1) >= threshold
    return sure.sum(), (P.argmax(axis=1) == y)[sure].mean()


def selective__wrong_silent(P, y, threshold):
    """*not* answered"""
    sure = P.max(axis=1) >= threshold
    return 1 - sure.mean(), (P.argmax(axis=1) == y)[sure].mean()


def selective__wrong_uncollapsed(P, y, threshold):
    """every probability"""
    sure = P.max(axis=1) >= threshold
    return (P >= threshold).mean(), (P.argmax(axis=1) == y)[sure].mean()


def selective__wrong_above(P, y, threshold):
    """`>` or `>=`"""
    sure = P.max(axis=1) > threshold
    return sure.mean(), (P.argmax(axis=1) == y)[sure].mean()
