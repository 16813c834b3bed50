"""Saving, held to some thousand generated inputs: bit for bit, or one sentence."""

import io
import json

import numpy as np
import pytest
from conftest import GENERATED

import nnlib

hypothesis = pytest.importorskip(
    "hypothesis", reason="hypothesis is a dev dependency: pip install -e '.[dev]'"
)
from hypothesis import HealthCheck, given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from hypothesis.extra import numpy as arrays  # noqa: E402

CALM = {
    "derandomize": True, "deadline": None, "database": None,
    "suppress_health_check": list(HealthCheck),
}  # fmt: skip


def counted(name):
    key = f"saving {name}"
    GENERATED[key] = GENERATED.get(key, 0) + 1


def sentence(error, path):
    """Hold an error to what a user should see."""
    text = str(error)
    assert str(path) in text and len(text) <= 300 and "\n" not in text and text.endswith("."), text
    for foreign in ("Errno", "allow_pickle", "unsafe", "Traceback", "null byte"):
        assert foreign not in text, text


@st.composite
def networks(draw):
    """Weights of up to four layers, with any finite number of their type in them."""
    sizes = draw(st.lists(st.integers(1, 5), min_size=2, max_size=5))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    numbers = st.floats(allow_nan=False, allow_infinity=False, width=np.dtype(dtype).itemsize * 8)
    return [
        (draw(arrays.arrays(dtype, (n, k), elements=numbers)),
         draw(arrays.arrays(dtype, k, elements=numbers)))
        for n, k in zip(sizes, sizes[1:])
    ]  # fmt: skip


def bits(params):
    return [(a.dtype, a.shape, a.tobytes()) for pair in params for a in pair]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("saved") / "w.npz"


def test_any_network_comes_back_bit_for_bit(place):
    @settings(max_examples=600, **CALM)
    @given(networks(), st.sampled_from(["relu", "sigmoid", "tanh"]))
    def check(params, activation):
        counted("networks")
        nnlib.save_params(place, params, activation)
        again, name = nnlib.load_params(place)
        assert bits(again) == bits(params) and name == activation

    check()


def damages(whole):
    """Return a strategy of what may happen to a file's bytes."""
    at = st.integers(0, len(whole) - 1)
    return st.one_of(
        st.tuples(at, st.integers(1, 255)).map(
            lambda d: whole[: d[0]] + bytes([whole[d[0]] ^ d[1]]) + whole[d[0] + 1 :]
        ),
        st.tuples(at, at).map(lambda d: whole[: min(d)] + whole[max(d) :]),
        st.tuples(at, st.binary(min_size=1, max_size=40)).map(
            lambda d: whole[: d[0]] + d[1] + whole[d[0] + len(d[1]) :]
        ),
        st.tuples(at, st.binary(min_size=1, max_size=40)).map(
            lambda d: whole[: d[0]] + d[1] + whole[d[0] :]
        ),
        at.map(lambda k: whole[:k]),
        st.binary(max_size=200),
        st.binary(max_size=60).map(lambda tail: b"PK\x03\x04" + tail),
    )


def test_any_damage_is_a_sentence_or_changes_nothing(place):
    params = [(np.linspace(-1, 1, 6).reshape(2, 3), np.arange(3.0)), (np.eye(3), np.ones(3))]
    nnlib.save_params(place, params, "tanh")

    @settings(max_examples=1500, **CALM)
    @given(damages(place.read_bytes()))
    def check(content):
        counted("damaged weights")
        place.write_bytes(content)
        try:
            again, activation = nnlib.load_params(place)
        except (ValueError, OSError) as error:
            sentence(error, place)
        else:
            assert bits(again) == bits(params) and activation == "tanh"

    check()


ANY = arrays.arrays(
    st.one_of(
        arrays.floating_dtypes(), arrays.integer_dtypes(), arrays.boolean_dtypes(),
        arrays.complex_number_dtypes(), arrays.unicode_string_dtypes(max_len=40),
        arrays.byte_string_dtypes(max_len=40),
    ),
    arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
)  # fmt: skip


def test_any_arrays_are_a_network_or_a_sentence(place):
    names = st.sampled_from(["W1", "b1", "W2", "b2", "W3", "activation", "x", "runs"])
    good = st.just({"W1": np.eye(3), "b1": np.zeros(3), "activation": np.array("relu")})

    @settings(max_examples=900, **CALM)
    @given(good, st.dictionaries(names, ANY, max_size=5), st.sets(names, max_size=1))
    def check(base, changes, lacking):
        counted("arrays")
        content = {n: a for n, a in (base | changes).items() if n not in lacking}
        stream = io.BytesIO()
        np.savez(stream, **content)
        place.write_bytes(stream.getvalue())
        try:
            params, activation = nnlib.load_params(place)
        except (ValueError, OSError) as error:
            sentence(error, place)
        else:
            X = np.zeros((2, params[0][0].shape[0]))
            assert nnlib.predict(params, X, activation).shape == (2,)

    check()


def test_any_damage_to_runs_is_a_sentence_or_runs_that_work(place):
    rng = np.random.default_rng(0)
    X, y = rng.random((12, 4)), np.arange(12) % 3
    digits, runs = nnlib.Digits(X, y, X, y, X, y, "toy"), nnlib.Runs()
    for rate in (0.1, 0.3):
        runs.add(nnlib.train(nnlib.init_params([4, 2, 3]), digits, rate, 6, 2))
    runs.save(place)
    with np.load(place) as file:
        whole = {name: file[name] for name in file.files}
    text = str(whole["runs"])

    def other(value):
        return st.sampled_from([None, -1, 2.5, "x", [], {}, [1], {"a": 1}, True, 10**400, value])

    @settings(max_examples=700, **CALM)
    @given(st.data())
    def check(data):
        counted("runs")
        if data.draw(st.booleans()):
            content = data.draw(damages(text.encode())).decode("utf-8", "replace")
        else:  # another value somewhere in what is plain JSON
            node = tree = json.loads(text)
            while isinstance(node, (dict, list)) and node:
                keys = list(node) if isinstance(node, dict) else list(range(len(node)))
                key = data.draw(st.sampled_from(keys))
                if not isinstance(node[key], (dict, list)) or data.draw(st.booleans()):
                    node[key] = data.draw(other(node[key]))
                    break
                node = node[key]
            content = json.dumps(tree)
        stream = io.BytesIO()
        np.savez(stream, **whole | {"runs": np.array(content)})
        place.write_bytes(stream.getvalue())
        try:
            again = nnlib.Runs.load(place)
        except (ValueError, OSError) as error:
            sentence(error, place)
        else:
            assert len(repr(again)) > 0 and len(again.table()) == len(again)

    check()
