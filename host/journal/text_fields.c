// SPDX-License-Identifier: Apache-2.0
#include "journal/text_fields.h"

#include <stddef.h>

#include "market/alerts.h"
#include "market/order_words.h"
#include "slot/slot.h"

static const char *const sides[] = {[0] = "none", ORDER_SIDE_WORDS(ORDER_WORD)};
#define ROW(id, number, name, has, text) [number] = (name),
static const char *const order_types[] = {[0] = "none", AGON_ORDER_TYPES(ROW)};
#undef ROW
static const char *const tifs[] = {"default", "gtc", "ioc", "fok", "gtd"};
static const char *const intents[] = {"none",       "order",  "replace", "cancel",
                                      "cancel_all", "target", "quote"};
static const char *const states[] = {[0] = "none", ORDER_STATE_WORDS(ORDER_WORD)};
static const char *const requests[] = {[0] = "none", ORDER_REQUEST_WORDS(ORDER_WORD)};
static const char *const request_states[] = {"none", "in_flight", "unknown"};
static const char *const books[] = {BOOK_STATE_WORDS(ORDER_WORD)};
static const char *const tradings[] = {"unknown", "open", "cancel_only", "post_only", "halted"};
#define ROW(id, number, name, has, text) [number] = (name),
static const char *const instrument_kinds[] = {[0] = "none", AGON_INSTRUMENT_KINDS(ROW)};
#undef ROW
static const char *const liquidities[] = {"unknown", "maker", "taker"};
static const char *const scopes[] = {"none", "global", "venue", "instrument", "slot"};
static const char *const reports[] = {"none",
                                      "ack",
                                      "fill",
                                      "cancelled",
                                      "expired",
                                      "rejected",
                                      "replaced",
                                      "cancel_rejected",
                                      "replace_rejected",
                                      "not_sent",
                                      "unknown",
                                      "state",
                                      "absent",
                                      "cancel_ack",
                                      "stray"};
static const char *const commands[] = {
    "none",  "halt", "resume", "cancel_all", "flatten", "kill",      "slot_condition", "slot_stage",
    "limit", "day",  "stop",   "ack_alert",  "vacate",  "undo_plan", "volatility",     "asked"};
#define ROW(id, number, name) [number] = (name),
static const char *const askeds[] = {[0] = "none", ASKED_KINDS(ROW)};
#undef ROW
static const char *const modes[] = {"none", "backtest", "paper", "live", "dst"};
static const char *const whys[] = {"none", "reload", "rollback", "restore", "fresh", "refused"};
static const char *const crash_kinds[] = {"none", "died", "hung", "failed", "exited", "flooded"};
static const char *const crash_orders[] = {"cancel_all", "keep", "flatten"};
static const char *const configs[] = {"none",
                                      "asset",
                                      "account",
                                      "slot",
                                      "venue",
                                      "subscribe",
                                      [CONFIG_TOURNAMENT] = "tournament",
                                      [CONFIG_VALUATION] = "valuation",
                                      [CONFIG_PORTFOLIO] = "portfolio",
                                      [CONFIG_STEP] = "step",
                                      [CONFIG_SAMPLES] = "samples",
                                      [CONFIG_IDS] = "ids",
                                      [CONFIG_LEASE] = "lease",
                                      [CONFIG_GPU] = "gpu",
                                      [CONFIG_GENERATION] = "generation",
                                      [CONFIG_PARAM] = "param"};
static const char *const job_kinds[] = {"none", "done", "granted", "evicted", "ended"};
static const char *const job_wishes[] = {"none", "submit", "cancel", "acquire", "release"};
static const char *const begins[] = {"none", "start", "added", "reload", "restore", "fresh"};
static const char *const ends[] = {"none", "stopped", "superseded", "died"};
static const char *const lapses[] = {"none", "gap", "no_room", "lost", "renamed"};
static const char *const sent_kinds[] = {"none", "new", "cancel", "replace"};
static const char *const dues[] = {
    "none", "bars", "sample", "sweep", "timer", [DUE_TOURNAMENT] = "tournament", "exit", "cards"};
static const char *const exit_watches[] = {"book", "mark", "last"};
static const char *const exit_states[] = {"none",   "waiting", "armed", "fired",
                                          "failed", "done",    "ended", "refused"};
static const char *const exit_causes[] = {"none",       "stop",        "trailing",
                                          "break_even", "take_profit", "time"};
static const char *const tournament_modes[] = {"none", "rank_shares", "bounded"};
static const char *const verdicts[] = {"none",
#define NAME(id, number, name, doc) [number] = (name),
                                       PLAN_VERDICTS(NAME)
#undef NAME
};
static const char *const reasons[REASONS_MAX] = {
#define NAME(id, number, name, side, text) [number] = (name),
    AGON_REASONS(NAME)
#undef NAME
};
#define N_OF(names) (uint16_t)(sizeof(names) / sizeof((names)[0]))

#define AT(T, field) (uint16_t) offsetof(struct T, field)
#define U8(T, f)                                                                                   \
    {                                                                                              \
#f, AT(T, f), F_U8, 0, NULL                                                                \
    }
#define U16(T, f)                                                                                  \
    {                                                                                              \
#f, AT(T, f), F_U16, 0, NULL                                                               \
    }
#define U32(T, f)                                                                                  \
    {                                                                                              \
#f, AT(T, f), F_U32, 0, NULL                                                               \
    }
#define U64(T, f)                                                                                  \
    {                                                                                              \
#f, AT(T, f), F_U64, 0, NULL                                                               \
    }
