"""A room's editions: each is built from today's notebooks, and holds what it says it does."""

import html
import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from test_tasks import code_of, tasks

import nnlib
from classroom import mistakes, plan, quiz, source, student
from classroom.__main__ import build_parser, main
from nnlib.check.quiz import questions

ROOT = Path(__file__).parent.parent
LESSONS = source.lessons()
CHAIN = [lesson for lesson in LESSONS if not lesson.is_lab]


@pytest.fixture(scope="module")
def zipped(tmp_path_factory):
    """The student's edition, unpacked."""
    folder = tmp_path_factory.mktemp("student")
    with zipfile.ZipFile(student.build(folder)) as archive:
        archive.extractall(folder)
    return folder / student.TOP


# ---------------------------------------------------------------- the source


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.path.stem)
def test_sections_and_tasks_are_those_of_the_page(lesson):
    text = "\n".join(source.text_of(c) for c in lesson.cells if c["cell_type"] == "markdown")
    minutes = re.findall(r"(?m)^## .*\((\d+) min\)$", text)
    assert [s.minutes for s in lesson.sections] == list(map(int, minutes))
    assert sum(section.stops for section in lesson.sections) == text.count(source.STOP)
    assert len(lesson.tasks) == len(tasks(lesson.cells))
    assert all(task.solution.strip() for task in lesson.tasks)
    tagged = sum("nnlib" in source.tags_of(cell) for cell in lesson.cells)
    held = sum("nnlib" in part.tags for s in lesson.sections for part in s.parts)
    assert held == tagged, "a section holds every cell that derives something"


def test_a_lesson_that_is_not_there_is_told():
    with pytest.raises(ValueError, match="there is no lesson 99: choose of 1, 2"):
        source.lesson(99)


# ---------------------------------------------------------------- minutes


@pytest.mark.parametrize("minutes, sessions", [(90, 6), (45, 6), (85, 4), (60, 12), (45, 1)])
def test_a_plan_holds_everything_once_in_order_and_in_time(minutes, sessions):
    items = [item for lesson in CHAIN for item in plan.items_of(lesson)]
    made = plan.plan(CHAIN, minutes, sessions)
    taught = [item for session in made.sessions for item in session]
    assert len(made.sessions) <= sessions and all(spare >= 0 for spare in made.spare)
    assert taught == [item for item in items if item in taught], "out of the page's order"
    assert sorted(map(str, [*taught, *made.at_home, *made.left_out])) == sorted(map(str, items))
    assert all(plan.instead_of(item) for item in made.left_out)


def test_what_may_be_left_out_is_there_and_nothing_that_begins_a_lesson():
    known = {(lesson.number, s.number) for lesson in CHAIN for s in lesson.sections}
    listed = [(number, section) for number, section, _ in plan.EXPENDABLE]
    assert len(set(listed)) == len(listed) and set(listed) <= known
    assert not any(section == "1" for _, section in listed)
    assert all(sentence.endswith(".") for _, _, sentence in plan.EXPENDABLE)


def test_enough_time_leaves_nothing_out_and_too_little_is_told():
    everything = plan.plan(CHAIN[:1], 600)
    assert not everything.at_home and not everything.left_out
    with pytest.raises(ValueError, match="go to the quiz"):
        plan.plan(CHAIN, 5)


def test_the_command_says_which_lesson_fits(capsys):
    assert main(["check", "90"]) == 0
    said = capsys.readouterr().out
    assert said.count("in 90 minutes: ") == len(LESSONS)
    assert "Lesson 4" in said and "skip section 12, A gallery of faults." in said
    assert main(["check", "3"]) == 1 and "go to the quiz" in capsys.readouterr().err


# ---------------------------------------------------------------- quizzes


