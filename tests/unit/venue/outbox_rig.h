// SPDX-License-Identifier: Apache-2.0
/* outbox_rig: an outbox in scripted time, what it tells, and what is asked of it and shown to it,
 * for the programs that test it. */
#ifndef TESTS_UNIT_VENUE_OUTBOX_RIG_H
#define TESTS_UNIT_VENUE_OUTBOX_RIG_H

#include <check.h>

#include "venue/outbox.h"

#define MS     1000000ll
#define S      1000000000ll
#define LAG    OUTBOX_VIEW_LAG_NS
#define GAP    OUTBOX_ABSENT_GAP_NS
#define WINDOW (5 * S)

static struct outbox outbox;
static struct record_report told[64];
static uint32_t n_told, n_read;

static inline int take(void *ctx, struct agon_event_hdr *record)
{
    (void)ctx;
    ck_assert_uint_lt(n_told, 64);
    memcpy(&told[n_told++], record, sizeof(told[0]));
    return AGON_OK;
}

static inline void begin(void)
{
    ck_assert_int_eq(outbox_init(&outbox, 64, 64, WINDOW * 3 / 2 + S, take, NULL), AGON_OK);
    n_told = n_read = 0;
}

static inline void end(void)
{
    outbox_deinit(&outbox);
}

/* The next report; 0: there is none. */
static inline int next(void)
{
    return n_read < n_told ? told[n_read++].kind : 0;
}

static inline struct order_cmd command(uint8_t kind, uint8_t rev)
{
    return (struct order_cmd){.order_id = 7,
                              .instrument = 1,
                              .kind = kind,
                              .side = AGON_BUY,
                              .type = AGON_LIMIT,
                              .rev = rev,
                              .px = 100 + rev,
                              .qty = 10};
}

/* A request that leaves at once and whose answer is lost. */
static inline struct outbox_entry *lose(uint8_t kind, uint8_t rev, int64_t now)
{
    struct order_cmd cmd = command(kind, rev);
    struct outbox_entry *entry = outbox_command(&outbox, &cmd, now);

    ck_assert_ptr_nonnull(entry);
    outbox_sent(entry, now + WINDOW);
    outbox_outcome(&outbox, entry, OUTCOME_UNKNOWN, REASON_TIMEOUT, 0, now + MS);
    ck_assert_int_eq(next(), REPORT_UNKNOWN);
    return entry;
}

static inline void see(uint8_t source, uint8_t rev, uint8_t state, int64_t asked_ns, int64_t now)
{
    struct outbox_seen seen = {.order_id = 7,
                               .venue_order = 70u + rev,
                               .instrument = 1,
                               .rev = rev,
                               .state = state,
                               .side = AGON_BUY,
                               .source = source,
                               .px = 100 + rev,
                               .qty = 10,
                               .t_venue = now,
                               .asked_ns = asked_ns};

    outbox_seen(&outbox, &seen, 0, now);
}

/* An order that stands open since the beginning. */
static inline struct outbox_entry *stand(void)
{
    struct order_cmd cmd = command(CMD_NEW, 0);
    struct outbox_entry *entry = outbox_command(&outbox, &cmd, 0);

    ck_assert_ptr_nonnull(entry);
    outbox_sent(entry, WINDOW);
    see(SEEN_REPLY, 0, AGON_ORDER_OPEN, 0, MS);
    ck_assert_int_eq(next(), REPORT_ACK);
    return entry;
}

static inline void show(int how, int64_t now)
{
    struct outbox_fill fill = {.order_id = 7,
                               .venue_order = 70,
                               .fill = 1,
                               .instrument = 1,
                               .side = AGON_BUY,
                               .px = 100,
                               .qty = 3,
                               .t_venue = now};

    if (how == 0)
        outbox_fill(&outbox, &fill, now);
    else
        see((uint8_t)how, 0, AGON_ORDER_OPEN, now - MS, now);
}

static inline void replace(int64_t now)
{
    struct order_cmd cmd = command(CMD_REPLACE, 1);
    struct outbox_entry *entry = outbox_command(&outbox, &cmd, now);

    outbox_sent(entry, now + WINDOW);
    see(SEEN_REPLY, 1, AGON_ORDER_OPEN, 0, now);
    ck_assert_int_eq(next(), REPORT_REPLACED);
}

/* The wire order of rev, of qty, as the venue shows it, part of which is filled. */
static inline void see_part(uint8_t source, uint8_t rev, uint8_t state, agon_qty_t qty,
                            agon_qty_t cum_qty, int64_t now)
{
    struct outbox_seen seen = {.order_id = 7,
                               .venue_order = 70u + rev,
                               .instrument = 1,
                               .rev = rev,
                               .state = state,
                               .side = AGON_BUY,
                               .source = source,
                               .px = 100 + rev,
                               .qty = qty,
                               .cum_qty = cum_qty,
                               .t_venue = now,
                               .asked_ns = now - MS};

    outbox_seen(&outbox, &seen, 0, now);
}

static inline void trade(uint64_t number, agon_qty_t qty, agon_qty_t cum_qty, int64_t now)
{
    const struct outbox_fill fill = {.order_id = 7,
                                     .venue_order = 70,
                                     .fill = number,
                                     .instrument = 1,
                                     .side = AGON_BUY,
                                     .px = 100,
                                     .qty = qty,
                                     .wire_cum_qty = cum_qty,
                                     .t_venue = now};

    outbox_fill(&outbox, &fill, now);
    ck_assert_int_eq(next(), REPORT_FILL);
}

/* Trades of order 7 as the venue lists them: without a total. */
static inline void list_fill(uint64_t number, agon_qty_t qty)
{
    struct outbox_fill fill = {.order_id = 7,
                               .venue_order = 70,
                               .fill = number,
                               .instrument = 1,
                               .side = AGON_BUY,
                               .px = 100,
                               .qty = qty};

    outbox_fill(&outbox, &fill, 12 * S);
}

static inline void see_in_place(agon_px_t px, agon_qty_t qty, agon_qty_t cum_qty, int64_t now)
{
    struct outbox_seen seen = {.order_id = 7,
                               .venue_order = 70,
                               .instrument = 1,
                               .is_total = 1,
                               .state = AGON_ORDER_PARTIAL,
                               .side = AGON_BUY,
                               .source = SEEN_QUERY,
                               .px = px,
                               .qty = qty,
                               .cum_qty = cum_qty,
                               .t_venue = now,
                               .asked_ns = now - MS};

    outbox_in_place(&outbox, &seen);
    outbox_seen(&outbox, &seen, 0, now);
}

/* A request of another order; its place or NULL. */
static inline struct outbox_entry *command_of(uint64_t id, uint8_t kind, int64_t now)
{
    struct order_cmd cmd = command(kind, 0);

    cmd.order_id = id;
    return outbox_command(&outbox, &cmd, now);
}

#endif