#define I8(T, f)                                                                                   \
    {                                                                                              \
#f, AT(T, f), F_I8, 0, NULL                                                                \
    }
#define I32(T, f)                                                                                  \
    {                                                                                              \
#f, AT(T, f), F_I32, 0, NULL                                                               \
    }
#define I64(T, f)                                                                                  \
    {                                                                                              \
#f, AT(T, f), F_I64, 0, NULL                                                               \
    }
#define PX(T, f)                                                                                   \
    {                                                                                              \
#f, AT(T, f), F_PX, 0, NULL                                                                \
    }
#define QTY(T, f)                                                                                  \
    {                                                                                              \
#f, AT(T, f), F_QTY, 0, NULL                                                               \
    }
#define F64(T, f)                                                                                  \
    {                                                                                              \
#f, AT(T, f), F_F64, 0, NULL                                                               \
    }
#define NAME8(T, f, names)                                                                         \
    {                                                                                              \
#f, AT(T, f), F_NAME8, N_OF(names), names                                                  \
    }
#define NAME16(T, f, names)                                                                        \
    {                                                                                              \
#f, AT(T, f), F_NAME16, N_OF(names), names                                                 \
    }
#define NAME32(T, f, names)                                                                        \
    {                                                                                              \
#f, AT(T, f), F_NAME32, N_OF(names), names                                                 \
    }
#define TEXT(T, f)                                                                                 \
    {                                                                                              \
#f, AT(T, f), F_TEXT, (uint16_t)sizeof(((struct T *)0)->f), NULL                           \
    }
#define HEX(T, f)                                                                                  \
    {                                                                                              \
#f, AT(T, f), F_HEX, (uint16_t)sizeof(((struct T *)0)->f), NULL                            \
    }
/* A field of a struct inside another, under its own short name. */
#define IN(T, outer, S, f, kind, n, names)                                                         \
    {                                                                                              \
#f, (uint16_t)(offsetof(struct T, outer) + offsetof(struct S, f)), kind, n, names          \
    }
#define END                                                                                        \
    {                                                                                              \
        NULL, 0, F_END, 0, NULL                                                                    \
    }

static const struct text_field instrument_event_fields[] = {
    U16(agon_instrument, venue),
    NAME8(agon_instrument, kind, instrument_kinds),
    NAME8(agon_instrument, state, tradings),
    TEXT(agon_instrument, symbol),
    I8(agon_instrument, px_exp),
    I8(agon_instrument, qty_exp),
    I8(agon_instrument, multiplier_exp),
    U32(agon_instrument, predecessor),
    U32(agon_instrument, base),
    U32(agon_instrument, quote),
    U32(agon_instrument, settle),
    I32(agon_instrument, maker_fee_ppb),
    I32(agon_instrument, taker_fee_ppb),
    I64(agon_instrument, tick_px),
    I64(agon_instrument, lot_qty),
    I64(agon_instrument, min_qty),
    I64(agon_instrument, max_qty),
    I64(agon_instrument, min_notional_amt),
    I64(agon_instrument, multiplier),
    I64(agon_instrument, min_px),
    I64(agon_instrument, max_px),
    I64(agon_instrument, t_expiry),
    END};
static const struct text_field status_event_fields[] = {
    U16(agon_status, venue), NAME8(agon_status, trading, tradings), NAME8(agon_status, book, books),
    U32(agon_status, reason), END};
static const struct text_field book_fields[] = {
    U32(agon_book_part, flags), U64(agon_book_part, first_id), U64(agon_book_part, last_id), END};
static const struct text_field top10_event_fields[] = {NAME8(agon_top10, book, books),
                                                       U32(agon_top10, flags), END};
static const struct text_field quote_event_fields[] = {
    PX(agon_quote, bid_px), QTY(agon_quote, bid_qty), PX(agon_quote, ask_px),
    QTY(agon_quote, ask_qty), END};
static const struct text_field trade_event_fields[] = {
    PX(agon_trade, px),        QTY(agon_trade, qty),  NAME8(agon_trade, side, sides),
    U64(agon_trade, venue_id), U8(agon_trade, flags), END};
#define OF_LEVEL(name, f, kind)                                                                    \
    {                                                                                              \
        name, AT(record_trade_book, f), kind, 0, NULL                                              \
    }
static const struct text_field trade_book_fields[] = {PX(agon_trade, px),
                                                      QTY(agon_trade, qty),
                                                      NAME8(agon_trade, side, sides),
                                                      U64(agon_trade, venue_id),
                                                      U8(agon_trade, flags),
                                                      OF_LEVEL("bid_px", bid.px, F_PX),
                                                      OF_LEVEL("bid_qty", bid.qty, F_QTY),
                                                      OF_LEVEL("ask_px", ask.px, F_PX),
                                                      OF_LEVEL("ask_qty", ask.qty, F_QTY),
                                                      END};
#undef OF_LEVEL
static const struct text_field bar_event_fields[] = {I64(agon_bar, t_open),
                                                     U32(agon_bar, length_s),
                                                     U32(agon_bar, n_trades),
                                                     PX(agon_bar, open_px),
                                                     PX(agon_bar, high_px),
                                                     PX(agon_bar, low_px),
                                                     PX(agon_bar, close_px),
                                                     QTY(agon_bar, volume_qty),
                                                     QTY(agon_bar, taker_buy_qty),
                                                     I64(agon_bar, turnover_amt),
                                                     END};
static const struct text_field funding_event_fields[] = {
    I64(agon_funding, rate_ppb), I64(agon_funding, t_next), PX(agon_funding, mark_px),
    U32(agon_funding, interval_s), END};
