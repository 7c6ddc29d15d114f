// settings.c in JavaScript.
import { readFile } from 'node:fs/promises';
import { format, isSettingsError, parse } from 'settings';

function fail(yaml) {
  try {
    parse(yaml);
  } catch (error) {
    if (!isSettingsError(error)) throw error;
    if (error.code === 'syntax') console.log(`line ${error.line}, column ${error.column}: ${error.problem}`);
    else console.log(`mistaken: ${error.path}`);
  }
}

const server = parse(await readFile(process.argv[2], 'utf8'));
const listeners = server.listeners.map(({ host, port }) => ` ${host}:${port}`).join('');
const limits = server.limits ? `; ${server.limits.connections} connections` : '';
console.log(`${server.name} listens on${listeners}; ${Object.keys(server.labels).length} labels${limits}`);

process.stdout.write(format({ ...server, labels: {}, limits: { connections: 5, bytesPerSecond: 2.5 } }));

fail('name: web\nlisteners: [');
fail('name: web\nlisteners:\n  - {host: a, port: http}');
fail('name: web');
