"""Downloading MNIST, from a server on this machine: ends with good data or one clear sentence."""

import gzip
import os
import stat
import struct
from hashlib import sha256

import numpy as np
import pooch
import pytest
import requests
from conftest import needs_rights
from loopback import Server, dead_mirror

import nnlib
from nnlib.plumbing import mnist

SHAPES = [(40, 28, 28), (40,), (10, 28, 28), (10,)]
NAMES = list(mnist.MNIST_FILES)


def idx_file(shape, seed):
    rng = np.random.default_rng(seed)
    array = rng.integers(0, 256 if len(shape) == 3 else 10, shape, np.uint8)
    header = struct.pack(f">BBBB{len(shape)}I", 0, 0, 8, len(shape), *shape)
    return array, gzip.compress(header + array.tobytes(), mtime=0)


ARRAYS, CONTENTS = zip(*[idx_file(shape, seed) for seed, shape in enumerate(SHAPES)])


@pytest.fixture
def server():
    with Server(dict(zip(NAMES, CONTENTS))) as server:
        yield server


@pytest.fixture
def folder(tmp_path, monkeypatch, server):
    """The folder that is downloaded into; no address but this machine's is ever asked."""
    folder = tmp_path / "data"
    known = {
        name: (sha256(content).hexdigest(), shape)
        for name, content, shape in zip(NAMES, CONTENTS, SHAPES)
    }
    monkeypatch.setattr(mnist, "MNIST_FILES", known)
    monkeypatch.setattr("nnlib.plumbing.sources.MNIST_FILES", known)
    monkeypatch.setattr(mnist, "download_folder", lambda: folder)
    monkeypatch.delenv("NNLIB_DATA_DIR", raising=False)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")  # Windows and macOS know proxies of their own
    use(monkeypatch, server)
    return folder


def use(monkeypatch, server, *behaviours):
    """Let these be the mirrors, in this order."""
    mirrors = [dead_mirror() if b == "dead" else server.mirror(b) for b in behaviours]
    monkeypatch.setattr(mnist, "MIRRORS", tuple(mirrors))
    return mirrors


def left_behind(folder):
    """Return the names of all files in the folder, hidden and temporary ones too."""
    return sorted(path.name for path in folder.rglob("*")) if folder.exists() else []


BROKEN = {  # what the mirror does: what the sentence says of it
    "truncated": "broke off half-way",
    "unlabelled": "SHA-256 is wrong",
    "dying": "broke off half-way",
    "altered": "SHA-256 is wrong",
    "portal": "SHA-256 is wrong",
    "empty": "SHA-256 is wrong",
    "missing": "answered 404",
    "failing": "answered 500",
    "dead": "no connection",
}


def test_the_mirrors_are_three_and_safe_and_the_checksums_are_whole():
    assert len(set(mnist.MIRRORS)) >= 3
    assert all(mirror.startswith("https://") and mirror.endswith("/") for mirror in mnist.MIRRORS)
    hashes = [known for known, _ in mnist.MNIST_FILES.values()]
    assert len(set(hashes)) == 4 and all(len(bytes.fromhex(known)) == 32 for known in hashes)


def test_a_good_mirror_gives_good_data_with_the_rights_of_any_file(folder, server, monkeypatch):
    use(monkeypatch, server, "good")
    mask = os.umask(0o022)
    try:
        (X, y), (X_test, y_test) = mnist.read_mnist()
    finally:
        os.umask(mask)
    for array, wanted in zip((X, y, X_test, y_test), ARRAYS):
        np.testing.assert_array_equal(array, wanted.reshape(array.shape))
    assert left_behind(folder) == sorted(NAMES)
    for name, content in zip(NAMES, CONTENTS):
        assert (folder / name).read_bytes() == content
        rights = stat.S_IMODE((folder / name).stat().st_mode)
        assert rights == 0o644 or os.name == "nt", "others can't read it"
    assert server.requests == [("good", name) for name in NAMES]