static const struct text_field liquidation_event_fields[] = {
    PX(agon_liquidation, px), QTY(agon_liquidation, qty), NAME8(agon_liquidation, side, sides),
    END};
static const struct text_field px_value_fields[] = {PX(agon_value, value), END};
static const struct text_field qty_value_fields[] = {QTY(agon_value, value), END};
static const struct text_field signal_event_fields[] = {
    U16(agon_signal, slot),     U8(agon_signal, kind),
    U8(agon_signal, direction), U32(agon_signal, key),
    F64(agon_signal, value),    F64(agon_signal, confidence),
    F64(agon_signal, p_up),     F64(agon_signal, p_flat),
    F64(agon_signal, p_down),   PX(agon_signal, entry_px),
    PX(agon_signal, stop_px),   PX(agon_signal, take_px),
    I64(agon_signal, t_valid),  U32(agon_signal, reason),
    TEXT(agon_signal, text),    END};
#define ORIGIN(T)                                                                                  \
    IN(T, origin, agon_origin, slot, F_U16, 0, NULL),                                              \
        IN(T, origin, agon_origin, generation, F_U32, 0, NULL),                                    \
        IN(T, origin, agon_origin, cause_seq, F_U64, 0, NULL),                                     \
        IN(T, origin, agon_origin, nth, F_U64, 0, NULL),                                           \
        IN(T, origin, agon_origin, n, F_U32, 0, NULL),                                             \
        IN(T, origin, agon_origin, leg, F_U8, 0, NULL),                                            \
        IN(T, origin, agon_origin, n_legs, F_U8, 0, NULL)
static const struct text_field record_signal_fields[] = {
    ORIGIN(record_signal),
    IN(record_signal, signal, agon_signal, kind, F_U8, 0, NULL),
    IN(record_signal, signal, agon_signal, direction, F_U8, 0, NULL),
    IN(record_signal, signal, agon_signal, key, F_U32, 0, NULL),
    IN(record_signal, signal, agon_signal, value, F_F64, 0, NULL),
    IN(record_signal, signal, agon_signal, confidence, F_F64, 0, NULL),
    IN(record_signal, signal, agon_signal, p_up, F_F64, 0, NULL),
    IN(record_signal, signal, agon_signal, p_flat, F_F64, 0, NULL),
    IN(record_signal, signal, agon_signal, p_down, F_F64, 0, NULL),
    IN(record_signal, signal, agon_signal, entry_px, F_PX, 0, NULL),
    IN(record_signal, signal, agon_signal, stop_px, F_PX, 0, NULL),
    IN(record_signal, signal, agon_signal, take_px, F_PX, 0, NULL),
    IN(record_signal, signal, agon_signal, t_valid, F_I64, 0, NULL),
    IN(record_signal, signal, agon_signal, reason, F_U32, 0, NULL),
    IN(record_signal, signal, agon_signal, text, F_TEXT, sizeof(((struct agon_signal *)0)->text),
       NULL),
    END};
static const struct text_field regime_event_fields[] = {
    U16(agon_regime, slot),
    U8(agon_regime, regime),
    U8(agon_regime, volatility),
    U32(agon_regime, key),
    {"p_0", AT(agon_regime, p[0]), F_F64, 0, NULL},
    {"p_1", AT(agon_regime, p[1]), F_F64, 0, NULL},
    {"p_2", AT(agon_regime, p[2]), F_F64, 0, NULL},
    END};
static const struct text_field halt_event_fields[] = {NAME8(agon_halt, scope, scopes),
                                                      U32(agon_halt, id), U8(agon_halt, mode),
                                                      NAME16(agon_halt, reason, reasons), END};
static const struct text_field health_event_fields[] = {
    U16(agon_health, venue),     U8(agon_health, state),     U32(agon_health, reason),
    I64(agon_health, offset_ns), I64(agon_health, delay_ns), END};
/* `type` is the event's own, in the head of every line. */
#define ORDER_TYPE(T, f)                                                                           \
    {                                                                                              \
        "order_type", AT(T, f), F_NAME8, N_OF(order_types), order_types                            \
    }
static const struct text_field order_event_fields[] = {
    U64(agon_order, order_id),
    U64(agon_order, client_ref),
    U16(agon_order, account),
    U32(agon_order, generation),
    NAME8(agon_order, state, states),
    NAME8(agon_order, request, requests),
    NAME8(agon_order, request_state, request_states),
    NAME16(agon_order, reason, reasons),
    NAME8(agon_order, side, sides),
    ORDER_TYPE(agon_order, type),
    NAME8(agon_order, tif, tifs),
    PX(agon_order, px),
    PX(agon_order, trigger_px),
    QTY(agon_order, qty),
    QTY(agon_order, filled_qty),
    I64(agon_order, t_expire),
    U64(agon_order, cause_seq),
    U32(agon_order, n),
    U32(agon_order, flags),
    END};
static const struct text_field fill_event_fields[] = {U64(agon_fill, order_id),
                                                      U64(agon_fill, client_ref),
                                                      U16(agon_fill, account),
                                                      NAME8(agon_fill, side, sides),
                                                      NAME8(agon_fill, liquidity, liquidities),
                                                      PX(agon_fill, px),
                                                      QTY(agon_fill, qty),
                                                      I64(agon_fill, fee_amt),
                                                      U32(agon_fill, fee_asset),
                                                      I64(agon_fill, realised_amt),
                                                      U64(agon_fill, venue_fill),
                                                      QTY(agon_fill, position_qty),
                                                      END};
