"""The rows of `doors.py`: one for each public function, one parameter after the other."""

import importlib
import warnings
from dataclasses import replace
from numbers import Real
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import MagicMock

import matplotlib.pyplot as plt
import numpy as np
from conftest import random_network
from doors import (
    BAD,
    Param,
    Row,
    anything,
    array,
    count,
    fits_network,
    names_of,
    network,
    number,
    one_of,
    spoilt,
)
from sklearn.exceptions import ConvergenceWarning

import nnlib
from nnlib import plots
from nnlib.labs import augment, autograd, estimator, optimizers, own_digit, regularisation, speed
from nnlib.live.turn import turn
from nnlib.network import ACTIVATIONS
from nnlib.plumbing import sources

SIZES = [4, 5, 3]
M = 6
ALL = ("nnlib", "nnlib.plots", "nnlib.check", "nnlib.live")  # rooms whose names are what they offer
LESSONS = ("data", "network", "loss", "backprop", "training", "evaluation")


def params():
    return random_network(SIZES)


def images():
    return np.random.default_rng(1).random((M, 4))


def labels():
    return np.array([0, 2, 1, 1, 0, 2])


def layers():
    return nnlib.forward(params(), images())


def logits():
    return layers()[-1]


def slopes():
    return nnlib.backward(params(), layers(), labels())


def counts():
    return np.array([[5, 1, 0], [0, 4, 2], [1, 0, 6]])


def beliefs():
    return nnlib.softmax(logits())


def pixels():
    return np.arange(24, dtype=np.uint8).reshape(6, 4) * 11


def rng():
    return np.random.default_rng(0)


def mnist_like(m=2):
    return np.random.default_rng(2).random((m, 784))


def six(**changed):
    parts = {
        "X_train": images(),
        "y_train": labels(),
        "X_valid": images()[:4],
        "y_valid": labels()[:4],
        "X_test": images(),
        "y_test": labels(),
    }
    return SimpleNamespace(**(parts | changed))


HISTORY = nnlib.train(params(), six(), epochs=2)
RUNS = nnlib.Runs()
RUNS.add(HISTORY)

# ---------------------------------------------------------------------- parameters that recur

PARAMS = network(params, SIZES)
LOOSE = network(params, SIZES, kinds="fiub", finite=False)  # the hot loop looks at types and shapes
STEPPED = network(params, SIZES, finite=False, said=r"\bparams\b|\bgrads\b|\b[Wb]\d\b")
GRADS = network(slopes, SIZES, kinds="fiub", finite=False, said=r"\bgrads\b|\bd?[Wb]\d\b")
ONES = array(images, (None, 4), said=r"\b[Xy]\b|\bW1\b")
ANY_X = array(images, (None, 4), "fiub", finite=False, said=r"\b[Xy]\b|\bW1\b")
LABELS = array(labels, (M,), "iu", low=0, high=2)
ANY_LABELS = array(labels, (None,), "iu", low=0)
ACTIVATION = one_of("relu", *ACTIVATIONS)
REAL = array(logits, None, "fiub", lists=True, finite=False, empty=True)  # any shape
DTYPE = one_of(np.float64, np.float64, np.float32, "float64", "float32")
RNG = Param(rng, lambda v: isinstance(v, np.random.Generator))
SEED = count(3, at_least=0)
RATE = number(0.25, above=0)
C = array(counts, (None, None), "iu", low=0, high=2**53)
P = array(beliefs, (M, 3), low=0, high=1, said=r"\bP\b|\by_hat\b")
OTHER = "is a value of the user's own: whatever it raises is the user's"
FUNCTIONS = ("class", "function", "module")


def function(good, **more):
    """A function: whatever can be called may pass, and raise what it likes."""
    return Param(lambda: good, **{"may": callable, "skip": ("class",)} | more)


def optional(param):
    """The same, where None means something."""
    return Param(
        param.good, lambda v: v is None or param.may(v), param.must, param.more, param.said
    )


