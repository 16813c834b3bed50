"""NetworkClassifier in scikit-learn's world: its own checks, and what they don't ask."""

import json
import pickle
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.utils.estimator_checks import check_estimator, parametrize_with_checks

import nnlib
from nnlib.labs.estimator import NetworkClassifier

ROOT = Path(__file__).parent.parent
VARIANTS = [
    NetworkClassifier(),
    NetworkClassifier(early_stopping=True, validation_fraction=0.3, random_state=1),
    NetworkClassifier((9, 7), "tanh", "xavier", "adam", 0.03, None, 60, 1e-4),
    NetworkClassifier((), "sigmoid", "zeros", "momentum", 0.05),
]  # none with warm_start: some checks fit twice and want the same, which is what it is not for


@parametrize_with_checks(VARIANTS[:1])
def test_scikit_learns_checks_one_by_one(estimator, check):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        check(estimator)


@pytest.mark.parametrize("estimator", VARIANTS, ids=str)
def test_check_estimator_passes_whole_and_nothing_is_excused(estimator):
    """What it skips, it skips by itself: no array API without SCIPY_ARRAY_API."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = check_estimator(estimator, on_skip=None, on_fail=None)
    wrong = [(f["check_name"], f["exception"]) for f in found if f["status"] in ("failed", "xfail")]
    assert wrong == [] and len(found) > 40
    skipped = {f["check_name"] for f in found if f["status"] == "skipped"}
    assert skipped <= {"check_array_api_input"}


@pytest.fixture
def blobs():
    """Three clouds of points, apart enough."""
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1, 2], 40)
    return rng.normal(size=(120, 5)) + 3 * np.eye(3, 5)[y], y


def quick(**options):
    return NetworkClassifier(**{"hidden": (8,), "random_state": 0} | options)


def test_it_is_the_networks_own_training(blobs):
    """The same first weights, rows and seed give the same weights, to the last bit."""
    X, y = blobs
    model = quick(epochs=4).fit(X, y)
    rng = np.random.RandomState(0)
    first, seed = (int(rng.randint(2**31 - 1)) for _ in range(2))

    class Parts:
        X_train, y_train, X_valid, y_valid = X, y, X, y

    params = nnlib.init_params([5, 8, 3], seed=first)
    history = nnlib.train(params, Parts, epochs=4, seed=seed)
    for pair, twins in zip(model.params_, history.params, strict=True):
        for a, b in zip(pair, twins, strict=True):
            np.testing.assert_array_equal(a, b)
    P = nnlib.softmax(nnlib.forward(history.params, X)[-1])
    np.testing.assert_array_equal(model.predict_proba(X), P)
    assert model.loss_curve_ == [row["loss"] for row in history.rows] and model.n_iter_ == 4


@pytest.mark.parametrize(
    "labels",
    [["cat", "dog", "eel"], [-1, 5, 7], [True, False, None], np.array([2.0, 4.0, 8.0])],
    ids=str,
)
def test_labels_may_be_anything(blobs, labels):
    X, y = blobs
    labels = np.asarray(labels) if None not in list(labels) else np.array([True, False, True])
    named = labels[y]
    model = quick(epochs=20).fit(X, named)
    assert set(model.predict(X)) <= set(named) and model.score(X, named) > 0.9
    np.testing.assert_array_equal(model.classes_, np.unique(named))
    P = model.predict_proba(X)
    assert P.shape == (120, len(model.classes_))
    np.testing.assert_allclose(P.sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_array_equal(model.classes_[P.argmax(axis=1)], model.predict(X))
    np.testing.assert_allclose(np.exp(model.predict_log_proba(X)), P, rtol=1e-12)


def test_whole_numbers_and_other_scales_are_taken(blobs):
    """Pixels from 0 to 255 need no scaling to be taken; to be learned well, a pipeline."""
    X, y = blobs
    wild = np.round(1000 * X).astype(int)
    pipe = make_pipeline(StandardScaler(), quick(epochs=20)).fit(wild, y)
    assert pipe.score(wild, y) > 0.95
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        raw = quick(epochs=2).fit(wild, y)
    assert np.isfinite(raw.predict_proba(wild)).all()


def test_a_training_that_diverges_warns_and_keeps_good_weights(blobs, capsys):
    X, y = blobs
    with pytest.warns(ConvergenceWarning, match="Diverged by step"):
        model = quick(learning_rate=1e5).fit(X, y)
    assert all(np.isfinite(theta).all() for pair in model.params_ for theta in pair)
    assert capsys.readouterr().err == ""


def test_a_fit_that_is_interrupted_warns_and_is_usable(blobs):
    """One Ctrl-C ends one training, as in `train`: nobody may take it for a whole one."""
    X, y = blobs
    steps = []

    def interrupted(params, grads, learning_rate, state):
        steps.append(1)
        if len(steps) == 3:
            raise KeyboardInterrupt

    with pytest.warns(ConvergenceWarning, match="the weights after step"):
        model = quick(optimizer=interrupted).fit(X, y)
    assert model.predict(X).shape == (120,)


def test_a_good_training_is_silent(blobs, capsys):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        quick().fit(*blobs)
        quick(early_stopping=True).fit(*blobs)
    printed = capsys.readouterr()
    assert printed.out == printed.err == ""


def test_early_stopping_keeps_the_best_weights_and_sets_rows_aside(blobs):
    X, y = blobs
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 3, 120)  # nothing to be learned but by heart
    model = quick(hidden=(64,), early_stopping=True, epochs=300, patience=3, learning_rate=0.3)
    model.fit(X, noise)
    assert model.n_iter_ < 300 and len(model.loss_curve_) == model.n_iter_ + 1
    whole = quick(hidden=(64,), epochs=model.n_iter_, learning_rate=0.3).fit(X, noise)
    assert model.loss_curve_[-1] != whole.loss_curve_[-1]
    later = quick(hidden=(64,), early_stopping=True, epochs=model.n_iter_ - 3, learning_rate=0.3)
    later.fit(X, noise)  # ends at the best one
    for pair, twins in zip(model.params_, later.params_, strict=True):
        for a, b in zip(pair, twins, strict=True):
            np.testing.assert_array_equal(a, b)


def test_warm_start_goes_on_and_begins_anew_where_it_must(blobs):
    X, y = blobs
    model = quick(warm_start=True, epochs=3).fit(X, y)
    before = [W.copy() for W, _ in model.params_]
    last = model.loss_curve_[-1]
    model.fit(X, y)
    assert model.loss_curve_[0] == last
    assert not any(np.array_equal(W, V) for W, (V, _) in zip(before, model.params_))
    other = model.fit(X[y > 0], y[y > 0])  # other classes: other weights
    assert other.params_[-1][0].shape == (8, 2)
    cold = quick(epochs=3).fit(X, y)
    start = cold.loss_curve_[0]
    assert cold.fit(X, y).loss_curve_[0] == start


def test_random_state_decides(blobs):
    X, y = blobs
    same = [quick(random_state=s).fit(X, y).predict_proba(X) for s in (3, 3, 4)]
    np.testing.assert_array_equal(same[0], same[1])
    assert not np.array_equal(same[0], same[2])
    free = [quick(random_state=None).fit(X, y).predict_proba(X) for _ in range(2)]
    assert not np.array_equal(*free)
    generator = np.random.RandomState(5)
    quick(random_state=generator).fit(X, y)


def test_clone_pickle_and_repr(blobs):
    X, y = blobs
    model = quick(hidden=[8, 4], optimizer="adam", learning_rate=0.01).fit(X, y)
    twin = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(twin.predict_proba(X), model.predict_proba(X))
    fresh = clone(model)
    assert fresh.get_params() == model.get_params() and not hasattr(fresh, "params_")
    assert "optimizer='adam'" in repr(model)
    with pytest.raises(NotFittedError):
        fresh.predict(X)


def test_names_of_features_are_kept_and_looked_at(blobs):
    import pandas as pd

    X, y = blobs
    table = pd.DataFrame(X, columns=list("abcde"))
    model = quick().fit(table, y)
    assert list(model.feature_names_in_) == list("abcde") and model.n_features_in_ == 5
    with pytest.raises(ValueError, match="feature names"):
        model.predict(table[list("edcba")])


@pytest.mark.parametrize(
    "options, words",
    [
        ({"activation": "relo"}, "activation='relo' is not known"),
        ({"optimizer": "sdg"}, "optimizer='sdg' is not known"),
        ({"init": "hee"}, "init='hee' is not known"),
        ({"hidden": (8, 0)}, r"hidden\[1\] must be"),
        ({"learning_rate": -1}, "learning_rate must be"),
        ({"batch_size": 0}, "batch_size must be"),
        ({"epochs": 0.5}, "epochs must be"),
        ({"l2": -1}, "l2 must be"),
        ({"early_stopping": True, "validation_fraction": 1.5}, "validation_fraction must be"),
        ({"early_stopping": True, "patience": 0}, "patience must be"),
        ({"hidden": 64}, "hidden must list"),
        ({"hidden": "64"}, "hidden must list"),
    ],
    ids=str,
)
def test_a_wrong_setting_is_named(blobs, options, words):
    with pytest.raises(ValueError, match=words) as caught:
        quick(**options).fit(*blobs)
    assert len(str(caught.value)) <= 300


def test_it_works_after_a_bare_import():
    """And `import nnlib` alone loads neither it nor scikit-learn."""
    code = (
        "import sys, nnlib; assert 'sklearn' not in sys.modules; "
        "assert nnlib.labs.estimator.NetworkClassifier is nnlib.estimator.NetworkClassifier; "
        "assert not hasattr(nnlib.labs, 'nothing')"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# ---------------------------------------------------------------- scikit-learn's tools


def test_pipelines_and_cross_validation(digits):
    X, y = np.round(255 * digits.X_train[:600]).astype(np.uint8), digits.y_train[:600]
    model = make_pipeline(MinMaxScaler(), quick(hidden=(32,), epochs=15))
    assert cross_val_score(model, X, y, cv=3).min() > 0.75


def small_search(digits, n_jobs):
    grid = {"hidden": [(8,), (16,)], "learning_rate": [0.03, 0.3]}
    tries = GridSearchCV(quick(epochs=2, batch_size=50), grid, cv=3, n_jobs=n_jobs)
    tries.fit(digits.X_train[:600], digits.y_train[:600])
    return tries.cv_results_["mean_test_score"], tries.best_params_


def assert_same_search(one, other):
    np.testing.assert_array_equal(one[0], other[0])
    assert one[1] == other[1]


def test_a_search_is_the_same_from_one_core_and_from_two(digits):
    assert_same_search(small_search(digits, 1), small_search(digits, 2))


def test_a_search_is_the_same_from_two_dask_workers(digits):
    """Two processes on loopback; the kept tables of lab 11 were made in the same way."""
    pytest.importorskip("distributed", reason="the extra `cluster` (dask) is not installed")
    from joblib import parallel_config

    from experiments.frameworks import two_workers

    alone = small_search(digits, 1)
    with two_workers(), parallel_config("dask"):
        together = small_search(digits, None)
    assert_same_search(alone, together)


def test_the_kept_tables_agree_and_name_what_made_them():
    kept = json.loads((ROOT / "notebooks/results/frameworks.json").read_text(encoding="utf-8"))
    tables = [kept[name]["numbers"] for name in ("one core", "two cores", "two workers")]
    assert tables[0] == tables[1] == tables[2] and len(tables[0]) == 6
    assert kept["two workers"]["version"].startswith("Dask 20")
    assert kept["torch"]["version"] == "PyTorch 2.13.0"
