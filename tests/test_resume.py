"""A training that goes on: three epochs and four more are seven, to the last bit."""

import pickle
import threading
from dataclasses import replace

import numpy as np
import pytest
from test_history import interrupt_at, stop_at, weights_equal
from test_training import start, toy  # noqa: F401  (a fixture)

import nnlib
from nnlib.plumbing import history as plumbing
from nnlib.plumbing.kept import copied

SETTINGS = [
    {},
    {"optimizer": "momentum", "learning_rate": 0.05},
    {"optimizer": "adam", "learning_rate": 0.01},
    {"optimizer": "adam", "learning_rate": 0.01, "batch_size": None},
    {"batch_size": 7, "l2": 0.01, "activation": "tanh", "seed": 5},
    {"batch_size": 1000, "activation": "sigmoid"},
]


def nesterov(params, grads, learning_rate, state, beta=0.9):
    V = state.setdefault("V", [(0 * W, 0 * b) for W, b in params])
    for pair, slopes, velocities in zip(params, grads, V):
        for theta, slope, v in zip(pair, slopes, velocities):
            v *= beta
            v += slope
            theta -= learning_rate * (slope + beta * v)


def same(a, b):
    """Hold two histories to the same weights, records, settings and memory, to the last bit."""
    assert weights_equal(a.params, b.params) and weights_equal(a.best_params, b.best_params)
    assert a.rows == b.rows and a.best == b.best and a.step == b.step
    assert a.settings == b.settings and a.sizes == b.sizes and a.data == b.data
    assert pickle.dumps(a.state) == pickle.dumps(b.state)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_three_epochs_and_four_more_are_seven(toy, settings, dtype):  # noqa: F811
    settings = {"batch_size": 16} | settings
    digits = replace(toy, X_train=toy.X_train.astype(dtype), X_valid=toy.X_valid.astype(dtype))
    first = nnlib.train(start(), digits, epochs=3, **settings)
    kept = pickle.dumps(first)
    whole = nnlib.train(start(), digits, epochs=7, **settings)
    same(nnlib.resume(first, digits, 4), whole)
    same(nnlib.resume(pickle.loads(kept), digits, 4), whole)
    assert pickle.dumps(first) == kept, "the first part was changed"
    in_turn = first
    for _ in range(4):
        in_turn = nnlib.resume(in_turn, digits, 1)
    same(in_turn, whole)


def test_the_batches_are_new(toy):  # noqa: F811
    """They are those of passes 4 to 7, not the first three once more."""
    seen = []

    def watched(params, grads, learning_rate, state):
        seen.append(grads[0][1].tobytes())  # of frozen weights: tells batches apart

    first = nnlib.train(start(), toy, batch_size=16, epochs=3, optimizer=watched)
    nnlib.resume(first, toy, 4, optimizer=watched)
    assert len(seen) == 21 and len(set(seen)) == 21


@pytest.mark.parametrize("step", [1, 7, 9, 12])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_stopped_training_goes_on_where_it_stood(monkeypatch, toy, step, optimizer):  # noqa: F811
    """Ten steps a pass: stopped inside one, the rest of it comes first, and counts as a pass."""
    monkeypatch.setattr(plumbing, "LOOK_EVERY", 0.0)
    settings = {"learning_rate": 0.01, "batch_size": 4, "optimizer": optimizer}
    first = nnlib.train(start(), toy, epochs=5, watch=stop_at(step), **settings)
    assert first.step == step
    again = nnlib.resume(first, toy, 5 - step // 10)
    whole = nnlib.train(start(), toy, epochs=5, **settings)
    assert weights_equal(again.params, whole.params) and again.step == whole.step == 50
    assert [row for row in again.rows if row["step"] % 10 == 0] == whole.rows
    assert again.stopped is None and again.settings["epochs"] == 5


@pytest.mark.parametrize("hold", [0.0, 100.0])
def test_after_ctrl_c_the_memory_is_that_of_the_weights(monkeypatch, toy, hold):  # noqa: F811
    """The interrupt comes half-way through a step: weights and averages are the snapshot's."""
    monkeypatch.setattr(plumbing, "LOOK_EVERY", 0.0)
    monkeypatch.setattr(plumbing, "HOLD_EVERY", hold)
    monkeypatch.setattr(plumbing.History, "interrupted_at", -np.inf)
    half = interrupt_at(18)

    def optimizer(params, grads, learning_rate, state):
        nnlib.adam(params, grads, learning_rate, state)
        half(params, [(0 * W, 0 * b) for W, b in params], 0.0)

    optimizer.__name__ = "adam"
    first = nnlib.train(start(), toy, 0.01, batch_size=4, epochs=5, optimizer=optimizer)
    assert first.stopped and first.state["t"] == first.rows[-1]["step"] == (17 if hold == 0 else 10)
    again = nnlib.resume(first, toy, 4)
    whole = nnlib.train(start(), toy, 0.01, batch_size=4, epochs=5, optimizer="adam")
    assert weights_equal(again.params, whole.params)


def test_a_function_of_ones_own_is_given_again(toy):  # noqa: F811
    settings = {"batch_size": 16, "optimizer": nesterov, "learning_rate": 0.05}
    first = nnlib.train(start(), toy, epochs=3, **settings)
    same(nnlib.resume(first, toy, 4, nesterov), nnlib.train(start(), toy, epochs=7, **settings))
    for wrong in (None, nnlib.adam, "sgd"):
        with pytest.raises(ValueError, match="steps with nesterov.*give that") as error:
            nnlib.resume(first, toy, 4, wrong)
        assert len(str(error.value)) < 300


def test_the_seams_are_there(toy, capsys):  # noqa: F811
    first = nnlib.train(start(), toy, batch_size=16, epochs=1)
    again = nnlib.resume(first, toy, 3, watch=lambda h: h.rows[-1]["epoch"] >= 2)
    assert again.stopped and again.rows[-1]["epoch"] == 2
    nnlib.resume(first, toy, 2, print_every=1)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" |")[0] for line in lines] == ["Epoch 2", "Epoch 3"]
    assert nnlib.resume(first, toy, 2).seconds > first.seconds