def digits(**more):
    """Digits: what else has images and labels may pass."""

    def fits(value):
        return isinstance(value, (SimpleNamespace, nnlib.Digits))

    return Param(
        six,
        fits,
        said=r"\bdigits\b|[Xy]_(train|valid)\b|\by must\b|\bW1 must\b",
        more=lambda: parts_spoilt(),
    )


def parts_spoilt():
    """Digits with one part spoilt: all of them must be refused."""
    made = {}
    for part, good in (("X_train", images()), ("y_train", labels()), ("X_valid", images()[:4])):
        for label in (
            "one row short",
            "turned round",
            "as list",
            "as text",
            "as objects",
            "NaN inside",
            "masked good",
            "as table",
            "as complex",
            "flat",
        ):
            if label in spoilt(good):
                made[f"{part} {label}"] = Spoilt(**vars(six(**{part: spoilt(good)[label]})))
    return made


class Spoilt(SimpleNamespace):
    """Digits that must be refused."""


def listed(good, n=None, none=True):
    """A list of n things of any kind."""

    def fits(value):
        if value is None:
            return none
        try:
            return not isinstance(value, (str, bytes, dict, set)) and (n is None or len(value) == n)
        except TypeError:
            return False

    return Param(lambda: list(good), fits)


# --------------------------------------------------------------------------------- the rows

ROWS = {}


def row(function, named=None, /, call=None, **settings):
    """Add a row: settings in capitals aside, each keyword is a parameter."""
    own = {
        k: settings.pop(k)
        for k in ("sound", "after", "nan", "bare", "errors", "changes")
        if k in settings
    }
    ROWS[named or f"{function.__module__}.{function.__qualname__}"] = Row(
        call or function, settings, **own
    )


# lesson 1
row(
    nnlib.scale_pixels,
    pixels=array(pixels, None, "fiub", lists=True, low=0, high=255, empty=True),
    dtype=DTYPE,
)
row(
    nnlib.one_hot,
    y=array(labels, (None,), "iu", low=0, high=2),
    n_classes=count(3, 3, 10**6, said=r"classes\b"),
    dtype=Param(lambda: np.float64, lambda v: v in (bool, int, float) or isinstance(v, np.dtype)),
)
row(
    nnlib.split_by_class,
    y=ANY_LABELS,
    rng=RNG,
    changes=("rng",),
    fractions=array(lambda: np.array([0.5, 0.25, 0.25]), (None,), "fi", low=0, high=1, lists=True),
)

# lesson 2
BARE = "one NumPy call on a page, the same for every kind of number"
row(nnlib.relu, Z=REAL, bare=BARE)
row(nnlib.sigmoid, Z=REAL, nan=True)
row(nnlib.tanh, Z=REAL, nan=True)
row(
    nnlib.init_params,
    sizes=listed(SIZES, none=False),
    init=function("he", said="init"),
    seed=SEED,
    dtype=DTYPE,
)
row(
    nnlib.check_shapes,
    params=LOOSE,
    X=ANY_X,
    y=Param(
        labels,
        lambda v: v is None or getattr(v, "shape", None) == (M,),
        more=lambda: spoilt(labels()),
    ),
)
row(nnlib.forward, params=LOOSE, X=ANY_X, activation=ACTIVATION, nan=True)
row(nnlib.predict, params=PARAMS, X=ONES, activation=ACTIVATION)
row(
    nnlib.accuracy,
    y=array(labels, (M,), "fiub", lists=True),
    y_hat=array(labels, (M,), "fiub", lists=True),
)

# lesson 3
row(nnlib.softmax, Z=REAL, nan=True)
row(nnlib.log_softmax, Z=array(logits, None, "fiub", lists=True, empty=True))
row(nnlib.cross_entropy, Z=array(logits, (M, None)), y=LABELS)

