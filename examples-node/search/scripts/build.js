'use strict';
// Builds search.node: the Swift package, with Tenon and the Swift runtime inside. Nothing is downloaded.
const { spawnSync } = require('node:child_process');
const { copyFileSync, existsSync } = require('node:fs');
const path = require('node:path');

const folder = path.join(__dirname, '..');
// A node that was not installed by the system has its headers beside it.
const headers = path.join(process.execPath, '..', '..', 'include');
const options = ['-c', 'release', '--package-path', path.join(folder, 'native'), '-Xswiftc', '-static-stdlib'];
if (existsSync(path.join(headers, 'node', 'node_api.h')) && headers !== '/usr/include') {
  options.push('-Xcc', `-I${headers}`);
}
if (process.env.SCRATCH) options.push('--scratch-path', process.env.SCRATCH);

function swift(...more) {
  const { status, stdout, error } = spawnSync('swift', ['build', ...options, ...more], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status === 0) return stdout;
  console.error(error?.message ?? stdout); // the compiler says what is wrong on stdout
  process.exit(1);
}

swift('--product', 'Search', '-Xlinker', '-s');
copyFileSync(path.join(swift('--show-bin-path').trim(), 'libSearch.so'), path.join(folder, 'search.node'));
console.log('built search.node');
