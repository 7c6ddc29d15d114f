'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { addon, run, until } = require('./support.js');

const range = (count) => [...Array(count).keys()];
async function all(iterable) {
  const items = [];
  for await (const item of iterable) items.push(item);
  return items;
}

test('a Swift stream is an async iterator', async () => {
  assert.deepEqual(await all(addon.numbers(1000)), range(1000));
  assert.deepEqual(await all(addon.numbers(0)), []);
  assert.deepEqual(await all(addon.records(2)), [{ number: 0 }, { number: 1 }]);
  const iterator = addon.numbers(1);
  assert.equal(iterator[Symbol.asyncIterator](), iterator);
  assert.deepEqual(await iterator.next(), { value: 0, done: false });
  assert.deepEqual(await iterator.next(), { value: undefined, done: true });
  assert.deepEqual(await iterator.next(), { value: undefined, done: true });
  assert.equal(Object.prototype.toString.call(iterator), '[object StreamIterator]');
});

test('next() may be called before the last one has settled', async () => {
  const iterator = addon.numbers(100);
  const results = await Promise.all(range(102).map(() => iterator.next()));
  assert.deepEqual(results.slice(0, 100).map(({ value }) => value), range(100));
  assert.ok(results[100].done && results[101].done);
});

test('an error comes after what was sent before it', async () => {
  const items = [];
  await assert.rejects(async () => {
    for await (const item of addon.failing(100)) items.push(item);
  }, { name: 'WeatherError' });
  assert.deepEqual(items, range(100));
  const iterator = addon.failing(0);
  await assert.rejects(iterator.next(), { code: 7 });
  assert.deepEqual(await iterator.next(), { value: undefined, done: true });
});

test('leaving the loop cancels the writer, and waits for its end', async () => {
  const { ended } = addon.writers();
  for await (const item of addon.numbers(1e9)) if (item === 100) break;
  assert.equal(addon.writers().ended, ended + 1);
});

test('return() and throw() cancel, and say what generators say', async () => {
  let { ended } = addon.writers();
  const one = addon.numbers(1e9);
  await one.next();
  assert.deepEqual(await one.return('over'), { value: 'over', done: true });
  assert.equal(addon.writers().ended, ++ended);
  assert.deepEqual(await one.next(), { value: undefined, done: true });
  assert.deepEqual(await one.return(), { value: undefined, done: true });
  const other = addon.numbers(1e9);
  await other.next();
  const error = new Error('thrown in');
  await assert.rejects(other.throw(error), (thrown) => thrown === error);
  assert.equal(addon.writers().ended, ++ended);
  assert.match(addon.writers().reason, /thrown in/);
});

test('a rejected promise that return() gets is nobody else\'s business', async () => {
  const { code, stdout, stderr } = await run(`
    const begin = [() => addon.numbers(5), () => addon.silent(), async function* () { yield 1; }];
    (async () => {
      for (const make of begin) {
        const iterator = make();
        await iterator.return(Promise.reject(new Error('late'))).catch((error) => console.log(error.message));
        console.log(JSON.stringify(await iterator.next()));
        await make().return({ then(resolve, reject) { reject(new Error('thenable')); } }).catch((error) => console.log(error.message));
      }
    })();`);
  assert.equal(stderr, '');
  assert.equal(stdout, 'late\n{"done":true}\nthenable\n'.repeat(3));
  assert.equal(code, 0);
});

test('return() ends a next() that waits', async () => {
  const never = addon.through((async function* () { await new Promise(() => {}); })());
  const waiting = never.next();
  never.return();
  assert.deepEqual(await waiting, { value: undefined, done: true });
});

test('a signal cancels a stream; its reason comes after what is buffered', async () => {
  const controller = new AbortController();
  const reason = new Error('no more');
  const items = [];
  await assert.rejects(async () => {
    for await (const item of addon.numbers(1e9, { signal: controller.signal })) {
      items.push(item);
      if (item === 10) controller.abort(reason);
    }
  }, (error) => error === reason);
  assert.deepEqual(items, range(items.length));
});

test('the writer waits for the reader', async () => {
  const before = addon.writers().sent;
  const iterator = addon.numbers(1e6);
  await iterator.next();
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  assert.ok(addon.writers().sent - before <= 200, String(addon.writers().sent - before));
  await iterator.return();
});

test('a stream that nobody holds is cancelled', async () => {
  const { code, stdout, stderr } = await run(
    `
    (async () => { await addon.numbers(1e9).next(); })();
    const again = setInterval(() => {
      global.gc();
      if (addon.writers().ended === 0) return;
      clearInterval(again);
      console.log('ended');
    }, 2);`,
    { flags: ['--expose-gc'] },
  );
  assert.equal(stdout, 'ended\n', stderr);
  assert.equal(code, 0);
});

// Node 18 has none.
const canMakeReadableStream = typeof ReadableStream.from === 'function';

test('ReadableStream.from and Readable.from take it', async () => {
  if (canMakeReadableStream) assert.deepEqual(await all(ReadableStream.from(addon.numbers(200))), range(200));
  const { Readable } = require('node:stream');
  assert.deepEqual(await all(Readable.from(addon.numbers(200))), range(200));
});

