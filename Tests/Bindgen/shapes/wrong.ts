import { Account, Animal, Color, compute, Counter, countdown, lengths, limit, pointLength, Preferences, search, Shape, TakenError, total, echoSizes, mapBig, mapSize, nextBig, nextSize, Tally } from './index';

async function use(counter: Counter): Promise<void> {
  const color: Color = 'blue'; // wrong
  const circle: Shape = { kind: 'circle', radius: 2 }; // wrong
  const other: Shape = { kind: 'square' }; // wrong
  const preferences: Preferences = { retries: '4' }; // wrong
  search(); // wrong
  search('x', { limit: '3' }); // wrong
  search('x', { ignoring: ['a'] }); // wrong
  lengths('text'); // wrong
  for (const number of countdown(3)) console.log(number); // wrong
  await total([{ y: 1 }]); // wrong
  await compute('x'); // wrong
  (await compute(1)).length; // wrong
  new Counter(); // wrong
  new Counter('5'); // wrong
  new Animal(); // wrong
  counter.isZero = true; // wrong
  counter.value = 'x'; // wrong
  counter.twin(true).value; // wrong
  counter.step({ step: 1 }); // wrong
  counter.step({ step: 1, names: [] }, { mode: 'sideways' }); // wrong
  Counter.maximum = 5; // wrong
  const text: string = limit; // wrong
  pointLength(5); // wrong
  await new Account(5).deposit(1); // wrong
}
function clash(error: TakenError): number {
  return error.code === 'sqlite' ? error.code : 0; // wrong
}
function numbers(tally: Tally): void {
  nextSize('1'); // wrong
  const size: bigint = nextSize(1); // wrong
  const big: number = nextBig(1n); // wrong
  mapSize(1, (size: bigint) => size); // wrong
  mapBig(1n, (size: number) => size); // wrong
  echoSizes({ size: '1', all: [], byName: {}, byNumber: new Map(), seen: new Set(), big: { size: 1n } }); // wrong
  tally.total = 'x'; // wrong
}
void [use, clash, numbers];
