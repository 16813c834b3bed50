"""What the surroundings do to a call: closed or full output, a failing disk, notebooks, threads."""

import errno
import importlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from conftest import HEARS
from test_cli import PICTURES, call, last_line, undrawn  # noqa: F401  (fixtures)
from test_training import start, toy  # noqa: F401  (a fixture)

import nnlib
from nnlib import __main__ as cli
from nnlib import training
from nnlib.plumbing import environment, plots, writing
from nnlib.plumbing.environment import CtrlC, Output

SHELL = pytest.mark.skipif(os.name == "nt", reason="a shell's redirections")
FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full device")
MODULE = [sys.executable, "-m", "nnlib"]
EXPERIMENTS = [sys.executable, str(Path(__file__).parents[1] / "notebooks" / "experiments")]


def shell(folder, command, redirect, **variables):
    """Run a command line with its output sent somewhere; return status and stderr."""
    text = " ".join(f"'{part}'" for part in command) + f" {redirect}"
    done = subprocess.run(
        ["sh", "-c", text], cwd=folder, capture_output=True, timeout=120,
        env=os.environ | {"PYTHONUNBUFFERED": ""} | variables,
    )  # fmt: skip
    return done.returncode, done.stderr.decode()


@SHELL
def test_closed_output_is_no_drama(tmp_path):
    options = ["--epochs", "1", "--save", "w.npz"]
    assert shell(tmp_path, [*MODULE, *options], ">&-") == (0, "")
    assert nnlib.load_params(tmp_path / "w.npz")
    assert sorted(path.name for path in (tmp_path / "figures").iterdir()) == PICTURES
    assert shell(tmp_path, [*EXPERIMENTS, "list"], ">&-") == (0, "")


@FULL
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_full_output_costs_no_weights_and_no_pictures(tmp_path, unbuffered):
    options = ["--epochs", "3", "--save", "w.npz"]
    status, err = shell(tmp_path, [*MODULE, *options], "> /dev/full", PYTHONUNBUFFERED=unbuffered)
    assert status == 1 and err.count("\n") == 1 and "Errno" not in err
    assert err.startswith("python -m nnlib: what is printed can't be written: the disk is full")
    assert nnlib.load_params(tmp_path / "w.npz")
    assert sorted(path.name for path in (tmp_path / "figures").iterdir()) == PICTURES


@FULL
def test_the_experiments_name_a_full_output(tmp_path):
    status, err = shell(tmp_path, [*EXPERIMENTS, "list"], "> /dev/full")
    assert status == 1 and err.count("\n") == 1 and "the disk is full" in err, err


def test_output_that_ends_is_dropped_and_remembered():
    class Closing:
        def __init__(self, error):
            self.written, self.error = "", error

        def write(self, text):
            if len(self.written) > 3:
                raise self.error
            self.written += text

        def flush(self):
            pass

    for error in (BrokenPipeError(32, "x"), OSError(28, "x"), OSError(22, "Invalid argument")):
        before, stream = sys.stdout, Closing(error)
        sys.stdout = stream
        try:
            with Output() as output:
                for _ in range(5):
                    print("abc")
            assert output.error is error and stream.written == "abc\n"
        finally:
            sys.stdout = before


# ---------------------------------------------------------------- outputs stand alone


def test_weights_that_cannot_be_saved_cost_no_picture_and_no_accuracy(
    call,  # noqa: F811
    tmp_path,
    monkeypatch,
):
    """The disk fills up while the weights are written."""

    def full(file, **arrays):
        file.write(b"PK")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    status, out, err = call("--epochs", 1, "--save", "w.npz")
    assert status == 1 and last_line(out) > 50 and "weights:" not in out
    assert err == ("python -m nnlib: w.npz can't be written: the disk is full: make room there.\n")
    assert sorted(path.name for path in (tmp_path / "figures").iterdir()) == PICTURES
    assert [path.name for path in tmp_path.iterdir()] == ["figures"]


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), ValueError("no."), MemoryError()])
def test_a_picture_that_cannot_be_drawn_costs_no_other(call, tmp_path, monkeypatch, error):  # noqa: F811
    def fail(*arguments):
        raise error

    monkeypatch.setattr(plots, "predictions", fail)
    status, out, err = call("--epochs", 1, "--save", "w.npz")
    assert status == 1 and last_line(out) > 50 and err.count("\n") == 1 and "Errno" not in err
    assert (tmp_path / "w.npz").exists()
    drawn = sorted(path.name for path in (tmp_path / "figures").iterdir())
    assert drawn == [name for name in PICTURES if name != "predictions.png"]
    assert "predictions.png" not in out


