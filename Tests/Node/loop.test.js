'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { addon, run, until } = require('./support.js');

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

test('with a pool, code that blocks leaves the loop, and its results come back together', async () => {
  const { here } = await addon.threads();
  assert.equal(await addon.block(0), here);
  assert.equal(await addon.blockDetached(0), here);
  addon.setPool(2);
  try {
    // Each blocks until the loop has made some turns.
    for (const pass of [addon.passGate, addon.passGateDetached]) {
      let turns = 0;
      addon.closeGate();
      const timer = setInterval(() => ++turns === 20 && addon.openGate(), 1);
      assert.notEqual(await pass(), here);
      clearInterval(timer);
      assert.ok(turns >= 20, `${turns} turns`);
    }
    // They block until JavaScript, which is busy then, lets them go on.
    addon.closeGate();
    const entered = addon.gatesEntered();
    const passed = addon.gatesPassed();
    const many = Array.from({ length: 1000 }, () => addon.passGate());
    await until(() => addon.gatesEntered() > entered);
    const wakes = addon.wakes();
    addon.openGate();
    while (addon.gatesPassed() < passed + 1000);
    const threads = new Set(await Promise.all(many));
    assert.ok(!threads.has(here) && threads.size <= 2);
    assert.ok(addon.wakes() - wakes <= 5, `${addon.wakes() - wakes} wakes`);
  } finally {
    addon.setPool(0);
  }
  assert.equal(await addon.block(0), here);
  assert.throws(() => addon.setPool(-1), { code: -1 });
});

test('a worker that ends while its pool is busy ends, and so does the process', async () => {
  const { code, stderr } = await run(`
    const { Worker } = require('node:worker_threads');
    const worker = new Worker(\`
      const addon = require(process.env.TENON_TEST_ADDON);
      addon.setPool(2);
      for (let count = 0; count < 10; count++) addon.block(20);
      require('node:worker_threads').parentPort.postMessage('busy');
    \`, { eval: true });
    worker.on('message', () => worker.terminate().then(() => addon.setPool(2)).then(() => addon.block(5)).then(() => console.log('end')));`);
  assert.equal(code, 0, stderr);
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

test('a stream that nobody waits for does not keep the process alive, as no generator does', async () => {
  const cases = [
    'addon.numbers(1e9);', 'addon.silent();', 'addon.silent({ signal: new AbortController().signal });',
    '(async () => { const items = addon.numbers(1e9); console.log((await items.next()).value); globalThis.items = items; })();',
    '(async () => { const items = addon.numbers(1e9); console.log((await items.next()).value); })();',
    '(async () => { for await (const item of addon.numbers(1e9)) { console.log(item); await new Promise(() => {}); } })();',
    'addon.through(addon.numbers(1e9));',
  ];
  for (const source of cases) {
    const { code, signal, stdout, stderr } = await run(`${source} process.on('exit', () => console.log('exit'));`);
    assert.deepEqual([signal, stderr], [null, ''], source);
    assert.ok(code === 0 || code === 13, source);
    assert.match(stdout, /^(0\n)?exit\n$/, source);
  }
});

test('a wait for a stream keeps the process alive, and so does the end of one', async () => {
  const { stdout } = await run(`
    addon.silent();
    addon.sleep(30).then(() => console.log('slept'));
    (async () => {
      const items = addon.through((async function* () { await addon.taskSleep(60); yield 'late'; })());
      console.log((await items.next()).value);
      const { ended } = addon.writers();
      const silent = addon.silent();
      await addon.greet('so that it has begun');
      await silent.return();
      console.log(addon.writers().ended - ended);
    })();`);
  assert.equal(stdout, 'slept\nlate\n1\n');
});

test('a cancelled sleep keeps the process alive no longer', async () => {
  const cases = [
    `const controller = new AbortController();
     addon.taskSleep(3_600_000, { signal: controller.signal }).catch((error) => console.log(error.name));
     setTimeout(() => controller.abort(), 20);`,
    `addon.raced(10, 3_600_000).then(() => console.log('AbortError'));`,
    `const controller = new AbortController();
     for (let index = 0; index < 500; index++) addon.taskSleep(3_600_000, { signal: controller.signal }).catch(() => {});
     setTimeout(() => controller.abort(), 20);
     setTimeout(() => console.log('AbortError'), 40);`,
  ];
  for (const source of cases) {
    const { code, stdout, stderr } = await run(source);
    assert.deepEqual([code, stdout], [0, 'AbortError\n'], stderr);
  }
});

test('a task that sleeps keeps the process alive, though nobody waits for it', async () => {
  const { stdout } = await run(`addon.later(50, () => console.log('later'));`);
  assert.equal(stdout, 'later\n');
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
