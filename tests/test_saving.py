"""Weights in a file: bit for bit, whole or not at all, and never a pickle."""

import io
import os
import pickle
import stat
import zipfile
from pathlib import Path

import numpy as np
import pytest
from conftest import needs_rights

import nnlib
from nnlib.plumbing import writing


def one_sentence(error):
    """Hold an error's text to what a user should see, and return it."""
    text = str(error.value)
    assert "\n" not in text and text.endswith(".") and "Errno" not in text, text
    return text


def awkward(params):
    """Put numbers into the weights that only a copy of their bits keeps."""
    W, b = params[0]
    tiny = np.finfo(W.dtype).smallest_subnormal
    W.flat[:5] = [-0.0, tiny, np.finfo(W.dtype).max, np.pi, 1 / 3]
    b[-1] = -tiny
    return params


def bits(params):
    return [(a.dtype, a.shape, a.tobytes()) for pair in params for a in pair]


SIZES = [[5, 3], [5, 4, 3], [7, 5, 4, 3], [784, 6, 5, 4, 10]]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("sizes", SIZES, ids=len)
@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh"])
def test_what_comes_back_is_bit_for_bit_what_was_saved(tmp_path, network, sizes, dtype, activation):
    params = awkward(network(sizes, dtype=dtype))
    before = bits(params)
    nnlib.save_params(tmp_path / "w.npz", params, activation)
    again, name = nnlib.load_params(tmp_path / "w.npz")
    assert bits(again) == before == bits(params) and name == activation
    assert isinstance(again, list) and all(isinstance(pair, tuple) for pair in again)


def test_columns_first_and_strided_arrays_come_back_with_their_numbers(tmp_path):
    W = np.arange(24.0).reshape(4, 6)
    params = [(W.T, np.arange(8.0)[::2]), (W[:, ::2], np.zeros(3))]
    nnlib.save_params(tmp_path / "w.npz", params)
    for pair, saved in zip(params, nnlib.load_params(tmp_path / "w.npz")[0]):
        for array, again in zip(pair, saved):
            np.testing.assert_array_equal(array, again)


def test_more_than_nine_layers_keep_their_order(tmp_path, network):
    params = network([3] * 13)
    nnlib.save_params(tmp_path / "w.npz", params)
    assert bits(nnlib.load_params(tmp_path / "w.npz")[0]) == bits(params)


def test_a_name_may_be_text_or_a_path_and_stays_as_it_is(tmp_path, network, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("plain.npz", "without_suffix", Path("as_path.npz"), tmp_path / "whole.npz"):
        nnlib.save_params(name, network([3, 2]))
        assert Path(name).is_file()
        assert bits(nnlib.load_params(name)[0]) == bits(network([3, 2]))
    assert len(list(tmp_path.iterdir())) == 4


def test_loaded_weights_can_be_trained_further(tmp_path, network):
    params = network([3, 2])
    nnlib.save_params(tmp_path / "w.npz", params)
    again, _ = nnlib.load_params(tmp_path / "w.npz")
    nnlib.update(again, params, 0.5)  # in place: the arrays must be writable and their own
    np.testing.assert_array_equal(again[0][0], 0.5 * params[0][0])


def test_there_is_no_pickle_in_the_file(tmp_path, network):
    path = tmp_path / "w.npz"
    nnlib.save_params(path, network([5, 4, 3]))
    with zipfile.ZipFile(path) as archive:
        assert sorted(archive.namelist()) == [
            "W1.npy", "W2.npy", "activation.npy", "b1.npy", "b2.npy",
        ]  # fmt: skip
        for name in archive.namelist():
            with archive.open(name) as file:
                version = np.lib.format.read_magic(file)
                assert version == (1, 0)
                _, _, dtype = np.lib.format.read_array_header_1_0(file)
            assert not dtype.hasobject and dtype.kind in "fU"


def npz(**arrays):
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def test_a_pickle_is_refused_and_never_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "ran",))

    good = {"W1": np.eye(2), "b1": np.zeros(2), "activation": np.array("relu")}
    contents = {
        "in W1": npz(**good | {"W1": np.array([Trap()], dtype=object)}),
        "in activation": npz(**good | {"activation": np.array(Trap(), dtype=object)}),
        "in an array more": npz(**good, more=np.array([Trap()], dtype=object)),
        "alone": pickle.dumps(Trap()),
    }
    for what, content in contents.items():
        path = tmp_path / "trap.npz"
        path.write_bytes(content)
        with pytest.raises(ValueError) as error:
            nnlib.load_params(path)
        assert str(path) in one_sentence(error), what
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("sizes", [[5, 3], [5, 4, 3]], ids=len)
def test_no_damage_goes_unseen(tmp_path, network, sizes):
    """Cut the file off at many places, and turn single bytes over: error, or the same weights."""
    path, params = tmp_path / "w.npz", network(sizes)
    nnlib.save_params(path, params)
    whole = path.read_bytes()
    cut = {f"cut at {k}": whole[:k] for k in range(0, len(whole), 11)}
    turned = {
        f"byte {k} turned": whole[:k] + bytes([whole[k] ^ 0xFF]) + whole[k + 1 :]
        for k in range(3, len(whole), 7)
    }
    refused = 0
    for what, content in (cut | turned).items():
        path.write_bytes(content)
        try:
            again, activation = nnlib.load_params(path)
        except ValueError as error:
            text = str(error)
            assert str(path) in text and "\n" not in text and text.endswith("."), (what, text)
            refused += 1
        else:  # a byte that says nothing about the numbers, as the time of writing
            assert "turned" in what and bits(again) == bits(params) and activation == "relu", what
    assert refused > len(cut) + len(turned) / 2


