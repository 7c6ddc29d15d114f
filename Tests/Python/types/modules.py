"""Types of several modules: what has no mark is right."""

import greeter
from greeter import Greeting
from greeter.names import Name, full
from greeter.words import Speaker, Tone, Word, WordError, spelled, translate


async def use(speaker: Speaker) -> None:
    word: Word = await translate(Word("x"))
    names: list[Name] = greeter.greet_all([Name("Ada"), Name("Bo", "L")])
    print(full(names[0]), spelled(Tone.LOUD), word.language or "")
    async for found in greeter.words(2):
        print(found.text.upper())
    print(await greeter.longest_name(Greeting(word, names[0], Tone.QUIET), greeter.make_speaker()))
    try:
        await greeter.greet(word)
    except WordError.Unknown as error:
        print(error.value.upper())
    await greeter.greet("x")  # mistake
    await greeter.greet(Name("x"))  # mistake
    await greeter.longest_name(Greeting(word, names[0], "loud"), speaker)  # mistake
    await greeter.longest_name(Greeting(Name("x"), names[0], Tone.LOUD), speaker)  # mistake
    greeter.Word("x")  # mistake
    greeter.translate(word)  # mistake
    speaker = greeter  # mistake
