"""The command line: ``python -m nnlib`` trains a network and writes pictures of what it learned.

An installed copy has the command ``nnlib`` as well. Messages name the program as it was called.
"""

import argparse
import os
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np

from nnlib.evaluation import confusion_matrix, most_confused
from nnlib.labs.own_digit import read_image
from nnlib.loss import softmax
from nnlib.network import ACTIVATIONS, INITS, accuracy, forward, init_params, predict
from nnlib.plumbing.arguments import check_count, check_number
from nnlib.plumbing.environment import reader_gone
from nnlib.plumbing.saving import load_params, save_params
from nnlib.plumbing.sources import load_digits
from nnlib.plumbing.writing import check_place, written_whole
from nnlib.training import OPTIMIZERS, train

DESCRIPTION = """\
Train a neural network, written in NumPy alone, to read handwritten digits.

Without options: 784-10-10 on the 5,000 bundled digits, full-batch gradient
descent, some seconds. Writes learning_curves.png, predictions.png and
confusion_matrix.png, and ends with the accuracy on images it never saw."""

EPILOG = """\
examples:
  %(prog)s --learning-rate 0.3
  %(prog)s --hidden 128 64 --batch-size 32 --epochs 10
  %(prog)s --data mnist --hidden 128 64 --batch-size 32 --epochs 10
  %(prog)s --data digits/train.csv --hidden 64 --optimizer adam --batch-size 32
  %(prog)s --hidden 128 64 --batch-size 32 --save digits.npz
  %(prog)s --load digits.npz --read photo.png

full MNIST is looked for in the checkout's data/ (by an installed copy: in your
cache folder), then in the folder that the environment variable NNLIB_DATA_DIR
names, and downloaded (11 MB) into the first where neither has it.
NNLIB_PROGRESS=0 switches progress bars off.

exit status: 0 done; 1 bad data, or a run that diverged; 2 wrong usage;
130 interrupted by Ctrl-C (what was learned until then is used and drawn)."""


def number(text, convert, check, **bounds):
    """Read one option's value, or let argparse say what is wrong with it."""
    try:
        value = convert(text)
        check("the value", value, **bounds)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            str(error)
            if "the value" in str(error)
            else f"{text!r} is not a {'whole ' if convert is int else ''}number"
        ) from None
    return value


def count(text):
    """Read a whole number of at least 1."""
    return number(text, int, check_count)


def program():
    """Return the program's name as it was called: the command nnlib, or Python's module."""
    return "nnlib" if Path(sys.argv[0]).stem.lower() == "nnlib" else "python -m nnlib"


