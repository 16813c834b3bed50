"""What a training records, and what ends it early."""

import copy
import gc
import io
import os
import pickle
import signal
import time
import weakref

import numpy as np
import pytest
from test_training import start, toy  # noqa: F401  (a fixture)

import nnlib
from nnlib import training
from nnlib.plumbing import history as plumbing
from nnlib.plumbing.environment import WIDTH, thread_limit


def test_the_table_begins_before_the_first_step(toy):  # noqa: F811
    history = nnlib.train(start(), toy, batch_size=16, epochs=4)
    table = history.table()
    assert list(table.columns) == [
        "step", "epoch", "loss", "valid_loss", "train_accuracy", "valid_accuracy",
    ]  # fmt: skip
    assert table["step"].tolist() == [0, 3, 6, 9, 12]
    assert table["epoch"].tolist() == [0, 1, 2, 3, 4]
    Z = nnlib.forward(start(), toy.X_train)[-1]
    assert table["loss"][0] == nnlib.cross_entropy(Z, toy.y_train)
    assert table["train_accuracy"][0] == nnlib.accuracy(toy.y_train, Z.argmax(axis=1))
    Z = nnlib.forward(history.params, toy.X_valid)[-1]
    assert table["valid_loss"][4] == nnlib.cross_entropy(Z, toy.y_valid)
    assert table["valid_accuracy"][4] == nnlib.accuracy(toy.y_valid, Z.argmax(axis=1))
    assert history.seconds > 0
    assert history.diverged is history.stopped is history.collapsed is None


@pytest.mark.parametrize("epochs, rows", [(5, 5), (50, 50), (250, 50), (990, 50)])
def test_a_full_batch_run_is_recorded_at_most_50_times(toy, epochs, rows):  # noqa: F811
    table = nnlib.train(start(), toy, 0.01, batch_size=None, epochs=epochs).table()
    assert len(table) == 1 + rows and table["step"].iloc[-1] == epochs


def test_the_recorded_loss_leaves_the_l2_term_out(toy):  # noqa: F811
    a = nnlib.train(start(), toy, epochs=1, l2=0.5).rows[0]
    assert a == nnlib.train(start(), toy, epochs=1).rows[0]


def test_at_most_3500_training_images_are_measured(monkeypatch, toy):  # noqa: F811
    assert plumbing.MAX_IMAGES == 3500
    monkeypatch.setattr(plumbing, "MAX_IMAGES", 10)
    row = nnlib.train(start(), toy, epochs=1).rows[0]
    Z = nnlib.forward(start(), toy.X_train[:10])[-1]
    assert row["loss"] == nnlib.cross_entropy(Z, toy.y_train[:10])


@pytest.mark.parametrize("batch_size", [None, 8])
@pytest.mark.parametrize("activation, rate", [("tanh", 1e3), ("relu", 1e200)])
def test_a_diverging_run_is_stopped_and_named(toy, capsys, batch_size, activation, rate):  # noqa: F811
    history = nnlib.train(
        start(), toy, rate, batch_size=batch_size, epochs=50, activation=activation
    )
    assert f"step {history.rows[-1]['step']}" in history.diverged
    assert f"learning_rate={rate:g}" in history.diverged
    assert history.diverged.endswith("try learning_rate=0.1.")
    assert history.rows[-1]["epoch"] < 50 and len(history.rows) > 1
    assert history.stopped is history.collapsed is None
    assert all(np.isfinite(a).all() for pair in history.params for a in pair)
    printed = capsys.readouterr().err  # wrapped, and never inside a word
    assert printed.split() == history.diverged.split()
    assert all(len(line) <= WIDTH for line in printed.splitlines())


def test_a_loss_that_is_no_number_ends_the_run_and_reads_as_no_accuracy(toy):  # noqa: F811
    history = nnlib.train(start(), toy, 1e200, batch_size=None, epochs=50)
    last = history.rows[-1]
    assert not np.isfinite(last["loss"]) and np.isnan(last["train_accuracy"])
    good = [row for row in history.rows if np.isfinite(row["loss"])]
    Z = nnlib.forward(history.params, toy.X_train)[-1]
    assert nnlib.cross_entropy(Z, toy.y_train) == good[-1]["loss"]


