import asyncio

import docdb
import tenon
from docdb import Connection, DatabaseError, Document, Durability, Query


async def main() -> None:
    async with await docdb.open("people", progress=lambda f: print(f)) as connection:
        revision: int = await connection.put(Document("ada", scores=[1.5]), durability=Durability.DISK)
        found: Document | None = await connection.get("ada")
        if found is not None:
            print(found.id.upper(), revision)
        try:
            await connection.put(Document("ada"))
        except DatabaseError.Conflict as conflict:
            print(conflict.expected + conflict.found)
        async for document in connection.query(Query.Prefix("a")):
            print(document.title or document.id)
        stream: tenon.Stream[Document] = connection.query(Query.All())
        await stream.aclose()


def kind(query: Query) -> str:
    match query:
        case Query.Prefix(value):
            return value
        case Query.Range(from_=a, to=b):
            return a + b
        case _:
            return ""


def closed(connection: Connection) -> None:
    tenon.run(connection.close())


asyncio.run(main())
