'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { addon, run, until } = require('./support.js');

test('plain values come back as they went', async () => {
  const values = [
    undefined, null, true, false, 0, -0, 1.5, NaN, Infinity, 2 ** 53, '', 'text', 'ä€😀', 'x'.repeat(300),
    'ü'.repeat(100_000), 2n ** 60n, -(2n ** 63n), 2n ** 64n - 1n, [], [1, [2, [3]]], {}, { a: { b: null } },
    { list: [undefined, 'x'] }, 'a\u0000b',
  ];
  for (const value of values) {
    assert.deepEqual(await addon.echo(value), value);
    assert.deepEqual(addon.echoNow(value), value);
  }
  assert.deepEqual(await addon.echo(values), values);
});

test('a bigint comes back as a bigint, however small, on each way', async () => {
  const items = [0n, 5n, -1n, 2n ** 53n - 1n, 2n ** 53n, -(2n ** 63n), 2n ** 64n - 1n];
  for (const item of items) {
    assert.equal(await addon.echo(item), item);
    assert.equal(addon.echoNow(item), item);
    assert.equal(await addon.awaited(Promise.resolve(item)), item);
    assert.equal(await addon.lent(Promise.resolve(item)), item);
    assert.equal(await addon.call((value) => value, item), item);
    assert.deepEqual(await addon.echo({ item, list: [item] }), { item, list: [item] });
  }
  assert.deepEqual(await addon.collect(items), items);
  const seen = [];
  for await (const item of addon.thrice(items)) seen.push(item);
  assert.deepEqual(seen, items.flatMap((item) => [item, item, item]));
  assert.equal(await addon.integer(5n), 5); // Swift's integers are numbers where that is exact
});

test('names that mean something to JavaScript are names', async () => {
  const record = JSON.parse('{"__proto__": 1, "constructor": 2, "toString": 3, "1": 4}');
  const echoed = await addon.echo(record);
  assert.deepEqual(Object.entries(echoed), Object.entries(record));
  assert.equal(Object.getPrototypeOf(echoed), Object.prototype);
  assert.deepEqual(await addon.echo(Object.assign(Object.create(null), { a: 1 })), { a: 1 });
});

test('text that is no Unicode is replaced', async () => {
  assert.equal(await addon.greet('\ud800!'), 'Hello, \ufffd!');
});

test('integers are exact, or a TypeError', async () => {
  assert.equal(await addon.integer(-0), 0);
  assert.equal(await addon.integer(2 ** 53 - 1), 2 ** 53 - 1);
  assert.equal(await addon.integer(2n ** 63n - 1n), 2n ** 63n - 1n);
  assert.equal(await addon.integer(-(2n ** 63n)), -(2n ** 63n));
  assert.equal(await addon.unsigned(2n ** 64n - 1n), 2n ** 64n - 1n);
  for (const value of [2n ** 63n, 2 ** 63, 0.5, '1', null]) assert.throws(() => addon.integer(value), TypeError);
  for (const value of [-1, -1n, 2n ** 64n]) assert.throws(() => addon.unsigned(value), TypeError);
  assert.throws(() => addon.byte(256), TypeError);
});