# lesson 4
A = Param(
    layers,
    lambda v: isinstance(v, (list, tuple)) and len(v) == 3,
    said=r"\bA\b|\bX\b|\bZ\b|\bW\d\b",
    more=lambda: {
        "a layer less": layers()[:2],
        "no layers at all": [],
        "the other order": layers()[::-1],
        "lists inside": [a.tolist() for a in layers()],
        "text inside": [a.astype(str) for a in layers()],
        "a row short": [*layers()[:2], layers()[2][1:]],
        "NaN in the logits": [*layers()[:2], layers()[2] * np.nan],
        "a hidden row short": [layers()[0], layers()[1][1:], layers()[2]],
        "None inside": [layers()[0], None, layers()[2]],
    },
)
row(nnlib.backward, params=LOOSE, A=A, y=LABELS, activation=ACTIVATION)
for name in ("relu", "sigmoid", "tanh"):
    row(getattr(importlib.import_module("nnlib.backprop"), f"{name}_derivative"), A=REAL, bare=BARE)
row(
    nnlib.numerical_gradient,
    f=function(lambda: 0.5),
    theta=array(images, None, finite=False, alike=False),
    h=number(1e-3, above=0),
    entries=optional(
        array(lambda: np.array([0, 2]), (None,), "iu", low=0, high=23, lists=True, empty=True)
    ),
)
GRADIENT = array(logits, (M, 3), "fiub", lists=True, finite=False)
row(nnlib.relative_error, a=GRADIENT, n=GRADIENT, nan=True)
row(
    nnlib.gradient_check,
    params=PARAMS,
    X=ONES,
    y=LABELS,
    activation=ACTIVATION,
    backward=function(nnlib.backward),
    h=number(1e-5, above=0),
    n_entries=count(2),
    dtype=DTYPE,
)

# lesson 5
row(
    nnlib.batches,
    call=lambda **given: list(nnlib.batches(**given)),
    m=count(6),
    batch_size=count(2, none=True),
    rng=RNG,
    sound=lambda parts: len(parts) > 0,
)
CHANGED = {"changes": ("params", "state"), "nan": True}
ANY_RATE = number(0.25)
row(
    nnlib.update,
    params=STEPPED,
    grads=GRADS,
    learning_rate=ANY_RATE,
    state=anything(None),
    **CHANGED,
)
row(nnlib.add_l2, params=STEPPED, grads=GRADS, l2=number(0.5), nan=True)
STATE = Param(dict, lambda v: isinstance(v, dict))
BETA = number(0.5, at_least=0, at_most=1)
row(
    nnlib.momentum,
    params=STEPPED,
    grads=GRADS,
    learning_rate=ANY_RATE,
    state=STATE,
    beta=BETA,
    **CHANGED,
)
row(
    nnlib.adam,
    params=STEPPED,
    grads=GRADS,
    learning_rate=ANY_RATE,
    state=STATE,
    beta1=BETA,
    beta2=BETA,
    epsilon=number(1e-3, above=0, at_most=1),
    **CHANGED,
)
row(
    nnlib.train,
    params=PARAMS,
    digits=digits(),
    learning_rate=RATE,
    batch_size=count(4, none=True),
    epochs=count(2),
    activation=ACTIVATION,
    optimizer=function("sgd", more=lambda: {"unknown": "sdg"}),
    l2=number(0.25, at_least=0),
    seed=SEED,
    print_every=count(1, none=True),
    watch=function(lambda history: True, may=lambda v: v is None or callable(v)),
)

# lesson 6
row(nnlib.standard_error, accuracy=number(0.5, at_least=0, at_most=1), m=count(6))
row(nnlib.confusion_matrix, y=LABELS, y_hat=LABELS, n_classes=count(3, 3, 10**4, said=r"classes\b"))
row(nnlib.precision_recall_f1, C=C)
row(nnlib.most_confused, C=C, n=count(2))
row(nnlib.calibration, P=P, y=LABELS, n_bins=count(4, 1, 10**6), nan=True)

# files, threads, runs
row(nnlib.limit_threads, n=count(1, 1, 1024))