def test_going_on_from_good_weights_is_no_divergence(toy):  # noqa: F811
    good = nnlib.train(start(), toy, 0.5, batch_size=8, epochs=60)
    assert good.rows[-1]["loss"] < 0.05
    again = nnlib.train(good.params, toy, 2.0, batch_size=8, epochs=1)
    assert again.diverged is None


@pytest.mark.parametrize("init, rate", [("zeros", 0.1), ("he", 5.0)])
def test_a_collapsed_run_is_named(digits, capsys, init, rate):
    params = nnlib.init_params([784, 10, 10], init)
    history = nnlib.train(params, digits, rate, epochs=10)
    answer = nnlib.predict(history.params, digits.X_valid)
    assert len(set(answer)) == 1
    assert history.collapsed and f"the answer {answer[0]}" in history.collapsed
    cure = "try init_params with init='he'." if init == "zeros" else "try learning_rate=0.1 from"
    assert f"learning_rate={rate:g};" in history.collapsed and cure in history.collapsed
    assert " ".join(capsys.readouterr().err.split()) == history.collapsed


def interrupt_at(step):
    """An update that presses Ctrl-C in its step number `step`, half-way through."""
    count = iter(range(1, 10**6))

    def update(params, grads, learning_rate, state=None):
        W, dW = params[0][0], grads[0][0]
        W -= learning_rate * dW
        if next(count) == step:
            signal.raise_signal(signal.SIGINT)  # os.kill would end a Python on Windows
        nnlib.update(params[1:], grads[1:], learning_rate)

    return update


def test_an_interrupted_run_keeps_what_it_recorded(monkeypatch, toy, capsys):  # noqa: F811
    monkeypatch.setitem(training.OPTIMIZERS, "sgd", interrupt_at(8))
    history = nnlib.train(start(), toy, batch_size=16, epochs=10)
    assert "after step 7" in history.stopped and "step 6 are kept" in history.stopped
    assert history.table()["step"].tolist() == [0, 3, 6]
    assert capsys.readouterr() == (history.stopped + "\n", "")  # no fault, so not in red
    Z = nnlib.forward(history.params, toy.X_train)[-1]
    assert nnlib.cross_entropy(Z, toy.y_train) == history.rows[-1]["loss"]


def test_other_errors_are_not_swallowed(monkeypatch, toy):  # noqa: F811
    def broken(*args):
        raise RuntimeError("mine")

    monkeypatch.setitem(training.OPTIMIZERS, "sgd", broken)
    with pytest.raises(RuntimeError, match="mine"):
        nnlib.train(start(), toy, epochs=1)


def test_weights_that_overflow_at_once_are_refused(toy, capsys):  # noqa: F811
    params = [(1e200 * W, b) for W, b in start()]
    with pytest.raises(ValueError, match="not finite before the first step"):
        nnlib.train(params, toy)
    assert capsys.readouterr().err == ""
    assert np.geterr()["over"] != "ignore"


def test_the_classic_table_is_printed(toy, capsys):  # noqa: F811
    nnlib.train(start(), toy, batch_size=None, epochs=250, print_every=100)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" | ")[0] for line in lines] == [
        "Iteration 0", "Iteration 100", "Iteration 200", "Iteration 250",
    ]  # fmt: skip
    nnlib.train(start(), toy, batch_size=8, epochs=2, print_every=1)
    assert capsys.readouterr().out.startswith("Epoch 0 | Loss 1.")


def test_the_progress_bar_shows_in_long_runs_and_obeys_the_switch(monkeypatch, toy, capsys):  # noqa: F811
    import tqdm.auto

    shown = io.StringIO()
    bar = tqdm.std.tqdm
    monkeypatch.setattr(
        tqdm.auto, "tqdm", lambda **options: bar(file=shown, mininterval=0, **options)
    )
    nnlib.train(start(), toy, batch_size=None, epochs=3)
    assert shown.getvalue() == ""  # a short run shows none
    monkeypatch.setattr(plumbing, "BAR_AFTER", -1.0)
    monkeypatch.setattr(plumbing, "LOOK_EVERY", 0.0)
    nnlib.train(start(), toy, batch_size=None, epochs=3)
    assert shown.getvalue() == ""  # NNLIB_PROGRESS=0, as the tests set it
    monkeypatch.delenv("NNLIB_PROGRESS")
    nnlib.train(start(), toy, batch_size=None, epochs=3)
    assert shown.getvalue() == ""  # under pytest, also for one notebook alone
    monkeypatch.setenv("NNLIB_PROGRESS", "1")
    nnlib.train(start(), toy, batch_size=None, epochs=3)
    assert "3/3" in shown.getvalue() and "loss=" in shown.getvalue()
    assert capsys.readouterr().out == ""