test('a type that has no form in Swift is an error that names it', async () => {
  class Weather {}
  const cases = [
    [new Weather(), /an instance of Weather/], [new Map(), /Map/], [new Date(), /Date/], [Symbol('s'), /symbol/],
    [new Error('e'), /Error/], [Promise.resolve(), /Promise/], [/x/, /RegExp/], [new WeakMap(), /WeakMap/],
  ];
  for (const [value, message] of cases) {
    assert.throws(() => addon.echo(value), { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE', message });
    assert.throws(() => addon.echo([{ value }]), { name: 'TypeError', message });
    await assert.rejects(addon.awaited((async () => [value])()), { name: 'TypeError', message });
  }
  assert.throws(() => addon.echo(2n ** 64n), RangeError);
});

test('what is nested in itself, or too deep, is an error', () => {
  const cyclic = {};
  cyclic.self = [cyclic];
  assert.throws(() => addon.echo(cyclic), RangeError);
  let deep = 1;
  for (let depth = 0; depth < 10_000; depth++) deep = [deep];
  assert.throws(() => addon.echo(deep), RangeError);
});

test('64 arrays and plain objects may be nested, both ways, and no more', async () => {
  const nest = (depth, wrap) => [...Array(depth)].reduce(wrap, 1);
  for (const wrap of [(value) => [value], (value) => ({ value })]) {
    assert.deepEqual(await addon.echo(nest(64, wrap)), nest(64, wrap));
    assert.throws(() => addon.echo(nest(65, wrap)), RangeError);
    await assert.rejects(addon.awaited(Promise.resolve(nest(65, wrap))), RangeError);
  }
  assert.deepEqual(await addon.nested(64), nest(64, (value) => [value]));
  await assert.rejects(addon.nested(65), { domain: 'tenon' });
});

test('a proxy is what it stands for', async () => {
  const proxy = (target, handler = {}) => new Proxy(target, handler);
  assert.deepEqual(await addon.echo(proxy([1, [2], { a: 3 }])), [1, [2], { a: 3 }]);
  assert.deepEqual(await addon.echo({ list: proxy([]) }), { list: [] });
  assert.deepEqual(await addon.echo(proxy(proxy([1]))), [1]);
  assert.deepEqual(await addon.echo(proxy({ a: proxy({ b: 1 }) })), { a: { b: 1 } });
  assert.deepEqual(await addon.echo(proxy([], { get: (_, key) => (key === 'length' ? 2 : key) })), ['0', '1']);
  assert.deepEqual(await addon.echo(proxy([1], { get: (_, key) => (key === 'length' ? NaN : key) })), []);
  assert.equal(await addon.strings(proxy(['a', 'b'])), 'a|b');
  for (const target of [new Map(), new Date(), new (class Weather {})(), new Uint8Array(2)]) {
    assert.throws(() => addon.echo(proxy(target)), { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' });
  }
  const error = new Error('trap');
  const trap = { get() { throw error; } };
  assert.throws(() => addon.echo(proxy([1], trap)), (thrown) => thrown === error);
  assert.throws(() => addon.strings(proxy(['a'], trap)), (thrown) => thrown === error);
});

test('what a getter or a proxy throws is thrown', () => {
  const error = new Error('trap');
  assert.throws(() => addon.echo({ get a() { throw error; } }), (thrown) => thrown === error);
  const proxy = new Proxy({}, { ownKeys() { throw error; } });
  assert.throws(() => addon.echo(proxy), (thrown) => thrown === error);
  const { proxy: revoked, revoke } = Proxy.revocable([], {});
  revoke();
  assert.throws(() => addon.echo(revoked), TypeError);
});

test('functions and objects are the very same when they come back', async () => {
  const object = new Map();
  const fn = () => {};
  assert.equal(await addon.same(object), object);
  assert.equal(await addon.echo(fn), fn);
  assert.equal((await addon.echo({ fn })).fn, fn);
});

test('bytes of all kinds', async () => {
  const expected = new Uint8Array([1, 2, 3, 4]);
  const large = new Uint8Array(1000).map((_, index) => index);
  for (const bytes of [expected, large, new Uint8Array(0)]) {
    assert.deepEqual(await addon.copied(bytes), bytes);
    assert.deepEqual(await addon.echo(bytes), bytes);
    assert.deepEqual(await addon.copied(bytes.slice().buffer), bytes);
    assert.deepEqual(await addon.copied(new DataView(bytes.slice().buffer)), bytes);
    assert.deepEqual(await addon.copied(Buffer.from(bytes)), bytes);
  }
  const words = new Uint16Array([0x0201, 0x0403]);
  assert.deepEqual(await addon.copied(words), expected);
  if (typeof Float16Array === 'function') { // since Node 24
    assert.deepEqual(await addon.copied(new Float16Array(words.buffer)), expected);
  }
  assert.deepEqual(await addon.copied(large.subarray(10, 50)), large.subarray(10, 50));
  const shared = new Uint8Array(new SharedArrayBuffer(100)).fill(1);
  assert.equal(await addon.sum(shared), 100);
  for (const length of [1, 8, 16, 17, 100]) {
    const view = new Uint8Array(new SharedArrayBuffer(length + 8), 4, length).fill(2);
    assert.deepEqual(await addon.echo(view), new Uint8Array(view));
    assert.deepEqual(await addon.copied(view), new Uint8Array(view));
  }
  assert.throws(() => addon.sum([1, 2]), TypeError);
  assert.throws(() => addon.copied('text'), TypeError);
});

test('bytes are not copied into Swift', async () => {
  const bytes = new Uint8Array(1_000_000);
  await addon.hold(bytes);
  bytes.fill(1);
  assert.equal(await addon.held(), 1_000_000);
  assert.equal(addon.letGoElsewhere(), 1);
  await until(async () => (await addon.held()) === 0);
});

test('small bytes are not copied either, in and out', async () => {
  for (const length of [1, 4, 16, 17]) {
    const bytes = new Uint8Array(length);
    const summing = addon.sumLater(bytes, 3);
    bytes.fill(1);
    assert.equal(await summing, length);
    const back = await addon.echo(bytes.subarray(0, length));
    assert.equal(back.length, length);
  }
});

// Node 18 has none.
const canResize = 'resizable' in ArrayBuffer.prototype;

test('a buffer that is made smaller while Swift has its bytes harms nothing', { skip: !canResize }, async () => {
  for (const size of [8, 1 << 20]) {
    const buffer = new ArrayBuffer(size, { maxByteLength: 2 * size });
    for (const view of [buffer, new Uint8Array(buffer), new DataView(buffer), new Uint16Array(buffer, 2, 1)]) {
      buffer.resize(size);
      new Uint8Array(buffer).fill(1);
      const [summing, echoing] = [addon.sumLater(view, 5), addon.echo(view)];
      const { byteLength } = view;
      buffer.resize(0);
      assert.equal(await summing, byteLength);
      assert.equal((await echoing).length, byteLength);
    }
  }
});

test('bytes of Swift are memory of Swift, dropped when JavaScript lets go', async () => {
  const { code, stdout, stderr } = await run(
    `
    (async () => {
      const size = 16 * 1024 * 1024;
      let most = 0;
      for (let round = 0; round < 60; round++) {
        const bytes = await addon.filled(size, 7);
        if (bytes.length !== size || bytes[size - 1] !== 7) throw new Error('wrong bytes');
        if (round % 4 === 0) global.gc();
        await new Promise(setImmediate);
        most = Math.max(most, process.memoryUsage().rss);
      }
      console.log(most < 500e6 ? 'flat' : most);
    })();`,
    { flags: ['--expose-gc'] },
  );
  assert.equal(stdout, 'flat\n', stderr);
  assert.equal(code, 0);
});

test('what Swift holds on another thread is given back', async () => {
  const { code, stdout, stderr } = await run(
    `
    let gone = 0;
    const isGone = new FinalizationRegistry(() => gone++);
    async function hold() { // of its own, as a function may keep its last variables
      for (let index = 0; index < 100; index++) {
        const object = new Map(), bytes = new Uint8Array(100);
        isGone.register(object);
        isGone.register(bytes.buffer);
        await addon.holdObject(object);
        await addon.hold(bytes);
      }
    }
    (async () => {
      await hold();
      global.gc();
      await new Promise(setImmediate);
      if (gone !== 0) throw new Error('gone too early: ' + gone);
      addon.letGoElsewhere();
      while (gone < 200) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        global.gc();
      }
      console.log('all given back');
    })();`,
    { flags: ['--expose-gc'] },
  );
  assert.equal(stdout, 'all given back\n', stderr);
  assert.equal(code, 0);
});

test('what Swift uses many times is whole each time', async () => {
  const fn = () => 1;
  const items = [[{ a: 1 }, 'x'.repeat(50), fn], fn, new Uint8Array([1, 2, 3]), { deep: [[fn, null]] }, 'text', 5];
  const seen = [];
  for await (const item of addon.thrice(items)) seen.push(item);
  assert.deepEqual(seen, items.flatMap((item) => [item, item, item]));
  assert.equal(seen[0][2], fn);
  for (const item of items) assert.deepEqual(await addon.lent(Promise.resolve(item)), item);
});

test('what Swift ignores is given back', async () => {
  const { code, stdout, stderr } = await run(
    `
    let gone = 0;
    const isGone = new FinalizationRegistry(() => gone++);
    async function ignore() { // of its own, as a function may keep its last variables
      const make = () => {
        const fn = () => 1;
        isGone.register(fn);
        return [fn, { fn }];
      };
      if (await addon.counted(Array.from({ length: 100 }, make)) !== 100) throw new Error('lost');
      for (let index = 0; index < 100; index++) await addon.lent(Promise.resolve(make()));
    }
    (async () => {
      await ignore();
      while (gone < 200) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        global.gc();
      }
      console.log('all given back');
    })();`,
    { flags: ['--expose-gc'] },
  );
  assert.equal(stdout, 'all given back\n', stderr);
  assert.equal(code, 0);
});
