'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { AsyncLocalStorage, executionAsyncId, AsyncResource } = require('node:async_hooks');
const { addon, run, until } = require('./support.js');

test('Swift calls a function and awaits its result', async () => {
  assert.deepEqual(await addon.call((value) => [value, value], 1), [1, 1]);
  assert.equal(await addon.call(async (value) => value + 1, 1), 2);
  assert.equal(await addon.call((value) => ({ then: (resolve) => resolve(value) }), 'thenable'), 'thenable');
  assert.equal(await addon.call(() => {}, 1), undefined);
});

test('calls come one after the other, on this thread', async () => {
  const seen = [];
  assert.equal(await addon.callTimes((index) => void seen.push(index), 1000), 1000);
  assert.deepEqual(seen, [...Array(1000).keys()]);
});

test('a function may call Swift again', async () => {
  const nested = (depth) => (depth === 0 ? 'bottom' : addon.call(() => nested(depth - 1), null));
  assert.equal(await nested(50), 'bottom');
});

test('notices arrive in order, from the loop and from another thread', async () => {
  for (const name of ['notify', 'notifyElsewhere']) {
    const seen = [];
    await addon[name]((index) => seen.push(index), 5000);
    await until(() => seen.length === 5000);
    assert.deepEqual(seen, [...Array(5000).keys()]);
  }
});

test('a notice that throws is an uncaughtException, and the next ones come', async () => {
  const { code, stdout } = await run(`
    let count = 0;
    process.on('uncaughtException', (error) => console.log('uncaught', error.message));
    addon.notify((index) => {
      count++;
      if (index === 1) throw new Error('in a callback');
    }, 4);
    process.on('exit', () => console.log(count));`);
  assert.equal(stdout, 'uncaught in a callback\n4\n');
  assert.equal(code, 0);
  const uncaught = await run(`addon.notify(() => { throw new Error('fatal'); }, 1);`);
  assert.equal(uncaught.code, 1);
  assert.match(uncaught.stderr, /Error: fatal/);
});

test('what is no function is a TypeError, and so is a class', async () => {
  for (const object of [{}, [], new Map(), new Date(), Object.create(null), new Proxy({}, {})]) {
    await assert.rejects(addon.call(object, 1), { name: 'TypeError', message: /is not a function/ });
    await assert.rejects(addon.callWithSignal(object), { name: 'TypeError' });
  }
  await assert.rejects(addon.call(class Weather {}, 1), { name: 'TypeError', message: /Weather/ });
  assert.equal(await addon.call(new Proxy((value) => value + 1, {}), 1), 2);
  const { code, stdout } = await run(`
    process.on('uncaughtException', (error) => console.log(error.name, error.message));
    addon.notify({}, 2);`);
  assert.equal(stdout, 'TypeError an instance of Object is not a function\n'.repeat(2));
  assert.equal(code, 0);
});

test('a notice that rejects is an unhandledRejection', async () => {
  const { code, stderr } = await run(`addon.notify(async () => { throw new Error('rejected'); }, 1);`);
  assert.equal(code, 1);
  assert.match(stderr, /rejected/);
});

test('nextTick and microtasks run between two deliveries', async () => {
  const order = [];
  const calls = [0, 1, 2].map((index) => addon.call(() => {
    order.push(`call ${index}`);
    process.nextTick(() => order.push(`tick ${index}`));
    Promise.resolve().then(() => order.push(`microtask ${index}`));
  }, null));
  await Promise.all(calls);
  await new Promise(setImmediate);
  assert.deepEqual(order, [0, 1, 2].flatMap((index) => [`call ${index}`, `tick ${index}`, `microtask ${index}`]));
});

test('nextTick and microtasks run between two settlements', async () => {
  const order = [];
  const calls = [0, 1, 2].map((index) => addon.add(index, 0).then(() => {
    order.push(`settled ${index}`);
    process.nextTick(() => order.push(`tick ${index}`));
    return Promise.resolve().then(() => order.push(`microtask ${index}`));
  }));
  await Promise.all(calls);
  await new Promise(setImmediate);
  assert.deepEqual(order, [0, 1, 2].flatMap((index) => [`settled ${index}`, `microtask ${index}`, `tick ${index}`]));
});

