// SPDX-License-Identifier: Apache-2.0
#include "engine/alerts.h"

#include "base/hot.h"
#include "engine/impl.h"

#define KINDS_AT_LEAST 35 /* kinds that a state always counts */

static int is_same(uint16_t kind, uint16_t slot, agon_instrument_t instrument,
                   const struct record_alert *with)
{
    return with->kind == kind && with->slot == slot && with->hdr.instrument == instrument;
}

/* Is it the repetition of one that is known already, or waits? */
static int is_repeat(const struct alerts *alerts, agon_ns_t t, uint16_t kind, uint16_t slot,
                     agon_instrument_t instrument)
{
    uint64_t first = alerts->n > ALERTS_KEPT ? alerts->n - ALERTS_KEPT : 0;

    for (uint32_t i = 0; i < alerts->n_waiting; i++) {
        if (is_same(kind, slot, instrument, &alerts->waiting[i]))
            return 1;
    }
    // They stand in order of time: the search ends at the first that is too old.
    for (uint64_t i = alerts->n; i > first; i--) {
        const struct alert *alert = &alerts->all[(i - 1) % ALERTS_KEPT];

        if (t - alert->t >= ALERTS_FOLD_NS)
            return 0;
        // Who acknowledged one has seen to it: what comes now is another.
        if (alert->kind == kind && alert->slot == slot && alert->instrument == instrument)
            return !alert->is_acked;
    }
    return 0;
}

void engine_raise(struct engine *engine, uint16_t kind, uint16_t slot, agon_instrument_t instrument,
                  int64_t value, int64_t limit, const char *text)
{
    struct alerts *alerts = &engine->alerts;
    struct record_alert *alert;

    if (is_repeat(alerts, engine->t, kind, slot, instrument)) {
        alerts->n_folded++;
        return;
    }
    if (alerts->n_waiting == ALERTS_WAITING) {
        alerts->n_lost++;
        return;
    }
    alert = &alerts->waiting[alerts->n_waiting++];
    alert_make(alert, kind, slot, instrument, value, limit, text);
    alert->cause_seq = engine->seq;
    if (engine->config.alert.alert != NULL)
        engine->config.alert.alert(engine->config.alert.ctx, alert);
}

void engine_note(struct engine *engine, uint16_t kind, const char *text)
{
    struct record_alert alert;

    if (engine->config.alert.alert == NULL)
        return;
    alert_make(&alert, kind, ALERT_NO_SLOT, 0, 0, 0, text);
    engine->config.alert.alert(engine->config.alert.ctx, &alert);
}

HOT int engine_take_alert(struct engine *engine, struct record_alert *alert)
{
    if (engine->alerts.n_waiting == 0)
        return 0;
    *alert = engine->alerts.waiting[0];
    alert->hdr.t = engine->t;
    return 1;
}

int engine_is_repeated_alert(const struct engine *engine, const struct record_alert *alert)
{
    return is_repeat(&engine->alerts, engine->t, alert->kind, alert->slot, alert->hdr.instrument);
}

const struct alerts *engine_alerts(const struct engine *engine)
{
    return &engine->alerts;
}

int alerts_take(struct engine *engine, const struct record_alert *record)
{
    struct alerts *alerts = &engine->alerts;
    struct alert *alert;

    if (record->kind == 0 || record->kind >= ALERT_KINDS ||
        (record->slot != ALERT_NO_SLOT && record->slot >= SLOTS_MAX) ||
        memchr(record->text, '\0', sizeof(record->text)) == NULL)
        return AGON_EINVAL;
    if (record->cause_seq != 0 && alerts->n_waiting > 0 &&
        record->cause_seq == alerts->waiting[0].cause_seq &&
        is_same(record->kind, record->slot, record->hdr.instrument, &alerts->waiting[0])) {
        alerts->n_waiting--;
        memmove(&alerts->waiting[0], &alerts->waiting[1],
                alerts->n_waiting * sizeof(alerts->waiting[0]));
        memset(&alerts->waiting[alerts->n_waiting], 0, sizeof(alerts->waiting[0]));
    }
    alert = &alerts->all[alerts->n++ % ALERTS_KEPT];
    *alert = (struct alert){.seq = engine->seq,
                            .t = engine->t,
                            .kind = record->kind,
                            .slot = record->slot,
                            .level = alert_info(record->kind)->level,
                            .instrument = record->hdr.instrument,
                            .value = record->value,
                            .limit = record->limit};
    memcpy(alert->text, record->text, sizeof(alert->text));
    alerts->counts[record->kind]++;
    return AGON_OK;
}

