"""Checks of lesson 1: digits as arrays."""

import numpy as np

from nnlib import data
from nnlib.check.parts import play_prepare, play_split
from nnlib.check.progress import noted
from nnlib.check.sealed import Choice, Value
from nnlib.check.written import Written, judge, like, perhaps, when

PAGE = (
    "scale_pixels",
    "pixels without ink",
    "one_hot",
    "patient A",
    "nearest_image",
    "prepare",
)

SCALE_PIXELS = Written(
    "scale_pixels(pixels)",
    data.scale_pixels,
    cases=(
        (np.array([[30, 51, 200, 102], [10, 250, 120, 90], [77, 60, 20, 199]], np.uint8),),
        (np.array([0, 255, 128, 1, 254], np.uint8),),
        (np.arange(40, 76, 3, dtype=np.uint8).reshape(2, 3, 2),),
    ),
    praise="0 becomes 0, 255 becomes 1, and the shape stays.",
    doubts=(
        like(lambda p: p / 1.0, "the numbers still go up to 255: what should 255 become?"),
        like(lambda p: p / 256, "255 becomes 0.996, not 1: how many steps lead from 0 to 255?"),
        like(lambda p: p // 255, "all but 255 become 0: is that a division of whole numbers?"),
        like(
            lambda p: p / p.max(),
            "the largest number is always 1: should the same grey become another number in a "
            "darker picture?",
        ),
        like(
            lambda p: (p - p.min()) / np.float64(p.max() - p.min()),
            "the numbers always reach from 0 to 1: should the same grey become another number in "
            "another picture?",
        ),
        like(lambda p: 1 - p / 255, "paper became 1 and ink 0: is that a negative?"),
        like(lambda p: p / 127.5 - 1, "the numbers go from -1 to 1: should paper not be 0?"),
        perhaps(
            lambda case, want, got: np.min(got) < 0,
            "some numbers are negative: was a mean taken off, when only a division is wanted?",
        ),
    ),
)


def scale_pixels(function):
    """Check ``scale_pixels(pixels)``: bytes 0…255, of any shape, to numbers from 0 to 1."""
    return noted(judge(SCALE_PIXELS, function))


def columns_at(y, n_classes=10):
    """Write ones into whole columns: a typical mistake."""
    Y = np.zeros((len(y), n_classes))
    Y[:, y] = 1
    return Y


ONE_HOT = Written(
    "one_hot(y, n_classes=10)",
    data.one_hot,
    cases=(
        (np.array([5, 0, 9]), 10),
        (np.array([2, 0, 1, 2, 2]), 4),
        (np.array([3]), 5),
        (np.array([1, 1, 7, 0]),),
    ),
    praise="each row holds a single 1, at its label's place.",
    doubts=(
        like(
            lambda y, n=10: np.eye(n)[:, y],
            "each column holds one 1, not each row: is the result on its side?",
        ),
        like(
            columns_at,
            "a row holds several ones: does `Y[:, y]` mean every row, where each row has only one "
            "label?",
        ),
        like(
            lambda y, n=10: np.eye(n)[y - 1],
            "every 1 stands one column too far left: does counting start at 0?",
        ),
        like(
            lambda y, n=10: np.eye(n + 1)[y + 1][:, :n],
            "every 1 stands one column too far right: does counting start at 0?",
        ),
        like(
            lambda y, n=10: np.eye(n)[y] * y[:, None],
            "the label itself stands at its place: should it not be a 1?",
        ),
        like(
            lambda y, n=10: np.eye(y.max() + 1)[y],
            "there are as many columns as the largest label here asks for: what if no 9 is among "
            "the images?",
        ),
        like(lambda y, n=10: np.zeros((len(y), n)), "every number is 0: was the 1 ever written?"),
        like(lambda y, n=10: 1 - np.eye(n)[y], "zeros and ones have changed places: `!=` or `==`?"),
        when(
            lambda case, want, got: np.shape(got) == np.shape(want)[::-1],
            "the result is on its side: are rows the images?",
        ),
        when(
            lambda case, want, got: np.ndim(got) == 1,
            "the result is one long row: is there a row for each image?",
        ),
    ),
)


def one_hot(function):
    """Check ``one_hot(y, n_classes)``: labels (m,) to rows of zeros and ones (m, n_classes)."""
    return noted(judge(ONE_HOT, function))


SPLIT_BY_CLASS = Written(
    "split_by_class(y, fractions, rng)",
    data.split_by_class,
    cases=(
        (np.repeat([0, 1, 2], [20, 10, 30]), (0.7, 0.1, 0.2), 0),
        (np.array([0, 2, 1] * 21), (0.5, 0.5), 3),
    ),
    praise="every row is in one part, every class is shared out, and rng decides which goes where.",
    play=play_split,
)


def split_by_class(function):
    """Check ``split_by_class(y, fractions, rng)``: row numbers in parts, class by class."""
    return noted(judge(SPLIT_BY_CLASS, function))


def nearest(X_train, y_train, X):
    """Return the label of the nearest training image for each image."""
    D = ((X[:, None] - X_train) ** 2).sum(axis=2)
    return y_train[D.argmin(axis=1)]


def some_points(seed, m, n, k):
    """Return m points in n dimensions, labels, and k more points."""
    rng = np.random.default_rng(seed)
    return rng.random((m, n)).round(2), rng.integers(0, 10, m), rng.random((k, n)).round(2)


NEAREST_IMAGE = Written(
    "nearest_image(X_train, y_train, X)",
    nearest,
    cases=(some_points(2, 9, 5, 7), some_points(5, 6, 3, 11), some_points(8, 12, 4, 1)),
    praise="each image gets the label of the training image nearest to it.",
    doubts=(
        like(
            lambda X_train, y_train, X: ((X[:, None] - X_train) ** 2).sum(axis=2).argmin(axis=1),
            "these are row numbers of training images: whose label is the answer?",
        ),
        like(
            lambda X_train, y_train, X: ((X[:, None] - X_train) ** 2).sum(axis=2).min(axis=1),
            "these are distances: `min` says how near, which method says where?",
        ),
        like(
            lambda X_train, y_train, X: y_train[
                ((X[:, None] - X_train) ** 2).sum(axis=2).argmax(axis=1)
            ],
            "each image gets the label of the farthest one: largest or smallest distance?",
        ),
        like(
            lambda X_train, y_train, X: y_train[(X[:, None] - X_train).sum(axis=2).argmin(axis=1)],
            "darker pixels make up for lighter ones: were the differences squared before the sum?",
        ),
        like(
            lambda X_train, y_train, X: y_train[(X_train - X[:, None]).sum(axis=2).argmin(axis=1)],
            "lighter pixels make up for darker ones: were the differences squared before the sum?",
        ),
        like(
            lambda X_train, y_train, X: y_train[
                ((X[:, None] - X_train).sum(axis=2) ** 2).argmin(axis=1)
            ],
            "darker pixels make up for lighter ones: is it the sum that was squared, and not each "
            "difference?",
        ),
        like(
            lambda X_train, y_train, X: y_train[
                np.abs(X[:, None] - X_train).sum(axis=2).argmin(axis=1)
            ],
            "these are neighbours by another distance, the sum of absolute differences: was "
            "something to be squared?",
        ),
        like(
            lambda X_train, y_train, X: y_train[(X @ X_train.T).argmax(axis=1)],
            "the product alone prefers training images with much ink: what does the square of the "
            "difference hold besides it?",
        ),
        like(
            lambda X_train, y_train, X: nearest(X_train, y_train, X_train),
            "there is an answer for each training image: which images are to be read?",
        ),
    ),
)


def nearest_image(function):
    """Check ``nearest_image(X_train, y_train, X)``: labels (k,) of the nearest training images."""
    return noted(judge(NEAREST_IMAGE, function))


def prepared(table, fractions, rng):
    """Return a pair (X, Y) for each part of a table with the label last."""
    X, y = data.scale_pixels(table[:, :-1]), table[:, -1].astype(int)
    return [(X[rows], data.one_hot(y)[rows]) for rows in data.split_by_class(y, fractions, rng)]


def little_table(seed, per_class):
    """Return pixels 0…255 with a label at each row's end, sorted by label, no row twice."""
    rng = np.random.default_rng(seed)
    y = np.repeat(range(len(per_class)), per_class)
    pixels = rng.integers(0, 256, (len(y), 6))
    pixels[:, 0], pixels[0, 1], pixels[1, 1] = rng.permutation(len(y)), 0, 255
    return np.column_stack([pixels, y]).astype(np.uint8)


PREPARE = Written(
    "prepare(table, fractions, rng)",
    prepared,
    cases=(
        (little_table(0, [10, 20, 10]), (0.7, 0.1, 0.2), 0),
        (little_table(1, [6, 4]), (0.5, 0.5), 1),
    ),
    praise="scaled, split class by class, one-hot: a network could begin.",
    play=play_prepare,
)


def prepare(function):
    """Check ``prepare(table, fractions, rng)``: bytes with the label last to a list of (X, Y)."""
    return noted(judge(PREPARE, function))


VALUES = (
    Value(
        "pixels without ink",
        seals=("d0fe91937d",),
        digits=0,
        praise="the rim of 28 × 28 is hardly ever reached: weights there have nothing to learn.",
        wrong={
            784: "784 is every pixel: is one blank image enough, or must all of them be blank?",
            0: "0: was it asked for each image whether all of it is blank? Along which axis?",
            185: "185 is the validation part's number: which images are the training images?",
            121: "121 is the number in all 5,000 images: which part was asked for?",
            652: "652 pixels have ink in some image: how many are left?",
            592: "592 pixels are blank in the first image: and in all the others?",
            2215198: "that counts every blank pixel of every image: when is one blank in all?",
            287: "287 pixels are never quite black: is that what never inked means?",
        },
    ),
    Value(
        "most ink",
        seals=("07a60c42d5",),
        digits=0,
        praise="a thick 0, with more ink than any other training image.",
        wrong={
            407: "407 is a pixel, the darkest on average: along which axis is one image?",
            2807: "2807 has the most pixels with some ink: how much ink is in each of them?",
            0: "0: is it the largest single pixel that was looked for? Many images have a 1.",
            362: "362 is a row of the validation part: which images are the training images?",
            2653: "2653 has the least ink: argmin or argmax?",
            239: "239 is how much ink there is: in which row is it?",
        },
    ),
    Value(
        "nearest image",
        seals=("d6d777279e",),
        digits=3,
        praise="no training at all, and a hard baseline: lesson 6 sets it beside a network.",
        wrong={
            0.0: "no answer is right: are these row numbers, and not labels?",
            0.086: "as good as guessing: were labels taken from another part than the neighbours?",
            1.0: "all right is too good: was each image among those it was compared with?",
            0.1: "as good as guessing: were the differences squared before they were summed?",
            0.166: "hardly better than guessing: was the sum squared, and not each difference?",
            0.912: "close: is it the sum of absolute differences? Squared ones were asked for.",
            0.228: "bytes wrap: 100 - 200 is 156. Were the pixels turned into real numbers first?",
            0.774: "that is the nearest *mean* image: was each compared with every training image?",
            0.648: "the product alone prefers images with much ink: what else is in the square?",
        },
    ),
)

CHOICES = (
    Choice(
        "patient A",
        right="4457d3bd87",
        sentences={
            "4457d3bd87": (
                "two orders were drawn, one for the images and one for the labels. Draw "
                "one and use it twice."
            ),
            "8afd131369": (
                "no image is lost, and none is there twice: does each have its own label?"
            ),
            "bc425b5f22": (
                "each digit is there as often as before: does its label still belong to it?"
            ),
            "ce4fe70897": "the pixels still show digits: does a picture fit the label above it?",
        },
    ),
)
