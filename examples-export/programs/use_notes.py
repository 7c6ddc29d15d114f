"""notes.c in Python."""

import asyncio
import sys

from notes import Cell, Note, Notebook, NotesError


def show(error: NotesError) -> None:
    match error:
        case NotesError.Taken(title=title):
            print("taken:", title)
        case NotesError.Sqlite(sqlite_code=code, message=message):
            print(f"sqlite {code}: {message}")


async def main(path: str) -> None:
    notebook = await Notebook.open(path)
    added = await asyncio.gather(*(notebook.add(Note(None, f"note {i}", "", i % 6)) for i in range(600)))
    if any(note.id is None for note in added):
        print("a note without an id")

    try:
        await notebook.add(Note(None, "note 7", ""))
    except NotesError as error:
        show(error)

    titles = [note.title async for note in notebook.notes(stars=5)]
    print(f"{len(titles)} notes with 5 stars, from {titles[0]} to {titles[-1]}")

    async for row in notebook.query("SELECT count(*) AS notes, avg(stars) AS mean FROM note"):
        match row.columns:
            case {"notes": Cell.Integer(notes), "mean": Cell.Real(mean)}:
                print(f"{notes} notes, {mean:g} stars")

    # It has no second row, and never ends. A cancel of who waits for that interrupts it.
    endless = notebook.query(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i = 1 OR i < 0"
    )
    try:
        async with asyncio.timeout(0), endless:
            while True:
                await anext(endless)
    except TimeoutError:
        later = await notebook.add(Note(None, "later", "", 1))
        print("interrupted; then stored", later.title)

    try:
        await anext(notebook.query("SELECT * FROM nowhere"))
    except NotesError as error:
        show(error)


asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else ":memory:"))
