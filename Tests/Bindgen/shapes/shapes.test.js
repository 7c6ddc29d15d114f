'use strict';
// Every kind of value, function and class.
const test = require('node:test');
const assert = require('node:assert/strict');
const os = require('node:os');
const shapes = require(process.env.TENON_TEST_PACKAGE);

const everything = {
  flag: true, small: -128, middle: 65535, word: -5, long: 2 ** 53 - 1, unsigned: 2n ** 64n - 1n, single: 0.5, double: -1e300,
  text: 'a\0ä', bytes: new Uint8Array([0, 255]), wait: 1.5, color: 'darkBlue', maybeFlag: false, maybeSmall: 0, maybeLong: 7,
  maybeColor: 'red', maybeText: '', maybeBytes: new Uint8Array(), maybeWait: 0.000001, origin: { x: 1, y: 2 },
  maybePoint: { x: 3, y: 4 }, numbers: [1, -2], flags: [true, false], texts: ['', 'x'], points: [{ x: 0, y: 0 }],
  colors: ['green', 'red'], maybeNumbers: [], sparse: [1, undefined, 3], grid: [new Float64Array([1]), new Float64Array()],
  ages: { Ada: 36, ['__proto__']: 1 }, byNumber: new Map([[1, { x: 5, y: 6 }]]), names: new Set(['a', 'b']),
  lists: { a: ['b', 'c'] }, shape: { kind: 'circle', center: { x: 0, y: 1 }, radius: 2 },
  shapes: [{ kind: 'none' }, { kind: 'polygon', value: [{ x: 1, y: 1 }] }, { kind: 'named', value0: 'n', value1: 'green' },
    { kind: 'named', value0: 'n' }, { kind: 'default', value: 3 }],
  maybeShape: { kind: 'none' }, register: true,
};
delete everything.ages.__proto__;

test('every kind of field, there and back', async () => {
  assert.deepEqual(shapes.echo(everything), everything);
  assert.deepEqual(await shapes.echoLater(everything), everything);
  const bare = { ...everything };
  for (const key of Object.keys(bare)) if (key.startsWith('maybe')) delete bare[key];
  assert.deepEqual(shapes.echo(bare), bare);
  assert.deepEqual(shapes.echo({ ...bare, maybeText: null, maybeShape: undefined, maybePoint: null }), bare);
  assert.deepEqual(shapes.echo({ ...bare, names: ['a', 'b'], ages: new Map([['Ada', 36]]) }), bare);
  assert.equal(shapes.echoShape(undefined), undefined);
  assert.deepEqual(shapes.echoShape({ kind: 'default', value: 1 }), { kind: 'default', value: 1 });
});

test('a field that is wrong is named, at any depth', () => {
  const cases = [
    ['small', 128, /"everything.small" is out of range. It must be >= -128 and <= 127/], ['middle', -1, /<= 65535/],
    ['long', 2n ** 63n, /"everything.long" is out of range/], ['word', '1', /"everything.word" argument must be an integer/],
    ['color', 'blue', /"everything.color" argument must be 'red', 'green' or 'darkBlue'/],
    ['origin', { x: 'a', y: 0 }, /"everything.origin.x" argument must be a number/],
    ['points', [{ x: 1 }, 5], /"everything.points\[1\]" argument must be a Point/],
    ['grid', [[1], ['x']], /"everything.grid\[1\]\[0\]" argument must be a number/],
    ['shape', { kind: 'circle', center: {}, radius: 1 }, /"everything.shape.center.x" argument must be a number/],
    ['byNumber', {}, /"everything.byNumber" argument must be a Map/], ['ages', [], /"everything.ages" argument must be a plain object or a Map/],
    ['names', 'text', /"everything.names" argument must be a Set or an array/], ['wait', NaN, /milliseconds/],
  ];
  for (const [key, value, message] of cases) {
    assert.throws(() => shapes.echo({ ...everything, [key]: value }), { name: 'TypeError', message });
  }
});

test("what a record leaves out has the author's default", () => {
  assert.equal(shapes.areDefault({}), true);
  assert.equal(shapes.areDefault({ retries: 3, color: 'darkBlue', tags: [] }), true);
  assert.equal(shapes.areDefault({ retries: 4 }), false);
});

