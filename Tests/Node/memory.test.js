'use strict';
// Memory is flat: what a long-lived server does, again and again, in a process of its own.
const test = require('node:test');
const assert = require('node:assert/strict');
const { run } = require('./support.js');

// Measured when the first rounds have made what stays.
async function isFlat(round) {
  const { code, stdout, stderr } = await run(
    `
    const round = async () => { ${round} };
    const measure = async () => {
      for (let turn = 0; turn < 4; turn++) { global.gc(); await new Promise(setImmediate); }
      return process.memoryUsage().rss / 2 ** 20;
    };
    (async () => {
      for (let index = 0; index < 3; index++) await round();
      const before = await measure();
      for (let index = 0; index < 7; index++) await round();
      const grown = (await measure()) - before;
      console.log(grown < 8 ? 'flat' : grown);
    })();`,
    { flags: ['--expose-gc', '--max-semi-space-size=1'] },
  );
  assert.equal(stdout, 'flat\n', stderr);
  assert.equal(code, 0);
}

test('calls', () => isFlat('for (let index = 0; index < 20_000; index++) await addon.add(index, 1);'));

test('aborted sleeps, of the loop and of Swift', () => isFlat(`
  for (const name of ['sleep', 'taskSleep']) {
    for (let index = 0; index < 2000; index++) {
      const controller = new AbortController();
      const sleeping = addon[name](3_600_000, { signal: controller.signal });
      if (index % 2) await null;
      controller.abort();
      await sleeping.catch(() => {});
    }
  }`));

test('streams that are half read, and left or dropped', () => isFlat(`
  for (let index = 0; index < 1000; index++) {
    const items = addon.numbers(1e9);
    await items.next();
    if (index % 2) await items.return();
  }
  await new Promise(setImmediate);
  global.gc();`));

test('results and items that Swift ignores', () => isFlat(`
  const make = () => ({ text: 'x'.repeat(4000) });
  for (let index = 0; index < 500; index++) {
    await addon.callAndForget(make);
    await addon.counted([make(), make, 1, 'x'.repeat(50)]);
    await addon.lent(Promise.resolve(make()));
  }`));
