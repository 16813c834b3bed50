"""Arguments, some thousand of them made up: each call gives a result or one sentence.

`test_arguments.py` tries one odd value in one place; here are several at once, and arrays of every
type and shape.
"""

import numpy as np
import pytest
import rows
from conftest import GENERATED
from doors import BAD, fault

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
pytestmark = pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
SLOW = ("nnlib.plots.", "nnlib.live.", "nnlib.labs.estimator.", "nnlib.labs.own_digit.")
FILES = ("load_", "save", "load", "read_", "limit_threads")
FAST = [
    name
    for name, row in rows.ROWS.items()
    if not name.startswith(SLOW) and not name.rsplit(".")[-1].startswith(FILES) and row.params
]

numbers = st.one_of(
    st.integers(-3, 12), st.integers(), st.floats(), st.booleans(), st.complex_numbers(),
    st.fractions(), st.decimals(), st.sampled_from([2**63, -(2**63), 2**64, 10**30]),
    st.sampled_from([np.float16, np.float32, np.int8, np.uint64]).flatmap(
        lambda kind: st.integers(0, 100).map(kind)
    ),
)  # fmt: skip
shapes = arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=7)
kinds = st.one_of(
    arrays.floating_dtypes(), arrays.integer_dtypes(), arrays.unsigned_integer_dtypes(),
    arrays.boolean_dtypes(), arrays.complex_number_dtypes(), arrays.unicode_string_dtypes(),
    arrays.byte_string_dtypes(), arrays.datetime64_dtypes(), arrays.timedelta64_dtypes(),
    st.just(np.dtype(object)),
)  # fmt: skip


def filled(pair):
    """An array of a type and shape: hypothesis' own, but for objects."""
    kind, shape = pair
    if kind.kind == "O":
        return st.just(np.full(shape, None, object))
    return arrays.arrays(kind, shape)


odd = st.one_of(
    st.none(), numbers, st.text(max_size=12), st.binary(max_size=6),
    st.recursive(numbers | st.none(), lambda inner: st.lists(inner, max_size=4), max_leaves=8),
    st.dictionaries(st.text(max_size=3), numbers, max_size=3), st.sets(st.integers(), max_size=3),
    st.tuples(kinds, shapes).flatmap(filled),
)  # fmt: skip


@st.composite
def broken(draw, value):
    """A good value with something in it exchanged: an entry, a part, a type, the layout."""
    if isinstance(value, np.ndarray) and value.size:
        how = draw(st.sampled_from(["entry", "type", "shape", "layout"]))
        if how == "entry":
            value = value.copy()
            number = draw(st.floats() if value.dtype.kind == "f" else st.integers(-9, 300))
            place = draw(st.integers(0, value.size - 1))
            with np.errstate(all="ignore"):
                value.flat[place] = np.asarray(number).astype(value.dtype)
            return value
        if how == "type":
            with np.errstate(all="ignore"):
                return value.astype(draw(kinds.filter(lambda kind: kind.kind in "fiubcSUO")))
        if how == "shape":
            axes = draw(st.permutations(range(value.ndim)))
            cut = draw(st.integers(0, len(value)))
            return value.transpose(axes)[:cut]
        return draw(st.sampled_from([value[::-1], np.asfortranarray(value), value.byteswap()]))
    if isinstance(value, (list, tuple)) and value:
        place = draw(st.integers(0, len(value) - 1))
        part = draw(st.one_of(odd, broken(value[place])))
        return type(value)([*value[:place], part, *value[place + 1 :]])
    return draw(odd)


def good_or_not(row, name, value):
    """Return whether a made-up value may be taken; one that can't be looked at may not."""
    with np.errstate(all="ignore"):
        try:
            return bool(row.params[name].may(value))
        except Exception:
            return False


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(rows.FOLDER, "tmp", tmp_path)


@pytest.mark.parametrize("name", FAST)
def test_whatever_is_made_up_gives_a_result_or_one_sentence(name):
    row = rows.ROWS[name]
    places = sorted(place for place, param in row.params.items() if param.skip != tuple(BAD))

    @settings(max_examples=min(120, 40 * len(places)), **CALM)
    @given(st.data())
    def check(data):
        chosen = data.draw(st.lists(st.sampled_from(places), min_size=1, max_size=2, unique=True))
        arguments = {place: row.params[place].good() for place in places}
        for place in chosen:
            arguments[place] = data.draw(st.one_of(odd, broken(arguments[place])))
        GENERATED["arguments"] = GENERATED.get("arguments", 0) + 1
        # of two that are odd, each may make the other good: two gradients of another shape
        good = len(chosen) > 1 or good_or_not(row, chosen[0], arguments[chosen[0]])
        found = fault(row, arguments, chosen, may=good)
        assert found is None, found

    check()
