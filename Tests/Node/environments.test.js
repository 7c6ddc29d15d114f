'use strict';
// Environments come and go: worker threads, terminate(), exit in the middle of work. Each case is a process of its own, that
// must end by itself, with the code or the signal that it should, and with nothing on stderr that speaks of a crash.
const test = require('node:test');
const assert = require('node:assert/strict');
const { file, run, seconds } = require('./support.js');

const rounds = Number(process.env.TENON_TEST_ROUNDS ?? 10);

// What a worker does that is in the middle of everything. `load` is not a variable: each worker loads the addon by itself.
const busy = `
  const addon = require(${JSON.stringify(file)});
  const { parentPort } = require('node:worker_threads');
  const ignore = () => {};
  for (let index = 0; index < 300; index++) {
    addon.sleep(index % 3 ? 1 : 3_600_000).catch(ignore);
    addon.slowToEnd(3).catch(ignore);
    addon.call(() => addon.count(3), null).catch(ignore);
    addon.call(() => new Promise(ignore), null).catch(ignore);
    addon.callWithSignal(() => new Promise(ignore)).catch(ignore);
    addon.sleep(3_600_000, { signal: new AbortController().signal }).catch(ignore);
    addon.hold(new Uint8Array(100)).catch(ignore);
    addon.holdObject(new Map()).catch(ignore);
    addon.filled(1000, 1).catch(ignore);
    addon.passOn(() => { throw new Error('x'); }).catch(ignore);
  }
  addon.notifyForever(ignore);
  for (let index = 0; index < 10; index++) {
    addon.numbers(1e9).next().catch(ignore);
    addon.collect((async function* () { for (;;) { yield 1; await null; await new Promise(setImmediate); } })()).catch(ignore);
    addon.through((async function* () { await new Promise(ignore); })()).next().catch(ignore);
  }
  (async () => { for await (const item of addon.numbers(1e9)) if (item % 1000 === 0) await null; })().catch(ignore);
  parentPort?.postMessage('busy');
`;

async function passes(source, { code = 0, signal = null, stdout, flags } = {}) {
  const ended = await run(source, { flags });
  assert.deepEqual([ended.code, ended.signal], [code, signal], ended.stderr + ended.stdout);
  assert.doesNotMatch(ended.stderr, /fatal|abort|sanitizer|assertion/i);
  if (stdout !== undefined) assert.equal(ended.stdout, stdout, ended.stderr);
  return ended;
}

const workers = `
  const { Worker } = require('node:worker_threads');
  const start = (source) => new Worker(source, { eval: true });
  const message = (worker) => new Promise((resolve) => worker.once('message', resolve));
  const exit = (worker) => new Promise((resolve) => worker.once('exit', resolve));
`;

test('a worker that is terminated with thousands of calls in flight', async () => {
  await passes(`${workers}
    (async () => {
      for (let round = 0; round < ${rounds}; round++) {
        const worker = start(${JSON.stringify(busy)});
        await message(worker);
        await worker.terminate();
        addon.letGoElsewhere();
      }
      console.log(await addon.greet('main'));
    })();`, { stdout: 'Hello, main\n' });
});

test('terminated while its JavaScript spins and completions queue up', async () => {
  await passes(`${workers}
    (async () => {
      for (let round = 0; round < ${rounds}; round++) {
        const worker = start(${JSON.stringify(busy)} + 'for (;;);');
        await message(worker);
        await worker.terminate();
      }
    })();`);
});

test('the addon in workers only, again and again: its image stays', async () => {
  const { code, signal, stdout, stderr } = await runAlone(`${workers}
    (async () => {
      for (let round = 0; round < ${rounds}; round++) {
        const worker = start(${JSON.stringify(busy)});
        await message(worker);
        await worker.terminate();
      }
      console.log('done');
    })();`);
  assert.deepEqual([code, signal, stdout], [0, null, 'done\n'], stderr);
});

test('a worker that ends by itself, with its work done', async () => {
  await passes(`${workers}
    (async () => {
      for (let round = 0; round < ${rounds}; round++) {
        const worker = start('const addon = require(${JSON.stringify(file)});' +
          'addon.greet("w").then((text) => require("worker_threads").parentPort.postMessage(text))');
        const [text, code] = await Promise.all([message(worker), exit(worker)]);
        if (text !== 'Hello, w' || code !== 0) throw new Error(text + code);
      }
    })();`);
});

test('four workers and the main thread at once; one dies, the others go on', async () => {
  await passes(`${workers}
    (async () => {
      const serve = 'const addon = require(${JSON.stringify(file)}); const { parentPort } = require("worker_threads");' +
        'parentPort.on("message", async (n) => { let sum = 0; for (let i = 0; i < n; i++) sum = await addon.add(sum, i);' +
        ' for await (const item of addon.numbers(100)) sum += item; parentPort.postMessage(sum); });';
      const all = [0, 1, 2, 3].map(() => start(serve));
      const ask = (worker) => { const answer = message(worker); worker.postMessage(200); return answer; };
      for (let round = 0; round < 3; round++) {
        const dying = start(${JSON.stringify(busy)});
        await message(dying);
        const answers = all.map(ask);
        const [, ...sums] = await Promise.all([dying.terminate(), ...answers, addon.add(1, 2)]);
        if (String(sums) !== [24850, 24850, 24850, 24850, 3].join()) throw new Error(String(sums));
      }
      await Promise.all(all.map((worker) => worker.terminate()));
      console.log('done');
    })();`, { stdout: 'done\n' });
});

