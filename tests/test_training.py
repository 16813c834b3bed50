"""Lesson 5's functions and lab 8's optimisers: batches, steps, L2, training from end to end."""

import numpy as np
import pytest

import nnlib
from nnlib.plumbing.sources import Digits
from nnlib.training import OPTIMIZERS


@pytest.fixture
def toy():
    """60 images of 7 pixels in 3 classes that a small network can learn."""
    rng = np.random.default_rng(0)
    y = np.arange(60) % 3
    X = np.clip(0.3 * rng.random((60, 7)) + 0.6 * np.eye(3, 7)[y], 0, 1)
    return Digits(X[:40], y[:40], X[40:50], y[40:50], X[50:], y[50:], "toy")


def start(seed=0, dtype=np.float64):
    return nnlib.init_params([7, 5, 3], seed=seed, dtype=dtype)


def equal(a, b):
    return all((x == y).all() for p, q in zip(a, b, strict=True) for x, y in zip(p, q))


def test_batches_hold_every_row_once_and_the_last_one_is_short():
    parts = list(nnlib.batches(10, 4, np.random.default_rng(0)))
    assert [len(rows) for rows in parts] == [4, 4, 2]
    assert sorted(np.concatenate(parts)) == list(range(10))
    assert np.concatenate(parts).tolist() != list(range(10))


def test_batches_are_shuffled_anew_each_epoch_and_by_the_seed():
    rng = np.random.default_rng(0)
    first, second = (np.concatenate(list(nnlib.batches(50, 8, rng))) for _ in range(2))
    again = np.concatenate(list(nnlib.batches(50, 8, np.random.default_rng(0))))
    assert (first != second).any() and (first == again).all()


def test_a_full_batch_is_all_rows_without_a_copy():
    X = np.arange(6.0).reshape(3, 2)
    (rows,) = nnlib.batches(3, None, np.random.default_rng(0))
    assert np.shares_memory(X[rows], X) and len(X[rows]) == 3


def test_update_moves_every_array_against_its_gradient(network):
    params, grads = network([7, 5, 3], 0), network([7, 5, 3], 1)
    wanted = [(W - 0.3 * dW, b - 0.3 * db) for (W, b), (dW, db) in zip(params, grads)]
    nnlib.update(params, grads, 0.3)
    assert equal(params, wanted)


def test_l2_is_the_gradient_of_its_penalty_and_spares_the_biases(small):
    params, X, y = small
    grads = nnlib.backward(params, nnlib.forward(params, X), y)
    with_l2 = nnlib.add_l2(params, grads, 0.1)

    def loss():
        penalty = 0.1 / 2 * sum((W**2).sum() for W, _ in params)
        return nnlib.cross_entropy(nnlib.forward(params, X)[-1], y) + penalty

    for pair, gradients in zip(params, with_l2):
        for theta, gradient in zip(pair, gradients):
            n = nnlib.numerical_gradient(loss, theta)
            assert nnlib.relative_error(gradient, n) < 1e-6
    assert all((a[1] == b[1]).all() for a, b in zip(grads, with_l2))


def test_momentum_written_out_for_one_number():
    params, state, v, w = [(np.array([[1.0]]), np.array([2.0]))], {}, 0.0, 1.0
    for slope in (0.5, -1.0, 0.25):
        nnlib.momentum(params, [(np.array([[slope]]), np.array([0.0]))], 0.1, state)
        v = 0.9 * v + slope
        w -= 0.1 * v
        assert params[0][0][0, 0] == pytest.approx(w, rel=1e-14)
    assert params[0][1][0] == 2.0