def test_each_lesson_of_the_chain_has_five_questions_on_one_idea_each():
    for lesson in CHAIN:
        asked = mistakes.quiz_of(lesson.number)
        assert [q.task for q in asked] == [f"quiz {lesson.number}.{k}" for k in range(1, 6)]
        letters = [mistakes.right_letter(q) for q in asked]
        assert len(set(letters)) >= 3, "the right ones stand in too few places"
    for q in questions().values():
        assert len(q.choices) == len(q.letters) == 4 == len(set(q.choices)), q.task
        assert q.ask[-1] in "?,)c" or len(q.ask) > 20, q.task
        lengths = sorted(map(len, q.choices))
        right = len(q.choices["abcd".index(mistakes.right_letter(q))])
        assert right < 2.5 * lengths[-2] + 20, f"{q.task}: the longest is the right one, at sight"


def test_a_quiz_gives_nothing_away_but_in_the_teachers_sheet():
    plain, opened = quiz.sheet(), quiz.sheet(with_answers=True)
    for q in questions().values():
        for _, _, said in quiz.told(q):
            words = said[:25].split("`")[0].split("*")[0].split("'")[0].split("&")[0]
            assert words in opened.replace("&lt;", "<") and said not in plain
    assert plain.count('<div class="question">') == len(questions())
    assert opened.count('class="right"') == len(questions()) and 'class="right"' not in plain


def test_a_quizs_notebook_asks_and_judges():
    book = quiz.notebook(3)
    calls = [source.text_of(c) for c in book["cells"] if c["cell_type"] == "code"]
    assert len(calls) == 6 and calls[1] == 'nnlib.check.answer("quiz 3.1", "")'
    assert nnlib.check.answer("quiz 3.1", "").kind == "not attempted"
    text = json.dumps(book)
    for q in mistakes.quiz_of(3):
        letter = mistakes.right_letter(q)
        assert nnlib.check.answer(q.task, letter).passed
        assert all(said not in text for _, _, said in quiz.told(q))


# ---------------------------------------------------------------- the student's edition


def test_the_students_pages_hold_no_solution_and_every_stub(zipped):
    for lesson in LESSONS:
        book = source.read(zipped / "notebooks" / lesson.path.name)
        roles = [source.role_of(cell) for cell in book["cells"]]
        assert "solution" not in roles and roles.count("exercise") == len(lesson.tasks)
        text = json.dumps(book, ensure_ascii=False)
        assert "<summary>Solution" not in text and "<summary>Answer" not in text
        for task in lesson.tasks:
            code, _ = code_of(task.cells["solution"])
            for line in code.splitlines():
                mine = any(line in source.text_of(c) for c in task.cells["hint"] + book["cells"])
                assert mine or line not in text, line
        code = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
        assert not any(cell["outputs"] or cell["execution_count"] for cell in code)


def test_the_students_edition_has_what_it_links_to_and_nothing_of_the_teachers(zipped):
    names = {path.relative_to(zipped).as_posix() for path in zipped.rglob("*") if path.is_file()}
    assert not [n for n in names if "tests/" in n or "classroom" in n or "teaching" in n]
    assert {"requirements.txt", "pyproject.toml", "README.md", "nnlib/check/quiz.toml"} <= names
    for path in [*zipped.glob("notebooks/*.ipynb"), zipped / "README.md"]:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".ipynb":
            cells = source.read(path)["cells"]
            text = "\n".join(source.text_of(c) for c in cells if c["cell_type"] == "markdown")
        text = re.sub(r"(?s)```.*?```|`[^`]*`", "", text)
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
            if not target.startswith("http"):
                assert (path.parent / target).exists(), f"{path.name}: {target}"
    assert "pytest" not in (zipped / "notebooks" / "00_contents.ipynb").read_text(encoding="utf-8")


