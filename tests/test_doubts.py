"""What would be wrong without a word: pixels of another scale, networks that died, NaN."""

import re
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import nnlib
from nnlib.plumbing import plots
from nnlib.plumbing.arguments import doubt_pixels


@pytest.fixture(scope="module")
def X(digits):
    return digits.X_train[:600]


def scaled(digits, change, **more):
    """The digits with the images of the first two parts changed."""
    return SimpleNamespace(
        X_train=change(digits.X_train[:600]), y_train=digits.y_train[:600],
        X_valid=change(digits.X_valid), y_valid=digits.y_valid, **more,
    )  # fmt: skip


def eight(X):
    """Images of 8 × 8, as real numbers from 0 to 16, most of them whole."""
    return (
        X.reshape(-1, 28, 28)[:, 2:26, 2:26].reshape(-1, 8, 3, 8, 3).mean((2, 4)).reshape(-1, 64)
        * 16
    )


WRONG = {  # how images are spoilt: (the change, the cause that the sentence names)
    "int8": (lambda X: (X * 255).astype(np.uint8).view(np.int8) / 255, "int8.*np.uint8"),
    "scaled twice": (lambda X: X / 255, "scaled twice"),
    "8-bit by 65535": (lambda X: X * 255 / 65535, "scaled twice"),
    "means of pixels": (lambda X: X * 255 * 0.97, "divide by 255"),
    "16-bit": (lambda X: X * 65000.3, "16-bit.*65535"),
    "8 × 8": (eight, "divide by 16"),
    "turned round": (lambda X: 0.4 - X * 0.45, "never negative"),
}
RIGHT = {
    "scaled": lambda X: X,
    "float32": lambda X: X.astype(np.float32),
    "black and white": np.round,
    "standardised": lambda X: (X - X.mean()) / X.std(),
    "by column": lambda X: (X - X.mean(0)) / np.where(X.std(0) > 0, X.std(0), 1),
    "centred": lambda X: X - X.mean(0),
    "from -1 to 1": lambda X: 2 * X - 1,
    "less a half": lambda X: X - 0.5,
    "black": lambda X: 0 * X,
    "a little ringing": lambda X: X * 1.05,
}


@pytest.mark.parametrize("what", WRONG)
def test_pixels_of_another_scale_get_a_sentence_that_names_the_cause(X, what):
    change, words = WRONG[what]
    text = doubt_pixels("X_train", change(X))
    assert text.startswith("X_train goes from") and text.endswith(".") and len(text) <= 300
    assert re.search(words, text), text


@pytest.mark.parametrize("what", RIGHT)
def test_scaled_centred_and_standardised_pixels_pass_in_silence(X, what):
    assert doubt_pixels("X_train", RIGHT[what](X)) is None


def test_the_sentence_comes_once_on_stderr_and_stays_in_the_history(digits, capsys):
    params = nnlib.init_params([784, 10, 10])
    history = nnlib.train(params, scaled(digits, WRONG["int8"][0]), epochs=2)
    told = " ".join(capsys.readouterr().err.split())
    assert told.count(history.warning) == 1 and "int8" in history.warning
    assert nnlib.train(params, scaled(digits, lambda X: X), epochs=1).warning is None


def test_who_watches_shows_the_sentence_himself(digits, capsys):
    spoilt = scaled(digits, WRONG["scaled twice"][0])
    history = nnlib.train(nnlib.init_params([784, 10]), spoilt, epochs=1, watch=lambda h: None)
    assert history.warning and capsys.readouterr().err == ""


def test_features_that_are_no_pixels_are_spared(digits, capsys):
    features = scaled(digits, lambda X: np.round(X * 9) - 3, pixels=False)
    history = nnlib.train(nnlib.init_params([784, 10]), features, 0.001, epochs=1)
    assert history.warning is None and capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "X, words",
    [
        (np.arange(128.0).reshape(2, 64) % 17, "divide the pixels by 16"),
        (np.arange(128).reshape(2, 64) % 17, "divide the pixels by 16"),
        (np.arange(1568.0).reshape(2, 784) % 256, "divide the pixels by 255"),
        (np.full((2, 784), 40000, np.uint16), "divide the pixels by 65535"),
        ((np.arange(1568).reshape(2, 784) % 256).astype(np.uint8).view(np.int8), "np.uint8"),
        (np.ones((2, 784), bool), r"X.astype\(float\)"),
        (pd.DataFrame(np.ones((2, 784))), r"X.to_numpy\(\)"),
        (np.ma.masked_array(np.ones((2, 784))), r"X.filled\(0\)"),
        (np.ones((2, 784)).view(np.matrix), r"np.asarray\(X\)"),
    ],
    ids=str,
)
def test_the_cure_is_the_one_for_this_cause(X, words):
    with pytest.raises(ValueError, match=words):
        nnlib.predict(nnlib.init_params([X.shape[1], 3]), X)