def test_threads_are_limited_while_training_and_given_back(monkeypatch, toy):  # noqa: F811
    from threadpoolctl import threadpool_info

    def threads():
        return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}

    if not threads():
        pytest.skip("threadpoolctl sees no BLAS here: on macOS NumPy may use Accelerate")
    seen = []

    def watch(*args):
        seen.append(threads())

    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setitem(training.OPTIMIZERS, "sgd", watch)
    with thread_limit(2):
        before = threads()
        nnlib.train(start(), toy, batch_size=None, epochs=1)
        assert threads() == before
    assert seen == [{1}]


def test_your_own_thread_limit_is_respected(monkeypatch):
    from contextlib import nullcontext

    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    assert isinstance(thread_limit(1), nullcontext)


def test_very_large_steps_get_the_idle_processors_and_no_more_than_allowed(monkeypatch):
    from nnlib.plumbing import environment

    pools = [{"user_api": "blas", "num_threads": 8}]
    monkeypatch.setattr("joblib.cpu_count", lambda: 8)
    monkeypatch.setattr("threadpoolctl.threadpool_info", lambda: pools)
    for load, threads in ((0.0, 4), (5.2, 3), (7.9, 1), (40.0, 1)):
        monkeypatch.setattr(os, "getloadavg", lambda load=load: (load, 0, 0), raising=False)
        assert environment.threads_for(1e9) == threads
        assert environment.threads_for(128 * 109386) == 1
    monkeypatch.setattr(os, "getloadavg", lambda: (0.0, 0, 0), raising=False)
    pools[0]["num_threads"] = 1  # as limit_threads(1) leaves it
    assert environment.threads_for(1e9) == 1


# ---------------------------------------------------------------- watch


def weights_equal(a, b):
    return all((x == y).all() for p, q in zip(a, b, strict=True) for x, y in zip(p, q))


def stop_at(step):
    """Return a `watch` that wants the end from this step on."""
    return lambda history: history.step >= step


def test_watch_is_called_at_every_record_and_in_between(monkeypatch, toy, capsys):  # noqa: F811
    monkeypatch.setattr(plumbing, "LOOK_EVERY", 0.0)
    seen = []
    watched = nnlib.train(
        start(), toy, batch_size=16, epochs=4, watch=lambda h: seen.append((h.step, len(h.rows)))
    )
    assert {step for step, _ in seen} == set(range(13))
    assert [(0, 1), (3, 2), (6, 3), (9, 4), (12, 5)] == [
        (step, rows) for step, rows in seen if rows == step // 3 + 1 and step % 3 == 0
    ]
    plain = nnlib.train(start(), toy, batch_size=16, epochs=4)
    assert weights_equal(watched.params, plain.params) and watched.rows == plain.rows
    assert watched.stopped is None and capsys.readouterr().err == ""


def test_watch_is_called_at_most_twenty_times_a_second(toy):  # noqa: F811
    times = []
    nnlib.train(
        start(), toy, 0.001, batch_size=4, epochs=300,
        watch=lambda history: times.append((history.rows[-1]["step"], time.perf_counter())),
    )  # fmt: skip
    between = [b for (row, a), (same, b) in zip(times, times[1:]) if row == same]
    assert len(times) - 301 == len(between) <= 20 * (times[-1][1] - times[0][1]) + 1


