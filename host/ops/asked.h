// SPDX-License-Identifier: Apache-2.0
/* asked: who asked for what is no one command of the engine: a roster that is applied, a plugin
 * that is reloaded, unloaded or set. An event ahead of those that carry it out. */
#ifndef OPS_ASKED_H
#define OPS_ASKED_H

#include "base/error.h"
#include "run/host.h"

#define ASKED_OF_ALL (-1)

/* slot: of one agent, or ASKED_OF_ALL. who: NULL, nobody knows. how: a file of which the end is
 * kept where it is long, or other words; may be "". Waits a second for the engine; later is as
 * well. AGON_EAGAIN: the host takes nothing now, and err says so. [any but core] */
int asked_note(struct host *host, const char *who, enum asked_kind kind, int slot, const char *how,
               struct error *err);

#endif