@pytest.mark.parametrize("name", PICTURES)
def test_a_folder_in_a_pictures_place_is_named_before_any_training(call, tmp_path, name):  # noqa: F811
    (tmp_path / "figures" / name).mkdir(parents=True)
    status, out, err = call("--epochs", 1)
    assert status == 1 and out == "" and f"{name} is a folder" in err


def test_memory_that_runs_out_keeps_what_was_learned(call, undrawn, monkeypatch, tmp_path):  # noqa: F811
    count = iter(range(1000))

    def greedy(params, grads, learning_rate, state):
        nnlib.update(params, grads, learning_rate)
        if next(count) == 200:
            raise MemoryError

    monkeypatch.setitem(training.OPTIMIZERS, "sgd", greedy)
    status, out, err = call("--batch-size", 50, "--epochs", 9, "--save", "w.npz")
    assert "not enough memory to go on" in err and last_line(out) > 500
    assert nnlib.load_params(tmp_path / "w.npz")


REFUSALS = {  # the system's number, the words that say it
    errno.ENOSPC: "the disk is full", errno.EACCES: "no right", errno.EPERM: "no right",
    errno.EROFS: "only be read", errno.ENAMETOOLONG: "too long", errno.EINVAL: "a letter",
    errno.EDQUOT: "your share", errno.EIO: "a fault", errno.EFBIG: "larger than",
}  # fmt: skip


@pytest.mark.parametrize("number", REFUSALS)
@pytest.mark.parametrize("stage", ["make", "write", "replace"])
def test_what_the_system_refuses_is_said_in_our_words(tmp_path, monkeypatch, number, stage):
    def refuse(*arguments, **keywords):
        raise OSError(number, os.strerror(number), "some/file")

    path = tmp_path / "w.npz"
    if stage == "make":
        monkeypatch.setattr(writing.tempfile, "TemporaryFile", refuse)
    elif stage == "write":
        monkeypatch.setattr(np, "savez", refuse)
    else:
        monkeypatch.setattr(writing.os, "replace", refuse)
    with pytest.raises(OSError) as error:
        nnlib.save_params(path, start())
    text = str(error.value)
    assert REFUSALS[number] in text and str(path) in text and text.endswith(".")
    assert "Errno" not in text and len(text) <= 300 and "\n" not in text
    assert not list(tmp_path.iterdir())


NAMES = ["x" * 300, "a\0b", "y" * 5000, "z/" * 2500 + "w.npz", "line\nbreak" * 40]


@pytest.mark.parametrize("name", NAMES, ids=[n[:3].strip("\0") + str(len(n)) for n in NAMES])
def test_a_name_that_can_not_be_is_a_short_sentence(tmp_path, name):
    runs = nnlib.Runs()
    for use in (
        lambda path: nnlib.save_params(path, start()),
        nnlib.load_params,
        runs.save,
        nnlib.Runs.load,
    ):
        with pytest.raises((OSError, ValueError)) as error:
            use(str(tmp_path / name))
        text = str(error.value)
        assert len(text) <= 300 and "\n" not in text and "\0" not in text, text
        assert "Errno" not in text and "null byte" not in text and text.endswith("."), text


