'use strict';
// node demo.js PATTERN [FOLDER]: prints the matches as they come, with a progress line on a terminal. Ctrl-C ends the search.
const { search } = require('./index.js');

const [pattern, folder = '.'] = process.argv.slice(2);
if (!pattern) {
  console.error('usage: node demo.js PATTERN [FOLDER]');
  process.exit(2);
}
const controller = new AbortController();
process.once('SIGINT', () => controller.abort(new Error('interrupted')));

let files = 0;
let matches = 0;
const line = (text) => process.stderr.isTTY && process.stderr.write(`\r\x1b[K${text}`);

async function main() {
  const onFile = () => ++files % 50 === 0 && line(`${files} files, ${matches} matches`);
  for await (const match of search(pattern, folder, { signal: controller.signal, onFile })) {
    matches++;
    line('');
    console.log(`${match.path}:${match.line}:${match.text}`);
  }
}

main()
  .catch((error) => {
    console.error(error.message);
    process.exitCode = controller.signal.aborted ? 130 : 1;
  })
  .finally(() => {
    line('');
    console.error(`${matches} matches in ${files} files`);
  });