test('functions that answer at once', () => {
  assert.equal(shapes.add(1, 2), 3);
  assert.equal(shapes.nothing(), undefined);
  assert.equal(shapes.upper('ä'), 'Ä');
  assert.equal(shapes.maybeUpper(), undefined);
  assert.equal(shapes.maybeUpper('x'), 'X');
  assert.deepEqual(shapes.reversed(new Uint8Array([1, 2])), new Uint8Array([2, 1]));
  assert.equal(shapes.sum(new Float64Array([1, 2])), 3);
  assert.deepEqual(shapes.doubled([1, 2]), [2, 4]);
  assert.equal(shapes.count(), -1);
  assert.equal(shapes.count([1]), 1);
  assert.equal(shapes.next('red'), 'green');
  assert.equal(shapes.next('green'), undefined);
  assert.equal(shapes.half(), undefined);
  assert.equal(shapes.half(8), 4);
  assert.deepEqual(shapes.lengths(new Set(['a', 'bb'])), { a: 1, bb: 2 });
  assert.deepEqual(shapes.merged({ a: 1 }, { a: 2, b: 3 }), { a: 2, b: 3 });
  assert.equal(shapes.renamed(), 1);
  assert.equal(shapes.search('x'), '> x 10 green [] 1.0 false');
  assert.equal(
    shapes.search('x', { limit: 3, color: 'red', words: ['a'], point: { x: 9, y: 0 }, prefix: '', exact: true }),
    'x 3 red ["a"] 9.0 true');
  assert.throws(() => shapes.divide(1, 0), { code: 'divisionByZero', domain: 'shapes.MathError' });
  assert.throws(() => shapes.divide(-1, 1), { code: 'negative', value0: -1, reason: 'less than nothing' });
  assert.equal(shapes.divide(6, 3), 2);
  assert.throws(() => shapes.check(false), { code: 'divisionByZero' });
});

test('async functions, and those that leave the loop', async () => {
  assert.equal(await shapes.wait(2.5), 2.5);
  assert.equal(await shapes.fetchColor(), 'darkBlue');
  assert.equal(await shapes.fetchText(true), 'there');
  assert.equal(await shapes.fetchText(false), undefined);
  assert.deepEqual(await shapes.fetchNumbers(3), [0, 1, 2]);
  await assert.rejects(shapes.fetchNumbers(-1), { code: 'odd', domain: 'shapes.OtherError' });
  assert.deepEqual(await shapes.fetchNames(), new Set(['a', 'b']));
  assert.deepEqual(await shapes.fetchMap(), new Map([[1, { x: 1, y: 0 }], [2, { x: 2, y: 0 }]]));
  assert.equal(await shapes.compute(7), 49);
  await assert.rejects(shapes.compute(-1), { code: 'negative', reason: 'computed' });
  await assert.rejects(shapes.sleepForever({ signal: AbortSignal.timeout(5) }), { name: 'TimeoutError' });
});

test('values of cases that are called as what every error has, or every variant', () => {
  const thrown = (body) => { try { body(); } catch (error) { return error; } };
  const sqlite = thrown(() => shapes.failTaken(false));
  assert.ok(shapes.isTakenError(sqlite));
  const { domain, code, message, name } = sqlite;
  assert.deepEqual({ domain, code, message, name }, { domain: 'shapes.TakenError', code: 'sqlite', message: 'locked', name: 'TakenError' });
  assert.deepEqual([sqlite.sqliteCode, sqlite.sqliteName], [5, 'main']);
  const other = thrown(() => shapes.failTaken(true));
  assert.deepEqual({ ...other }, {
    domain: 'shapes.TakenError', code: 'other', otherCode: 'c', otherMessage: 7, args: ['a'], otherCause: true, otherStack: 1,
    otherDomain: 'd',
  });
  assert.equal(typeof other.message, 'string');
  assert.match(other.stack, /^TakenError: /);
  // They say the same on the way back.
  const again = thrown(() => shapes.failAs(() => { throw Object.assign(new Error('mine'), { domain, code, sqliteCode: 6, sqliteName: 'x' }); }));
  assert.deepEqual([again.message, again.sqliteCode, again.sqliteName], ['mine', 6, 'x']);
  const taken = { kind: 'one', oneKind: 3, code: 4 };
  assert.deepEqual(shapes.echoTaken(taken), taken);
});

test('timers tick while a function computes that leaves the loop', async () => {
  const counter = new shapes.Counter(0);
  const computing = shapes.computeUntil(counter, 5);
  const ticking = setInterval(() => counter.addNumber(1), 1); // it ends by these alone
  await computing;
  clearInterval(ticking);
  assert.notEqual(await shapes.computingThread(), await shapes.thread());
});

