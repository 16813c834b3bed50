"""The experiments' files and processes: no row lost, none orphaned, damage found before a run."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from conftest import HEARS

from experiments import fit, results, tables
from experiments.__main__ import main
from nnlib.plumbing.environment import thread_limit

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "notebooks" / "experiments"
SMALL = {"data": "bundled", "n_valid": 500, "hidden": [12], "epochs": 2}
START = f"""
import runpy, sys
sys.path.append({str(FOLDER.parent)!r})
from experiments import tables
short = {SMALL!r}
long = short | {{"epochs": 10**6, "members": int(sys.argv.pop(1))}}
rows = {{"short \\u00b1": short, "long": long}}
tables.EXPERIMENTS["small"] = {{"what": "a test", "rows": rows, "seeds": 2}}
runpy.run_path({str(FOLDER)!r}, run_name="__main__")
"""  # the command line itself, with an experiment more, that needs no full MNIST
ADD = f"""
import sys, time, pathlib
sys.path.append({str(FOLDER.parent)!r})
from experiments import results, tables
folder, first = pathlib.Path(sys.argv[1]), int(sys.argv[2])
(folder / f"ready{{first}}").touch()
while len(list(folder.glob("ready*"))) < 2:
    time.sleep(0.001)
numbers = dict.fromkeys(results.NUMBERS, 0.5)
for seed in range(first, first + 40):
    wrong = {{"index": [seed, seed + 1], "answer": [3, 4]}}
    results.keep("units", "10 hidden", tables.DEFAULTS, numbers | {{"seed": seed}}, wrong, folder)
"""


@pytest.fixture
def small(monkeypatch):
    """A small experiment on the bundled digits."""
    table = {"what": "a test", "rows": {"short ±": SMALL}, "seeds": 2}
    monkeypatch.setitem(tables.EXPERIMENTS, "small", table)


def begin(folder, *arguments, members=1, **keywords):
    """Start the command line in a process and a group of its own."""
    command = [sys.executable, "-c", START, str(members), "small", "--results", str(folder)]
    return subprocess.Popen(
        [*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True, **HEARS, **keywords,
    )  # fmt: skip


# ------------------------------------------------------------------ several processes


def test_two_processes_that_keep_rows_at_once_lose_none(tmp_path):
    both = [subprocess.Popen([sys.executable, "-c", ADD, tmp_path, str(n)]) for n in (0, 40)]
    assert [process.wait(120) for process in both] == [0, 0]
    assert sorted(results.read("units", tmp_path)["seed"]) == list(range(80))
    wrong = results.read_wrong("units", tmp_path)["10 hidden"]
    assert wrong == {str(s): {"index": [s, s + 1], "answer": [3, 4]} for s in range(80)}


def test_runs_in_two_processes_are_the_runs_done_in_turn(small, tmp_path):
    assert main(["small", "--results", str(tmp_path / "one")]) == 0
    done = begin(tmp_path / "two", "--rows", "short", "--jobs", "2")
    assert done.wait(120) == 0, done.stderr.read()
    one, two = (results.read("small", tmp_path / folder) for folder in ("one", "two"))
    left_out = ["seconds", "load"]
    two = two.sort_values("seed", ignore_index=True)
    assert one.drop(columns=left_out).equals(two.drop(columns=left_out))
    wrong, again = (results.read_wrong("small", tmp_path / folder) for folder in ("one", "two"))
    assert wrong == again and sorted(wrong["short ±"]) == ["0", "1"]


def test_members_in_processes_of_their_own_are_the_members_trained_in_turn():
    s = tables.DEFAULTS | SMALL | {"members": 3}
    with thread_limit(1):
        in_turn = [fit.fit(s, 6 + i, fit.digits_of(s)) for i in range(3)]
    at_once = fit.fit_members(s, seed=2, processes=2)
    for (params, epoch), (others, same_epoch) in zip(in_turn, at_once, strict=True):
        assert epoch == same_epoch
        assert all((x == y).all() for p, q in zip(params, others) for x, y in zip(p, q))


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no SIGTERM: it ends a process at once")
@pytest.mark.parametrize(
    "end, to_group, threads, status, sentence",
    [
        (signal.SIGINT, True, 1, 130, "interrupted; finished runs are kept."),
        (signal.SIGTERM, False, 2, 143, "ended from outside; finished runs are kept."),
        (
            getattr(signal, "SIGHUP", 1),
            False,
            1,
            129,
            "ended from outside; finished runs are kept.",
        ),
    ],
    ids=["Ctrl-C", "SIGTERM", "a closed terminal"],
)
def test_no_process_outlives_a_run_that_is_ended(
    tmp_path, end, to_group, threads, status, sentence
):
    """Two runs at once; with two threads each, a committee's members in processes of their own."""
    options = ["--jobs", "2", "--threads", str(threads)]
    process = begin(tmp_path, *options, members=threads)
    wait_for(lambda: len(results.read("small", tmp_path)) == 2)
    wait_for(lambda: len(workers(process)) == (2 if threads == 1 else 6))
    children = psutil.Process(process.pid).children(recursive=True)
    (os.killpg if to_group else os.kill)(process.pid, end)
    try:
        process.wait(30)
    finally:
        survivors = psutil.wait_procs(children, timeout=20)[1]
        for survivor in [process, *survivors]:
            survivor.kill()
    assert survivors == [] and len(children) >= 2
    _, errors = process.communicate(timeout=60)
    assert process.returncode == status and b"Traceback" not in errors
    assert f"python notebooks/experiments: {sentence}" in errors.decode()
    assert results.read("small", tmp_path)["row"].tolist() == ["short ±"] * 2


