"""The quizzes as pages: a notebook for the class, a sheet to print, the answers for the teacher."""

from nbconvert.filters import markdown2html

from classroom import mistakes, source
from nnlib.check.quiz import questions

LETTERS = "abcd"
STYLE = """
body { font: 11.5pt/1.4 "DejaVu Sans", Verdana, sans-serif; color: #111; max-width: 18cm;
       margin: 1cm auto; padding: 0 5mm; }
h1 { font-size: 15pt; margin: 0 0 2mm; } .name { margin: 3mm 0 5mm; }
section { break-after: page; } section:last-child { break-after: auto; }
.question { break-inside: avoid; margin: 0 0 4mm; } .question p { margin: 0 0 1mm; }
ol { list-style: lower-alpha; margin: 0; padding-left: 9mm; }
li p { display: inline; } code { font-family: "DejaVu Sans Mono", monospace; font-size: 92%; }
.right { font-weight: bold; } .said { color: #333; font-size: 92%; display: block; }
"""


def numbers():
    """Return the lessons that have a quiz."""
    return list(dict.fromkeys(question.lesson for question in questions().values()))


def title_of(number):
    """Return "Lesson 3 · Turn scores into …"."""
    lesson = source.lesson(number)
    return f"{source.name_of(lesson)} · {lesson.title}"


def markdown_of(question):
    """Return a question with its choices, as Markdown."""
    k = question.task.rpartition(".")[2]
    choices = [f"- **{a}** {text}" for a, text in zip(LETTERS, question.choices)]
    return f"### {k}\n\n{question.ask}\n\n" + "\n".join(choices)


def cell(kind, text, tags=(), identity=""):
    """Return a notebook's cell, as JSON."""
    made = {
        "cell_type": kind,
        "id": identity,
        "metadata": {"tags": list(tags)} if tags else {},
        "source": text.splitlines(keepends=True),
    }
    return made | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def notebook(number):
    """Return the notebook of a lesson's quiz: five questions, each with its check."""
    cells = [
        cell(
            "markdown",
            f"# Quiz: {title_of(number)}\n\nFive minutes. Put the letter of your choice between "
            "the quotes and run the cell. Talk with your neighbour before you change a letter.",
            identity="quiz-title",
        ),
        cell("code", "import nnlib", identity="quiz-import"),
    ]
    for question in mistakes.quiz_of(number):
        name = question.task.replace(" ", "-").replace(".", "-")
        cells.append(cell("markdown", markdown_of(question), identity=f"{name}-ask"))
        call = f'nnlib.check.answer("{question.task}", "")'
        cells.append(cell("code", call, ["raises-exception"], f"{name}-answer"))
    metadata = source.lesson(number).book["metadata"]
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def answers_markdown(number):
    """Return a lesson's questions with the right letter and what is said to the others."""
    texts = []
    for question in mistakes.quiz_of(number):
        right = mistakes.right_letter(question)
        k = question.task.rpartition(".")[2]
        lines = [f"{k}. {question.ask}", ""]
        for letter, text, said in told(question):
            mark = "**right**: " if letter == right else ""
            lines.append(f"    - **{letter}** {text} — {mark}*{said}*")
        texts.append("\n".join(lines))
    return "\n\n".join(texts)


def told(question):
    """Yield each letter, its text, and what the check says to who chose it."""
    from nnlib.check.sealed import seal

    for letter, text in zip(question.letters, question.choices):
        yield letter, text, question.sentences[seal(question.task, letter)]


def sheet(with_answers=False):
    """Return all quizzes as one page of HTML to print, a sheet of paper a lesson."""
    sections = "\n".join(section(number, with_answers) for number in numbers())
    title = "Quizzes, with answers" if with_answers else "Quizzes"
    return (
        f'<!doctype html>\n<html lang="en-GB"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style></head>\n<body>\n{sections}\n</body></html>\n"
    )


def section(number, with_answers):
    """Return a lesson's sheet as HTML."""
    name = "" if with_answers else '<p class="name">Name: ______________________________</p>\n'
    asked = "\n".join(asked_html(question, with_answers) for question in mistakes.quiz_of(number))
    return f"<section>\n<h1>{title_of(number)}</h1>\n{name}{asked}\n</section>"


def asked_html(question, with_answers):
    """Return a question as HTML."""
    right, items = mistakes.right_letter(question), []
    for letter, text, said in told(question):
        mark = ' class="right"' if with_answers and letter == right else ""
        more = f'<span class="said">{markdown2html(said)}</span>' if with_answers else ""
        items.append(f"<li{mark}>{markdown2html(text)}{more}</li>")
    k = question.task.rpartition(".")[2]
    ask = markdown2html(f"**{k}** {question.ask}")
    return f'<div class="question">{ask}<ol>{"".join(items)}</ol></div>'