FOLDER = {}  # "tmp": where a test may write


def saved(name="w.npz"):
    """Return the path of a file with weights, written anew."""
    path = FOLDER["tmp"] / name
    nnlib.save_params(path, params(), "relu")
    return path


def place(name="new.npz"):
    """Return a path that can be written."""
    return FOLDER["tmp"] / name


def a_path(good, **more):
    """A path: text of all kinds may be one, and then there is no such file, or one is made."""
    return Param(
        good, lambda v: isinstance(v, (str, Path)), **{"said": r"\bpath\b|file|folder"} | more
    )


def weights_or_history(value):
    return isinstance(value, nnlib.plumbing.history.History) or any(
        fits_network(value, sizes) for sizes in (SIZES, SIZES[1:])
    )


row(nnlib.load_params, path=a_path(saved))
row(
    nnlib.save_params,
    path=a_path(place),
    params=network(params, SIZES, may=weights_or_history),
    activation=one_of("relu", None, *ACTIVATIONS),
)
row(
    nnlib.resume,
    history=Param(lambda: HISTORY, lambda v: False),
    digits=digits(said=r"\bdigits\b|[Xy]_(train|valid)\b|images"),
    epochs=count(1),
    optimizer=one_of(None, None, "sgd", nnlib.update, said=r"\boptimizer\b|steps with"),
    print_every=count(1, none=True),
    watch=function(lambda history: True, may=lambda v: v is None or callable(v)),
)
row(
    nnlib.Digits,
    "nnlib.Digits",
    bare="holds what it is given: train, resume and predict look at it",
    **{name: anything(None) for name in names_of(nnlib.Digits)},
)
row(
    nnlib.plumbing.history.History.predict,
    "nnlib.History.predict",
    call=lambda X: HISTORY.predict(X),
    X=ONES,
)


def runs():
    collection = nnlib.Runs()
    collection.add(HISTORY)
    return collection


row(
    nnlib.Runs.add,
    "nnlib.Runs.add",
    call=lambda history, notes: runs().add(history, note=notes),
    history=Param(lambda: HISTORY, must=lambda: {"a list": [HISTORY], "a tuple": (HISTORY,)}),
    notes=anything("first"),
)
row(
    nnlib.Runs.find,
    "nnlib.Runs.find",
    call=lambda line: runs().find(line),
    line=Param(lambda: next(iter(runs()))),
)
row(
    nnlib.Runs.remove,
    "nnlib.Runs.remove",
    call=lambda number: runs().remove(number),
    number=count(1, 1, 1, said=r"\brun\b"),
)
row(nnlib.Runs.save, "nnlib.Runs.save", call=lambda path: runs().save(path), path=a_path(place))
row(
    nnlib.Runs.load,
    "nnlib.Runs.load",
    call=lambda path: nnlib.Runs.load(path),
    path=a_path(lambda: saved_runs()),
)


def saved_runs():
    runs().save(place("runs.npz"))
    return place("runs.npz")


MANY = (
    np.arange(5000, dtype=np.uint8)[:, None] % 200,
    np.repeat(np.arange(10, dtype=np.uint8), 500),
)


def load_digits(**given):
    """Call load_digits with 5,000 images of one pixel in the bundled ones' place."""
    real, sources.read_bundled = sources.read_bundled, lambda: MANY
    try:
        return nnlib.load_digits(**given)
    finally:
        sources.read_bundled = real


row(
    nnlib.load_digits,
    call=load_digits,
    source=a_path(
        lambda: "bundled",
        said=r"\bsource\b|file|address|folder",
        skip=("long text", "5,000 digits", "hostile"),
    ),
    n_valid=count(500, 1, 3990, none=True, said=r"\bn_valid\b|validate", skip=("uint8",)),
    seed=SEED,
    dtype=optional(DTYPE),
    n_classes=count(10, 2, said=r"\bn_classes\b|label"),
)


