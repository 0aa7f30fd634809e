// SPDX-License-Identifier: Apache-2.0
/* halts: what may raise no new risk, since when, by whose word and why.
 *
 * A halt of everything has causes, each lifted by itself: that the disk runs again says nothing of
 * what an operator ordered. Halts of venues, instruments and slots are an operator's, and of a
 * venue also its key's. All of them are in the state and outlive a run. */
#include <stdio.h>

#include "engine/close.h"
#include "engine/impl.h"

void halts_note(struct engine *engine)
{
    engine->halted = 0;
    for (uint32_t cause = 0; cause < HALT_CAUSES; cause++)
        engine->halted |= (uint32_t)(engine->halts[cause].is_set != 0) << cause;
}

static void copy_text(char *to, const char *from, size_t room)
{
    size_t n = strnlen(from, room - 1);

    memset(to, 0, room);
    memcpy(to, from, n);
}

static void set(struct engine *engine, struct halt *halt, const struct record_command *command)
{
    const struct record_command_by *by = (const struct record_command_by *)(const void *)command;

    // Who halted first has halted: a second word changes nothing, but for one that stops more.
    if (halt->is_set && (command->reason != REASON_OTHER_HOST || halt->reason == REASON_OTHER_HOST))
        return;
    memset(halt, 0, sizeof(*halt));
    halt->is_set = 1;
    halt->reason = command->reason;
    halt->t = engine->t;
    if (event_bytes(&command->hdr) < sizeof(*by))
        return;
    copy_text(halt->who, by->who, sizeof(halt->who));
    copy_text(halt->why, by->why, sizeof(halt->why));
}

static void clear(struct halt *halt)
{
    memset(halt, 0, sizeof(*halt));
}

static void lift_stop(struct engine *engine)
{
    if (!engine->halts[HALT_STOP].is_set)
        return;
    clear(&engine->halts[HALT_STOP]);
    halts_note(engine);
    engine->stop_due = INT64_MAX;
    for (uint16_t slot = 0; slot < engine->slots.n; slot++)
        close_call_off(engine, slot);
}

void halts_watch_stop(struct engine *engine)
{
    uint32_t n_orders, n_positions;
    char text[96];

    if (engine->stop_due > engine->t) {
        if (engine->stop_due != INT64_MAX)
            intents_sweep_at(engine, engine->stop_due);
        return;
    }
    engine->stop_due = INT64_MAX;
    close_left(engine, &n_orders, &n_positions);
    if (n_orders + n_positions == 0)
        return;
    snprintf(text, sizeof(text),
             "the emergency stop has not closed everything: %u orders and %u positions are left",
             n_orders, n_positions);
    engine_raise(engine, ALERT_STOP, ALERT_NO_SLOT, 0, n_orders + n_positions, 0, text);
    engine->stop_due = engine->t + ENGINE_STOP_NS;
    intents_sweep_at(engine, engine->stop_due);
}

// An operator's word, and what the host found out about itself. The journal's disk and the host's
// own end have words of their own.
static void tell_halt(struct engine *engine, uint8_t cause)
{
    uint32_t n_orders, n_positions;

    if (engine->halts[cause].is_set || cause == HALT_STOPPING || cause == HALT_JOURNAL)
        return;
    if (cause != HALT_STOP) {
        engine_raise(engine, cause == HALT_KILL ? ALERT_KILL : ALERT_HALT, ALERT_NO_SLOT, 0, 0, 0,
                     NULL);
        return;
    }
    close_left(engine, &n_orders, &n_positions);
    engine_raise(engine, ALERT_STOP, ALERT_NO_SLOT, 0, n_orders + n_positions, 0,
                 "an emergency stop has begun: all orders are being cancelled, all positions "
                 "closed");
    engine->stop_due = engine->t + ENGINE_STOP_NS;
    intents_sweep_at(engine, engine->stop_due);
}

// Of everything. Whether anything was lifted or set that others have to hear of.
static int set_global(struct engine *engine, const struct record_command *command, int is_halted)
{
    int was_halted = halts_any(engine);
    uint8_t cause = command->which;

    if (is_halted) {
        tell_halt(engine, cause);
        set(engine, &engine->halts[cause], command);
        halts_note(engine);
        return 1;
    }
    if (command->reason == REASON_KILL || cause == HALT_KILL) {
        clear(&engine->halts[HALT_KILL]);
    } else if (cause == HALT_OPERATOR) {
        clear(&engine->halts[HALT_OPERATOR]);
        clear(&engine->halts[HALT_CRASHES]);
        clear(&engine->halts[HALT_BOOKS]);
        lift_stop(engine);
        risk_resume(&engine->portfolio);
    } else {
        clear(&engine->halts[cause]);
    }
    halts_note(engine);
    return was_halted && !halts_any(engine);
}