test('results that are there together come back together', async () => {
  const counter = new shapes.Counter(0);
  const turns = new Set();
  let turn = 0;
  const calls = Array.from({ length: 1000 }, () => shapes.computeAndCount(counter).then(() => turns.add(turn)));
  await shapes.thread(); // calls begin in order, so all of them have left
  while (counter.value < 1000) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
  const turning = setInterval(() => turn++, 0);
  await Promise.all(calls);
  clearInterval(turning);
  assert.ok(turns.size <= 2 + os.cpus().length, `${turns.size} turns`);
});

test('streams both ways', async () => {
  const numbers = [];
  for await (const number of shapes.countdown(3)) numbers.push(number);
  assert.deepEqual(numbers, [3, 2, 1]);
  const points = [];
  await assert.rejects(async () => {
    for await (const point of shapes.pointsUntilFailure(2)) points.push(point);
  }, { code: 'divisionByZero' });
  assert.deepEqual(points, [{ x: 0, y: 0 }, { x: 1, y: 0 }]);
  async function* generate() { yield { x: 1 }; yield { x: 2, y: 5 }; }
  assert.equal(await shapes.total(generate()), 3);
  assert.equal(await shapes.longest(['a', 'ccc', 'bb']), 'ccc');
  await assert.rejects(shapes.total([{ x: 1 }, { x: 'no' }]), { name: 'TypeError', message: /"value.x" argument must be a number/ });
  assert.throws(() => shapes.total(5), { name: 'TypeError', message: /"points" argument must be an async iterable/ });
});

test('classes: constructors, properties, statics, inheritance', async () => {
  const counter = new shapes.Counter(5);
  assert.ok(counter instanceof shapes.Counter);
  assert.equal(counter.value, 5);
  counter.value = 7;
  assert.equal(counter.value, 7);
  assert.equal(counter.isZero, false);
  assert.throws(() => { 'use strict'; counter.isZero = true; }, TypeError);
  counter.add(new shapes.Counter(3));
  assert.equal(counter.addNumber(1), 11);
  counter.addOrNil();
  counter.addOrNil(counter);
  assert.equal(counter.value, 22);
  assert.equal(shapes.Counter.maximum, 1000);
  assert.equal(shapes.Counter.origin, 7);
  assert.ok(shapes.Counter.zero().isZero);
  assert.equal(counter.twin(false), undefined);
  assert.equal(counter.twin(true).value, 22);
  assert.equal((await counter.later()).value, 22);
  assert.equal(counter.step({ step: 2, names: [] }), 24);
  assert.equal(counter.step({ step: 2, names: [] }, { mode: 'down' }), 22);
  assert.equal(shapes.Counter.createWithParsing('12').value, 12);
  assert.throws(() => shapes.Counter.createWithParsing('x'), { code: 'negative', reason: 'x' });
  assert.equal(shapes.Counter.createWithPositive(-1), undefined);
  assert.equal(shapes.Counter.createWithPositive(1).value, 1);
  assert.throws(() => counter.add({}), { name: 'TypeError', message: /"other" argument must be an instance of Counter/ });
  const dog = new shapes.Dog();
  assert.ok(dog instanceof shapes.Dog && dog instanceof shapes.Animal);
  assert.deepEqual([dog.bark(), dog.name(), shapes.nameOf(dog)], ['woof', 'dog', 'dog']);
  assert.throws(() => new shapes.Animal(), { name: 'TypeError' });
  class Puppy extends shapes.Dog {}
  assert.equal(new Puppy().bark(), 'woof');
  const account = new shapes.Account('Ada');
  await account.deposit(5);
  assert.equal(await account.balance(), 5);
  assert.deepEqual([account.owner, account.describe()], ['Ada', 'account of Ada']);
});

test('constants, and what belongs to records', () => {
  assert.deepEqual([shapes.maximum, shapes.limit, shapes.vendor, shapes.ratio, shapes.isFast], [8, 100, 'Ada "the" first', 2.5, true]);
  assert.equal(shapes.pointLength({ x: 3, y: 4 }), 5);
  assert.deepEqual(shapes.pointUnit(), { x: 1, y: 0 });
  assert.equal(shapes.pointIsOrigin({ x: 0, y: 0 }), true);
});

