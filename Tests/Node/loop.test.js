'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { addon, run } = require('./support.js');

test('tasks, sleeps and the main actor run on the thread of the loop', async () => {
  const { here, task, afterSleep, main } = await addon.threads();
  assert.equal(task, here);
  assert.equal(afterSleep, here);
  assert.equal(main, here);
});

test("a guest's calls run on the loop, and tasks that name no executor on Dispatch's threads", async () => {
  process.env.TENON_TEST_GUEST = 'yes';
  const running = run('addon.guestThreads().then((threads) => console.log(JSON.stringify(threads)));');
  delete process.env.TENON_TEST_GUEST;
  const { code, stdout, stderr } = await running;
  assert.equal(code, 0, stderr);
  const threads = JSON.parse(stdout);
  assert.equal(threads.after, threads.here);
  assert.notEqual(threads.task, threads.here);
});

test('the addon has no thread of its own', async () => {
  const { stdout } = await run(`
    addon.threads().then(() => {
      const after = addon.threadCount();
      console.log(after);
    });`);
  const { stdout: without } = await run(`setTimeout(() => console.log(addon.threadCount()), 1);`);
  assert.equal(stdout, without);
});

test('an addon that is loaded, or idle, does not keep the process alive', async () => {
  assert.equal((await run('')).code, 0);
  assert.deepEqual(await run(`addon.greet('x').then(console.log)`), {
    code: 0, signal: null, stdout: 'Hello, x\n', stderr: '',
  });
});

test('pending work keeps the process alive until it has settled', async () => {
  const { stdout, code } = await run(`addon.sleep(50).then((time) => console.log('slept', time));`);
  assert.equal(stdout, 'slept 50\n');
  assert.equal(code, 0);
});

test('a pending stream keeps the process alive while somebody waits for it', async () => {
  const { stdout } = await run(`
    (async () => {
      let count = 0;
      for await (const item of addon.numbers(500)) count++;
      console.log(count);
    })();`);
  assert.equal(stdout, '500\n');
});

test('a child process that is spawned meanwhile gets nothing, and takes nothing', async () => {
  const { stdout } = await run(`
    const slow = addon.sleep(30);
    const { execFileSync } = require('node:child_process');
    const fds = execFileSync('sh', ['-c', 'ls -l /proc/self/fd'], { encoding: 'utf8' });
    console.log(/eventfd/.test(fds));
    slow.then(() => console.log('slept'));`);
  assert.equal(stdout, 'false\nslept\n');
});
test('unref: pending work does not keep the process alive', async () => {
  const { stdout, code } = await run(`
    addon.setReferenced(false);
    addon.sleep(3600_000);
    process.on('exit', () => console.log('exit'));`);
  assert.equal(stdout, 'exit\n');
  assert.equal(code, 0);
  const again = await run(`
    addon.setReferenced(false);
    addon.setReferenced(true);
    addon.sleep(20).then(() => console.log('slept'));`);
  assert.equal(again.stdout, 'slept\n');
});
