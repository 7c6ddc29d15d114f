'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { addon, isEarly, run } = require('./support.js');

test('a Swift function gives a promise', async () => {
  const promise = addon.greet('Ada');
  assert.ok(promise instanceof Promise);
  assert.equal(await promise, 'Hello, Ada');
  assert.equal(await addon.add(2, 3), 5);
  assert.equal(await addon.nothing(), undefined);
  assert.equal(await addon.optional(), 'none');
  assert.equal(await addon.optional('some'), 'some');
});

test('it is never settled inside the call', async () => {
  const order = [];
  const promise = addon.nothing().then(() => order.push('settled'));
  order.push('called');
  await promise;
  assert.deepEqual(order, ['called', 'settled']);
});

test('many in flight settle once each, with their own values, in order', async () => {
  const settled = [];
  const calls = [];
  for (let burst = 0; burst < 40; burst++) {
    for (let index = 0; index < 100; index++) {
      const number = burst * 100 + index;
      calls.push(addon.add(number, 1).then((value) => settled.push(value)));
    }
    if (burst % 2) await new Promise(setImmediate);
  }
  await Promise.all(calls);
  assert.equal(settled.length, 4000);
  assert.deepEqual(settled, [...Array(4000).keys()].map((index) => index + 1));
});

test('what completes while JavaScript is busy arrives afterwards', async () => {
  const calls = [...Array(100).keys()].map((index) => addon.count(index % 5));
  const end = Date.now() + 300;
  while (Date.now() < end);
  assert.equal((await Promise.all(calls)).length, 100);
});

test('Swift awaits promises, thenables and plain values', async () => {
  assert.equal(await addon.awaited(Promise.resolve(1)), 1);
  assert.equal(await addon.awaited(new Promise((resolve) => setImmediate(resolve, 'late'))), 'late');
  assert.equal(await addon.awaited({ then: (resolve) => resolve('thenable') }), 'thenable');
  assert.equal(await addon.awaited(4), 4);
  assert.deepEqual(await addon.awaited((async () => ({ a: [1] }))()), { a: [1] });
});

test('a thenable that throws, or whose getter does, rejects', async () => {
  const error = new Error('no then');
  await assert.rejects(addon.awaited({ get then() { throw error; } }), (thrown) => thrown === error);
  await assert.rejects(addon.awaited({ then() { throw error; } }), (thrown) => thrown === error);
});

test('a result whose `then` getter throws rejects the promise, and no more', async () => {
  const error = new Error('getter');
  const object = { get then() { throw error; } };
  await assert.rejects(addon.same(object), (thrown) => thrown === error);
  assert.equal(await addon.greet('again'), 'Hello, again');
});

test('a promise that nobody can settle breaks when it is collected', async () => {
  const { code, stdout, stderr } = await run(
    `
    const waiting = addon.awaited(new Promise(() => {}));
    const again = setInterval(global.gc, 5);
    waiting.catch((error) => {
      clearInterval(again);
      console.log(error.domain, error.message);
    });`,
    { flags: ['--expose-gc'] },
  );
  assert.equal(stdout, 'tenon broken promise\n', stderr);
  assert.equal(code, 0);
});

test('promises that nobody holds are collected while they are pending', async () => {
  const { code, stdout, stderr } = await run(
    `
    const isGone = new FinalizationRegistry(() => gone++);
    let gone = 0;
    for (let index = 0; index < 1000; index++) isGone.register(addon.count(3), index);
    const again = setInterval(() => {
      global.gc();
      if (gone < 1000) return;
      clearInterval(again);
      console.log('all gone');
    }, 5);`,
    { flags: ['--expose-gc'] },
  );
  assert.equal(stdout, 'all gone\n', stderr);
  assert.equal(code, 0);
});

