/* Values, objects, errors, statuses, and the process. */
#include "exhaust.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static const char text[] = "more than is kept inside of a value";

CASE(abi_version) {
  begin();
  CHECK(tenon_abi_version() != 0);
}

CASE(version_string) {
  begin();
  CHECK(tenon_version_string() != NULL);
}

CASE(status_name) {
  begin();
  CHECK(strcmp(tenon_status_name(TENON_STATUS_OK), "TENON_STATUS_OK") == 0);
}

CASE(status_string) {
  begin();
  CHECK(tenon_status_string(TENON_STATUS_STALE) != NULL);
}

CASE(value_copy_string) {
  tenon_value_t value = tenon_value_none();
  begin();
  if (MAY(TENON_STATUS_OK, tenon_value_copy_string(text, strlen(text), &value)))
    drop(&value);
}

CASE(value_copy_bytes) {
  tenon_value_t value = tenon_value_none();
  begin();
  if (MAY(TENON_STATUS_OK, tenon_value_copy_bytes(text, sizeof text, &value)))
    drop(&value);
}

static char here[] = "here";

CASE(value_adopt_string) {
  tenon_value_t value = tenon_value_none();
  begin();
  if (MAY(TENON_STATUS_OK, tenon_value_adopt_string(here, strlen(here), count_drop, &value))) {
    counted();
    drop(&value);
  }
}

CASE(value_adopt_bytes) {
  tenon_value_t value = tenon_value_none();
  begin();
  if (MAY(TENON_STATUS_OK, tenon_value_adopt_bytes(here, sizeof here, count_drop, &value))) {
    counted();
    drop(&value);
  }
}

CASE(value_get_data) {
  tenon_value_t value = tenon_value_none();
  const void *data = NULL;
  size_t size = 0;
  if (!MAY(TENON_STATUS_OK, tenon_value_copy_string(text, strlen(text), &value)))
    return;
  begin();
  MUST(TENON_STATUS_OK, tenon_value_get_data(&value, &data, &size));
  drop(&value);
}

CASE(value_is_shared) {
  tenon_value_t value = tenon_value_i64(1);
  begin();
  CHECK(!tenon_value_is_shared(&value));
}

CASE(value_set_drop_executor) {
  tenon_executor_t *executor = need_executor();
  tenon_value_t value = counted();
  begin();
  MAY(TENON_STATUS_OK, tenon_value_set_drop_executor(&value, executor));
  drop(&value);
}

static void *drop_elsewhere(void *value) {
  drop(value);
  return NULL;
}

CASE(value_drop) {
  tenon_value_t value = counted();
  begin();
  drop(&value);
}

CASE_2(value_drop, for_an_executor) {
  tenon_executor_t *executor = need_executor();
  tenon_value_t value = counted();
  pthread_t thread;
  bool is_set = MAY(TENON_STATUS_OK, tenon_value_set_drop_executor(&value, executor));
  begin();
  if (!is_set || pthread_create(&thread, NULL, drop_elsewhere, &value) != 0)
    drop(&value);
  else
    pthread_join(thread, NULL);
}

CASE(value_adopt_object) {
  tenon_object_t *object = need_object();
  tenon_value_t value = tenon_value_none();
  begin();
  MUST(TENON_STATUS_OK, tenon_object_retain(object));
  if (MAY(TENON_STATUS_OK, tenon_value_adopt_object(object, &value)))
    drop(&value);
  else
    MUST(TENON_STATUS_OK, tenon_object_release(object));
}

CASE(value_get_object) {
  tenon_object_t *object = need_object();
  tenon_value_t value = tenon_value_none();
  MUST(TENON_STATUS_OK, tenon_object_retain(object));
  if (!MAY(TENON_STATUS_OK, tenon_value_adopt_object(object, &value))) {
    MUST(TENON_STATUS_OK, tenon_object_release(object));
    return;
  }
  begin();
  MUST(TENON_STATUS_OK, tenon_value_get_object(&value, &object));
  drop(&value);
}

/* MARK: Objects */

CASE(object_create) {
  begin();
  need_object();
}

CASE(object_retain) {
  tenon_object_t *object = need_object();
  begin();
  MUST(TENON_STATUS_OK, tenon_object_retain(object));
  MUST(TENON_STATUS_OK, tenon_object_release(object));
}

CASE(object_release) {
  tenon_object_t *object = NULL;
  if (!MAY(TENON_STATUS_OK, tenon_object_create(here, &mark, count_drop, &object)))
    return;
  counted();
  begin();
  MUST(TENON_STATUS_OK, tenon_object_release(object));
}

CASE(object_get) {
  tenon_object_t *object = need_object();
  void *pointer = NULL;
  begin();
  MUST(TENON_STATUS_OK, tenon_object_get(object, &mark, &pointer));
}

