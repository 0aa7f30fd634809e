// SPDX-License-Identifier: Apache-2.0
/* Alerts of a host. Whoever raises one, the core steps it as an event; from there it goes to the
 * sink, a thread of its own with a loop of its own, so that neither a hung webhook nor a hung venue
 * keeps the other waiting. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "run/host_impl.h"
#include "sys/log.h"
#include "sys/memory.h"
#include "venue/secret.h"

void host_say_alert(const struct record_alert *alert, const char *agent)
{
    const struct alert_info *info = alert_info(alert->kind);
    struct log_field fields[5] = {LOG_TEXT("alert", info->name)};
    int n = 1;

    if (agent != NULL)
        fields[n++] = LOG_TEXT("agent", agent);
    if (info->unit[0] != '\0') {
        fields[n++] = LOG_NUMBER("value", alert->value);
        fields[n++] = LOG_NUMBER("limit", alert->limit);
    }
    log_write_with(NULL,
                   alert->level >= ALERT_CRITICAL  ? LOG_ERROR
                   : alert->level >= ALERT_WARNING ? LOG_WARN
                                                   : LOG_INFO,
                   "alert", info->name, fields, "%s", alert->text);
}

static void say(const struct host *host, const struct record_alert *alert)
{
    int has_agent = alert->slot < host->config.n_slots;

    host_say_alert(alert, has_agent ? host->config.slots[alert->slot].record.name : NULL);
}

static void put(struct host *host, const struct record_alert *alert)
{
    struct record_alert *place;

    say(host, alert);
    lock_take(&host->alerts.lock);
    place = ring_claim(&host->alerts.in);
    if (place != NULL) {
        *place = *alert;
        ring_publish(&host->alerts.in);
    }
    lock_give(&host->alerts.lock);
    if (place == NULL)
        atomic_fetch_add(&host->alerts.n_lost, 1);
    else
        host_wake_core(host);
}

void host_alert(struct host *host, uint16_t kind, uint16_t slot, agon_instrument_t instrument,
                int64_t value, int64_t limit, const char *format, ...)
{
    struct record_alert alert;
    char text[4 * sizeof(alert.text)]; // what has no room is marked
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    alert_make(&alert, kind, slot, instrument, value, limit, text);
    put(host, &alert);
}

void host_on_alert(void *ctx, const struct record_alert *alert)
{
    struct host *host = ctx;

    // One of the core's own comes back as an event by itself; what it only notes has to be offered.
    if (host->is_rebuilding)
        return;
    if (alert->cause_seq == 0)
        put(host, alert);
    else
        say(host, alert);
}

/* ---- core ---- */

void host_send_alert(void *ctx, const struct record_alert *alert)
{
    struct host *host = ctx;
    const struct instruments *table = engine_instruments(host->engine);
    const struct agon_instrument *instrument = instruments_get(table, alert->hdr.instrument);
    const struct slot *slot =
        alert->slot < SLOTS_MAX ? slots_get(engine_slots(host->engine), alert->slot) : NULL;
    const struct asset *base = instruments_asset(table, table->base_currency);
    struct host_alert_out *out = ring_claim(&host->alerts.out);

    if (out == NULL) {
        atomic_fetch_add(&host->alerts.n_lost, 1);
        return;
    }
    memset(out, 0, sizeof(*out));
    out->alert = *alert;
    out->base_exp = base != NULL ? base->exp : 0;
    if (slot != NULL)
        memcpy(out->slot, slot->name, sizeof(out->slot));
    if (instrument != NULL)
        memcpy(out->symbol, instrument->symbol, sizeof(out->symbol));
    ring_publish(&host->alerts.out);
    if (host->alerts.is_running)
        uv_async_send(&host->alerts.wake);
}

int host_drain_alerts(struct host *host)
{
    struct record_alert own;
    const struct record_alert *alert;
    int n = 0;

    while ((alert = ring_peek(&host->alerts.in)) != NULL) {
        own = *alert;
        own.hdr.t = host_now(host);
        if (!engine_is_repeated_alert(host->engine, &own)) {
            if (host_step(host, &own.hdr) == AGON_EAGAIN)
                return n;
            host_send_alert(host, &own);
        }
        ring_release(&host->alerts.in);
        n++;
    }
    return n;
}

