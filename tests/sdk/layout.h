// SPDX-License-Identifier: Apache-2.0
/* layout: every record of <agon/event.h> with its fields, in order, for the test that pins offsets
 * and sizes. A record or field that is missing here is found by the test: the sizes of the fields
 * must add up to the record's. */
#ifndef SDK_LAYOUT_H
#define SDK_LAYOUT_H

// clang-format off
#define FIELDS_agon_event_hdr(F) \
    F(agon_event_hdr, type) F(agon_event_hdr, granules) F(agon_event_hdr, sub) \
    F(agon_event_hdr, instrument) F(agon_event_hdr, seq) F(agon_event_hdr, t_venue) \
    F(agon_event_hdr, t)
#define FIELDS_agon_level(F) \
    F(agon_level, px) F(agon_level, qty)
#define FIELDS_agon_instrument(F) \
    F(agon_instrument, hdr) F(agon_instrument, venue) F(agon_instrument, kind) \
    F(agon_instrument, state) F(agon_instrument, px_exp) F(agon_instrument, qty_exp) \
    F(agon_instrument, multiplier_exp) F(agon_instrument, pad0) F(agon_instrument, predecessor) \
    F(agon_instrument, base) F(agon_instrument, quote) F(agon_instrument, settle) \
    F(agon_instrument, maker_fee_ppb) F(agon_instrument, taker_fee_ppb) \
    F(agon_instrument, symbol) F(agon_instrument, tick_px) F(agon_instrument, lot_qty) \
    F(agon_instrument, min_qty) F(agon_instrument, max_qty) F(agon_instrument, min_notional_amt) \
    F(agon_instrument, multiplier) F(agon_instrument, min_px) F(agon_instrument, max_px) \
    F(agon_instrument, t_expiry) F(agon_instrument, pad1)
#define FIELDS_agon_status(F) \
    F(agon_status, hdr) F(agon_status, venue) F(agon_status, trading) F(agon_status, book) \
    F(agon_status, reason) F(agon_status, pad)
#define FIELDS_agon_book_part(F) \
    F(agon_book_part, hdr) F(agon_book_part, n_bid) F(agon_book_part, n_ask) \
    F(agon_book_part, flags) F(agon_book_part, first_id) F(agon_book_part, last_id) \
    F(agon_book_part, pad)
#define FIELDS_agon_top10(F) \
    F(agon_top10, hdr) F(agon_top10, n_bid) F(agon_top10, n_ask) F(agon_top10, book) \
    F(agon_top10, pad0) F(agon_top10, flags) F(agon_top10, pad1) F(agon_top10, bid) \
    F(agon_top10, ask)
#define FIELDS_agon_quote(F) \
    F(agon_quote, hdr) F(agon_quote, bid_px) F(agon_quote, bid_qty) F(agon_quote, ask_px) \
    F(agon_quote, ask_qty)
#define FIELDS_agon_trade(F) \
    F(agon_trade, hdr) F(agon_trade, px) F(agon_trade, qty) F(agon_trade, venue_id) \
    F(agon_trade, side) F(agon_trade, flags) F(agon_trade, pad)
#define FIELDS_agon_bar(F) \
    F(agon_bar, hdr) F(agon_bar, t_open) F(agon_bar, length_s) F(agon_bar, n_trades) \
    F(agon_bar, open_px) F(agon_bar, high_px) F(agon_bar, low_px) F(agon_bar, close_px) \
    F(agon_bar, volume_qty) F(agon_bar, taker_buy_qty) F(agon_bar, turnover_amt) \
    F(agon_bar, pad)
#define FIELDS_agon_funding(F) \
    F(agon_funding, hdr) F(agon_funding, rate_ppb) F(agon_funding, t_next) \
    F(agon_funding, mark_px) F(agon_funding, interval_s) F(agon_funding, pad)
#define FIELDS_agon_liquidation(F) \
    F(agon_liquidation, hdr) F(agon_liquidation, px) F(agon_liquidation, qty) \
    F(agon_liquidation, side) F(agon_liquidation, pad)
#define FIELDS_agon_value(F) \
    F(agon_value, hdr) F(agon_value, value) F(agon_value, pad)
