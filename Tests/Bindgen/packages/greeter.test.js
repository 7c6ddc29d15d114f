'use strict';
// Types of other modules: records, an enum, an error, and a class of Words, and a record of another package's Names.
const test = require('node:test');
const assert = require('node:assert/strict');
const { Worker } = require('node:worker_threads');
const greeter = require(process.env.TENON_TEST_PACKAGE);
const words = require(process.env.TENON_TEST_PACKAGE + '/words');
const names = require(process.env.TENON_TEST_PACKAGE + '/names');

test('records of others, in arguments, results, lists, streams and fields', async () => {
  assert.equal(await greeter.greet({ text: 'world' }), 'Hello, world');
  assert.deepEqual(greeter.greetAll([{ first: 'Ada', last: 'L' }, { first: 'Bo' }]),
    [{ first: 'Hello, Ada', last: 'L' }, { first: 'Hello, Bo' }]);
  const texts = [];
  for await (const word of greeter.words(3)) texts.push(word.text);
  assert.deepEqual(texts, ['word 0', 'word 1', 'word 2']);
  assert.throws(() => greeter.greetAll([{ first: 5 }]), { name: 'TypeError', message: /first/ });
  assert.throws(() => greeter.greet({}), { name: 'TypeError', message: /word\.text/ });
});

test('the modules themselves, each by its own name', async () => {
  assert.equal(names.full({ first: 'Ada' }), 'Ada ?');
  assert.deepEqual(await words.translate({ text: 'abc' }), { text: 'cba', language: 'backwards' });
  assert.equal(greeter.translate, undefined);
  assert.equal(typeof greeter.words, 'function');
});

test('an enum and an instance of another module', async () => {
  const speaker = new words.Speaker('A');
  const greeting = { word: { text: 'ab' }, name: { first: 'Grace' }, tone: 'loud' };
  assert.equal(await greeter.longestName(greeting, speaker), 'A: GRACE');
  assert.equal(await greeter.longestName({ ...greeting, tone: 'quiet' }, speaker), 'A: grace');
  assert.ok(greeter.makeSpeaker() instanceof words.Speaker);
  assert.equal(greeter.makeSpeaker().name, 'somebody');
  await assert.rejects(async () => greeter.longestName(greeting, {}), { name: 'TypeError', message: /Speaker/ });
});

test('an error of another module has its code, and is that error when it comes back', async () => {
  await assert.rejects(greeter.greet({ text: '' }), (error) => {
    assert.ok(words.isWordError(error));
    assert.equal(error.code, 'unknown');
    assert.equal(error.value, 'nothing');
    return true;
  });
  const find = async (text) => {
    if (text === 'x') throw Object.assign(new Error('not there'), { domain: 'words.WordError', code: 'unknown', value: text });
    return { text: text.toUpperCase() };
  };
  assert.equal(await greeter.look('ab', find), 'AB');
  assert.equal(await greeter.look('x', find), 'no x');
});

test('every environment has its own', async () => {
  const worker = new Worker(`
    const { parentPort, workerData } = require('node:worker_threads');
    const greeter = require(workerData), words = require(workerData + '/words');
    parentPort.postMessage(greeter.makeSpeaker() instanceof words.Speaker && new words.Speaker('x').name);`,
  { eval: true, workerData: process.env.TENON_TEST_PACKAGE });
  const [answer] = await Promise.all([new Promise((resolve) => worker.once('message', resolve)),
    new Promise((resolve) => worker.once('exit', resolve))]);
  assert.equal(answer, 'x');
});

test('import has the same', async () => {
  const module = await import(`${process.env.TENON_TEST_PACKAGE}/words.mjs`);
  assert.equal(module.Speaker, words.Speaker);
});
