"""nbgrader's whole round: a course, five submissions, their scores, their feedback."""

import html
import json
import subprocess
import sys

import pytest

import nnlib
from classroom import graded, nbgrader, source

np = pytest.importorskip("numpy")
WRONG = {  # lesson: an answer that passes what is shown, and not what is hidden
    1: "def signed_one_hot(y, k):\n    return 2 * np.eye(3)[y] - 1",
    2: "def leaky_scores(params, X, slope):\n    return nnlib.forward(params, X)[-1]",
    3: "def smoothed_loss(Z, y, s):\n    return nnlib.cross_entropy(Z, y)",
    4: "def squared_gradient(W, b, X, T):\n    dZ = 2 * (X @ W + b - T)\n"
    "    return X.T @ dZ, dZ.sum(axis=0)",
    5: "def clipped_step(params, grads, learning_rate, longest):\n"
    "    nnlib.update(params, grads, learning_rate)",
    6: "def among_the_first(P, y, k):\n"
    "    return np.mean(P.argmax(axis=1) == y) if k < P.shape[1] else 1",
}


def passes(task, answer):
    """Return whether an answer passes what is shown, and what is hidden."""
    namespace = {"np": np, "nnlib": nnlib}
    exec(graded.CHECK, namespace)
    exec(answer, namespace)
    found = []
    for test in (task.shown, task.hidden):
        try:
            exec(test, namespace)
            found.append(True)
        except Exception:
            found.append(False)
    return found


@pytest.mark.parametrize("task", graded.TASKS, ids=lambda task: task.name)
def test_a_right_answer_passes_an_open_stub_doesnt_and_a_wrong_one_only_what_is_shown(task):
    assert passes(task, f"{task.stub}\n{task.solution}") == [True, True]
    assert passes(task, f"{task.stub}\n    ...") == [False, False]
    assert passes(task, WRONG[task.lesson]) == [True, False]
    assert not hasattr(nnlib, task.name), "nnlib holds the answer"


@pytest.mark.parametrize("task", graded.TASKS, ids=lambda task: task.name)
def test_what_is_shown_says_what_is_wrong_in_the_words_of_a_check(task):
    head = task.stub.partition("\n")[0]
    for body, words in (
        ("...", f"fill in {task.name}("),
        ("return 'x'", " should "),
        ("return [[1] * 7]", " should "),
        ("raise KeyError(3)", "raised KeyError"),
    ):
        namespace = {"np": np, "nnlib": nnlib}
        exec(f"{graded.CHECK}\n{head}\n    {body}", namespace)
        with pytest.raises(AssertionError) as caught:
            exec(task.shown, namespace)
        assert words in str(caught.value) and len(str(caught.value)) < 300


def test_an_example_tells_the_kinds_apart_and_keeps_its_arguments():
    X, example = np.arange(6.0).reshape(2, 3), nnlib.check.example

    def turned(X):
        return X.T

    def zeroed(X):
        X[:] = 0
        return X

    def grown(p, step):
        p += step

    def rebound(p, step):
        p = p + step

    assert example(turned, (X,), X.T).kind == "right"
    assert example(turned, (X,), X).kind == "wrong shape"
    assert example(turned, (X,), X.T + 1).kind == "wrong values", "another example, another answer"
    assert "(2, 3)" in example(turned, (X,), X).sentence
    assert example(turned, (X,), (X, X)).kind == "wrong shape"
    assert example(lambda: 1, (X,), X).kind == "wrong type"
    assert example(None, (X,), X).kind == "not attempted" == example(..., (X,), X).kind
    assert example(zeroed, (X,), 0 * X).passed and X[0, 1] == 1
    p = np.ones(2)
    assert example(grown, (p, 2.0), np.full(2, 3.0), in_place=True).passed and p[0] == 1
    assert "after the call, p[0]" in example(rebound, (p, 2.0), np.full(2, 3.0), True).sentence
    assert example(print, (1,), 2).kind != "right"


def test_each_lesson_of_the_chain_has_a_graded_task():
    assert {task.lesson for task in graded.TASKS} == set(range(1, 7))


def handed_in(course, release, name, answer=None, overwrite=False):
    """Put a submission into the course: the released notebook with an answer."""
    book = json.loads(release.read_text(encoding="utf-8"))
    for cell in book["cells"]:
        about = cell["metadata"].get("nbgrader", {})
        if about.get("solution") and answer is not None:
            cell["source"] = answer
        if about.get("grade") and overwrite:
            cell["source"] = "pass"
    place = course / "submitted" / name / "lesson_03"
    place.mkdir(parents=True)
    (place / "lesson_03.ipynb").write_text(json.dumps(book), encoding="utf-8")


def run(course, *command):
    """Run nbgrader in the course; it may say that a cell failed."""
    return subprocess.run(
        [sys.executable, "-m", "nbgrader", *command], cwd=course, capture_output=True, text=True
    )


def test_the_whole_round_gives_the_scores_that_it_should(tmp_path):
    pytest.importorskip("nbgrader", reason="grading needs the extra: pip install -e '.[classroom]'")
    from nbgrader.api import Gradebook

    course = nbgrader.build(tmp_path, seconds=10)
    done = run(course, "generate_assignment", "lesson_03")
    release = course / "release" / "lesson_03" / "lesson_03.ipynb"
    assert done.returncode == 0 and release.exists(), done.stderr[-2000:]
    text = release.read_text(encoding="utf-8")
    (task,) = graded.of(3)
    assert "SOLUTION" not in text and "HIDDEN" not in text and "log_P = Z -" not in text
    assert "s = 0.3 mixes the two" not in text
    stub = source.text_of(json.loads(text)["cells"][3])
    assert stub.rstrip().endswith("\n    ...")

    endless = f"{task.stub}\n    while True:\n        pass"
    handed_in(course, release, "right", f"{task.stub}\n{task.solution}")
    handed_in(course, release, "wrong", WRONG[3])
    handed_in(course, release, "empty")
    handed_in(course, release, "endless", endless)
    handed_in(course, release, "overwritten", WRONG[3], overwrite=True)
    run(course, "autograde", "lesson_03")
    run(course, "generate_feedback", "lesson_03")
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        scores = {s.student.id: s.score for s in book.assignment_submissions("lesson_03")}
    assert scores == {"right": 3, "wrong": 1, "empty": 0, "endless": 0, "overwritten": 1}
    said = {"right": "right: ", "empty": "fill in smoothed_loss(Z, y, s)",
            "endless": "does a loop never end?", "wrong": "s = 0.3 mixes the two"}  # fmt: skip
    for name in scores:
        page = course / "feedback" / name / "lesson_03" / "lesson_03.html"
        text = html.unescape(page.read_text(encoding="utf-8"))
        assert said.get(name, "smoothed_loss") in text, name
