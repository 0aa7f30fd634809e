// SPDX-License-Identifier: Apache-2.0
/* signals: signals as something to read, so that no handler ever runs between two instructions of
 * ours. Call signals_open before the first thread starts: threads inherit the mask. [control] */
#ifndef SYS_SIGNALS_H
#define SYS_SIGNALS_H

#include "base/error.h"

/* Blocks the n signals, ignores SIGPIPE, and returns a descriptor (non-blocking, close-on-exec). */
int signals_open(const int *signals, int n, struct error *err);
/* The next signal's number, 0 when none is pending, or AGON_EIO. */
int signals_next(int fd);
void signals_close(int fd);

#endif