def test_a_students_page_runs_in_the_unpacked_folder(zipped):
    """The shortest lesson, with every stub open, from the folder's own nnlib."""
    from nbclient import NotebookClient

    nbformat = pytest.importorskip("nbformat")
    for name in ("03_softmax_and_loss.ipynb", "quiz_03.ipynb"):
        book = nbformat.read(zipped / "notebooks" / name, as_version=4)
        where = "import sys; sys.path.insert(0, '..'); import nnlib; print(nnlib.__file__)"
        book.cells.insert(0, nbformat.v4.new_code_cell(where))
        client = NotebookClient(
            book, kernel_name="python3",
            resources={"metadata": {"path": str(zipped / "notebooks")}},
        )  # fmt: skip
        client.execute()
        assert "notebooks/../nnlib" in book.cells[0].outputs[0].text.replace("\\", "/")
        shown = json.dumps(book.cells, ensure_ascii=False)
        assert shown.count("not attempted: ") == (6 if name.startswith("03") else 5)


def test_the_same_lessons_give_the_same_zip(zipped, tmp_path):
    again = student.build(tmp_path)
    assert again.read_bytes() == (zipped.parent / "student.zip").read_bytes()
    assert again.stat().st_size < 3_000_000


@pytest.mark.parametrize(
    "text, kept",
    [
        ("see [tests](../tests/x.py)", "see tests"),
        ("see [lesson](03.ipynb#a)", "see [lesson](03.ipynb#a)"),
        ("see [web](https://example.org/x)", "see [web](https://example.org/x)"),
        ("the [folder](images)", "the [folder](images)"),
        ("`[a](b.py)` in code\n```python\nx[0](y)\n```", "`a` in code\n```python\nx[0](y)\n```"),
    ],
)
def test_links_that_lead_nowhere_become_words(text, kept):
    known = {"notebooks/03.ipynb", "notebooks/images/a.png"}
    assert student.without_dead_links(text, Path("notebooks"), known) == kept


# ---------------------------------------------------------------- what goes wrong


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.path.stem)
def test_wrong_answers_get_the_checks_sentences(lesson):
    found = mistakes.of(lesson)
    assert list(found) == [task.check for task in lesson.tasks]
    for name, wrong in found.items():
        assert len({m.sentence for m in wrong}) == len(wrong)
        for mistake in wrong:
            assert "__" not in mistake.sentence, f"{name}: a name of the tests is shown"
            assert f"def my_{name}" in mistake.code or "\n" not in mistake.code
    if found:
        told = [name for name, wrong in found.items() if len(wrong) >= 2]
        assert 2 * len(told) >= len(found)


def test_a_wrong_answer_is_judged_as_it_is_shown():
    by_code = {m.code: m for m in mistakes.of(source.lesson(3))["softmax"]}
    for code, mistake in by_code.items():
        if not mistakes.is_plain(mistake) or "right_" in code:
            continue
        namespace = {"np": pytest.importorskip("numpy")}
        exec(compile(code, "a cell", "exec"), namespace)
        verdict = nnlib.check.softmax(namespace["my_softmax"])
        assert not verdict.passed and verdict.sentence == mistake.sentence


# ---------------------------------------------------------------- the teacher's edition


def test_the_teachers_page_is_filled_run_and_says_what_goes_wrong(tmp_path):
    from classroom import teacher

    place = teacher.build(tmp_path, only=[3])
    lesson, book = source.lesson(3), source.read(place / "notebooks" / "03_softmax_and_loss.ipynb")
    text = "\n".join(map(source.text_of, book["cells"]))
    checks = [cell for cell in book["cells"] if "check" in source.tags_of(cell)]
    assert len(checks) == len(lesson.tasks)
    for cell in checks:
        assert "right: " in json.dumps(cell["outputs"]), source.text_of(cell)
    for wrong in mistakes.shown(lesson).values():
        assert all(m.sentence in text and m.code.strip() in text for m in wrong)
    assert text.count("**right**") == 5 and "| 0:05 | 0:06 | Set up | 1 |" in text
    code = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    assert [c["execution_count"] for c in code] == list(range(1, len(code) + 1))
    identities = [cell["id"] for cell in book["cells"]]
    assert len(set(identities)) == len(identities)
    other = source.read(place / "notebooks" / "04_backprop_derivation.ipynb")
    ids = [[cell["id"] for cell in book["cells"]] for book in (other, source.lesson(4).book)]
    assert ids[0] == ids[1], "a lesson that wasn't asked for stays as it is"
    for path in [*place.glob("notebooks/*.ipynb"), place / "README.md"]:
        assert "](../tests/" not in path.read_text(encoding="utf-8"), path.name
    assert {"quiz_sheets.html", "quiz_answers.html"} <= {p.name for p in place.iterdir()}


