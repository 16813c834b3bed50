"""Labs 8 and 10's long experiments, from the command line: ``python notebooks/experiments NAME``.

What is computed stands in tables.py; how, in fit.py. Every finished run is kept at once, and
started again, the script goes on where it stopped. The labs read what is kept through results.py.
"""

import argparse
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

if not __package__:  # started as a folder: the package is found from the folder above
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from experiments import fit, results, tables  # noqa: E402
from nnlib.plumbing.arguments import check_count  # noqa: E402


def compute(name, options):
    """Run what is missing of an experiment: each row's candidates, then its seeds."""
    table = tables.EXPERIMENTS[name]
    seeds = range(table["seeds"]) if options.seeds is None else options.seeds
    options.results.mkdir(parents=True, exist_ok=True)
    rows = [row for row in table["rows"] if options.rows is None or options.rows in row]
    if not rows:
        raise ValueError(f"{name} has no row with {options.rows!r} in its name.")
    ready = []
    for row in table["rows"] if table.get("cumulative") else rows:
        candidates = table["rows"][row].get("choose", [])
        if candidates:
            plain = results.settings_of(name, row, options.results, before_choice=True)
            tried = [results.choice_settings(plain, candidate, name) for candidate in candidates]
            work([(f"{name}_choice", row, s, tables.CHOICE_SEED, False) for s in tried], options)
        if row in rows:
            settings = results.settings_of(name, row, options.results)
            ready += [(name, row, settings, seed, table.get("test", True)) for seed in seeds]
    work(ready, options)


def work(tasks, options):
    """Do the tasks that are not done, here or in several processes, and keep each result."""
    tasks = [t for t in tasks if options.force or not results.done(*t[:4], options.results)]
    with fit.bar(tasks[0][0] if tasks else "", unit="run", total=len(tasks)) as runs:
        if options.jobs == 1:
            for file, row, settings, seed, test in tasks:
                result = fit.run(settings, seed, test, options.threads, show=True)
                finish(file, row, settings, *result, options, runs)
            return
        with ProcessPoolExecutor(options.jobs, multiprocessing.get_context("spawn")) as pool:
            waiting = {
                pool.submit(fit.run, settings, seed, test, options.threads): (file, row, settings)
                for file, row, settings, seed, test in tasks
            }
            for future in as_completed(waiting):
                finish(*waiting[future], *future.result(), options, runs)


def finish(file, row, settings, result, wrong, options, runs):
    """Keep one result and say it in a line."""
    name = file.removesuffix("_choice")
    with_wrong = tables.EXPERIMENTS[name].get("keep_wrong", False) and file == name
    results.keep(file, row, settings, result, wrong, options.results, with_wrong)
    parts = [
        f"{part} {result[part + '_accuracy']:.4f}"
        for part in ("train", "valid", "test")
        if result[part + "_accuracy"] is not None
    ]
    runs.write(
        f"{file} | {row} | seed {result['seed']} | {', '.join(parts)} | {result['seconds']} s"
    )
    sys.stdout.flush()
    runs.update()


def overview(folder):
    """Print the experiments, and how many of their runs are in the result files."""
    for name, table in tables.EXPERIMENTS.items():
        runs = len(table["rows"]) * table["seeds"]
        finished = sum(
            len(results.read(name, folder).query("row == @row")) for row in table["rows"]
        )
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
    option(
        "name", choices=["list", "all", *tables.EXPERIMENTS], help="which; or list them, or do all"
    )
    option("--rows", metavar="TEXT", help="only rows with this in their name")
    option("--seeds", type=int, nargs="+", metavar="N", help="these seeds instead of the table's")
    option("--force", action="store_true", help="do finished runs again as well")
    option("--jobs", type=int, default=1, metavar="N", help="runs at a time (default: 1)")
    option(
        "--threads",
        type=int,
        default=1,
        metavar="N",
        help="processors a run; more than 1 pays for wide networks, and in a committee each "
        "trains a member (default: 1)",
    )
    option(
        "--results",
        type=Path,
        default=results.results_folder(),
        metavar="FOLDER",
        help="where the result files lie (default: notebooks/results)",
    )
    return parser


def main(arguments=None):
    """Run the command line; return the exit status."""
    options = build_parser().parse_args(arguments)
    try:
        check_count("--jobs", options.jobs)
        check_count("--threads", options.threads)
        if options.name == "list":
            overview(options.results)
            return 0
        for name in tables.EXPERIMENTS if options.name == "all" else [options.name]:
            compute(name, options)
            columns = ["row", "seeds", "valid_accuracy", "test_accuracy", "test_accuracy_sd"]
            print(results.summary(name, options.results)[columns].to_string(index=False))
        return 0
    except (ValueError, OSError) as error:
        print(f"python notebooks/experiments: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("python notebooks/experiments: interrupted; finished runs are kept.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
