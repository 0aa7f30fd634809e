// SPDX-License-Identifier: Apache-2.0
/* trailing: ema_cross 1.1.0, whose stop is counted from the highest price since the entry. The same
 * source and another build: what a reload puts in the place of 1.0.0 while a position is held. It
 * reads a state of 1.0.0. */
#include <stddef.h>

#define EMA_CROSS_TRAILS  1
#define EMA_CROSS_VERSION "1.1.0"
#define STATE_SCHEMA      2
#include "ema_cross.c"
