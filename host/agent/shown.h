// SPDX-License-Identifier: Apache-2.0
/* shown: a second view of memory that this process writes, for the plugins that it calls itself:
 * they are handed what stands there by pointer, and cannot change it.
 *
 * A plugin that writes to it all the same writes to a private copy of the page, which nobody else
 * sees and which is gone when its call has returned: the record stays what it was, and the plugin
 * is known (shown_is_torn). A fault anywhere else is what it would be without this. */
#ifndef AGENT_SHOWN_H
#define AGENT_SHOWN_H

#include "base/error.h"

/* Maps all of a memfd. NULL: the reason. [control] */
const void *shown_map(int fd, uint64_t bytes, struct error *err);
void shown_unmap(const void *view, uint64_t bytes); /* NULL is fine. [control] */

/* Has the plugin that this thread has called written to a view? Then shown_mend puts it right,
 * after the call. [agent] */
extern _Thread_local volatile int shown_is_torn;
void shown_mend(void);

#endif