test('a wrong argument throws a TypeError with its name, at once', () => {
  assert.throws(() => addon.greet(5), {
    name: 'TypeError',
    code: 'ERR_INVALID_ARG_TYPE',
    message: 'The "name" argument must be a string. Received a number',
  });
  assert.throws(() => addon.greet(), { name: 'TypeError', code: 'ERR_MISSING_ARGS', message: /"name"/ });
  assert.throws(() => addon.add(1, '2'), { name: 'TypeError', message: /"right".*an integer/ });
  assert.throws(() => addon.add(1, 2.5), { name: 'TypeError', message: /"right"/ });
  assert.throws(() => addon.add(1, 2 ** 70), { name: 'TypeError', message: /"right"/ });
  assert.throws(() => addon.add(1, NaN), { name: 'TypeError', message: /"right"/ });
  assert.throws(() => addon.strings(['a', 1]), {
    name: 'TypeError',
    message: 'The "value" argument must be an array, with a string at [1]. Received a number',
  });
  assert.throws(() => addon.strings(new Map()), { message: /"value".*an array\. Received an instance of Map/ });
  assert.throws(() => addon.numbersAsText([[1], ['2']]), { message: /an array, with an integer at \[1\]\[0\]\. Received a string$/ });
  assert.throws(() => addon.numbersAsText([[1], [2, 0.5]]), { message: /an integer at \[1\]\[1\]\. Received the number 0.5/ });
  assert.throws(() => addon.greet([]), { message: /a string\. Received an array$/ });
  assert.throws(() => addon.call(5, 5), { name: 'TypeError', message: /"function"/ });
  assert.throws(() => addon.collect(5), { name: 'TypeError', message: /async iterable/ });
});

test('a number that is out of range is told so, with the range', async () => {
  const limits = [
    ['byte', 256, '>= 0 and <= 255. Received 256'], ['byte', -1, '>= 0 and <= 255. Received -1'],
    ['byte', 300n, '<= 255. Received 300n'], ['unsigned', -1, '>= 0 and'], ['unsigned', 2n ** 64n, '<= 18446744073709551615'],
    ['integer', 2 ** 70, '<= 9223372036854775807'], ['integer', -(2n ** 65n), '>= -9223372036854775808'],
  ];
  for (const [name, value, text] of limits) {
    assert.throws(() => addon[name](value), (error) => {
      assert.equal(error.code, 'ERR_OUT_OF_RANGE');
      assert.ok(error.message.startsWith('The value of "value" is out of range. It must be '), error.message);
      assert.ok(error.message.includes(text), error.message);
      return error instanceof TypeError;
    });
  }
  for (const value of [0.5, NaN, Infinity, '1']) {
    assert.throws(() => addon.byte(value), { code: 'ERR_INVALID_ARG_TYPE', message: /must be an integer\. Received/ });
  }
  assert.throws(() => addon.numbersAsText([[2 ** 64]]), { code: 'ERR_OUT_OF_RANGE', message: /"rows\[0\]\[0\]".*<= 9223372036854775807/ });
});

test('functions of any number of arguments and statements', async () => {
  assert.equal(await addon.joined(...'abcdefghi'), 'abcdefghi');
  assert.equal(await addon.joined(...'abcdefghi', {}), 'abcdefghi');
  assert.throws(() => addon.joined(...'abcdefgh'), { message: /"i"/ });
  assert.throws(() => addon.joined(...'abcdefghi', {}, 1), { message: /at most 10 arguments/ });
  assert.equal(await addon.steps(5), 10);
});

test('too many arguments are a TypeError, and so are options that are none', () => {
  assert.throws(() => addon.greet('a', {}, 3), { name: 'TypeError', message: /at most 2 arguments/ });
  assert.throws(() => addon.greet('a', 'b'), { name: 'TypeError', message: /"options"/ });
  assert.throws(() => addon.greet('a', { signal: 'now' }), {
    name: 'TypeError',
    code: 'ERR_INVALID_ARG_TYPE',
    message: /"signal".*AbortSignal.*string/,
  });
  // A signal in the place of the options would not be listened to.
  for (const options of [AbortSignal.abort(), new AbortController().signal, [], [new AbortController().signal]]) {
    assert.throws(() => addon.greet('a', options), { name: 'TypeError', message: /"options".*{ signal }/ });
    assert.throws(() => addon.numbers(1, options), { name: 'TypeError', message: /"options"/ });
  }
  assert.throws(() => addon.echoNow(1, 2), { name: 'TypeError' });
  assert.throws(() => addon.greet(...Array(200).fill('a')), { name: 'TypeError' });
});

test('a wrong argument starts nothing', async () => {
  const before = addon.writers().ended;
  assert.throws(() => addon.numbers(5, { signal: 1 }), { name: 'TypeError' });
  await addon.greet('x');
  assert.equal(addon.writers().ended, before);
});

test('an AbortSignal cancels the Swift task; the reason arrives when it has ended', async () => {
  const controller = new AbortController();
  const promise = addon.sleep(3_600_000, { signal: controller.signal });
  const reason = new Error('enough');
  setImmediate(() => controller.abort(reason));
  await assert.rejects(promise, (error) => error === reason);
});

