/* Objects in structs, lists, maps, enums and errors; Foundation's types. */
#include "../support.h"

#include <pthread.h>
#include <values.h>

static int64_t living(void) {
  int64_t count = -1;
  OK(values_folder_get_count(&count));
  return count;
}

static values_folder_t *folder(const char *name) {
  values_folder_t *folder = NULL;
  OK(values_folder_create(name, &folder));
  return folder;
}

static bool is(values_folder_t *folder, const char *name) {
  tenon_value_t value;
  return values_folder_get_name(folder, &value) == TENON_STATUS_OK && value_is(&value, name);
}

static void records(void) {
  values_folder_t *a = folder("a"), *b = folder("b"), *list[2];
  values_folder_map_t map;
  values_folder_entry_t entry = {{"b", 1}, b};
  values_place_t place = values_place_init(), *back = NULL;
  values_kind_t kind = values_kind_pair(a, NULL);
  const values_place_t *places[1];
  list[0] = b;
  list[1] = a;
  map.data = &entry;
  map.count = 1;
  place.folder = a;
  place.others.data = list;
  place.others.count = 2;
  place.by_name = map;
  place.kind = &kind;
  OK(values_echo(&place, &back));
  CHECK(is(back->folder, "a") && back->parent == NULL && back->others.count == 2);
  CHECK(is(back->others.data[0], "b") && is(back->by_name.data[0].value, "b"));
  CHECK(back->kind->kind == VALUES_KIND_PAIR && is(back->kind->as.pair.left, "a"));
  CHECK(back->kind->as.pair.right == NULL);
  /* What is retained outlives the block. */
  values_folder_t *kept = back->others.data[0];
  OK(values_folder_retain(kept));
  values_place_free(back);
  values_place_free(NULL);
  OK(values_folder_release(b));
  CHECK(is(kept, "b") && living() == 2);
  OK(values_folder_release(kept));
  CHECK(living() == 1);
  CHECK_STATUS(TENON_STATUS_STALE, values_folder_release(kept));

  /* In a list of an enum's, at any depth. */
  values_kind_t plain = values_kind_none();
  place.kind = &plain;
  place.others.count = 0;
  place.by_name.count = 0;
  places[0] = &place;
  values_place_list_t nested = {places, 1};
  kind = values_kind_places(nested);
  values_kind_t *kinds = NULL;
  OK(values_echo_kind(&kind, &kinds));
  OK(values_folder_release(a));
  CHECK(living() == 1 && is(kinds->as.places.data[0]->folder, "a"));
  values_kind_free(kinds);
  CHECK(living() == 0);
  OK(values_echo_kind(NULL, &kinds));
  CHECK(kinds == NULL);

  /* An object that is none, inside. */
  place = values_place_init();
  place.kind = &plain;
  CHECK_STATUS(TENON_STATUS_INVALID, values_echo(&place, &back));
  place.folder = (values_folder_t *)(void *)&place;
  CHECK_STATUS(TENON_STATUS_INVALID, values_echo(&place, &back));
  place.folder = a;
  CHECK_STATUS(TENON_STATUS_STALE, values_echo(&place, &back));
}

static void lists(void) {
  static const tenon_string_t names[] = {{"x", 1}, {"y", 1}};
  values_folder_list_t *all = NULL;
  values_folder_map_t *map = NULL;
  tenon_future_t *future = NULL;
  tenon_value_t text;
  OK(values_folders(names, 2, &all));
  CHECK(living() == 2 && all->count == 2 && is(all->data[1], "y"));
  values_folder_t *some[2] = {NULL, all->data[0]};
  OK(values_join(all->data, all->count, some, 2, &text));
  CHECK(value_is(&text, "x/y/-/x"));
  CHECK_STATUS(TENON_STATUS_INVALID, values_join(some, 2, NULL, 0, &text));
  values_folder_list_free(all);
  CHECK(living() == 0);
  OK(values_fetch_folders(executor, names, 2, &future));
  OK(settled(future));
  OK(values_folder_map_take(future, &map));
  OK(tenon_future_release(future));
  CHECK(map->count == 2 && living() == 2);
  values_folder_map_free(map);
  CHECK(living() == 0);
  /* What nobody takes goes with the future. */
  OK(values_fetch_folders(executor, names, 2, &future));
  OK(settled(future));
  OK(tenon_future_release(future));
  CHECK(living() == 0);
}

static void errors(void) {
  values_folder_t *a = folder("a");
  tenon_error_t *error = NULL;
  const values_error_t *details = NULL;
  CHECK_STATUS(TENON_STATUS_REJECTED, values_take(a, &error));
  OK(values_folder_release(a));
  OK(values_error_get(error, &details));
  CHECK(is(details->as.taken.by, "a") && details->as.taken.since == 1500000000);
  OK(tenon_error_release(error));
  CHECK(living() == 0);
}

