"""Checks of lesson 6: how good is it, and where does it go wrong?"""

import numpy as np

from nnlib import evaluation
from nnlib.check.progress import noted
from nnlib.check.sealed import Choice, Value
from nnlib.check.written import Written, judge, like, when

PAGE = (
    "two networks",
    "confusion_matrix",
    "precision_recall_f1",
    "patient G",
    "selective",
    "network",
)


def counted(y, y_hat, n_classes=10):
    """Return how often each true class was answered with each class."""
    return evaluation.confusion_matrix(np.asarray(y), np.asarray(y_hat), n_classes)


def counted_once(y, y_hat, n_classes=10):
    """Count by `C[y, y_hat] += 1`, which adds once for a pair that comes twice."""
    C = np.zeros((n_classes, n_classes), int)
    C[y, y_hat] += 1
    return C


def only(C, where):
    """Return C with zeros off, or on, the diagonal."""
    right = np.diag(np.diag(C))
    return right if where == "right" else C - right


CONFUSION_MATRIX = Written(
    "confusion_matrix(y, y_hat, n_classes=10)",
    evaluation.confusion_matrix,
    cases=(
        (np.array([0, 1, 2, 2, 2, 1]), np.array([0, 2, 2, 0, 0, 2]), 4),
        (np.array([3, 3, 7, 0, 3, 9, 7]), np.array([5, 5, 7, 0, 3, 4, 1])),
        (np.array([1, 1, 0]), np.array([1, 1, 1]), 2),
    ),
    praise="rows are true, columns are answers, and every image is counted.",
    doubts=(
        like(
            lambda y, y_hat, n=10: counted(y_hat, y, n),
            "the matrix lies on its side: do rows stand for what is true, or for what was "
            "answered?",
        ),
        like(
            counted_once,
            "a pair that comes several times was counted once: what does `C[y, y_hat] += 1` do "
            "with repeated places?",
        ),
        like(
            lambda y, y_hat, n=10: only(counted(y, y_hat, n), "wrong"),
            "the diagonal is empty: should right answers not be counted too?",
        ),
        like(
            lambda y, y_hat, n=10: only(counted(y, y_hat, n), "right"),
            "only the diagonal is filled: where are the mistakes?",
        ),
        like(
            lambda y, y_hat, n=10: counted(y, y_hat, n) / len(y),
            "these are shares: should they not be counts?",
        ),
        like(
            lambda y, y_hat, n=10: (
                counted(y, y_hat, n)
                / np.maximum(counted(y, y_hat, n).sum(axis=1, keepdims=True), 1)
            ),
            "each row sums to 1: should they not be counts?",
        ),
        like(
            lambda y, y_hat, n=10: counted(y, y_hat, max(y.max(), y_hat.max()) + 1),
            "there are as many rows as the largest label here asks for: what of classes that don't "
            "occur?",
        ),
        like(
            lambda y, y_hat, n=10: counted(y, y, n),
            "every image was counted as right: is the answer used?",
        ),
        like(
            lambda y, y_hat, n=10: np.bincount(y, minlength=n),
            "these are the numbers of each class: how were they answered?",
        ),
        like(
            lambda y, y_hat, n=10: np.mean(y == y_hat),
            "that is the accuracy: does one number tell which was taken for which?",
        ),
        like(
            lambda y, y_hat, n=10: np.zeros((n, n)), "nothing was counted: does the loop reach C?"
        ),
    ),
)


def confusion_matrix(function):
    """Check ``confusion_matrix(y, y_hat, n_classes)``: rows true, columns answered."""
    return noted(judge(CONFUSION_MATRIX, function))


def three(C):
    """Return precision, recall and F1."""
    return evaluation.precision_recall_f1(np.asarray(C))


def undefended(C):
    """Divide by sums that may be 0."""
    C = np.asarray(C)
    right, called, there = np.diag(C), C.sum(axis=0), C.sum(axis=1)
    return right / called, right / there, 2 * right / (called + there)


def mean_of(C, mean):
    """Return precision and recall with another mean in F1's place."""
    precision, recall, _ = three(C)
    return precision, recall, mean(precision, recall)


