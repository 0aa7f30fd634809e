// SPDX-License-Identifier: Apache-2.0
/* cards: the allocator of GPU cards (gpu/gpu.h) as a part of the engine. Rules come by CONFIG_GPU,
 * before the START of a run that has others; each event of the cards is one GPU record, and beside
 * them the engine's own events reach the allocator: time by DUE_CARDS, tournaments when they begin
 * and end, volatility by an operator's COMMAND, a START by which all leases of the run before end.
 * What is decided follows, is not journaled, and is told to the port (struct card_port). Without
 * cards the state's bytes are what they were before there were any.
 *
 * One thread: [core]. */
#ifndef ENGINE_CARDS_H
#define ENGINE_CARDS_H

#include "gpu/gpu.h"
#include "market/records.h"

struct engine;

/* The record of an event, all of it but hdr.t; and back, with hdr.t. */
void cards_record(const struct gpu_event *event, const char *name, struct record_gpu *record);
void cards_event(const struct record_gpu *record, struct gpu_event *event);

/* CONFIG_GPU with its rules behind it. rules NULL: no cards any more. */
union cards_config {
    struct agon_event_hdr hdr;
    struct record_gpu_rules record;
    unsigned char bytes[sizeof(struct record_gpu_rules) + GPU_RULES_BYTES_MAX];
};
void cards_config_record(const struct gpu_rules *rules, const char *profile, const char *shares,
                         union cards_config *config);

/* NULL: there are no cards. Its rules are those in force. */
const struct gpu *engine_cards(const struct engine *engine);
/* By which names the rules were chosen; "" without cards. */
const char *engine_cards_profile(const struct engine *engine);
const char *engine_cards_shares(const struct engine *engine);
/* What its owner calls a lease of engine_cards. */
const char *engine_lease_name(const struct engine *engine, const struct gpu_lease *lease);
/* The youngest lease of that owner and name; NULL: none is held, leaving or waiting. */
const struct gpu_lease *engine_lease_of(const struct engine *engine, uint32_t owner,
                                        const char *name);
/* Are those the rules, and their names, that are in force? */
int engine_cards_are(const struct engine *engine, const struct gpu_rules *rules,
                     const char *profile, const char *shares);

#endif
