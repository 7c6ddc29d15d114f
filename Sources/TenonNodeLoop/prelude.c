/*
 * The part of the adapter that is simpler to say in JavaScript: attach.c runs it once for each
 * environment. What it keeps nobody outside can reach, so its cells are always what they should be. One text: its parts are in
 * prelude_*.h.
 */
#include "prelude.h"

const char tenon__node_prelude[] =
    R"javascript((function (native) {
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

)javascript"
#include "prelude_context.h"
#include "prelude_stream.h"
#include "prelude_trace.h"
    R"javascript(  return [
    makeError, rejectLater, originOf, describe, classify, isShrinkable, makeView, makeArray, adopt, watch, keepFrame,
    callInFrame, makeSignal, makeIterator, iterate, getContext, listContext, bindContext,
    trace,
  ];
}))javascript";

const size_t tenon__node_prelude_size = sizeof tenon__node_prelude - 1;
