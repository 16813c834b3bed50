"""Minutes: what fits into a session, what is left out first, and what is done at home.

The minutes are those that the notebooks' own headings and cards say. What may be left out, and in
which order, is a teacher's judgement: it stands in EXPENDABLE, with the sentence to say instead.
"""

from dataclasses import dataclass, field

from classroom import source

QUIZ = 5  # minutes at the beginning of a session: five questions, or starting up

EXPENDABLE = (  # (lesson, section, what to say instead), the most expendable first
    (4, "12", "Each published fault passes a glance, and none passes the check of section 11."),
    (1, "8", "`nnlib.load_digits()` does all of this lesson in one call."),
    (6, "10", "The whole network fits on one page: read it at home."),
    (6, "8", "A hidden unit's weights, drawn as an image, show which strokes it asks for."),
    (5, "9", "Loss that won't move: compare yours with the list in section 9."),
    (3, "3", "Divide all scores by T: the order stays, the certainty changes."),
    (5, "8", "A network that can't learn twenty images by heart has a fault."),
    (6, "9", "`save_params` writes the weights into a file, `load_params` reads them."),
    (2, "7", "Two layers are four lines; section 8 does any number of them."),
    (1, "2", "There are 500 of each digit, and no single pixel tells them apart."),
    (4, "0", "You know slopes: dJ is how much J changes for a small change, divided by it."),
    (6, "6", "Some mistakes come with 99 per cent confidence: confidence is no proof."),
    (3, "8", "Accuracy counts right answers, and has no slope; the loss has one."),
    (5, "7", "Change one setting of the cell in section 7 at a time, and compare at home."),
    (1, "3", "The file is sorted by digit: shuffle before you split."),
    (5, "5", "From some point on the training loss falls and the validation loss doesn't."),
    (2, "4", "Two matrix products in a row are one: without a bend, depth gains nothing."),
    (6, "5", "4 and 9 are taken for each other most often; `most_confused` lists the pairs."),
    (6, "7", "Of the answers given with p = 0.9, are nine in ten right? `calibration` counts."),
    (4, "10", "The same three lines for each layer, from the last to the first."),
    (2, "9", "`argmax` of the scores is the answer; untrained, one in ten is right."),
    (4, "11", "`gradient_check` compares all arrays at once, at unequal sizes."),
    (6, "2", "With 1,000 test images an accuracy is known to a point, not to a tenth."),
    (6, "4", "Precision: of those called 4, how many are. Recall: of the 4s, how many are found."),
    (5, "6", "Too small a rate crawls, too large a one leaps out: try 0.01, 0.1 and 1."),
    (3, "7", "The first loss must be about ln 10 = 2.3: nothing is known yet."),
    (4, "2", "A slope is measured by moving one weight a little to both sides."),
    (1, "6", "A label is a row of nine zeros and a one."),
)


@dataclass(frozen=True)
class Item:
    """A section or a task in a plan."""

    lesson: int
    what: str  # "section" or "task"
    number: str
    title: str
    minutes: int
    stops: bool = False

    def __str__(self):
        """Return it in short: 3.4 is lesson 3, section 4; 3.T2 its second task."""
        return f"{self.lesson}.{'T' * (self.what == 'task')}{self.number}"


@dataclass
class Plan:
    """Sessions, each a list of items; what is left for home; what is left out of the lessons."""

    minutes: int
    sessions: list = field(default_factory=list)
    at_home: list = field(default_factory=list)
    left_out: list = field(default_factory=list)

    @property
    def spare(self):
        """Minutes of each session that nothing fills."""
        return [self.minutes - QUIZ - sum(i.minutes for i in items) for items in self.sessions]


def items_of(lesson):
    """Return a lesson's sections and tasks as items of a plan, in the order of the page.

    What comes before its first numbered section (Set up) counts with that one.
    """
    sections, before = [], 0
    for s in lesson.sections:
        minutes = s.minutes + before
        before = 0 if s.number else minutes
        if s.number:
            sections.append(Item(lesson.number, "section", s.number, s.title, minutes, s.stops))
    tasks = [Item(lesson.number, "task", str(t.number), t.title, t.minutes) for t in lesson.tasks]
    return sections + tasks


def order_of_leaving(lessons):
    """Return what is left out first to last: long tasks, then sections as EXPENDABLE has them.

    A lab that isn't in the table gives up the last of its sections that derive nothing.
    """
    items = [item for lesson in lessons for item in items_of(lesson)]
    tasks = sorted((i for i in items if i.what == "task"), key=lambda i: -i.minutes)
    place = {(n, section): k for k, (n, section, _) in enumerate(EXPENDABLE)}
    listed = [i for i in items if i.what == "section" and (i.lesson, i.number) in place]
    listed.sort(key=lambda i: place[i.lesson, i.number])
    derives = {(le.number, s.number) for le in lessons for s in le.sections if s.derives}
    known = {n for n, _, _ in EXPENDABLE}
    others = [
        i for i in reversed(items)
        if i.what == "section" and i.lesson not in known and i.number != "1"
        and (i.lesson, i.number) not in derives
    ]  # fmt: skip
    return tasks + listed + others