int alerts_acknowledge(struct engine *engine, uint64_t seq)
{
    struct alerts *alerts = &engine->alerts;
    uint64_t first = alerts->n > ALERTS_KEPT ? alerts->n - ALERTS_KEPT : 0;
    int n = 0;

    for (uint64_t i = first; i < alerts->n; i++) {
        struct alert *alert = &alerts->all[i % ALERTS_KEPT];

        if (seq == 0 || alert->seq == seq) {
            alert->is_acked = 1;
            n++;
        }
    }
    return n > 0 || seq == 0 ? AGON_OK : AGON_EINVAL;
}

static void save_waiting(const struct record_alert *alert, struct enc *enc)
{
    enc_u16(enc, alert->kind);
    enc_u16(enc, alert->slot);
    enc_u32(enc, alert->hdr.instrument);
    enc_u64(enc, alert->cause_seq);
    enc_i64(enc, alert->value);
    enc_i64(enc, alert->limit);
    enc_bytes(enc, alert->text, sizeof(alert->text));
}

static int load_waiting(struct record_alert *alert, struct dec *dec)
{
    char text[sizeof(alert->text)];
    uint16_t kind = dec_u16(dec);
    uint16_t slot = dec_u16(dec);
    agon_instrument_t instrument = dec_u32(dec);
    uint64_t cause_seq = dec_u64(dec);
    int64_t value = dec_i64(dec);
    int64_t limit = dec_i64(dec);

    dec_bytes(dec, text, sizeof(text));
    if (!dec_is_ok(dec) || memchr(text, '\0', sizeof(text)) == NULL)
        return AGON_ECORRUPT;
    alert_make(alert, kind, slot, instrument, value, limit, text);
    alert->cause_seq = cause_seq;
    return AGON_OK;
}

void alerts_save(const struct alerts *alerts, struct enc *enc)
{
    uint64_t first = alerts->n > ALERTS_KEPT ? alerts->n - ALERTS_KEPT : 0;
    uint16_t n_kinds;

    enc_u64(enc, alerts->n);
    for (uint64_t i = first; i < alerts->n; i++) {
        const struct alert *alert = &alerts->all[i % ALERTS_KEPT];

        enc_u64(enc, alert->seq);
        enc_i64(enc, alert->t);
        enc_u16(enc, alert->kind);
        enc_u16(enc, alert->slot);
        enc_u8(enc, alert->level);
        enc_u8(enc, alert->is_acked);
        enc_u32(enc, alert->instrument);
        enc_i64(enc, alert->value);
        enc_i64(enc, alert->limit);
        enc_bytes(enc, alert->text, sizeof(alert->text));
    }
    // How many kinds there are grows; the hash must not change for those that never came.
    n_kinds = ALERT_KINDS;
    while (n_kinds > KINDS_AT_LEAST && alerts->counts[n_kinds - 1] == 0)
        n_kinds--;
    enc_u16(enc, n_kinds);
    for (uint32_t i = 0; i < n_kinds; i++)
        enc_u64(enc, alerts->counts[i]);
    enc_u64(enc, alerts->n_folded);
    enc_u64(enc, alerts->n_lost);
    enc_u32(enc, alerts->n_waiting);
    for (uint32_t i = 0; i < alerts->n_waiting; i++)
        save_waiting(&alerts->waiting[i], enc);
}

int alerts_load(struct alerts *alerts, struct dec *dec)
{
    uint64_t first;
    uint16_t kinds;

    memset(alerts, 0, sizeof(*alerts));
    alerts->n = dec_u64(dec);
    first = alerts->n > ALERTS_KEPT ? alerts->n - ALERTS_KEPT : 0;
    for (uint64_t i = first; i < alerts->n && dec_is_ok(dec); i++) {
        struct alert *alert = &alerts->all[i % ALERTS_KEPT];

        alert->seq = dec_u64(dec);
        alert->t = dec_i64(dec);
        alert->kind = dec_u16(dec);
        alert->slot = dec_u16(dec);
        alert->level = dec_u8(dec);
        alert->is_acked = dec_u8(dec);
        alert->instrument = dec_u32(dec);
        alert->value = dec_i64(dec);
        alert->limit = dec_i64(dec);
        dec_bytes(dec, alert->text, sizeof(alert->text));
        if (memchr(alert->text, '\0', sizeof(alert->text)) == NULL)
            return AGON_ECORRUPT;
    }
    kinds = dec_u16(dec);
    if (kinds > ALERT_KINDS)
        return AGON_ECORRUPT;
    for (uint32_t i = 0; i < kinds; i++)
        alerts->counts[i] = dec_u64(dec);
    alerts->n_folded = dec_u64(dec);
    alerts->n_lost = dec_u64(dec);
    alerts->n_waiting = dec_u32(dec);
    if (!dec_is_ok(dec) || alerts->n_waiting > ALERTS_WAITING)
        return AGON_ECORRUPT;
    for (uint32_t i = 0; i < alerts->n_waiting; i++) {
        if (load_waiting(&alerts->waiting[i], dec) < 0)
            return AGON_ECORRUPT;
    }
    return AGON_OK;
}
