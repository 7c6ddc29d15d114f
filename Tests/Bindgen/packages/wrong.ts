import { greet, Greeting, longestName } from './index';
import { Speaker, Word } from './words';

async function use(speaker: Speaker): Promise<void> {
  await greet({ word: 'x' }); // wrong
  const greeting: Greeting = { word: { text: 'x' }, name: { first: 'x' }, tone: 'shrill' }; // wrong
  await longestName({ word: { text: 5 }, name: { first: 'x' }, tone: 'loud' }, speaker); // wrong
  await longestName(greeting, {}); // wrong
  const word: Word = { first: 'x' }; // wrong
}
void use;
