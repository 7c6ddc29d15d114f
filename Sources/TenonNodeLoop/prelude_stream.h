/* A part of prelude.c: what streams are in JavaScript: the reader of one, and what writes one of an iterable. */
R"javascript(  // Streams

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

)javascript"
