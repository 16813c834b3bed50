"""`python -m nnlib`: what it prints, what it writes, and how it fails."""

import csv
import errno
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import matplotlib.image
import matplotlib.pyplot as plt
import numpy as np
import pytest
from conftest import needs_rights

import nnlib
from nnlib import __main__ as cli
from nnlib import training
from nnlib.plumbing import environment, mnist, sources
from nnlib.plumbing.history import History

PICTURES = ["confusion_matrix.png", "learning_curves.png", "predictions.png"]
OPTIONS = [
    "--data", "--hidden", "--activation", "--init", "--optimizer", "--learning-rate",
    "--batch-size", "--epochs", "--l2", "--seed", "--out", "--save", "--load", "--read",
    "--classes", "--answers", "--help",
]  # fmt: skip
NAMED_IN_HELP = [
    "bundled", "mnist", "CSV", "relu", "sigmoid", "tanh", "he", "xavier", "uniform", "zeros",
    "sgd", "momentum", "adam", "NNLIB_DATA_DIR", "NNLIB_PROGRESS", "130", "figures", "default:",
]  # fmt: skip
TABLE = re.compile(r"(Iteration|Epoch) (\d+) \| Loss (\d+\.\d\d) \| Accuracy ([01]\.\d\d)")
LAST = re.compile(r"test accuracy: ([01]\.\d{4}) \((\d+)/(\d+)\)")


def start(folder, *options, **variables):
    """Begin `python -m nnlib` with these options, in this folder and with these variables."""
    command = [sys.executable, "-m", "nnlib", *map(str, options)]
    pipe = subprocess.PIPE
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"} | variables
    return subprocess.Popen(
        command, cwd=folder, stdout=pipe, stderr=pipe, text=True, env=environment
    )


def run(folder, *options):
    """Run it to its end; return exit status, stdout and stderr."""
    process = start(folder, *options)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


@pytest.fixture
def undrawn(monkeypatch):
    """Leave the pictures out, which take longer than a short training."""
    monkeypatch.setattr(cli, "draw", lambda *arguments: None)


@pytest.fixture
def call(tmp_path, monkeypatch, capfd):
    """Run it inside this process, which is quicker: status, stdout, stderr."""
    monkeypatch.chdir(tmp_path)

    def call(*options):
        try:
            status = cli.main([str(option) for option in options])
        except SystemExit as end:
            status = end.code
        sys.stdout.flush()
        plt.close("all")
        return status, *capfd.readouterr()

    return call


def last_line(out, m=1000):
    """Hold the last line to its form; return the number of images that were right."""
    share, right, total = LAST.fullmatch(out.splitlines()[-1]).groups()
    assert int(total) == m and share == f"{int(right) / m:.4f}"
    return int(right)


def rows(out):
    """Return the lines of the classic table as (word, number, loss, accuracy)."""
    found = (TABLE.fullmatch(line) for line in out.splitlines())
    return [(m[1], int(m[2]), float(m[3]), float(m[4])) for m in found if m]


def check_pictures(folder):
    """Hold the folder to the three pictures, each with something on it, and nothing else."""
    assert sorted(path.name for path in folder.iterdir()) == PICTURES
    for name in PICTURES:
        picture = matplotlib.image.imread(folder / name)
        height, width = picture.shape[:2]
        assert height > 300 and width > 600 and picture.std() > 0.05, name


def check_failure(status, out, err, *words):
    """Hold a failed run to status 1, nothing trained, and one sentence on stderr."""
    assert status == 1 and not rows(out)
    assert err.startswith("python -m nnlib: ") and err.count("\n") == 1 and err.endswith(".\n"), err
    assert "Traceback" not in err and "Errno" not in err
    for word in words:
        assert str(word) in err


def test_with_no_arguments_it_trains_draws_and_tells(tmp_path):
    status, out, err = run(tmp_path)
    assert status == 0 and err == ""
    assert last_line(out) >= 870
    assert "5,000 digits: 3,500 to train, 500 to validate, 1,000 to test" in out
    assert "784-10-10" in out and "7,960 weights" in out and "500 epochs" in out
    table = rows(out)
    assert [row[:2] for row in table] == [("Iteration", step) for step in range(0, 501, 50)]
    losses, accuracies = [row[2] for row in table], [row[3] for row in table]
    assert 2.0 < losses[0] < 2.7 and losses == sorted(losses, reverse=True) and losses[-1] < 0.4
    assert accuracies[0] < 0.25 and accuracies[-1] > 0.88
    assert [path.name for path in tmp_path.iterdir()] == ["figures"]
    check_pictures(tmp_path / "figures")
    for name in PICTURES:
        assert str(Path("figures", name)) in out


