"""The tests have teeth: faults as public code shows them, put into copies of nnlib, must be found.

Each fault is an edit of the source. A copy of the package with that edit is put before the real
one on Python's path, and the tests of the mathematics run against it. They must fail; against an
unchanged copy they must pass.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork, which Windows lacks")
ROOT = Path(__file__).parent.parent
FAULTS = {  # name: (file, what stands there, what is put in)
    "scalar bias gradient": ("backprop.py", "dZ.sum(axis=0)", "dZ.sum()"),
    "bias gradient summed to a row": (
        "backprop.py", "dZ.sum(axis=0)", "np.full(dZ.shape[1], dZ.sum())",
    ),
    "softmax over the whole array": (
        "loss.py", "return E / E.sum(axis=-1, keepdims=True)", "return E / E.sum()",
    ),
    "softmax along the wrong axis": (
        "loss.py", "return E / E.sum(axis=-1, keepdims=True)",
        "return E / E.sum(axis=0, keepdims=True)",
    ),
    "softmax without the max shift": (
        "loss.py", "E = np.exp(Z - np.max(Z, axis=-1, keepdims=True))", "E = np.exp(Z)",
    ),
    "cross-entropy without the max shift": (
        "loss.py", "Z = Z - np.max(Z, axis=-1, keepdims=True)", "Z = Z",
    ),
    "cross-entropy clipped": (
        "loss.py", "return Z - np.log(np.exp(Z).sum(axis=-1, keepdims=True))",
        "return np.log(np.clip(softmax(Z), 1e-15, 1))",
    ),
    "gradient not divided by m": ("backprop.py", ") / len(y)", ")"),
    "loss summed instead of averaged": ("loss.py", "y].mean()", "y].sum()"),
    "ReLU's derivative by >=": ("backprop.py", "return A > 0", "return A >= 0"),
    "derivative taken at the wrong layer": (
        "backprop.py", "dA * derivative(A[l])",
        "dA * derivative(A[l - 1][:, : dA.shape[1]] if A[l - 1].shape[1] >= dA.shape[1] else A[l])",
    ),
    "sigmoid's derivative of the wrong variable": (
        "backprop.py", "return A * (1 - A)", "return np.exp(-A) / (1 + np.exp(-A)) ** 2",
    ),
    "missing transpose": ("backprop.py", "A[l].T @ dZ", "A[l] @ dZ"),
    "missing transpose hidden by reshaping": (
        "backprop.py", "dZ @ params[l][0].T", "dZ @ params[l][0].reshape(dZ.shape[1], -1)",
    ),
    "bias never updated": ("training.py", "        b -= learning_rate * db\n", ""),
    "step assigned to the gradient": (
        "training.py", "b -= learning_rate * db", "db = b - learning_rate * db",
    ),
    "steps upwards": ("training.py", "W -= learning_rate", "W += learning_rate"),
    "pixels not divided by 255": ("data.py", "np.divide(pixels, 255,", "np.divide(pixels, 1,"),
    "weights from -0.5 to 0.5 under he's name": (
        "network.py", 'rng.normal(0, np.sqrt(2 / n_in), (n_in, n_out))',
        "rng.uniform(-0.5, 0.5, (n_in, n_out))",
    ),
    "global m for a part of the data": ("backprop.py", ") / len(y)", ") / 60000"),
    "one-hot forgotten": (
        "backprop.py", "P - one_hot(y, P.shape[1], P.dtype)", "P - y[:, None]",
    ),
    "accuracy printed on training data only": (
        "plumbing/history.py", 'parts["valid"] = (digits.X_valid, digits.y_valid)',
        'parts["valid"] = (X[:MAX_IMAGES], y[:MAX_IMAGES])',
    ),
    "the seed ignored": (
        "training.py", "np.random.default_rng(seed)", "np.random.default_rng()",
    ),
    "re-running goes on from the trained weights": (
        "plumbing/history.py",
        '[(np.array(W, X.dtype, order="C"), np.array(b, X.dtype)) for W, b in params]',
        "params",
    ),
    "last short batch dropped": (
        "training.py", "range(0, m, batch_size)", "range(0, m - batch_size + 1, batch_size)",
    ),
    "batches never shuffled": ("training.py", "rng.permutation(m)", "np.arange(m)"),
    "L2 on the biases too": ("training.py", "(dW + l2 * W, db)", "(dW + l2 * W, db + l2 * b)"),
    "Adam without bias correction": (
        "labs/optimizers.py", "mean / (1 - beta1**t), square / (1 - beta2**t)", "mean, square",
    ),
    "confusion matrix transposed": ("evaluation.py", "(y, y_hat), 1)", "(y_hat, y), 1)"),
    "autograd: a second path overwrites the first": (
        "labs/autograd.py", "slopes[earlier] += carry", "slopes[earlier] = carry",
    ),
    "autograd: two share one slope": (
        "labs/autograd.py", "                slopes[earlier] += carry(slopes[later])",
        "                one = carry(slopes[later])\n"
        "                if np.ndim(slopes[earlier]):\n                    slopes[earlier] += one\n"
        "                else:\n                    slopes[earlier] = one",
    ),
    "autograd: carried on before it is complete": (
        "labs/autograd.py", "sorted(slopes, key=lambda tensor: -tensor.depth)", "list(slopes)",
    ),
    "autograd: back in the order of the way forward": (
        "labs/autograd.py", "-tensor.depth", "tensor.depth",
    ),
    "autograd: what is wanted is left out where it was given": (
        "labs/autograd.py", "(earlier.paths or earlier in wanted)", "earlier.paths",
    ),
    "autograd: depth of the first input only": (
        "labs/autograd.py", "max((earlier.depth for earlier, _ in paths), default=0)",
        "next((earlier.depth for earlier, _ in paths), 0)",
    ),
    "autograd: missing transpose": ("labs/autograd.py", "A.value.T @ dC", "A.value @ dC"),
    "autograd: broadcasting in front not undone": (
        "labs/autograd.py", "    dC = dC.sum(axis=tuple(range(dC.ndim - len(shape))))", "    pass",
    ),
    "autograd: stretched axes not undone": (
        "labs/autograd.py", "return dC.sum(axis=stretched, keepdims=True)", "return dC",
    ),
    "autograd: stretched axes dropped": (
        "labs/autograd.py", "return dC.sum(axis=stretched, keepdims=True)",
        "return dC.sum(axis=stretched)",
    ),
    "autograd: mean of the copies' slopes": (
        "labs/autograd.py", "return dC.sum(axis=stretched", "return dC.mean(axis=stretched",
    ),
    "autograd: a factor's own value for its slope": (
        "labs/autograd.py", "unbroadcast(dC * B.value, A.value.shape)",
        "unbroadcast(dC * A.value, A.value.shape)",
    ),
    "autograd: ReLU's slope by >=": ("labs/autograd.py", "(Z.value > 0)", "(Z.value >= 0)"),
    "autograd: log-softmax's slope for one label a row": (
        "labs/autograd.py", "dL - np.exp(log_P) * dL.sum(axis=-1, keepdims=True)",
        "dL + np.exp(log_P)",
    ),
    "autograd: log-softmax's slopes summed over the batch": (
        "labs/autograd.py", "dL.sum(axis=-1, keepdims=True)", "dL.sum()",
    ),
    "test rows in the training part": (
        "data.py", "np.split(rows, ends)", "[rows, rows, rows]",
    ),
}  # fmt: skip


def mutant(folder, file, right, wrong):
    """Put a copy of nnlib with one edit into `folder`, and return it."""
    shutil.copytree(ROOT / "nnlib", folder / "nnlib", ignore=shutil.ignore_patterns("__py*"))
    path = folder / "nnlib" / file
    text = path.read_text(encoding="utf-8")
    assert not right or text.count(right) == 1, f"{file} lacks {right!r}"
    path.write_text(text.replace(right, wrong) if right else text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Run the suite against every mutant: {name: (exit status, output)}."""
    folders = {}
    for name, fault in {"none": ("data.py", "", ""), **FAULTS}.items():
        folders[name] = mutant(tmp_path_factory.mktemp("mutant"), *fault)
    run(folders.values(), unbuffered=False)
    return {name: verdict(folder) for name, folder in folders.items()}


