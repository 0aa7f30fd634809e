// SPDX-License-Identifier: Apache-2.0
/* time: a host's clock is learnt at the start, kept, and doubted when the wall clock is set. What
 * is decided stands in clock_guard; here are the hands. */
#include <stdio.h>

#include "base/span.h"
#include "market/alerts.h"
#include "run/host_impl.h"
#include "sys/futex.h"
#include "sys/log.h"

#define LEARN_NS ((int64_t)5 * 1000000000)  /* so long a start waits for the venues' time */
#define PORTS_NS ((int64_t)1 * 1000 * 1000) /* between two looks at what the ports brought */
#define JUDGE_NS ((int64_t)10 * 1000 * 1000)
#define AGAIN_NS                                                                                   \
    ((int64_t)1 * 1000000000) /* between two rounds of readings that proved nothing                \
                               */
#define FOLLOW_NS                                                                                  \
    ((int64_t)100 * 1000 * 1000) /* a venue's clock known less well is not followed                \
                                  */
#define LOUD_NS  ((int64_t)3600 * 1000000000)
#define AHEAD_NS ((int64_t)300 * 1000000000) /* a journal further ahead of the time is refused */
/* No venue is asked about an earlier time than this: 2026-01-01. */
#define EARLIEST ((agon_ns_t)1767225600 * 1000000000)

/* At the start ----------------------------------------------------------------------------------
 */

static void on_timer(void *ctx, uint64_t cookie)
{
    (void)ctx;
    (void)cookie;
}

static uint32_t n_waiting(const struct host *host)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < host->n_lines; i++)
        n += !host->probes[i].is_done;
    return n;
}

static void wait_for_venues(struct host *host)
{
    static const _Atomic uint32_t never;

    if (host->config.ports == NULL)
        uv_run(&host->loop, UV_RUN_ONCE);
    else // callbacks come from outside
        (void)futex_wait(&never, 0, PORTS_NS);
}

static void ask_venues(struct host *host)
{
    struct stream_owner owner = {.ctx = host, .on_timer = on_timer};
    int64_t until = clock_mono() + LEARN_NS;
    const struct stream_port *stream =
        host->config.ports != NULL ? host->config.ports->stream : stream_uv_port(host->stream);
    int64_t timer = stream->timer(stream->ctx, LEARN_NS, 0, &owner); // a loop turns at its end

    for (uint32_t i = 0; i < host->n_lines; i++)
        time_probe_begin(&host->probes[i], &host->config.venues[i], stream);
    while (n_waiting(host) > 0 && clock_mono() < until)
        wait_for_venues(host);
    for (uint32_t i = 0; i < host->n_lines; i++) {
        struct gateway_times *times = &host->probes[i].times;

        time_probe_end(&host->probes[i]);
        for (uint32_t k = 0; k < 2; k++)
            times->offset_ns[k] += host_transport_apart(host);
        times->market.at_ns -= host_transport_apart(host);
    }
    if (timer >= 0)
        stream->timer_cancel(stream->ctx, timer);
}

/* What was learnt with a certificate whose dates did not count is used only where our own clock is
 * the likelier fault: else somebody shows us an old certificate. */
static int is_usable(const struct host *host, uint32_t at, int64_t our_offset_ns)
{
    const struct time_probe *probe = &host->probes[at];
    int64_t off_ns = probe->times.offset_ns[0] - our_offset_ns;

    if (probe->times.n == 0) {
        log_warn_with("venue", "time", LOG_FIELDS(LOG_TEXT("venue", host->config.venues[at].name)),
                      "%s did not say what time it is: %s", host->config.venues[at].name,
                      probe->why);
        return 0;
    }
    if (!probe->is_undated)
        return 1;
    if ((off_ns < LOUD_NS && off_ns > -LOUD_NS) ||
        probe->times.offset_ns[0] + clock_mono() < EARLIEST) {
        log_error_with("venue", "time", LOG_FIELDS(LOG_TEXT("venue", host->config.venues[at].name)),
                       "%s: %s; the time that it says is not taken", host->config.venues[at].name,
                       probe->why);
        return 0;
    }
    return 1;
}