def drawing():
    page = np.ones((28, 28))
    page[6:22, 12:16] = 0
    return page


IMAGE = r"\bpicture\b|zip|\bpixels?\b|file|folder|NaN|ink\b|\bis a picture\b|digit"
row(
    nnlib.read_image,
    picture=Param(drawing, lambda v: True, said=IMAGE, more=lambda: spoilt(drawing())),
)
row(
    nnlib.read_images,
    folder=Param(
        lambda: pictures(), lambda v: isinstance(v, (str, Path)), said="folder|pictures|file"
    ),
)


def pictures():
    from PIL import Image

    folder = FOLDER["tmp"] / "pictures"
    folder.mkdir(exist_ok=True)
    Image.fromarray((drawing() * 255).astype(np.uint8)).save(folder / "one.png")
    return folder


# ---------------------------------------------------------------------------------- pictures

IMAGES = array(
    lambda: mnist_like()[:, :16],
    (None, None),
    "fiub",
    finite=False,
    alike=False,
    said=r"\bX\b|\btitles\b|\by\b",
)


def texts(good, n, none=True, **more):
    """A list of texts or numbers."""

    def fits(value):
        if value is None:
            return none
        if isinstance(value, (str, bytes, dict, set)) or not hasattr(value, "__len__"):
            return False
        values = list(value) if np.ndim(value) == 1 or isinstance(value, (list, tuple)) else [[]]
        return len(values) == n and all(v is None or isinstance(v, (str, Real)) for v in values)

    return Param(lambda: list(good), fits, **more)


TEXTS = texts("ab", 2)
TEXT = Param(lambda: "words", lambda v: isinstance(v, str))
COLUMNS = count(2, 1, 100)
NUMBERS = array(lambda: np.array([0.5, 0.25]), (2,), "fiub", lists=True)


AXES = MagicMock()


class Stand:
    """In the page's place: what is drawn goes nowhere, and costs no time."""

    def new_figure(self, rows=1, columns=1, size=None, squeeze=True, **options):
        axes = np.empty((rows, columns), object)
        for place in np.ndindex(axes.shape):
            axes[place] = AXES
        return (
            MagicMock(),
            axes if not squeeze else axes.item() if axes.size == 1 else axes.squeeze(),
        )


def staged(draw):
    """Return a drawing function that draws on a stand-in."""

    def call(**given):
        plots.STAGE.append(Stand())
        try:
            return draw(**given)
        finally:
            plots.STAGE.pop()

    return call


FIGURE = {"sound": lambda figure: hasattr(figure, "savefig")}
plt.rcParams["figure.max_open_warning"] = 0
IMAGE_28 = array(lambda: mnist_like()[0], (784,), "fiub", lists=True)