def test_what_can_not_go_on_is_a_sentence(toy, tmp_path):  # noqa: F811
    good = nnlib.train(start(), toy, 0.01, optimizer="adam", epochs=2)
    diverged = nnlib.train(start(), toy, 1e200, epochs=5, watch=lambda h: None)
    runs = nnlib.Runs()
    runs.add(good)
    runs.save(tmp_path / "runs.npz")
    (filed,) = nnlib.Runs.load(tmp_path / "runs.npz")[1].histories
    fewer = replace(toy, X_train=toy.X_train[:30], y_train=toy.y_train[:30])

    def locked(params, grads, learning_rate, state):
        state["lock"] = threading.Lock()

    unkept = nnlib.train(start(), toy, epochs=1, optimizer=locked)
    cases = [
        (good.params, toy, 4, "give a History"),
        (good, toy, 0, "epochs must be"),
        (good, toy, 2.5, "epochs must be"),
        (good, fewer, 4, "40 × 7 images of the training"),
        (good, object(), 4, "these are others"),
        (diverged, toy, 4, "diverged"),
        (filed, toy, 4, "was not kept"),
        (unkept, toy, 4, "was not kept"),
    ]
    for history, digits, epochs, words in cases:
        with pytest.raises(ValueError) as error:
            nnlib.resume(history, digits, epochs)
        text = str(error.value)
        assert words in text and len(text) <= 300 and "\n" not in text and text.endswith(".")
    assert pickle.loads(pickle.dumps(unkept)).rows == unkept.rows


def test_a_filed_run_of_plain_steps_goes_on(toy, tmp_path):  # noqa: F811
    first, runs = nnlib.train(start(), toy, batch_size=16, epochs=3), nnlib.Runs()
    runs.add(first)
    runs.save(tmp_path / "runs.npz")
    (filed,) = nnlib.Runs.load(tmp_path / "runs.npz")[1].histories
    whole = nnlib.train(start(), toy, batch_size=16, epochs=7)
    assert weights_equal(nnlib.resume(filed, toy, 4).params, whole.params)


def test_small_whole_numbers_of_epochs_do_not_wrap(digits):
    params = nnlib.init_params([784, 10])
    longer = nnlib.resume(nnlib.train(params, digits, 0.1, epochs=1), digits, np.uint8(1))
    assert type(longer.settings["epochs"]) is int and longer.settings["epochs"] == 2


def test_the_memory_is_kept_as_a_copy_and_small(digits):
    params = nnlib.init_params([784, 10, 10])
    history = nnlib.train(params, digits, 0.01, optimizer="adam", epochs=1)
    sizes = [len(pickle.dumps(part)) for part in (history, history.params)]
    assert sizes[0] < 4.2 * sizes[1], "weights, the best ones, and two averages: no more"
    for value in ({"a": [1, (2.0, "x", None)], 3: np.arange(3)}, {}, {"n": np.float32(2)}):
        twin = copied(value)
        assert pickle.dumps(twin) == pickle.dumps(value) and twin is not value
    for value in ({"f": len}, {"o": np.array([object()])}, {"g": (i for i in ())}, [{1, 2}]):
        assert copied(value) is None


# ---------------------------------------------------------------- without validation images


@pytest.fixture(params=["None", "empty", "absent"])
def unvalidated(toy, request):  # noqa: F811
    """The same images, and none to validate with."""
    if request.param == "None":
        return replace(toy, X_valid=None, y_valid=None)
    if request.param == "empty":
        return replace(toy, X_valid=toy.X_valid[:0], y_valid=toy.y_valid[:0])

    class Bare:
        X_train, y_train = toy.X_train, toy.y_train

    return Bare()