void host_show_alerts(struct host *host, struct host_view_alerts *view)
{
    const struct alerts *alerts = engine_alerts(host->engine);

    view->n = alerts->n;
    view->n_kept = (uint32_t)(alerts->n < ALERTS_KEPT ? alerts->n : ALERTS_KEPT);
    view->seq_of_run = host->seq_of_run;
    view->n_open = view->n_urgent = 0;
    for (uint32_t i = 0; i < view->n_kept; i++) {
        const struct alert *alert = &alerts->all[(alerts->n - 1 - i) % ALERTS_KEPT];

        view->all[i] = *alert;
        if (alert->slot < SLOTS_MAX && alert->seq <= host->freed_seq[alert->slot])
            view->all[i].slot = ALERT_NO_SLOT; // of who had the place before
        view->n_open += !alert->is_acked;
        view->n_urgent += !alert->is_acked && alert->level >= ALERT_CRITICAL;
    }
    memcpy(view->counts, alerts->counts, sizeof(view->counts));
    view->n_folded = alerts->n_folded;
    view->n_lost = alerts->n_lost + atomic_load(&host->alerts.n_lost);
    view->n_delivered = atomic_load(&host->alerts.sink.n_delivered);
    view->n_dead = atomic_load(&host->alerts.sink.n_dead);
    view->has_webhook = host->config.webhook[0] != '\0';
}

/* ---- the sink ---- */

static void put_text(struct jout *text, const struct host_alert_out *out)
{
    const struct record_alert *alert = &out->alert;
    const struct alert_info *info = alert_info(alert->kind);
    int is_money = strcmp(info->unit, "base currency") == 0;

    jout_reset(text);
    jout_open(text, '{');
    jout_kv_int(text, "seq", (int64_t)alert->hdr.seq);
    jout_kv_time(text, "t", alert->hdr.t);
    jout_kv_str(text, "kind", info->name);
    jout_kv_str(text, "level",
                alert->level >= ALERT_CRITICAL  ? "critical"
                : alert->level >= ALERT_WARNING ? "warning"
                                                : "info");
    if (out->slot[0] != '\0')
        jout_kv_str(text, "agent", out->slot);
    if (out->symbol[0] != '\0')
        jout_kv_str(text, "instrument", out->symbol);
    if (info->unit[0] != '\0') {
        jout_kv_dec(text, "value", alert->value, is_money ? out->base_exp : 0);
        jout_kv_dec(text, "limit", alert->limit, is_money ? out->base_exp : 0);
        jout_kv_str(text, "unit", info->unit);
    }
    jout_kv_str(text, "text", alert->text);
    jout_close(text, '{');
}

static void on_dead(void *ctx, const char *text, const char *why, uint64_t n_dead)
{
    struct host *host = ctx;

    // Of itself it says nothing: that would go on for ever.
    if (strstr(text, "\"kind\":\"sink\"") == NULL)
        host_alert(host, ALERT_SINK, ALERT_NO_SLOT, 0, (int64_t)n_dead, 0,
                   "an alert did not reach the webhook (%.60s): it is in %s", why,
                   ALERT_SINK_DEAD_FILE);
}

static void drain_out(struct host *host)
{
    struct host_alerts *alerts = &host->alerts;
    const struct host_alert_out *out;

    while ((out = ring_peek(&alerts->out)) != NULL) {
        put_text(alerts->text, out);
        if (alerts->sink.post != NULL)
            alert_sink_put(&alerts->sink, out->alert.hdr.seq, jout_text(alerts->text),
                           alerts->text->n);
        ring_release(&alerts->out);
    }
}

static void on_wake(uv_async_t *handle)
{
    drain_out(handle->data);
}

static void *sink_main(void *ctx)
{
    struct host *host = ctx;
    struct host_alerts *alerts = &host->alerts;

    drain_out(host);
    while (atomic_load(&alerts->is_stopping) == 0 ||
           (alerts->sink.post != NULL && post_waiting(alerts->sink.post) > 0))
        uv_run(&alerts->loop, UV_RUN_ONCE);
    stream_uv_stop(alerts->stream);
    while (!stream_uv_is_stopped(alerts->stream))
        uv_run(&alerts->loop, UV_RUN_ONCE);
    return NULL;
}

