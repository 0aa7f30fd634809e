// SPDX-License-Identifier: Apache-2.0
/* trailing: ema_cross 2.1.0, whose stop is counted from the highest price since the entry. The same
 * source and another build: what a reload puts in the place of 2.0.0 while a position is held. Each
 * reads the other's state. */
#define EMA_CROSS_TRAILS  1
#define EMA_CROSS_VERSION "2.1.0"
#include "ema_cross.c"