test('AsyncLocalStorage and the async id reach the callback and what awaits', async () => {
  const storage = new AsyncLocalStorage();
  const results = await Promise.all(['a', 'b', 'c'].map((name) => storage.run(name, async () => {
    const before = await addon.call(() => storage.getStore(), null);
    await addon.count(2);
    return [before, storage.getStore()];
  })));
  assert.deepEqual(results, [['a', 'a'], ['b', 'b'], ['c', 'c']]);
  const resource = new AsyncResource('outside');
  const ids = [];
  await resource.runInAsyncScope(() => addon.call(() => void ids.push(executionAsyncId()), null));
  assert.ok(ids[0] > 0);
  let inNotice;
  storage.run('notice', () => addon.notify(() => (inNotice = storage.getStore()), 1));
  await until(() => inNotice);
  assert.equal(inNotice, 'notice');
});

test('AsyncLocalStorage reaches a thenable that a function returns, and an iterator that is stopped', async () => {
  const storage = new AsyncLocalStorage();
  const seen = [];
  await storage.run('thenable', () => addon.call(() => ({
    then: (resolve) => resolve(void seen.push(storage.getStore())),
  }), null));
  async function* generate() {
    try {
      for (;;) yield 1;
    } finally {
      seen.push(storage.getStore());
    }
  }
  await storage.run('generator', () => addon.first(generate(), 3));
  await until(() => seen.length === 2);
  let count = 0;
  const never = new Promise(() => {});
  const iterator = {
    next: () => (count++ < 3 ? { value: 1, done: false } : never),
    return: () => void seen.push(storage.getStore()),
    [Symbol.asyncIterator]: () => iterator,
  };
  await storage.run('iterator', () => addon.first(iterator, 3));
  await until(() => seen.length === 3);
  // The iterator is asked for an item, so it is told from outside. Node 18 keeps from addons what that takes.
  assert.deepEqual(seen, ['thenable', 'generator', process.getBuiltinModule ? 'iterator' : undefined]);
});

test('async_hooks sees each function once, and its callbacks in it', async () => {
  const { createHook } = require('node:async_hooks');
  const types = new Map();
  const events = [];
  const hook = createHook({
    init: (id, type, trigger) => type === 'TENONCALL' && types.set(id, trigger),
    before: (id) => types.has(id) && events.push('before'),
    after: (id) => types.has(id) && events.push('after'),
    destroy: (id) => types.has(id) && events.push('destroy'),
  }).enable();
  const trigger = executionAsyncId();
  const calling = addon.callTimes(() => {}, 2);
  assert.deepEqual([...types.values()], [trigger]);
  await calling;
  await until(() => events.includes('destroy'));
  hook.disable();
  assert.deepEqual(events, ['before', 'after', 'before', 'after', 'destroy']);
});

test('a cancelled Swift task aborts the AbortController of the function that it calls', async () => {
  const controller = new AbortController();
  const reason = new Error('because');
  let seen;
  const calling = addon.callWithSignal(({ signal }) => new Promise((resolve, reject) => {
    assert.ok(signal instanceof AbortSignal);
    signal.addEventListener('abort', () => {
      seen = signal.reason;
      setImmediate(reject, signal.reason);
    });
  }), { signal: controller.signal });
  setImmediate(() => controller.abort(reason));
  await assert.rejects(calling, (error) => error === reason);
  assert.equal(seen, reason);
});

test('a function that ends with a value in spite of the signal is heard', async () => {
  const controller = new AbortController();
  const calling = addon.callWithSignal(
    ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve('a value'))),
    { signal: controller.signal },
  );
  setImmediate(() => controller.abort());
  assert.equal(await calling, 'a value');
});

test('a function without a signal is not waited for', async () => {
  const controller = new AbortController();
  const never = new Promise(() => {});
  const calling = addon.call(() => never, null, { signal: controller.signal });
  const reason = { never }; // kept, as a promise that is collected is broken
  setImmediate(() => controller.abort(reason));
  await assert.rejects(calling, (thrown) => thrown === reason);
});

test('what a call carries goes into Swift, and to the functions that Swift calls', async (t) => {
  const { callContext } = addon;
  const user = () => callContext.current?.user ?? null;
  assert.equal(await addon.carried('user'), null);
  if (!process.getBuiltinModule) return t.skip('this version of Node does not give AsyncLocalStorage away');
  const seen = ['ada', 'bob'].map((name) => callContext.run({ user: name }, async () => [
    await addon.carried('user'), await addon.call(user, null), await addon.call(async () => addon.carried('user'), null),
  ]));
  assert.deepEqual(await Promise.all(seen), [['ada', 'ada', 'ada'], ['bob', 'bob', 'bob']]);
  assert.deepEqual([await addon.carried('user'), await addon.call(user, null), user()], [null, null, null]);
  assert.match(callContext.startSpan().traceparent, /^00-/);
  assert.throws(() => callContext.run({ user: 'ada' }, () => addon.carried(5)), { name: 'TypeError', message: /"name"/ });
});
