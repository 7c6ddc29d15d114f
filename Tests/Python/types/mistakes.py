"""Each line that ends in a mark is a mistake, which type checkers have to find: once each, and no other."""

import docdb
import tenon
from docdb import Connection, DatabaseError, Document, Durability, Query


async def use(connection: Connection) -> None:
    await connection.put("a")  # mistake
    await connection.put(Document())  # mistake
    await connection.put(Document("a", 1.5))  # mistake
    await connection.put(Document("a", scores="abc"))  # mistake
    await connection.put(Document("a", tags=[1]))  # mistake
    await connection.put(document=Document("a"))  # mistake
    await connection.put(Document("a"), Durability.DISK)  # mistake
    await connection.put(Document("a"), durability="disk")  # mistake
    revision: str = await connection.put(Document("a"))  # mistake
    found: Document = await connection.get("a")  # mistake
    (await connection.get("a")).id  # mistake
    await connection.get(1)  # mistake
    await connection.gett("a")  # mistake
    connection.query("a")  # mistake
    connection.query(Query.Prefix(1))  # mistake
    connection.query(Query.Range("a", "b"))  # mistake
    connection.query(Query.Suffix("a"))  # mistake
    async for document in connection.query(Query.All()):
        document.body.append(1)  # mistake
        document.revision = "new"  # mistake
    for _ in await connection.count():  # mistake
        print(revision, found.id)
    async with connection as same:
        same.missing()  # mistake
    await docdb.open()  # mistake
    await docdb.open("a", progress=lambda: None)  # mistake
    await docdb.open("a", print)  # mistake
    try:
        await connection.close()
    except DatabaseError.Conflict as conflict:
        print(conflict.wanted)  # mistake
    except DatabaseError.Missing:  # mistake
        pass
    raise DatabaseError.Conflict(1)  # mistake


def without_a_loop(connection: Connection) -> str:
    tenon.run(3)  # mistake
    return tenon.run(connection.count())  # mistake
