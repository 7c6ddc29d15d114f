'use strict';
// One process: a layer in JavaScript on Node's loop, one in Swift, one in Python on an asyncio loop, one in C++ on a thread; Swift behind.
const test = require('node:test');
const assert = require('node:assert/strict');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { Chain, Trace, callContext, find, isServiceError, publish, withdraw } = require(process.env.MIDDLEWARE);
const { joinPython, limit, startPython } = require(process.env.MIDDLEWARE_ADDON);
const { Log } = require('./log.js');

const lines = [];
const layers = ['javascript: log', 'swift: timeout', 'python: retry', 'c++: limit', 'javascript: door', 'swift: backend'];
const problem = new RangeError('of JavaScript');

/** So JavaScript is at both ends, with all the others between. */
const door = {
  async call(request, { signal }) {
    const span = callContext.startSpan();
    request.trace.add('javascript: door', { span: span.traceparent });
    if (request.path === '/problem') throw problem;
    return callContext.run(span, () => this.next.call(request, { signal }));
  },
};

/** From the outermost to the innermost: the one that JavaScript asks is made last. */
const around = (chain, milliseconds) => new Chain(new Log(chain.withTimeout(milliseconds), (line) => lines.push(line)));
const until = async (condition) => { while (!condition()) await sleep(1); };
const request = (path) => ({ path, trace: new Trace() });

test.before(async () => {
  publish(new Chain({ __proto__: door, next: Chain.backend() }), 'door');
  limit('door', 'limited', 2);
  startPython(path.join(__dirname, 'retry.py'));
  await until(() => find('retried'));
});

test.after(() => {
  for (const name of ['retried', 'limited', 'door']) withdraw(name);
  joinPython();
});

test('a request goes through all of them, and its trace says so', async () => {
  const asked = request('/');
  const chain = around(find('retried'), 60000);
  assert.deepEqual(await chain.call(asked), { text: 'this is /' });
  assert.deepEqual(asked.trace.hops, layers);
  assert.equal(lines.pop(), '/: this is /');
});

/** Each span is below the one before it, and all are in the trace of the first one's parent. */
function assertChain(spans, parent) {
  for (const span of spans) {
    assert.equal(span.parent, parent, span.name);
    assert.equal(span.traceparent.split('-')[1], spans[0].traceparent.split('-')[1]);
    parent = span.traceparent;
  }
}

test('one trace goes through all languages, each span below the one that called it', async () => {
  const asked = [request('/'), request('/'), request('/')];
  const chain = around(find('retried'), 60000);
  const roots = [callContext.startSpan(), callContext.startSpan(), undefined];
  // Two at the same time, on the same threads; and one that has no parent.
  await Promise.all([0, 1].map((index) => callContext.run(roots[index], () => chain.call(asked[index]))));
  await chain.call(asked[2]);
  for (const [index, { trace }] of asked.entries()) {
    assert.deepEqual(trace.spans.map((span) => span.name), layers);
    assert.equal(new Set(trace.spans.map((span) => span.traceparent)).size, layers.length);
    assertChain(trace.spans, roots[index]?.traceparent);
  }
  assert.equal(callContext.current, undefined);
});

test('what fails is asked again by Python, and the rest of the chain does not see it', async () => {
  const asked = request('/flaky');
  assert.equal((await around(find('retried'), 60000).call(asked)).text, 'this is /flaky');
  assert.deepEqual(asked.trace.hops, [...layers, ...layers.slice(2), ...layers.slice(2)]);
});

test("an error of Swift's is the same one in the end", async () => {
  const asked = request('/gone');
  const error = await around(find('retried'), 60000).call(asked).catch((error) => error);
  assert.ok(isServiceError(error) && error instanceof Error);
  assert.deepEqual([error.domain, error.code, error.path], ['middleware.ServiceError', 'unavailable', '/gone']);
  assert.equal(asked.trace.hops.length, 2 + 3 * 4);
});

test('what JavaScript throws at the far end comes back through all languages as the very same', async () => {
  const asked = request('/problem');
  await assert.rejects(around(find('retried'), 60000).call(asked), (error) => error === problem);
  assert.deepEqual(asked.trace.hops, layers.slice(0, -1));
});

test('a cancel reaches the innermost, and is acknowledged before the call ends', async () => {
  const asked = request('/slow');
  const controller = new AbortController();
  const reason = new Error('enough');
  const call = around(find('retried'), 60000).call(asked, { signal: controller.signal });
  await until(() => asked.trace.hops.length === layers.length);
  controller.abort(reason);
  await assert.rejects(call, (error) => error === reason);
  assert.deepEqual(asked.trace.hops, [...layers, 'swift: backend is cancelled', 'python: retry is cancelled']);
});

test("so does Swift's timeout, which is an error of its own", async () => {
  const asked = request('/slow');
  const error = await around(find('retried'), 20).call(asked).catch((error) => error);
  assert.deepEqual([error.code, error.after], ['timedOut', 20]);
  // Nothing that has begun goes on.
  const has = (hop) => asked.trace.hops.includes(hop);
  assert.equal(has('swift: backend'), has('swift: backend is cancelled'));
  assert.equal(has('python: retry'), has('python: retry is cancelled'));
});

test('the limit of C++ counts those that are under way', async () => {
  const chain = around(find('retried'), 60000);
  const controller = new AbortController();
  const slow = [request('/slow'), request('/slow')];
  const calls = slow.map((one) => chain.call(one, { signal: controller.signal }));
  await until(() => slow.every((one) => one.trace.hops.length === layers.length));
  const error = await chain.call(request('/')).catch((error) => error);
  assert.deepEqual([error.code, error.most], ['limited', 2]);
  controller.abort();
  for (const call of calls) await assert.rejects(call, { name: 'AbortError' });
  assert.equal((await chain.call(request('/'))).text, 'this is /');
});
