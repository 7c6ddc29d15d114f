/* A bundle with what was generated for two modules and another package's, and something exported by hand. */
#include "../support.h"

#include <by_hand.h>
#include <greeter.h>
#include <names.h>
#include <words.h>

int main(void) {
  tenon_future_t *future = NULL;
  tenon_stream_t *stream = NULL;
  tenon_value_t value = tenon_value_none();
  words_word_t word = words_word_init();
  words_word_t *back = NULL;
  int count = 0;
  begin();
  OK(greeter_check_abi(GREETER_ABI));
  OK(words_check_abi(WORDS_ABI));
  word.text = TENON_STRING("Ada");
  OK(greeter_greet(executor, &word, &future));
  OK(settled(future));
  OK(tenon_future_take(future, &value));
  CHECK(value_is(&value, "Hello, Ada"));
  OK(tenon_future_release(future));
  OK(words_translate(executor, &word, &future));
  OK(settled(future));
  OK(words_word_take(future, &back));
  CHECK(string_is(back->text, "adA") && string_is(back->language, "backwards"));
  words_word_free(back);
  OK(tenon_future_release(future));
  OK(greeter_words(executor, 3, &stream));
  while (next(stream, &value)) {
    OK(greeter_words_word_take_item(&value, &back));
    words_word_free(back);
    count++;
  }
  CHECK(count == 3);
  OK(tenon_stream_release(stream));
  names_name_t ada = names_name_init();
  const names_name_t *names[] = {&ada};
  greeter_names_name_list_t *greeted = NULL;
  ada.first = TENON_STRING("Ada");
  OK(names_check_abi(NAMES_ABI));
  OK(greeter_greet_all(names, 1, &greeted));
  CHECK(greeted->count == 1 && string_is(greeted->data[0]->first, "Hello, Ada"));
  OK(names_full(greeted->data[0], &value));
  CHECK(value_is(&value, "Hello, Ada ?"));
  greeter_names_name_list_free(greeted);
  OK(by_hand_answer(executor, &future));
  CHECK(number(future) == 42);
  return end();
}