def test_adam_written_out_for_one_number():
    params, state = [(np.array([[1.0]]), np.array([2.0]))], {}
    m = v = 0.0
    w = 1.0
    for t, slope in enumerate((0.5, -1.0, 0.25, 3.0), 1):
        nnlib.adam(params, [(np.array([[slope]]), np.array([0.0]))], 0.01, state)
        m, v = 0.9 * m + 0.1 * slope, 0.999 * v + 0.001 * slope**2
        w -= 0.01 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        assert params[0][0][0, 0] == pytest.approx(w, rel=1e-12)
    assert params[0][1][0] == 2.0


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("batch_size, l2", [(None, 0.0), (8, 0.0), (7, 0.01)])
def test_train_is_the_bare_loop_to_the_last_bit(toy, optimizer, batch_size, l2):
    history = nnlib.train(
        start(), toy, 0.05, batch_size=batch_size, epochs=3, optimizer=optimizer, l2=l2, seed=5
    )
    params, state, rng = start(), {}, np.random.default_rng(5)
    for _ in range(3):
        for rows in nnlib.batches(40, batch_size, rng):
            A = nnlib.forward(params, toy.X_train[rows])
            grads = nnlib.backward(params, A, toy.y_train[rows])
            if l2:
                grads = nnlib.add_l2(params, grads, l2)
            OPTIMIZERS[optimizer](params, grads, 0.05, state)
    assert equal(history.params, params)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimiser_learns(toy, optimizer):
    rate = {"sgd": 0.5, "momentum": 0.05, "adam": 0.02}[optimizer]
    history = nnlib.train(start(), toy, rate, batch_size=8, epochs=40, optimizer=optimizer)
    assert history.rows[-1]["loss"] < 0.1 * history.rows[0]["loss"]
    assert nnlib.accuracy(toy.y_test, nnlib.predict(history.params, toy.X_test)) == 1.0


def test_every_array_moves(toy):
    params = start()
    history = nnlib.train(params, toy, epochs=1)
    for pair, trained in zip(params, history.params):
        assert all((a != b).any() for a, b in zip(pair, trained))


def test_the_weights_passed_in_stay_and_a_second_run_is_the_same(toy):
    params = start()
    first = nnlib.train(params, toy, epochs=2)
    assert equal(params, start())
    assert equal(first.params, nnlib.train(params, toy, epochs=2).params)
    assert not equal(first.params, nnlib.train(params, toy, epochs=2, seed=1).params)


def test_twenty_images_are_learned_by_heart(digits):
    few = Digits(
        digits.X_train[:20], digits.y_train[:20], digits.X_valid, digits.y_valid,
        digits.X_test, digits.y_test, "20 digits",
    )  # fmt: skip
    history = nnlib.train(nnlib.init_params([784, 10, 10]), few, 0.1, batch_size=None, epochs=300)
    assert history.rows[-1]["train_accuracy"] == 1.0 and history.rows[-1]["loss"] < 0.1


def test_float32_stays_float32_and_weights_take_the_images_type(toy):
    X = [a.astype(np.float32) for a in (toy.X_train, toy.X_valid, toy.X_test)]
    coarse = Digits(X[0], toy.y_train, X[1], toy.y_valid, X[2], toy.y_test, "toy")
    for dtype in (np.float32, np.float64):
        for optimizer in OPTIMIZERS:
            history = nnlib.train(
                start(dtype=dtype), coarse, 0.01, epochs=1, optimizer=optimizer, l2=0.01
            )
            assert {a.dtype for pair in history.params for a in pair} == {np.dtype(np.float32)}


def test_the_default_network_beats_the_classic_figure(digits):
    history = nnlib.train(nnlib.init_params([784, 10, 10]), digits, 0.1, batch_size=32, epochs=10)
    y_hat = nnlib.predict(history.params, digits.X_test)
    assert nnlib.accuracy(digits.y_test, y_hat) > 0.90


def test_full_mnist_full_batch(mnist):
    params = nnlib.init_params([784, 10, 10], dtype=np.float32)
    history = nnlib.train(params, mnist, 0.1, batch_size=None, epochs=60)
    assert history.rows[-1]["valid_accuracy"] > 0.80


def test_full_mnist_mini_batches(mnist):
    params = nnlib.init_params([784, 128, 64, 10], dtype=np.float32)
    history = nnlib.train(params, mnist, 0.1, batch_size=32, epochs=2)
    assert history.rows[-1]["valid_accuracy"] > 0.965


def test_a_function_serves_as_optimizer_and_as_init(toy):
    def own_step(params, grads, learning_rate, state):
        state["steps"] = state.get("steps", 0) + 1
        nnlib.update(params, grads, learning_rate)

    def own_init(rng, n_in, n_out):
        return rng.normal(0, np.sqrt(2 / n_in), (n_in, n_out))

    own, known = (nnlib.init_params([6, 5, 3], init=i, seed=4) for i in (own_init, "he"))
    assert all((W == V).all() for (W, _), (V, _) in zip(own, known))
    histories = [nnlib.train(start(), toy, optimizer=o, epochs=3) for o in (own_step, "sgd")]
    for pairs in zip(*(h.params for h in histories)):
        assert all((a == b).all() for a, b in zip(*pairs))
    assert histories[0].settings["optimizer"] == "own_step" and "own_step" in repr(histories[0])