/* The venues' readings as those of round 0; one that is not to be used has none. */
static uint32_t readings(struct host *host, int64_t our_offset_ns,
                         struct gateway_times times[HOST_VENUES_MAX])
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < host->n_lines; i++) {
        if (!is_usable(host, i, our_offset_ns))
            continue;
        times[n] = host->probes[i].times;
        if (times[n].n == 1) { // a venue that keeps no connection: its one word counts twice
            times[n].offset_ns[1] = times[n].offset_ns[0];
            times[n].error_ns[1] = times[n].error_ns[0];
            times[n].n = 2;
        }
        n++;
    }
    return n;
}

/* The market's time --------------------------------------------------------------------------
 */

static void set_market(struct host *host, const struct venue_market *said)
{
    REQUIRE(clock_market_init(&host->market, said->t, said->at_ns + (clock_now() - clock_mono()),
                              host->config.speed_milli) == AGON_OK);
    host->has_market_clock = 1;
}

/* The first venue whose market has a time of its own gives it to engine time. */
static void take_market(struct host *host, const struct gateway_times *times)
{
    char text[CLOCK_TEXT];

    for (uint32_t i = 0; i < host->n_lines && host->market_guard.heard.speed_milli == 0; i++) {
        const struct venue_market *said = &times[i].market;

        if (said->speed_milli == 0 ||
            !market_guard_hears(host->config.speed_milli, host->config.venues[i].rest.host))
            continue;
        if (said->speed_milli != host->config.speed_milli) {
            if (!host->is_speed_told)
                log_warn_with(
                    "venue", "speed", LOG_FIELDS(LOG_TEXT("venue", host->config.venues[i].name)),
                    "%s: its market runs %g times as fast as UTC, and `speed` of this host is "
                    "%g: engine time is not the market's",
                    host->config.venues[i].name, (double)said->speed_milli / 1e3,
                    (double)host->config.speed_milli / 1e3);
            host->is_speed_told = 1;
            continue;
        }
        set_market(host, said);
        host->market_guard.heard = *said;
        host->market_line = i;
        clock_text(said->t, text);
        log_info_with("host", "market-clock",
                      LOG_FIELDS(LOG_TEXT("venue", host->config.venues[i].name)),
                      "engine time is that of %s's market: it is %s there",
                      host->config.venues[i].name, text);
    }
}

/* A market of bars is one for as long as the host runs. Heard as its time is: not of a real venue.
 */
static void take_bars(struct host *host)
{
    for (uint32_t i = 0; i < host->n_lines; i++) {
        const struct venue_config *venue = &host->config.venues[i];
        struct market_bars *bars = &host->lines[i].bars;
        const char *text = host->probes[i].bars;

        if (text[0] == '\0' || !market_guard_hears(host->config.speed_milli, venue->rest.host))
            continue;
        if (market_bars_read(bars, text) < 0)
            log_warn_with("venue", "bars", LOG_FIELDS(LOG_TEXT("venue", venue->name)),
                          "%s says of its market what is not understood: %.100s", venue->name,
                          text);
        else if (bars->is_visible)
            log_warn_with("venue", "bars", LOG_FIELDS(LOG_TEXT("venue", venue->name)), "%s: %s",
                          venue->name,
                          market_bars_warning(bars->is_visible, market_bars_is_optimistic(bars)));
        else if (market_bars_is_optimistic(bars))
            log_warn_with("venue", "bars", LOG_FIELDS(LOG_TEXT("venue", venue->name)),
                          "%s has bars alone; %s", venue->name,
                          market_bars_warning(bars->is_visible, market_bars_is_optimistic(bars)));
        else
            log_info_with(
                "venue", "bars", LOG_FIELDS(LOG_TEXT("venue", venue->name)),
                "%s has bars alone: a quote comes where one opens, and the bar when it has closed; "
                "of its inside is assumed: %s",
                venue->name, strchr(text, ' ') + 1);
    }
}

/* A simulator that falls behind its speed takes engine time with it. At real speed nobody's word
 * begins to count while the host runs. */
