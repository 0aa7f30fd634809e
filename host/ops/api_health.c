// SPDX-License-Identifier: Apache-2.0
/* api_health: how fast and how healthy a host was over time, in as many points as are kept. */
#include "base/num.h"
#include "ops/api_history.h"

static void count(const struct hist *hist, uint64_t before[OCTAVES], uint64_t to[OCTAVES])
{
    int64_t from = 256;
    uint64_t below = 0;

    for (int i = 0; i < OCTAVES; i++) {
        uint64_t next = hist_below(hist, from * 2);
        uint64_t now = next - below;

        to[i] += now - before[i];
        before[i] = now;
        below = next;
        from *= 2;
    }
}

static void add_health(struct api_health *to, const struct api_health *from)
{
    to->t = from->t;
    for (int i = 0; i < OCTAVES; i++) {
        to->step[i] += from->step[i];
        to->delivery[i] += from->delivery[i];
    }
    to->n_messages += from->n_messages;
    to->n_gaps += from->n_gaps;
    for (int i = 0; i < HEALTH_VENUES; i++) {
        to->feeds[i].n_messages += from->feeds[i].n_messages;
        to->feeds[i].n_gaps += from->feeds[i].n_gaps;
        to->feeds[i].n_looks += from->feeds[i].n_looks;
        to->feeds[i].n_up += from->feeds[i].n_up;
    }
    if (from->n_lag_most > to->n_lag_most)
        to->n_lag_most = from->n_lag_most;
    if (from->n_unconfirmed_most > to->n_unconfirmed_most)
        to->n_unconfirmed_most = from->n_unconfirmed_most;
}

static void keep_feeds(struct api_history *history, const struct host_view *view)
{
    for (uint32_t i = 0; i < view->n_venues && i < HEALTH_VENUES; i++) {
        const struct host_view_venue *venue = &view->venues[i];
        struct api_feed *feed = &history->open.feeds[i];
        uint64_t *before = history->feed_before[i];

        feed->n_messages += (uint32_t)(venue->status.n_messages - before[0]);
        feed->n_gaps += (uint32_t)(venue->status.n_gaps - before[1]);
        before[0] = venue->status.n_messages;
        before[1] = venue->status.n_gaps;
        feed->n_looks++;
        feed->n_up += venue->uptime.is_up != 0;
    }
}

void api_keep_health(struct api *api, int64_t mono_ns)
{
    const struct host_view *view = api->view;
    struct api_history *history = api->history;
    struct api_health *open = &history->open;
    uint64_t lag = view->seq > view->durable_seq ? view->seq - view->durable_seq : 0;

    keep_feeds(history, view);
    count(&view->step_ns, history->step_before, open->step);
    count(&view->queue_ns, history->delivery_before, open->delivery);
    open->n_messages += view->venue.n_messages - history->messages_before;
    open->n_gaps += view->venue.n_gaps - history->gaps_before;
    history->messages_before = view->venue.n_messages;
    history->gaps_before = view->venue.n_gaps;
    if (lag > open->n_lag_most)
        open->n_lag_most = lag;
    if (view->venue.n_unknown > open->n_unconfirmed_most)
        open->n_unconfirmed_most = view->venue.n_unknown;
    open->t = view->t;
    if (history->health_next_ns == 0)
        history->health_next_ns = mono_ns + history->health_every_ns;
    if (mono_ns < history->health_next_ns)
        return;
    history->health_next_ns = mono_ns + history->health_every_ns;
    if (history->n_health == HEALTH) { // two become one, and from then on they last twice as long
        for (uint32_t i = 0; i < HEALTH / 2; i++) {
            history->health[i] = history->health[2 * i];
            add_health(&history->health[i], &history->health[2 * i + 1]);
        }
        history->n_health = HEALTH / 2;
        history->health_every_ns *= 2;
    }
    history->health[history->n_health++] = *open;
    memset(open, 0, sizeof(*open));
}

static void put_octaves(struct jout *out, const char *key, const uint64_t octaves[OCTAVES])
{
    jout_key(out, key);
    jout_open(out, '[');
    for (int i = 0; i < OCTAVES; i++)
        jout_int(out, (int64_t)octaves[i]);
    jout_close(out, '[');
}

/* Of each venue, in the order of their names: messages, gaps, share of the time in which it could
 * be traded on. */
static void put_feeds(const struct api *api, const struct api_health *at, struct jout *out)
{
    jout_key(out, "feeds");
    jout_open(out, '[');
    for (uint32_t i = 0; i < api->view->n_venues && i < HEALTH_VENUES; i++) {
        const struct api_feed *feed = &at->feeds[i];

        jout_open(out, '[');
        jout_int(out, feed->n_messages);
        jout_int(out, feed->n_gaps);
        jout_real(out, feed->n_looks > 0 ? (double)feed->n_up / (double)feed->n_looks : 0.0);
        jout_close(out, '[');
    }
    jout_close(out, '[');
}

int api_do_health(void *ctx, const struct control_call *call, struct jout *out, struct error *err)
{
    const struct api *api = ctx;
    const struct api_history *history = api->history;
    int64_t most = HEALTH;

    if (call->argc > 0 && (num_parse(call->argv[0], strlen(call->argv[0]), 0, &most) < 0 ||
                           most < 1 || most > HEALTH))
        return error_set(err, AGON_EINVAL, "'%.16s' is not a number of points; expected 1 to %d",
                         call->argv[0], HEALTH);
    jout_open(out, '{');
    jout_kv_real(out, "every_s", (double)history->health_every_ns / 1e9);
    jout_kv_int(out, "from_ns", 256);
    jout_key(out, "venues");
    jout_open(out, '[');
    for (uint32_t i = 0; i < api->view->n_venues && i < HEALTH_VENUES; i++)
        jout_str(out, api->view->venues[i].name);
    jout_close(out, '[');
    jout_key(out, "points");
    jout_open(out, '[');
    for (uint32_t i = most < history->n_health ? history->n_health - (uint32_t)most : 0;
         i < history->n_health; i++) {
        const struct api_health *at = &history->health[i];

        jout_open(out, '{');
        jout_kv_int(out, "t_ms", at->t / 1000000);
        put_octaves(out, "step", at->step);
        put_octaves(out, "delivery", at->delivery);
        jout_kv_int(out, "journal_lag", (int64_t)at->n_lag_most);
        jout_kv_int(out, "unconfirmed", at->n_unconfirmed_most);
        jout_kv_int(out, "messages", (int64_t)at->n_messages);
        jout_kv_int(out, "gaps", (int64_t)at->n_gaps);
        put_feeds(api, at, out);
        jout_close(out, '{');
    }
    jout_close(out, '[');
    jout_close(out, '{');
    return AGON_OK;
}