def test_the_second_load_asks_nobody(folder, server, monkeypatch):
    use(monkeypatch, server, "good")
    first = nnlib.load_digits("mnist", n_valid=4)
    asked = len(server.requests)
    second = nnlib.load_digits("mnist", n_valid=4)
    assert len(server.requests) == asked == 4
    np.testing.assert_array_equal(first.X_train, second.X_train)


def test_only_what_is_missing_is_fetched(folder, server, monkeypatch):
    use(monkeypatch, server, "good")
    folder.mkdir()
    for name, content in zip(NAMES[:3], CONTENTS):
        (folder / name).write_bytes(content)
    mnist.read_mnist()
    assert server.requests == [("good", NAMES[3])]


@pytest.mark.parametrize("behaviour", BROKEN)
def test_a_broken_mirror_ends_in_one_sentence_and_leaves_nothing(
    folder, server, monkeypatch, behaviour
):
    mirrors = use(monkeypatch, server, behaviour)
    with pytest.raises(OSError) as error:
        mnist.read_mnist()
    text = str(error.value)
    assert f"{mirrors[0]} (" in text and BROKEN[behaviour] in text
    assert NAMES[0] in text and f"into {folder} by hand" in text and "NNLIB_DATA_DIR" in text
    assert "\n" not in text and text.endswith(".")
    assert left_behind(folder) == []


@pytest.mark.parametrize("behaviour", BROKEN)
def test_after_a_broken_mirror_the_next_one_is_used(folder, server, monkeypatch, behaviour):
    use(monkeypatch, server, behaviour, "good")
    (X, _), _ = mnist.read_mnist()
    np.testing.assert_array_equal(X, ARRAYS[0].reshape(40, 784))
    assert left_behind(folder) == sorted(NAMES)
    assert [(folder / name).read_bytes() for name in NAMES] == list(CONTENTS)


@pytest.mark.parametrize("installed", [True, False])
def test_a_page_of_addresses_is_named_only_where_it_lies(folder, server, monkeypatch, installed):
    use(monkeypatch, server, "missing")
    folder.mkdir()
    if not installed:
        (folder / "README.md").write_text("addresses", encoding="utf-8")
    with pytest.raises(OSError) as missing:
        mnist.read_mnist()
    (folder / NAMES[0]).write_bytes(b"no gzip")
    with pytest.raises(ValueError) as damaged:
        mnist.read_mnist()
    for text in (str(missing.value), str(damaged.value)):
        assert text.endswith("." if installed else f" (see {folder / 'README.md'}).")
        assert installed == ("README" not in text)


def test_all_mirrors_are_named_with_what_happened_to_each(folder, server, monkeypatch):
    mirrors = use(monkeypatch, server, *BROKEN)
    with pytest.raises(OSError) as error:
        mnist.read_mnist()
    text = str(error.value)
    places = [text.index(f"{mirror} (") for mirror in mirrors]
    assert places == sorted(places)
    for start, end, words in zip(places, [*places[1:], None], BROKEN.values()):
        assert words in text[start:end]
    assert left_behind(folder) == []
    asked = [behaviour for behaviour, _ in server.requests]
    assert asked == [behaviour for behaviour in BROKEN if behaviour != "dead"]


@pytest.mark.parametrize("behaviour", ["silent", "stalling"])
def test_a_mirror_that_falls_silent_is_given_up(folder, server, monkeypatch, behaviour):
    monkeypatch.setattr(mnist, "TIMEOUT", 0.2)
    mirrors = use(monkeypatch, server, behaviour)
    with pytest.raises(OSError) as error:
        mnist.download(NAMES[0])
    assert f"{mirrors[0]} (no answer within 0.2 s)" in str(error.value)
    assert left_behind(folder) == []
    use(monkeypatch, server, behaviour, "good")
    assert mnist.download(NAMES[0]).read_bytes() == CONTENTS[0]