row(
    plots.new_figure,
    "nnlib.plots.new_figure",
    call=lambda options, **given: plots.new_figure(**given, **options),
    sound=lambda made: hasattr(made[0], "savefig"),
    nan=True,
    after=lambda: plt.close("all"),
    rows=count(1, 1, 100),
    columns=count(2, 1, 100),
    size=array(lambda: np.array([4.0, 3.0]), (2,), "fiub", low=0.1, high=200, lists=True),
    options=Param(dict, lambda v: v == {}, skip=tuple(BAD)),
)
row(plots.show, "nnlib.plots.show", words=TEXT)
row(
    plots.course,
    "nnlib.plots.course",
    name=TEXT,
    values=array(lambda: np.array([0.5, 0.25]), (None,), "fiub", lists=True, finite=False),
    digits=count(2, 0, 20),
)
row(plots.style, "nnlib.plots.style", k=count(3, 0))
row(
    plots.show_digits,
    "nnlib.plots.show_digits",
    call=staged(plots.show_digits),
    X=IMAGES,
    titles=TEXTS,
    columns=COLUMNS,
    wrong=optional(array(lambda: np.array([True, False]), (2,), "fiub", lists=True)),
    **FIGURE,
)
row(plots.side_of, "nnlib.plots.side_of", name=anything("X"), X=IMAGES)
row(
    plots.show_weights,
    "nnlib.plots.show_weights",
    call=staged(plots.show_weights),
    W=array(lambda: mnist_like()[:, :16].T.copy(), (16, None), "fiu", alike=False),
    titles=TEXTS,
    columns=COLUMNS,
    **FIGURE,
)
row(
    plots.learning_curves,
    "nnlib.plots.learning_curves",
    call=staged(plots.learning_curves),
    histories=Param(lambda: [HISTORY, HISTORY], said="histories"),
    names=TEXTS,
    **FIGURE,
)
row(
    plots.predictions,
    "nnlib.plots.predictions",
    call=staged(plots.predictions),
    X=IMAGES,
    y=array(lambda: np.array([0, 2]), (2,), "fiub", low=0, high=2, lists=True),
    P=array(lambda: beliefs()[:2], (2, None), low=0, high=1),
    columns=COLUMNS,
    names=texts("abc", 3),
    **FIGURE,
)
row(
    plots.confusion,
    "nnlib.plots.confusion",
    call=staged(plots.confusion),
    C=C,
    title=Param(lambda: "title", lambda v: v is None or isinstance(v, str)),
    ax=one_of(None, None),
    share=Param(lambda: False, lambda v: isinstance(v, (bool, np.bool_)), said=r"\bshare\b|\bC\b"),
    names=texts("abc", 3),
    **FIGURE,
)
row(
    plots.flow,
    "nnlib.plots.flow",
    call=staged(plots.flow),
    values=texts("XZ", 2, none=False, said="values|steps"),
    steps=texts("W", 1, none=False),
    inputs=texts("b", 1),
    **FIGURE,
)
row(
    plots.backward_flow,
    "nnlib.plots.backward_flow",
    call=staged(plots.backward_flow),
    values=texts("XZ", 2, none=False, said="values|steps"),
    start=texts("JP", 2, none=False),
    steps=texts("W", 1, none=False),
    inputs=texts(["b", None], 2),
    **FIGURE,
)
row(
    plots.neuron,
    "nnlib.plots.neuron",
    call=staged(plots.neuron),
    x=replace(NUMBERS, said=r"\b[xw]\b"),
    w=NUMBERS,
    z=number(0.25),
    names=TEXTS,
    below=TEXT,
    above=TEXT,
    **FIGURE,
)
row(
    plots.products,
    "nnlib.plots.products",
    call=staged(plots.products),
    x=IMAGE_28,
    w=IMAGE_28,
    xw=IMAGE_28,
    words=TEXT,
    **FIGURE,
)
row(
    plots.network,
    "nnlib.plots.network",
    call=staged(plots.network),
    x=IMAGE_28,
    layers=Param(
        lambda: [np.ones(2), np.ones(3)], lambda v: all(REAL.may(a) for a in v), said="layers|sent"
    ),
    sent=Param(lambda: [np.ones((2, 3))], lambda v: v is None, said="sent"),
    names=Param(lambda: [None, ["a", "b", "c"]], lambda v: v is None or len(v) == 2),
    titles=texts("abc", 3),
    **FIGURE,
)

# -------------------------------------------------------------------------------------- labs

