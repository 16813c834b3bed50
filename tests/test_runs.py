"""Runs: earlier runs kept beside the newest one, in a picture, a table, and a file."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from matplotlib import colors
from test_training import equal, start, toy  # noqa: F401  (a fixture)

import nnlib
from nnlib.plumbing import lines
from nnlib.plumbing.lines import Line, Scale


def run(toy, rate=0.1, epochs=3, params=None, **settings):  # noqa: F811
    params = start() if params is None else params
    return nnlib.train(params, toy, rate, 8, epochs, watch=lambda history: None, **settings)


@pytest.fixture
def runs(toy):  # noqa: F811
    runs = nnlib.Runs()
    for rate in (0.1, 0.3, 1.0):
        runs.add(run(toy, rate))
    return runs


def labels(runs):
    return list(lines.labels(list(runs)).values())


def bold(figure):
    return [t.get_text() for t in figure.legends[0].get_texts() if t.get_fontweight() == "bold"]


# ---------------------------------------------------------------- names


def test_one_run_is_named_by_its_rate(toy):  # noqa: F811
    runs = nnlib.Runs()
    runs.add(run(toy))
    assert labels(runs) == ["rate 0.1"]


@pytest.mark.parametrize(
    "settings, words",
    [
        ({"batch_size": None}, ["batch 8", "full batch"]),
        ({"epochs": 5}, ["3 epochs", "5 epochs"]),
        ({"activation": "tanh"}, ["relu", "tanh"]),
        ({"optimizer": "adam"}, ["sgd", "adam"]),
        ({"l2": 0.01}, ["L2 0", "L2 0.01"]),
        ({"seed": 4}, ["seed 0", "seed 4"]),
        ({"params": nnlib.init_params([7, 4, 3])}, ["7-5-3", "7-4-3"]),
        ({"params": nnlib.init_params([7, 5, 3], "xavier")}, ["first loss", "first loss"]),
    ],
)
def test_labels_name_only_what_differs(toy, settings, words):  # noqa: F811
    runs = nnlib.Runs()
    runs.add(run(toy))
    other = {"params": start(), "batch_size": 8, "epochs": 3, "watch": lambda h: None} | settings
    runs.add(nnlib.train(other.pop("params"), toy, 0.1, **other))
    assert [text.startswith(f"rate 0.1, {word}") for text, word in zip(labels(runs), words)] == [
        True,
        True,
    ]
    assert len(set(labels(runs))) == 2 and all(text.count(",") == 1 for text in labels(runs))


@pytest.mark.parametrize("end, shown", [
    ({}, "accuracy 0.{}, loss 0.{}"), ({"stopped": "…"}, "accuracy 0.{}, loss 0.{}, stopped"),
    ({"collapsed": "…"}, "accuracy 0.{}, collapsed"),
    ({"diverged": "…"}, "accuracy 0.{}, diverged"),
])  # fmt: skip
def test_in_words_a_run_that_ended_early_says_how(toy, end, shown):  # noqa: F811
    runs, history = nnlib.Runs(), run(toy)
    for name, sentence in end.items():
        setattr(history, name, sentence)
    runs.add(history)
    assert re.sub(r"0\.\d+", "0.{}", runs.words()) == f"rate 0.{{}}: {shown}"


def test_in_words_of_three_seeds_one_that_went_wrong_is_counted(toy):  # noqa: F811
    runs, histories = nnlib.Runs(), [run(toy, seed=seed) for seed in range(3)]
    histories[1].collapsed = "Collapsed: …"
    runs.add(histories)
    assert re.search(r": accuracy 0\.\d+, loss 0\.\d+, of 3: 1 collapsed$", runs.words())


def test_in_words_what_differs_stands_in_brackets_where_a_rate_is_shared(toy, runs):  # noqa: F811
    runs.add(run(toy, 0.1, seed=1))
    names = ("rate 0.1 (seed 0)", "rate 0.3", "rate 1", "rate 0.1 (seed 1)")
    ends = [(line.last("valid_accuracy"), line.last("loss")) for line in runs]
    said = [f"{name}: accuracy {a:.3f}, loss {l:.2f}" for name, (a, l) in zip(names, ends)]
    assert runs.words() == "; ".join(said)
    assert nnlib.Runs().words() == "no runs yet"


# ---------------------------------------------------------------- same and other


@pytest.mark.parametrize("settings", [{}, {"print_every": 1}, {"watch": None}])
def test_the_same_run_takes_its_own_place_and_says_so(toy, runs, settings, capsys):  # noqa: F811
    runs.add(nnlib.train(start(), toy, 0.3, 8, 3, **settings))
    assert len(runs) == 3 and runs.newest.number == 2
    (text,) = bold(runs.plot())
    assert text.startswith("2: rate 0.3: ") and text.endswith("run again: the same")
    assert "again" not in str(runs).splitlines()[0]


def test_a_stopped_run_is_replaced_by_the_whole_one(toy, runs):  # noqa: F811
    stopped = nnlib.train(start(), toy, 2.0, 8, 3, watch=lambda history: history.step >= 7)
    runs.add(stopped)
    assert str(runs).splitlines()[-1].endswith("stopped")
    runs.add(run(toy, 2.0))
    assert len(runs) == 4 and "stopped" not in str(runs) and "again" not in str(runs)


@pytest.mark.parametrize("init", ["zeros", "he"])
def test_other_images_make_another_run(toy, init):  # noqa: F811
    """Zero weights have the same first loss on any images."""
    other = replace(toy, X_train=toy.X_train[::-1].copy(), y_train=toy.y_train[::-1].copy())
    runs = nnlib.Runs()
    for digits in (toy, other):
        runs.add(run(digits, params=nnlib.init_params([7, 5, 3], init)))
    assert len(runs) == 2 and len(set(labels(runs))) == 2


def test_a_step_of_ones_own_that_was_changed_makes_another_run(toy):  # noqa: F811
    def step_by(factor):
        def my_step(params, grads, learning_rate, state):
            nnlib.update(params, grads, factor * learning_rate)

        return my_step

    runs = nnlib.Runs()
    for factor in (1, 1, 2):
        runs.add(run(toy, optimizer=step_by(factor)))
    assert labels(runs) == ["rate 0.1, run 1", "rate 0.1, run 2"]


def test_notes_tell_apart_where_both_runs_have_them(toy):  # noqa: F811
    runs = nnlib.Runs()
    runs.add(run(toy))
    runs.add(run(toy), init="he")
    assert len(runs) == 1 and runs[1].notes == {"init": "he"}
    runs.add(run(toy, params=nnlib.init_params([7, 5, 3], "xavier")), init="xavier")
    assert labels(runs) == ["rate 0.1, init he", "rate 0.1, init xavier"]


def test_removing_one_leaves_the_others_their_numbers_and_looks(toy, runs):  # noqa: F811
    looks = [line.get_color() for line in runs.plot().axes[0].get_lines()]
    runs.remove(3)
    assert [line.number for line in runs] == [1, 2] and runs.newest.number == 2
    runs.remove(1)
    assert [line.get_color() for line in runs.plot().axes[0].get_lines()] == [looks[1]]
    runs.add(run(toy, 0.2))
    assert [line.number for line in runs] == [2, 3]
    for number in (1, "x", None):
        with pytest.raises(ValueError, match=r"There is no run .*: 2, 3\.$"):
            runs.remove(number)
    runs.clear()
    assert len(runs) == 0 and runs.newest is None and str(runs) == "no runs"
    assert len(runs.table()) == 0 and len(runs.records()) == 0
    runs.plot()


def test_what_is_no_history_is_refused():
    for wrong in (None, [], [1], nnlib.Runs()):
        with pytest.raises(ValueError, match="Only what train returns"):
            nnlib.Runs().add(wrong)


# ---------------------------------------------------------------- seeds


def test_seeds_make_one_line_with_a_band(toy, runs):  # noqa: F811
    histories = [run(toy, 0.2, params=start(seed), seed=seed) for seed in (0, 1, 2)]
    runs.add(histories)
    ends = np.array([h.rows[-1]["valid_accuracy"] for h in histories])
    assert runs.newest.last("valid_accuracy") == pytest.approx(ends.mean())
    epochs, mean, low, high = runs.newest.curve("loss")
    losses = np.array([[row["loss"] for row in h.rows] for h in histories])
    assert epochs.tolist() == [0, 1, 2, 3] and np.allclose(mean, losses.mean(axis=0))
    assert (low == losses.min(axis=0)).all() and (high == losses.max(axis=0)).all()
    assert labels(runs)[-1] == "rate 0.2, 3 seeds"
    assert [len(ax.collections) for ax in runs.plot().axes] == [1, 1]
    runs.add(histories)
    assert len(runs) == 4 and runs.newest.again


def test_only_seeds_make_one_line(toy, runs):  # noqa: F811
    with pytest.raises(ValueError, match="differ in learning_rate: only"):
        runs.add([run(toy, 0.1), run(toy, 0.2)])


def test_a_line_of_seeds_says_which_went_wrong(digits):
    histories = [
        nnlib.train(nnlib.init_params([784, 10, 10], seed=s), digits, rate, epochs=2, seed=s,
                    watch=lambda h: None)
        for s, rate in ((0, 0.1), (1, 0.1))
    ]  # fmt: skip
    histories[1].collapsed = "Collapsed: …"
    assert Line(histories).ended() == "of 2: 1 collapsed"


# ---------------------------------------------------------------- picture and table


def test_the_newest_is_bold_and_on_top(runs):
    figure = runs.plot()
    (text,) = bold(figure)
    assert text.startswith("3: rate 1: ")
    for ax in figure.axes:
        drawn = sorted(ax.get_lines(), key=lambda line: line.get_zorder())
        assert drawn[-1].get_label() == text
        assert drawn[-1].get_linewidth() > drawn[0].get_linewidth()


def test_six_runs_and_the_cell_fit_on_a_laptops_screen(toy, runs):  # noqa: F811
    for rate in (0.2, 0.4, 0.5):
        runs.add(run(toy, rate))
    assert runs.plot().get_size_inches()[1] * 100 <= 400  # of some 560 pixels that a page has


@pytest.mark.parametrize("lengths", [(10, 10, 200), (200, 10), (10, 200, 10, 10)])
def test_a_long_run_leaves_the_others_their_room(toy, lengths):  # noqa: F811
    runs = nnlib.Runs()
    for k, epochs in enumerate(lengths):
        runs.add(run(toy, 0.1 + k / 10, epochs))
    scale = Scale.of(list(runs))
    assert scale.bent and scale.share(10) == 0.8 and scale.share(200) == 1 and scale.share(0) == 0
    assert 0.8 < scale.share(100) < 1 and scale.ticks() == [0, 2, 4, 6, 8, 10, 200]
    ax = runs.plot().axes[0]
    pixels = ax.transData.transform([(0, 0), (10, 0), (200, 0)])[:, 0]
    assert (pixels[1] - pixels[0]) / (pixels[2] - pixels[0]) == pytest.approx(0.8)
    assert ax.get_xlabel() == "epoch (from 10 on closer together)"


@pytest.mark.parametrize("lengths, end", [((10, 20), 20), ((10,), 10), ((2, 3), 3)])
def test_like_lengths_share_an_even_axis(toy, lengths, end):  # noqa: F811
    runs = nnlib.Runs()
    for k, epochs in enumerate(lengths):
        runs.add(run(toy, 0.1 + k / 10, epochs))
    scale = Scale.of(list(runs))
    assert not scale.bent and scale.end == end and scale.share(end / 2) == 0.5


def test_a_diverged_run_leaves_the_picture_and_keeps_its_last_accuracy(toy):  # noqa: F811
    runs = nnlib.Runs()
    runs.add(run(toy, 1e200))
    line = runs.plot().axes[0].get_lines()[0]
    assert len(line.get_ydata()) == len(runs.newest.histories[0].rows) > 1
    assert np.isfinite(line.get_ydata()).all() and line.get_ydata()[-1] > line.axes.get_ylim()[1]
    assert str(runs).endswith(", diverged")
    assert runs.table()["ended"].tolist() == ["diverged"]
    kept = runs.newest.histories[0].predict(toy.X_valid)
    assert runs.newest.last("valid_accuracy") == nnlib.accuracy(toy.y_valid, kept)


def luminance(colour):
    channels = np.array(colors.to_rgb(colour))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def test_every_line_has_a_contrast_of_three_to_one():
    assert len(lines.COLOURS) == 5
    for colour in lines.COLOURS:
        assert 1.05 / (luminance(colour) + 0.05) >= 3
    for colour in lines.COLOURS[:-1]:  # the last one is black here, the text's colour in the lab
        assert (luminance(colour) + 0.05) / (luminance("#111111") + 0.05) >= 3
    looks = {lines.look(number)[:2] for number in range(1, 21)}
    assert len(looks) == 20  # without marker: the lab has none


def test_the_table_has_a_column_for_what_differs(toy, runs):  # noqa: F811
    runs.add(run(toy, 0.1, activation="tanh"))
    table = runs.table()
    assert list(table.columns)[:3] == ["learning_rate", "batch_size", "activation"]
    assert table.index.tolist() == [1, 2, 3, 4] and table["activation"][4] == "tanh"
    last = runs[4].histories[0].rows[-1]
    assert table["loss"][4] == round(last["loss"], 4) and table["steps"][4] == last["step"]


def test_records_are_all_records(runs):
    table = runs.records()
    assert len(table) == 12 and table["run"].tolist() == [1] * 4 + [2] * 4 + [3] * 4
    assert table["loss"].tolist() == [r["loss"] for ln in runs for r in ln.histories[0].rows]


# ---------------------------------------------------------------- a file


def test_a_file_brings_everything_back(toy, runs, tmp_path):  # noqa: F811
    runs.add([run(toy, 0.2, params=start(seed), seed=seed) for seed in (0, 1)], init="he")
    runs.add(run(toy, 1e200))
    runs.remove(2)
    runs.save(tmp_path / "runs.npz")
    again = nnlib.Runs.load(tmp_path / "runs.npz")
    assert str(again) == str(runs) and again.words() == runs.words()
    assert again.newest.number == runs.newest.number and again[4].notes == {"init": "he"}
    for line, other in zip(runs, again, strict=True):
        for a, b in zip(line.histories, other.histories, strict=True):
            assert equal(a.params, b.params) and equal(a.best_params, b.best_params)
            assert a.rows[:-1] == b.rows[:-1] and str(a) == str(b) and a.settings == b.settings
            assert b.best is b.rows[a.rows.index(a.best)]
            assert (a.predict(toy.X_valid) == b.predict(toy.X_valid)).all()
            assert (a.diverged, a.stopped, a.seconds) == (b.diverged, b.stopped, b.seconds)
    again.add(run(toy, 0.1))
    assert len(again) == len(runs) and again[1].again
    assert [t.get_text() for t in again.plot().legends[0].get_texts()]


def test_no_runs_can_be_kept_as_well(tmp_path):
    nnlib.Runs().save(tmp_path / "none.npz")
    assert len(nnlib.Runs.load(tmp_path / "none.npz")) == 0


def test_a_file_is_written_whole_or_not_at_all(runs, tmp_path, monkeypatch):
    path = tmp_path / "runs.npz"
    runs.save(path)
    before = path.read_bytes()

    def fail(file, **arrays):
        file.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez", fail)
    with pytest.raises(OSError, match="disk full"):
        runs.save(path)
    assert path.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["runs.npz"]


def damaged(path):
    """Yield what damages a file of runs, one thing at a time."""
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    text = json.loads(str(arrays["runs"]))

    def changed(**parts):
        return arrays | {"runs": np.array(json.dumps(text | parts))}

    yield {name: a for name, a in arrays.items() if name != "runs"}
    yield {name: a for name, a in arrays.items() if not name.endswith("W1")}
    yield arrays | {"runs": np.array("no json")}
    yield arrays | {"1/0/params/W1": np.full((7, 5), np.nan)}
    yield changed(format="another")
    yield changed(lines=[{}])
    yield changed(lines=7)
    yield changed(newest=99)
    line = text["lines"][0]
    for part in ("rows", "settings", "sizes"):
        history = line["histories"][0] | {part: []}
        yield changed(lines=[line | {"histories": [history]}])


def test_a_damaged_file_ends_in_one_sentence(runs, tmp_path):
    path = tmp_path / "runs.npz"
    runs.save(path)
    for k, arrays in enumerate(damaged(path)):
        np.savez(tmp_path / f"{k}.npz", **arrays)
        with pytest.raises(ValueError, match=r"holds no runs that Runs.save") as error:
            nnlib.Runs.load(tmp_path / f"{k}.npz")
        assert "\n" not in str(error.value)
    assert k == 10
    for content in (b"", path.read_bytes()[:999]):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"not a whole \.npz file of Runs\.save"):
            nnlib.Runs.load(path)
    with pytest.raises(FileNotFoundError, match="There is no file"):
        nnlib.Runs.load(tmp_path / "none.npz")
