"""The command line: ``python -m nnlib`` trains a network and writes pictures of what it learned.

An installed copy has the command ``nnlib`` as well. Messages name the program as it was called.
"""

import argparse
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from nnlib.data import scale_pixels
from nnlib.evaluation import confusion_matrix, most_confused
from nnlib.labs.own_digit import read_image
from nnlib.loss import softmax
from nnlib.network import ACTIVATIONS, INITS, accuracy, forward, init_params, predict
from nnlib.plumbing import writing
from nnlib.plumbing.answers import read_pixels, write_answers
from nnlib.plumbing.arguments import check_count, check_number
from nnlib.plumbing.environment import CtrlC, Output, end_now, prepare_output, reader_gone
from nnlib.plumbing.saving import load_params, save_params
from nnlib.plumbing.sources import load_digits
from nnlib.plumbing.writing import check_place, reason, short, written_whole
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
  %(prog)s --load digits.npz --data test.csv --answers answers.csv

full MNIST is looked for in the checkout's data/ (by an installed copy: in your
cache folder), then in the folder that the environment variable NNLIB_DATA_DIR
names, and downloaded (11 MB) into the first where neither has it.
NNLIB_PROGRESS=0 switches progress bars off.

exit status: 0 done; 1 bad data, a run that diverged, or something that could
not be written; 2 wrong usage; 130 interrupted by Ctrl-C (what was learned until
then is saved, used and drawn; a second Ctrl-C leaves out the pictures); 143 ended
from outside, as by kill (saved and used)."""

PICTURES = ("learning_curves.png", "predictions.png", "confusion_matrix.png")


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
           help='"bundled" (5,000 digits), "mnist" (70,000), or your own file or folder: a table '
                "with a label and 784 pixels a row, an .npz … (default: bundled)")  # fmt: skip
    option(
        "--classes",
        type=count,
        default=10,
        metavar="N",
        help="how many classes the labels tell apart: 26 for letters (default: 10)",
    )
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
    option(
        "--answers",
        type=Path,
        metavar="FILE",
        help="with --load and --data FILE: the images there have no labels; write what each is, as "
        "a CSV of ImageId,Label, which Kaggle takes",
    )
    return parser


def with_defaults(options):
    """Fill in the defaults that depend on other options."""
    if options.epochs is None:
        options.epochs = 500 if options.batch_size is None else 10
    if options.learning_rate is None:
        options.learning_rate = {"adam": 0.001, "momentum": 0.01}.get(options.optimizer, 0.1)
    return options


def run(options, keys):
    """Load, train, save, draw; return the exit status."""
    check_places(options)
    with keys.kept():
        if options.load is not None:
            return run_loaded(options)
        digits = digits_of(options, options.classes)
    sizes = [digits.X_train.shape[1], *options.hidden, options.classes]
    params = init_params(sizes, options.init, options.seed, digits.X_train.dtype)
    print(digits)
    print(f"network {'-'.join(map(str, sizes))}, {sum(W.size + b.size for W, b in params):,} "
          f"weights, {options.optimizer}, learning rate {options.learning_rate:g}, "
          f"batch {options.batch_size or 'all'}, {options.epochs} epochs")  # fmt: skip
    return finish(learn(params, digits, options, keys), digits, options, keys)


def digits_of(options, n_classes):
    """Return the digits, or whatever the classes are, that the options name."""
    others = {} if n_classes == 10 else {"n_classes": n_classes}
    return load_digits(options.data, seed=options.seed, **others)


def learn(params, digits, options, keys):
    """Train and return the history, whatever ended it: once a record is made, nothing is lost."""
    seen = []

    def watch(history):
        seen[:] = [history]
        return getattr(sys.stdout, "error", None) is not None  # nobody reads on

    try:
        with keys.kept():
            train(
                params, digits, options.learning_rate, options.batch_size, options.epochs,
                options.activation, options.optimizer, options.l2, options.seed,
                max(1, options.epochs // 10), watch,
            )  # fmt: skip
        keys.raises = False
    except (KeyboardInterrupt, MemoryError) as error:
        keys.raises = False
        if not seen:
            raise
        if isinstance(error, MemoryError):
            complain("not enough memory to go on: use fewer units or smaller batches.")
    end_line()
    seen[0].tell()
    return seen[0]


def finish(history, digits, options, keys):
    """Save, draw and measure, each for itself: what one of them costs, the others don't pay."""
    failed = kept = False
    if options.save is not None:
        with attempted(keys) as failed:
            save_params(options.save, history)
            kept = True
            print(f"weights: {options.save}")
    y_hat = history.predict(digits.X_test)
    drawing = keys.presses <= bool(history.stopped)  # the first one may have ended the training
    try:
        keys.raises = drawing
        with keys.kept():
            failed = (drawing and draw(history, digits, y_hat, options, keys)) or failed
        keys.raises = False
    except KeyboardInterrupt:
        drawing = False
    if not drawing:
        where = f", and its weights are in {short(options.save)}" if kept else ""
        complain(f"interrupted: pictures are left out; what was learned is measured{where}.")
    right = int((y_hat == digits.y_test).sum())
    print(f"test accuracy: {accuracy(digits.y_test, y_hat):.4f} ({right}/{len(y_hat)})")
    cut = not drawing or (keys.presses and history.stopped)  # not where all was done by then
    return 1 if history.diverged or failed else keys.status if cut else 0


@contextmanager
def attempted(keys):
    """Yield a list; an error in the block is told, and put into it, and the work goes on."""
    errors = []
    try:
        with keys.kept():
            yield errors
    except (ValueError, OSError, MemoryError) as error:
        errors.append(error)
        complain(told(error))


