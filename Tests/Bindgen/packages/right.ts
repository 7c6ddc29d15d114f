import { greet, greetAll, longestName, Greeting, words } from './index';
import { spelled, Word, Speaker, translate, isWordError } from './words';
import { full, Name } from './names';

async function use(): Promise<void> {
  const word: Word = { text: 'x' };
  const greeting: string = await greet(word);
  const names: Name[] = greetAll([{ first: 'Ada' }]);
  console.log(greeting.length, names.map(full), (await translate(word)).text);
  for await (const { text } of words(2)) console.log(text);
  const speaker = new Speaker('here');
  const own: Greeting = { word, name: names[0], tone: 'loud' };
  console.log(await longestName(own, speaker), spelled('loud'));
  try {
    await greet(word);
  } catch (error) {
    if (isWordError(error) && error.code === 'unknown') console.log(error.value.length);
  }
}
void use;