static void streams(void) {
  tenon_stream_t *stream = NULL;
  tenon_value_t item;
  values_place_t *place = NULL;
  OK(values_places(executor, 3, &stream));
  CHECK(next(stream, &item));
  OK(values_place_take_item(&item, &place));
  CHECK(is(place->folder, "0") && is(place->kind->as.some, "0"));
  values_place_free(place);
  CHECK(next(stream, &item));
  tenon_value_drop(&item);
  OK(tenon_stream_release(stream));
}

static int seen;

static void see(void *context, values_folder_t *one, const values_place_t *place) {
  CHECK((one == NULL) == (place == NULL));
  seen += one ? is(one, "a") && is(place->folder, "a") : 10;
  (void)context;
}

static tenon_status_t pick(void *context, const values_place_t *place, tenon_value_t *result_out,
                           tenon_error_t **error_out) {
  (void)context, (void)error_out;
  return values_folder_make_value(place->folder, result_out);
}

static int depth;

/* Calls the method that it is called by, deeper than calls are counted; then lets go of what is not its own. */
static int64_t let_go(void *context) {
  values_folder_t *folder = context;
  int64_t answer = 0;
  if (depth++ < 100) {
    values_asked_t body = {let_go, folder, NULL};
    OK(values_folder_ask(folder, &body, &answer));
    CHECK(answer >= 4);
  } else {
    OK(values_folder_release(folder));
    while (values_folder_release(folder) == TENON_STATUS_OK)
      ;
    CHECK_STATUS(TENON_STATUS_STALE, values_folder_retain(folder));
    CHECK(living() == 1);
  }
  return 1;
}

static void released_while_called(void) {
  values_folder_t *one = folder("abc");
  values_asked_t body = {let_go, one, NULL};
  int64_t answer = 0;
  OK(values_folder_ask(one, &body, &answer));
  CHECK(answer == 4 && depth == 101 && living() == 0);
  CHECK_STATUS(TENON_STATUS_STALE, values_folder_ask(one, &body, &answer));
}

/* The same slot and life, said to be of another kind. */
static values_folder_t *of_kind(values_folder_t *folder, uint64_t kind) {
  uint64_t bits = (uint64_t)(uintptr_t)folder;
  return (values_folder_t *)(uintptr_t)((bits & ~((uint64_t)63 << 32)) | kind << 32);
}

static int64_t ask_for_others(void *folder) {
  tenon_value_t text;
  for (uint64_t kind = 0; kind < 64; kind++) {
    values_folder_t *other = of_kind(folder, kind);
    if (other == folder)
      continue;
    CHECK_STATUS(TENON_STATUS_INVALID, values_folder_get_name(other, &text));
    CHECK_STATUS(TENON_STATUS_INVALID, values_take(other, NULL));
  }
  OK(values_folder_get_name(folder, &text));
  CHECK(value_is(&text, "abc"));
  return 0;
}

/* Also while calls hold the object. */
static void handles_of_other_kinds(void) {
  values_folder_t *one = folder("abc");
  values_asked_t body = {ask_for_others, one, NULL};
  int64_t answer = 0;
  ask_for_others(one);
  OK(values_folder_ask(one, &body, &answer));
  CHECK(answer == 3);
  OK(values_folder_release(one));
  CHECK(living() == 0);
}

static void *call_until_stale(void *folder) {
  tenon_value_t text;
  tenon_status_t status;
  while ((status = values_folder_get_name(folder, &text)) == TENON_STATUS_OK)
    CHECK(value_is(&text, "shared by several threads"));
  CHECK_STATUS(TENON_STATUS_STALE, status);
  return NULL;
}

static void released_by_another_thread(void) {
  for (int round = 0; round < 200; round++) {
    values_folder_t *one = folder("shared by several threads");
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
      CHECK(pthread_create(&threads[i], NULL, call_until_stale, one) == 0);
    for (int i = 0; i < round; i++)
      CHECK(is(one, "shared by several threads"));
    OK(values_folder_release(one));
    for (int i = 0; i < 3; i++)
      CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(living() == 0);
  }
}

static void callbacks(void) {
  values_folder_t *a = folder("a"), *chosen = NULL, *some[2];
  values_body_t body = {see, NULL, NULL};
  values_chooser_t chooser = {pick, NULL, NULL};
  values_place_t *place = NULL;
  bool same = false;
  some[0] = a;
  some[1] = NULL;
  OK(values_each(some, 2, &body));
  CHECK(seen == 11);
  OK(values_folder_place(a, NULL, &place));
  OK(values_choose(place, &chooser, &chosen, NULL));
  OK(values_folder_is_same(chosen, a, &same));
  CHECK(same);
  values_place_free(place);
  OK(values_folder_release(chosen));
  OK(values_folder_release(a));
  CHECK(living() == 0);
}

