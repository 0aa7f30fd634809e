// SPDX-License-Identifier: Apache-2.0
/* dst_ambiguous: `agon dst --ambiguous N`. [control] */
#ifndef CLI_DST_AMBIGUOUS_H
#define CLI_DST_AMBIGUOUS_H

#include <stdint.h>

/* n requests of unknown fate, in runs from seed first on, on both markets by turns; is_said: orders
 * go by WebSocket. An exit code. */
int dst_ambiguous(uint64_t first, uint64_t n, int is_said, int is_stopping);

#endif
