// SPDX-License-Identifier: Apache-2.0
/* ext_metric: agon.metric/2. The values lie in the beat, where the host reads them. */
#include <math.h>

#include "agent/feed_state.h"
#include "base/num.h"
#include "base/utf8.h"

static inline int put(const struct feed *feed, uint32_t id, double value, int is_added)
{
    uint32_t set = atomic_load_explicit(&feed->beat->metrics_set, memory_order_relaxed);
    uint64_t bits;
    double was;

    if (id >= AGON_METRICS_MAX || !isfinite(value))
        return AGON_EINVAL;
    if (is_added) {
        bits = atomic_load_explicit(&feed->beat->metrics[id], memory_order_relaxed);
        memcpy(&was, &bits, sizeof(was));
        value += was;
        if (!isfinite(value)) // a sum beyond what a double has
            return AGON_EINVAL;
    }
    memcpy(&bits, &value, sizeof(bits));
    atomic_store_explicit(&feed->beat->metrics[id], bits, memory_order_relaxed);
    // Release: whoever sees that it is set sees what it was set to.
    if ((set >> id & 1) == 0)
        atomic_store_explicit(&feed->beat->metrics_set, set | (uint32_t)1 << id,
                              memory_order_release);
    return AGON_OK;
}

static int gauge(const struct agon_host *host, uint32_t id, double value)
{
    int rc;
    const struct feed *feed = feed_enter(host, FEED_ANY, &rc);

    return feed != NULL ? put(feed, id, value, 0) : rc;
}

static int counter(const struct agon_host *host, uint32_t id, double add)
{
    int rc;
    const struct feed *feed = feed_enter(host, FEED_ANY, &rc);

    return feed != NULL ? put(feed, id, add, 1) : rc;
}

/* What the line of that metric is called and of: once, by the first call. */
static int declare(struct feed_beat *beat, uint32_t n, uint32_t id, agon_instrument_t instrument,
                   const char *name)
{
    size_t length = name != NULL ? strnlen(name, AGON_LINE_NAME) : 0;
    struct feed_line *line;

    if (length == 0 || length == AGON_LINE_NAME || !utf8_is_valid(name, length))
        return AGON_EINVAL;
    if (n == AGON_LINES_MAX)
        return AGON_ENOSPC;
    line = &beat->lines[n];
    line->id = id;
    line->instrument = instrument;
    memcpy(line->name, name, length + 1);
    // Release: whoever counts it sees what it is of.
    atomic_store_explicit(&beat->n_lines, n + 1, memory_order_release);
    return AGON_OK;
}

/* Is that metric a line of that instrument? It becomes one where it is none yet. */
static int find(struct feed *feed, uint32_t id, agon_instrument_t instrument, const char *name)
{
    uint32_t n = atomic_load_explicit(&feed->beat->n_lines, memory_order_relaxed), at = 0;
    int rc = AGON_OK;

    n = n < AGON_LINES_MAX ? n : AGON_LINES_MAX;
    while (at < n && feed->beat->lines[at].id != id)
        at++;
    if (at == n)
        rc = declare(feed->beat, n, id, instrument, name);
    else if (feed->beat->lines[at].instrument != instrument)
        rc = AGON_EINVAL;
    if (rc >= 0)
        feed->line_of[id] = instrument;
    return rc;
}

static int price(const struct agon_host *host, uint32_t id, agon_instrument_t instrument,
                 const char *name, double px)
{
    int rc;
    struct feed *feed = feed_enter(host, FEED_ANY, &rc);
    const struct agon_instrument *of;

    if (feed == NULL)
        return rc;
    if (id >= AGON_METRICS_MAX || !isfinite(px))
        return AGON_EINVAL;
    of = instruments_get(&feed->instruments, instrument);
    if (of == NULL)
        return AGON_ENOENT;
    // Each candle sets each line: which it is was found with the first.
    rc = feed->line_of[id] == instrument ? AGON_OK : find(feed, id, instrument, name);
    return rc < 0 ? rc : put(feed, id, px / (double)num_pow10(of->px_exp), 0);
}

const struct agon_host_metric ext_metric = {.gauge = gauge, .counter = counter, .price = price};
