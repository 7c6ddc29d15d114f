import { open, Connection, isDatabaseError } from './index';

async function use(connection: Connection, error: unknown): Promise<void> {
  await open(5); // wrong
  await open(); // wrong
  await open('x', { progress: 5 }); // wrong
  await open('x', { signal: 'now' }); // wrong
  await open('x', { unknown: 1 }); // wrong
  new Connection(); // wrong
  await connection.put({ id: 'x' }); // wrong
  await connection.put({ id: 'x', revision: 0, scores: [], body: new Uint8Array(), tags: [] }); // wrong
  await connection.put({ id: 'x', revision: 0n, scores: ['1'], body: new Uint8Array(), tags: [] }); // wrong
  await connection.put({ id: 'x', revision: 0n, scores: [], body: 'text', tags: [] }); // wrong
  await connection.put({ id: 'x', revision: 0n, scores: [], body: new Uint8Array(), tags: [] }, { durability: 'tape' }); // wrong
  (await connection.get('x')).id; // wrong
  connection.query({ kind: 'some' }); // wrong
  connection.query({ kind: 'prefix' }); // wrong
  for (const item of connection.query({ kind: 'all' })) console.log(item); // wrong
  const count: bigint = await connection.count(); // wrong
  connection.missing(); // wrong
  if (isDatabaseError(error)) error.expected; // wrong
  if (isDatabaseError(error) && error.code === 'conflict') error.value; // wrong
  if (isDatabaseError(error) && error.code === 'other') return; // wrong
}
void use;
