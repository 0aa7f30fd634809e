// SPDX-License-Identifier: Apache-2.0
/* team: threads that share the items of one piece of work. Which thread takes which items is left
 * to chance, so the work must not care. */
#ifndef KERNELS_TEAM_H
#define KERNELS_TEAM_H

#include <stdint.h>

#define TEAM_MOST 64

struct team;
/* Does items [from, to); `member` < n_threads says who, for memory of its own. */
typedef void (*team_fn)(void *ctx, uint32_t from, uint32_t to, uint32_t member);

/* n_threads counts the caller: 1 makes no thread. NULL: no memory or no thread. [owner] */
struct team *team_new(uint32_t n_threads);
void team_free(struct team *team); /* NULL is fine */
/* Returns when all items are done. Takes them `grain` at a time. [owner] */
void team_run(struct team *team, uint32_t items, uint32_t grain, team_fn fn, void *ctx);

#endif