/* What an earlier run raised and did not send. */
static void resend(struct host *host)
{
    const struct alerts *kept = engine_alerts(host->engine);
    uint64_t first = kept->n > ALERTS_KEPT ? kept->n - ALERTS_KEPT : 0;
    uint64_t seq = 0;
    struct record_alert alert;

    // No file, or a new one: what was before it has been seen by who looked, or is too old.
    if (alert_sink_last(&host->alerts.sink, &seq) < 0)
        return;
    for (uint64_t i = first; i < kept->n; i++) {
        const struct alert *one = &kept->all[i % ALERTS_KEPT];

        if (one->seq <= seq || one->is_acked)
            continue;
        alert_make(&alert, one->kind, one->slot, one->instrument, one->value, one->limit,
                   one->text);
        alert.hdr.seq = one->seq;
        alert.hdr.t = one->t;
        host_send_alert(host, &alert);
    }
}

int host_alerts_open(struct host *host, struct error *err)
{
    struct host_alerts *alerts = &host->alerts;

    alert_sink_init(&alerts->sink);
    lock_init(&alerts->lock);
    alerts->is_open = 1;
    alerts->text = calloc(1, sizeof(*alerts->text));
    if (alerts->text == NULL ||
        ring_init(&alerts->in, HOST_ALERTS, sizeof(struct record_alert)) < 0 ||
        ring_init(&alerts->out, HOST_ALERTS, sizeof(struct host_alert_out)) < 0)
        return error_set(err, AGON_ENOMEM, "no memory for alerts");
    return AGON_OK;
}

int host_alerts_start(struct host *host, struct error *err)
{
    struct host_alerts *alerts = &host->alerts;
    struct alert_sink_config config = {
        .dir_fd = host->rundir.dir_fd, .ctx = host, .on_dead = on_dead};
    int rc;

    if (!secret_is_locked())
        host_alert(
            host, ALERT_CREDENTIAL, ALERT_NO_SLOT, 0, 0, 0,
            "keys lie in memory that could not be locked: they may be written to swap (raise "
            "`ulimit -l` to 1024)");
    if (host->config.webhook[0] == '\0') {
        if (!host->config.has_no_operator)
            host_alert(host, ALERT_NO_SINK, ALERT_NO_SLOT, 0, 0, 0, "%s",
                       alert_info(ALERT_NO_SINK)->text);
        return AGON_OK; // they are in the journal, and nobody waits for them
    }
    if ((rc = post_target_parse(&config.target, host->config.webhook, err)) < 0) {
        return rc;
    }
    if (uv_loop_init(&alerts->loop) != 0)
        return error_set(err, AGON_EIO, "libuv could not make a loop");
    uv_async_init(&alerts->loop, &alerts->wake, on_wake);
    alerts->wake.data = host;
    rc = stream_uv_new(&alerts->stream, &alerts->loop, 4, err);
    if (rc < 0)
        return rc;
    rc = alert_sink_open(&alerts->sink, stream_uv_port(alerts->stream), &config, err);
    if (rc < 0)
        return rc;
    resend(host);
    if (pthread_create(&alerts->thread, NULL, sink_main, host) != 0)
        return error_set(err, AGON_EIO, "a thread could not be started");
    memory_spare_stack(alerts->thread);
    alerts->is_running = 1;
    return AGON_OK;
}

void host_alerts_stop(struct host *host)
{
    struct host_alerts *alerts = &host->alerts;

    if (!alerts->is_running)
        return;
    // What is under way has its deadline: this ends.
    atomic_store(&alerts->is_stopping, 1);
    uv_async_send(&alerts->wake);
    pthread_join(alerts->thread, NULL);
    alerts->is_running = 0;
}

static void on_close(uv_handle_t *handle)
{
    (void)handle;
}

void host_alerts_close(struct host *host)
{
    struct host_alerts *alerts = &host->alerts;

    if (!alerts->is_open)
        return;
    host_alerts_stop(host);
    if (alerts->wake.data != NULL) {
        if (alerts->stream != NULL && !stream_uv_is_stopped(alerts->stream)) {
            stream_uv_stop(alerts->stream);
            while (!stream_uv_is_stopped(alerts->stream))
                uv_run(&alerts->loop, UV_RUN_NOWAIT);
        }
        alert_sink_deinit(&alerts->sink);
        stream_uv_free(alerts->stream);
        uv_close((uv_handle_t *)&alerts->wake, on_close);
        uv_run(&alerts->loop, UV_RUN_DEFAULT);
        uv_loop_close(&alerts->loop);
    }
    if (alerts->text != NULL)
        jout_deinit(alerts->text);
    free(alerts->text);
    ring_deinit(&alerts->in);
    ring_deinit(&alerts->out);
    lock_deinit(&alerts->lock);
}