static tenon_uuid_t uuid(uint8_t first) {
  tenon_uuid_t uuid = {{0}};
  uuid.bytes[0] = first;
  uuid.bytes[15] = 7;
  return uuid;
}

static int64_t stamp(void *context, tenon_uuid_t id, const int64_t *date, const char *link) {
  CHECK(date == NULL && strcmp(link, "file:///a") == 0);
  (void)context;
  return id.bytes[0] * INT64_C(1000000000);
}

static void foundation(void) {
  values_event_t event = values_event_init(), *back = NULL;
  tenon_future_t *future = NULL;
  tenon_value_t value;
  const tenon_uuid_t ids[2] = {uuid(1), uuid(2)};
  const int64_t dates[1] = {-1500000000};
  const tenon_string_t links[1] = {{"mailto:a@b", 10}};
  int64_t date = 0;
  tenon_int64_list_t *list = NULL;
  event.id = uuid(9);
  event.when = 86400 * INT64_C(1000000000) + 500000000;
  event.link = TENON_STRING("https://example.org/a?b#c");
  event.data.data = (const uint8_t *)"ab";
  event.data.size = 2;
  event.maybe_id.is_some = true;
  event.maybe_id.value = uuid(3);
  event.ids.data = ids;
  event.ids.count = 2;
  event.dates.data = dates;
  event.dates.count = 1;
  event.links.data = links;
  event.links.count = 1;
  event.last = true;
  OK(values_echo_event(executor, &event, &future));
  OK(settled(future));
  OK(values_event_take(future, &back));
  OK(tenon_future_release(future));
  CHECK(memcmp(&back->id, &event.id, 16) == 0 && back->when == event.when && back->last);
  CHECK(string_is(back->link, "https://example.org/a?b#c") &&
        memcmp(back->data.data, "ab", 2) == 0);
  CHECK(back->maybe_id.is_some && back->maybe_id.value.bytes[0] == 3 && !back->maybe_when.is_some);
  CHECK(back->maybe_link.data == NULL && back->maybe_data.data == NULL);
  CHECK(back->ids.count == 2 && back->ids.data[1].bytes[0] == 2 && back->dates.data[0] == dates[0]);
  CHECK(string_is(back->links.data[0], "mailto:a@b") && back->by_id.count == 0);
  values_event_free(back);

  event.link = TENON_STRING("");
  CHECK_STATUS(TENON_STATUS_INVALID, values_echo_event(executor, &event, &future));
  OK(values_later(1000000000, 2000000000, uuid(1), &date));
  CHECK(date == 3000000000);
  OK(values_fetch_id(executor, ids, &future));
  OK(settled(future));
  OK(tenon_future_take(future, &value));
  OK(tenon_future_release(future));
  const void *data = NULL;
  size_t size = 0;
  OK(tenon_value_get_data(&value, &data, &size));
  CHECK(size == 16 && memcmp(data, ids, 16) == 0);
  tenon_value_drop(&value);
  OK(values_fetch_date(executor, &date, &future));
  CHECK(number(future) == date);
  OK(values_fetch_date(executor, NULL, &future));
  nothing(future);
  OK(values_child(executor, "file:///tmp", "x", &future));
  OK(settled(future));
  OK(tenon_future_take(future, &value));
  OK(tenon_future_release(future));
  CHECK(value_is(&value, "file:///tmp/x"));
  OK(values_reversed("abc", 3, &value));
  CHECK(value_is(&value, "cba"));
  OK(values_host("http://h/", &value));
  CHECK(value_is(&value, "h"));
  CHECK_STATUS(TENON_STATUS_INVALID, values_host("", &value));
  values_stamp_t stamper = {stamp, NULL, NULL};
  OK(values_stamps(ids, 2, &stamper, &list));
  CHECK(list->count == 2 && list->data[1] == 2000000000);
  values_int64_list_free(list);
}

static void named_like_the_module(void) {
  const values_int64_entry_t entries[] = {{TENON_STRING("a"), 1}, {TENON_STRING("b"), 2}};
  values_t all = values_init();
  int64_t sum = 0;
  CHECK(all.mode == VALUES_MODE_MANY);
  all.copy.data = entries;
  all.copy.count = 2;
  OK(values_sum(&all, &sum));
  CHECK(sum == 3);
}

int main(void) {
  begin();
  records();
  lists();
  errors();
  streams();
  callbacks();
  released_while_called();
  handles_of_other_kinds();
  released_by_another_thread();
  foundation();
  named_like_the_module();
  return end();
}
