import { callContext, contextValue, copy, each, fill, filtered, Item, Keeper, maybe, named, notify, Shelf, sizes, Store, visit } from './index';

const store: Store = {
  async load(key, { signal }): Promise<Item | undefined> {
    return signal.aborted ? undefined : { name: key, weight: 1 };
  },
  save(item, key) {
    console.log(item.name.length, key.length);
  },
  count: () => 1,
  log(text, level) {
    console.log(text.length, level.toFixed());
  },
  isOpen: () => true,
};

const shelf: Shelf = {
  title: 'books',
  first: undefined,
  level: 0,
  get isOpen() { return this.level < 100; },
  weight: ({ signal }) => signal.aborted ? 0 : 1,
  close() {},
};

async function use(): Promise<void> {
  each(2, (index, item) => console.log(index.toFixed(), item.weight?.toFixed()));
  const names: string[] = filtered(['a'], (name) => name.length === 1);
  const text: string = named(1, (number) => number.toFixed());
  const sum: number = await visit(names, async (name, size) => ({ name: name + text, weight: size }));
  await notify((item, numbers, bytes, flag) => console.log(item?.name, numbers[0] + bytes[0], !flag));
  maybe(1);
  maybe(1, (number) => console.log(number.toFixed()));
  const count: number = await copy(names, store, store, { signal: new AbortController().signal });
  new Keeper((value) => console.log(value.length), false).tell('x');
  console.log((await fill(shelf, 5)).length);
  console.log(sum + count + sizes(store));
}
void use;

const traced: Promise<string | undefined> = callContext.run(callContext.startSpan(), () => contextValue('traceparent'));
const texts: Readonly<Record<string, string>> | undefined = callContext.current;
void [traced, texts];
