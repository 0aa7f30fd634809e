// SPDX-License-Identifier: MIT
/* agon: the one header that a plugin includes.
 *
 * Beside the border itself it holds what is compiled into the plugin: typed dispatch and small
 * helpers, which are not part of the ABI. sdk/template shows a whole plugin. */
#ifndef AGON_AGON_H
#define AGON_AGON_H

#include "agon/ext/account.h"
#include "agon/ext/arena.h"
#include "agon/ext/asset.h"
#include "agon/ext/book.h"
#include "agon/ext/clock.h"
#include "agon/ext/exit.h"
#include "agon/ext/gpu.h"
#include "agon/ext/history.h"
#include "agon/ext/instrument.h"
#include "agon/ext/log.h"
#include "agon/ext/metric.h"
#include "agon/ext/nn.h"
#include "agon/ext/orders.h"
#include "agon/ext/param.h"
#include "agon/ext/rng.h"
#include "agon/ext/signal.h"
#include "agon/plugin.h"

/* What to call for which event (on_quote, on_trade, ...: each of AGON_EVENTS); what is NULL goes to
 * on_other, or nowhere. */
struct agon_handlers {
#define AGON_X(id, number, word, name, record, reach, has)                                         \
    int (*on_##word)(void *self, const struct record *event);
    AGON_EVENTS(AGON_X)
#undef AGON_X
    /* Also the types that this SDK does not know yet. */
    int (*on_other)(void *self, const struct agon_event_hdr *event);
};

/* Calls the handler of the event's type and returns what it returns. The body of an on_event. */
static inline int agon_dispatch(const struct agon_handlers *on, void *self,
                                const struct agon_event_hdr *event)
{
    switch (event->type) {
#define AGON_X(id, number, word, name, record, reach, has)                                         \
    case AGON_EVENT_##id:                                                                          \
        if (on->on_##word)                                                                         \
            return on->on_##word(self, (const struct record *)(const void *)event);                \
        break;
        AGON_EVENTS(AGON_X)
#undef AGON_X
    default:
        break;
    }
    return on->on_other ? on->on_other(self, event) : AGON_OK;
}

/* Copies mine into the host's table, which may be shorter: an older host. The end of a create. */
static inline int agon_agent_set(struct agon_agent *agent, const struct agon_agent *mine)
{
    uint32_t n = agent->size < mine->size ? agent->size : mine->size;

    memcpy(agent, mine, n);
    agent->size = n;
    return AGON_OK;
}

/* True when nothing can happen to the order any more. */
static inline int agon_is_final(const struct agon_order *order)
{
    return order->state >= AGON_ORDER_FILLED;
}

/* Whether one instrument may be traded now, as HALT, CAPITAL and STATUS say of it. It may stand in
 * the state that a plugin saves; zeroed it is open. */
struct agon_gate {
    uint32_t halts;     /* bits by enum agon_scope */
    uint32_t is_closed; /* the venue does not trade it, or our book of it is bad */
};
AGON_SIZE_IS(agon_gate, 8);

static inline int agon_gate_is_open(const struct agon_gate *gate)
{
    return gate->halts == 0 && gate->is_closed == 0;
}

/* Takes such an event, of this instrument or of what it belongs to; any other changes nothing.
 * Returns agon_gate_is_open. For an on_other: there HALT, CAPITAL and STATUS arrive when they have
 * no handler of their own, and event_mask names them. */
static inline int agon_gate_update(struct agon_gate *gate, const struct agon_host *host,
                                   const struct agon_host_instrument *instruments,
                                   agon_instrument_t id, const struct agon_event_hdr *event)
{
    const struct agon_halt *halt = (const struct agon_halt *)(const void *)event;
    const struct agon_capital *capital = (const struct agon_capital *)(const void *)event;
    const struct agon_status *status = (const struct agon_status *)(const void *)event;
    struct agon_instrument instrument;
    uint32_t bit = 0;
    int is_set = 0;

    switch (event->type) {
    case AGON_EVENT_HALT:
        // What a slot may is in CAPITAL, and only of ours.
        if (halt->scope == AGON_SCOPE_GLOBAL ||
            (halt->scope == AGON_SCOPE_INSTRUMENT && halt->id == id) ||
            (halt->scope == AGON_SCOPE_VENUE && instruments->get(host, id, &instrument) >= 0 &&
             halt->id == instrument.venue))
            bit = 1u << halt->scope;
        is_set = halt->mode != 0;
        break;
    case AGON_EVENT_CAPITAL:
        bit = 1u << AGON_SCOPE_SLOT;
        is_set = capital->condition > 1;
        break;
    case AGON_EVENT_STATUS:
        if (event->instrument == id)
            gate->is_closed =
                status->trading != AGON_TRADING_OPEN || status->book == AGON_BOOK_STALE;
        break;
    default:
        break;
    }
    gate->halts = is_set ? gate->halts | bit : gate->halts & ~bit;
    return agon_gate_is_open(gate);
}

/* The n_bid + n_ask levels of a BOOK_SNAPSHOT or BOOK_DELTA; as long-lived as the event. */
static inline const struct agon_level *agon_levels(const struct agon_book_part *part)
{
    return (const struct agon_level *)(const void *)(part + 1);
}

/* Writes all n bytes, or returns an error. */
static inline int agon_write(struct agon_out *out, const void *bytes, uint64_t n)
{
    const char *at = (const char *)bytes;

    while (n > 0) {
        int64_t got = out->write(out, at, n);
        if (got <= 0 || (uint64_t)got > n)
            return got < 0 ? (int)got : AGON_EIO;
        at += got;
        n -= (uint64_t)got;
    }
    return AGON_OK;
}

/* Reads all n bytes, or returns an error: AGON_ECORRUPT when there are fewer. */
static inline int agon_read(struct agon_in *in, void *bytes, uint64_t n)
{
    char *at = (char *)bytes;

    while (n > 0) {
        int64_t got = in->read(in, at, n);
        if (got <= 0 || (uint64_t)got > n)
            return got < 0 ? (int)got : AGON_ECORRUPT;
        at += got;
        n -= (uint64_t)got;
    }
    return AGON_OK;
}

/* Parameters at file scope, for the descriptor's params: a number, a text, the length of a bar. */
#define AGON_NUMBER(name_, id_, type_, flags_, min_, max_, def_, step_, unit_, doc_)               \
    static const struct agon_param name_ = {sizeof(struct agon_param),                             \
                                            id_,                                                   \
                                            type_,                                                 \
                                            flags_,                                                \
                                            min_,                                                  \
                                            max_,                                                  \
                                            def_,                                                  \
                                            step_,                                                 \
                                            #name_,                                                \
                                            unit_,                                                 \
                                            doc_,                                                  \
                                            NULL}
#define AGON_CHOOSE(name_, id_, def_, unit_, choices_, doc_)                                       \
    static const struct agon_param name_ = {sizeof(struct agon_param),                             \
                                            id_,                                                   \
                                            AGON_CHOICE,                                           \
                                            AGON_PARAM_RESTART,                                    \
                                            0,                                                     \
                                            0,                                                     \
                                            def_,                                                  \
                                            0,                                                     \
                                            #name_,                                                \
                                            unit_,                                                 \
                                            doc_,                                                  \
                                            choices_}
#define AGON_TEXTUAL(name_, id_, doc_)                                                             \
    static const struct agon_param name_ = {sizeof(struct agon_param),                             \
                                            id_,                                                   \
                                            AGON_TEXT,                                             \
                                            AGON_PARAM_RESTART,                                    \
                                            0,                                                     \
                                            0,                                                     \
                                            0,                                                     \
                                            0,                                                     \
                                            #name_,                                                \
                                            "",                                                    \
                                            doc_,                                                  \
                                            NULL}
/* Lengths of bars as choices, and the length in seconds of the one chosen; 0: there is none. */
#define AGON_BAR_CHOICES "60|180|300|600|900|3600|14400|86400"
static inline uint32_t agon_bar_length(int64_t choice)
{
    static const uint32_t lengths[] = {60, 180, 300, 600, 900, 3600, 14400, 86400};

    return choice >= 0 && choice < 8 ? lengths[choice] : 0;
}

#endif
