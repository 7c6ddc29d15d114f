'use strict';
// Calls in Node's diagnostics_channel, their places, and what AsyncLocalStorage has in them.
const test = require('node:test');
const assert = require('node:assert/strict');
const { AsyncLocalStorage } = require('node:async_hooks');
const { tracingChannel } = require('node:diagnostics_channel');
const { addon } = require('./support.js');

const options = { skip: !tracingChannel && 'there is no tracingChannel() in this version' };

// What a subscriber of all five is told while `body` runs.
async function listen(body) {
  const channel = tracingChannel('tenon:call');
  const told = [];
  const subscribers = {};
  for (const name of ['start', 'end', 'asyncStart', 'asyncEnd', 'error']) {
    subscribers[name] = (context) => told.push([name, context]);
  }
  channel.subscribe(subscribers);
  try {
    await body();
    await new Promise(setImmediate);
  } finally {
    channel.unsubscribe(subscribers);
  }
  return told;
}

const names = (told) => told.map(([name]) => name);

test('a call is told from its start to its end', options, async () => {
  const told = await listen(async () => assert.equal(await addon.add(2, 3), 5));
  assert.deepEqual(names(told), ['start', 'end', 'asyncStart', 'asyncEnd']);
  const [, context] = told[0];
  assert.ok(told.every(([, other]) => other === context));
  assert.deepEqual([context.name, context.arguments, context.result], ['add', [2, 3], 5]);
});

test('one that fails is told with its error, and is rejected all the same', options, async () => {
  const told = await listen(() => assert.rejects(addon.awaited(Promise.reject(new Error('no'))), { message: 'no' }));
  assert.deepEqual(names(told), ['start', 'end', 'error', 'asyncStart', 'asyncEnd']);
  assert.equal(told[2][1].error.message, 'no');
});

test('so is one whose arguments are wrong', options, async () => {
  const told = await listen(async () => assert.throws(() => addon.add('a', 1), { name: 'TypeError' }));
  assert.deepEqual(names(told).slice(0, 3), ['start', 'error', 'end']);
});

test('what a subscriber calls is told, too', options, async () => {
  const channel = tracingChannel('tenon:call');
  const started = [];
  let inner;
  const start = ({ name }) => {
    started.push(name);
    if (name === 'add') inner = addon.greet('Ada');
  };
  channel.start.subscribe(start);
  try {
    assert.equal(await addon.add(1, 2), 3);
    assert.equal(await inner, 'Hello, Ada');
  } finally {
    channel.start.unsubscribe(start);
  }
  assert.deepEqual(started, ['add', 'greet']);
});

test('nobody is told after the last one has left', options, async () => {
  const told = await listen(async () => {});
  await addon.add(1, 1);
  assert.deepEqual(told, []);
  assert.equal(tracingChannel('tenon:call').start.hasSubscribers, false);
});

test('a store that is bound to the start is there in what Swift calls', options, async () => {
  const channel = tracingChannel('tenon:call');
  const store = new AsyncLocalStorage();
  channel.start.bindStore(store, ({ name }) => `in ${name}`);
  try {
    const seen = await addon.call(async () => {
      await null;
      return store.getStore();
    }, 0);
    assert.equal(seen, 'in call');
    assert.equal(store.getStore(), undefined);
  } finally {
    channel.start.unbindStore(store);
  }
  assert.equal(await addon.call(async () => store.getStore() ?? 'none', 0), 'none');
});

test('AsyncLocalStorage is kept across calls, callbacks and streams', async () => {
  const store = new AsyncLocalStorage();
  const results = await Promise.all(
    [...Array(50).keys()].map((number) =>
      store.run(number, async () => {
        const before = store.getStore();
        await addon.count(number % 3);
        const inside = await addon.call(async () => {
          await addon.nothing();
          return store.getStore();
        }, 0);
        return [before, inside, store.getStore()];
      }),
    ),
  );
  assert.deepEqual(results, [...Array(50).keys()].map((number) => [number, number, number]));
});