def dying(digits, alive=0):
    """A network whose hidden units are off for all training images, and its digits."""
    params = nnlib.init_params([784, 10, 10], seed=3)
    params[0] = (params[0][0] * 0.01, params[0][1] - 5)
    X_valid = digits.X_valid.copy()
    X_valid[:alive] = 0.0
    X_valid[:alive, 0] = 1.0
    params[0][0][0] = 40.0  # the first pixel, which is always blank, would wake them
    params[1][0][:, 4] += 1  # then the answer is 4, and else 7
    params[1][1][7] += 1
    return params, SimpleNamespace(
        X_train=digits.X_train[:600], y_train=digits.y_train[:600],
        X_valid=X_valid, y_valid=digits.y_valid,
    )  # fmt: skip


@pytest.mark.parametrize("alive, words", [(0, "every validation image"), (2, "of 500 validation")])
def test_a_network_that_is_dead_or_as_good_as_dead_is_named(digits, capsys, alive, words):
    history = nnlib.train(*dying(digits, alive), 0.001, epochs=1)
    assert words in history.collapsed and "Collapsed" in capsys.readouterr().err
    assert len(history.collapsed) <= 300


def test_units_that_are_off_for_all_training_images_are_named_whatever_is_answered(digits):
    history = nnlib.train(*dying(digits, 250), 0.001, epochs=1)
    assert "no unit of hidden layer 1 is on for any training image" in history.collapsed


def test_units_that_are_on_for_later_images_only_are_not_off(digits):
    few = scaled(digits, lambda X: X * (np.arange(len(X)) >= 150)[:, None])  # first ones are blank
    few.X_valid = digits.X_valid
    (W, b), last = nnlib.init_params([784, 8, 10])
    history = nnlib.train([(W, b - 1e-3), last], few, 1e-9, batch_size=None, epochs=1)
    assert not nnlib.forward(history.params, few.X_train[:150])[1].any()
    assert nnlib.forward(history.params, few.X_train)[1].any() and history.collapsed is None


def test_a_network_that_works_and_a_class_that_rules_are_no_collapse(digits):
    assert nnlib.train(nnlib.init_params([784, 10, 10]), digits, epochs=2).collapsed is None
    ones = SimpleNamespace(
        X_train=digits.X_train[:100], y_train=np.ones(100, int),
        X_valid=digits.X_valid[:100], y_valid=np.ones(100, int),
    )  # fmt: skip
    assert nnlib.train(nnlib.init_params([784, 10, 10]), ones, epochs=2).collapsed is None


# --------------------------------------------------------------------------------- never NaN


def test_answers_of_weights_that_overflow_are_refused():
    params = [(np.full((4, 3), 1e200), np.zeros(3)), (np.full((3, 2), 1e200), np.zeros(2))]
    with pytest.raises(ValueError, match="not finite"):
        nnlib.predict(params, np.ones((2, 4)))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_loss_of_logits_that_are_no_numbers_is_refused(value):
    Z = np.array([[0.0, 1.0], [value, 2.0]])
    for call in (lambda: nnlib.log_softmax(Z), lambda: nnlib.cross_entropy(Z, np.array([0, 1]))):
        with pytest.raises(ValueError, match=r"Z\[1, 0\] is"):
            call()


@pytest.mark.parametrize("Z", [[[1.7e308, -1.7e308]], [[-1.7e308, 1.7e308]], [[1e308, 1.0]]])
def test_logits_further_apart_than_a_number_goes_have_finite_logarithms(Z):
    log_P = nnlib.log_softmax(Z)
    assert np.isfinite(log_P).all() and log_P.max() == 0


