'use strict';
const { opendir, readFile } = require('node:fs/promises');
const path = require('node:path');
const native = require('./search.node');

// The regular files below a folder, one after the other, with their contents.
async function* filesBelow(folder, onFile) {
  for await (const entry of await opendir(folder, { recursive: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath ?? entry.path, entry.name);
    onFile?.(file);
    yield { path: file, bytes: await readFile(file) };
  }
}

function search(pattern, folder, { signal, onFile } = {}) {
  return native.search(pattern, filesBelow(folder, onFile), { signal });
}

module.exports = { search };
