'use strict';
// The sample as a package of Node's: what its index.d.ts promises.
const test = require('node:test');
const assert = require('node:assert/strict');
const docdb = require(process.env.TENON_TEST_PACKAGE);

const make = (id, more) => ({ id, revision: 0n, scores: [1, 2.5], body: new Uint8Array([1, 2]), tags: ['a'], ...more });

test('a class, its methods, and records there and back', async () => {
  const connection = await docdb.open('somewhere');
  assert.ok(connection instanceof docdb.Connection);
  assert.equal(Object.prototype.toString.call(connection.put), '[object Function]');
  assert.equal(await connection.put(make('x', { title: 'ä€😀', expires: 1.5 })), 1n);
  const found = await connection.get('x');
  assert.deepEqual(found, {
    id: 'x', revision: 1n, scores: new Float64Array([1, 2.5]), body: new Uint8Array([1, 2]), tags: ['a'],
    expires: 1.5, title: 'ä€😀',
  });
  assert.equal(await connection.put({ ...found, scores: found.scores }), 2n);
  assert.equal(await connection.get('y'), undefined);
  assert.equal(await connection.count(), 1);
  assert.equal(await connection.put(make('y'), { durability: 'disk' }), 1n);
  assert.deepEqual(Object.keys(await connection.get('y')), ['id', 'revision', 'scores', 'body', 'tags']);
});

test('errors have their code and fields', async () => {
  const connection = await docdb.open('somewhere');
  await connection.put(make('x'));
  const conflict = await connection.put(make('x', { revision: 7n })).catch((error) => error);
  assert.ok(conflict instanceof Error && docdb.isDatabaseError(conflict));
  assert.deepEqual(
    [conflict.name, conflict.domain, conflict.code, conflict.expected, conflict.found],
    ['DatabaseError', 'docdb.DatabaseError', 'conflict', 7n, 1n]);
  await assert.rejects(connection.put(make('')), { code: 'invalidID', value: '' });
  await connection.close();
  await assert.rejects(connection.get('x'), { code: 'closed', domain: 'docdb.DatabaseError' });
  assert.ok(!docdb.isDatabaseError(new Error('other')) && !docdb.isDatabaseError(undefined));
});

test('a stream of records, and discriminated unions', async () => {
  const connection = await docdb.open('somewhere');
  for (const id of ['b', 'a', 'ab', 'c']) await connection.put(make(id));
  const ids = async (query) => {
    const found = [];
    for await (const { id } of connection.query(query)) found.push(id);
    return found;
  };
  assert.deepEqual(await ids({ kind: 'all' }), ['a', 'ab', 'b', 'c']);
  assert.deepEqual(await ids({ kind: 'prefix', value: 'a' }), ['a', 'ab']);
  assert.deepEqual(await ids({ kind: 'range', from: 'ab', to: 'b', limit: 10 }), ['ab', 'b']);
  for await (const { id } of connection.query({ kind: 'all' })) if (id === 'ab') break;
});

test('a callback in the options', async () => {
  const seen = [];
  await docdb.open('somewhere', { progress: (fraction) => seen.push(fraction) });
  await new Promise(setImmediate);
  assert.deepEqual(seen, [0, 0.5, 1]);
});

test('signals', async () => {
  const reason = new Error('enough');
  await assert.rejects(docdb.open('x', { signal: AbortSignal.abort(reason) }), (error) => error === reason);
  const connection = await docdb.open('x', { signal: new AbortController().signal });
  const aborted = connection.query({ kind: 'all' }, { signal: AbortSignal.abort(reason) });
  await assert.rejects(aborted.next(), (error) => error === reason);
});

test('what is wrong is a TypeError that says where', async () => {
  const connection = await docdb.open('x');
  const cases = [
    [() => docdb.open(), 'The "path" argument must be a string. Received undefined', 'ERR_MISSING_ARGS'],
    [() => docdb.open(5), 'The "path" argument must be a string. Received a number'],
    [() => docdb.open('a\0b'), 'The "path" argument must be a string without NUL. Received a string'],
    [() => docdb.open('x', 5), /"options" argument must be an object/],
    [() => docdb.open('x', new AbortController().signal), /"options" argument must be an object/],
    [() => docdb.open('x', { signal: 5 }), 'The "options.signal" argument must be an AbortSignal. Received a number'],
    [() => docdb.open('x', { progress: 5 }), 'The "options.progress" argument must be a function. Received a number'],
    [() => docdb.open('x', {}, 1), /open\(\) takes at most 2 arguments/, 'ERR_INVALID_ARG_VALUE'],
    [() => connection.put(), 'The "document" argument must be a Document. Received undefined', 'ERR_MISSING_ARGS'],
    [() => connection.put({}), 'The "document.id" argument must be a string. Received undefined'],
    [() => connection.put(make('x', { tags: ['a', 1] })), 'The "document.tags[1]" argument must be a string. Received a number'],
    [() => connection.put(make('x', { tags: new Map() })), 'The "document.tags" argument must be an array. Received an instance of Map'],
    [() => connection.put(make('x', { scores: [1, '2'] })), 'The "document.scores[1]" argument must be a number. Received a string'],
    [() => connection.put(make('x', { body: 'text' })), 'The "document.body" argument must be a Uint8Array. Received a string'],
    [() => connection.put(make('x', { revision: 2n ** 63n })),
      'The value of "document.revision" is out of range. It must be >= -9223372036854775808 and <= 9223372036854775807. Received 9223372036854775808n', 'ERR_OUT_OF_RANGE'],
    [() => connection.put(make('x', { revision: 0.5 })), 'The "document.revision" argument must be an integer. Received a number'],
    [() => connection.put(make('x'), { durability: 'tape' }), `The "options.durability" argument must be 'memory' or 'disk'. Received a string`],
    [() => connection.query({ kind: 'some' }), `The "query.kind" argument must be 'all', 'prefix' or 'range'. Received a string`],
    [() => connection.query({ kind: 'range', from: 'a', to: 'b' }), 'The "query.limit" argument must be an integer. Received undefined'],
    [() => connection.get.call({}, 'x'), /"this" argument must be an instance of Connection/],
    [() => new docdb.Connection(), 'Illegal constructor', 'ERR_ILLEGAL_CONSTRUCTOR'],
  ];
  for (const [call, message, code = 'ERR_INVALID_ARG_TYPE'] of cases) {
    assert.throws(call, { name: 'TypeError', message, code });
  }
  const error = new Error('getter');
  assert.throws(() => connection.put({ get id() { throw error; } }), (thrown) => thrown === error);
});

test('disposal is what close() does', { skip: !Symbol.asyncDispose }, async () => {
  const connection = await docdb.open('x');
  await connection[Symbol.asyncDispose]();
  await assert.rejects(connection.count().then(() => connection.get('x')), { code: 'closed' });
});

test('the collector gives objects back, and memory is flat', async () => {
  const round = async () => {
    for (let index = 0; index < 500; index++) {
      const connection = await docdb.open('x', { progress() {} });
      await connection.put(make('x', { title: 'x'.repeat(2000) }));
      await connection.get('x');
      await connection.put(make('', {})).catch(() => {});
      for await (const item of connection.query({ kind: 'all' })) break;
    }
    for (let turn = 0; turn < 3; turn++) { global.gc(); await new Promise(setImmediate); }
  };
  for (let index = 0; index < 2; index++) await round();
  const before = process.memoryUsage().rss;
  for (let index = 0; index < 4; index++) await round();
  const grown = (process.memoryUsage().rss - before) / 2 ** 20;
  assert.ok(grown < 10, `${grown} MiB`);
});
