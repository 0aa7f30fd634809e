// SPDX-License-Identifier: Apache-2.0
/* fiber: a thread of a simulated process. It runs until it gives way, and somebody says when it
 * goes on; only one runs at a time. [one thread] */
#ifndef DST_FIBER_H
#define DST_FIBER_H

#include <agon/types.h>

struct fiber;
struct fiber *fiber_new(void *(*main)(void *), void *arg); /* NULL: no memory */
void fiber_resume(struct fiber *fiber); /* until it gives way or ends; not from inside one */
void fiber_yield(void);                 /* from inside one */
struct fiber *fiber_current(void);      /* NULL: none runs */
int fiber_is_over(const struct fiber *fiber);
void fiber_free(struct fiber *fiber); /* also one that has not ended; NULL is fine */

#endif
