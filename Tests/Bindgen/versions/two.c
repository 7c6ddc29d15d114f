/* Compiled with the headers of version 2: what that has added is called. */
#include "../support.h"

#include <versions.h>

static int64_t level(void *context) { return *(int *)context; }

static void set_level(void *context, int64_t level) { *(int *)context = (int)level; }

static void set_name(void *context, int64_t name) {
  (void)context;
  CHECK(name == 0); /* nobody sets it */
}

static void reset(void *context) { *(int *)context = 50; }

/* The setter stands last in the table, and is the one of level. */
static void setter_of_a_protocol(void) {
  versions_gauge_t gauge = versions_gauge_init();
  int state = 0;
  int64_t measured = 0;
  CHECK(offsetof(versions_gauge_t, set_level) > offsetof(versions_gauge_t, reset));
  gauge.context = &state;
  gauge.get_level = gauge.get_name = level;
  gauge.set_name = set_name;
  gauge.reset = reset;
  gauge.set_level = set_level;
  OK(versions_measure(&gauge, &measured));
  CHECK(measured == 51 && state == 51);
}

static void setter_of_a_class(void) {
  versions_dial_t *dial = NULL;
  int64_t angle = 0;
  OK(versions_dial_create(&dial));
  OK(versions_dial_set_angle(dial, 7));
  OK(versions_dial_get_angle(dial, &angle));
  CHECK(angle == 7);
  OK(versions_dial_release(dial));
}

int main(void) {
  begin();
  setter_of_a_protocol();
  setter_of_a_class();
  return end();
}
