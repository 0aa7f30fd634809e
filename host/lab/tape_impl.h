// SPDX-License-Identifier: Apache-2.0
/* tape_impl: what looking at a file and reading it share. */
#ifndef LAB_TAPE_IMPL_H
#define LAB_TAPE_IMPL_H

#include "lab/tape.h"
#include "market/table.h"

#define TAPE_BAR_S_MAX (366 * 86400) /* no bar is longer than a year */
#define TAPE_SECOND_NS ((agon_ns_t)1000000000)

/* Which one rows are in the order of: where each says when it was received, that. [any] */
enum table_column tape_order(const struct tape_info *info, const struct table *table);
/* enum tape_kind; 0: it is neither of trades nor of bars. [any] */
uint8_t tape_kind_of(enum table_kind kind);

#endif