@pytest.mark.parametrize("step", [0, 1, 7, 9, 12])
@pytest.mark.parametrize("batch_size, epochs", [(16, 4), (None, 12)])
def test_a_true_ends_the_run_where_it_stands(monkeypatch, toy, capsys, step, batch_size, epochs):  # noqa: F811
    monkeypatch.setattr(plumbing, "LOOK_EVERY", 0.0)
    history = nnlib.train(start(), toy, batch_size=batch_size, epochs=epochs, watch=stop_at(step))
    assert history.step == history.rows[-1]["step"] == step
    assert history.stopped == (
        f"Stopped by watch after step {step}: the weights after step {step} are kept."
    )
    assert capsys.readouterr().err == ""  # who watches, shows
    bare, rng, count = start(), np.random.default_rng(0), 0
    for _ in range(epochs):
        for rows in nnlib.batches(40, batch_size, rng):
            if count < step:
                A = nnlib.forward(bare, toy.X_train[rows])
                nnlib.update(bare, nnlib.backward(bare, A, toy.y_train[rows]), 0.1)
            count += 1
    assert weights_equal(history.params, bare)
    loss = nnlib.cross_entropy(nnlib.forward(bare, toy.X_train)[-1], toy.y_train)
    assert history.rows[-1]["loss"] == loss
    assert history.rows[-1]["epoch"] == pytest.approx(step / (3 if batch_size else 1), abs=0.01)


def test_early_stopping_is_a_function_of_the_history(toy):  # noqa: F811
    def no_better_for_three(history):
        return len(history.rows) - 1 - history.rows.index(history.best) >= 3

    history = nnlib.train(start(), toy, 3.0, batch_size=4, epochs=500, watch=no_better_for_three)
    assert history.stopped and history.settings["watch"] == "no_better_for_three"
    losses = [row["valid_loss"] for row in history.rows]
    assert len(losses) == int(np.argmin(losses)) + 4


def test_who_watches_sees_a_divergence(toy, capsys):  # noqa: F811
    seen = []
    history = nnlib.train(start(), toy, 1e200, watch=lambda h: seen.append(h.diverged))
    assert seen[-1] == history.diverged is not None and history.stopped is None
    assert capsys.readouterr().err == ""


def test_watch_shows_no_bar(monkeypatch, toy, capsys):  # noqa: F811
    monkeypatch.setenv("NNLIB_PROGRESS", "1")
    monkeypatch.setattr(plumbing, "BAR_AFTER", -1.0)
    monkeypatch.setattr(plumbing, "LOOK_EVERY", 0.0)
    nnlib.train(start(), toy, epochs=3, watch=lambda history: None)
    assert capsys.readouterr().err == ""


# ---------------------------------------------------------------- Ctrl-C


def test_a_snapshot_is_kept_between_records(monkeypatch, toy, capsys):  # noqa: F811
    monkeypatch.setattr(plumbing, "LOOK_EVERY", 0.0)
    monkeypatch.setattr(plumbing, "HOLD_EVERY", 0.0)
    history = nnlib.train(start(), toy, batch_size=4, epochs=9, optimizer=interrupt_at(18))
    assert "after step 17: the weights after step 17 are kept" in history.stopped
    assert [row["step"] for row in history.rows] == [0, 10, 17]  # no trace of the half step
    assert history.rows[-1]["epoch"] == 1.7
    whole = nnlib.train(start(), toy, batch_size=4, epochs=9, optimizer=interrupt_at(10**6))
    assert history.rows[:2] == whole.rows[:2]
    Z = nnlib.forward(history.params, toy.X_train)[-1]
    assert nnlib.cross_entropy(Z, toy.y_train) == history.rows[-1]["loss"]


def test_a_second_ctrl_c_within_two_seconds_ends_everything(monkeypatch, toy, capsys):  # noqa: F811
    monkeypatch.setattr(plumbing.History, "interrupted_at", -np.inf)
    assert nnlib.train(start(), toy, optimizer=interrupt_at(2)).stopped
    with pytest.raises(KeyboardInterrupt):
        nnlib.train(start(), toy, optimizer=interrupt_at(2))
    monkeypatch.setattr(plumbing, "TWICE_WITHIN", 0.0)
    assert nnlib.train(start(), toy, optimizer=interrupt_at(2)).stopped
    assert np.geterr()["over"] != "ignore"


# ---------------------------------------------------------------- what a finished one holds


