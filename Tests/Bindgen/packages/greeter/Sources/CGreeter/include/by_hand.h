#ifndef BY_HAND_H
#define BY_HAND_H

#include <tenon/tenon.h>

TENON_BEGIN_DECLS

/** Delivers an i64. */
tenon_status_t by_hand_answer(tenon_executor_t *executor, tenon_future_t **future_out);

TENON_END_DECLS

#endif