static void follow_market(struct host *host, int64_t mono)
{
    struct gateway_times times[HOST_VENUES_MAX];
    const struct venue_market *said;
    agon_ns_t ours;

    if ((host->config.speed_milli == 1000 && host->market_guard.heard.speed_milli == 0) ||
        mono - host->market_ns < FOLLOW_NS)
        return;
    host->market_ns = mono;
    lock_take(&host->io_lock);
    memcpy(times, host->io_times.of, sizeof(times));
    lock_give(&host->io_lock);
    take_market(host, times);
    if (host->market_guard.heard.speed_milli == 0)
        return;
    said = &times[host->market_line].market;
    ours = clock_market_at(&host->market, said->at_ns + (clock_now() - clock_mono()));
    switch (market_guard_judge(&host->market_guard, said, ours)) {
    case MARKET_MOVED:
        set_market(host, said);
        break;
    case MARKET_OTHER:
        log_warn_with("host", "market-other",
                      LOG_FIELDS(LOG_TEXT("venue", host->config.venues[host->market_line].name)),
                      "%s has another market than before: engine time goes on without it until the "
                      "next start",
                      host->config.venues[host->market_line].name);
        break;
    case MARKET_SAME:
        break;
    }
}

/* Our time is now what the venues say. */
static void take_time(struct host *host, int64_t offset_ns, int64_t off_ns)
{
    int64_t mono = clock_mono();
    char text[SPAN_TEXT];

    // Market time is counted from a moment of ours, which has another name from here on.
    if (host->has_market_clock)
        host->market.now_start += mono + offset_ns - clock_now();
    clock_take(mono, mono + offset_ns);
    clock_follow(offset_ns);
    host->guard.n_taken++;
    host->guard.wall_off_ns = clock_keep();
    host->guard.is_wall_off = host->guard.wall_off_ns != 0;
    (void)span_text(off_ns < 0 ? -off_ns : off_ns, text);
    if (off_ns > LOUD_NS || off_ns < -LOUD_NS)
        host_alert(host, ALERT_CLOCK_VENUE, ALERT_NO_SLOT, 0, off_ns, CLOCK_GUARD_AGREE_NS,
                   "our clock was %s %s venue time, which is taken: set the clock of this machine",
                   text, off_ns > 0 ? "behind" : "ahead of");
    log_write_with(
        NULL, off_ns > LOUD_NS || off_ns < -LOUD_NS ? LOG_ERROR : LOG_WARN, "host", "clock-taken",
        LOG_FIELDS(LOG_NUMBER("offset_ns", off_ns)),
        "our clock was %s %s venue time: venue time is taken, certificates are judged by it; "
        "set the clock of this machine",
        text, off_ns > 0 ? "behind" : "ahead of");
}

static int check_journal(struct host *host, struct error *err)
{
    agon_ns_t last = engine_t(host->engine);
    agon_ns_t now = host->has_market_clock ? host_now(host) : clock_now();
    char now_text[CLOCK_TEXT];
    char last_text[CLOCK_TEXT];
    char span[SPAN_TEXT];

    if ((host->config.speed_milli != 1000 && !host->has_market_clock) || last - now <= AHEAD_NS ||
        host->config.is_rewound)
        return AGON_OK;
    clock_text(now, now_text);
    clock_text(last, last_text);
    (void)span_text(last - now, span);
    // A scaled market that was begun anew is soon where the last one was.
    if (host->config.speed_milli != 1000) {
        log_warn(
            "host", "market-behind",
            "the journal is %s ahead of the venue's market: its last event is of %s. Time does "
            "not advance in it until then, or start with --rewind-clock",
            span, last_text);
        return AGON_OK;
    }
    return error_set(
        err, AGON_ETIME,
        "the journal of %.200s is %s ahead of the time: its last event is of %s, and now it is %s "
        "(%s). Nothing was written. If this machine's clock is wrong, set it; if an earlier run "
        "had "
        "a wrong clock, start once with --rewind-clock: orders, positions and ids stay",
        host->config.dir, span, last_text, now_text,
        host->has_market_clock              ? "by the venue's market"
        : host->guard.trust == CLOCK_PROVEN ? "by the venue's clock"
                                            : "by this machine's clock; no venue answered");
}