PAIR = {"W1": np.eye(3), "b1": np.zeros(3)}
NAMED = PAIR | {"activation": np.array("relu")}
FOREIGN = {  # what the file holds: (arrays, words expected)
    "nothing": ({}, "has nothing"),
    "only an activation": ({"activation": np.array("relu")}, "does not hold a network"),
    "no activation": (PAIR, "activation are needed"),
    "another program's arrays": ({"x": np.zeros(3), "y": np.ones(3)}, "it has x, y"),
    "no b1": ({"W1": np.eye(3), "activation": np.array("relu")}, "it has W1, activation"),
    "no b2": (NAMED | {"W2": np.eye(3)}, "it has W1, W2, activation, b1"),
    "layer 2 missing": (NAMED | {"W3": np.eye(3), "b3": np.zeros(3)}, "W3"),
    "an array more": (NAMED | {"V1": np.eye(3)}, "V1"),
    "an activation unknown": (PAIR | {"activation": np.array("softsign")}, "'softsign'"),
    "an activation that is a number": (PAIR | {"activation": np.array(3)}, "activation"),
    "activations": (PAIR | {"activation": np.array(["relu", "relu"])}, "activation"),
    "W1 as whole numbers": (NAMED | {"W1": np.eye(3, dtype=int)}, "W1 must be"),
    "W1 complex": (NAMED | {"W1": np.eye(3) * 1j}, "W1 must be"),
    "W1 text": (NAMED | {"W1": np.full((3, 3), "x")}, "W1 must be"),
    "W1 a vector": (NAMED | {"W1": np.zeros(3)}, "layer 1 does not fit"),
    "W1 with three axes": (NAMED | {"W1": np.zeros((3, 3, 3))}, "layer 1 does not fit"),
    "W1 a single number": (NAMED | {"W1": np.array(1.0)}, "layer 1 does not fit"),
    "W1 empty": (NAMED | {"W1": np.zeros((3, 0)), "b1": np.zeros(0)}, "W1 is empty"),
    "b1 too long": (NAMED | {"b1": np.zeros(4)}, "layer 1 does not fit"),
    "b1 as a row": (NAMED | {"b1": np.zeros((1, 3))}, "layer 1 does not fit"),
    "b1 one number": (NAMED | {"b1": np.zeros(1)}, "layer 1 does not fit"),
    "W2 too wide": (NAMED | {"W2": np.zeros((4, 2)), "b2": np.zeros(2)}, "layer 2 does not fit"),
    "NaN": (NAMED | {"W1": np.full((3, 3), np.nan)}, "W1 holds NaN"),
    "infinity": (NAMED | {"b1": np.array([0, np.inf, 0])}, "b1 holds NaN or infinity"),
}


@pytest.mark.parametrize("what", FOREIGN)
def test_a_file_without_a_network_ends_in_one_sentence_that_names_it(tmp_path, what):
    arrays, words = FOREIGN[what]
    path = tmp_path / "w.npz"
    path.write_bytes(npz(**arrays))
    with pytest.raises(ValueError) as error:
        nnlib.load_params(path)
    text = one_sentence(error)
    assert str(path) in text and words in text


def npy():
    stream = io.BytesIO()
    np.save(stream, np.eye(3))
    return stream.getvalue()


@pytest.mark.parametrize("content", [b"", b"PK", b"text", npy(), b"\x93NUMPY"], ids=repr)
def test_a_file_of_another_kind_is_refused(tmp_path, content):
    path = tmp_path / "w.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="not a whole .npz file") as error:
        nnlib.load_params(path)
    assert str(path) in one_sentence(error)


def test_a_file_that_is_not_there_says_where_it_was_looked_for(tmp_path):
    for path in (tmp_path / "none.npz", tmp_path, tmp_path / "no folder" / "w.npz"):
        with pytest.raises(FileNotFoundError) as error:
            nnlib.load_params(path)
        assert str(path) in one_sentence(error)


