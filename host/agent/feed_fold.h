// SPDX-License-Identifier: Apache-2.0
/* feed_fold: what a runner knows as of the event being delivered: open orders, positions, balances,
 * capital, instruments, books, signals, parameters, timers. Built from the setup, kept by events.
 * [agent] */
#ifndef AGENT_FEED_FOLD_H
#define AGENT_FEED_FOLD_H

#include "agent/feed_state.h"

/* Takes over what the setup holds. AGON_ENOMEM, AGON_ECORRUPT. */
int fold_init(struct feed *feed, struct error *err);
void fold_deinit(struct feed *feed);
/* Gives the roster's values to the descriptor's parameters. AGON_EINVAL names the parameter. */
int fold_params(struct feed *feed, struct error *err);
/* Gives one parameter the value that text says. AGON_EINVAL, AGON_ERANGE: it is none. */
int fold_param_read(struct feed_param *param, const struct agon_param *declared, const char *text,
                    struct error *err);
/* Before the event is delivered, whether or not it will be. */
void fold_public(struct feed *feed, const struct agon_event_hdr *event);
/* Brings tops to what the engine kept to itself (runner_turn.late); before each look at them. */
void fold_late(struct feed *feed);
/* A SIGNAL; of what is bound to an input the key becomes the input's number. */
void fold_signal(struct feed *feed, struct agon_signal *event);
void fold_private(struct feed *feed, const struct agon_event_hdr *event);
/* Public events are missing: books are what they were and may not be traded on. */
void fold_gap(struct feed *feed);

/* NULL: none. */
struct agon_position *fold_position_any(struct feed *feed, agon_instrument_t id);
struct agon_position *fold_position(struct feed *feed, agon_account_t account,
                                    agon_instrument_t id);
struct agon_balance *fold_balance(struct feed *feed, agon_account_t account, agon_asset_t asset);
/* NULL: none. */
const struct agon_signal *fold_last(const struct feed *feed, uint32_t input, agon_instrument_t id);
struct feed_param *fold_param(struct feed *feed, uint32_t id);
struct feed_timer *fold_timer(struct feed *feed, uint32_t id);
void fold_timer_remove(struct feed *feed, struct feed_timer *timer);

#endif