int host_learn_time(struct host *host, struct error *err)
{
    struct gateway_times times[HOST_VENUES_MAX] = {{0}};
    int64_t our_offset_ns = clock_now() - clock_mono();
    int64_t offset_ns = 0;
    uint32_t n;

    ask_venues(host);
    n = readings(host, our_offset_ns, times);
    // All that will come has come, so nobody is waited for.
    switch (clock_guard_judge(&host->guard, INT64_MAX, our_offset_ns, times, n, &offset_ns)) {
    case CLOCK_WRONG:
        take_time(host, offset_ns, offset_ns - our_offset_ns);
        host->guard.trust = CLOCK_PROVEN;
        break;
    case CLOCK_RIGHT:
        host->guard.wall_off_ns = 0;
        break;
    default:
        log_warn("host", "clock-unproven",
                 "no venue says what time it is: no new orders until two readings of a venue's "
                 "clock agree with ours");
        break;
    }
    // What a clock says that nobody vouches for must not enter a journal: there it would stay. Time
    // stands still in it until a venue is heard, and in a new one it has not begun.
    host->is_timed = host->guard.trust == CLOCK_PROVEN;
    host->observed_ns = clock_mono();
    if (host->guard.trust != CLOCK_PROVEN)
        clock_guard_ask(&host->guard, host->observed_ns);
    atomic_store(&host->time_round, host->guard.round);
    for (uint32_t i = 0; i < host->n_lines; i++)
        times[i] = host->probes[i].times;
    take_market(host, times);
    take_bars(host);
    return check_journal(host, err);
}

int host_rewind_time(struct host *host, struct error *err)
{
    struct record_clock record = {.hdr = {.type = EVENT_CLOCK, .granules = 1, .t = host_now(host)},
                                  .t_before = engine_t(host->engine)};
    char span[SPAN_TEXT];
    int rc;

    if (!host->config.is_rewound || record.hdr.t >= record.t_before)
        return AGON_OK;
    if (host->guard.trust != CLOCK_PROVEN)
        return error_set(err, AGON_ETIME, "--rewind-clock needs a venue's time, and none answered");
    (void)span_text(record.t_before - record.hdr.t, span);
    rc = driver_step(&host->driver, &record.hdr);
    if (rc >= 0)
        rc = host->driver.rc;
    if (rc < 0)
        return error_set(err, rc, "the time was not set back: %s", error_name(rc));
    log_warn("host", "clock-rewound",
             "engine time was set back by %s, as ordered: orders, positions and ids stay", span);
    return AGON_OK;
}

/* While it runs ---------------------------------------------------------------------------------
 */

static void ask_again(struct host *host, int64_t mono)
{
    clock_guard_ask(&host->guard, mono);
    atomic_store_explicit(&host->time_round, host->guard.round, memory_order_release);
    host_wake_io(host);
}

static void look_at_wall(struct host *host, int64_t mono)
{
    int64_t off_ns = clock_keep();
    int was_off = host->guard.is_wall_off;
    char text[SPAN_TEXT];

    if (clock_guard_wall(&host->guard, mono, off_ns)) {
        (void)span_text(off_ns < 0 ? -off_ns : off_ns, text);
        host_alert(host, ALERT_CLOCK_STEP, ALERT_NO_SLOT, 0, off_ns, CLOCK_STEP_NS,
                   "the wall clock was set %s %s: it is not followed; no new order leaves until a "
                   "venue's clock agrees with ours",
                   off_ns > 0 ? "ahead by" : "back by", text);
        atomic_store_explicit(&host->time_round, host->guard.round, memory_order_release);
        host_wake_io(host);
    } else if (was_off && !host->guard.is_wall_off) {
        log_info("host", "clock-wall", "the wall clock agrees with ours again and is followed");
    }
    // Without the wall clock the venue's is the better one to keep to.
    if (host->guard.is_wall_off && host->guard.trust == CLOCK_PROVEN) {
        lock_take(&host->io_lock);
        if (host->io_times.uncertainty_ns <= FOLLOW_NS && host->io_times.transport_ns != 0)
            clock_follow(host->io_times.transport_ns);
        lock_give(&host->io_lock);
    }
}

