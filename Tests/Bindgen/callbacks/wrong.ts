import { copy, each, filtered, Keeper, maybe, named, Shelf, sizes, Store, title, visit } from './index';

async function use(store: Store, shelf: Shelf): Promise<void> {
  each(2, 5); // wrong
  each(2, (index: string) => index); // wrong
  each(2, (index, item) => item.size); // wrong
  filtered(['a'], () => 'yes'); // wrong
  filtered([1], () => true); // wrong
  named(1, () => 5); // wrong
  maybe(1, 'x'); // wrong
  await visit(['a'], async (name) => name); // wrong
  await visit(['a'], async (name, size) => ({ name, weight: size.length })); // wrong
  await copy(['a'], store); // wrong
  sizes({ ...store, count: () => 'many' }); // wrong
  sizes({ isOpen: () => true }); // wrong
  sizes({ ...store, load: async (key: number) => undefined }); // wrong
  title({ ...shelf, title: () => 'books' }); // wrong
  title({ title: 'books' }); // wrong
  shelf.isOpen = true; // wrong
  new Keeper(() => {}); // wrong
  new Keeper(() => {}, false).say('x'); // wrong
}
void use;