#define FIELDS_agon_signal(F) \
    F(agon_signal, hdr) F(agon_signal, slot) F(agon_signal, kind) F(agon_signal, direction) \
    F(agon_signal, key) F(agon_signal, value) F(agon_signal, confidence) F(agon_signal, p_up) \
    F(agon_signal, p_flat) F(agon_signal, p_down) F(agon_signal, entry_px) \
    F(agon_signal, stop_px) F(agon_signal, take_px) F(agon_signal, t_valid) \
    F(agon_signal, reason) F(agon_signal, text_len) F(agon_signal, pad) F(agon_signal, text)
#define FIELDS_agon_regime(F) \
    F(agon_regime, hdr) F(agon_regime, slot) F(agon_regime, regime) F(agon_regime, volatility) \
    F(agon_regime, key) F(agon_regime, p)
#define FIELDS_agon_halt(F) \
    F(agon_halt, hdr) F(agon_halt, scope) F(agon_halt, mode) F(agon_halt, reason) \
    F(agon_halt, id) F(agon_halt, pad)
#define FIELDS_agon_health(F) \
    F(agon_health, hdr) F(agon_health, venue) F(agon_health, state) F(agon_health, pad0) \
    F(agon_health, reason) F(agon_health, offset_ns) F(agon_health, delay_ns) \
    F(agon_health, pad1)
#define FIELDS_agon_order(F) \
    F(agon_order, hdr) F(agon_order, order_id) F(agon_order, client_ref) F(agon_order, account) \
    F(agon_order, reason) F(agon_order, generation) F(agon_order, state) F(agon_order, request) \
    F(agon_order, request_state) F(agon_order, side) F(agon_order, type) F(agon_order, tif) \
    F(agon_order, pad0) F(agon_order, px) F(agon_order, trigger_px) F(agon_order, qty) \
    F(agon_order, filled_qty) F(agon_order, t_expire) F(agon_order, cause_seq) F(agon_order, n) \
    F(agon_order, flags) F(agon_order, pad1)
#define FIELDS_agon_fill(F) \
    F(agon_fill, hdr) F(agon_fill, order_id) F(agon_fill, client_ref) F(agon_fill, account) \
    F(agon_fill, side) F(agon_fill, liquidity) F(agon_fill, fee_asset) F(agon_fill, px) \
    F(agon_fill, qty) F(agon_fill, fee_amt) F(agon_fill, realised_amt) F(agon_fill, venue_fill) \
    F(agon_fill, position_qty) F(agon_fill, pad)
#define FIELDS_agon_balance(F) \
    F(agon_balance, hdr) F(agon_balance, account) F(agon_balance, pad) F(agon_balance, asset) \
    F(agon_balance, total_amt) F(agon_balance, free_amt) F(agon_balance, held_amt)
#define FIELDS_agon_position(F) \
    F(agon_position, hdr) F(agon_position, account) F(agon_position, pad0) \
    F(agon_position, pad1) F(agon_position, qty) F(agon_position, cost_amt) \
    F(agon_position, realised_amt)
#define FIELDS_agon_capital(F) \
    F(agon_capital, hdr) F(agon_capital, capital_amt) F(agon_capital, equity_amt) \
    F(agon_capital, free_amt) F(agon_capital, stage) F(agon_capital, condition) \
    F(agon_capital, reason) F(agon_capital, pad)
#define FIELDS_agon_timer(F) \
    F(agon_timer, hdr) F(agon_timer, cookie) F(agon_timer, t_due) F(agon_timer, id) \
    F(agon_timer, pad0) F(agon_timer, pad1)
#define FIELDS_agon_param_change(F) \
    F(agon_param_change, hdr) F(agon_param_change, id) F(agon_param_change, pad0) \
    F(agon_param_change, integer) F(agon_param_change, real) F(agon_param_change, pad1)
#define FIELDS_agon_gap(F) \
    F(agon_gap, hdr) F(agon_gap, first_seq) F(agon_gap, last_seq) F(agon_gap, n_missed) \
    F(agon_gap, policy) F(agon_gap, pad)