test('objects that nobody holds are given back', async () => {
  let gone = 0;
  const isGone = new FinalizationRegistry(() => gone++);
  (() => { for (let index = 0; index < 100; index++) isGone.register(new shapes.Counter(index)); })();
  for (let turn = 0; turn < 500 && gone < 100; turn++) {
    global.gc();
    await new Promise(setImmediate);
  }
  assert.ok(gone >= 99, String(gone));
});

test('integers of 64 bits as numbers, where the author says so', async () => {
  const max = Number.MAX_SAFE_INTEGER;
  const sizes = {
    size: -max, most: max, least: 0, all: [1, -2], byName: { a: 3 }, byNumber: new Map([[-4, 'x']]), seen: new Set([5]), big: { size: 6n },
  };
  assert.deepEqual(shapes.echoSizes(sizes), sizes);
  const { most, least, ...without } = sizes;
  assert.deepEqual(shapes.echoSizes(without), { ...without, most: 7 });
  // A bigint is taken, too, and what no number can be is an error, not another number.
  assert.equal(shapes.echoSizes({ ...sizes, size: 8n }).size, 8);
  assert.throws(() => shapes.echoSizes({ ...sizes, size: 2n ** 53n }), { name: 'RangeError' });
  assert.throws(() => shapes.echoSizes({ ...sizes, size: 1.5 }), { name: 'TypeError', message: /"sizes.size" argument must be an integer/ });
  assert.throws(() => shapes.echoSizes({ ...sizes, size: 2 ** 53 }), { name: 'RangeError' });
  assert.throws(() => shapes.echoSizes({ ...sizes, most: -1 }), { name: 'TypeError', message: /"sizes.most" is out of range/ });
  assert.deepEqual(shapes.echoSized({ kind: 'of', value: 5 }), { kind: 'of', value: 5 });
  assert.deepEqual(shapes.echoSized({ kind: 'between', low: 1, high: 2 }), { kind: 'between', low: 1, high: 2 });
  assert.deepEqual([shapes.sizeLimit, shapes.bigLimit], [max, BigInt(max)]);
  assert.deepEqual([shapes.nextSize(1), shapes.nextSize(1, { step: 5 }), shapes.nextBig(1n), shapes.nextBig(1)], [2, 6, 2n, 2n]);
  assert.throws(() => shapes.nextSize(max), { name: 'RangeError' });
  assert.equal(await shapes.nextSizeLater(1), 2);
  await assert.rejects(shapes.nextSizeLater(101), { code: 'tooLarge', size: 101, limit: 100 });
  const all = [];
  for await (const size of shapes.sizes(-1)) all.push(size);
  assert.deepEqual(all, [-1, 0, 1]);
  assert.equal(await shapes.sumOfSizes([1, 2n]), 3);
});

test('callbacks get the integers that their function has', async () => {
  const got = [];
  assert.equal(shapes.mapSize(4, (size) => { got.push(size); return size + 1; }), 5);
  assert.equal(shapes.mapBig(4, (size) => { got.push(size); return size + 1n; }), 5n);
  assert.deepEqual(got, [4, 4n]);
  const sizer = { limit: 9, size: async (text, sizes) => { assert.deepEqual(sizes, [9, 2]); return text.length; } };
  assert.equal(await shapes.useSizer(sizer), 4);
  const tally = new shapes.Tally(1);
  tally.total += 1;
  assert.deepEqual([tally.total, tally.big, tally.add(3)], [2, 2n, 5]);
});

test('names that JavaScript, or what is generated, has already', async () => {
  const all = await import(`${process.env.TENON_TEST_PACKAGE}/index.mjs`);
  assert.deepEqual([all.delete_(3), all.default_, all.module(), all.default.module(), shapes.delete_(4)], [3, 6, 7, 7, 4]);
  assert.deepEqual(shapes.echoDetail({ kind: 'detail', value: [['a', undefined]] }), { kind: 'detail', value: [['a', undefined]] });
  assert.deepEqual(shapes.echoDetail({ kind: 'any' }), { kind: 'any' });
  const std = { detail: 1, tenon: [[new Int32Array([1]), undefined]] };
  assert.deepEqual(shapes.echoStd({ detail: 1, tenon: [[[1], undefined]] }).detail, std.detail);
  for (const [index, code] of ['variant', 'details', 'code', 'what', 'nameError', 'any', 'message'].entries()) {
    assert.throws(() => shapes.failWith(index), (error) => shapes.isNameError(error) && error.code === code);
  }
});
