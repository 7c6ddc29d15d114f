'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { addon } = require('./support.js');

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

test('rejections that nobody handles are reported as ever', async () => {
  const { run } = require('./support.js');
  const { code, stderr } = await run('addon.storm();');
  assert.equal(code, 1);
  assert.match(stderr, /a storm is coming/);
});