static void judge(struct host *host, int64_t mono)
{
    struct gateway_times times[HOST_VENUES_MAX];
    int64_t our_offset_ns = clock_now() - clock_mono();
    uint8_t trust = host->guard.trust;
    int64_t offset_ns = 0;
    uint32_t n_heard = 0;
    enum clock_verdict verdict;

    lock_take(&host->io_lock);
    memcpy(times, host->io_times.of, sizeof(times));
    lock_give(&host->io_lock);
    for (uint32_t i = 0; i < host->n_lines; i++)
        n_heard += times[i].round == host->guard.round && times[i].n >= 2;
    verdict =
        clock_guard_judge(&host->guard, mono, our_offset_ns, times, host->n_lines, &offset_ns);
    if (verdict == CLOCK_WRONG) {
        take_time(host, offset_ns, offset_ns - our_offset_ns);
        host->guard.trust = CLOCK_PROVEN;
    } else if (verdict == CLOCK_RIGHT) {
        log_info("host", "clock-proven", "two readings of a venue's clock agree with ours%s",
                 trust == CLOCK_UNPROVEN ? "" : ": new orders may leave");
    } else {
        if (host->guard.trust == CLOCK_DISPUTED && trust != CLOCK_DISPUTED)
            host_alert(host, ALERT_CLOCK_VENUE, ALERT_NO_SLOT, 0, offset_ns, CLOCK_GUARD_AGREE_NS,
                       "the venues contradict each other about the time: no new order leaves");
        if (n_heard > 0 && mono - host->guard.asked_ns > AGAIN_NS)
            ask_again(host, mono);
        return;
    }
    if (!host->is_timed) // before the first event of this time
        take_market(host, times);
    host->is_timed = 1;
}

/* An engine that is ahead of the time waits for it: timers and calendars stand still. */
static int64_t ahead_ns(struct host *host)
{
    int64_t ahead;

    if (host->config.speed_milli != 1000 || !host->is_timed)
        return 0;
    ahead = engine_t(host->engine) - host_now(host);
    return ahead > 0 ? ahead : 0;
}

static void halt(struct host *host, int64_t ahead)
{
    int is_halted = host->guard.trust != CLOCK_PROVEN || ahead > CLOCK_GUARD_AGREE_NS;
    char text[SPAN_TEXT];

    if (is_halted == ((host->halts & HOST_HALT_CLOCK) != 0))
        return;
    if (!is_halted) {
        host->halts &= ~(uint32_t)HOST_HALT_CLOCK;
        log_info("host", "clock-resume", "the clock is right: orders are taken");
        return;
    }
    host->halts |= HOST_HALT_CLOCK;
    if (host->guard.trust == CLOCK_PROVEN) {
        (void)span_text(ahead, text);
        host_alert(
            host, ALERT_CLOCK_VENUE, ALERT_NO_SLOT, 0, ahead, CLOCK_GUARD_AGREE_NS,
            "the journal is %s ahead of the time: no new order leaves until that has passed; or "
            "stop, and start with --rewind-clock",
            text);
    }
}

void host_keep_time(struct host *host, int64_t mono)
{
    struct host_clock *shown = &host->draft->clock;
    int64_t ahead;

    if (mono - host->observed_ns > CLOCK_SECOND) {
        host->observed_ns = mono;
        look_at_wall(host, mono);
    }
    if (host->guard.trust != CLOCK_PROVEN && mono - host->judged_ns > JUDGE_NS) {
        host->judged_ns = mono;
        judge(host, mono);
    }
    follow_market(host, mono);
    ahead = ahead_ns(host);
    halt(host, ahead);
    *shown = (struct host_clock){.trust = host->guard.trust,
                                 .is_paused = (host->halts & HOST_HALT_CLOCK) != 0,
                                 .is_waiting = (uint8_t)!host->is_timed,
                                 .is_wall_off = host->guard.is_wall_off,
                                 .is_market = (uint8_t)host->has_market_clock,
                                 .wall_off_ns = host->guard.wall_off_ns,
                                 .ahead_ns = ahead,
                                 .n_steps = host->guard.n_steps,
                                 .n_taken = host->guard.n_taken};
}
