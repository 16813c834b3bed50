"""Lab 8's experiments: the loop, choosing on validation, going on where it stopped, the files."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import ndimage

import nnlib
from experiments import fit, results, tables
from experiments.__main__ import main
from nnlib.labs.augment import shift_images, upright
from nnlib.plumbing.environment import thread_limit
from nnlib.plumbing.sources import Digits

PLAIN = tables.DEFAULTS | {"hidden": [12], "epochs": 3, "batch_size": 100}


@pytest.fixture
def few(digits):
    """400 digits, and test images of a kind that nobody may look at while choosing."""
    d = digits
    return Digits(d.X_train[:300], d.y_train[:300], d.X_valid[:100], d.y_valid[:100],
                  d.X_test[:50], d.y_test[:50], "few")  # fmt: skip


@pytest.fixture
def table(monkeypatch, few):
    """A small experiment in place of the long ones: two rungs, three seeds."""
    rows = {
        "first": {
            "hidden": [8],
            "epochs": 2,
            "choose": tables.each("learning_rate", 1e-6, 0.5),
        },
        "second": {"epochs": 3, "optimizer": "momentum", "learning_rate": 0.05},
    }
    small = {"tiny": {"what": "a test", "rows": rows, "cumulative": True, "seeds": 3}}
    monkeypatch.setattr(tables, "EXPERIMENTS", small)
    monkeypatch.setattr(fit, "digits_of", lambda settings: few)
    return small["tiny"]


def start(folder, *arguments):
    return main(["tiny", "--results", str(folder), *arguments])


def equal(a, b):
    return all((x == y).all() for p, q in zip(a, b, strict=True) for x, y in zip(p, q))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"batch_size": None},
        {"optimizer": "adam", "learning_rate": 0.001, "activation": "sigmoid", "init": "xavier"},
        {"optimizer": "momentum", "l2": 0.01, "hidden": [9, 7]},
    ],
)
def test_fit_is_the_loop_of_train_to_the_last_bit(few, changes):
    s = PLAIN | changes
    with thread_limit(1):  # as `run` and `train` do; two threads add up in another order
        params, epoch = fit.fit(s, 4, few)
    history = nnlib.train(
        fit.first_weights(s, 4, np.float64), few, s["learning_rate"], s["batch_size"],
        s["epochs"], s["activation"], s["optimizer"], s["l2"], 4,
    )  # fmt: skip
    assert epoch == s["epochs"] and equal(params, history.params)


@pytest.mark.parametrize(
    "changes",
    [
        {"decay": True},
        {"dropout": 0.3},
        {"affine": [12, 0.1, 0.1, 1]},
        {"elastic": [34, 4]},
        {"affine": [12, 0.1, 0.1, 1], "clean": 2},
        {"init": "normal"},
    ],
)
def test_each_ingredient_changes_the_weights_and_the_seed_decides_them(few, changes):
    params, _ = fit.fit(PLAIN | changes, 1, few)
    assert equal(params, fit.fit(PLAIN | changes, 1, few)[0])
    assert not equal(params, fit.fit(PLAIN, 1, few)[0])


def test_passes_that_are_all_clean_see_no_distortion(few):
    changes = {"affine": [12, 0.1, 0.1, 1], "elastic": [34, 4], "clean": PLAIN["epochs"]}
    assert equal(fit.fit(PLAIN | changes, 1, few)[0], fit.fit(PLAIN, 1, few)[0])


def test_weights_of_a_standard_normal_draw_are_those_of_the_stored_runs():
    """By hand, to the last bit: the stored runs of the classics began with these."""
    rng = np.random.default_rng(3)
    by_hand = [
        (rng.normal(0, 1, s).astype(np.float32), np.zeros(s[1])) for s in [(784, 9), (9, 10)]
    ]
    drawn = fit.first_weights(PLAIN | {"init": "normal", "hidden": [9]}, 3, np.float32)
    assert equal(drawn, by_hand) and drawn[0][0].dtype == drawn[0][1].dtype == np.float32


def test_early_stopping_keeps_the_best_pass(few):
    s = PLAIN | {"epochs": 12, "learning_rate": 1.0, "early_stopping": True}
    scores = []
    for epochs in range(1, 13):
        params, _ = fit.fit(s | {"epochs": epochs, "early_stopping": False}, 2, few)
        scores.append(nnlib.accuracy(few.y_valid, nnlib.predict(params, few.X_valid)))
    params, epoch = fit.fit(s, 2, few)
    assert epoch == 1 + int(np.argmax(scores)) < 12
    assert nnlib.accuracy(few.y_valid, nnlib.predict(params, few.X_valid)) == max(scores)


def test_a_clipped_loss_is_what_others_report(few):
    s = PLAIN | {"init": "normal", "hidden": [10]}
    members = [(fit.first_weights(s, 0, np.float64), "plain")]
    P = nnlib.softmax(nnlib.forward(members[0][0], few.X_train)[-1])
    expected = -np.log(np.clip(P[np.arange(300), few.y_train], 1e-9, 1)).mean()
    clipped, *_ = fit.measure(members, few.X_train, few.y_train, s | {"clip": 1e-9})
    whole, *_ = fit.measure(members, few.X_train, few.y_train, s)
    assert clipped == pytest.approx(expected, rel=1e-12) and clipped < 20.8 < whole


def test_five_looks_are_the_image_and_its_four_neighbours(few):
    s = PLAIN | {"looks": 5}
    params, _ = fit.fit(PLAIN, 0, few)
    images, P = few.X_test.reshape(-1, 28, 28), 0
    for down, right in ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0)):
        moved = ndimage.shift(images, (0, down, right), order=0)
        P = P + nnlib.softmax(nnlib.forward(params, moved.reshape(-1, 784))[-1]) / 5
    np.testing.assert_allclose(fit.beliefs([(params, "plain")], few.X_test, s), P, atol=1e-12)
    loss, right, y_hat = fit.measure([(params, "plain")], few.X_test, few.y_test, s)
    assert (y_hat == P.argmax(axis=1)).all() and right == nnlib.accuracy(few.y_test, y_hat)
    assert loss == pytest.approx(-np.log(P[np.arange(50), few.y_test]).mean())


def test_members_take_the_kinds_in_turn_and_are_asked_in_them(few):
    s = PLAIN | {"members": 3, "kinds": ["plain", "upright", 16], "epochs": 2, "looks": 2}
    found = [params for params, _ in fit.fit_all(s, 5, few)]
    for i, (params, width) in enumerate(zip(found, (0, None, 16))):
        X = few.X_train if i == 0 else upright(few.X_train, width)
        assert equal(params, fit.fit(PLAIN | {"epochs": 2}, 15 + i, replace(few, X_train=X))[0])
    members, P = list(zip(found, fit.kinds_of(s))), 0
    for params, width in zip(found, (0, None, 16)):
        X = few.X_test if width == 0 else upright(few.X_test, width)
        for move in ((0, 0), (1, 0)):
            Z = nnlib.forward(params, shift_images(X, *move))[-1]
            P = P + nnlib.softmax(Z) / 6
    np.testing.assert_allclose(fit.beliefs(members, few.X_test, s), P, atol=1e-12)
    result, _ = fit.judge(members, few, s)
    alone = [fit.measure([m], few.X_test, few.y_test, s)[1] for m in members]
    assert json.loads(result["parts"]) == dict(zip(("plain", "upright", "16"), alone))


@pytest.mark.parametrize("changes", [{}, {"l2": 1e-3, "decay": True}])
def test_a_fused_run_ends_with_the_same_weights(few, changes):
    s = PLAIN | {"optimizer": "momentum", "learning_rate": 0.02, "hidden": [9, 7]} | changes
    plain, fused = fit.fit(s, 3, few)[0], fit.fit(s | {"fused": True}, 3, few)[0]
    for pair, other in zip(plain, fused):
        for a, b in zip(pair, other):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-11)
    assert not equal(plain, fit.fit(s, 4, few)[0])


def test_a_committee_of_one_answers_as_its_member(few):
    params, _ = fit.fit(PLAIN, 0, few)
    loss, right, y_hat = fit.measure([(params, "plain")], few.X_test, few.y_test, PLAIN)
    both, right_2, y_hat_2 = fit.measure([(params, "plain")] * 2, few.X_test, few.y_test, PLAIN)
    assert right == right_2 and (y_hat == y_hat_2).all() and both == pytest.approx(loss)
    assert (y_hat == nnlib.predict(params, few.X_test)).all()


def test_every_run_is_kept_and_a_second_start_computes_nothing(table, tmp_path, monkeypatch):
    assert start(tmp_path) == 0
    runs, choice = results.read("tiny", tmp_path), results.read("tiny_choice", tmp_path)
    assert list(zip(runs["row"], runs["seed"])) == [(r, s) for r in table["rows"] for s in range(3)]
    assert len(choice) == 2 and choice["test_accuracy"].isna().all()
    assert set(choice["seed"]) == {tables.CHOICE_SEED}
    before = (tmp_path / "tiny.csv").read_bytes()
    monkeypatch.setattr(fit, "run", lambda *a, **k: pytest.fail("computed again"))
    assert start(tmp_path) == 0
    assert (tmp_path / "tiny.csv").read_bytes() == before
    names = sorted(path.name for path in tmp_path.iterdir() if path.name != ".lock")
    assert names == ["tiny.csv", "tiny_choice.csv", "tiny_wrong.json"]


def test_the_candidate_that_is_best_on_validation_wins(table, tmp_path):
    start(tmp_path, "--seeds", "0")
    settings = results.read("tiny", tmp_path)["settings"].map(json.loads)
    choice = results.read("tiny_choice", tmp_path)
    best = choice.loc[choice["valid_accuracy"].idxmax(), "settings"]
    assert settings[0]["learning_rate"] == json.loads(best)["learning_rate"] == 0.5
    second = results.settings_of("tiny", "second", tmp_path)
    assert (second["hidden"], second["learning_rate"], second["epochs"]) == ([8], 0.05, 3)


def test_an_interrupted_experiment_goes_on_where_it_stopped(table, tmp_path, monkeypatch, capsys):
    real, calls = fit.run, []

    def three_times(*arguments, **keywords):
        calls.append(arguments[1])
        if len(calls) == 4:
            raise KeyboardInterrupt
        return real(*arguments, **keywords)

    monkeypatch.setattr(fit, "run", three_times)
    assert start(tmp_path) == 130
    assert "interrupted" in capsys.readouterr().err
    assert results.read("tiny", tmp_path)["seed"].tolist() == [0]  # two went into the choice
    assert start(tmp_path) == 0
    assert len(results.read("tiny", tmp_path)) == 6 and len(calls) == 3 + 1 + 5


def test_changed_settings_and_force_compute_again(table, tmp_path, monkeypatch):
    start(tmp_path, "--rows", "second", "--seeds", "0")
    first = results.read("tiny", tmp_path)
    table["rows"]["second"]["learning_rate"] = 0.001
    start(tmp_path, "--rows", "second", "--seeds", "0")
    changed = results.read("tiny", tmp_path)
    assert len(first) == len(changed) == 1
    assert first["train_loss"][0] != changed["train_loss"][0]
    count, real = [], fit.run
    monkeypatch.setattr(fit, "run", lambda *a, **k: count.append(1) or real(*a, **k))
    start(tmp_path, "--rows", "second", "--seeds", "0", "--force")
    forced = results.read("tiny", tmp_path)
    assert sum(count) == 3  # the two candidates of the rung below, and the run
    assert forced["train_loss"][0] == changed["train_loss"][0]


def test_what_was_got_wrong_is_kept(table, tmp_path, few):
    start(tmp_path, "--rows", "first", "--seeds", "1")
    runs = results.read("tiny", tmp_path)
    wrong = results.read_wrong("tiny", tmp_path)["first"]["1"]
    assert len(wrong["index"]) == round(50 * (1 - runs["test_accuracy"][0]))
    assert all(few.y_test[i] != a for i, a in zip(wrong["index"], wrong["answer"], strict=True))


def test_summary_gives_mean_and_sd_and_recompute_the_stored_run(table, tmp_path):
    start(tmp_path)
    runs, lines = results.read("tiny", tmp_path), results.summary("tiny", tmp_path)
    first = runs[runs["row"] == "first"]["valid_accuracy"]
    assert lines["seeds"].tolist() == [3, 3]
    assert lines["valid_accuracy"][0] == pytest.approx(first.mean())
    assert lines["valid_accuracy_sd"][0] == pytest.approx(np.std(first, ddof=1))
    again = results.recompute("tiny", "second", 2, folder=tmp_path)
    stored = runs[(runs["row"] == "second") & (runs["seed"] == 2)].iloc[0]
    assert again["test_accuracy"] == stored["test_accuracy"]
    assert again["train_loss"] == pytest.approx(stored["train_loss"])


def test_settings_become_columns(table, tmp_path):
    start(tmp_path, "--seeds", "0")
    runs = results.with_settings(results.read("tiny", tmp_path))
    assert runs["optimizer"].tolist() == ["sgd", "momentum"]
    assert runs["hidden"].tolist() == [[8], [8]] and "settings" not in runs
    assert len(runs.columns) == len(set(runs.columns))


def test_claims_are_held_against_the_mean(tmp_path):
    runs = [
        {"row": "d. SGD", "seed": seed, "settings": "{}", "steps": 1, "seconds": 1, "first_loss": 1,
         "train_loss": 1, "valid_loss": 1, "train_accuracy": 1.0, "valid_accuracy": 1.0,
         "test_accuracy": right}
        for seed, right in enumerate([0.94, 0.965])
    ]  # fmt: skip
    results.write("classics", pd.DataFrame(runs), tmp_path)
    line = results.claims(tmp_path).set_index("row").loc["d. SGD"]
    assert line["reproduced"] == pytest.approx(0.9525) and line["reached"]
    assert line["seeds"] == 2 and line["claimed"] == 0.95 and line["measured on"] == "test"


def simulated(rng, n, k, of_images, of_seeds):
    """Return the misses of two rows: difficult images, lucky seeds, and a coin for each answer."""
    runs = []
    common = rng.normal(0, 1, (n, 1))
    for level in (-2.0, -2.5):
        Z = level + common + of_images * rng.normal(0, 1, (n, 1)) + of_seeds * rng.normal(0, 1, k)
        wrong = rng.random((n, k)) < 1 / (1 + np.exp(-Z))
        runs.append({str(s): {"index": np.flatnonzero(wrong[:, s])} for s in range(k)})
    return runs


@pytest.mark.parametrize(
    "n, k, of_images, of_seeds, blind",
    [(200, 5, 1.5, 0.0, "se_seeds"), (2000, 5, 0.0, 0.3, "se_images"), (300, 4, 1.0, 0.3, None)],
)
def test_compare_sees_images_and_seeds(n, k, of_images, of_seeds, blind):
    """Each time new images and new seeds: `se` is the spread, and 95 % of the intervals hold."""
    rng = np.random.default_rng(0)
    found = [
        results.compare(*simulated(rng, n, k, of_images, of_seeds), n_images=n) for _ in range(600)
    ]
    found = pd.DataFrame(found)
    spread, true = found["difference"].std(), found["difference"].mean()
    assert np.sqrt((found["se"] ** 2).mean()) == pytest.approx(spread, rel=0.1)
    assert ((found["low"] <= true) & (true <= found["high"])).mean() > 0.93
    if blind:  # the other source alone would be far too sure
        assert np.sqrt((found[blind] ** 2).mean()) < 0.75 * spread


def test_compare_takes_the_seeds_that_both_have_and_knows_equals():
    a = {"0": {"index": [1, 2]}, "1": {"index": [3]}, "2": {"index": [5]}}
    b = {"0": {"index": [1, 2, 7]}, "1": {"index": [3, 4, 9]}}
    assert results.compare(a, b, 10)["difference"] == pytest.approx(0.15)
    same = results.compare(a, a, 10)
    assert same["difference"] == same["se"] == same["low"] == same["high"] == 0
    with pytest.raises(ValueError, match="two seeds or more that both rows have, not 1"):
        results.compare({"0": a["0"]}, b)


def test_faults_are_said_in_a_sentence(table, tmp_path, capsys):
    assert start(tmp_path, "--rows", "third") == 1
    assert "no row with 'third'" in capsys.readouterr().err
    assert start(tmp_path, "--jobs", "0") == 1
    assert "--jobs must be" in capsys.readouterr().err
    with pytest.raises(ValueError, match="candidates have not been run"):
        results.recompute("tiny", "first", folder=tmp_path)
    with pytest.raises(ValueError, match="has no row 'third'"):
        results.recompute("tiny", "third", folder=tmp_path)
    assert results.read("tiny", tmp_path).empty and results.summary("tiny", tmp_path).empty


def test_the_list_counts_what_is_done(table, tmp_path, capsys):
    start(tmp_path, "--rows", "second", "--seeds", "0")
    capsys.readouterr()
    assert main(["list", "--results", str(tmp_path)]) == 0
    assert "1 of 6 runs done" in capsys.readouterr().out


# ------------------------------------------------------------------ the stored results


@pytest.mark.parametrize("name", tables.EXPERIMENTS)
def test_stored_results_belong_to_the_tables_of_now(name):
    """A row whose settings were changed afterwards, or that lacks a seed, fails here."""
    runs = results.read(name)
    assert len(runs), f"no results of {name}"
    for row in tables.EXPERIMENTS[name]["rows"]:
        mine = runs[runs["row"] == row]
        assert sorted(mine["seed"]) == list(range(tables.EXPERIMENTS[name]["seeds"])), row
        text = tables.as_text(results.settings_of(name, row))
        assert set(mine["settings"]) == {text}, row


OPENED = [name for name, table in tables.EXPERIMENTS.items() if table.get("test", True)]
if not results.read_wrong("ablation"):  # run before misses were kept; --force would add them
    OPENED.remove("ablation")


@pytest.mark.parametrize("name", OPENED)
def test_stored_mistakes_are_as_many_as_the_accuracy_says(name):
    wrong = results.read_wrong(name)
    for _, stored in results.read(name).iterrows():
        mistakes = wrong[stored["row"]][str(stored["seed"])]
        assert len(set(mistakes["index"])) == len(mistakes["answer"])
        assert len(mistakes["index"]) == round(10000 * (1 - stored["test_accuracy"]))


CHEAP = [
    ("ladder", "mini-batches", "test_accuracy"),
    ("units", "10 hidden", "test_accuracy"),
    ("heatmap", "rate 0.1, batch 512", "valid_accuracy"),
    ("classics", "c. configurable layers", "test_accuracy"),
]


@pytest.mark.parametrize("name, row, column", CHEAP)
def test_a_cheap_row_is_reproduced_within_its_spread(mnist, monkeypatch, name, row, column):
    monkeypatch.setattr(fit, "digits_of", lambda settings: mnist)
    line = results.summary(name).set_index("row").loc[row]
    again = results.recompute(name, row, seed=0)
    assert abs(again[column] - line[column]) <= 4 * line[f"{column}_sd"]


@pytest.mark.parametrize("by, wins", [(None, 1), ("valid_loss", 0)])
def test_a_choice_goes_by_accuracy_or_by_loss(table, tmp_path, by, wins):
    candidates = table["rows"]["first"]["choose"]
    if by is not None:
        table["choose_by"] = by
    plain = results.settings_of("tiny", "first", tmp_path, before_choice=True)
    for candidate, loss, right in zip(candidates, (0.1, 0.2), (0.90, 0.91)):
        settings = results.choice_settings(plain, candidate, "tiny")
        result = dict.fromkeys(results.NUMBERS, 1.0) | {"seed": 100, "steps": 1}
        results.keep(
            "tiny_choice",
            "first",
            settings,
            result | {"valid_loss": loss, "valid_accuracy": right},
            folder=tmp_path,
        )
    chosen = results.settings_of("tiny", "first", tmp_path)
    assert chosen["learning_rate"] == candidates[wins]["learning_rate"]