def build_parser():
    """Return the parser of the command line's options."""
    parser = argparse.ArgumentParser(
        prog=program(),
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    option = parser.add_argument
    option("--data", default="bundled", metavar="SOURCE",
           help='"bundled" (5,000 digits), "mnist" (70,000), or a CSV file with a label and 784 '
                "pixels a row (default: bundled)")  # fmt: skip
    option(
        "--hidden",
        type=count,
        nargs="*",
        default=[10],
        metavar="N",
        help="widths of the hidden layers; none at all gives softmax regression (default: 10)",
    )
    option("--activation", choices=ACTIVATIONS, default="relu", help="(default: relu)")
    option("--init", choices=INITS, default="he", help="first weights (default: he)")
    option("--optimizer", choices=OPTIMIZERS, default="sgd", help="(default: sgd)")
    option(
        "--learning-rate",
        type=lambda t: number(t, float, check_number, above=0),
        metavar="X",
        help="step size (default: 0.1; 0.001 for adam, 0.01 for momentum)",
    )
    option(
        "--batch-size",
        type=count,
        metavar="N",
        help="images a step (default: all of them, full batch)",
    )
    option("--epochs", type=count, metavar="N",
           help="passes over the training images; a full batch makes one step a pass "
                "(default: 500 full-batch, 10 with --batch-size)")  # fmt: skip
    option(
        "--l2",
        type=lambda t: number(t, float, check_number, at_least=0),
        default=0.0,
        metavar="X",
        help="strength of the L2 penalty on the weights (default: 0)",
    )
    option(
        "--seed",
        type=lambda t: number(t, int, check_count, at_least=0),
        default=0,
        metavar="N",
        help="decides weights, batches and split (default: 0)",
    )
    option(
        "--out",
        type=Path,
        default=Path("figures"),
        metavar="FOLDER",
        help="where the pictures go (default: figures)",
    )
    option(
        "--save",
        type=Path,
        metavar="FILE",
        help="also write the weights there, for nnlib.load_params",
    )
    option(
        "--load",
        type=Path,
        metavar="FILE",
        help="take the weights that --save wrote, and train nothing",
    )
    option(
        "--read",
        type=Path,
        nargs="+",
        metavar="PICTURE",
        help="with --load: say which digit is on each picture or photo, and how sure; read.png "
        "shows what the network saw",
    )
    return parser


def with_defaults(options):
    """Fill in the defaults that depend on other options."""
    if options.epochs is None:
        options.epochs = 500 if options.batch_size is None else 10
    if options.learning_rate is None:
        options.learning_rate = {"adam": 0.001, "momentum": 0.01}.get(options.optimizer, 0.1)
    return options


def run(options):
    """Load, train, draw, save; return the exit status."""
    check_places(options)
    if options.load is not None:
        return run_loaded(options)
    digits = load_digits(options.data, seed=options.seed)
    sizes = [digits.X_train.shape[1], *options.hidden, 10]
    params = init_params(sizes, options.init, options.seed, digits.X_train.dtype)
    print(digits)
    print(f"network {'-'.join(map(str, sizes))}, {sum(W.size + b.size for W, b in params):,} "
          f"weights, {options.optimizer}, learning rate {options.learning_rate:g}, "
          f"batch {options.batch_size or 'all'}, {options.epochs} epochs")  # fmt: skip
    every = max(1, options.epochs // 10)
    history = train(
        params, digits, options.learning_rate, options.batch_size, options.epochs,
        options.activation, options.optimizer, options.l2, options.seed, print_every=every,
    )  # fmt: skip
    if options.save is not None:
        save_params(options.save, history)
        print(f"weights: {options.save}")
    y_hat = history.predict(digits.X_test)
    draw(history, digits, y_hat, options)
    right = int((y_hat == digits.y_test).sum())
    print(f"test accuracy: {accuracy(digits.y_test, y_hat):.4f} ({right}/{len(y_hat)})")
    return 1 if history.diverged else 130 if history.stopped else 0


def run_loaded(options):
    """Read pictures with saved weights, or measure these; return the exit status."""
    params, activation = load_params(options.load)
    n_in, n_out = params[0][0].shape[0], params[-1][0].shape[1]
    if (n_in, n_out) != (784, 10):
        raise ValueError(
            f"{options.load} holds a network from {n_in} numbers to {n_out}: digits need one "
            "from 784 to 10."
        )
    if options.read is None:
        digits = load_digits(options.data, seed=options.seed)
        right = predict(params, digits.X_test, activation) == digits.y_test
        print(f"test accuracy: {right.mean():.4f} ({right.sum()}/{len(right)})")
        return 0
    X = np.concatenate([read_image(path) for path in options.read])
    P = softmax(forward(params, X, activation)[-1])
    for path, p in zip(options.read, P):
        first, second = np.argsort(-p, kind="stable")[:2]
        print(f"{path}: {first}, {p[first]:.0%} sure (next: {second}, {p[second]:.0%})")
    draw_read(X, P, options)
    return 0


def draw_read(X, P, options):
    """Write what the network saw, with its answers."""
    import matplotlib

    matplotlib.use("Agg")  # no window, no display needed
    from nnlib.plumbing import plots

    titles = [f"{p.argmax()}, {p.max():.0%}" for p in P]
    figure = plots.show_digits(X, titles, columns=min(len(X), 10))
    with written_whole(options.out / "read.png") as file:
        figure.savefig(file, dpi=150, format="png")
    print(f"what the network saw: {options.out / 'read.png'}")


def check_places(options):
    """Make --out; raise an OSError now, not after the training, where nothing can be written."""
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(f"--out {options.out} can't be made a folder: {error.strerror}.") from None
    check_place(options.out / ("learning_curves.png" if options.load is None else "read.png"))
    if options.save is not None:
        check_place(options.save)


def draw(history, digits, y_hat, options):
    """Write the three pictures and say where they are."""
    import matplotlib

    matplotlib.use("Agg")  # no window, no display needed
    from nnlib.plumbing import plots

    X, y = digits.X_test[:40], digits.y_test[:40]
    P = softmax(forward(history.params, X, options.activation)[-1])
    C = confusion_matrix(digits.y_test, y_hat)
    figures = {
        "learning_curves.png": plots.learning_curves(history),
        "predictions.png": plots.predictions(X, y, P),
        "confusion_matrix.png": plots.confusion(C, f"{len(y_hat):,} test images"),
    }
    for name, figure in figures.items():
        with written_whole(options.out / name) as file:
            figure.savefig(file, dpi=150, format="png")
    print(f"pictures: {', '.join(str(options.out / name) for name in figures)}")
    for true, answer, times in most_confused(C, 1):
        print(f"most confused: {times} times a {true} was read as a {answer}")


def main(arguments=None):
    """Run the command line; return the exit status."""
    with suppress(AttributeError):  # a notebook's stdout is no file
        sys.stdout.reconfigure(errors="backslashreplace")  # Windows can't encode every path
    parser = build_parser()
    options = with_defaults(parser.parse_args(arguments))
    if options.read is not None and options.load is None:
        parser.error("--read needs --load FILE: the weights that a run with --save wrote")
    try:
        with np.errstate(all="ignore"):
            status = run(options)
            sys.stdout.flush()  # here, where a reader that has gone is dealt with
            return status
    except (ValueError, OSError) as error:
        if reader_gone(error):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 1
        sys.stdout.flush()
        print(f"{program()}: {error}", file=sys.stderr)
        return 1
    except MemoryError as error:
        print(f"{program()}: not enough memory ({error}): use fewer units.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{program()}: interrupted before there was anything to keep.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