def test_a_stub_is_filled_and_what_stands_around_it_stays():
    from classroom.teacher import filled

    stub = "mu = 3\nfor i in range(2):\n    mu += i\nbest = ...\nother = [1, ...]\n"
    assert filled(stub, "best = mu\n") == "mu = 3\nfor i in range(2):\n    mu += i\n\nbest = mu"
    assert filled('def my_f(x):\n    """Do it."""\n    ...', "def my_f(x):\n    return x\n") == (
        "def my_f(x):\n    return x"
    )


# ---------------------------------------------------------------- slides


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.path.stem)
def test_a_deck_has_every_section_with_its_figures_and_the_librarys_code(lesson):
    from classroom import slides

    deck = slides.deck(lesson)
    foot = html.escape(f"{source.name_of(lesson)} · {lesson.title}")
    for section in lesson.sections:
        if section.title == slides.SETUP:
            continue
        held = slides.stack(section, foot)
        assert held in deck and held.count("<section>") >= 2
        drawn = sum(len(source.pictures(part)) for part in section.parts)
        assert held.count("<img ") == drawn and 'alt=""' not in held
        ours = [part for part in section.parts if "nnlib" in part.tags]
        assert held.count("<pre><code>") >= len(ours)
    loaded = re.findall(r'<(?:script|link|img)[^>]* (?:src|href)="([^"]{1,9})', deck)
    assert len(loaded) >= 5, loaded
    assert all(target.startswith(("assets/", "data:")) for target in loaded), "something is fetched"


def test_the_slides_carry_all_that_they_load(tmp_path):
    from classroom import slides

    try:
        place = slides.build(tmp_path, only=[3, 13])
    except ModuleNotFoundError as error:
        pytest.skip(f"{error.name} is not installed: pip install -e '.[classroom]'")
    assert len(list(place.glob("[0-9]*.html"))) == 2
    for page in place.glob("[0-9]*.html"):
        text = page.read_text(encoding="utf-8")
        for target in re.findall(r'(?:src|href)="(assets/[^"]+)"', text):
            assert (place / target).stat().st_size > 500, target


# ---------------------------------------------------------------- the site


def test_the_site_has_every_page_and_loads_nothing_from_elsewhere(tmp_path):
    for name in ("sphinx_book_theme", "myst_nb"):
        pytest.importorskip(name, reason="the site needs the extra: pip install -e '.[site]'")
    from classroom import site

    try:
        place = site.build(tmp_path)
    except ModuleNotFoundError as error:
        pytest.skip(f"{error.name} is not installed: pip install -e '.[site]'")
    assert list(tmp_path.iterdir()) == [place], "something else is left there"
    stems = {path.stem for path in (ROOT / "notebooks").glob("*.ipynb") if "-Copy" not in path.stem}
    assert stems <= {path.stem for path in place.glob("*.html")}
    for page in place.glob("*.html"):
        text = page.read_text(encoding="utf-8")
        for target in re.findall(r'<(?:script|link|img)[^>]* (?:src|href)="([^"]+)"', text):
            assert not re.match("(https?:)?//", target), f"{page.name} loads {target}"
        if page.stem[:2].isdigit() and page.stem[:2] != "00":
            assert text.count("<details>") >= 3 and "_images/" in text or page.stem[:2] == "13"
    assert "softmax" in (place / "searchindex.js").read_text(encoding="utf-8")