def packed(items, minutes, most):
    """Return sessions that hold the items in order; None where `most` sessions don't."""
    sessions, left = [], 0
    for item in items:
        if item.minutes > left:
            sessions.append([])
            left = minutes - QUIZ
        if item.minutes > left or len(sessions) > most:
            return None
        sessions[-1].append(item)
        left -= item.minutes
    return sessions


def plan(lessons, minutes, sessions=1):
    """Return a Plan of some lessons in so many sessions of so many minutes.

    Tasks go home first, the longest before the others; then sections are left out, one after the
    other, until the rest fits; where nothing more can go, the last items are read at home.
    """
    if minutes <= QUIZ:
        raise ValueError(f"{minutes} minutes: {QUIZ} go to the quiz, so take more.")
    items = [item for lesson in lessons for item in items_of(lesson)]
    gone = []
    for item in [None, *order_of_leaving(lessons)]:
        gone += [item] if item else []
        found = packed([i for i in items if i not in gone], minutes, sessions)
        if found is not None:
            break
    rest = []
    while found is None:
        kept = [i for i in items if i not in gone]
        gone.append(kept[-1])
        rest.append(kept[-1])
        found = packed(kept[:-1], minutes, sessions)
    found, gone = refilled(found, gone, rest, items, minutes)
    left_out = [i for i in items if i in gone and i.what == "section" and i not in rest]
    at_home = [i for i in items if i in rest or (i in gone and i.what == "task")]
    return Plan(minutes, found, at_home, left_out)


def refilled(sessions, gone, rest, items, minutes):
    """Return the sessions, with what still fits into one put back where the page has it.

    Where sections have to be read at home, none that comes after them returns.
    """
    gone = list(gone)
    last = min(map(items.index, rest), default=len(items))
    for item in [i for i in reversed(gone) if i not in rest and items.index(i) < last]:
        for session in sessions:
            used = sum(i.minutes for i in session)
            about = {i.lesson for i in session}
            if item.lesson in about and used + item.minutes <= minutes - QUIZ:
                if not in_order(sessions, session, item, items):
                    continue
                session.append(item)
                session.sort(key=items.index)
                gone.remove(item)
                break
    return sessions, gone


def in_order(sessions, session, item, items):
    """Return whether an item, put into a session, stays between its neighbours' sessions."""
    place, k = items.index(item), sessions.index(session)
    before = [items.index(i) for s in sessions[:k] for i in s]
    after = [items.index(i) for s in sessions[k + 1 :] for i in s]
    return max(before, default=-1) < place < min(after, default=len(items))


def instead_of(item):
    """Return what to say instead of a section that is left out, or ""."""
    said = {(n, section): sentence for n, section, sentence in EXPENDABLE}
    return said.get((item.lesson, item.number), "")


def end(title):
    """Return a title as a sentence."""
    return title if title.endswith(("?", ".")) else f"{title}."


def in_short(items):
    """Return items as text: "3: sections 1–4, tasks 1, 2"."""
    found = []
    for number in dict.fromkeys(item.lesson for item in items):
        mine = [item for item in items if item.lesson == number]
        texts = []
        for what in ("section", "task"):
            names = [i.number for i in mine if i.what == what]
            if names:
                texts.append(f"{what}{'s' * (len(names) > 1)} {runs(names)}")
        found.append(f"{number}: {', '.join(texts)}")
    return "; ".join(found)


def runs(names):
    """Return numbers with what follows on each other as a range: 1–4, 6."""
    numbers, found = list(map(int, names)), []
    for n in numbers:
        if found and n == found[-1][1] + 1:
            found[-1][1] = n
        else:
            found.append([n, n])
    return ", ".join(f"{a}" if a == b else f"{a}–{b}" for a, b in found)


def report(minutes, folder=source.ROOT / "notebooks"):
    """Return lines that say of each lesson whether a session of N minutes holds it."""
    lines = []
    for lesson in source.lessons(folder):
        made = plan([lesson], minutes)
        tasks = sum(task.minutes for task in lesson.tasks)
        lines.append(f"{source.name_of(lesson)}, {lesson.title} ({lesson.reading} + {tasks} min)")
        lines.append(f"    in {minutes} minutes: {in_short(made.sessions[0])}")
        if made.at_home:
            lines.append(f"    at home: {in_short(made.at_home)}")
        for item in made.left_out:
            said = instead_of(item)
            lines.append(f"    skip section {item.number}, {end(item.title)} {said}".rstrip())
    return lines