COUNT = count(2, 1, 10**5)
LIMIT = number(0.5, at_least=-1e6, at_most=1e6)
X784 = array(mnist_like, (None, 784), "fiub", alike=False)
row(augment.shift_images, X=X784, down=count(1, -28, 28), right=count(-2, -28, 28))
row(
    augment.affine_fields,
    m=COUNT,
    rng=RNG,
    degrees=LIMIT,
    zoom=LIMIT,
    shear=LIMIT,
    shift=LIMIT,
    changes=("rng",),
)
row(augment.smoothing_matrix, sigma=number(4.0, at_least=0.1, at_most=1e6), n=count(28, 1, 10**4))
row(
    augment.elastic_fields,
    m=COUNT,
    rng=RNG,
    strength=LIMIT,
    sigma=number(4.0, at_least=0.1, at_most=1e6),
    changes=("rng",),
)
row(
    augment.bilinear,
    X=replace(X784, said=r"\bX\b|fields"),
    fields=array(lambda: augment.elastic_fields(2, rng()), (2, 2, 28, 28), alike=False),
)
row(augment.upright, X=X784, width=optional(number(13, at_least=1)))
row(
    augment.distort,
    X=array(mnist_like, (None, 784), "f", alike=False),
    rng=RNG,
    affine=replace(listed((12, 0.1, 0.1, 1), 4), said="affine|degrees|zoom|shear|shift"),
    elastic=replace(listed((34, 4), 2), said="elastic|strength|sigma"),
    changes=("rng",),
)


def pairs_of_arrays(value):
    """Return whether a value lists pairs of arrays of numbers, whatever their shapes."""
    return all(
        fits_network([pair], [*pair[0].shape], "fiub", False) or pair[1].ndim for pair in value
    )


row(optimizers.zeros_like, params=replace(LOOSE, may=pairs_of_arrays), nan=True)
row(optimizers.decayed_rate, learning_rate=ANY_RATE, step=count(1, 0, 4), steps=count(4, 1))


def masks():
    return regularisation.dropout_masks([5], M, 0.5, rng())


def dropped():
    return regularisation.forward_dropout(params(), images(), masks())


row(
    regularisation.dropout_masks,
    sizes=listed([5], none=False),
    m=COUNT,
    p=number(0.5, at_least=0, below=1),
    rng=RNG,
    dtype=DTYPE,
    changes=("rng",),
)
MASKS = Param(
    masks,
    lambda v: False,
    said=r"\bmasks\b",
    more=lambda: {
        "as list": [masks()[0].tolist()],
        "turned": [masks()[0].T],
        "a row": [masks()[0][:1]],
        "text": [masks()[0].astype(str)],
        "one more": masks() * 2,
    },
)
row(
    regularisation.forward_dropout,
    params=LOOSE,
    X=replace(ANY_X, said=r"\bX\b|\bW1\b|masks"),
    masks=MASKS,
    nan=True,
)
row(regularisation.backward_dropout, params=LOOSE, A=A, y=LABELS, masks=MASKS)
row(
    regularisation.committee,
    members=Param(lambda: [params(), params()], said=r"\bmembers\b|\bparams\b|\bW1\b"),
    X=ANY_X,
    activation=ACTIVATION,
    nan=True,
)


def product(*shape):
    return lambda: np.random.default_rng(3).random(shape)


OF = r"\b[ABC]\b|Weights"
row(
    speed.add_product,
    C=array(product(4, 3), (4, 3), finite=False, alike=False, said=OF),
    A=array(product(6, 4), (6, 4), finite=False, alike=False, said=OF),
    B=array(product(6, 3), (6, 3), finite=False, alike=False, said=OF),
    alpha=number(0.5),
    beta=number(0.5),
    changes=("C",),
    nan=True,
)
STEP = {
    "params": network(params, SIZES, finite=False, said=r"\bparams\b|\b[Wb]\d\b|Weights"),
    "X": array(images, (None, 4), finite=False, alike=False, said=r"\b[XyW]\d?\b"),
    "y": LABELS,
}
row(speed.slopes, **STEP, nan=True)
row(speed.sgd_step, **STEP, learning_rate=ANY_RATE, l2=number(0.5), **CHANGED)
row(
    speed.momentum_step,
    **STEP,
    learning_rate=ANY_RATE,
    state=STATE,
    beta=BETA,
    l2=number(0.5),
    **CHANGED,
)


def tensor():
    return autograd.Tensor(logits())


def tensors(value):
    return isinstance(value, autograd.Tensor) or REAL.may(value)