test('the main actor and plain tasks go on when the environment that had them is gone', async () => {
  const { code, stdout, stderr } = await runAlone(`${workers}
    (async () => {
      const first = start('const addon = require(${JSON.stringify(file)}); addon.threads().then((t) =>' +
        ' require("worker_threads").parentPort.postMessage(t.main === t.here)); setInterval(() => {}, 1000);');
      console.log(await message(first));
      const addon = require(${JSON.stringify(file)});
      await addon.greet('second');
      await first.terminate();
      const { here, task, afterSleep, main } = await addon.threads();
      console.log(task === here, afterSleep === here, main === here);
    })();`);
  assert.equal(stdout, 'true\ntrue true true\n', stderr);
  assert.equal(code, 0);
});

test('a worker that hits its heap limit with work in flight', async () => {
  await passes(`${workers}
    const worker = new Worker(${JSON.stringify(busy)} + 'const kept = []; for (;;) kept.push(new Array(1000).fill({}));',
      { eval: true, resourceLimits: { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 4 } });
    worker.on('error', (error) => console.log(error.code));
    worker.on('exit', (code) => console.log(code));`, { stdout: 'ERR_WORKER_OUT_OF_MEMORY\n1\n' });
});

test('a worker that calls process.exit() with work in flight', async () => {
  await passes(`${workers}
    const worker = start(${JSON.stringify(busy)} + 'setImmediate(() => process.exit(5));');
    worker.on('exit', (code) => console.log(code));`, { stdout: '5\n' });
});

test('process.exit() inside a function that Swift calls', async () => {
  await passes(`addon.call(() => process.exit(7), null);`, { code: 7 });
  await passes(`${workers}
    const worker = start('require(${JSON.stringify(file)}).call(() => process.exit(6), null)');
    worker.on('exit', (code) => console.log(code));`, { stdout: '6\n' });
});

test('process.exit() with work in flight has its code', async () => {
  for (const code of [0, 3]) await passes(`${busy.replace('const addon', '//')} setImmediate(() => process.exit(${code}));`, { code });
  await passes(`${busy.replace('const addon', '//')} process.exit(4);`, { code: 4 });
});

test('an uncaught exception with work in flight', async () => {
  const { code } = await run(`${busy.replace('const addon', '//')} setImmediate(() => { throw new Error('end'); });`);
  assert.equal(code, 1);
});

test('SIGTERM with work in flight is what it dies of', async () => {
  const { signal } = await run(`${busy.replace('const addon', '//')} setImmediate(() => console.log('busy'));`, {
    killAfterOutput: 'SIGTERM',
  });
  assert.equal(signal, 'SIGTERM');
});

test('work that is started in an exit handler never comes, and does no harm', async () => {
  await passes(`process.on('exit', () => {
      ${busy.replace('const addon', '//')}
      addon.greet('late').then(() => console.log('never'));
      console.log('exit');
    });`, { stdout: 'exit\n' });
});

test('natural exit with unreferenced work in flight', async () => {
  await passes(`addon.setReferenced(false);
    for (let index = 0; index < 2000; index++) { addon.sleep(3_600_000); addon.slowToEnd(2); addon.stubborn(); }
    addon.collect((async function* () { yield 1; await new Promise(() => {}); })());`, { stdout: '' });
});

test('work that ignores its cancel holds up the end no longer than it may', async () => {
  await passes(`${workers}
    (async () => {
      const worker = start('const addon = require(${JSON.stringify(file)}); for (let i = 0; i < 1000; i++) addon.stubborn();' +
        'require("worker_threads").parentPort.postMessage(1);');
      await message(worker);
      await worker.terminate();
    })();`);
});

test('loaded twice in one environment it is the same, once', async () => {
  await passes(`
    const path = require.resolve(${JSON.stringify(file)});
    delete require.cache[path];
    const again = require(path);
    Promise.all([addon.greet('a'), again.greet('b')]).then((texts) => console.log(texts.join()));`,
    { stdout: 'Hello, a,Hello, b\n' });
});

test('two addons, each with a Tenon and a Swift runtime of its own', async () => {
  const { copyFileSync, mkdtempSync, rmSync } = require('node:fs');
  const path = require('node:path');
  const folder = mkdtempSync(path.join(require('node:os').tmpdir(), 'addon-'));
  try {
    const other = path.join(folder, 'other.node');
    copyFileSync(file, other);
    await passes(`
      const other = require(${JSON.stringify(other)});
      (async () => {
        console.log(await addon.greet('a'), await other.greet('b'));
        const [here, there] = await Promise.all([addon.threads(), other.threads()]);
        console.log(here.main === there.main);
        console.log(await other.collect(addon.numbers(3)), await addon.isStorm(() => other.storm()).catch((e) => e.name));
      })();`, { stdout: 'Hello, a Hello, b\ntrue\n[ 0, 1, 2 ] WeatherError\n' });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a vm context and an ES module use it, too', async () => {
  await passes(`
    const vm = require('node:vm');
    vm.runInNewContext('echo({ a: [1] })', { echo: addon.echo }).then((value) => console.log(value.a[0]));`, { stdout: '1\n' });
  await passes(`import('node:module').then(({ createRequire }) =>
    createRequire(process.cwd() + '/x.mjs')(${JSON.stringify(file)}).greet('esm')).then(console.log);`,
    { stdout: 'Hello, esm\n' });
});

// Without the addon in the main thread.
function runAlone(source) {
  const { spawn } = require('node:child_process');
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['-e', source], { stdio: ['ignore', 'pipe', 'pipe'] });
    const output = { stdout: '', stderr: '' };
    const timeout = setTimeout(() => child.kill('SIGKILL'), 1000 * seconds);
    child.stdout.on('data', (data) => (output.stdout += data));
    child.stderr.on('data', (data) => (output.stderr += data));
    child.on('close', (code, signal) => {
      clearTimeout(timeout);
      resolve({ code, signal, ...output });
    });
  });
}