def workers(process):
    """Return the processes that compute, and those that these started."""
    found = psutil.Process(process.pid).children(recursive=True)
    return [child for child in found if "popen_loky" in " ".join(child.cmdline())]


def wait_for(condition, seconds=60):
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.1)


# ------------------------------------------------------------------ damage, found before a run

HEADER = ",".join(["row", "settings", *results.NUMBERS])
LINE = "short ±,{},0,1,1,1,1,0.5,0.5,0.5,1"
DAMAGE = {  # name: (file, its content, what is said)
    "empty": ("small.csv", "", "it is empty"),
    "blank": ("small_choice.csv", "\n\n", "it is empty"),
    "marker": (
        "small.csv", f"{HEADER}\n<<<<<<< HEAD\n{LINE}\n=======\n>>>>>>> other\n", "line 2 is a",
    ),
    "marker in a choice": ("small_choice.csv", f"<<<<<<< HEAD\n{HEADER}\n", "line 1 is a conflict"),
    "columns": ("small.csv", "row,seed,settings\nshort ±,0,{}\n", "no column steps, first_loss"),
    "other columns": ("small.csv", "a,b\n1,2\n", "no column row"),
    "cut": ("small.csv", f"{HEADER}\n{LINE}\n{LINE[:18]}", "line 3 is not a finished run"),
    "cut in quotes": ("small.csv", f'{HEADER}\n{LINE}\nshort ±,"{{""a', "no table can be read"),
    "too long": ("small.csv", f"{HEADER}\n{LINE}\n{LINE},7,7\n", "no table can be read"),
    "words": ("small.csv", f"{HEADER}\n{LINE.replace('0.5', 'half')}\n", "line 2 is not a"),
    "settings": ("small.csv", f"{HEADER}\n{LINE.replace('{}', '7')}\n", "line 2 is not a"),
    "seed": ("small.csv", f"{HEADER}\n{LINE.replace('},0', '},0.5')}\n", "line 2 is not a"),
    "twice": ("small.csv", f"{HEADER}\n{LINE}\n{LINE}\n", "'short ±' with seed 0 is in it twice"),
    "binary": ("small.csv", b"\xff\xfe\x00", "no text in UTF-8"),
    "empty misses": ("small_wrong.json", "", "it is empty"),
    "marker in misses": ("small_wrong.json", "[\n<<<<<<< HEAD\n]\n", "line 2 is a conflict marker"),
    "cut misses": ("small_wrong.json", '[\n["short ±",0,[1,2', "not a list of runs"),
    "other misses": ("small_wrong.json", '{"short ±": {"0": {}}}', "not a list of runs"),
    "number": ("small_wrong.json", "7", "not a list of runs"),
    "uneven misses": ("small_wrong.json", '[["short ±",0,[1,2],"3"]]', "not a list of runs"),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_file_is_named_before_a_run(small, tmp_path, monkeypatch, capsys, name):
    file, text, said = DAMAGE[name]
    text = text.encode() if isinstance(text, str) else text
    (tmp_path / file).write_bytes(text)
    monkeypatch.setattr(fit, "run", lambda *_: pytest.fail("a run began"))
    for arguments in (["small"], ["all"]):
        assert main([*arguments, "--results", str(tmp_path)]) == 1
        printed = capsys.readouterr()
        assert printed.out == "" and printed.err.count("\n") == 1
        assert printed.err.startswith(
            f"python notebooks/experiments: {tmp_path / file} is damaged: "
        )
        assert said in printed.err and "Put a good copy back" in printed.err
    assert (tmp_path / file).read_bytes() == text


def test_a_file_that_is_whole_is_no_damage(small, tmp_path):
    (tmp_path / "small.csv").write_text(f"{HEADER}\n{LINE}\n", encoding="utf-8")
    results.check("small", tmp_path)
    assert len(results.read("small", tmp_path)) == 1


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="its rights don't bind this user")
def test_a_folder_that_takes_no_files_is_named_before_a_run(small, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(fit, "run", lambda *_: pytest.fail("a run began"))
    tmp_path.chmod(0o500)
    assert main(["small", "--results", str(tmp_path)]) == 1
    assert "its folder takes no files" in capsys.readouterr().err


@pytest.mark.parametrize("file", ["small.csv", "small_choice.csv", "small_wrong.json"])
def test_a_folder_in_a_files_place_is_named_before_a_run(
    small, tmp_path, monkeypatch, capsys, file
):
    monkeypatch.setattr(fit, "run", lambda *_: pytest.fail("a run began"))
    (tmp_path / file).mkdir()
    assert main(["small", "--results", str(tmp_path)]) == 1
    printed = capsys.readouterr().err
    assert str(tmp_path / file) in printed and "Errno" not in printed


def test_a_file_in_the_folders_place_is_named(small, tmp_path, capsys):
    (tmp_path / "taken").write_text("")
    assert main(["small", "--results", str(tmp_path / "taken")]) == 1
    assert "can't be made a folder" in capsys.readouterr().err


def test_a_run_that_ends_between_its_two_files_is_done_again(small, tmp_path, monkeypatch):
    real = results.write
    monkeypatch.setattr(results, "write", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    assert main(["small", "--results", str(tmp_path)]) == 130
    assert results.read("small", tmp_path).empty and results.read_wrong("small", tmp_path)
    monkeypatch.setattr(results, "write", real)
    assert main(["small", "--results", str(tmp_path)]) == 0
    assert len(results.read("small", tmp_path)) == 2


# ------------------------------------------------------------------ the command line's surroundings


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["--rows", "third"], "no row with 'third' in its name"),
        (["--seeds", "-1"], "--seeds must be a whole number of at least 0"),
        (["--threads", "0"], "--threads must be"),
    ],
)
def test_an_option_that_can_not_be_is_a_sentence(small, tmp_path, capsys, arguments, said):
    assert main(["small", "--results", str(tmp_path), *arguments]) == 1
    printed = capsys.readouterr().err
    assert said in printed and printed.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_rows_name_outside_ascii_is_found_and_printed(tmp_path):
    plain = {"PYTHONIOENCODING": "ascii"}
    if f"{sys.prefix}{ROOT}".isascii():  # in a folder with umlauts Python itself wouldn't start so
        plain |= {"PYTHONUTF8": "0", "LC_ALL": "C"}
    done = begin(tmp_path, "--rows", "±", env=os.environ | plain)
    out, errors = done.communicate(timeout=120)
    assert done.returncode == 0, errors
    assert rb"short \xb1 | seed 1" in out
    assert results.read("small", tmp_path)["row"].tolist() == ["short ±"] * 2