# ---------------------------------------------------------------- the stick


def test_a_stick_holds_wheels_the_zip_and_what_to_type(tmp_path, monkeypatch):
    """What pip fetches is looked at, not fetched; a room without network was tried by hand."""
    from classroom import stick

    calls = []

    def run(command, **options):
        calls.append(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(stick.subprocess, "run", run)
    place = stick.build(tmp_path, ["win_amd64"], "3.12")
    pins = re.findall(r"(?m)^[\w-]+==\S+", (ROOT / "requirements.txt").read_text("utf-8"))
    assert len(calls) == 2 and all(set(pins) <= set(call) for call in calls)
    assert not any(part.startswith("-e") for call in calls for part in call)
    assert "win_amd64" not in calls[0] and {"win_amd64", "3.12"} <= set(calls[1])
    text = (place / "README.txt").read_text(encoding="utf-8")
    assert "PIP_NO_INDEX" in text and "win_amd64 with Python 3.12" in text
    assert (place / "student.zip").stat().st_size > 100_000


def test_a_wheel_that_cannot_be_fetched_is_told(tmp_path, monkeypatch, capsys):
    from classroom import stick

    failed = subprocess.CompletedProcess([], 1, "", "noise\nERROR: No matching distribution\n")
    monkeypatch.setattr(stick.subprocess, "run", lambda *_, **__: failed)
    assert main(["stick", str(tmp_path)]) == 1
    assert "No matching distribution" in capsys.readouterr().err
    assert not (tmp_path / "stick" / "student.zip").exists()


# ---------------------------------------------------------------- the teaching notebook


def test_the_teaching_notebook_knows_every_command_of_the_room():
    text = (ROOT / "notebooks" / "teaching.ipynb").read_text(encoding="utf-8")
    kinds = next(a for a in build_parser()._actions if a.dest == "edition").choices
    assert all(f"notebooks/classroom {kind} " in text for kind in kinds)


# ---------------------------------------------------------------- the command


def test_the_command_builds_from_a_folder_and_says_what_is_wrong(tmp_path):
    command = [sys.executable, str(ROOT / "notebooks" / "classroom")]
    done = subprocess.run(
        [*command, "student", str(tmp_path / "new")], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0 and done.stdout.strip().endswith("student.zip"), done.stderr
    (tmp_path / "file").write_text("")
    done = subprocess.run(
        [*command, "student", str(tmp_path / "file")], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 1 and "Traceback" not in done.stderr


def test_what_is_missing_names_the_extra(monkeypatch, capsys, tmp_path):
    from classroom import slides

    def gone(package):
        raise slides.importlib.metadata.PackageNotFoundError(package)

    monkeypatch.setattr(slides.importlib.metadata, "files", gone)
    assert main(["slides", str(tmp_path)]) == 1
    assert 'pip install -e ".[classroom]"' in capsys.readouterr().err


def test_what_the_servers_steps_say_can_be_read_by_who_reads_it():
    """A shell takes its commands, JupyterHub its settings; more of TLJH can't be tried here."""
    from traitlets.config import Config

    cells = source.read(ROOT / "notebooks" / "teaching.ipynb")["cells"]
    (text,) = [t for t in map(source.text_of, cells) if "## A server for the class" in t]
    commands = re.findall(r"(?m)^   `((?:curl|cd|sudo) .*)`$", text)
    assert len(commands) == 4
    if bash := shutil.which("bash"):
        for command in commands:
            assert subprocess.run([bash, "-n", "-c", command]).returncode == 0, command
    keys = re.findall(r"tljh-config set (\S+) (\S+)", text)
    assert keys == [("limits.memory", "1G"), ("limits.cpu", "1")]
    settings = Config()
    (line,) = re.findall(r"(?m)^   `(c\..*)`$", text)
    exec(line, {"c": settings})
    assert settings == {"Spawner": {"environment": {"NNLIB_DATA_DIR": "/srv/mnist"}}}