/* MARK: Errors */

CASE(error_create) {
  tenon_error_t *cause = need_error();
  tenon_error_t *error = NULL;
  begin();
  if (MAY(TENON_STATUS_OK, tenon_error_create("domain of some length", 2, text, cause, &error)))
    keep_error(error);
}

static void drop_payload(void *pointer) { count_drop(pointer, 0); }

CASE(error_create_with_payload) {
  tenon_error_payload_t payload = TENON_ERROR_PAYLOAD_INIT;
  payload.type = &mark;
  payload.drop = drop_payload;
  tenon_error_t *error = NULL;
  begin();
  if (MAY(TENON_STATUS_OK,
          tenon_error_create_with_payload("test", 1, text, NULL, &payload, &error))) {
    counted();
    keep_error(error);
  }
}

CASE(error_retain) {
  tenon_error_t *error = need_error();
  begin();
  MUST(TENON_STATUS_OK, tenon_error_retain(error));
  MUST(TENON_STATUS_OK, tenon_error_release(error));
}

CASE(error_release) {
  tenon_error_t *error = NULL;
  if (!MAY(TENON_STATUS_OK, tenon_error_create("test", 1, text, need_error(), &error)))
    return;
  begin();
  MUST(TENON_STATUS_OK, tenon_error_release(error));
}

CASE(error_get_domain) {
  const char *domain = NULL;
  tenon_error_t *error = need_error();
  begin();
  MUST(TENON_STATUS_OK, tenon_error_get_domain(error, &domain));
}

CASE(error_get_code) {
  int64_t code = 0;
  tenon_error_t *error = need_error();
  begin();
  MUST(TENON_STATUS_OK, tenon_error_get_code(error, &code));
}

CASE(error_get_message) {
  const char *message = NULL;
  tenon_error_t *error = need_error();
  begin();
  MUST(TENON_STATUS_OK, tenon_error_get_message(error, &message));
}

CASE(error_copy_cause) {
  tenon_error_t *error = NULL, *cause = NULL;
  if (!MAY(TENON_STATUS_OK, tenon_error_create("test", 1, text, need_error(), &error)))
    return;
  keep_error(error);
  begin();
  MUST(TENON_STATUS_OK, tenon_error_copy_cause(error, &cause));
  keep_error(cause);
}

CASE(error_get_payload) {
  tenon_error_payload_t payload = TENON_ERROR_PAYLOAD_INIT;
  payload.type = &mark;
  tenon_error_t *error = NULL;
  void *pointer = NULL;
  if (!MAY(TENON_STATUS_OK,
           tenon_error_create_with_payload("test", 1, text, NULL, &payload, &error)))
    return;
  keep_error(error);
  begin();
  MUST(TENON_STATUS_OK, tenon_error_get_payload(error, &mark, &pointer));
}

/* MARK: The process */

CASE(process_own) {
  tenon_executor_t *executor = need_executor();
  begin();
  /* The second time in a process it is BUSY; and here and there UNSUPPORTED. */
  tenon_status_t status = tenon_process_own(executor);
  CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_BUSY ||
        status == TENON_STATUS_UNSUPPORTED || status == TENON_STATUS_NO_RESOURCES);
}

CASE(process_own_solely) {
  static bool is_owned; /* then there can be no other executor in this process */
  if (is_owned)
    return begin();
  tenon_executor_t *executor = need_executor();
  begin();
  tenon_status_t status = tenon_process_own_solely(executor);
  is_owned = status == TENON_STATUS_OK;
  CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_UNSUPPORTED ||
        status == TENON_STATUS_NO_RESOURCES);
}

CASE(process_get_mode) {
  begin();
  CHECK(tenon_process_get_mode() == TENON_PROCESS_LIBRARY);
}

CASE(process_main_queue_fd) {
  int fd = -1;
  begin();
  MAY(TENON_STATUS_OK, tenon_process_main_queue_fd(&fd));
}

CASE(process_drain_main_queue) {
  begin();
  MAY(TENON_STATUS_OK, tenon_process_drain_main_queue());
}

CASE(process_count_escapes) {
  begin();
  tenon_status_t status = tenon_process_count_escapes();
  CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_BUSY ||
        status == TENON_STATUS_NO_RESOURCES);
}

CASE(process_share) {
  void *object = NULL;
  begin();
  if (MAY(TENON_STATUS_OK, tenon_process_share("exhaust", here, NULL, &object)))
    CHECK(object == here);
}

CASE(process_get_statistics) {
  tenon_process_statistics_t statistics = TENON_PROCESS_STATISTICS_INIT;
  begin();
  MUST(TENON_STATUS_OK, tenon_process_get_statistics(&statistics));
}
