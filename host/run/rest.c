// SPDX-License-Identifier: Apache-2.0
/* When the core thread spins, when it sleeps and for how long, and who wakes it. */
#include "run/host_impl.h"

#define WARM_NS    ((int64_t)75 * 1000)        /* a warm core spins so long behind its last work */
#define SCANT_NS   ((int64_t)9 * 1000)         /* and for no less than this, or not at all */
#define HELD_UP_NS ((int64_t)100 * 1000)       /* what waits cannot be taken yet */
#define PARK_NS    ((int64_t)50 * 1000 * 1000) /* nothing is to come that would not wake it */
#define JOBS_NS    ((int64_t)500 * 1000)       /* an outcome waits for a time that is not ours */
#define DEAF_NS    ((int64_t)2 * 1000 * 1000)  /* something may come that does not */

int host_core_spins(enum host_core core, int64_t idle_ns, int64_t lull_ns)
{
    return core == CORE_HOT || (core == CORE_WARM && idle_ns < WARM_NS - lull_ns);
}

/* Then nothing that comes waits for a sleeper: io spins besides the core where that leaves two
 * processors and more to everybody else. */
int host_io_spins(enum host_core core, uint32_t n_cores)
{
    return core == CORE_HOT && n_cores >= 4;
}

/* To spin pays where work comes while it would be spun, whether it was or not: one such pause and
 * the core spins for all of its time again. Behind a longer one it spins for half as long. */
int64_t host_core_lull(int64_t lull_ns, int64_t idle_ns)
{
    int64_t spin_ns = (WARM_NS - lull_ns) / 2;

    if (idle_ns < WARM_NS)
        return 0;
    return spin_ns < SCANT_NS ? WARM_NS : WARM_NS - spin_ns;
}

static int has_news(struct host *host)
{
    // What waits for a time is not news: the core would turn for nothing.
    for (uint32_t i = 0; i < host->n_lines && host->is_timed; i++) {
        if (host_is_line_waiting(&host->lines[i]))
            return 1;
    }
    return 0;
}

static void soonest(agon_ns_t *t, agon_ns_t other)
{
    if (other < *t)
        *t = other;
}

/* Real time until something that the host does by itself is due: a timer, an intent on its way, a
 * word of the exchange on paper. Where time stands still nothing is. */
static int64_t due_in(struct host *host)
{
    const struct heap_node *wish = heap_top(&host->due);
    agon_ns_t t = engine_next_due(host->engine);
    agon_ns_t now = clock_now();

    if (!host->has_market_clock && (host->config.speed_milli != 1000 || !host->is_timed))
        return host_jobs_due(host) != INT64_MAX ? JOBS_NS : INT64_MAX;
    soonest(&t, host_jobs_due(host));
    if (wish != NULL && (host->halts & HOST_HALT_STOPPING) == 0)
        soonest(&t, wish->t);
    for (uint32_t i = 0; i < host->n_lines && host->lines[i].paper != NULL; i++) {
        soonest(&t, paper_next(host->lines[i].paper));
        soonest(&t, paper_tells(host->lines[i].paper));
    }
    if (host->has_market_clock)
        return clock_market_wait(&host->market, now, t);
    return t > now ? t - now : 0;
}

/* Who ends it hears no intents any more. */
static int has_work(struct host *host)
{
    return has_news(host) || ring_used(&host->control) != 0 || ring_used(&host->alerts.in) != 0 ||
           atomic_load(&host->change) != NULL ||
           (host->cards.is_open && ring_used(&host->cards.events) != 0) ||
           host_jobs_have_news(host) ||
           ((host->halts & HOST_HALT_STOPPING) == 0 && engine_is_wished(host->engine));
}

/* The wakers look at this after they have put something into a ring, and the core into the rings
 * after it has set this, so that one of them sees the other. */
static void say_asleep(struct host *host, uint32_t is_asleep)
{
    struct bus_shm *bus = host->bus.memory;

    atomic_store_explicit(&host->is_core_asleep, is_asleep, memory_order_relaxed);
    atomic_store_explicit(&bus->is_writer_asleep, is_asleep, memory_order_relaxed);
    if (is_asleep)
        atomic_thread_fence(memory_order_seq_cst);
}

static int64_t longest(const struct host *host, uint32_t n_words)
{
    // In a simulation whoever wakes a sleeper says nothing.
    int is_deaf = machine_simulated() != NULL || !host->has_joined || n_words > FUTEX_WORDS ||
                  host->is_one_word;

    return is_deaf ? DEAF_NS : PARK_NS;
}

/* What waits, and was not taken in two turns, waits for the journal's writer: who turns meanwhile
 * takes a processor from him. */
static void park(struct host *host)
{
    struct futex_word words[FUTEX_WORDS];
    uint32_t n_words = 1;
    int64_t wait_ns;
    int is_work;

    words[0].word = &host->core_wake;
    words[0].expected = atomic_load_explicit(&host->core_wake, memory_order_acquire);
    n_words += crew_bells(host->crew, words + 1, FUTEX_WORDS - 1);
    wait_ns = longest(host, n_words);
    if (n_words > FUTEX_WORDS)
        n_words = FUTEX_WORDS;
    say_asleep(host, 1);
    is_work = has_work(host);
    if (!is_work && machine_simulated() == NULL) {
        int64_t due_ns = due_in(host);

        wait_ns = due_ns < wait_ns ? due_ns : wait_ns;
        is_work = due_ns == 0;
    }
    if (!atomic_load(&host->is_stopping) && (!is_work || host->is_held_up) &&
        futex_wait_any(words, n_words, is_work ? HELD_UP_NS : wait_ns) == AGON_ENOTSUP)
        host->is_one_word = 1;
    host->is_held_up = (uint8_t)is_work;
    say_asleep(host, 0);
}

void host_rest(struct host *host, int n, int64_t mono)
{
    host->is_held_up &= (uint8_t)(n == 0);
    if (n > 0 && host->idle_ns != 0)
        host->lull_ns = host_core_lull(host->lull_ns, mono - host->idle_ns);
    if (n > 0)
        host->idle_ns = 0;
    else if (host->idle_ns == 0)
        host->idle_ns = mono;
    // A simulated core sleeps whenever it can: its time costs somebody else's.
    if (n > 0 || (machine_simulated() == NULL &&
                  host_core_spins(host->config.core, mono - host->idle_ns, host->lull_ns)))
        machine_breathe();
    else
        park(host);
}
