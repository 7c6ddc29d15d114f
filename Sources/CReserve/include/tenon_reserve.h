/* What a look at the process keeps for itself, so that it comes to its end whatever others take meanwhile. */
#ifndef TENON_RESERVE_H
#define TENON_RESERVE_H

#include <stddef.h>

typedef struct tenon__hold tenon__hold_t;

/* Memory that is served to this library while the system refuses, until it is let go; NULL: there is not so much. */
tenon__hold_t *tenon__hold(size_t size);
void tenon__let_go_of(tenon__hold_t *hold);

#endif
