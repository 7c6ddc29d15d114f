"""Types of other modules: records, an enum, an error and a class of Words, and a record of another package's Names."""

import asyncio
import importlib
import unittest

import greeter
import tenon
from greeter import Greeting
from greeter.names import Name, full
from greeter.words import Speaker, Tone, Word, WordError, spelled, translate


class ModuleTests(unittest.IsolatedAsyncioTestCase):
    async def test_records_of_others_in_arguments_results_lists_streams_and_fields(self):
        self.assertEqual(await greeter.greet(Word("world")), "Hello, world")
        greeted = greeter.greet_all([Name("Ada", "L"), Name("Bo")])
        self.assertEqual(greeted, [Name("Hello, Ada", "L"), Name("Hello, Bo")])
        self.assertEqual([word.text async for word in greeter.words(3)], ["word 0", "word 1", "word 2"])
        with self.assertRaisesRegex(TypeError, r"names\[0\]\.first must be str, not int"):
            greeter.greet_all([Name(5)])
        with self.assertRaisesRegex(TypeError, r"word must be Word, not Name"):
            await greeter.greet(Name("x"))

    async def test_the_modules_themselves_each_by_its_own_name(self):
        self.assertEqual(full(Name("Ada")), "Ada ?")
        self.assertEqual(await translate(Word("abc")), Word("cba", "backwards"))
        self.assertFalse(hasattr(greeter, "translate"))
        # A function may be called as a module is: what is in the module is still there by its name.
        self.assertTrue(callable(greeter.words))
        self.assertIs(importlib.import_module("greeter.words").Word, Word)

    async def test_an_enum_and_an_object_of_another_module(self):
        speaker = Speaker("A")
        self.assertEqual(await greeter.longest_name(Greeting(Word("ab"), Name("Grace"), Tone.LOUD), speaker), "A: GRACE")
        self.assertEqual(await greeter.longest_name(Greeting(Word("ab"), Name("Grace"), Tone.QUIET), speaker), "A: grace")
        self.assertEqual(spelled(Tone.LOUD), "loud")
        self.assertIsInstance(greeter.make_speaker(), Speaker)
        with self.assertRaisesRegex(TypeError, "speaker must be Speaker, not str"):
            await greeter.longest_name(Greeting(Word("ab"), Name("Grace"), Tone.LOUD), "x")

    async def test_an_error_of_another_module_is_the_same_when_it_comes_back(self):
        with self.assertRaises(WordError.Unknown) as caught:
            await greeter.greet(Word(""))
        self.assertEqual((caught.exception.value, caught.exception.domain), ("nothing", "words.WordError"))
        self.assertIsInstance(caught.exception, tenon.Error)

        async def find(text: str) -> Word:
            await asyncio.sleep(0)
            if text == "x":
                raise WordError.Unknown(text)
            return Word(text.upper())

        self.assertEqual(await greeter.look("ab", find), "AB")
        self.assertEqual(await greeter.look("x", find), "no x")

    def test_help_names_them_as_a_reader_does(self):
        self.assertEqual(greeter.greet.__annotations__, {"word": "Word", "return": "str"})
        self.assertIn("WordError: Unknown.", greeter.greet.__doc__)
        self.assertEqual(greeter.__all__, sorted(greeter.__all__))
        self.assertNotIn("Word", greeter.__all__)


if __name__ == "__main__":
    unittest.main()