def test_an_overflow_between_two_records_ends_the_run_as_diverged(digits):
    history = nnlib.train(nnlib.init_params([784, 10, 10]), digits, 1e200, epochs=3)
    assert "not a number" in history.diverged and np.isnan(history.rows[-1]["loss"])
    assert all(np.isfinite(a).all() for pair in history.params for a in pair)


# ------------------------------------------------------------------- numbers of every type


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int16, np.uint64, bool])
@pytest.mark.parametrize("name", ["softmax", "log_softmax", "sigmoid"])
def test_small_whole_numbers_are_widened(name, kind):
    Z = np.array([[0, 1, 100], [7, 3, 120]]).astype(kind)
    function = getattr(nnlib, name)
    got = function(Z)
    assert got.dtype == np.float64
    np.testing.assert_array_equal(got, function(Z.astype(float)))
    np.testing.assert_array_equal(got, function(Z.tolist()))


@pytest.mark.parametrize("kind", [np.uint8, np.int8, np.uint32, np.uint64])
def test_counts_of_any_type_give_the_same_scores(kind):
    C = np.array([[100, 27, 0], [90, 120, 1], [0, 3, 110]])
    for got, wanted in zip(nnlib.precision_recall_f1(C.astype(kind)), nnlib.precision_recall_f1(C)):
        np.testing.assert_array_equal(got, wanted)
    assert nnlib.most_confused(C.astype(kind)) == nnlib.most_confused(C)


@pytest.mark.parametrize(
    "rate", [np.float32(0.25), np.float64(0.25), Fraction(1, 4), np.float16(0.25)]
)
@pytest.mark.parametrize("whole", [np.uint8, np.int64])
def test_numpys_numbers_and_fractions_train_as_pythons_do(digits, rate, whole):
    few, params = scaled(digits, lambda X: X), nnlib.init_params([784, 5, 10])
    plain = nnlib.train(params, few, 0.25, batch_size=100, epochs=2, seed=3, l2=0.25)
    other = nnlib.train(
        params, few, rate, batch_size=whole(100), epochs=whole(2), seed=whole(3), l2=rate
    )
    for pair, same in zip(plain.params, other.params, strict=True):
        assert all((a == b).all() for a, b in zip(pair, same))
    assert plain.settings == other.settings
    assert {type(v) for v in other.settings.values()} <= {float, int, str, type(None)}


Y = np.array([0, 2, 1, 1])


def test_accuracy_takes_a_series_by_position():
    y = pd.Series(Y, index=[9, 8, 7, 6])
    assert nnlib.accuracy(y, pd.Series(Y)) == nnlib.accuracy(Y.tolist(), y) == 1.0


@pytest.mark.parametrize("function", ["accuracy", "confusion_matrix", "one_hot"])
@pytest.mark.parametrize(
    "y, words",
    [
        (Y.astype(str), r"\.astype\(int\)"),
        (Y.astype(object), r"\.astype\(int\)"),
        (Y.astype(str).astype(object), r"\.astype\(int\)"),
        (pd.Series(Y.astype(str)), r"\.to_numpy\(\).*\.astype\(int\)"),
        (pd.Categorical(list("abca")), "to_numpy|np.unique"),
        (np.array(["cat", "dog", "cat", "cow"]), "np.unique"),
    ],
    ids=["text", "objects", "objects of text", "Series", "categories", "names"],
)
def test_labels_that_are_no_numbers_are_refused_alike_with_the_cure(function, y, words):
    arguments = (y,) if function == "one_hot" else (y, Y)
    with pytest.raises(ValueError, match=words) as error:
        getattr(nnlib, function)(*arguments)
    text = str(error.value)
    assert "\n" not in text and text.endswith(".") and len(text) <= 300


def test_shares_that_do_not_make_a_whole_and_one_hot_labels_cannot_be_split():
    rng = np.random.default_rng(0)
    for fractions in ((70, 10, 20), (0.5, 0.4), (1.5, -0.5), (), "abc", None):
        with pytest.raises(ValueError, match="fractions"):
            nnlib.split_by_class(Y, fractions, rng)
    with pytest.raises(ValueError, match="y must be"):
        nnlib.split_by_class(np.eye(3)[Y], (0.5, 0.5), rng)
    with pytest.raises(ValueError, match="rng"):
        nnlib.split_by_class(Y, (0.5, 0.5), 0)


