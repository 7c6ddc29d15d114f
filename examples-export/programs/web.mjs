// web.c in JavaScript.
import { fetch, upload, isWebError } from 'web';

const messages = { badURL: 'a bad URL', unreachable: 'unreachable', timedOut: 'timed out', alreadyRead: 'already read' };
function show(error) {
  if (!isWebError(error)) throw error;
  console.log(messages[error.code]);
}

const server = `http://127.0.0.1:${process.argv[2]}`;
let response = await fetch({ url: `${server}/greeting`, headers: { 'X-Name': 'Ada', 'Accept-Language': 'en' } });
console.log(`${response.status}: ${response.headers['x-greeting']}`);

let size = 0;
response = await fetch({ url: `${server}/million` });
for await (const piece of response.body()) size += piece.length;
console.log(`${size} bytes`);
await response.body().next().catch(show);

async function* words() {
  for (const word of ['one ', 'two ', 'three']) yield new TextEncoder().encode(word);
}
response = await upload({ url: `${server}/echo`, method: 'post' }, words());
let text = '';
for await (const piece of response.body()) text += Buffer.from(piece);
console.log(text);

response = await fetch({ url: `${server}/endless` });
for await (const _ of response.body()) break; // nobody wants the rest
await fetch({ url: `${server}/gone` });
console.log('the endless body has ended');

for (const request of [{ url: 'nowhere' }, { url: `${server}/hangs-up` }, { url: `${server}/silent`, timeout: 100 }])
  await fetch(request).catch(show);

const stop = new AbortController();
const waiting = fetch({ url: `${server}/never` }, { signal: stop.signal });
await fetch({ url: `${server}/arrived` });
stop.abort();
await waiting.catch((error) => {
  if (error.name !== 'AbortError') throw error;
  console.log('the request is cancelled');
});
await fetch({ url: `${server}/gone` });
console.log('and its connection is closed');
