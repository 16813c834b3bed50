"""Faults as public code shows them, put into the lessons' own cells, must not go unnoticed.

A cell tagged `nnlib` is compared with the package as code; a visible line is held by the lesson's
assertions and by its stored outputs, which nbval compares. Here each fault is put into a copy of
the lesson's code, which runs until an assertion fails or a cell prints something else. (That an
unchanged lesson prints what is stored, test_notebooks.py shows, where it runs the answers.)
"""

import io
from contextlib import redirect_stderr, redirect_stdout

import pytest
from test_notebooks import NOTEBOOKS, code_cells, definitions, library, source, stdout_of

FAULTS = {  # name: (lesson, what stands there, what is put in)
    "pixels not divided by 255": ("01", "np.divide(pixels, 255,", "np.divide(pixels, 1,"),
    "images and labels shuffled apart": (
        "01", "X_train, y_train = X[train], labels[train]",
        "X_train, y_train = X[train], labels[train[::-1]]",
    ),
    "one-hot at the wrong place": ("01", "    Y[np.arange(len(y)), y] = 1", "    Y[:, y] = 1"),
    "bias added by column": ("02", "Z = X_valid @ W + b\n", "Z = X_valid @ W + b.sum()\n"),
    "ReLU forgotten": ("02", "A1 = relu(Z1)\nZ2", "A1 = Z1\nZ2"),
    "softmax along the wrong axis": (
        "03", "P = E / E.sum(axis=1, keepdims=True)", "P = E / E.sum(axis=0)",
    ),
    "softmax without the max shift": (
        "03", "Z - np.max(Z, axis=-1, keepdims=True))\n    return E", "Z)\n    return E",
    ),
    "gradient not divided by m": ("04", "dZ2 = (P - Y) / m\nv", "dZ2 = P - Y\nv"),
    "one-hot forgotten": ("04", "dZ2 = (P - Y) / m\nv", "dZ2 = (P - y[:, None]) / m\nv"),
    "scalar bias gradient": ("04", "db2 = dZ2.sum(axis=0)", "db2 = np.full(3, dZ2.sum())"),
    "missing transpose": ("04", "dA1 = dZ2 @ W2.T", "dA1 = dZ2 @ W2.reshape(3, 5)"),
    "ReLU's slope by >=": ("04", "dZ1 = dA1 * (Z1 > 0)", "dZ1 = dA1 * (A1 >= 0)"),
    "slope of the wrong layer": ("04", "dZ1 = dA1 * (Z1 > 0)", "dZ1 = dA1 * (X[:, :5] > 0.5)"),
    "bias never updated": ("05", "    b1 -= learning_rate * db1\n", ""),
    "confusion matrix transposed": ("06", "C[true, answer] += 1", "C[answer, true] += 1"),
}  # fmt: skip


def fate(lesson, right, wrong):
    """Run a lesson with one change; return the first thing that gives the change away."""
    import matplotlib.pyplot as plt

    from nnlib.plumbing.environment import thread_limit

    (path,) = [path for path in NOTEBOOKS if path.name.startswith(lesson)]
    cells = code_cells(path)
    assert sum(source(cell).count(right) for cell in cells) >= 1, f"{path.name} lacks {right!r}"
    namespace, package = {"__name__": "__main__"}, library()
    for number, cell in enumerate(cells, 1):
        code, printed = source(cell).replace(right, wrong), io.StringIO()
        if "nnlib" in cell["metadata"].get("tags", []):
            for name, text in definitions(code).items():
                if text != package[name][1]:
                    return f"cell {number}: {name} is not the library's"
        try:
            with thread_limit(), redirect_stdout(printed), redirect_stderr(io.StringIO()):
                exec(compile(code, path.name, "exec"), namespace)
        except Exception as error:
            return f"cell {number}: {type(error).__name__}"
        finally:
            plt.close("all")
        if printed.getvalue() != stdout_of(cell):
            return f"cell {number}: other output"
    return None


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_a_lesson_is_found(name, monkeypatch):
    monkeypatch.chdir(NOTEBOOKS[0].parent)
    assert fate(*FAULTS[name]) is not None
