'use strict';
// Closures and protocols that JavaScript implements.
const test = require('node:test');
const assert = require('node:assert/strict');
const addon = require(process.env.TENON_TEST_PACKAGE);

const until = async (condition) => { while (!condition()) await new Promise(setImmediate); };

test('closures that Swift calls at once', () => {
  const seen = [];
  addon.each(2, (index, item) => seen.push([index, item]));
  assert.deepEqual(seen, [[0, { name: 'item 0' }], [1, { name: 'item 1' }]]);
  assert.deepEqual(addon.mapped([1, 2, 3], (number) => number * 10), [10, 20, 30]);
  assert.deepEqual(addon.filtered(['a', 'bb', 'c'], (name) => name.length === 1), ['a', 'c']);
  assert.equal(addon.named(5, (number) => `number ${number}`), 'NUMBER 5');
  const told = [];
  addon.maybe(1, (number) => told.push(number));
  addon.maybe(2);
  addon.maybe(3, undefined);
  assert.deepEqual(told, [1]);
});

test('what a closure throws comes back as the very same, and a wrong answer is a TypeError', () => {
  const error = new Error('in a closure');
  assert.throws(() => addon.filtered(['a'], () => { throw error; }), (thrown) => thrown === error);
  assert.throws(() => addon.named(1, () => { throw error; }), (thrown) => thrown === error);
  assert.throws(() => addon.named(1, () => 5), { name: 'TypeError', message: /"result of naming".*a string. Received a number/ });
  assert.throws(() => addon.filtered(['a'], () => 'yes'), { name: 'TypeError', message: /a boolean/ });
  assert.throws(() => addon.mapped([1], 5), { name: 'TypeError', message: 'The "transform" argument must be a function. Received a number' });
});

test('async closures, with a signal', async () => {
  const seen = [];
  const sum = await addon.visit(['a', 'bb'], async (name, size, { signal }) => {
    assert.ok(signal instanceof AbortSignal);
    seen.push([name, size]);
    await null;
    return { name, weight: name.length };
  });
  assert.equal(sum, 3);
  assert.deepEqual(seen, [['a', undefined], ['bb', 2]]);
  assert.equal(await addon.visit(['a'], () => ({ name: 'at once', weight: 7 })), 7);
  const error = new Error('rejected');
  await assert.rejects(addon.visit(['a'], async () => { throw error; }), (thrown) => thrown === error);
  await assert.rejects(addon.visit(['a'], () => { throw error; }), (thrown) => thrown === error);
  await assert.rejects(addon.visit(['a'], async () => ({ name: 5 })), { name: 'TypeError', message: /value.name/ });
});

test('a cancel reaches what JavaScript does, and ends when that has ended', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  let ended = false;
  const visiting = addon.visit(['a'], (name, size, { signal }) => new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => setImmediate(() => { ended = true; reject(signal.reason); }));
  }), { signal: controller.signal });
  setImmediate(() => controller.abort(reason));
  await assert.rejects(visiting, (thrown) => thrown === reason);
  assert.equal(ended, true);
});

test('the reason of a cancel is the reason of the signal that JavaScript gets', async () => {
  const reasonOf = async (reason) => {
    const controller = new AbortController();
    let inner;
    const visiting = addon.visit(['a'], (name, size, { signal }) => new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => { inner = signal.reason; reject(inner); });
      setImmediate(() => controller.abort(reason));
    }), { signal: controller.signal });
    const thrown = await visiting.catch((error) => error);
    return [inner, thrown, controller.signal.reason];
  };
  for (const given of [new Error('enough'), 'a string', { an: 'object' }, undefined]) {
    const [inner, thrown, reason] = await reasonOf(given);
    assert.equal(inner, reason);
    assert.equal(thrown, reason);
  }
  // An error of Swift's stays that one, also for Swift, which makes an Error of it again.
  const [inner] = await reasonOf(await addon.copy(['a'], { __proto__: new Memory(), load() {
    throw Object.assign(new Error('x'), { domain: 'callbacks.StoreError', code: 'missing', value: 'key' });
  } }, new Memory()).catch((error) => error));
  assert.deepEqual([addon.isStoreError(inner), inner.value], [true, 'key']);
});

