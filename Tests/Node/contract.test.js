'use strict';
// An addon in C: the contract by itself.
const test = require('node:test');
const assert = require('node:assert/strict');
const { Worker, isMainThread } = require('node:worker_threads');

const file = process.env.TENON_TEST_C_ADDON;
const options = { skip: file ? false : 'there is no addon in C' };
const addon = file && require(file);

test('misuse is a status', options, () => {
  assert.ok(isMainThread);
  assert.deepEqual(addon.misuse(), []);
});

test('a thread settles a promise', options, async () => {
  const results = await Promise.all([...Array(50)].map(() => addon.fromThread()));
  assert.deepEqual(results[49], { thread: true, items: [null] });
});

test('what is kept of an environment that has ended is harmless', options, async () => {
  const worker = new Worker(`require(${JSON.stringify(file)}).keep(() => {});`, { eval: true });
  await new Promise((resolve) => worker.once('exit', resolve));
  assert.deepEqual(addon.useKept(), []);
});