def run_loaded(options):
    """Read pictures with saved weights, answer a table, or measure them; return the exit status."""
    params, activation = load_params(options.load)
    n_in, n_out = params[0][0].shape[0], params[-1][0].shape[1]
    if options.answers is not None:
        X = scale_pixels(read_pixels(options.data, n_in), params[0][0].dtype)
        write_answers(options.answers, predict(params, X, activation))
        print(f"answers: {options.answers} ({len(X):,} images)")
        return 0
    if options.read is None:
        digits = digits_of(options, n_out)
        check_input(options.load, n_in, digits.X_test.shape[1])
        right = predict(params, digits.X_test, activation) == digits.y_test
        print(f"test accuracy: {right.mean():.4f} ({right.sum()}/{len(right)})")
        return 0
    check_input(options.load, n_in, 784)
    X = np.concatenate([read_image(path) for path in options.read])
    P = softmax(forward(params, X, activation)[-1])
    for path, p in zip(options.read, P):
        first, *others = np.argsort(-p, kind="stable")
        second = f" (next: {others[0]}, {p[others[0]]:.0%})" if others else ""
        print(f"{path}: {first}, {p[first]:.0%} sure{second}")
    draw_read(X, P, options)
    return 0


def check_input(path, n_in, n):
    """Raise a ValueError where saved weights don't take images of n pixels."""
    if n_in != n:
        raise ValueError(
            f"{short(path)} holds a network for images of {n_in} pixels, and these have {n}: give "
            "the weights that were trained on such images."
        )


def draw_read(X, P, options):
    """Write what the network saw, with its answers."""
    from nnlib.plumbing import plots

    titles = [f"{p.argmax()}, {p.max():.0%}" for p in P]
    with plots.no_windows():
        figure = plots.show_digits(X, titles, columns=min(len(X), 10))
        write_picture(options.out / "read.png", figure)
    print(f"what the network saw: {options.out / 'read.png'}")


def check_places(options):
    """Make --out; raise an OSError now, not after the training, where nothing can be written."""
    if options.load is None or options.read is not None:
        try:
            options.out.mkdir(parents=True, exist_ok=True)
        except (OSError, ValueError) as error:
            raise OSError(
                f"--out {short(options.out)} can't be made a folder: {reason(error)}."
            ) from None
        for name in PICTURES if options.load is None else ("read.png",):
            check_place(options.out / name)
    for path in (options.save, options.answers):
        if path is not None:
            check_place(path)


def draw(history, digits, y_hat, options, keys):
    """Write the three pictures and say where they are; return whether some could not be written."""
    from nnlib.plumbing import plots

    X, y = digits.X_test[:40], digits.y_test[:40]
    P = softmax(forward(history.params, X, options.activation)[-1])
    C = confusion_matrix(digits.y_test, y_hat, history.sizes[-1])
    figures = {
        "learning_curves.png": lambda: plots.learning_curves(history),
        "predictions.png": lambda: plots.predictions(X, y, P),
        "confusion_matrix.png": lambda: plots.confusion(C, f"{len(y_hat):,} test images"),
    }
    written = []
    with plots.no_windows():
        for name, figure in figures.items():
            with attempted(keys):
                write_picture(options.out / name, figure())
                written.append(str(options.out / name))
    print(f"pictures: {', '.join(written) or 'none'}")
    for true, answer, times in most_confused(C, 1):
        print(f"most confused: {times} times a {true} was read as a {answer}")
    return len(written) < len(figures)


def write_picture(path, figure):
    """Write a figure to a file, whole or not at all, and let it go."""
    import matplotlib.pyplot as plt

    try:
        with written_whole(path) as file:
            figure.savefig(file, dpi=150, format="png")
    finally:
        plt.close(figure)


def complain(text):
    """Print a sentence on stderr, under the program's name."""
    end_line()
    sys.stdout.flush()
    print(f"{program()}: {text}", file=sys.stderr, flush=True)


def end_line():
    """End the line that Ctrl-C has cut short, so that the next one stands by itself."""
    if getattr(sys.stdout, "midline", False):
        print()


def told(error):
    """Return an error as a sentence, without the system's numbers."""
    if isinstance(error, MemoryError):
        return f"not enough memory ({error}): use fewer units."
    return writing.told(error) if isinstance(error, OSError) else str(error)


def check_usage(parser, options):
    """End with wrong usage where options don't go together."""
    if options.read is not None and options.load is None:
        parser.error("--read needs --load FILE: the weights that a run with --save wrote")
    if options.answers is None:
        return
    if options.load is None or options.read is not None or options.data in ("bundled", "mnist"):
        parser.error(
            "--answers needs --load FILE, the weights, and --data FILE, a CSV of images without "
            "labels"
        )


def main(arguments=None):
    """Run the command line; return the exit status."""
    prepare_output()
    with CtrlC(to_the_end=arguments is None) as keys, Output() as output:
        parser = build_parser()
        options = with_defaults(parser.parse_args(arguments))
        check_usage(parser, options)
        status = 1
        try:
            keys.raises = True
            with np.errstate(all="ignore"):
                status = run(options, keys)
            keys.raises = False
        except (ValueError, OSError, MemoryError) as error:
            keys.raises = False
            complain(told(error))
        except KeyboardInterrupt:
            complain("interrupted before there was anything to keep.")
            status = keys.status
        output.flush()
        if output.error is not None:
            if not reader_gone(output.error):
                complain(f"what is printed can't be written: {reason(output.error)}.")
            status = status or 1
    if keys.raised and keys.to_the_end:
        end_now(status)
    return status


if __name__ == "__main__":
    sys.exit(main())