test('Swift finds the reason of a signal, also where a stream ends quietly', async () => {
  const controller = new AbortController();
  const waiting = addon.untilCancelled({ signal: controller.signal });
  await until(() => addon.lastReason() === 'waiting');
  controller.abort(new Error('of a call'));
  await waiting;
  assert.equal(addon.lastReason(), 'of a call');

  const reading = new AbortController();
  const items = addon.itemsUntilCancelled({ signal: reading.signal });
  assert.deepEqual(await items.next(), { value: 1, done: false });
  const next = items.next();
  await until(() => addon.lastReason() === 'waiting');
  reading.abort(new Error('of a stream'));
  assert.equal((await next).done, true);
  assert.equal(addon.lastReason(), 'of a stream');

  // While nobody waits for an item.
  const idle = new AbortController();
  const unread = addon.itemsUntilCancelled({ signal: idle.signal });
  await unread.next();
  await until(() => addon.lastReason() === 'waiting');
  idle.abort(new Error('of an idle stream'));
  await until(() => addon.lastReason() === 'of an idle stream');
  await unread.return();

  const thrown = addon.itemsUntilCancelled();
  await thrown.next();
  await until(() => addon.lastReason() === 'waiting');
  await assert.rejects(thrown.throw(new Error('thrown in')), { message: 'thrown in' });
  assert.equal(addon.lastReason(), 'thrown in');

  const returned = addon.itemsUntilCancelled();
  await returned.next();
  await until(() => addon.lastReason() === 'waiting');
  assert.deepEqual(await returned.return(5), { value: 5, done: true });
  assert.equal(addon.lastReason(), 'none');
});

test('closures that Swift calls later, from its loop and from other threads', async () => {
  const seen = [];
  await addon.notify((...values) => seen.push(values));
  await until(() => seen.length === 2);
  assert.deepEqual(seen, [
    [{ name: 'late', weight: 1.5 }, new Float64Array([1, 2]), new Uint8Array([7]), true],
    [undefined, new Float64Array(), new Uint8Array(), false],
  ]);
});

test('an object that keeps a closure, and a constructor that fails', async () => {
  const seen = [];
  const keeper = new addon.Keeper((text) => seen.push(text), false);
  assert.ok(keeper instanceof addon.Keeper);
  keeper.tell('hello');
  assert.throws(() => new addon.Keeper(() => {}, true), { code: 'broken', domain: 'callbacks.StoreError' });
  if (!Symbol.asyncDispose) return;
  await keeper[Symbol.asyncDispose]();
  assert.throws(() => keeper.tell('again'), { name: 'TypeError', message: /let go of/ });
  await until(() => seen.length === 2);
  assert.deepEqual(seen, ['hello', 'bye']);
});

class Memory {
  items = new Map();
  texts = [];
  async load(key, { signal }) { assert.ok(signal instanceof AbortSignal); return this.items.get(key); }
  async save(item, key) { this.items.set(key, item); }
  count() { return this.items.size; }
  log(text, level) { this.texts.push([text, level]); }
  isOpen() { return true; }
}

test('a protocol that an object implements', async () => {
  const [source, target] = [new Memory(), new Memory()];
  source.items.set('a', { name: 'first', weight: 1 });
  source.items.set('b', { name: 'second' });
  assert.equal(await addon.copy(['a', 'b', 'c'], source, target), 2);
  assert.deepEqual([...target.items], [...source.items]);
  assert.deepEqual(target.texts, [['copying', 3]]);
  assert.equal(addon.sizes(target), 2);
  assert.equal(addon.sizes({ __proto__: target, isOpen: () => false }), -1);
  const error = new Error('no count');
  assert.throws(() => addon.sizes({ __proto__: target, count() { throw error; } }), (thrown) => thrown === error);
  assert.throws(() => addon.sizes({ load() {} }), { name: 'TypeError', message: /"store.save" argument must be a function/ });
  assert.throws(() => addon.sizes(5), { name: 'TypeError', message: /an object that implements Store/ });
});

class Shelf {
  level = 0;
  isOpen = true;
  first = undefined;
  get title() { return 'books'; }
  async weight({ signal }) { assert.ok(signal instanceof AbortSignal); return this.level / 2; }
  close() { this.isOpen = false; }
}

test('properties of a protocol are properties, or methods if they are async', async () => {
  const shelf = new Shelf();
  assert.equal(await addon.fill(shelf, 40), 'books, nothing: 0 to 40, 20.0, true');
  shelf.first = { name: 'atlas' };
  assert.equal(await addon.fill(shelf, 100), 'books, atlas: 40 to 100, 50.0, false');
  assert.deepEqual([shelf.level, shelf.isOpen], [100, false]);
  const error = new Error('no title');
  assert.throws(() => addon.title({ __proto__: shelf, get title() { throw error; } }), (thrown) => thrown === error);
  assert.throws(() => addon.title({ __proto__: shelf, title: 5 }), { name: 'TypeError', message: /"result of title"/ });
  assert.throws(() => addon.title({ title: 'books' }), { name: 'TypeError', message: /"shelf.first" argument must be a property/ });
  assert.throws(() => addon.title({ __proto__: shelf, weight: 5 }), { name: 'TypeError', message: /"shelf.weight" argument must be a function/ });
});

