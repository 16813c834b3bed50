"""Images without labels: a table of pixels in, a table of answers out, whole or not at all."""

import gzip
import re
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from test_cli import call  # noqa: F401  (a fixture)

import nnlib
from nnlib import __main__ as cli
from nnlib.plumbing import answers, sources


@pytest.fixture(scope="module")
def pixels():
    return sources.read_bundled()[0][::100]


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "digits.npz"
    digits = nnlib.load_digits()
    params = nnlib.init_params([784, 16, 10])
    nnlib.save_params(path, nnlib.train(params, digits, 0.3, 32, 3, "tanh"))
    return path


def as_csv(pixels, header=True):
    names = [",".join(f"pixel{k}" for k in range(pixels.shape[1]))] if header else []
    return "\n".join([*names, *(",".join(map(str, row)) for row in pixels), ""]).encode()


def write(path, content):
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("test.csv", content)
    else:
        path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("name", ["test.csv", "test.csv.gz", "test.zip"])
def test_a_table_is_answered_as_kaggle_wants_it(call, tmp_path, weights, pixels, name, header):  # noqa: F811
    write(tmp_path / name, as_csv(pixels, header))
    status, out, err = call("--load", weights, "--data", name, "--answers", "out.csv")
    assert (status, err) == (0, "") and out == "answers: out.csv (50 images)\n"
    lines = (tmp_path / "out.csv").read_bytes().decode().split("\n")
    assert lines[0] == "ImageId,Label" and lines[-1] == "" and len(lines) == 52
    params, activation = nnlib.load_params(weights)
    y_hat = nnlib.predict(params, nnlib.scale_pixels(pixels), activation)
    assert lines[1:-1] == [f"{k},{answer}" for k, answer in enumerate(y_hat, 1)]
    y = sources.read_bundled()[1][::100]
    assert nnlib.accuracy(y, y_hat) > 0.8, "answers are of the images, in their order"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, "out.csv"])


def test_other_sizes_are_answered_by_weights_of_that_size(call, tmp_path):  # noqa: F811
    rng = np.random.default_rng(0)
    nnlib.save_params(tmp_path / "w.npz", nnlib.init_params([64, 5, 26], dtype=np.float32))
    (tmp_path / "small.csv").write_bytes(as_csv(rng.integers(0, 256, (7, 64)), header=True))
    status, out, _ = call("--load", "w.npz", "--data", "small.csv", "--answers", "a.csv")
    assert status == 0 and "(7 images)" in out


def spoilt(pixels, row, column, cell):
    table = pixels[:5].astype(str).astype(object)
    table[row, column] = cell
    return as_csv(table)


BAD = {  # what: (content from good pixels, words)
    "labels": (lambda p: as_csv(np.hstack([p[:, :1] % 10, p])), "785 values.*leave --answers out"),
    "too few": (lambda p: as_csv(p[:, :99]), "99 values, not the 784 pixels"),
    "empty": (lambda p: b"", "is empty"),
    "names alone": (lambda p: as_csv(p[:0]), "but no images"),
    "a gap": (lambda p: spoilt(p, 2, 3, ""), "line 4, value 4: '' is no whole number"),
    "256": (lambda p: spoilt(p, 0, 0, "256"), "line 2, value 1: '256'"),
    "-1": (lambda p: spoilt(p, 4, 783, "-1"), "line 6, value 784: '-1'"),
    "half": (lambda p: spoilt(p, 1, 5, "0.5"), "line 3, value 6: '0.5'"),
    "a word": (lambda p: spoilt(p, 1, 5, "x" * 9999), "line 3, value 6: 'xxx"),
    "a row cut off": (lambda p: as_csv(p[:3])[:-99], "line 4: 7.. values instead of 784"),
    "no text": (lambda p: b"\xff\xfe\x00" * 99, "."),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_table_is_a_sentence_and_no_answers(call, tmp_path, weights, pixels, what):  # noqa: F811
    content, words = BAD[what]
    (tmp_path / "test.csv").write_bytes(content(pixels))
    status, out, err = call("--load", weights, "--data", "test.csv", "--answers", "out.csv")
    assert status == 1 and out == "" and err.count("\n") == 1 and len(err) <= 330
    assert "test.csv" in err and re.search(words, err), err
    assert [path.name for path in tmp_path.iterdir()] == ["test.csv"]


@pytest.mark.parametrize("name", ["cut.csv.gz", "cut.zip"])
def test_a_damaged_archive_is_a_sentence(call, tmp_path, weights, pixels, name):  # noqa: F811
    write(tmp_path / name, as_csv(pixels))
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) // 2])
    status, _, err = call("--load", weights, "--data", name, "--answers", "out.csv")
    assert status == 1 and name in err and "fetch it again" in err and "Errno" not in err