@pytest.mark.skipif(os.name == "nt", reason="Windows's files know no such right")
def test_a_file_that_may_not_be_read_is_not_called_broken(tmp_path, monkeypatch):
    nnlib.save_params(tmp_path / "w.npz", start())
    refuse = PermissionError(errno.EACCES, "Permission denied")
    monkeypatch.setattr(Path, "read_bytes", lambda self: (_ for _ in ()).throw(refuse))
    with pytest.raises(OSError, match="can't be read: you have no right") as error:
        nnlib.load_params(tmp_path / "w.npz")
    assert "write it again" not in str(error.value) and "Errno" not in str(error.value)


def test_no_message_gives_foreign_advice_or_echoes_a_value(tmp_path):
    path, long = tmp_path / "w.npz", "relu" * 30_000
    good = {"W1": np.eye(2), "b1": np.zeros(2), "activation": np.array("relu")}
    for arrays in (
        good | {"W1": np.array([object()], dtype=object)},
        good | {"activation": np.array(long)},
        good | {f"V{k}": np.zeros(1) for k in range(500)},
        {"a" * 300: np.zeros(2)},
    ):
        np.savez(path, **arrays)
        with pytest.raises(ValueError) as error:
            nnlib.load_params(path)
        text = str(error.value)
        assert len(text) <= 300 and "allow_pickle" not in text and "unsafe" not in text, text
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "W1.npy",
            b"\x93NUMPY\x01\x00\x46\x00"
            + b"{'descr': '<f8', 'fortran_order': False, 'shape': (999999999, 999999)}".ljust(69)
            + b"\n",
        )
    with pytest.raises(ValueError, match="more than fits|can't be read"):
        nnlib.load_params(path)


# ---------------------------------------------------------------- notebooks


@pytest.mark.parametrize("backend", ["svg", "module://matplotlib_inline.backend_inline"])
def test_the_command_line_leaves_the_backend_as_it_was(call, backend):  # noqa: F811
    pytest.importorskip("matplotlib_inline")
    plt.switch_backend(backend)
    try:
        figure = plt.figure()
        assert call("--epochs", 1)[0] == 0
        assert matplotlib.get_backend() == backend
        plt.close(figure)
    finally:
        plt.switch_backend("agg")