test('an error that JavaScript makes is the Swift error that it says it is', async () => {
  const failing = (error) => Object.assign(new Memory(), { async load() { throw error; } });
  const missing = Object.assign(new Error('x'), { domain: 'callbacks.StoreError', code: 'missing', value: 'the key' });
  assert.equal(await addon.missing(failing(missing)), 'missing the key');
  assert.equal(await addon.missing(failing(Object.assign(new Error('x'), { domain: 'callbacks.StoreError', code: 'none' }))), 'another');
  assert.equal(await addon.missing(failing(new Error('x'))), 'another');
  assert.equal(await addon.missing(new Memory()), 'nothing');
  const thrown = await addon.copy(['a'], failing(missing), new Memory()).catch((error) => error);
  assert.ok(addon.isStoreError(thrown));
  assert.deepEqual([thrown.code, thrown.value], ['missing', 'the key']);
});

test('callbacks are given back, also those of calls that fail', async () => {
  let gone = 0;
  const isGone = new FinalizationRegistry(() => gone++);
  await (async () => {
    for (let index = 0; index < 50; index++) {
      const callbacks = [() => 1, (name) => true, async (name) => ({ name })];
      for (const callback of callbacks) isGone.register(callback);
      addon.mapped([1], callbacks[0]);
      addon.filtered(['a'], callbacks[1]);
      await addon.visit(['a'], callbacks[2]);
      const refused = () => {};
      isGone.register(refused);
      assert.throws(() => new addon.Keeper(refused, 5), TypeError);
    }
  })();
  for (let turn = 0; turn < 500 && gone < 200; turn++) {
    global.gc();
    await new Promise(setImmediate);
  }
  assert.ok(gone >= 196, String(gone)); // the last ones may be on the stack
});

// What calls carry

const { callContext } = addon;
const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

test('what a call carries is there in Swift, and only in that call', async () => {
  assert.equal(await addon.contextValue('traceparent'), undefined);
  const [inside, elsewhere, later, items] = await callContext.run({ traceparent: parent, tracestate: 'a=1', user: 'ä' }, () =>
    Promise.all([
      addon.contextValue('traceparent'),
      addon.contextElsewhere('user'),
      new Promise(setImmediate).then(() => addon.contextValue('tracestate')),
      (async () => { for await (const item of addon.contextItems('user')) return item; })(),
    ]));
  assert.deepEqual([inside, elsewhere, later, items], [parent, 'ä', 'a=1', 'ä']);
  assert.equal(await addon.contextValue('traceparent'), undefined);
  assert.equal(callContext.current, undefined);
});

test('an inner context adds to the outer one', async () => {
  await callContext.run({ traceparent: parent, tracestate: 'a=1', user: 'ada' }, async () => {
    const other = parent.replace(/-01$/, '-00');
    callContext.run({ traceparent: other, user: undefined, more: '1' }, () => {
      assert.deepEqual({ ...callContext.current }, { traceparent: other, more: '1' });
      assert.ok(Object.isFrozen(callContext.current));
    });
    assert.equal(await addon.contextValue('user'), 'ada');
  });
  for (const wrong of [5, null, 'a\0b']) {
    assert.throws(() => callContext.run({ name: wrong }, () => assert.fail()), { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' });
  }
  assert.throws(() => callContext.run(null, () => assert.fail()), TypeError);
  assert.throws(() => callContext.run({}, () => { throw new RangeError('mine'); }), RangeError);
});

test('Swift calls JavaScript with a context, and what that calls has it', async () => {
  const inner = async () => {
    const { traceparent, gone } = callContext.current;
    await new Promise(setImmediate);
    assert.equal(gone, undefined);
    assert.equal(await addon.contextValue('traceparent'), 'of swift');
    return traceparent;
  };
  assert.equal(await callContext.run({ gone: 'here' }, () => addon.contextInside(inner)), 'of swift');
  assert.equal(await addon.contextInside(inner), 'of swift');
  assert.equal(callContext.current, undefined);
  assert.equal(await addon.contextValue('traceparent'), undefined);
});

test('a call with a context throws as others do', async () => {
  await callContext.run({ user: 'ada' }, async () => {
    assert.throws(() => addon.named(1, () => { throw new RangeError('mine'); }), RangeError);
    assert.throws(() => addon.mapped([1], 5), { name: 'TypeError', message: /"transform"/ });
    assert.equal(addon.named(5, (number) => `${callContext.current.user} ${number}`), 'ADA 5');
  });
});

test('a span is below the one that it is started in', () => {
  assert.match(callContext.startSpan().traceparent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  const span = callContext.run({ traceparent: parent, tracestate: 'a=1, b=2' }, () => callContext.startSpan());
  assert.equal(span.tracestate, 'a=1,b=2');
  assert.equal(span.traceparent.split('-')[1], parent.split('-')[1]);
  assert.notEqual(span.traceparent.split('-')[2], parent.split('-')[2]);
  assert.equal(callContext.run({ traceparent: parent }, () => callContext.startSpan()).tracestate, undefined);
  const own = callContext.run({ traceparent: 'wrong' }, () => callContext.startSpan());
  assert.match(own.traceparent, /^00-/);
});