@pytest.mark.parametrize("batch_size", [None, 16])
def test_without_validation_images_the_training_is_the_same(toy, unvalidated, batch_size):  # noqa: F811
    plain = nnlib.train(start(), toy, 0.8, batch_size, 9)
    history = nnlib.train(start(), unvalidated, 0.8, batch_size, 9)
    assert weights_equal(history.params, plain.params)
    assert list(history.table()) == ["step", "epoch", "loss", "train_accuracy"]
    kept = ["step", "epoch", "loss", "train_accuracy"]
    assert history.rows == [{name: row[name] for name in kept} for row in plain.rows]
    losses = [row["loss"] for row in history.rows]
    assert history.best is history.rows[int(np.argmin(losses))]
    assert "validation" not in repr(history) and "train accuracy" in repr(history)
    same(nnlib.resume(nnlib.train(start(), unvalidated, 0.8, 16, 3), unvalidated, 2),
         nnlib.train(start(), unvalidated, 0.8, 16, 5))  # fmt: skip


def test_without_validation_images_a_run_can_end_badly(unvalidated, capsys):
    assert nnlib.train(start(), unvalidated, 1e200, epochs=5).diverged
    zeros = nnlib.init_params([7, 5, 3], "zeros")
    assert nnlib.train(zeros, unvalidated, 0.001, epochs=2).collapsed
    stopped = nnlib.train(start(), unvalidated, epochs=5, watch=lambda h: True)
    assert stopped.stopped and stopped.step == 0


def test_without_validation_images_pictures_and_runs_show_the_training(
    toy,  # noqa: F811
    unvalidated,
    tmp_path,
):
    import matplotlib.pyplot as plt

    from nnlib.plumbing import plots

    history = nnlib.train(start(), unvalidated, 0.5, 16, 3)
    figure = plots.learning_curves(history)
    assert [len(ax.lines) for ax in figure.axes] == [1, 1]
    runs = nnlib.Runs()
    runs.add(history)
    assert "in training" in repr(runs) and "nan" not in repr(runs) + runs.words()
    assert not any("valid" in column for column in runs.table())
    assert runs.plot().axes[1].get_ylabel() == "training accuracy"
    runs.save(tmp_path / "runs.npz")
    assert repr(nnlib.Runs.load(tmp_path / "runs.npz")) == repr(runs)
    runs.add(nnlib.train(start(), toy, 0.5, 16, 3))
    assert len(runs) == 2 and "nan" not in repr(runs) + runs.words()
    assert runs.plot().axes[1].get_ylabel() == "validation accuracy"
    plt.close("all")


def test_without_validation_images_the_lab_shows_the_training(unvalidated, capsys):
    pytest.importorskip("ipywidgets")
    lab = nnlib.live.RateLab(unvalidated)
    lab.controls.fields.epochs.value = 2
    lab.train()
    lab.thread.join(60)
    assert "in training after 2 epochs" in lab.status.value and "nan" not in lab.view.value
    assert "training accuracy" in lab.view.value and "validation accuracy" not in lab.view.value


def test_labels_without_images_are_named(toy):  # noqa: F811
    with pytest.raises(ValueError, match="y_valid, but no images in X_valid"):
        nnlib.train(start(), replace(toy, X_valid=toy.X_valid[:0]), epochs=1)


# ---------------------------------------------------------------- which images they were


def test_zero_weights_on_two_data_sets_are_two_runs(toy):  # noqa: F811
    """Their records are the same, ln 3 and a third, whatever the images are."""
    other = replace(toy, X_train=toy.X_train[::-1].copy(), y_train=toy.y_train[::-1].copy())
    fewer = replace(toy, X_train=toy.X_train[:39], y_train=toy.y_train[:39])
    fewer.y_train.setflags(write=False)
    zeros, runs = nnlib.init_params([7, 5, 3], "zeros"), nnlib.Runs()
    for digits in (toy, other, fewer, toy):
        runs.add(nnlib.train(zeros, digits, 1e-12, batch_size=None, epochs=1))
    assert len(runs) == 3 and runs.newest.number == 1 and runs.newest.again
    labels = repr(runs).splitlines()
    assert "40 images" in labels[0] and "39 images" in labels[2] and len(set(labels)) == 3


def test_a_data_set_is_told_by_its_content(toy):  # noqa: F811
    print_of = plumbing.fingerprint
    assert print_of(toy) == print_of(replace(toy, X_train=np.asfortranarray(toy.X_train)))
    changed = toy.X_train.copy()
    changed[5, 3] += 1e-6
    others = [
        replace(toy, X_train=changed),
        replace(toy, y_train=toy.y_train[::-1]),
        replace(toy, X_valid=toy.X_valid[::-1]),
        replace(toy, X_valid=None, y_valid=None),
        replace(toy, X_train=toy.X_train.astype(np.float32)),
    ]
    assert len({print_of(digits) for digits in [toy, *others]}) == 6
