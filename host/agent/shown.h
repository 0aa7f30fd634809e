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
/* A view of results of jobs, of pages that are mapped shared and of nobody but one plugin: what it
 * writes there stays there, and it is not called again. NULL: the reason. [control] */
const void *shown_results(void *memory, uint64_t bytes, struct error *err);
/* Where somebody else has set a handler of faults since: ours comes before it again. [control] */
int shown_watch(struct error *err);
void shown_unmap(const void *view, uint64_t bytes); /* NULL is fine. [control] */

/* Has the plugin that this thread has called written to a view, and of what? 0: it has not. Else
 * shown_mend puts it right, after the call. [agent] */
enum { SHOWN_EVENTS = 1, SHOWN_RESULTS = 2 };
extern _Thread_local volatile int shown_is_torn;
void shown_mend(void);

#endif