test('Swift reads generators, iterators, streams and plain iterables', async () => {
  async function* generate(count) {
    for (let index = 0; index < count; index++) yield index;
  }
  assert.deepEqual(await addon.collect(generate(1000)), range(1000));
  assert.deepEqual(await addon.collect([1, Promise.resolve(2), 'three']), [1, 2, 'three']);
  assert.deepEqual(await addon.collect(new Set(['a', 'b'])), ['a', 'b']);
  assert.deepEqual(await addon.collect('text'), ['t', 'e', 'x', 't']);
  if (canMakeReadableStream) assert.deepEqual(await addon.collect(ReadableStream.from([{ a: 1 }])), [{ a: 1 }]);
  assert.deepEqual(await addon.collect(require('node:stream').Readable.from([1, 2])), [1, 2]);
  assert.deepEqual(await addon.collect(addon.numbers(300)), range(300));
});

test('what a generator throws reaches Swift, and comes back as the same', async () => {
  const error = new Error('in a generator');
  async function* generate() {
    yield 1;
    throw error;
  }
  await assert.rejects(addon.collect(generate()), (thrown) => thrown === error);
  await assert.rejects(addon.collect({ [Symbol.asyncIterator]() { throw error; } }), (thrown) => thrown === error);
  await assert.rejects(addon.collect({ [Symbol.asyncIterator]: () => ({ next: () => 5 }) }), TypeError);
  await assert.rejects(addon.collect([new Map()]), { name: 'TypeError', message: /Map/ });
});

// An iterator whose steps are counted.
function counted({ of = Infinity, failsAt = -1, isAsync = true, step = (item) => item } = {}) {
  const counts = { lookups: 0, next: 0, return: 0, iterator: 0 };
  const result = (value) => (isAsync ? Promise.resolve(value) : value);
  const iterator = {
    get next() {
      counts.lookups++;
      return function () {
        assert.equal(this, iterator);
        if (counts.next === failsAt) throw new Error('next');
        const value = counts.next++;
        return result(value < of ? { value: step(value), done: false } : { value: undefined, done: true });
      };
    },
    return() {
      counts.return++;
      return result({ value: undefined, done: true });
    },
  };
  const method = isAsync ? Symbol.asyncIterator : Symbol.iterator;
  return [Object.defineProperty({}, method, { get() { counts.iterator++; return () => iterator; } }), counts];
}

test('an iterator is asked as for await asks it', async () => {
  for (const isAsync of [true, false]) {
    let [items, counts] = counted({ of: 100, isAsync });
    assert.deepEqual(await addon.collect(items), range(100));
    assert.deepEqual(counts, { lookups: 1, next: 101, return: 0, iterator: 1 });
    [items, counts] = counted({ isAsync, failsAt: 3 });
    await assert.rejects(addon.collect(items), { message: 'next' });
    assert.deepEqual([counts.lookups, counts.return], [1, 0]);
    [items, counts] = counted({ isAsync, step: (item) => (item === 2 ? new Map() : item) });
    await assert.rejects(addon.collect(items), { name: 'TypeError' });
    assert.deepEqual([counts.lookups, counts.return], [1, 1]);
  }
});

test('return() is called once, whoever ends it', async () => {
  for (const isAsync of [true, false]) {
    for (const count of [0, 1, 3, 20]) {
      const [items, counts] = counted({ isAsync });
      await addon.first(items, count);
      await until(() => counts.return === 1);
      for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
      assert.deepEqual([counts.lookups, counts.return], [1, 1], `${isAsync} ${count}`);
    }
  }
  let [items, counts] = counted();
  const controller = new AbortController();
  const collecting = addon.collect(items, { signal: controller.signal });
  setImmediate(() => controller.abort('over'));
  await assert.rejects(collecting, (reason) => reason === 'over');
  await until(() => counts.return === 1);
  [items, counts] = counted();
  const iterator = addon.through(items);
  await iterator.next();
  await iterator.return();
  await until(() => counts.return === 1);
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
  assert.equal(counts.return, 1);
});

test('a generator is read no further than there is room', async () => {
  let made = 0;
  let isOver = false;
  async function* generate() {
    try {
      for (;;) yield made++;
    } finally {
      isOver = true;
    }
  }
  const iterator = addon.through(generate());
  await iterator.next();
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  assert.ok(made < 300, String(made));
  await iterator.return();
  await until(() => isOver);
});

test('a reader that goes away has the generator return', async () => {
  let isOver = false;
  async function* generate() {
    try {
      for (let index = 0; ; index++) yield index;
    } finally {
      isOver = true;
    }
  }
  assert.deepEqual(await addon.first(generate(), 3), [0, 1, 2]);
  await until(() => isOver);
});

test('a hundred thousand items, there and back', async () => {
  let sum = 0;
  for await (const item of addon.through(addon.numbers(100_000))) sum += item;
  assert.equal(sum, (100_000 * 99_999) / 2);
});