def test_places_that_take_no_file_are_named(tmp_path, network):
    (tmp_path / "a file").write_text("in the way", encoding="utf-8")
    places = {
        tmp_path / "no folder" / "w.npz": "no folder",
        tmp_path / "a file" / "w.npz": "a file",
        tmp_path: "is a folder",
    }
    for path, words in places.items():
        with pytest.raises(OSError) as error:
            nnlib.save_params(path, network([3, 2]))
        assert words in one_sentence(error)
    assert [p.name for p in tmp_path.iterdir()] == ["a file"]


@needs_rights
def test_a_folder_without_the_right_to_write_is_named(tmp_path, network):
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o555)
    with pytest.raises(OSError, match="takes no files") as error:
        nnlib.save_params(folder / "w.npz", network([3, 2]))
    assert str(folder) in one_sentence(error)


def test_a_file_that_is_open_elsewhere_is_named_and_stays(tmp_path, network, monkeypatch):
    """Windows refuses to replace an open file; here `os.replace` refuses as it does there."""
    path = tmp_path / "w.npz"
    nnlib.save_params(path, network([5, 3], seed=1))
    content = path.read_bytes()

    def refuse(old, new):
        raise PermissionError(13, "Access is denied", str(old), None, str(new))

    monkeypatch.setattr(writing.os, "replace", refuse)
    with pytest.raises(OSError, match="close it where it is open") as error:
        nnlib.save_params(path, network([5, 3], seed=2))
    assert str(path) in one_sentence(error)
    assert path.read_bytes() == content and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("failure", [OSError(28, "disk full"), KeyboardInterrupt(), MemoryError()])
def test_an_error_half_way_leaves_the_old_file_whole_and_no_other(
    tmp_path, network, monkeypatch, failure
):
    path, old = tmp_path / "w.npz", network([5, 4, 3], seed=1)
    nnlib.save_params(path, old)
    content = path.read_bytes()

    def half(file, **arrays):
        file.write(content[:100])
        file.flush()
        assert len([p for p in tmp_path.iterdir() if p != path]) == 1  # the new one, beside it
        raise failure

    monkeypatch.setattr(np, "savez", half)
    with pytest.raises(type(failure)):
        nnlib.save_params(path, network([5, 4, 3], seed=2))
    assert path.read_bytes() == content and list(tmp_path.iterdir()) == [path]
    path.unlink()
    with pytest.raises(type(failure)):
        nnlib.save_params(path, old)
    assert list(tmp_path.iterdir()) == []


def test_nobody_ever_sees_half_a_file(tmp_path, network, monkeypatch):
    path, savez = tmp_path / "w.npz", np.savez
    nnlib.save_params(path, network([5, 3], seed=1))

    def watched(file, **arrays):
        savez(file, **arrays)
        file.flush()
        assert bits(nnlib.load_params(path)[0]) == bits(network([5, 3], seed=1))

    monkeypatch.setattr(np, "savez", watched)
    nnlib.save_params(path, network([5, 3], seed=2))
    assert bits(nnlib.load_params(path)[0]) == bits(network([5, 3], seed=2))


@pytest.mark.skipif(os.name == "nt", reason="Windows's files know no rights of this kind")
@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002, 0o027])
def test_the_file_gets_the_rights_that_umask_leaves(tmp_path, network, mask):
    before = os.umask(mask)
    try:
        nnlib.save_params(tmp_path / "w.npz", network([3, 2]))
        assert os.umask(mask) == mask, "saving changed the umask"
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "w.npz").stat().st_mode) == 0o666 & ~mask


BAD_PARAMS = {  # what is wrong: (params from good ones, words expected)
    "NaN": (lambda p: [(p[0][0] * np.nan, p[0][1]), p[1]], "W1 holds NaN"),
    "infinity": (lambda p: [p[0], (p[1][0], p[1][1] + np.inf)], "b2 holds NaN or infinity"),
    "layers that do not fit": (lambda p: p[::-1], "layer 2 does not fit"),
    "a bias as a row": (lambda p: [(p[0][0], p[0][1][None]), p[1]], "layer 1 does not fit"),
    "whole numbers": (lambda p: [(W.astype(int), b) for W, b in p], "W1 must be"),
    "lists": (lambda p: [(W.tolist(), b.tolist()) for W, b in p], "W1 must be"),
    "one array": (lambda p: p[0][0], "list of (W, b)"),
    "no layers": (lambda p: [], "list of (W, b)"),
}


@pytest.mark.parametrize("what", BAD_PARAMS)
def test_what_could_not_be_loaded_is_not_saved(tmp_path, network, what):
    spoil, words = BAD_PARAMS[what]
    with pytest.raises(ValueError) as error:
        nnlib.save_params(tmp_path / "w.npz", spoil(network([5, 4, 3])))
    assert words in one_sentence(error)
    assert list(tmp_path.iterdir()) == []