static const struct text_field balance_event_fields[] = {
    U16(agon_balance, account),  U32(agon_balance, asset),    I64(agon_balance, total_amt),
    I64(agon_balance, free_amt), I64(agon_balance, held_amt), END};
static const struct text_field position_event_fields[] = {
    U16(agon_position, account), QTY(agon_position, qty), I64(agon_position, cost_amt),
    I64(agon_position, realised_amt), END};
static const struct text_field capital_event_fields[] = {I64(agon_capital, capital_amt),
                                                         I64(agon_capital, equity_amt),
                                                         I64(agon_capital, free_amt),
                                                         U8(agon_capital, stage),
                                                         U8(agon_capital, condition),
                                                         U16(agon_capital, reason),
                                                         END};
static const struct text_field timer_event_fields[] = {
    U64(agon_timer, cookie), I64(agon_timer, t_due), U32(agon_timer, id), END};
static const struct text_field param_event_fields[] = {
    U32(agon_param_change, id), I64(agon_param_change, integer), F64(agon_param_change, real), END};
static const struct text_field gap_event_fields[] = {
    U64(agon_gap, first_seq), U64(agon_gap, last_seq), U64(agon_gap, n_missed),
    U32(agon_gap, policy), END};
static const struct text_field job_event_fields[] = {
    U64(agon_job, job),    U32(agon_job, lease),      NAME8(agon_job, kind, job_kinds),
    I32(agon_job, status), U32(agon_job, generation), U64(agon_job, bytes),
    HEX(agon_job, hash),   U16(agon_job, n_inline),   END};
static const struct text_field job_wish_fields[] = {ORIGIN(record_job_wish),
                                                    NAME8(record_job_wish, kind, job_wishes),
                                                    U64(record_job_wish, job),
                                                    U32(record_job_wish, lease),
                                                    I64(record_job_wish, delay_ns),
                                                    U32(record_job_wish, n_calls),
                                                    U64(record_job_wish, memory),
                                                    U64(record_job_wish, n_input),
                                                    U64(record_job_wish, n_result),
                                                    U32(record_job_wish, flags),
                                                    I32(record_job_wish, status),
                                                    HEX(record_job_wish, hash),
                                                    END};
static const struct text_field job_part_fields[] = {
    U16(record_job_part, slot), U64(record_job_part, job), U64(record_job_part, at),
    U32(record_job_part, n), END};
static const struct text_field job_done_fields[] = {
    U16(record_job_done, slot),     U64(record_job_done, job),
    I32(record_job_done, status),   U64(record_job_done, bytes),
    HEX(record_job_done, hash),     U16(record_job_done, n_inline),
    U32(record_job_done, attempts), END};
static const struct text_field lease_config_fields[] = {NAME16(record_lease, kind, configs),
                                                        U16(record_lease, slot),
                                                        U32(record_lease, lease),
                                                        TEXT(record_lease, name),
                                                        U64(record_lease, memory),
                                                        I64(record_lease, delay_ns),
                                                        U32(record_lease, speed_milli),
                                                        END};
#define LEG(f, kind, n, names) IN(agon_intent_event, intent, agon_intent, f, kind, n, names)
static const struct text_field intent_fields[] = {ORIGIN(agon_intent_event),
                                                  LEG(kind, F_NAME8, N_OF(intents), intents),
                                                  LEG(side, F_NAME8, N_OF(sides), sides),
                                                  ORDER_TYPE(agon_intent_event, intent.type),
                                                  LEG(tif, F_NAME8, N_OF(tifs), tifs),
                                                  LEG(flags, F_U32, 0, NULL),
                                                  LEG(account, F_U16, 0, NULL),
                                                  LEG(reason, F_U16, 0, NULL),
                                                  LEG(client_ref, F_U64, 0, NULL),
                                                  LEG(px, F_PX, 0, NULL),
                                                  LEG(trigger_px, F_PX, 0, NULL),
                                                  LEG(qty, F_QTY, 0, NULL),
                                                  LEG(show_qty, F_QTY, 0, NULL),
                                                  LEG(t_expire, F_I64, 0, NULL),
                                                  END};
#define PLAN(f, kind) IN(agon_exit_event, plan, agon_exit_plan, f, kind, 0, NULL)
#define TAKE(n, i)                                                                                 \
    {"take_px_" n, AT(agon_exit_event, plan.take_px[i]), F_PX, 0, NULL},                           \
    {                                                                                              \
        "take_ppm_" n, AT(agon_exit_event, plan.take_ppm[i]), F_U32, 0, NULL                       \
    }
static const struct text_field exit_plan_fields[] = {
    ORIGIN(agon_exit_event),
    PLAN(account, F_U16),
    IN(agon_exit_event, plan, agon_exit_plan, side, F_NAME8, N_OF(sides), sides),
    IN(agon_exit_event, plan, agon_exit_plan, watch, F_NAME8, N_OF(exit_watches), exit_watches),
    PLAN(client_ref, F_U64),
    PLAN(qty, F_QTY),
    PLAN(stop_px, F_PX),
    PLAN(trail_from_px, F_PX),
    PLAN(trail_px, F_PX),
    PLAN(trail_ppm, F_U32),
    PLAN(even_px, F_PX),
    PLAN(even_ppm, F_U32),
    PLAN(even_offset_px, F_PX),
    PLAN(entry_px, F_PX),
    TAKE("1", 0),
    TAKE("2", 1),
    TAKE("3", 2),
    TAKE("4", 3),
    PLAN(t_exit, F_I64),
    END};
