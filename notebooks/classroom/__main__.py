"""Editions of the lessons for a room: ``python notebooks/classroom EDITION OUT``."""

import argparse
import sys
from pathlib import Path

if not __package__:  # started as a folder: the package is found from the folder above
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from classroom import plan  # noqa: E402

SHELF = "python notebooks/classroom"


def student(options):
    """Build the student's edition."""
    from classroom import student

    return student.build(options.out)


def teacher(options):
    """Build the teacher's edition."""
    from classroom import teacher

    return teacher.build(options.out, options.only)


def slides(options):
    """Build the slides."""
    from classroom import slides

    return slides.build(options.out, options.only)


def nbgrader(options):
    """Build the course for nbgrader."""
    from classroom import nbgrader

    return nbgrader.build(options.out)


def site(options):
    """Build the site."""
    from classroom import site

    return site.build(options.out)


def stick(options):
    """Fill a folder for a room without network."""
    from classroom import stick

    return stick.build(options.out, options.platforms, options.python)


def check(options):
    """Print which lesson fits into so many minutes, and what to skip."""
    print("\n".join(plan.report(options.minutes)))


def build_parser():
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog=SHELF, description="Editions of the lessons, from the notebooks of this checkout."
    )
    kinds = parser.add_subparsers(dest="edition", required=True, metavar="EDITION")

    def edition(name, function, what):
        command = kinds.add_parser(name, help=what, description=what)
        command.set_defaults(function=function)
        return command

    for name, function, what in (
        ("student", student, "a zip for the class: no solutions, stubs, quizzes"),
        ("teacher", teacher, "a folder: solutions run, wrong answers and their sentences, minutes"),
        ("slides", slides, "a folder: slides for each lesson, without any network"),
        ("nbgrader", nbgrader, "a folder: a course for nbgrader, a graded task a lesson"),
        ("site", site, "a folder: all pages as stored, with search, without any network"),
        (
            "stick",
            stick,
            "a folder for a USB stick: everything that pip needs, and the student's zip",
        ),
    ):
        command = edition(name, function, what)
        command.add_argument("out", type=Path, metavar="OUT", help="the folder to write into")
        if name in ("teacher", "slides"):
            command.add_argument("--only", type=int, nargs="+", default=(), metavar="N",
                                 help="these lessons alone")  # fmt: skip
        if name == "stick":
            command.add_argument(
                "--platforms",
                nargs="+",
                default=(),
                metavar="NAME",
                help="besides this machine's: win_amd64, macosx_11_0_arm64, …",
            )
            command.add_argument(
                "--python",
                default=None,
                metavar="3.12",
                help="the Python that these platforms have (default: this one's)",
            )
    command = edition("check", check, "print which lesson fits into N minutes, and what to skip")
    command.add_argument("minutes", type=int, metavar="N", help="minutes of a session")
    return parser


def main(arguments=None):
    """Run the command line; return the exit status."""
    options = build_parser().parse_args(arguments)
    try:
        if "out" in options:
            options.out.mkdir(parents=True, exist_ok=True)
        built = options.function(options)
        if built is not None:
            print(built)
        return 0
    except ModuleNotFoundError as error:
        extra = "site" if options.edition == "site" else "classroom"
        print(f'{SHELF}: {error.name} is missing: pip install -e ".[{extra}]"', file=sys.stderr)
    except (ValueError, OSError) as error:
        print(f"{SHELF}: {error}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
