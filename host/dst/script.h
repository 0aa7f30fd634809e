// SPDX-License-Identifier: Apache-2.0
/* script: the agents of `agon dst --bytes`: plugins that are linked in. They trade at random in
 * every way that the SDK allows, as their slot, their state and the events say, and nothing else:
 * the same events give the same intents. [agent] */
#ifndef DST_SCRIPT_H
#define DST_SCRIPT_H

#include <agon/plugin.h>

/* "trader-N", N from 1 to 9: generations of one plugin; "failing-N": the same, and it fails after a
 * while; "skilled-N": besides it names targets, quotes both sides, arms timers that repeat, and
 * plans its exits in full; "dying-N": one of those that fails often, and most when its own plan
 * fires. NULL: no such name. As host_ports.entry. */
const struct agon_entry *script_entry(void *ctx, const char *path);

/* Hears each intent that a script submits, before the host does; NULL: nobody. */
void script_watch(void (*heard)(void *ctx, const struct agon_intent *intent), void *ctx);

#endif
