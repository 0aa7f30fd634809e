// SPDX-License-Identifier: Apache-2.0
/* fake: a host of a few lines for the tests of plugins. It maps a built plugin, serves every
 * extension out of plain fields that a test sets, keeps what the plugin sends, and builds the
 * events that answer it. Nothing of the real host is in it, so that a plugin is held against the
 * border and not against our reading of it. */
#ifndef PLUGINS_FAKE_H
#define PLUGINS_FAKE_H

#include <agon/agon.h>

#define FAKE_T0       1700000000000000000
#define FAKE_INTENTS  65536
#define FAKE_STATE    (1u << 20)
#define FAKE_MINUTE   ((agon_ns_t)60 * 1000000000)
#define FAKE_SLOT     5
#define FAKE_SIGNALS  4096
#define FAKE_OPEN_MAX 16

struct fake {
    struct agon_host host;
    struct agon_agent agent;
    void *handle;
    const struct agon_entry *entry;
    const struct agon_descriptor *descriptor;
    void *arena; /* owned */
    uint64_t arena_used;
    const char *without; /* an extension that is not served */
    const char *params[16][2];
    uint32_t n_params;

    struct agon_instrument instrument; /* id 1, BTCUSDT, px_exp 2, qty_exp 4 */
    agon_qty_t held_qty;
    double cost; /* whole units of the quote */
    struct {     /* the same of id 2, ETHUSDT, spot until a test says otherwise */
        struct agon_instrument instrument;
        agon_qty_t held_qty;
        double cost;
    } second;
    agon_instrument_t at; /* what made-up market events are of: 1, or 2 */
    agon_amt_t quote_amt;
    agon_amt_t capital_amt; /* 0: not known yet; the equity is quote_amt */
    agon_qty_t limit_qty;
    agon_ns_t t, t_bar;
    uint64_t seq, nth;
    uint64_t rng_nth, n_draws; /* of the random numbers */
    int submit_rc;             /* what submit answers; AGON_OK: takes */

    struct agon_intent intents[FAKE_INTENTS];
    uint32_t n_intents, picked; /* picked: the one that is answered, from 1; 0: the last */
    struct agon_signal signals[FAKE_SIGNALS];
    uint32_t n_signals;
    struct agon_order open[FAKE_OPEN_MAX]; /* what open_orders says */
    uint32_t n_open;
    struct agon_exit_plan exits[AGON_EXITS_MAX]; /* what was set and not ended */
    uint32_t n_exits;
    struct agon_bar history[64];
    struct agon_top10
        top; /* what agon.book says of any instrument: fake_top's last, or a test's own */
    uint32_t n_history, n_timers;
    double metrics[AGON_METRICS_MAX];
};

/* Maps build/plugins/NAME/NAME.so, of FOLDER/NAME that one; a second one is an instance of its own.
 */
void fake_open(struct fake *fake, const char *name);
void fake_param(struct fake *fake, const char *name, const char *value);
int fake_create(struct fake *fake);
int fake_start(struct fake *fake, uint32_t reason);
/* open, create and start afresh, which must go well; params as NAME, VALUE, ..., NULL. */
void fake_begin(struct fake *fake, const char *name, const char *const *params);
void fake_close(struct fake *fake);

int fake_event(struct fake *fake, void *event); /* numbers it */
/* One bar that ends at fake->t: prices in px units, open at close. */
void fake_bar(struct fake *fake, uint32_t length_s, agon_px_t high, agon_px_t low, agon_px_t close,
              agon_qty_t volume);
void fake_trade(struct fake *fake, agon_px_t px);
void fake_top(struct fake *fake, agon_px_t bid, agon_px_t ask);
void fake_funding(struct fake *fake, int64_t rate_ppb, uint32_t interval_s);
void fake_halt(struct fake *fake, uint8_t scope, uint32_t id, uint8_t mode);
/* The picked intent, an order, becomes what the fields say; a FILL changes the position. */
void fake_order(struct fake *fake, uint8_t state, uint16_t reason);
void fake_fill(struct fake *fake, agon_px_t px, agon_qty_t fee_qty);
/* The intents since the last call, in a row of their own; returns how many. */
uint32_t fake_taken(struct fake *fake);

/* State in memory. Returns the code of save_state or load_state; reads are of at most 7 bytes. */
int fake_save(struct fake *fake, unsigned char *bytes, uint64_t *n);
int fake_load(struct fake *fake, const unsigned char *bytes, uint64_t n, uint32_t schema);

#endif