PRECISION_RECALL_F1 = Written(
    "precision_recall_f1(C)",
    evaluation.precision_recall_f1,
    cases=(
        (np.array([[8, 2, 0], [1, 5, 4], [0, 1, 3]]),),
        (np.array([[50, 10], [5, 35]]),),
        (
            np.array(
                [
                    [4, 0, 1, 0, 0],
                    [2, 1, 0, 0, 0],
                    [0, 0, 1, 0, 0],
                    [0, 0, 0, 0, 0],
                    [1, 0, 0, 0, 0],
                ]
            ),
        ),
    ),
    praise="what was called j and is, what is i and was found; 0 for a class nobody named.",
    returns="(precision, recall, f1)",
    doubts=(
        like(
            lambda C: three(C.T),
            "precision and recall have changed places: which one asks about all that was *called* "
            "j, a column?",
        ),
        like(
            undefended,
            "a class that was never answered gives 0 / 0, which is NaN: should it not be 0?",
        ),
        like(
            lambda C: undefended(C.T),
            "precision and recall have changed places, and a class that never came gives NaN: what "
            "is 0 / 0 to be?",
        ),
        like(
            lambda C: mean_of(C, lambda p, r: (p + r) / 2),
            "F1 is too kind where one of the two is small: which mean is it?",
        ),
        like(
            lambda C: mean_of(C, lambda p, r: np.sqrt(p * r)),
            "that is the geometric mean: which one is F1?",
        ),
        like(
            lambda C: mean_of(C, lambda p, r: p * r / np.maximum(p + r, 1e-12)),
            "half of F1: is there a 2 missing?",
        ),
        like(
            lambda C: mean_of(C, lambda p, r: 2 * p * r / (p + r)),
            "F1 of a class without a right answer is 0 / 0, which is NaN: should it not be 0?",
        ),
        like(
            lambda C: tuple(v.mean() for v in three(C)),
            "one number each: is there not one for each class?",
        ),
        like(
            lambda C: tuple(np.diag(C) / C.sum() for _ in range(3)),
            "everything was divided by all images: which ones does precision look at, and which "
            "ones recall?",
        ),
        like(lambda C: three(C)[:2], "F1 is missing: which mean of the two is it?"),
        when(
            lambda case, want, got: np.isnan(np.asarray(got, float)).any(),
            "there are NaNs: what is 0 / 0 to be?",
        ),
    ),
)


def precision_recall_f1(function):
    """Check ``precision_recall_f1(C)``: three arrays, a number for each class."""
    return noted(judge(PRECISION_RECALL_F1, function))


def answered(P, y, threshold):
    """Return the share of images that are answered, and the share of these that are right."""
    sure = P.max(axis=1) >= threshold
    return sure.mean(), np.mean(P.argmax(axis=1)[sure] == y[sure])


def by_sure(P, y, threshold, how):
    """Return the shares, in one of the ways they go wrong."""
    sure, right = P.max(axis=1) >= threshold, P.argmax(axis=1) == y
    return how(sure, right)


def with_how(how):
    """Return `selective` with a fault in it."""
    return lambda P, y, threshold: by_sure(P, y, threshold, how)


P_SMALL = np.array(
    [
        [0.75, 0.25, 0.0],
        [0.1, 0.1, 0.8],
        [0.4, 0.35, 0.25],
        [0.0, 0.95, 0.05],
        [0.2, 0.5, 0.3],
        [0.625, 0.25, 0.125],
        [0.05, 0.9, 0.05],
    ]
)