def test_options_reach_the_training_and_saved_weights_answer_alike(call, tmp_path):
    status, out, err = call(
        "--hidden", 12, 8, "--activation", "tanh", "--init", "xavier", "--optimizer", "adam",
        "--learning-rate", 0.01, "--batch-size", 64, "--epochs", 3, "--l2", 0.0001, "--seed", 2,
        "--out", "a/b", "--save", "w.npz",
    )  # fmt: skip
    assert status == 0 and err == ""
    assert "784-12-8-10" in out and "adam, learning rate 0.01, batch 64, 3 epochs" in out
    assert [row[:2] for row in rows(out)] == [("Epoch", epoch) for epoch in range(4)]
    check_pictures(tmp_path / "a" / "b")
    params, activation = nnlib.load_params(tmp_path / "w.npz")
    assert activation == "tanh" and [W.shape[1] for W, _ in params] == [12, 8, 10]
    digits = nnlib.load_digits(seed=2)
    y_hat = nnlib.predict(params, digits.X_test, activation)
    assert (y_hat == digits.y_test).sum() == last_line(out) > 700
    history = nnlib.train(
        nnlib.init_params([784, 12, 8, 10], "xavier", seed=2),
        digits, 0.01, 64, 3, "tanh", "adam", 0.0001, seed=2,
    )  # fmt: skip
    for pair, saved in zip(history.params, params):
        np.testing.assert_array_equal(pair[0], saved[0])
        np.testing.assert_array_equal(pair[1], saved[1])


def test_the_seed_decides_everything(call, undrawn):
    quick = ("--batch-size", 100, "--epochs", 1, "--seed")
    first, again, other = call(*quick, 3), call(*quick, 3), call(*quick, 4)
    assert first == again and first[0] == other[0] == 0
    assert rows(first[1]) != rows(other[1])


@pytest.mark.parametrize(
    "options, words",
    [
        (["--hidden"], "network 784-10, 7,850 weights, sgd, learning rate 0.1, batch all"),
        (["--optimizer", "momentum"], "momentum, learning rate 0.01,"),
        (["--optimizer", "adam"], "adam, learning rate 0.001,"),
        (["--batch-size", 5000], "batch 5000"),
    ],
)
def test_defaults_that_depend_on_other_options(call, undrawn, options, words):
    status, out, _ = call(*options, "--epochs", 1)
    assert status == 0 and words in out and 0 <= last_line(out) <= 1000


def test_epochs_have_a_default_for_full_batches_and_one_for_mini_batches():
    parse = cli.build_parser().parse_args
    assert cli.with_defaults(parse([])).epochs == 500
    assert cli.with_defaults(parse(["--batch-size", "32"])).epochs == 10


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """A CSV file of 400 of the bundled digits, with a header."""
    pixels, labels = sources.read_bundled()
    chosen = np.random.default_rng(0).permutation(5000)[:400]
    path = tmp_path_factory.mktemp("csv") / "some digits.csv"
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["label", *range(784)])
        writer.writerows(np.hstack([labels[chosen, None], pixels[chosen]]).tolist())
    return path


def test_a_csv_is_a_source(call, undrawn, table):
    status, out, err = call("--data", table, "--batch-size", 16, "--epochs", 12, "--hidden", 30)
    m = int(LAST.fullmatch(out.splitlines()[-1])[3])
    assert status == 0 and err == "" and str(table) in out
    assert 70 <= m <= 90 and last_line(out, m) > 0.6 * m


def test_full_mnist_is_a_source(call, undrawn):
    if not mnist.have_mnist():
        pytest.skip("full MNIST is neither in data/ nor in NNLIB_DATA_DIR")
    status, out, _ = call("--data", "mnist", "--batch-size", 256, "--epochs", 1)
    assert status == 0 and "float32" in out and last_line(out, 10_000) > 8500


def test_bad_data_ends_in_one_sentence(tmp_path, table):
    bad = tmp_path / "bad.csv"
    text = table.read_text(encoding="utf-8").replace(",0,0,", ",,0,", 1)
    bad.write_text(text, encoding="utf-8")
    status, out, err = run(tmp_path, "--data", bad)
    check_failure(status, out, err, bad, "row 1, column ", "whole number from 0 to 255")
    assert out == ""


@pytest.mark.parametrize(
    "content, words", [(None, "There is no file"), ("", "is empty"), ("1,2,3\n", "785")]
)
def test_other_bad_data(call, tmp_path, content, words):
    if content is not None:
        (tmp_path / "x.csv").write_text(content, encoding="utf-8")
    check_failure(*call("--data", "x.csv"), "x.csv", words)


