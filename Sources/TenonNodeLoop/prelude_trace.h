/* A part of prelude.c: what is known of calls while somebody listens. */
R"javascript(  // Tracing: what is known of calls while somebody listens to them, or TENON_TRACE is set

  const { captureStackTrace } = Error;
  const { for: symbolFor } = Symbol;
  const startsWith = method(String.prototype, 'startsWith');
  const slice = method(String.prototype, 'slice');
  const builtin = getBuiltinModule ?? ((name) => globalThis.process?.mainModule?.require(name));
  const { tracingChannel } = builtin('node:diagnostics_channel') ?? {};
  const calls = tracingChannel?.('tenon:call');
  const tracePromise = calls && method(getPrototypeOf(calls), 'tracePromise');
  const traceSync = calls && method(getPrototypeOf(calls), 'traceSync');
  const channels = calls ? [calls.start, calls.end, calls.asyncStart, calls.asyncEnd, calls.error] : [];
  const isForced = Boolean(globalThis.process?.env?.TENON_TRACE);
  let isTraced = false;
  let hasListeners = false;
  let hasWaits = false;

  function updateTraced() {
    hasListeners = false;
    for (let index = 0; index < channels.length; index++) hasListeners ||= channels[index].hasSubscribers;
    isTraced = isForced || hasListeners;
    setTraced(isTraced);
  }

  // A channel tells nobody who comes and goes: so what they call does.
  for (let index = 0; index < channels.length; index++) {
    const channel = channels[index];
    const names = keys({ subscribe: 0, unsubscribe: 0, bindStore: 0, unbindStore: 0 });
    for (let place = 0; place < names.length; place++) {
      const name = names[place];
      const known = getOwnPropertyDescriptor(channel, name)?.value; // another addon's
      const follow = (...args) => {
        const result = apply(known ?? getPrototypeOf(channel)[name], channel, args);
        updateTraced();
        return result;
      };
      define(channel, name, follow, false);
    }
  }
  updateTraced();

  // The innermost function outside of this and of Node, or one that called it.
  function callerSite(skipped) {
    const { stackTraceLimit } = Error;
    const holder = {};
    Error.stackTraceLimit = 16;
    captureStackTrace(holder);
    Error.stackTraceLimit = stackTraceLimit;
    const { stack } = holder;
    const line = /\n +at (?:async )?(?:([^\n]*?) \()?((?:file:\/\/)?[^()\n]+?):(\d+):\d+\)?(?=\n|$)/g;
    for (let found; typeof stack === 'string' && (found = exec(line, stack)) !== null; ) {
      const file = found[2];
      if (startsWith(file, 'node:') || file === '<anonymous>' || startsWith(file, 'evalmachine.')) continue;
      if (skipped-- > 0) continue;
      const path = startsWith(file, 'file://') ? slice(file, 7) : file;
      return { file: path, caller: found[1] ?? '(anonymous)', line: +found[3] };
    }
    return { file: 'JavaScript', caller: '', line: 0 };
  }

  // By promises: the futures of calls, the cells of what Swift waits for, and what those wait for.
  const futures = new WeakMap();
  const adopted = new WeakMap();
  const waits = new WeakMap();
  const get = getOrigin;
  const set = setOrigin;

  function noteAdopted(value, cell) {
    if (!isObject(value)) return;
    set(adopted, value, cell);
    const wait = get(waits, value);
    if (wait === undefined) return;
    const { on, what, site } = wait;
    setWait(cell, isObject(on) ? get(futures, on) : undefined, what, site.file, site.caller, site.line);
  }

  function trace(name, isPromise, self, callee, ...args) {
    const { file, caller, line } = callerSite(0);
    let future;
    const run = () => {
      enter(name, file, caller, line);
      try {
        return apply(callee, self, args);
      } finally {
        future = leave();
      }
    };
    const context = { name, arguments: args };
    const result = !hasListeners ? run() : (isPromise ? tracePromise : traceSync)(calls, run, context);
    if (future !== undefined && isObject(result)) set(futures, result, future);
    return result;
  }

  // For the package tenon-inspect, whose addon has a copy of none of this.
  const key = symbolFor('tenon.inspect');
  if (globalThis[key] === undefined) define(globalThis, key, [], false);
  globalThis[key][globalThis[key].length] = {
    __proto__: null,
    futureOf: (promise) => (isObject(promise) ? get(futures, promise) : undefined),
    setWait: (promise, on, what, site) => {
      hasWaits = true;
      set(waits, promise, { on, what, site });
      const cell = get(adopted, promise);
      if (cell !== undefined) noteAdopted(promise, cell);
    },
    callerSite,
  };

)javascript"