OPERAND = Param(tensor, tensors, said=r"\b[ABZ]\b|\bvalue\b")
INNER = "carries a slope inside `gradients`"
row(autograd.Tensor, value=REAL, paths=Param(tuple, lambda v: v == (), skip=tuple(BAD)))
for of in ("as_tensor", "total"):
    row(getattr(autograd, of), A=OPERAND)
for of in ("rectify", "log_probabilities"):
    row(getattr(autograd, of), Z=OPERAND)
for of in ("add", "multiply"):
    row(getattr(autograd, of), A=OPERAND, B=OPERAND, nan=True)
row(
    autograd.matmul,
    A=OPERAND,
    B=Param(lambda: autograd.Tensor(product(3, 2)()), tensors, said=OF + "|value"),
    nan=True,
)
row(autograd.unbroadcast, dC=anything(logits()), shape=anything((6, 3)), bare=INNER)
ROOT = autograd.total(tensor())
row(
    autograd.gradients,
    J=Param(lambda: ROOT, lambda v: isinstance(v, autograd.Tensor)),
    wanted=Param(lambda: [ROOT], lambda v: v in ([], ())),
)

PAGE = "lab 9's inner steps: read_image stands before them"
INK = drawing()[::-1] < 0.5
for of in (
    "centre_of_mass",
    "border_of",
    "uneven_ink",
    "find_ink",
    "connected_parts",
    "keep_digit",
    "box_of",
    "centred",
    "normalise",
    "split_digits",
):
    inner = getattr(own_digit, of)
    (only,) = names_of(inner)
    row(inner, bare=PAGE, **{only: Param(lambda: 1.0 * INK, lambda v: True)})
row(own_digit.fit_box, bare=PAGE, ink=Param(lambda: 1.0 * INK, lambda v: True), size=anything(20))
row(own_digit.area_matrix, bare=PAGE, n=anything(28), n_out=anything(20))
for of in ("local_mean", "local_max"):
    row(
        getattr(own_digit, of),
        bare=PAGE,
        image=Param(lambda: 1.0 * INK, lambda v: True),
        reach=anything(2),
    )


# ------------------------------------------------------------- on top: live, estimator, check

row(
    turn,
    "nnlib.live.turn",
    call=lambda draw, handles: turn(draw, k=handles),
    draw=function(lambda k: None, said=r"\bdraw\b"),
    handles=Param(
        lambda: (1, 5),
        lambda v: isinstance(v, (list, range)) or (isinstance(v, np.ndarray) and v.ndim == 1),
        said=r"\bk\b",
    ),
)


class Wide:
    """What a pad needs of a history."""

    params, activation = random_network([784, 3, 10]), "relu"


def pad(history):
    from nnlib.live import Pad

    return Pad(history)


def ratelab(**given):
    from nnlib.live import RateLab

    return RateLab(**given)


row(pad, "nnlib.live.Pad", history=Param(Wide))
row(ratelab, "nnlib.live.RateLab", digits=digits(), runs=Param(runs, lambda v: v is None))
FLAG = Param(lambda: True, lambda v: isinstance(v, (bool, np.bool_)))


def fit(**settings):
    """Fit an estimator with these settings."""
    settings = {"hidden": (3,), "epochs": 2, "random_state": 0} | settings
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # at rates that diverge
        return estimator.NetworkClassifier(**settings).fit(
            np.tile(images(), (3, 1)), np.tile(labels(), 3)
        )


row(
    estimator.NetworkClassifier,
    call=fit,
    hidden=listed((3,), none=False),
    activation=ACTIVATION,
    init=function("he", said="init"),
    optimizer=function("sgd"),
    learning_rate=RATE,
    batch_size=count(4, none=True),
    epochs=count(1, 1, 300),
    l2=number(0.25, at_least=0),
    early_stopping=FLAG,
    validation_fraction=number(0.5, above=0, below=1, skip=("1e-320",)),
    patience=count(5),
    random_state=Param(lambda: 0, skip=tuple(BAD)),
    warm_start=FLAG,
)