def test_full_mnist_that_cannot_be_had_ends_in_one_sentence(call, tmp_path, monkeypatch):
    monkeypatch.setattr(mnist, "download_folder", lambda: tmp_path / "data")
    monkeypatch.setattr(mnist, "MIRRORS", ("http://127.0.0.1:9/",))  # where nobody listens
    monkeypatch.delenv("NNLIB_DATA_DIR", raising=False)
    check_failure(*call("--data", "mnist"), "train-images-idx3-ubyte.gz", "http://127.0.0.1:9/")


def test_places_that_cannot_be_written_are_named_before_any_training(call, tmp_path):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    check_failure(*call("--out", "file"), "--out file")
    check_failure(*call("--out", "file/below"), f"--out {Path('file', 'below')}")
    check_failure(*call("--save", "no/folder/w.npz"), Path("no", "folder"))
    check_failure(*call("--save", "file/w.npz"), "file")
    check_failure(*call("--save", tmp_path), tmp_path, "is a folder")
    assert (tmp_path / "file").read_bytes() == b"in the way"


@needs_rights
def test_a_folder_without_the_right_to_write_is_named(call, tmp_path):
    (tmp_path / "locked").mkdir(mode=0o555)
    check_failure(*call("--out", "locked"), "locked")
    check_failure(*call("--out", "locked/below"), "locked")


def test_too_little_memory_ends_in_one_sentence(call, monkeypatch):
    def too_much(*arguments, **options):
        raise MemoryError

    check_failure(*call("--hidden", 10**15), "at most 100000000")
    check_failure(*call("--hidden", 10**8), "40 GB at least")
    monkeypatch.setattr(cli, "init_params", too_much)
    check_failure(*call(), "not enough memory")


def test_a_diverging_run_says_so_and_still_ends_with_its_accuracy(tmp_path):
    status, out, err = run(tmp_path, "--learning-rate", 1000, "--batch-size", 32, "--epochs", 3)
    assert status == 1
    err = " ".join(err.split())  # it is wrapped
    assert re.fullmatch(r"Diverged by step \d+: .* learning_rate=1000; try .*\.", err), err
    last_line(out)
    check_pictures(tmp_path / "figures")


def test_a_collapsed_run_is_named(call, undrawn):
    status, out, err = call("--init", "zeros", "--epochs", 3)
    assert status == 0 and last_line(out) == 100
    err = " ".join(err.split())  # it is wrapped
    assert re.fullmatch(r"Collapsed: .* init_params with init='he'\.", err), err


WRONG = [
    ["--hidden", "0"], ["--hidden", "ten"], ["--hidden", "2.5"], ["--hidden", "-3"],
    ["--activation", "softsign"], ["--init", "ones"], ["--optimizer", "rmsprop"],
    ["--learning-rate", "0"], ["--learning-rate", "-1"], ["--learning-rate", "nan"],
    ["--learning-rate", "inf"], ["--learning-rate", "fast"], ["--learning-rate"],
    ["--batch-size", "0"], ["--batch-size", "32.5"], ["--epochs", "0"], ["--epochs", "1e3"],
    ["--l2", "-1"], ["--l2", "nan"], ["--seed", "-1"], ["--seed", "x"], ["--speed", "1"],
    ["bundled"],
]  # fmt: skip


@pytest.mark.parametrize("options", WRONG, ids=" ".join)
def test_wrong_usage_is_status_2_and_names_the_option(call, tmp_path, options):
    status, out, err = call(*options)
    assert status == 2 and out == ""
    *usage, said = err.splitlines()
    assert usage[0].startswith("usage: python -m nnlib") and said.startswith("python -m nnlib: ")
    assert options[0] in said and "Traceback" not in err
    if len(options) > 1 and options[0] != "--speed":
        assert options[1] in said, "the value is not named"
    assert list(tmp_path.iterdir()) == []


def test_wrong_usage_is_status_2_for_the_shell(tmp_path):
    assert run(tmp_path, "--epochs", 0)[0] == 2


def test_help_is_complete(tmp_path):
    status, out, err = run(tmp_path, "--help")
    assert status == 0 and err == ""
    for option in OPTIONS:
        assert re.search(rf"^  (-h, )?{option}\b", out, re.M), option
    known = {name for action in cli.build_parser()._actions for name in action.option_strings}
    assert known == {*OPTIONS, "-h"}
    for word in NAMED_IN_HELP:
        assert word in out, word
    examples = re.findall(r"^  python -m nnlib (.*)$", out, re.M)
    assert len(examples) >= 3
    for example in examples:
        cli.build_parser().parse_args(example.split())
    assert max(map(len, out.splitlines())) <= 100 and list(tmp_path.iterdir()) == []


