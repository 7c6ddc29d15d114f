'use strict';
// bench.js WORKLOAD SUBJECT ITERATIONS: prints one line of JSON, as the other programs do.
const path = require('node:path');
const { performance, monitorEventLoopDelay } = require('node:perf_hooks');

const [workload, subject, iterationsText] = process.argv.slice(2);
const iterations = Number(iterationsText);
const build = process.env.BUILD_NODE ?? __dirname;
const load = (name) => require(path.join(build, name));
const now = () => performance.now() * 1e6;

// What gives a promise for a number plus one.
function increment() {
  if (subject === 'tenon') return load('tenon.node').increment;
  if (subject === 'plain') return async (number) => number + 1;
  return load('peers.node')[subject];
}

// Nanoseconds for each call, so many of them in flight.
async function settle(lanes) {
  const call = increment();
  const lane = async (count) => {
    for (let index = 0; index < count; index++) {
      if ((await call(index)) !== index + 1) throw new Error('wrong result');
    }
  };
  const run = (count) => Promise.all(Array.from({ length: lanes }, () => lane(Math.ceil(count / lanes))));
  await run(iterations / 10);
  const start = now();
  await run(iterations);
  return (now() - start) / iterations;
}

// Nanoseconds for each item of `for await`.
async function stream() {
  const { Readable } = require('node:stream');
  const make = {
    tenon: () => load('tenon.node').numbers(iterations),
    readable: () => {
      let next = 0;
      return new Readable({
        objectMode: true,
        highWaterMark: 64,
        read() { this.push(next < iterations ? next++ : null); },
      });
    },
    generator: async function* () {
      for (let index = 0; index < iterations; index++) yield index;
    },
  }[subject];
  let sum = 0;
  const start = now();
  for await (const item of make()) sum += item;
  const end = now();
  if (sum !== (iterations * (iterations - 1)) / 2) throw new Error('wrong items');
  return (end - start) / iterations;
}

// Milliseconds, at p99, for which the loop is late while so many calls complete.
async function delay() {
  const call = increment();
  await call(1);
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  // Nothing is kept of them: a hundred thousand promises that live on are the collector's work, and it would be measured.
  let completed = 0;
  const complete = () => completed++;
  for (let begun = 0; begun < iterations; begun += 1000) {
    for (let index = 0; index < 1000; index++) call(index).then(complete);
    await new Promise(setImmediate);
  }
  while (completed < iterations) await new Promise(setImmediate);
  histogram.disable();
  return histogram.percentile(99) / 1e6;
}

// Milliseconds that require() takes.
function load_() {
  const start = now();
  if (subject === 'tenon') load('tenon.node');
  else load('peers.node');
  return (now() - start) / 1e6;
}

const workloads = { 'settle-1024': () => settle(1024), 'settle-1': () => settle(1), stream, delay, load: load_ };
Promise.resolve(workloads[workload]()).then((value) => {
  console.log(JSON.stringify({ workload: `node-${workload}`, subject, value }));
  process.exit(0); // the peers' thread goes with the process
});
