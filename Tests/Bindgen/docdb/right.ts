import { open, Connection, Document, Query, Durability, isDatabaseError } from './index';

async function use(): Promise<void> {
  const connection: Connection = await open('somewhere', {
    progress: (fraction) => console.log(fraction.toFixed()),
    signal: new AbortController().signal,
  });
  const document: Document = { id: 'x', scores: [1], body: new Uint8Array(), tags: ['a'] };
  const stored: bigint | undefined = document.revision;
  const durability: Durability = 'disk';
  const revision: bigint = await connection.put(document, { durability });
  const found = await connection.get('x');
  if (found) console.log(found.title?.length, revision, stored, found.scores[0]);
  const query: Query = { kind: 'range', from: 'a', to: 'b', limit: 10 };
  for await (const { id } of connection.query(query)) console.log(id.length);
  const count: number = await connection.count();
  try {
    await connection.close();
  } catch (error) {
    if (isDatabaseError(error)) {
      switch (error.code) {
        case 'conflict': console.log(error.expected - error.found, count); break;
        case 'invalidID': console.log(error.value.length); break;
        case 'closed': break;
      }
    }
  }
  await connection[Symbol.asyncDispose]();
}
void use;
