'use strict';
// A deadlock across a Swift task, a call, its future and a promise of JavaScript's: from inside, and then `tenon why` looks.
const assert = require('node:assert/strict');
const { visit } = require(process.argv[2]);
const inspect = require(process.argv[3]);

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
  return visit(['x'], () => {
    called();
    return held;
  });
}
const call = beginVisit();

async function answerLater() {
  await call;
  settle();
}
answerLater();
inspect.setWait(held, call, 'answerLater()');

isCalled.then(() =>
  setImmediate(() => {
    const snapshot = inspect.snapshot();
    const why = snapshot.explain(call);
    assert.ok(why.isDeadlock && why.cycleStart === 0, why.text);
    assert.equal(snapshot.cycles.length, 1);
    const title = (id) => snapshot.nodes.find((node) => node.id === id);
    const kinds = why.chain.map((id) => title(id).kind);
    assert.deepEqual(kinds, ['future', 'task', 'future', 'promise'], why.text);
    assert.equal(title(why.chain[0]).name, 'visit');
    assert.match(title(why.chain[0]).source, /languages\.js:\d+ \(beginVisit\)$/);
    assert.match(why.text, /JavaScript's promise 0x\w+ awaits call visit \(future \d+\), at .*languages\.js:\d+/);
    assert.match(snapshot.why, /^deadlock: 4 wait for each other/m);
    assert.equal(inspect.explain(Promise.resolve()), undefined);
    stop();
    console.log('stuck', process.pid);
  }),
);
setInterval(() => {}, 1e6);