def test_every_request_is_given_the_time_limit(folder, server, monkeypatch):
    get, limits = requests.get, []

    def watched(url, **options):
        limits.append(options.get("timeout"))
        return get(url, **options)

    monkeypatch.setattr(requests, "get", watched)
    use(monkeypatch, server, "missing", "good")
    mnist.download(NAMES[0])
    assert limits == [mnist.TIMEOUT] * 2 and 5 <= mnist.TIMEOUT <= 60


def test_a_failure_at_the_third_file_keeps_the_two_good_ones(folder, server, monkeypatch):
    use(monkeypatch, server, "good")
    good, server.files[NAMES[2]] = server.files[NAMES[2]], b"something else"
    with pytest.raises(OSError, match=NAMES[2]):
        mnist.read_mnist()
    assert left_behind(folder) == sorted(NAMES[:2])
    server.files[NAMES[2]] = good
    mnist.read_mnist()
    assert [name for _, name in server.requests] == [*NAMES[:3], *NAMES[2:]]


def test_a_file_put_there_by_hand_is_enough(folder, server, monkeypatch):
    use(monkeypatch, server, "missing")
    with pytest.raises(OSError):
        mnist.read_mnist()
    for name, content in zip(NAMES, CONTENTS):
        (folder / name).write_bytes(content)
    mnist.read_mnist()
    assert len(server.requests) == 1


def test_an_interruption_half_way_leaves_nothing(folder, server, monkeypatch):
    use(monkeypatch, server, "good")
    fetch, seen = pooch.HTTPDownloader.__call__, []

    def interrupted(self, url, output_file, *rest, **options):
        fetch(self, url, output_file, *rest, **options)
        seen.extend(left_behind(folder))
        raise KeyboardInterrupt

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", interrupted)
    with pytest.raises(KeyboardInterrupt):
        mnist.read_mnist()
    assert len(seen) == 1 and seen[0] not in NAMES, "it was not written beside its name first"
    assert left_behind(folder) == [] and len(server.requests) == 1


def test_a_full_disk_is_named_and_leaves_nothing(folder, server, monkeypatch):
    use(monkeypatch, server, "good")

    def full(self, url, output_file, *rest, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", full)
    with pytest.raises(OSError, match="No space left on device") as error:
        mnist.read_mnist()
    assert NAMES[0] in str(error.value) and left_behind(folder) == []


@pytest.mark.parametrize("below", ["", "deeper/still"])
def test_a_folder_that_takes_no_files_is_named_before_any_mirror_is_asked(
    folder, server, monkeypatch, tmp_path, below
):
    use(monkeypatch, server, "good")
    (tmp_path / "a file").write_bytes(b"in the way")  # stops root too, whom rights do not
    monkeypatch.setattr(mnist, "download_folder", lambda: tmp_path / "a file" / below)
    with pytest.raises(OSError, match="can't be written to") as error:
        mnist.read_mnist()
    text = str(error.value)
    assert NAMES[0] in text and str(tmp_path / "a file") in text and "NNLIB_DATA_DIR" in text
    assert "\n" not in text and text.endswith(".") and "Errno" not in text
    assert server.requests == []


@needs_rights
def test_a_folder_without_the_right_to_write_is_named(folder, server, monkeypatch):
    use(monkeypatch, server, "good")
    folder.mkdir(mode=0o555)
    with pytest.raises(OSError, match="can't be written to") as error:
        mnist.read_mnist()
    assert str(folder) in str(error.value) and server.requests == []


def test_the_progress_bar_can_be_switched_off(folder, server, monkeypatch, capfd):
    use(monkeypatch, server, "good")
    monkeypatch.setenv("NNLIB_PROGRESS", "0")
    mnist.download(NAMES[0])
    assert capfd.readouterr() == ("", "")
    (folder / NAMES[0]).unlink()
    monkeypatch.setenv("NNLIB_PROGRESS", "1")
    mnist.download(NAMES[0])
    out, err = capfd.readouterr()
    assert out == "" and "100%" in err
