'use strict';
// A deadlock across a Swift task, a call, its future and a promise of JavaScript's, with "stream" also across a stream and a second
// call: from inside, and then `tenon why` looks.
const assert = require('node:assert/strict');
const { visit, relayIn, relayOut } = require(process.argv[2]);
const inspect = require(process.argv[3]);
const hasStream = process.argv[4] === 'stream';

const stop = inspect.trace();
let settle;
const held = new Promise((resolve) => {
  settle = resolve;
});

let called;
const isCalled = new Promise((resolve) => {
  called = resolve;
});

function beginVisit() {
  const visitor = () => {
    called();
    return held;
  };
  if (!hasStream) return visit(['x'], visitor);
  relayOut(visitor);
  return relayIn();
}
const call = beginVisit();

async function answerLater() {
  await call;
  settle();
}
answerLater();
inspect.setWait(held, call, 'answerLater()');

const expected = {
  name: hasStream ? 'relayIn' : 'visit',
  kinds: ['future', 'task', ...(hasStream ? ['stream', 'future', 'task'] : []), 'future', 'promise'],
};

// Until all of them wait.
function look() {
  const snapshot = inspect.snapshot();
  const why = snapshot.explain(call);
  if (!why.isDeadlock) return void setTimeout(look, 10);
  assert.equal(why.cycleStart, 0, why.text);
  assert.equal(snapshot.copies.length, 1);
  assert.equal(snapshot.copies[0].cycles.length, 1);
  assert.equal(snapshot.cycles.length, 1);
  const node = (id) => snapshot.nodes.find((other) => other.id === id);
  assert.deepEqual(why.chain.map((id) => node(id).kind), expected.kinds, why.text);
  assert.equal(node(why.chain[0]).name, expected.name);
  assert.match(node(why.chain[0]).source, /languages\.js:\d+ \(beginVisit\)$/);
  assert.match(why.text, new RegExp(
    `JavaScript's promise 0x\\w+ awaits call ${expected.name} \\(future \\d+\\), at .*languages\\.js:\\d+`));
  assert.match(snapshot.why, new RegExp(`^deadlock: ${expected.kinds.length} wait for each other`, 'm'));
  assert.equal(inspect.explain(Promise.resolve()), undefined);
  stop();
  console.log('stuck', process.pid);
}
isCalled.then(look);
setInterval(() => {}, 1e6);