static const struct text_field exit_event_fields[] = {NAME8(agon_exit, state, exit_states),
                                                      NAME8(agon_exit, cause, exit_causes),
                                                      U8(agon_exit, take),
                                                      PX(agon_exit, px),
                                                      U32(agon_exit, id),
                                                      U64(agon_exit, client_ref),
                                                      U64(agon_exit, order_id),
                                                      U16(agon_exit, account),
                                                      NAME16(agon_exit, reason, reasons),
                                                      NAME8(agon_exit, side, sides),
                                                      NAME8(agon_exit, watch, exit_watches),
                                                      U8(agon_exit, taken),
                                                      PX(agon_exit, stop_px),
                                                      PX(agon_exit, best_px),
                                                      QTY(agon_exit, qty),
                                                      QTY(agon_exit, left_qty),
                                                      QTY(agon_exit, closed_qty),
                                                      END};
static const struct text_field command_fields[] = {NAME8(record_command, kind, commands),
                                                   NAME8(record_command, scope, scopes),
                                                   U32(record_command, id),
                                                   U8(record_command, which),
                                                   I64(record_command, value),
                                                   NAME16(record_command, reason, reasons),
                                                   END};
static const struct text_field command_by_fields[] = {NAME8(record_command, kind, commands),
                                                      NAME8(record_command, scope, scopes),
                                                      U32(record_command, id),
                                                      U8(record_command, which),
                                                      I64(record_command, value),
                                                      NAME16(record_command, reason, reasons),
                                                      TEXT(record_command_by, who),
                                                      TEXT(record_command_by, why),
                                                      END};
static const struct text_field command_asked_fields[] = {NAME8(record_command, kind, commands),
                                                         NAME8(record_command, which, askeds),
                                                         NAME8(record_command, scope, scopes),
                                                         U32(record_command, id),
                                                         TEXT(record_command_by, who),
                                                         TEXT(record_command_by, why),
                                                         END};
static const struct text_field report_fields[] = {NAME8(record_report, kind, reports),
                                                  U64(record_report, order_id),
                                                  U8(record_report, rev),
                                                  U8(record_report, is_forced),
                                                  U8(record_report, is_unasked),
                                                  U64(record_report, venue_order),
                                                  U64(record_report, venue_fill),
                                                  U16(record_report, account),
                                                  NAME16(record_report, reason, reasons),
                                                  NAME8(record_report, state, states),
                                                  NAME8(record_report, side, sides),
                                                  NAME8(record_report, liquidity, liquidities),
                                                  PX(record_report, px),
                                                  QTY(record_report, qty),
                                                  QTY(record_report, cum_qty),
                                                  I64(record_report, fee_amt),
                                                  U32(record_report, fee_asset),
                                                  I32(record_report, venue_code),
                                                  END};
static const struct text_field account_fields[] = {
    U16(record_account, account),  U16(record_account, flags),    U32(record_account, asset),
    I64(record_account, free_amt), I64(record_account, held_amt), END};
static const struct text_field config_fields[] = {NAME16(record_asset, kind, configs), END};
static const struct text_field account_config_fields[] = {
    NAME16(record_account_of, kind, configs), U16(record_account_of, venue),
    U16(record_account_of, account), TEXT(record_account_of, name), END};
static const struct text_field param_config_fields[] = {
    NAME16(record_asset, kind, configs), U16(record_param, slot), U32(record_param, id),
    I64(record_param, integer),          F64(record_param, real), END};
static const struct text_field asset_fields[] = {
    NAME16(record_asset, kind, configs), U32(record_asset, asset), I8(record_asset, exp),
    U8(record_asset, is_base_currency),  TEXT(record_asset, name), END};
