// notes.c in JavaScript.
import { Notebook, isNotesError } from 'notes';

function show(error) {
  if (!isNotesError(error)) throw error;
  if (error.code === 'taken') console.log(`taken: ${error.title}`);
  else console.log(`sqlite ${error.sqliteCode}: ${error.message}`);
}

const notebook = await Notebook.open(process.argv[2] ?? ':memory:');
const added = await Promise.all(Array.from({ length: 600 }, (_, i) =>
  notebook.add({ title: `note ${i}`, body: '', stars: i % 6 })));
if (added.some((note) => note.id === undefined)) console.log('a note without an id');

await notebook.add({ title: 'note 7', body: '', stars: 0 }).catch(show);

const titles = [];
for await (const note of notebook.notes({ stars: 5 })) titles.push(note.title);
console.log(`${titles.length} notes with 5 stars, from ${titles[0]} to ${titles.at(-1)}`);

for await (const { columns: { notes, mean } } of notebook.query('SELECT count(*) AS notes, avg(stars) AS mean FROM note'))
  console.log(`${notes.value} notes, ${mean.value} stars`);

// It has no second row, and never ends. The signal interrupts it: an AsyncStream, which it is in Swift, then just ends.
const stop = new AbortController();
const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i = 1 OR i < 0';
for await (const _ of notebook.query(endless, { signal: stop.signal })) setImmediate(() => stop.abort());
const later = await notebook.add({ title: 'later', body: '', stars: 1 });
console.log(`interrupted; then stored ${later.title}`);

try {
  for await (const row of notebook.query('SELECT * FROM nowhere')) console.log(row);
} catch (error) {
  show(error);
}