# ------------------------------------------------- what is given in another's place, and subclasses


def said(call, words):
    """Hold that a call is refused in one sentence of ours that says `words`."""
    with pytest.raises(ValueError, match=words) as error:
        call()
    text = str(error.value)
    assert "\n" not in text and text.endswith(".") and len(text) <= 300, text
    assert "nnlib" in error.traceback[-1].path.parts, text


TAKE_PARAMS = {
    "predict": lambda p, few: nnlib.predict(p, few.X_valid),
    "forward": lambda p, few: nnlib.forward(p, few.X_valid),
    "check_shapes": lambda p, few: nnlib.check_shapes(p, few.X_valid),
    "measure": lambda p, few: nnlib.training.measure(p, few.X_valid, few.y_valid),
    "backward": lambda p, few: nnlib.backward(p, [few.X_valid, few.X_valid], few.y_valid),
    "train": lambda p, few: nnlib.train(p, few),
    "gradient_check": lambda p, few: nnlib.gradient_check(p, few.X_valid, few.y_valid),
    "sgd_step": lambda p, few: nnlib.labs.speed.sgd_step(p, few.X_valid, few.y_valid, 0.1),
}


@pytest.mark.parametrize("call", TAKE_PARAMS.values(), ids=TAKE_PARAMS)
def test_a_history_and_what_load_params_returns_are_told_apart_from_weights(digits, tmp_path, call):
    few = scaled(digits, lambda X: X[:20])
    few.y_train, few.y_valid = few.y_train[:20], few.y_valid[:20]
    history = nnlib.train(nnlib.init_params([784, 10]), few, epochs=1)
    nnlib.save_params(tmp_path / "w.npz", history)
    said(lambda: call(history, few), r"^params .* History: use its \.params")
    loaded = nnlib.load_params(tmp_path / "w.npz")
    said(lambda: call(loaded, few), "^params .*params, activation = load_params")


def test_weights_that_are_loaded_and_saved_again_as_they_came_are_refused(tmp_path):
    nnlib.save_params(tmp_path / "w.npz", nnlib.init_params([7, 3]))
    loaded = nnlib.load_params(tmp_path / "w.npz")
    said(lambda: nnlib.save_params(tmp_path / "v.npz", loaded), "params, activation = load_params")


@pytest.mark.parametrize("rng", [0, None, np.random.RandomState(0), np.random])
def test_a_seed_is_no_generator(rng):
    said(lambda: list(nnlib.batches(10, 2, rng)), r"^rng must be .*default_rng\(0\)")
    said(lambda: nnlib.split_by_class(Y, (0.5, 0.5), rng), r"^rng must be .*default_rng\(0\)")


SUBCLASSES = {"matrix": (np.matrix, "asarray"), "masked": (np.ma.masked_array, "filled")}


@pytest.mark.filterwarnings("ignore:the matrix subclass")
@pytest.mark.parametrize("kind, cure", SUBCLASSES.values(), ids=SUBCLASSES)
def test_arrays_that_calculate_by_other_rules_are_refused_with_the_cure(digits, kind, cure):
    X, y, params = digits.X_valid[:6], digits.y_valid[:6], nnlib.init_params([784, 10])
    odd = SimpleNamespace(X_train=kind(X), y_train=y, X_valid=X, y_valid=y)
    for call in (
        lambda: nnlib.predict(params, kind(X)),
        lambda: nnlib.train(params, odd),
        lambda: nnlib.gradient_check(params, kind(X), y),
        lambda: nnlib.predict([(kind(params[0][0]), params[0][1])], X),
        lambda: plots.show_digits(kind(X)),
    ):
        said(call, cure)


@pytest.mark.parametrize("name", ["predict", "forward", "check_shapes", "gradient_check"])
def test_images_that_are_turned_round_are_named(digits, name):
    X, y = digits.X_valid[:6].T, digits.y_valid[:6]
    arguments = (nnlib.init_params([784, 10]), X, *((y,) if name == "gradient_check" else ()))
    said(lambda: getattr(nnlib, name)(*arguments), r"use X\.T|y must be")