def test_run_in_a_notebook_leaves_backend_figures_and_ctrl_c(tmp_path):
    pytest.importorskip("IPython")
    code = """
import signal, matplotlib
matplotlib.use("svg")
from IPython.core.interactiveshell import InteractiveShell
before = signal.getsignal(signal.SIGINT)
InteractiveShell.instance().run_line_magic("run", "-m nnlib -- --epochs 1")
import matplotlib.pyplot as plt, sys
print(matplotlib.get_backend(), plt.get_fignums(), signal.getsignal(signal.SIGINT) is before)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.stdout.splitlines()[-1] == "svg [] True", done.stdout + done.stderr
    assert "test accuracy" in done.stdout and "Traceback" not in done.stderr


def test_a_process_that_ignores_ctrl_c_goes_on_ignoring_it():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as nohup does
    try:
        with CtrlC() as keys:
            keys.raises = True
            signal.raise_signal(signal.SIGINT)
        assert keys.presses == 0 and signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_ctrl_c_raises_once_and_is_counted_after_that():
    before = signal.getsignal(signal.SIGINT)
    with CtrlC() as keys:
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):  # noqa: PT012
            keys.raises = True
            signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        assert keys.presses == 3
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("kind", [ValueError, OSError, ImportError, SystemError])
def test_ctrl_c_that_a_library_takes_for_a_fault_stays_ctrl_c(kind):
    """pandas calls the file damaged that it reads, an import says that a module is missing."""
    with CtrlC() as keys:
        with pytest.raises(KeyboardInterrupt), keys.kept():  # noqa: PT012
            try:
                keys.raises = True
                signal.raise_signal(signal.SIGINT)
            except KeyboardInterrupt as error:
                raise kind("a fault of its own") from error
        for press in (False, True):  # nobody else's error is touched: it came before, or elsewhere
            with pytest.raises(kind, match="mine"), keys.kept():  # noqa: PT012
                if press:
                    signal.raise_signal(signal.SIGINT)  # counted only
                raise kind("mine")
        assert (keys.presses, keys.raised) == (2, 1)


@pytest.mark.parametrize("where", ["load", "draw", "answer"])
@pytest.mark.parametrize("kind", [ValueError, ImportError])
def test_such_a_fault_is_told_as_ctrl_c(call, monkeypatch, tmp_path, kind, where):  # noqa: F811
    def taken(*arguments, **options):
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt as error:
            raise kind("a fault of its own") from error

    options = ["--epochs", 1, "--save", "w.npz"]
    if where == "load":
        monkeypatch.setattr(cli, "load_digits", taken)
    elif where == "draw":
        monkeypatch.setattr(plots, "predictions", taken)
    else:
        nnlib.save_params("w.npz", nnlib.init_params([784, 10]))
        monkeypatch.setattr(cli, "read_pixels", taken)
        options = ["--load", "w.npz", "--data", "x.csv", "--answers", "a.csv"]
    status, out, err = call(*options)
    assert status == 130 and "a fault of its own" not in out + err, (out, err)
    assert err.count("interrupted") == err.count("\n") == 1
    assert where != "draw" or (last_line(out) > 0 and nnlib.load_params("w.npz"))


@pytest.mark.skipif(os.name == "nt", reason="Windows ends a process at once")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_process_that_is_ended_from_outside_keeps_what_it_learned(tmp_path, name):
    """A queue's time is up, a terminal is closed: no pictures, which would take too long."""
    options = ["--hidden", "512", "--batch-size", "32", "--epochs", "19", "--save", "w.npz"]
    process = subprocess.Popen(
        [*MODULE, *options], cwd=tmp_path, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env=os.environ | {"PYTHONUNBUFFERED": "1"}, **HEARS,
    )  # fmt: skip
    while not process.stdout.readline().startswith("Epoch 1 "):
        assert process.poll() is None
    process.send_signal(getattr(signal, name))
    out, err = process.communicate(timeout=60)
    assert process.returncode == 128 + getattr(signal, name)
    assert re.search(r"(?m)^Interrupted after step \d+: .* are kept\.$", out), out
    assert err.count("\n") == err.count("pictures are left out") == 1, err
    assert list((tmp_path / "figures").iterdir()) == []
    params, activation = nnlib.load_params(tmp_path / "w.npz")
    digits = nnlib.load_digits()
    right = (nnlib.predict(params, digits.X_test, activation) == digits.y_test).sum()
    assert last_line(out) == right > 500


def test_after_ctrl_c_python_is_not_taken_down_piece_by_piece(tmp_path):
    """An import that was cut half-way can crash it then; the output is written all the same."""
    code = f"""if True:
        import atexit, os, signal, sys
        from nnlib import __main__ as cli
        from nnlib.plumbing import plots
        atexit.register(os.abort)  # stands for the crash
        plots.predictions = lambda *a, **k: signal.raise_signal(signal.SIGINT)
        sys.argv = ["nnlib", "--epochs", "1", "--save", {str(tmp_path / "w.npz")!r}]
        sys.exit(cli.main())"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 130 and last_line(done.stdout) > 0, done.stderr
    assert done.stderr.count("\n") == done.stderr.count("pictures are left out") == 1
    assert nnlib.load_params(tmp_path / "w.npz")


@pytest.mark.skipif(os.name == "nt", reason="Windows ends a process at once")
def test_a_call_from_a_program_leaves_that_programs_end_alone():
    before = signal.getsignal(signal.SIGTERM)
    with CtrlC():
        assert signal.getsignal(signal.SIGTERM) is before


# ---------------------------------------------------------------- threads, and a module read again


def test_ctrl_c_that_a_finaliser_swallows_is_raised_again(capfd):
    """Python prints what __del__ raises, and goes on; so do callbacks of imports and libraries."""

    class Finalised:
        def __del__(self):
            signal.raise_signal(signal.SIGINT)

    with CtrlC() as keys:
        with pytest.raises(KeyboardInterrupt):  # noqa: PT012
            keys.raises = True
            thing = Finalised()
            del thing
            for _ in range(500):
                time.sleep(0.01)
        assert keys.presses == 1
    assert capfd.readouterr().err == ""


OVERLAP = """
import sys, threading
import numpy as np
from threadpoolctl import threadpool_info
import nnlib