def run(folders, unbuffered):
    """Run the suite against copies of nnlib, with Python's streams buffered or not."""
    surroundings = {k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"}
    if unbuffered:
        surroundings["PYTHONUNBUFFERED"] = "1"
    command = [sys.executable, str(ROOT / "tests" / "mutants.py"), *map(str, folders)]
    subprocess.run(command, check=True, cwd=ROOT / "tests", env=surroundings)


def verdict(folder):
    """Return pytest's exit status for a mutant, and what it printed."""
    status = int((folder / "status.txt").read_text(encoding="utf-8"))
    return status, (folder / "output.txt").read_text(encoding="utf-8")


def test_an_unchanged_copy_passes(results):
    status, output = results["none"]
    assert status == 0, output


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found(results, name):
    assert results["none"][0] == 0, "an unchanged copy fails, so nothing is proved"
    status, output = results[name]
    assert status == 1, f"{name} goes unnoticed:\n{output}"
    assert is_a_verdict(output), output
    assert "SyntaxError" not in output and "ImportError" not in output


def is_a_verdict(output):
    """Return True where pytest's closing line is there, and counts a failure."""
    return " failed" in output.splitlines()[-1] or " error" in output.splitlines()[-1]


@pytest.mark.parametrize("unbuffered", [True, False])
def test_a_verdict_does_not_hang_on_a_buffer(tmp_path, unbuffered):
    """One fault, with Python's streams buffered as they are for most readers, and without."""
    folder = mutant(tmp_path, *FAULTS["steps upwards"])
    run([folder], unbuffered)
    status, output = verdict(folder)
    assert status == 1 and is_a_verdict(output), output


def test_a_fork_writes_out_what_it_printed_and_keeps_its_status(tmp_path):
    """Whatever ends it: a status, or an error nobody caught."""
    code = (
        "import os, sys\n"
        f"sys.path.insert(0, {str(ROOT / 'tests')!r})\n"
        "sys.argv = ['mutants.py']\n"
        "from mutants import leave\n"
        "def work(status):\n"
        "    print('unwritten so far')\n"
        "    return 1 / status\n"
        "leave(work, int(os.environ['STATUS']))\n"
    )
    surroundings = {k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"}
    for status, expected in ((1, 1), (0, 70)):
        with open(tmp_path / "output.txt", "w", encoding="utf-8") as file:
            done = subprocess.run(
                [sys.executable, "-c", code], stdout=file, stderr=file,
                env=surroundings | {"STATUS": str(status)},
            )  # fmt: skip
        text = (tmp_path / "output.txt").read_text(encoding="utf-8")
        assert done.returncode == expected and "unwritten so far" in text
        assert ("ZeroDivisionError" in text) == (status == 0)
