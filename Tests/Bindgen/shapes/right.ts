import {
  Account, Color, compute, Counter, countdown, Dog, Everything, fetchMap, isMathError, isTakenError, lengths, limit, nameOf,
  pointLength, Preferences, search, Shape, total, vendor, wait, bigLimit, echoSizes, mapBig, mapSize, nextBig, nextSize, sizeLimit,
  Sizer, Sizes, sizes as sizesFrom, Tally, useSizer,
} from './index';

async function use(everything: Everything): Promise<void> {
  const color: Color = 'darkBlue';
  const shape: Shape = { kind: 'circle', center: { x: 1 }, radius: 2 };
  const preferences: Preferences = { retries: 4, corner: { x: 1, y: 2 } };
  console.log(shape.kind, preferences.name?.length, everything.unsigned + 1n, everything.long + 1, everything.wait / 1000);
  if (everything.shape.kind === 'named') console.log(everything.shape.value0.length, everything.shape.value1 === color);
  const found: string = search('x', { limit: 3, color, words: ['a'], exact: true });
  const names: Record<string, number> = lengths(new Set(['a']));
  const map: Map<number, { x: number }> = await fetchMap({ signal: new AbortController().signal });
  for await (const number of countdown(3)) console.log(number.toFixed(), found.length + names.a);
  await total([{ x: 1 }]);
  await total((async function* () { yield { x: 1, y: 2 }; })());
  const counter = new Counter(5);
  counter.value = counter.value + Counter.maximum + limit + vendor.length;
  counter.addNumber(1).toFixed();
  const twin: Counter | undefined = counter.twin(true);
  const later: Counter = await counter.later();
  counter.step({ step: 1, names: [] }, { mode: 'down' });
  console.log(twin, later.isZero, nameOf(new Dog()), new Dog().bark(), pointLength({ x: 1 }), map.get(1)?.x);
  await new Account('Ada').deposit((await wait(5)) + (await compute(2)));
}
function clash(error: unknown): number {
  if (!isTakenError(error)) return 0;
  return error.code === 'sqlite' ? error.sqliteCode + error.message.length + error.sqliteName.length : error.otherMessage;
}
async function numbers(tally: Tally): Promise<number> {
  const sizes: Sizes = { size: 1, all: [2], byName: { a: 3 }, byNumber: new Map([[4, 'x']]), seen: new Set([5]), big: { size: 6n } };
  const back = echoSizes(sizes);
  const big: bigint = nextBig(1n) + back.big.size + bigLimit + tally.big + mapBig(1n, (size) => size + 1n);
  for await (const size of sizesFrom(1)) tally.total += size;
  const sizer: Sizer = { limit: 1, size: async (text, sizes) => text.length + sizes[0] };
  return nextSize(1, { step: 2 }) + back.size + sizeLimit + mapSize(1, (size) => size + 1) + (await useSizer(sizer)) + tally.add(1) + Number(big);
}
void [use, isMathError, clash, numbers];
