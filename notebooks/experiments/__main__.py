"""Labs 8 and 10's long experiments, from the command line: ``python notebooks/experiments NAME``.

What is computed stands in tables.py; how, in fit.py. Every finished run is kept at once, and
started again, the script goes on where it stopped. The labs read what is kept through results.py.
"""

import argparse
import os
import signal
import sys
from contextlib import closing
from pathlib import Path

if not __package__:  # started as a folder: the package is found from the folder above
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from experiments import fit, results, tables  # noqa: E402
from nnlib.plumbing.arguments import check_count  # noqa: E402
from nnlib.plumbing.environment import drop_output, prepare_output, reader_gone  # noqa: E402
from nnlib.plumbing.writing import reason, told  # noqa: E402


def compute(name, options):
    """Run what is missing of an experiment: each row's candidates, then its seeds."""
    table, ready = tables.EXPERIMENTS[name], []
    seeds = range(table["seeds"]) if options.seeds is None else dict.fromkeys(options.seeds)
    rows = rows_of(name, options)
    for row in table["rows"] if table.get("cumulative") and rows else rows:
        candidates = table["rows"][row].get("choose", [])
        if candidates:
            plain = results.settings_of(name, row, options.results, before_choice=True)
            tried = [results.choice_settings(plain, candidate, name) for candidate in candidates]
            work([(f"{name}_choice", row, s, tables.CHOICE_SEED, False) for s in tried], options)
        if row in rows:
            settings = results.settings_of(name, row, options.results)
            ready += [(name, row, settings, seed, table.get("test", True)) for seed in seeds]
    work(ready, options)


def rows_of(name, options):
    """Return the rows of an experiment that are wanted."""
    rows = tables.EXPERIMENTS[name]["rows"]
    return [row for row in rows if options.rows is None or options.rows in row]


def work(tasks, options):
    """Do the tasks that are not done, here or in several processes, and keep each result."""
    tasks = [t for t in tasks if options.force or not results.done(*t[:4], options.results)]
    calls = [(*task[2:], options.threads, options.jobs == 1) for task in tasks]
    with (
        fit.bar(tasks[0][0] if tasks else "", unit="run", total=len(tasks)) as runs,
        closing(fit.at_once(fit.run, calls, options.jobs, options.threads)) as found,
    ):
        for i, (result, wrong) in found:
            file, row, settings, *_ = tasks[i]
            results.keep(file, row, settings, result, wrong, options.results)
            runs.write(line_of(file, row, result))
            sys.stdout.flush()
            runs.update()


def line_of(file, row, result):
    """Return a finished run as a line of text."""
    parts = [
        f"{part} {result[part + '_accuracy']:.4f}"
        for part in ("train", "valid", "test")
        if result[part + "_accuracy"] is not None
    ]
    return f"{file} | {row} | seed {result['seed']} | {', '.join(parts)} | {result['seconds']} s"


def overview(folder):
    """Print the experiments, and how many of their runs are in the result files."""
    for name, table in tables.EXPERIMENTS.items():
        runs = len(table["rows"]) * table["seeds"]
        finished = int(results.read(name, folder)["row"].isin(table["rows"]).sum())
        print(f"{name:<10} {len(table['rows']):>3} rows x {table['seeds']} seeds, "
              f"{finished:>3} of {runs} runs done: {table['what']}")  # fmt: skip


def build_parser():
    """Return the parser of the command line's options."""
    parser = argparse.ArgumentParser(
        prog="python notebooks/experiments",
        description="Labs 8 and 10's long experiments on full MNIST. Finished runs are kept, one "
        "by one, and not done again.",
    )
    option = parser.add_argument
    names = ["list", "all", *tables.EXPERIMENTS]
    option("name", choices=names, help="which; or list them, or do all")
    option("--rows", type=as_typed, metavar="TEXT", help="only rows with this in their name")
    option("--seeds", type=int, nargs="+", metavar="N", help="these seeds instead of the table's")
    option("--force", action="store_true", help="do finished runs again as well")
    option("--jobs", type=int, default=1, metavar="N", help="runs at a time (default: 1)")
    option("--threads", type=int, default=1, metavar="N",
           help="processors a run; more than 1 pays for wide networks, and in a committee each "
                "trains a member (default: 1)")  # fmt: skip
    option("--results", type=Path, default=results.results_folder(), metavar="FOLDER",
           help="where the result files lie (default: notebooks/results)")  # fmt: skip
    return parser


def as_typed(text):
    """Return an argument as it was typed, also where the system's encoding knows no ±."""
    return os.fsencode(text).decode("utf-8", "replace")


def check(names, options):
    """Raise a ValueError or OSError now, not after hours, where the runs could not be kept."""
    check_count("--jobs", options.jobs)
    check_count("--threads", options.threads)
    for seed in options.seeds or ():
        check_count("--seeds", seed, at_least=0)
    if not any(rows_of(name, options) for name in names):
        raise ValueError(f"{', '.join(names)}: no row with {options.rows!r} in its name.")
    folder = options.results
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(f"--results {folder} can't be made a folder: {error.strerror}.") from None
    for name in names:
        results.check(name, folder)


def start(options):
    """Do what the options ask for."""
    if options.name == "list":
        return overview(options.results)
    names = list(tables.EXPERIMENTS) if options.name == "all" else [options.name]
    check(names, options)
    for name in names:
        compute(name, options)
        columns = ["row", "seeds", "valid_accuracy", "test_accuracy", "test_accuracy_sd"]
        print(results.summary(name, options.results)[columns].to_string(index=False))


def main(arguments=None):
    """Run the command line; return the exit status."""
    options = build_parser().parse_args(arguments)
    try:
        start(options)
        sys.stdout.flush()  # here, where a reader that has gone is dealt with
        return 0
    except OSError as error:
        if error.errno is None or error.filename is not None:  # of a file of results
            return leave(1, told(error))
        drop_output()
        if reader_gone(error):
            return 1
        return leave(1, f"what is printed can't be written: {reason(error)}.")
    except ValueError as error:
        return leave(1, error)
    except KeyboardInterrupt:
        return leave(130, "interrupted; finished runs are kept.")
    except SystemExit as end:
        return leave(end.code, "ended from outside; finished runs are kept.")


def leave(status, why):
    """Say why the script ends; return its exit status."""
    print(f"python notebooks/experiments: {why}", file=sys.stderr)
    return status


if __name__ == "__main__":
    for name in ("SIGTERM", "SIGHUP"):  # so that joblib ends its processes
        number = getattr(signal, name, None)  # Windows knows no SIGHUP
        if number and signal.getsignal(number) is signal.SIG_DFL:  # nohup ignores it
            signal.signal(number, lambda number, _: sys.exit(128 + number))
    prepare_output()  # a row has ± in its name
    sys.exit(main())