SELECTIVE = Written(
    "selective(P, y, threshold)",
    answered,
    cases=(
        (P_SMALL, np.array([0, 1, 0, 1, 2, 0, 1]), 0.75),
        (P_SMALL, np.array([0, 1, 0, 1, 2, 1, 1]), 0.45),
        (
            P_SMALL[:, :2] / P_SMALL[:, :2].sum(axis=1, keepdims=True),
            np.array([0, 1, 0, 1, 1, 0, 0]),
            0.9,
        ),
    ),
    praise="how many it still answers, and how many of *these* are right.",
    returns="(share answered, share of these right)",
    doubts=(
        like(
            with_how(lambda sure, right: (sure.mean(), (right & sure).mean())),
            "the right ones were divided by all images: of those that were answered, how many are "
            "right?",
        ),
        like(
            with_how(lambda sure, right: (sure.mean(), right.mean())),
            "that is the accuracy on all images: and on those that were answered?",
        ),
        like(
            with_how(lambda sure, right: (sure.sum(), right[sure].mean())),
            "the answered ones were counted: what share of all are they?",
        ),
        like(
            with_how(lambda sure, right: (sure.mean(), right[sure].sum())),
            "the right ones were counted: what share of the answered are they?",
        ),
        like(
            with_how(lambda sure, right: (1 - sure.mean(), right[sure].mean())),
            "the first is the share that is *not* answered: which side of the threshold is it?",
        ),
        like(
            with_how(lambda sure, right: (1 - sure.mean(), right[~sure].mean())),
            "these are the images it should keep silent on: which side of the threshold speaks?",
        ),
        like(
            with_how(lambda sure, right: (right[sure].mean(), sure.mean())),
            "the two have changed places: which one comes first?",
        ),
        like(
            with_how(lambda sure, right: right[sure].mean()),
            "only one number came back: how many images were answered?",
        ),
        like(
            lambda P, y, threshold: answered(P, y, np.nextafter(threshold, 1)),
            "an image exactly at the threshold is left out: `>` or `>=`?",
        ),
        like(
            lambda P, y, threshold: (
                (P >= threshold).mean(),
                answered(P, y, threshold)[1],
            ),
            "every probability was compared, not each image's largest: how sure is it of its "
            "answer?",
        ),
        like(
            lambda P, y, threshold: by_sure(
                P, y, threshold, lambda sure, right: (sure.mean(), 1 - right[sure].mean())
            ),
            "that is the share of mistakes among them: `==` or `!=`?",
        ),
    ),
)


def selective(function):
    """Check ``selective(P, y, threshold)``: share answered, and share of these that are right."""
    return noted(judge(SELECTIVE, function))


VALUES = (
    Value(
        "two networks",
        seals=("d4e8ff2eb2",),
        digits=4,
        praise="the gap is 0.010, smaller than this: on 1,000 images they can't be told apart.",
        wrong={
            0.01: "0.01 is the gap itself: how far is each figure off, and both together?",
            0.0086: (
                "that is one network's error: what do two errors make, when one is taken off "
                "the other?"
            ),
            0.0081: (
                "that is one network's error: what do two errors make, when one is taken off "
                "the other?"
            ),
            0.0167: "the two errors were added: do they always fall the same way?",
            0.0005: "the errors were taken off each other: do chance errors cancel so neatly?",
            0.0001: "that is the variance: what is its root?",
        },
    ),
)

CHOICES = (
    Choice(
        "patient G",
        right="3f1ac689fa",
        sentences={
            "169ee97dae": (
                "the order decides nothing for a nearest image: does it read worse when you shuffle"
                " them?"
            ),
            "3f1ac689fa": (
                "the test images stand among those it compares with, so each finds itself, and "
                "its label with it."
            ),
            "4b51de3152": (
                "then it would fail on test images that it has not met: give it labels that are "
                "shuffled, and it still reads them *as shuffled*. How?"
            ),
            "e405782d14": (
                "a product in place of a distance would read fewer right, not all: is it too bad "
                "or too good?"
            ),
        },
    ),
    Choice(
        "a rare illness",
        right="4bfdb0817b",
        sentences={
            "1866cc753b": "the accuracy is 0.99: is that what shows it?",
            "4bfdb0817b": (
                "none of the ill is found: their recall is 0, and accuracy hides it, since they "
                "are few."
            ),
            "a278470570": (
                "of those called healthy 99 in 100 are: is the fault in what it says of them?"
            ),
            "a7d73c17c4": (
                "the standard error tells how steady a figure is: is an unsteady figure what is "
                "wrong here?"
            ),
        },
    ),
)
