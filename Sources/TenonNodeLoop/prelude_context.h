/* A part of prelude.c: what calls carry. */
R"javascript(  // Contexts

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

)javascript"
