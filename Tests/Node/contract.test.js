'use strict';
// An addon in C: the contract by itself.
const test = require('node:test');
const assert = require('node:assert/strict');
const { run } = require('./support.js');
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

test('an item that has no form ends the stream, and its writer has ended then', options, async () => {
  const iterator = addon.formless();
  await assert.rejects(async () => { for await (const item of iterator); }, { name: 'TypeError' });
  assert.ok(addon.isFormlessOver());
  assert.deepEqual(await iterator.next(), { value: undefined, done: true });
});

test('bytes come back on the memory that they went in on', options, () => {
  const kinds = [ArrayBuffer, SharedArrayBuffer].flatMap((Kind) => [1, 8, 16, 17, 1000].map((size) => [Kind, size]));
  for (const [Kind, size] of kinds) {
    const view = new Uint8Array(new Kind(size + 8), 4, size);
    const back = addon.echo(view);
    view.fill(7);
    assert.deepEqual([back.length, back[0], back[size - 1], back.byteOffset], [size, 7, 7, 4]);
    assert.equal(back.buffer, view.buffer);
    assert.equal(addon.echo(new DataView(view.buffer, 2, 2)).byteLength, 2);
  }
});

test('a guest leaves the process to others', options, async () => {
  const { code, stdout, stderr } = await run(`
    const { Worker } = require('node:worker_threads');
    const file = ${JSON.stringify(file)};
    process.env.TENON_TEST_GUEST = 'yes';
    const guest = require(file);
    const before = guest.isProcessOwned();
    delete process.env.TENON_TEST_GUEST;
    const worker = new Worker('require(' + JSON.stringify(file) + ')', { eval: true });
    worker.once('exit', () => {
      console.log(before, guest.isProcessOwned());
    });`);
  assert.equal(stdout, 'false true\n', stderr);
  assert.equal(code, 0);
});
