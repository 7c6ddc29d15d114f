'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { addon, isEarly } = require('./support.js');

test('a Swift error is an Error with name, message, code, domain and cause', async () => {
  const error = await addon.storm().catch((thrown) => thrown);
  assert.ok(error instanceof Error);
  assert.equal(error.name, 'WeatherError');
  assert.equal(error.message, 'a storm is coming');
  assert.equal(error.code, 7);
  assert.equal(error.domain, 'weather.WeatherError');
  assert.ok(error.cause instanceof Error);
  assert.equal(error.cause.message, 'clouds');
  assert.equal(error.cause.code, 3);
  assert.equal(error.cause.domain, 'sky');
  assert.equal(Object.keys(error).includes('name'), false);
});

test('its stack is that of the call', async () => {
  async function theCallSite() {
    return await addon.storm();
  }
  const error = await theCallSite().catch((thrown) => thrown);
  assert.match(error.stack, /^WeatherError: a storm is coming/);
  assert.match(error.stack, /theCallSite .*errors\.test\.js/);
});

test('an error of a type without a description says which type it is', async () => {
  await assert.rejects(addon.plainError(), {
    name: 'PlainError',
    domain: 'swift.TestAddon.PlainError',
  });
});

test('Swift that ends as cancelled without being asked is an AbortError', async () => {
  await assert.rejects(addon.cancelled(), { name: 'AbortError', code: 'ABORT_ERR' });
});

test('a function that is not async throws', () => {
  assert.throws(() => addon.stormNow(), { name: 'WeatherError', code: 7 });
});

test('what JavaScript throws comes back as the very same', async () => {
  const cyclic = new Error('cyclic');
  cyclic.cause = cyclic;
  class Unusual extends TypeError {}
  const things = [
    new Error('plain'), new Unusual('own class'), cyclic, { an: 'object' }, () => 1, 'text', 42, true, null,
    undefined, 12n, Object.create(null), [1, 2], new Proxy({}, {}), new DOMException('dom', 'DataError'), Symbol('s'),
  ];
  for (const thing of things) {
    const thrown = await addon.passOn(() => { throw thing; }).then(() => assert.fail(), (error) => error);
    assert.ok(Object.is(thrown, thing), String(typeof thing));
    const rejected = await addon.passOn(() => Promise.reject(thing)).then(() => assert.fail(), (error) => error);
    assert.ok(Object.is(rejected, thing), String(typeof thing));
  }
});

test('Swift sees domain, code, message and cause', async () => {
  const error = new TypeError('wrong', { cause: new Error('deeper') });
  error.errno = -2;
  assert.deepEqual(await addon.describe(() => { throw error; }), {
    domain: 'js.TypeError', code: -2, message: 'wrong', cause: 'deeper',
  });
  assert.deepEqual(await addon.describe(() => Promise.reject('text')), {
    domain: 'js', code: 0, message: 'text', cause: null,
  });
});

test('an error whose getters throw is an error all the same', async () => {
  const nasty = new Error('x');
  for (const name of ['stack', 'name', 'message', 'cause', 'errno']) {
    Object.defineProperty(nasty, name, { get() { throw new Error('in a getter'); } });
  }
  assert.ok((await addon.passOn(() => { throw nasty; }).catch((error) => error)) === nasty);
});

test('a Swift error that goes through JavaScript is the same Swift error again', async () => {
  assert.equal(await addon.isStorm(() => addon.storm()), true);
  assert.equal(await addon.isStorm(async () => { throw await addon.storm().catch((error) => error); }), true);
  await assert.rejects(addon.isStorm(() => { throw new Error('other'); }), { message: 'other' });
});

test('what others do to built-in objects changes nothing', { skip: isEarly }, async () => {
  const { run } = require('./support.js');
  const { code, stdout, stderr } = await run(`
    const fail = () => { throw new Error('a patch was called'); };
    Object.defineProperty = Object.getPrototypeOf = Object.setPrototypeOf = fail;
    Reflect.apply = Reflect.construct = Array.isArray = fail;
    Promise.resolve = Promise.reject = fail;
    Promise.prototype.catch = Promise.prototype.finally = fail;
    WeakMap.prototype.get = WeakMap.prototype.set = fail;
    // AsyncResource in Node 24 uses it.
    if (parseInt(process.versions.node) < 24) Array.prototype[Symbol.iterator] = fail;
    AbortController.prototype.abort = fail;
    Function.prototype.call = Function.prototype.apply = Function.prototype.bind = fail;
    globalThis.Error = globalThis.Promise = globalThis.TypeError = globalThis.AbortController = undefined;
    Object.prototype.get = Object.prototype.set = fail;
    const generate = async function* () { yield 1; yield 2; };
    (async () => {
      const seen = [];
      try { await addon.storm(); } catch (error) { seen[0] = error.name + error.code + error.domain + error.cause.message; }
      try { addon.stormNow(); } catch (error) { seen[1] = error.name; }
      seen[2] = await addon.isStorm(() => addon.storm());
      seen[3] = (await addon.collect(generate())).length;
      let sum = 0;
      for await (const item of addon.numbers(100)) sum += item;
      seen[4] = sum;
      seen[5] = await addon.callWithSignal(async ({ signal }) => signal.aborted);
      for await (const item of addon.numbers(1e9)) if (item === 5) break;
      seen[6] = (await addon.echo({ a: [1n] })).a[0] === 1n;
      delete Array.prototype[Symbol.iterator];
      process._rawDebug(JSON.stringify(seen));
    })();`);
  assert.equal(stderr, '["WeatherError7weather.WeatherErrorclouds","WeatherError",true,2,4950,false,true]\n', stdout);
  assert.equal(code, 0);
});

// By itself, as what Node has for AsyncLocalStorage does not stand what the test above does.
test('nor what they do to what carries the context of calls', { skip: !process.getBuiltinModule }, async () => {
  const { run } = require('./support.js');
  const { code, stdout, stderr } = await run(`
    const { AsyncLocalStorage } = require('node:async_hooks');
    const fail = () => { throw new Error('a patch was called'); };
    RegExp.prototype.test = AsyncLocalStorage.prototype.run = fail;
    (async () => {
      const seen = [await addon.callContext.run({ name: 'ada' }, () => addon.carried('name'))];
      const { iterator } = Symbol;
      const iterate = Array.prototype[iterator];
      Array.prototype[iterator] = fail;
      try { seen[1] = addon.callContext.startSpan().traceparent.length; } finally { Array.prototype[iterator] = iterate; }
      process._rawDebug(JSON.stringify(seen));
    })();`);
  assert.equal(stderr, '["ada",55]\n', stdout);
  assert.equal(code, 0);
});

test('rejections that nobody handles are reported as ever', async () => {
  const { run } = require('./support.js');
  const { code, stderr } = await run('addon.storm();');
  assert.equal(code, 1);
  assert.match(stderr, /a storm is coming/);
});