def blas():
    return sorted({pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"})

X, y = np.random.default_rng(0).random((60, 7)), np.arange(60) % 3
digits = nnlib.Digits(X, y, X, y, X, y, "toy")
begun, ended, found = threading.Event(), threading.Event(), []

def first():
    def watch(history):
        if history.step == 0:
            found.append(blas())
            begun.set()
            inside.wait(30)
    nnlib.train(nnlib.init_params([7, 5, 3]), digits, epochs=1, watch=watch)
    ended.set()

def second():
    def watch(history):
        if history.step == 0:
            inside.set()
            ended.wait(30)
    begun.wait(30)
    nnlib.train(nnlib.init_params([7, 5, 3]), digits, epochs=1, watch=watch)

inside, before = threading.Event(), blas()
jobs = [first, second]
main = {"first": first, "second": second}.get(sys.argv[1])
threads = [threading.Thread(target=job) for job in jobs if job is not main]
for thread in threads:
    thread.start()
if main:
    main()
for thread in threads:
    thread.join(30)
print(before, found[0], blas())
"""


@pytest.mark.parametrize("main", ["neither", "first", "second"])
def test_trainings_that_overlap_in_threads_leave_blas_as_it_was(tmp_path, main):
    """One begins, another begins, the first ends, the other ends; either may be the main thread."""
    names = environment.THREAD_VARIABLES
    plain = {name: value for name, value in os.environ.items() if name not in names}
    done = subprocess.run([sys.executable, "-c", OVERLAP, main], cwd=tmp_path, env=plain,
                          capture_output=True, text=True, timeout=60)  # fmt: skip
    before, inside, after = re.findall(r"\[.*?\]", done.stdout)
    if before == "[]":
        pytest.skip("threadpoolctl sees no BLAS here: on macOS NumPy may use Accelerate")
    assert inside == "[1]" and after == before, done.stdout


def test_limits_inside_each_other_give_back_what_each_found(monkeypatch):
    counts, said = [8], []

    class Fake:
        def __init__(self, n):
            self.before, counts[0] = counts[0], n

        def restore_original_limits(self):
            counts[0] = self.before

    monkeypatch.setattr(environment, "set_threads", Fake)
    monkeypatch.setattr(environment, "LIMITS", [])
    monkeypatch.setattr(environment, "BEFORE", [])
    blocks = {name: environment.shared_limit(n) for name, n in zip("abcd", (4, 1, 2, 1))}
    for name in ["a", "b", "c", "B", "C", "d", "A", "D"]:
        block = blocks[name.lower()]
        block.__enter__() if name.islower() else block.__exit__(None, None, None)
        said.append(counts[0])
    assert said == [4, 1, 2, 4, 4, 1, 8, 8] and environment.LIMITS == []


def test_the_module_read_again_knows_its_optimisers(toy):  # noqa: F811
    importlib.reload(training)
    assert sorted(training.OPTIMIZERS) == ["adam", "momentum", "sgd"]
    history = training.train(start(), toy, 0.01, optimizer="adam", epochs=1)
    assert history.settings["optimizer"] == "adam" and len(history.rows) == 2


def test_the_command_line_works_in_a_thread_of_its_own(call, undrawn):  # noqa: F811
    found = []
    worker = threading.Thread(target=lambda: found.append(call("--epochs", 1)))
    worker.start()
    worker.join(60)
    assert found[0][0] == 0 and last_line(found[0][1]) > 50