@pytest.mark.skipif(os.name == "nt", reason="Windows says it otherwise")
def test_a_reader_that_goes_away_causes_no_traceback():
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = subprocess.run(
        [sys.executable, FOLDER, "list"], stdout=write_end, stderr=subprocess.PIPE, timeout=60
    )
    os.close(write_end)
    assert done.stderr == b"" and done.returncode == 1


def test_the_command_line_is_found_from_anywhere(tmp_path):
    done = subprocess.run(
        [sys.executable, FOLDER, "list"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0 and "ladder" in done.stdout and not list(tmp_path.iterdir())


# ------------------------------------------------------------------ in its place


def test_the_package_does_not_import_the_experiments():
    """And so its wheel, which holds nnlib alone, does without them: test_packaging.py."""
    for file in (ROOT / "nnlib").rglob("*.py"):
        assert "import experiments" not in file.read_text(encoding="utf-8"), file
        assert "from experiments" not in file.read_text(encoding="utf-8"), file


def test_stored_misses_are_compact_and_as_they_are_written():
    stored = list(results.results_folder().glob("*_wrong.json"))
    assert len(stored) >= 3
    for path in stored:
        for line in io.StringIO(path.read_text(encoding="utf-8")).read().splitlines()[1:-1]:
            row, seed, index, answer = json.loads(line.rstrip(","))
            assert len(index) == len(answer) and index == sorted(set(index))
    assert sum(path.stat().st_size for path in results.results_folder().iterdir()) < 700_000