def test_a_place_that_takes_no_answers_is_named_first(call, tmp_path, weights, monkeypatch):  # noqa: F811
    monkeypatch.setattr(cli, "read_pixels", lambda *a: pytest.fail("the table was read"))
    for place, words in (("no/folder/a.csv", "no folder"), (tmp_path, "is a folder")):
        status, _, err = call("--load", weights, "--data", "test.csv", "--answers", place)
        assert status == 1 and words in err


@pytest.mark.parametrize(
    "options",
    [["--answers", "a.csv"], ["--answers", "a.csv", "--data", "x.csv"],
     ["--answers", "a.csv", "--load", "w.npz"],
     ["--answers", "a.csv", "--load", "w.npz", "--data", "mnist"],
     ["--answers", "a.csv", "--load", "w.npz", "--data", "x.csv", "--read", "p.png"]],
)  # fmt: skip
def test_what_does_not_go_together_is_wrong_usage(call, tmp_path, options):  # noqa: F811
    status, out, err = call(*options)
    assert status == 2 and out == "" and "--answers needs --load" in err
    assert not list(tmp_path.iterdir())


def test_answers_are_whole_or_not_there(tmp_path, monkeypatch):
    answers.write_answers(tmp_path / "a.csv", np.array([1, 2]))
    before = (tmp_path / "a.csv").read_bytes()

    def broken():
        yield 3
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        answers.write_answers(tmp_path / "a.csv", broken())
    assert (tmp_path / "a.csv").read_bytes() == before and len(list(tmp_path.iterdir())) == 1


def test_letters_go_through_the_command_line(call, tmp_path, monkeypatch):  # noqa: F811
    """The reader of other classes is `load_digits`; here one that knows n_classes stands in."""
    rng = np.random.default_rng(0)
    patterns, y = rng.random((26, 64)) < 0.5, np.arange(26 * 12) % 26
    X = np.clip(0.7 * patterns[y] + 0.3 * rng.random((len(y), 64)), 0, 1)
    half = nnlib.Digits(X, y, X[:52], y[:52], X[52:104], y[52:104], "letters")
    asked = []

    def load(source, seed=0, **others):
        asked.append((source, others))
        return replace(half, name=source)

    monkeypatch.setattr(cli, "load_digits", load)
    status, out, err = call(
        "--data", "letters.csv", "--classes", 26, "--hidden", 30, "--batch-size", 8,
        "--epochs", 8, "--learning-rate", 0.3, "--save", "w.npz",
    )  # fmt: skip
    assert status == 0 and err == "" and "network 64-30-26" in out
    assert len(list((tmp_path / "figures").iterdir())) == 3
    status, again, _ = call("--data", "letters.csv", "--load", "w.npz")
    assert status == 0 and again.splitlines()[-1] == out.splitlines()[-1]
    assert asked == [("letters.csv", {"n_classes": 26})] * 2
    status, _, err = call("--load", "w.npz", "--read", "p.png")
    assert status == 1 and "images of 64 pixels, and these have 784" in err
