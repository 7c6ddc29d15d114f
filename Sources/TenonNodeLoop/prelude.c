/*
 * The part of the adapter that is simpler to say in JavaScript: attach.c runs it once for each
 * environment. What it keeps nobody outside can reach, so its cells are always what they should be.
 */
#include "prelude.h"

const char tenon__node_prelude[] = R"javascript((function (native) {
  // It takes what it needs of the platform now: later changes to globals do not matter. So no method of a
  // built-in object is called by its name below, and nothing is spread or destructured by iteration.
  'use strict';
  const {
    AbortController, Array, ArrayBuffer, Error, EventTarget, Object, Promise, Proxy, Reflect, RegExp, String, Symbol,
    TypeError, Uint8Array, WeakMap,
  } = globalThis;
  const { apply, construct } = Reflect;
  const { assign, defineProperty, freeze, getOwnPropertyDescriptor, getPrototypeOf, keys, setPrototypeOf } = Object;
  const { isArray } = Array;
  const { asyncIterator: asyncIteratorSymbol, dispose, iterator: iteratorSymbol } = Symbol;
  const getBuiltinModule = globalThis.process?.getBuiltinModule;
  const { AsyncLocalStorage } = getBuiltinModule?.('node:async_hooks') ?? {};
  const { addAbortListener } = getBuiltinModule?.('node:events') ?? {};
  const { settle, cancel, read, stop, onCancel, send, finish, useContext, startSpan, setWait, setTraced, enter, leave } = native;

  const method = (prototype, name) => {
    const { value, get } = getOwnPropertyDescriptor(prototype, name) ?? {};
    const callee = value ?? get;
    return callee && ((receiver, ...args) => apply(callee, receiver, args));
  };
  const then = method(Promise.prototype, 'then');
  const getOrigin = method(WeakMap.prototype, 'get');
  const setOrigin = method(WeakMap.prototype, 'set');
  const getSignal = method(AbortController.prototype, 'signal');
  const abort = method(AbortController.prototype, 'abort');
  const exec = method(RegExp.prototype, 'exec');
  const promiseResolve = Promise.resolve;
  const resolve = (value) => apply(promiseResolve, Promise, [value]);
  const resolved = resolve();
  const ignore = () => {};
  const isObject = (value) => (typeof value === 'object' && value !== null) || typeof value === 'function';

  // Errors

  // The errors of Tenon's that Errors were made of: so that they are the same when they come back.
  const origins = new WeakMap();
  const originOf = (value) => getOrigin(origins, value);

  const define = (object, name, value, enumerable) =>
    defineProperty(object, name, { __proto__: null, value, configurable: true, enumerable, writable: true });

  function makeError(origin, domain, name, code, message, cause, hasCause, details) {
    const error = hasCause ? new Error(message, { __proto__: null, cause }) : new Error(message);
    define(error, 'name', name, false);
    define(error, 'code', code, true);
    define(error, 'domain', domain, true);
    const names = details === undefined ? [] : keys(details);
    for (let index = 0; index < names.length; index++) define(error, names[index], details[names[index]], true);
    setOrigin(origins, error, origin);
    return error;
  }

  // A promise that is rejected in a microtask. An Error made in there has, as its stack, the async
  // functions that await it, which V8 finds by itself: so calls that succeed pay nothing for it.
  const rejectLater = (...parts) =>
    then(then(resolved, ignore), () => {
      throw apply(makeError, undefined, parts);
    });

  function describe(value) {
    if (value === null || value === undefined) return `${value}`;
    if (typeof value === 'object') return `an instance of ${value.constructor?.name || 'Object'}`;
    if (typeof value === 'function') return `function ${value.name}`;
    return `type ${typeof value}`;
  }

  // Values

  // What a proxy stands for, or an object without a prototype: an array, whose length this is, a plain
  // object (true), or another one (false).
  function classify(value) {
    if (isArray(value)) return value.length;
    const prototype = getPrototypeOf(value);
    return prototype === null || getPrototypeOf(prototype) === null;
  }

  // A buffer that may shrink, and so cannot be lent.
  const isResizable = method(ArrayBuffer.prototype, 'resizable');
  const isShrinkable = isResizable && ((buffer) => buffer instanceof ArrayBuffer && isResizable(buffer));

  const makeView = (buffer, offset, size) => new Uint8Array(buffer, offset, size);
  const makeArray = (...items) => items;

  // Promises

  // Settles a cell as a promise or thenable does.
  const adopt = (value, cell) => {
    if (isTraced || hasWaits) noteAdopted(value, cell);
    then(resolve(value), (result) => settle(cell, false, result), (reason) => settle(cell, true, reason));
  };

  // The option by which Node's own listeners cannot be stopped by an earlier one. Versions that have no
  // getBuiltinModule() keep it to themselves; but they ask for it.
  const options = { __proto__: null, once: true };
  if (!addAbortListener) {
    const get = (target, key) => {
      if (key?.description === 'kResistStopPropagation') options[key] = true;
    };
    new EventTarget().addEventListener('abort', ignore, new Proxy({}, { get }));
  }

  // Listens to a signal, and gives the function that stops that.
  const listen = addAbortListener
    ? (signal, listener) => {
        const listening = addAbortListener(signal, listener);
        return () => listening[dispose]();
      }
    : (signal, listener) => {
        signal.addEventListener('abort', listener, options);
        return () => signal.removeEventListener('abort', listener);
      };

  // Cancels a cell when the signal fires; gives the function that stops that.
  function watch(signal, cell) {
    if (signal === null || typeof signal !== 'object' || typeof signal.aborted !== 'boolean' ||
        typeof signal.addEventListener !== 'function') {
      const error = new TypeError(
        `The "signal" argument must be an AbortSignal. Received ${describe(signal)}`);
      error.code = 'ERR_INVALID_ARG_TYPE';
      throw error;
    }
    const onAbort = () => cancel(cell, signal.reason);
    if (!signal.aborted) return listen(signal, onAbort);
    onAbort();
    return ignore;
  }

  // Calls

  // Node-API's async contexts carry what AsyncLocalStorage has where that is kept by async_hooks, and
  // not where frames of V8's do it (Node 24): there a function's frame is kept beside it.
  const { bind, snapshot } = AsyncLocalStorage ?? {};
  const hasFrames = AsyncLocalStorage !== undefined && !('_enable' in AsyncLocalStorage.prototype);
  const keepFrame = hasFrames ? () => apply(snapshot, AsyncLocalStorage, []) : undefined;

  // Calls a function in its frame. A thenable is asked in there, too.
  const callInFrame = (frame, callee, ...args) =>
    frame(() => {
      const result = apply(callee, undefined, args);
      return isObject(result) ? resolve(result) : result;
    });

  // Binds a function to what AsyncLocalStorage has now.
  const bindToFrame = (callee) => (bind ? apply(bind, AsyncLocalStorage, [callee]) : callee);

  // What a function gets as its last argument, and the function that aborts it.
  function makeSignal() {
    const controller = new AbortController();
    return [{ signal: getSignal(controller) }, (reason) => abort(controller, reason)];
  }

  // Streams

  // The reader of a stream. It takes as many items at a time as there are.
  class StreamIterator {
    #cell;
    #unwatch;
    #items = [];
    #next = 0;
    #isDone = false;
    #waiting = 0;
    #last = resolved;

    constructor(cell, cancelCell, signal) {
      this.#cell = cell;
      this.#unwatch = signal === undefined || signal === null ? ignore : watch(signal, cancelCell);
    }

    next() {
      if (this.#waiting === 0 && this.#next < this.#items.length) {
        const items = this.#items;
        const index = this.#next++;
        const value = items[index];
        items[index] = undefined;
        return resolve({ value, done: false });
      }
      this.#waiting++;
      const result = this.#read(this.#last);
      this.#last = then(result, ignore, ignore);
      return result;
    }

    async #read(previous) {
      try {
        if (this.#waiting > 1) await previous;
        while (!this.#isDone) {
          if (this.#next < this.#items.length) {
            return { value: this.#items[this.#next++], done: false };
          }
          const items = read(this.#cell); // an array, a promise of more, or the end
          if (items === undefined) {
            this.#end();
          } else if (isArray(items)) {
            this.#items = items;
            this.#next = 0;
          } else {
            await items;
          }
        }
        return { value: undefined, done: true };
      } catch (error) {
        if (this.#isDone) return { value: undefined, done: true };
        // The stream's own end, or an item that has no form here: then the writer is told.
        await this.#cancel(true, error);
        throw error;
      } finally {
        this.#waiting--;
      }
    }

    #end() {
      this.#isDone = true;
      this.#items = [];
      this.#next = 0;
      this.#unwatch();
    }

    async #cancel(hasReason, reason) {
      if (this.#isDone) return;
      this.#end();
      // Settled when the writer has ended, however.
      await then(stop(this.#cell, hasReason, reason), ignore, ignore);
    }

    async return(value) {
      const result = (async () => ({ value: await value, done: true }))();
      then(result, ignore, ignore); // it may be rejected before anybody has it
      await this.#cancel(false);
      return result;
    }

    async throw(error) {
      await this.#cancel(true, error);
      throw error;
    }
  }
  const generator = getPrototypeOf((async function* () {}).prototype);
  setPrototypeOf(StreamIterator.prototype, getPrototypeOf(generator));
  define(StreamIterator.prototype, Symbol.toStringTag, 'StreamIterator', false);

  const makeIterator = (...parts) => construct(StreamIterator, parts);

  // Calls return(), if there is one.
  async function close(iterator) {
    const callee = iterator.return;
    if (callee !== undefined && callee !== null) await apply(callee, iterator, []);
  }

  // Writes a stream of what an iterable gives, as `for await` reads it: each method is looked up once.
  async function pump(iterable, start, isAsync, cell) {
    let iterator;
    let ending; // of the one call of return(), or that there is none to be made
    const end = () => (ending ??= close(iterator));
    try {
      iterator = apply(start, iterable, []);
      if (!isObject(iterator)) throw new TypeError(`${describe(iterator)} is not an iterator`);
      const { next } = iterator;
      onCancel(cell, bindToFrame(() => void then(end(), ignore, ignore)));
      for (;;) {
        let item, isDone;
        try {
          item = apply(next, iterator, []);
          if (isAsync) item = await item;
          if (!isObject(item)) throw new TypeError(`Iterator result ${describe(item)} is not an object`);
          isDone = item.done;
        } catch (error) {
          ending ??= resolved; // by itself
          throw error;
        }
        if (isDone) {
          ending ??= resolved;
          break;
        }
        let sent;
        try {
          const value = isAsync ? item.value : await item.value;
          while (isObject((sent = send(cell, value)))) await then(sent, ignore, ignore);
        } catch (error) {
          await then(end(), ignore, ignore); // the item has no form in Swift
          throw error;
        }
        if (!sent) {
          end();
          break;
        }
      }
      await ending;
      finish(cell, false);
    } catch (error) {
      finish(cell, true, error);
    }
  }

  // What writes a stream of a value to a cell; undefined, if it is not iterable.
  function iterate(value) {
    if (value === undefined || value === null) return undefined;
    const start = value[asyncIteratorSymbol];
    const isAsync = start !== undefined && start !== null;
    const callee = isAsync ? start : value[iteratorSymbol];
    return typeof callee === 'function' ? (cell) => void pump(value, callee, isAsync, cell) : undefined;
  }

  // Contexts

  // What calls carry, of all packages in this realm: whoever uses it first makes it, and the others are told.
  const shared = (globalThis[Symbol.for('tenon.context')] ??= { __proto__: null, storage: undefined, users: [] });
  const runIn = AsyncLocalStorage && method(AsyncLocalStorage.prototype, 'run');
  const getStore = AsyncLocalStorage && method(AsyncLocalStorage.prototype, 'getStore');
  if (shared.storage) useContext();
  else shared.users[shared.users.length] = useContext;

  function useStorage() {
    if (shared.storage) return shared.storage;
    if (!AsyncLocalStorage) throw new Error('What calls carry needs Node 20.16 or later');
    shared.storage = new AsyncLocalStorage();
    for (let index = 0; index < shared.users.length; index++) shared.users[index]();
    return shared.storage;
  }

  const currentTexts = () => (shared.storage ? getStore(shared.storage) : undefined);

  // Names and texts, in turn; undefined: there are none.
  function listContext() {
    const texts = currentTexts();
    if (!texts) return undefined;
    const list = [];
    const names = keys(texts);
    for (let index = 0; index < names.length; index++) list[2 * index] = names[index], list[2 * index + 1] = texts[names[index]];
    return list;
  }

  // A function that has these texts, whoever calls it.
  const bindContext = (texts, callee) => {
    const storage = useStorage();
    freeze(setPrototypeOf(texts, null));
    return function (...args) {
      return runIn(storage, texts, () => apply(callee, this, args));
    };
  };

  const hasNul = (text) => exec(/\0/, text) !== null;

  function refuseText(name, value) {
    const error = new TypeError(`"${name}" must be a string without NUL, or undefined. Received ${describe(value)}`);
    error.code = 'ERR_INVALID_ARG_TYPE';
    throw error;
  }

  const callContext = freeze({
    run(texts, callee) {
      if (texts === null || typeof texts !== 'object') refuseText('texts', texts);
      const all = assign({ __proto__: null }, currentTexts());
      const names = keys(texts);
      for (let index = 0; index < names.length; index++) if (names[index] === 'traceparent') delete all.tracestate;
      for (let index = 0; index < names.length; index++) {
        const name = names[index];
        const text = texts[name];
        if (text === undefined) delete all[name];
        else if (typeof text === 'string' && !hasNul(text) && !hasNul(name)) all[name] = text;
        else refuseText(name, text);
      }
      return runIn(useStorage(), freeze(all), () => callee());
    },
    get current() {
      return currentTexts();
    },
    startSpan() {
      const texts = currentTexts();
      const span = startSpan(texts?.traceparent, texts?.tracestate);
      const traceparent = span[0];
      const tracestate = span[1];
      return tracestate === '' ? { traceparent } : { traceparent, tracestate };
    },
  });
  const getContext = () => callContext;

  // Tracing: what is known of calls while somebody listens to them, or TENON_TRACE is set

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

  return [
    makeError, rejectLater, originOf, describe, classify, isShrinkable, makeView, makeArray, adopt, watch, keepFrame,
    callInFrame, makeSignal, makeIterator, iterate, getContext, listContext, bindContext,
    trace,
  ];
}))javascript";

const size_t tenon__node_prelude_size = sizeof tenon__node_prelude - 1;