#define FIELD_CAPITAL    F_I64, 0, NULL
#define FIELD_AMT        F_I64, 0, NULL
#define FIELD_OF_CAPITAL F_I64, 0, NULL
#define FIELD_SHARE      F_U32, 0, NULL
#define FIELD_COUNT      F_U32, 0, NULL
#define FIELD_MS         F_U32, 0, NULL
#define FIELD_CHOICE     F_NAME32, N_OF(breaches), breaches
#define LIMIT(id, number, type, member, key, kind, ...)                                            \
    {key, AT(record_slot, limits.member), FIELD_##kind},
#define FURTHER(id, number, type, member, key, ...)                                                \
    {key, AT(record_slot, limits.member), F_I64, 0, NULL},
static const char *const breaches[] = {"close", "cancel", "halt"};
static const struct text_field slot_fields[] = {
    NAME16(record_slot, kind, configs),
    U16(record_slot, slot),
    U16(record_slot, account),
    U8(record_slot, stage),
    TEXT(record_slot, name),
    U64(record_slot, generation_hash),
    {"publishes", AT(record_slot, signals.n_keys), F_U16, 0, NULL},
    {"reads", AT(record_slot, signals.n_inputs), F_U16, 0, NULL},
    LIMITS_PLACED(LIMIT) LIMITS_MORE(FURTHER) END};
#undef LIMIT
#undef FURTHER
#define FURTHER(id, number, type, member, key, ...)                                                \
    {key, AT(record_portfolio, limits.member), F_I64, 0, NULL},
#define LIMIT(id, number, type, member, key, kind, ...)                                            \
    {key, AT(record_portfolio, limits.member), FIELD_##kind},
static const struct text_field portfolio_fields[] = {
    NAME16(record_portfolio, kind, configs), PORTFOLIO_PLACED(LIMIT) PORTFOLIO_MORE(FURTHER) END};
#undef LIMIT
#undef FURTHER
static const struct text_field valuation_fields[] = {NAME16(record_asset, kind, configs),
                                                     U32(record_valuation, asset), END};
static const struct text_field step_fields[] = {
    NAME16(record_asset, kind, configs), U16(record_step, is_bars), I64(record_step, step_ns), END};
static const struct text_field ids_fields[] = {
    NAME16(record_asset, kind, configs), U32(record_ids, journal), U32(record_ids, since_run), END};
static const struct text_field samples_fields[] = {NAME16(record_asset, kind, configs),
                                                   U16(record_samples, is_within),
                                                   U16(record_samples, is_figured), END};
static const struct text_field gpu_rules_fields[] = {
    NAME16(record_asset, kind, configs), TEXT(record_gpu_rules, profile),
    TEXT(record_gpu_rules, shares),      U32(record_gpu_rules, n_bytes),
    HEX(record_gpu_rules, hash),         END};
static const char *const gpu_events[] = {"none",       "tick",  "request", "release",
                                         "submit",     "chunk", "heat",    "volatility",
                                         "tournament", "lost",  "back",    "filling"};
static const struct text_field gpu_fields[] = {NAME8(record_gpu, kind, gpu_events),
                                               U32(record_gpu, owner),
                                               U64(record_gpu, lease),
                                               U64(record_gpu, job),
                                               U64(record_gpu, run),
                                               TEXT(record_gpu, name),
                                               U8(record_gpu, card),
                                               U8(record_gpu, state),
                                               I64(record_gpu, bytes),
                                               U32(record_gpu, share_ppm),
                                               U8(record_gpu, budget),
                                               U8(record_gpu, group),
                                               U8(record_gpu, priority),
                                               U8(record_gpu, flags),
                                               U16(record_gpu, rank),
                                               I64(record_gpu, deadline_ns),
                                               U32(record_gpu, n_chunks),
                                               I64(record_gpu, chunk_ns),
                                               U8(record_gpu, is_failed),
                                               I32(record_gpu, heat_mc),
                                               END};
static const struct text_field start_fields[] = {
    U32(record_start, run),  NAME8(record_start, mode, modes), HEX(record_start, journal),
    U64(record_start, seed), HEX(record_start, build),         END};
static const struct text_field clock_fields[] = {I64(record_clock, t_before), END};
static const struct text_field mark_fields[] = {HEX(record_mark, hash), END};
static const struct text_field arm_fields[] = {ORIGIN(record_arm),
                                               U32(record_arm, id),
                                               U8(record_arm, is_disarm),
                                               I64(record_arm, t_at),
                                               I64(record_arm, every_ns),
                                               U64(record_arm, cookie),
                                               END};
static const struct text_field due_fields[] = {NAME8(record_due, kind, dues),
                                               U16(record_due, slot),
                                               U32(record_due, id),
                                               I64(record_due, t_due),
                                               U64(record_due, cookie),
                                               NAME8(record_due, cause, exit_causes),
                                               PX(record_due, px),
                                               END};
static const char *const path_kinds[] = {"none", "point", "close", "end"};
static const struct text_field path_fields[] = {NAME8(record_path, kind, path_kinds),
                                                PX(record_path, px), U64(record_path, slots), END};

static const struct text_field generation_fields[] = {
    NAME16(record_generation, kind, configs), U16(record_generation, slot),
    U32(record_generation, generation),       U64(record_generation, generation_hash),
    U64(record_generation, event_mask),       NAME8(record_generation, why, whys),
    U8(record_generation, agent_kind),        U16(record_generation, event_more),
    U8(record_generation, bar_mask),          END};
static const struct text_field crash_fields[] = {U16(record_crash, slot),
                                                 NAME8(record_crash, kind, crash_kinds),
                                                 NAME8(record_crash, orders, crash_orders),
                                                 I32(record_crash, signal),
                                                 U32(record_crash, generation),
                                                 U64(record_crash, generation_hash),
                                                 U64(record_crash, nth),
                                                 U64(record_crash, first_seq),
                                                 U64(record_crash, last_seq),
                                                 U64(record_crash, ip),
                                                 U64(record_crash, address),
                                                 TEXT(record_crash, text),
                                                 END};
static const char *const alert_kinds[] = {"none",
#define ALERT_NAME(number, symbol, name, level, unit, text) name,
                                          ALERTS(ALERT_NAME)
#undef ALERT_NAME
};
_Static_assert(N_OF(alert_kinds) == ALERT_KINDS, "ALERTS has a gap in its numbers");
static const struct text_field alert_fields[] = {NAME16(record_alert, kind, alert_kinds),
                                                 U16(record_alert, slot),
                                                 U8(record_alert, level),
                                                 U64(record_alert, cause_seq),
                                                 I64(record_alert, value),
                                                 I64(record_alert, limit),
                                                 TEXT(record_alert, text),
                                                 END};
static const struct text_field quarantine_fields[] = {
    U64(record_quarantine, generation_hash), U16(record_quarantine, slot),
    U8(record_quarantine, is_set),           U8(record_quarantine, is_named),
    TEXT(record_quarantine, text),           END};
static const struct text_field plan_fields[] = {
    U32(record_plan, number),
    I8(record_plan, exp),
    I64(record_plan, t_due),
    I64(record_plan, t_since),
    I64(record_plan, given_amt),
    IN(record_plan, rules, tournament_rules, schedule, F_TEXT, 64, NULL),
    IN(record_plan, rules, tournament_rules, mode, F_NAME8, N_OF(tournament_modes),
       tournament_modes),
    IN(record_plan, rules, tournament_rules, sample_s, F_U32, 0, NULL),
    IN(record_plan, rules, tournament_rules, window, F_U32, 0, NULL),
    IN(record_plan, rules, tournament_rules, min_samples, F_U32, 0, NULL),
    IN(record_plan, rules, tournament_rules, rest_ppm, F_U32, 0, NULL),
    IN(record_plan, rules, tournament_rules, reserve_ppm, F_U32, 0, NULL),
    IN(record_plan, rules, tournament_rules, least_ppm, F_U32, 0, NULL),
    IN(record_plan, rules, tournament_rules, most_ppm, F_U32, 0, NULL),
    IN(record_plan, rules, tournament_rules, kelly_ppm, F_U32, 0, NULL),
    IN(record_plan, rules, tournament_rules, growth_ppm, F_U32, 0, NULL),
    {"max_failures",
     (uint16_t)(offsetof(struct record_plan, rules) + offsetof(struct tournament_rules, failures)),
     F_U32, 0, NULL},
    END};
static const struct text_field plan_lines_fields[] = {U32(record_plan_lines, number),
                                                      U16(record_plan_lines, first), END};
static const struct text_field plan_pools_fields[] = {U32(record_plan_pools, number), END};
static const char *const rule_kinds[] = {"?", "measure", "gate", "setting"};
static const struct text_field plan_values_fields[] = {
    U32(record_plan_values, number),
    IN(record_plan_values, term, rule_term, kind, F_NAME8, N_OF(rule_kinds), rule_kinds),
    IN(record_plan_values, term, rule_term, name, F_TEXT, 23, NULL),
    IN(record_plan_values, term, rule_term, value, F_F64, 0, NULL), END};
const struct text_field text_line_head[] = {TEXT(plan_line, name),
                                            U16(plan_line, slot),

                                            NAME8(plan_line, verdict, verdicts),
                                            U8(plan_line, rank),
                                            F64(plan_line, score),
                                            U32(plan_line, share_ppm),
                                            U8(plan_line, defined),
                                            U8(plan_line, failed),
                                            U32(plan_line, failures),
                                            U16(plan_line, flags),
                                            U32(plan_line, n_samples),
                                            U32(plan_line, n_wins),
                                            U32(plan_line, n_losses),
                                            I64(plan_line, won_amt),
                                            I64(plan_line, lost_amt),
                                            END};
const struct text_field text_line_tail[] = {F64(plan_line, kelly),
                                            I64(plan_line, equity_amt),

                                            I64(plan_line, target_amt),
                                            I64(plan_line, capital_before_amt),
                                            I64(plan_line, capital_after_amt),
                                            END};

static const struct text_field begin_fields[] = {
    U16(record_begin, slot),
    U32(record_begin, generation),
    NAME8(record_begin, how, begins),
    U64(record_begin, cut_seq),
    U64(record_begin, nth),
    HEX(record_begin, file_hash),
    HEX(record_begin, state_hash),
    U64(record_begin, n_state),
    HEX(record_begin, history_hash),
    U32(record_begin, n_bars),
    I64(record_begin, t_first_bar),
    I64(record_begin, t_last_bar),
    U32(record_begin, n_trades),
    U64(record_begin, arena_max),
    U32(record_begin, plugin_index),
    U32(record_begin, threads),
    IN(record_begin, record, record_slot_short, seed, F_U64, 0, NULL),
    U8(record_begin, is_cut),
    END};
static const struct text_field end_fields[] = {
    U16(record_end, slot),        U32(record_end, generation),
    NAME8(record_end, how, ends), U64(record_end, done_seq),
    U64(record_end, nth),         U64(record_end, unheard_seq),
    U32(record_end, unheard_n),   END};
static const struct text_field lapse_fields[] = {
    U16(record_lapse, slot),
    U32(record_lapse, generation),
    {"kind", AT(record_lapse, kind), F_NAME8, N_OF(lapses), lapses},
    U64(record_lapse, nth),
    U64(record_lapse, cause_seq),
    U8(record_lapse, phase),
    U32(record_lapse, first_call),
    U32(record_lapse, n_calls),
    U64(record_lapse, last_seq),
    U8(record_lapse, last_sub),
    U64(record_lapse, next_seq),
    U8(record_lapse, next_sub),
    END};
static const struct text_field sent_fields[] = {
    U64(record_sent, order_id), U16(record_sent, account), NAME8(record_sent, kind, sent_kinds),
    U8(record_sent, rev),       U8(record_sent, tries),    I64(record_sent, t_utc),
    I64(record_sent, t_sent),   I64(record_sent, held_ns), END};
static const struct text_field fills_read_fields[] = {U64(record_fills_read, venue_fill),
                                                      U16(record_fills_read, account), END};
#define book_snapshot_event_fields book_fields
#define book_delta_event_fields    book_fields
#define mark_event_fields          px_value_fields
#define index_event_fields         px_value_fields
#define open_interest_event_fields qty_value_fields
static const struct text_layout layouts[] = {
#define ROW(id, number, word, name, record, reach, has)                                            \
    {AGON_EVENT_##id, name, sizeof(struct record), word##_event_fields},
    AGON_EVENTS(ROW)
#undef ROW
        {AGON_EVENT_INTENT, "intent", 128, intent_fields},
    {AGON_EVENT_EXIT_PLAN, "exit_plan", 256, exit_plan_fields},
    {AGON_EVENT_COMMAND, "command", 64, command_fields},
    {EVENT_REPORT, "report", 128, report_fields},
    {EVENT_ACCOUNT, "account", 64, account_fields},
    {EVENT_FILLS_READ, "fills_read", sizeof(struct record_fills_read), fills_read_fields},
    {EVENT_CONFIG, "config", 64, config_fields},
    {EVENT_START, "start", 64, start_fields},
    {EVENT_MARK, "mark", 64, mark_fields},
    {EVENT_ARM, "arm", 128, arm_fields},
    {EVENT_JOB_WISH, "job_request", sizeof(struct record_job_wish), job_wish_fields},
    {EVENT_JOB_PART, "job_part", sizeof(struct record_job_part), job_part_fields},
    {EVENT_JOB_DONE, "job_done", sizeof(struct record_job_done), job_done_fields},
    {EVENT_DUE, "due", 64, due_fields},
    {EVENT_PATH, "path", sizeof(struct record_path), path_fields},
    {EVENT_CRASH, "crash", 192, crash_fields},
    {EVENT_QUARANTINE, "quarantine", 192, quarantine_fields},
    {EVENT_ALERT, "alert", 192, alert_fields},
    {EVENT_CLOCK, "clock", 64, clock_fields},
    {EVENT_GPU, "gpu", sizeof(struct record_gpu), gpu_fields},
    {EVENT_PLAN, "plan", sizeof(struct record_plan), plan_fields},
    {EVENT_PLAN_VALUES, "plan_values", sizeof(struct record_plan_values), plan_values_fields},
    {EVENT_PLAN_LINES, "plan_lines", sizeof(struct record_plan_lines), plan_lines_fields},
    {EVENT_PLAN_POOLS, "plan_pools", sizeof(struct record_plan_pools), plan_pools_fields},
    {EVENT_BEGIN, "begin", sizeof(struct record_begin), begin_fields},
    {EVENT_END, "end", sizeof(struct record_end), end_fields},
    {EVENT_LAPSE, "lapse", sizeof(struct record_lapse), lapse_fields},
    {EVENT_SENT, "sent", sizeof(struct record_sent), sent_fields},
};

const struct text_layout *text_layout_of(uint16_t type)
{
    for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
        if (layouts[i].type == type)
            return &layouts[i];
    }
    return NULL;
}

const char *text_name(enum text_of what, uint32_t value)
{
    static const struct {
        const char *const *names;
        uint32_t n;
    } all[] = {[TEXT_SIDE] = {sides, N_OF(sides)},
               [TEXT_ORDER_TYPE] = {order_types, N_OF(order_types)},
               [TEXT_TIF] = {tifs, N_OF(tifs)},
               [TEXT_STATE] = {states, N_OF(states)},
               [TEXT_REPORT] = {reports, N_OF(reports)},
               [TEXT_INTENT] = {intents, N_OF(intents)},
               [TEXT_MODE] = {modes, N_OF(modes)}};

    return value < all[what].n ? all[what].names[value] : NULL;
}

const struct text_field *text_fields_of(const struct text_layout *layout,
                                        const struct agon_event_hdr *event)
{
    uint32_t bytes = event_bytes(event);

    if (layout == NULL || bytes < layout->bytes)
        return NULL;
    if (event->type == AGON_EVENT_SIGNAL && bytes >= sizeof(struct record_signal))
        return record_signal_fields;
    if (event->type == AGON_EVENT_TRADE && trade_book(event) != NULL)
        return trade_book_fields;
    if (event->type == AGON_EVENT_COMMAND && bytes >= sizeof(struct record_command_by))
        return ((const struct record_command *)(const void *)event)->kind == COMMAND_ASKED
                   ? command_asked_fields
                   : command_by_fields;
    if (event->type == EVENT_CONFIG &&
        ((const struct record_asset *)(const void *)event)->kind == CONFIG_ASSET)
        return asset_fields;
    if (event->type == EVENT_CONFIG && bytes >= sizeof(struct record_slot_short) &&
        ((const struct record_asset *)(const void *)event)->kind == CONFIG_SLOT)
        return slot_fields;
    if (event->type == EVENT_CONFIG &&
        ((const struct record_asset *)(const void *)event)->kind == CONFIG_ACCOUNT)
        return account_config_fields;
    if (event->type == EVENT_CONFIG &&
        ((const struct record_asset *)(const void *)event)->kind == CONFIG_VALUATION)
        return valuation_fields;
    if (event->type == EVENT_CONFIG && bytes >= sizeof(struct record_portfolio) &&
        ((const struct record_asset *)(const void *)event)->kind == CONFIG_PORTFOLIO)
        return portfolio_fields;
    if (event->type == EVENT_CONFIG &&
        ((const struct record_asset *)(const void *)event)->kind == CONFIG_STEP)
        return step_fields;
    if (event->type == EVENT_CONFIG &&
        ((const struct record_asset *)(const void *)event)->kind == CONFIG_SAMPLES)
        return samples_fields;
    if (event->type == EVENT_CONFIG &&
        ((const struct record_asset *)(const void *)event)->kind == CONFIG_IDS)
        return ids_fields;
    if (event->type == EVENT_CONFIG && bytes >= sizeof(struct record_lease) &&
        ((const struct record_asset *)(const void *)event)->kind == CONFIG_LEASE)
        return lease_config_fields;
    if (event->type == EVENT_CONFIG &&
        ((const struct record_asset *)(const void *)event)->kind == CONFIG_GENERATION)
        return generation_fields;
    if (event->type == EVENT_CONFIG &&
        ((const struct record_asset *)(const void *)event)->kind == CONFIG_PARAM)
        return param_config_fields;
    if (event->type == EVENT_CONFIG && bytes >= sizeof(struct record_gpu_rules) &&
        ((const struct record_asset *)(const void *)event)->kind == CONFIG_GPU)
        return gpu_rules_fields;
    return layout->fields;
}