README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def test_the_command_lines_of_readme_are_such_and_name_what_is_not_seen_at_once(tmp_path):
    lines = re.findall(r"(?m)^python -m nnlib (--[^#\n]*)", README)
    lines += re.findall(r"`python -m nnlib (--[^`]*)`", README)
    assert len(lines) > 4
    for line in lines:
        parser = cli.build_parser()
        if "--help" not in line:
            cli.check_usage(parser, parser.parse_args(line.split()))
    named = set(re.findall(r"--[a-z0-9-]+", " ".join(lines)))
    _, out, _ = run(tmp_path, "--help")
    for option in ("--save", "--load", "--read", "--answers", "--classes", "--help"):
        assert option in named and option in out, option


def test_the_ten_lines_of_readme_run(capsys):
    code = re.search(r"(?s)## `nnlib` in ten lines\n\n```python\n(.*?)```", README)[1]
    assert len([line for line in code.splitlines() if line]) == 10
    names = {}
    exec(code.replace("epochs=10", "epochs=2").replace("epochs=5", "epochs=1"), names)
    assert names["history"].settings["epochs"] == 3 and "passed" in capsys.readouterr().out


@pytest.mark.skipif(os.name == "nt", reason="Windows sends Ctrl-C to a whole console only")
def test_ctrl_c_keeps_what_was_learned(tmp_path):
    process = start(tmp_path, "--hidden", 512, "--batch-size", 32, "--epochs", 19)
    lines = []
    while not (lines and lines[-1].startswith("Epoch 1 ")):
        lines.append(process.stdout.readline())
        assert lines[-1], f"it ended by itself: {process.stderr.read()}"
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert re.search(r"(?m)^Interrupted after step \d+: .* are kept\.$", out) and not err, (
        out,
        err,
    )
    assert len(rows("".join(lines) + out)) < 15, "it went on"
    assert last_line(out) > 700, "what it had learned is lost"
    check_pictures(tmp_path / "figures")


def test_ctrl_c_ends_in_status_130_and_an_accuracy(call, undrawn, monkeypatch):
    """As above, on every system: the signal comes from inside, in the second pass."""
    count = iter(range(1000))

    def interrupted(params, grads, learning_rate, state):
        nnlib.update(params, grads, learning_rate)
        if next(count) == 300:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setitem(training.OPTIMIZERS, "sgd", interrupted)
    monkeypatch.setattr(History, "interrupted_at", -np.inf)  # no second Ctrl-C of another test
    status, out, err = call("--batch-size", 16, "--epochs", 3)
    assert status == 130 and [row[1] for row in rows(out)] == [0, 1] and last_line(out) > 500
    assert re.search(r"(?m)^Interrupted after step 300: .* are kept\.$", out) and err == "", out


def test_ctrl_c_before_there_is_anything_to_keep(call, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "load_digits", interrupted)
    status, out, err = call()
    assert status == 130 and out == ""
    assert err.startswith("python -m nnlib: interrupted") and err.count("\n") == 1


@pytest.mark.parametrize("until", ["MNIST", "Iteration 4 "])
def test_a_reader_that_goes_away_is_no_drama(tmp_path, until):
    process = start(tmp_path, "--epochs", 4)
    while not process.stdout.readline().startswith(until):
        assert process.poll() is None or process.returncode == 0
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=60) == 1 and err == ""


def test_windows_names_a_closed_pipe_an_invalid_argument(monkeypatch):
    no_pipe, no_file = (OSError(errno.EINVAL, "Invalid argument", *f) for f in ((), ("x?.csv",)))
    gone = environment.reader_gone
    assert gone(BrokenPipeError()) and not gone(ValueError())
    for system in ("posix", "nt"):
        monkeypatch.setattr(environment, "os", SimpleNamespace(name=system))
        assert gone(no_pipe) == (system == "nt") and not gone(no_file)


def test_a_path_that_the_console_cannot_write_is_no_drama(tmp_path):
    """Windows's code pages hold few letters: cp1252, which `nnlib … > file` has there, no Greek."""
    folder = tmp_path / "Ωμέγα"
    process = start(tmp_path, "--epochs", 1, "--out", folder, PYTHONIOENCODING="cp1252")
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0 and err == "" and r"\u03a9" in out
    last_line(out)
    check_pictures(folder)


@pytest.mark.parametrize(
    "called, name",
    [("/x/bin/nnlib", "nnlib"), ("/x/Nnlib.EXE", "nnlib"), ("/x/nnlib/__main__.py", None)],
)
def test_messages_name_the_program_as_it_was_called(call, monkeypatch, called, name):
    monkeypatch.setattr(sys, "argv", [called])
    name = name or "python -m nnlib"
    for options in (["--data", "none.csv"], ["--epochs", "0"], ["--help"]):
        _, out, err = call(*options)
        said = out + err
        assert said.splitlines()[-1].startswith(f"{name}: ") or f"\n  {name} --data mnist" in said
        assert name == "python -m nnlib" or "python" not in said
