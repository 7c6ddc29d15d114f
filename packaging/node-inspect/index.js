'use strict';
// What there is in this process, and why something is not done: `tenon ps` and `tenon why` from inside. It sees each copy of
// Tenon, as packages bring their own.
const { tracingChannel } = require('node:diagnostics_channel');
const path = require('node:path');
const native = require('./inspect.node');

native.load(process.env.TENON_INSPECT_LIBRARY ?? path.join(__dirname, 'libtenon_inspect.so'));
const formats = { tree: 1, why: 2, json: 3 };

// What each addon with Tenon has said of itself.
const addons = () => globalThis[Symbol.for('tenon.inspect')] ?? [];

function idOf(what) {
  if (typeof what === 'bigint') return what;
  if (typeof what === 'string') return BigInt(what);
  for (const { futureOf } of addons()) {
    const future = futureOf(what);
    if (future !== undefined) return future;
  }
  return 0n;
}

class Snapshot {
  #handle = native.take();
  #copies;

  get tree() { return native.text(this.#handle, formats.tree); }
  get why() { return native.text(this.#handle, formats.why); }
  get copies() { return (this.#copies ??= JSON.parse(native.text(this.#handle, formats.json)).copies); }
  get nodes() { return this.copies.flatMap((copy) => copy.nodes); }
  get edges() { return this.copies.flatMap((copy) => copy.edges); }
  get cycles() { return this.copies.flatMap((copy) => copy.cycles); }
  get causes() { return this.copies.flatMap((copy) => copy.causes); }

  explain(what) {
    const [text, cycleStart, ...chain] = native.explain(this.#handle, idOf(what)) ?? [];
    if (text === undefined) return undefined;
    const ids = chain.map((id) => `0x${id.toString(16)}`);
    return { text, chain: ids, cycleStart: cycleStart < 0 ? undefined : cycleStart, isDeadlock: cycleStart >= 0 };
  }
}

const snapshot = () => new Snapshot();
const explain = (what) => snapshot().explain(what);

// Until the function that it gives is called, calls have the place that they were made from.
function trace() {
  const channel = tracingChannel('tenon:call');
  const listener = () => {};
  channel.start.subscribe(listener);
  return () => void channel.start.unsubscribe(listener);
}

function setWait(promise, on, what) {
  for (const addon of addons()) addon.setWait(promise, on, what, addon.callerSite(1));
}

module.exports = { Snapshot, explain, setWait, snapshot, trace };