#define FIELDS_agon_job(F) \
    F(agon_job, hdr) F(agon_job, job) F(agon_job, lease) F(agon_job, status) \
    F(agon_job, generation) F(agon_job, place) F(agon_job, bytes) F(agon_job, kind) \
    F(agon_job, pad0) F(agon_job, n_inline) F(agon_job, pad1) F(agon_job, pad2) F(agon_job, hash) \
    F(agon_job, result)
#define FIELDS_agon_intent(F) \
    F(agon_intent, kind) F(agon_intent, side) F(agon_intent, type) F(agon_intent, tif) \
    F(agon_intent, flags) F(agon_intent, instrument) F(agon_intent, account) \
    F(agon_intent, reason) F(agon_intent, client_ref) F(agon_intent, px) \
    F(agon_intent, trigger_px) F(agon_intent, qty) F(agon_intent, show_qty) \
    F(agon_intent, t_expire)
#define FIELDS_agon_exit_plan(F) \
    F(agon_exit_plan, instrument) F(agon_exit_plan, account) F(agon_exit_plan, side) \
    F(agon_exit_plan, watch) F(agon_exit_plan, client_ref) F(agon_exit_plan, qty) \
    F(agon_exit_plan, t_exit) F(agon_exit_plan, stop_px) F(agon_exit_plan, trail_from_px) \
    F(agon_exit_plan, trail_px) F(agon_exit_plan, trail_ppm) F(agon_exit_plan, even_ppm) \
    F(agon_exit_plan, even_px) F(agon_exit_plan, even_offset_px) F(agon_exit_plan, entry_px) \
    F(agon_exit_plan, take_px) F(agon_exit_plan, take_ppm) F(agon_exit_plan, pad)
#define FIELDS_agon_exit(F) \
    F(agon_exit, hdr) F(agon_exit, client_ref) F(agon_exit, order_id) F(agon_exit, account) \
    F(agon_exit, reason) F(agon_exit, id) F(agon_exit, state) F(agon_exit, cause) \
    F(agon_exit, take) F(agon_exit, side) F(agon_exit, watch) F(agon_exit, taken) \
    F(agon_exit, pad0) F(agon_exit, px) F(agon_exit, stop_px) F(agon_exit, best_px) \
    F(agon_exit, qty) F(agon_exit, left_qty) F(agon_exit, closed_qty) F(agon_exit, pad1)
#define FIELDS_agon_origin(F) \
    F(agon_origin, cause_seq) F(agon_origin, nth) F(agon_origin, n) F(agon_origin, generation) \
    F(agon_origin, slot) F(agon_origin, leg) F(agon_origin, n_legs) F(agon_origin, pad)
#define FIELDS_agon_intent_event(F) \
    F(agon_intent_event, hdr) F(agon_intent_event, origin) F(agon_intent_event, intent)
#define FIELDS_agon_exit_event(F) \
    F(agon_exit_event, hdr) F(agon_exit_event, origin) F(agon_exit_event, plan)
#define FIELDS_agon_state_hdr(F) \
    F(agon_state_hdr, magic) F(agon_state_hdr, format) F(agon_state_hdr, plugin_hash) \
    F(agon_state_hdr, seq) F(agon_state_hdr, nth) F(agon_state_hdr, bytes) \
    F(agon_state_hdr, schema) F(agon_state_hdr, crc32c) F(agon_state_hdr, pad)

#define RECORDS(R) \
    R(agon_event_hdr) \
    R(agon_level) \
    R(agon_instrument) \
    R(agon_status) \
    R(agon_book_part) \
    R(agon_top10) \
    R(agon_quote) \
    R(agon_trade) \
    R(agon_bar) \
    R(agon_funding) \
    R(agon_liquidation) \
    R(agon_value) \
    R(agon_signal) \
    R(agon_regime) \
    R(agon_halt) \
    R(agon_health) \
    R(agon_order) \
    R(agon_fill) \
    R(agon_balance) \
    R(agon_position) \
    R(agon_capital) \
    R(agon_timer) \
    R(agon_param_change) \
    R(agon_gap) \
    R(agon_job) \
    R(agon_intent) \
    R(agon_exit_plan) \
    R(agon_exit) \
    R(agon_origin) \
    R(agon_intent_event) \
    R(agon_exit_event) \
    R(agon_state_hdr)
// clang-format on

#endif