/* A key that gained the right to withdraw, by the venue's own word. What it halted goes when the
 * right has gone, and what a person halted does not. */
static int is_of_key(struct engine *engine, const struct halt *halt,
                     const struct record_command *command, int is_halted)
{
    const struct record_command_by *by = (const struct record_command_by *)(const void *)command;

    if (command->scope != SCOPE_VENUE || command->reason != REASON_KEY_RIGHTS)
        return 0;
    if (is_halted)
        engine_raise(engine, ALERT_CREDENTIAL, ALERT_NO_SLOT, 0, 0, 0,
                     event_bytes(&command->hdr) >= sizeof(*by) ? by->why : NULL);
    return !is_halted && (!halt->is_set || halt->reason != REASON_KEY_RIGHTS);
}

int halts_set(struct engine *engine, const struct record_command *command, int is_halted)
{
    struct agon_halt event = {
        .hdr = {.type = AGON_EVENT_HALT,
                .granules = 1,
                .instrument = command->scope == SCOPE_INSTRUMENT ? command->id : 0},
        .scope = command->scope,
        .mode = (uint8_t)is_halted,
        .reason = command->reason,
        .id = command->id,
    };
    struct halt *halt;

    if (command->which >= HALT_CAUSES || (command->which != 0 && command->scope != SCOPE_GLOBAL))
        return AGON_EINVAL;
    if (command->scope == SCOPE_GLOBAL) {
        if (set_global(engine, command, is_halted))
            deliver_derived(engine, &event.hdr);
        return AGON_OK;
    }
    halt = command->scope == SCOPE_VENUE        ? &engine->venue_halts[command->id]
           : command->scope == SCOPE_INSTRUMENT ? &engine->markets[command->id].halt
                                                : &engine->slot_halts[command->id];
    if (is_of_key(engine, halt, command, is_halted))
        return AGON_OK;
    if (is_halted)
        set(engine, halt, command);
    else
        clear(halt);
    if (command->scope == SCOPE_SLOT && !is_halted) {
        risk_resume(&engine->risk[command->id]);
        close_call_off(engine, (uint16_t)command->id);
    }
    deliver_derived(engine, &event.hdr);
    return AGON_OK;
}

const struct halt *engine_halt(const struct engine *engine, uint8_t scope, uint32_t id)
{
    const struct halt *halt = NULL;

    if (scope == SCOPE_GLOBAL && id < HALT_CAUSES)
        halt = &engine->halts[id];
    else if (scope == SCOPE_VENUE && id <= VENUES_MAX)
        halt = &engine->venue_halts[id];
    else if (scope == SCOPE_INSTRUMENT && id <= INSTRUMENTS_MAX)
        halt = &engine->markets[id].halt;
    else if (scope == SCOPE_SLOT && id < SLOTS_MAX)
        halt = &engine->slot_halts[id];
    return halt != NULL && halt->is_set ? halt : NULL;
}

int engine_halted(const struct engine *engine)
{
    return halts_has(engine, HALT_KILL) ? 2 : halts_any(engine);
}

int engine_slot_halted(const struct engine *engine, uint16_t slot)
{
    return slot < SLOTS_MAX && engine->slot_halts[slot].is_set;
}

static int is_breached(const struct risk_slot *slot)
{
    return slot->is_drawdown_breached || slot->is_floor_breached;
}

uint16_t engine_stopped_by(const struct engine *engine, uint16_t slot, agon_ns_t *t)
{
    const struct risk_slot *own = &engine->risk[slot], *all = &engine->portfolio;
    const struct slot_limits *limits = &engine->slots.all[slot].limits;
    const struct portfolio_limits *limits_all = &engine->portfolio_limits;

    // A limit that was taken away binds nobody.
    *t = own->t_breach;
    if (own->is_drawdown_breached && limits->drawdown_ppm > 0)
        return REASON_DRAWDOWN;
    if (own->is_daily_breached && limits->daily_loss_amt > 0)
        return REASON_DAILY_LOSS;
    *t = all->t_breach;
    if (all->is_floor_breached && limits_all->equity_amt > 0)
        return REASON_PORTFOLIO_EQUITY;
    if (all->is_drawdown_breached && limits_all->drawdown_ppm > 0)
        return REASON_PORTFOLIO_DRAWDOWN;
    if (all->is_daily_breached && limits_all->daily_loss_amt > 0)
        return REASON_PORTFOLIO_DAILY_LOSS;
    *t = 0;
    return REASON_NONE;
}