def test_the_best_record_and_its_weights_are_kept(toy):  # noqa: F811
    history = nnlib.train(start(), toy, 3.0, batch_size=4, epochs=40)
    losses = [row["valid_loss"] for row in history.rows]
    assert history.best is history.rows[int(np.argmin(losses))] and np.argmin(losses) < 40
    loss, right = training.measure(history.best_params, toy.X_valid, toy.y_valid)
    assert (loss, right) == (history.best["valid_loss"], history.best["valid_accuracy"])
    history.params[0][0][:] = 0  # theirs to change: nothing else hangs on it
    assert nnlib.cross_entropy(nnlib.forward(history.best_params, toy.X_valid)[-1], toy.y_valid)
    assert training.measure(history.best_params, toy.X_valid, toy.y_valid)[0] == loss


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh"])
def test_the_activation_cannot_get_lost(toy, tmp_path, activation):  # noqa: F811
    history = nnlib.train(start(), toy, epochs=5, activation=activation)
    expected = nnlib.predict(history.params, toy.X_test, activation)
    assert history.activation == activation
    np.testing.assert_array_equal(history.predict(toy.X_test), expected)
    nnlib.save_params(tmp_path / "a.npz", history)
    params, loaded = nnlib.load_params(tmp_path / "a.npz")
    assert loaded == activation and weights_equal(params, history.params)
    other = "tanh" if activation == "relu" else "relu"
    with pytest.raises(ValueError, match=f"trained with {activation}, not {other}"):
        nnlib.save_params(tmp_path / "b.npz", history, other)
    assert not (tmp_path / "b.npz").exists()


def with_a_bar(seed, digits):
    """Train with the progress bar on, as in a reader's process; for a process of its own."""
    os.environ["NNLIB_PROGRESS"] = "1"
    plumbing.BAR_AFTER, plumbing.LOOK_EVERY = -1.0, 0.0
    return nnlib.train(nnlib.init_params([784, 10, 10], seed=seed), digits, epochs=2, seed=seed)


def test_a_finished_history_can_be_pickled_copied_and_sent(monkeypatch, digits, capfd):
    from joblib import Parallel, delayed

    monkeypatch.setenv("NNLIB_PROGRESS", "1")
    monkeypatch.setattr(plumbing, "BAR_AFTER", -1.0)
    monkeypatch.setattr(plumbing, "LOOK_EVERY", 0.0)
    history = with_a_bar(0, digits)
    assert "step/s" in capfd.readouterr().err, "no bar was shown, so nothing is proved"
    data = pickle.dumps(history)
    assert len(data) < 300_000
    for twin in (pickle.loads(data), copy.deepcopy(history), copy.copy(history)):
        assert repr(twin) == repr(history) and twin.table().equals(history.table())
        assert weights_equal(twin.params, history.params)
        np.testing.assert_array_equal(twin.predict(digits.X_test), history.predict(digits.X_test))
    sent = Parallel(n_jobs=2)(delayed(with_a_bar)(seed, digits) for seed in (0, 1))
    assert sent[0].rows == history.rows and sent[1].rows != history.rows


def test_a_finished_history_lets_the_images_go(toy):  # noqa: F811
    twin = nnlib.Digits(*(getattr(toy, f"{a}_{part}").copy() for part in
                          ("train", "valid", "test") for a in "Xy"), "twin")  # fmt: skip
    gone = weakref.ref(twin)
    history = nnlib.train(start(), twin, epochs=1, watch=lambda h: None)
    del twin
    gc.collect()
    assert gone() is None and history.rows
    assert not hasattr(history, "live") and "function" not in str(history.__dict__)


def test_a_bar_that_ends_early_leaves_no_trace(monkeypatch, toy):  # noqa: F811
    """tqdm paints a bar red, and leaves it there, that closes short of its total."""
    import tqdm.auto

    bars, bar = [], tqdm.std.tqdm
    monkeypatch.setattr(
        tqdm.auto, "tqdm", lambda **o: bars.append(bar(file=io.StringIO(), **o)) or bars[-1]
    )
    monkeypatch.setenv("NNLIB_PROGRESS", "1")
    monkeypatch.setattr(plumbing, "BAR_AFTER", -1.0)
    monkeypatch.setattr(plumbing, "LOOK_EVERY", 0.001)
    nnlib.train(start(), toy, batch_size=7, epochs=200)
    monkeypatch.setattr(plumbing, "LOOK_EVERY", 0.0)
    nnlib.train(start(), toy, 1e200, batch_size=7, epochs=5)
    nnlib.train(start(), toy, batch_size=7, epochs=5, optimizer=interrupt_at(9))
    assert len(bars) == 3 and all(b.n == b.total for b in bars)
    assert bars[0].n == 1200
