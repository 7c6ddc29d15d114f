'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { mkdtemp, mkdir, writeFile, rm } = require('node:fs/promises');
const { spawn } = require('node:child_process');
const os = require('node:os');
const path = require('node:path');
const { search } = require('..');

async function withFolder(files, body) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'search-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      await writeFile(path.join(folder, name), text);
    }
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function all(iterable) {
  const items = [];
  for await (const item of iterable) items.push(item);
  return items;
}

test('finds lines, with their numbers', () =>
  withFolder({ 'a.txt': 'one\ntwo needle\nthree', 'b/c.txt': 'needle\n', 'b/binary': 'needle\0' }, async (folder) => {
    const matches = await all(search('needle', folder));
    matches.sort((left, right) => (left.path < right.path ? -1 : 1));
    assert.deepEqual(matches, [
      { path: path.join(folder, 'a.txt'), line: 2, text: 'two needle' },
      { path: path.join(folder, 'b/c.txt'), line: 1, text: 'needle' },
    ]);
  }));

test('is an ES module, too', () =>
  withFolder({ 'a.txt': 'x' }, async (folder) => {
    const module = await import('../index.mjs');
    assert.equal((await all(module.search('x', folder))).length, 1);
  }));

test('reads no more files than it must', () => {
  const files = Object.fromEntries([...Array(300).keys()].map((index) => [`${index}.txt`, 'needle\n'.repeat(100)]));
  return withFolder(files, async (folder) => {
    let opened = 0;
    for await (const match of search('needle', folder, { onFile: () => opened++ })) {
      assert.equal(match.text, 'needle');
      break;
    }
    assert.ok(opened < 100, String(opened));
  });
});

test('ends with the signal', () =>
  withFolder({ 'a.txt': 'needle\n'.repeat(10_000) }, async (folder) => {
    const controller = new AbortController();
    const reason = new Error('enough');
    await assert.rejects(async () => {
      for await (const match of search('needle', folder, { signal: controller.signal })) {
        if (match.line === 10) controller.abort(reason);
      }
    }, (error) => error === reason);
  }));

test('a folder that is not there is the error of the file system', async () => {
  await assert.rejects(all(search('x', '/nowhere/at/all')), { code: 'ENOENT', syscall: 'opendir' });
});

test('a wrong pattern is a TypeError', () => {
  assert.throws(() => search(5, '.'), { name: 'TypeError', message: /"pattern"/ });
});

test('the demo ends with Ctrl-C', () =>
  withFolder({ 'a.txt': 'needle\n'.repeat(200_000) }, async (folder) => {
    const demo = spawn(process.execPath, [path.join(__dirname, '../demo.js'), 'needle', folder]);
    let errors = '';
    demo.stdout.once('data', () => {
      demo.stdout.resume();
      demo.kill('SIGINT');
    });
    demo.stderr.on('data', (data) => (errors += data));
    const code = await new Promise((resolve) => demo.once('close', resolve));
    assert.equal(code, 130);
    assert.match(errors, /interrupted/);
  }));