/* Is there anything that a resume with that scope lifts? */
static int can_resume(const struct engine *engine, const struct record_command *command)
{
    uint32_t id = command->id;

    if (command->scope != SCOPE_GLOBAL && engine_halt(engine, command->scope, id) != NULL)
        return 1;
    if (command->scope == SCOPE_SLOT)
        return id < SLOTS_MAX && (is_breached(&engine->risk[id]) || engine->wants_flat[id] != 0 ||
                                  engine->is_closing_all[id] != 0);
    if (command->scope != SCOPE_GLOBAL)
        return 0;
    if (command->reason == REASON_KILL)
        return halts_has(engine, HALT_KILL);
    if (command->which != HALT_OPERATOR)
        return command->which < HALT_CAUSES && halts_has(engine, command->which);
    return halts_has(engine, HALT_OPERATOR) || halts_has(engine, HALT_CRASHES) ||
           halts_has(engine, HALT_BOOKS) || halts_has(engine, HALT_STOP) ||
           is_breached(&engine->portfolio);
}

// Of a halt of everything: its cause's. A second word that stops more is none of these.
static int is_halted_so(const struct engine *engine, const struct record_command *command)
{
    uint32_t id = command->scope == SCOPE_GLOBAL ? command->which : command->id;
    const struct halt *halt = engine_halt(engine, command->scope, id);

    return halt != NULL &&
           (command->reason != REASON_OTHER_HOST || halt->reason == REASON_OTHER_HOST);
}

static int is_in_scope(const struct engine *engine, const struct record_command *command,
                       agon_instrument_t id)
{
    const struct agon_instrument *instrument = instruments_get(&engine->table, id);

    if (command->scope == SCOPE_VENUE)
        return instrument != NULL && instrument->venue == command->id;
    if (command->scope == SCOPE_INSTRUMENT)
        return id == command->id;
    return command->kind != COMMAND_FLATTEN || command->value == 0 ||
           id == (agon_instrument_t)command->value;
}

static int has_order(const struct engine *engine, uint16_t slot,
                     const struct record_command *command)
{
    struct order *order = NULL;

    while ((order = orders_next(engine->orders, slot, order)) != NULL) {
        if (command->which == CANCEL_ORDER && command->kind == COMMAND_CANCEL_ALL
                ? order->id == (uint64_t)command->value && order->request != AGON_REQUEST_CANCEL
                : is_in_scope(engine, command, order->instrument))
            return 1;
    }
    return 0;
}

static int has_position(const struct engine *engine, uint16_t slot,
                        const struct record_command *command)
{
    uint32_t n;
    const struct position *all = ledger_positions(engine->ledger, slot, &n);

    for (uint32_t i = 0; i < n; i++) {
        if (all[i].instrument != 0 && is_in_scope(engine, command, all[i].instrument) &&
            !close_is_dust(engine, slot, all[i].instrument))
            return 1;
    }
    return 0;
}

int engine_is_so(const struct engine *engine, const struct record_command *command)
{
    switch (command->kind) {
    case COMMAND_RESUME:
        return !can_resume(engine, command);
    case COMMAND_HALT:
        return is_halted_so(engine, command);
    case COMMAND_KILL:
        return halts_has(engine, HALT_KILL);
    case COMMAND_UNDO_PLAN:
        return command->value > 0 && command->value == engine->tournament.number &&
               engine->tournament.is_undone;
    case COMMAND_CANCEL_ALL:
    case COMMAND_FLATTEN:
        break;
    default:
        return 0;
    }
    for (uint16_t id = 0; id < engine->slots.n; id++) {
        if (!engine->slots.all[id].is_used || (command->scope == SCOPE_SLOT && command->id != id))
            continue;
        if (has_order(engine, id, command) ||
            (command->kind == COMMAND_FLATTEN && has_position(engine, id, command)))
            return 0;
    }
    return 1;
}

void halts_save(const struct halt *halt, struct enc *enc)
{
    enc_u8(enc, halt->is_set);
    if (!halt->is_set)
        return;
    enc_u16(enc, halt->reason);
    enc_i64(enc, halt->t);
    enc_bytes(enc, halt->who, sizeof(halt->who));
    enc_bytes(enc, halt->why, sizeof(halt->why));
}

void halts_load(struct halt *halt, struct dec *dec)
{
    memset(halt, 0, sizeof(*halt));
    halt->is_set = dec_u8(dec);
    if (!halt->is_set)
        return;
    halt->reason = dec_u16(dec);
    halt->t = dec_i64(dec);
    dec_bytes(dec, halt->who, sizeof(halt->who));
    dec_bytes(dec, halt->why, sizeof(halt->why));
    if (halt->is_set > 1 || halt->who[sizeof(halt->who) - 1] != 0 ||
        halt->why[sizeof(halt->why) - 1] != 0)
        dec_fail(dec);
}
