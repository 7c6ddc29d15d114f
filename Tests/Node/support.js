'use strict';
// What the tests share: the addon, and node programs of their own.
const { spawn } = require('node:child_process');
const path = require('node:path');

const file = process.env.TENON_TEST_ADDON ?? path.join(__dirname, 'addon.node');

const seconds = Number(process.env.TENON_TEST_SECONDS ?? 60);

// Runs JavaScript in a process of its own, with the addon as `addon`. What it prints, and how it ended.
function run(source, { flags = [], killAfterOutput } = {}) {
  const program = `const addon = require(${JSON.stringify(file)});\n${source}`;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...flags, '-e', program], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = { stdout: '', stderr: '' };
    const timeout = setTimeout(() => child.kill('SIGKILL'), 1000 * seconds); // it hangs
    child.stdout.on('data', (data) => {
      output.stdout += data;
      if (killAfterOutput) child.kill(killAfterOutput);
    });
    child.stderr.on('data', (data) => (output.stderr += data));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timeout);
      resolve({ code, signal, ...output });
    });
  });
}

// Before 18.18 listeners of a signal can stop each other, and Node's own code uses what others have patched.
const isEarly = !require('node:events').addAbortListener && 'Node is older than 18.18';

// Until a condition holds.
async function until(condition) {
  while (!(await condition())) await new Promise(setImmediate);
}

module.exports = { addon: require(file), file, isEarly, seconds, run, until };