test('a plain abort() is an AbortError; AbortSignal.timeout() is a TimeoutError', async () => {
  const controller = new AbortController();
  const promise = addon.sleep(3_600_000, { signal: controller.signal });
  controller.abort();
  await assert.rejects(promise, { name: 'AbortError' });
  // A timeout's signal does not keep the process alive, but the work does.
  await assert.rejects(addon.sleep(3_600_000, { signal: AbortSignal.timeout(5) }), {
    name: 'TimeoutError',
  });
});

test('a signal that has fired already, a signal that never fires, and a primitive reason', async () => {
  await assert.rejects(addon.sleep(3_600_000, { signal: AbortSignal.abort('before') }), (error) => error === 'before');
  const controller = new AbortController();
  assert.equal(await addon.greet('Bo', { signal: controller.signal }), 'Hello, Bo');
  controller.abort(); // too late: nobody listens
  assert.equal(await addon.greet('Bo', { signal: undefined }), 'Hello, Bo');
  assert.equal(await addon.greet('Bo', {}), 'Hello, Bo');
});

test('an earlier listener cannot keep a cancel away', { skip: isEarly }, async () => {
  const stop = (event) => event.stopImmediatePropagation();
  const start = [
    (options) => addon.sleep(3_600_000, options),
    (options) => addon.callWithSignal(({ signal }) => new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    }), options),
    async (options) => { for await (const item of addon.silent(options)); },
  ];
  for (const begin of start) {
    const controller = new AbortController();
    controller.signal.addEventListener('abort', stop);
    controller.signal.onabort = stop;
    const calling = begin({ signal: controller.signal });
    setImmediate(() => controller.abort());
    await assert.rejects(calling, { name: 'AbortError' });
  }
});

test('a signal that has no reason is an AbortError', async () => {
  const makeSignal = () => {
    const listeners = new Set();
    return {
      aborted: false,
      addEventListener: (type, listener) => listeners.add(listener),
      removeEventListener: (type, listener) => listeners.delete(listener),
      abort() {
        this.aborted = true;
        for (const listener of listeners) (listener.handleEvent ?? listener).call(this, { type: 'abort' });
      },
    };
  };
  const aborted = makeSignal();
  aborted.abort();
  await assert.rejects(addon.sleep(3_600_000, { signal: aborted }), { name: 'AbortError', code: 'ABORT_ERR' });
  const signal = makeSignal();
  const calling = addon.sleep(3_600_000, { signal });
  setImmediate(() => signal.abort());
  await assert.rejects(calling, { name: 'AbortError' });
  const reading = makeSignal();
  const iterator = addon.silent({ signal: reading });
  setImmediate(() => reading.abort());
  await assert.rejects(iterator.next(), { name: 'AbortError' });
  await assert.rejects(addon.sleep(3_600_000, { signal: AbortSignal.abort(null) }), (error) => error === null);
});

test('the listener is removed when the call has ended', async () => {
  const controller = new AbortController();
  let listeners = 0;
  const { addEventListener, removeEventListener } = controller.signal;
  controller.signal.addEventListener = function (...parts) {
    listeners++;
    return addEventListener.apply(this, parts);
  };
  controller.signal.removeEventListener = function (...parts) {
    listeners--;
    return removeEventListener.apply(this, parts);
  };
  await Promise.all([...Array(50).keys()].map(() => addon.count(2, { signal: controller.signal })));
  assert.equal(listeners, 0);
});

test('an abort does not settle the promise before the work has ended', async () => {
  const controller = new AbortController();
  let isSettled = false;
  const promise = addon.slowToEnd(500, { signal: controller.signal });
  promise.catch(() => {}).finally(() => (isSettled = true));
  await new Promise(setImmediate);
  controller.abort();
  await Promise.resolve();
  assert.equal(isSettled, false);
  await assert.rejects(promise, { name: 'AbortError' });
});

test('a cancelled wait for a promise ends at once', async () => {
  const controller = new AbortController();
  let resolve; // while somebody could settle it, it is not broken
  const promise = new Promise((settle) => (resolve = settle));
  const waiting = addon.awaited(promise, { signal: controller.signal });
  setImmediate(() => controller.abort());
  await assert.rejects(waiting, { name: 'AbortError' });
  resolve();
});

