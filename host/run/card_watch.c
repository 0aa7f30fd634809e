// SPDX-License-Identifier: Apache-2.0
/* The thread that owns the cards' workers: run/cards.h. A worker that was there and does not answer
 * for QUIET_NS, by its death, a hung kernel or a bus that is gone, is a card that is lost: what
 * could go on elsewhere does not wait until it is known whether another worker helps. Of a death
 * there is no doubt, and where another card is up it is waited for DEAD_NS alone: chunks that ran
 * there are done again elsewhere before they are taken for hung. When a worker helps, the card is
 * back. The same workers run the jobs of agents (jobs/relay.h).
 *
 * A card on demand (its profile says so) has a worker while it has a lease: that begins with the
 * first and ends when the allocator says that none is left, and its card is free for others.
 * [cards]
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "gpu/profile.h"
#include "run/cards.h"
#include "run/host_impl.h"
#include "sys/log.h"

#define LOOK_NS   ((int64_t)250 * 1000 * 1000)
#define QUIET_NS  ((int64_t)600 * 1000 * 1000)
#define DEAD_NS   ((int64_t)100 * 1000 * 1000)
#define SAY_BYTES ((uint64_t)256 << 20) /* a lease so large is in the log while it is filled */
#define MOVES_NS  4                     /* more for each byte of a lease that is made */
#define CHUNK_NS  ((int64_t)2 * 1000 * 1000 * 1000) /* a chunk hangs then, whoever says so */
#define CHUNKS    4 /* and not below so many of the longest: at twice that the allocator says it */
#define BEGIN_NS  ((int64_t)30 * 1000000000) /* a card's first worker may take so long to begin */
#define TELL_NS   ((int64_t)1000 * 1000 * 1000)
#define ANEW_NS   ((int64_t)10 * 1000000000) /* behind a worker that will not begin any more */
#define TURN_NS   ((int64_t)50 * 1000 * 1000)
#define SAID_NS   CLOCK_SECOND /* of a lease's own kernels no more is said */

static int tell(struct host *host, const struct gpu_event *event)
{
    struct gpu_event *to = ring_claim(&host->cards.events);

    if (to == NULL)
        return 0; // the core is behind: at the next turn
    *to = *event;
    ring_publish(&host->cards.events);
    host_wake_core(host);
    return 1;
}

static void lose(struct host *host, uint32_t card, int64_t now)
{
    struct host_card_watch *watch = &host->cards.watch[card];

    atomic_store(&host->cards.lost_ns, watch->answered_ns);
    if (watch->is_lost || !tell(host, &(struct gpu_event){.kind = GPU_LOST, .card = (uint8_t)card}))
        return;
    watch->is_lost = 1;
    log_error_with("card", "quiet", LOG_FIELDS(LOG_NUMBER("card", card)),
                   "card %u has not answered for %lld ms: it is lost", card,
                   (long long)((now - watch->answered_ns) / 1000000));
}

static void name_libraries(const struct leases_words *words, struct card_worker_config *config)
{
    config->driver = words->driver[0] != '\0' ? words->driver : NULL;
    config->nvrtc = words->nvrtc[0] != '\0' ? words->nvrtc : NULL;
}

/* While its worker fills a lease with a file, or makes one 0, or has not begun yet, it runs
 * nothing: chunks wait for the end of that, and are not hung. How long it may take is is_gone's and
 * the worker's own. */
static void tell_filling(struct host *host, uint32_t card)
{
    struct host_card_watch *watch = &host->cards.watch[card];
    uint64_t bytes = watch->is_up ? card_worker_moves(watch->worker) : 0;
    int is_filling = bytes > 0 || (watch->worker != NULL && !watch->was_up &&
                                   relay_is_used(host->cards.relay, card));

    if (is_filling == watch->is_filling ||
        !tell(host, &(struct gpu_event){
                        .kind = GPU_FILLING, .card = (uint8_t)card, .state = (uint8_t)is_filling}))
        return;
    watch->is_filling = (uint8_t)is_filling;
    if (bytes >= SAY_BYTES)
        log_info_with("card", "filling", LOG_FIELDS(LOG_NUMBER("card", card)),
                      "card %u fills or clears a lease of %llu MiB: its jobs wait for that", card,
                      (unsigned long long)(bytes >> 20));
}

static void begin(struct host *host, uint32_t card, int64_t now)
{
    const struct leases_words *words = &host->config.cards.words;
    struct card_worker_config config = card_worker_preset(leases_device_name(words->device));
    struct host_card_watch *watch = &host->cards.watch[card];
    struct error err = {0};

    config.card = card;
    config.threads = words->threads;
    name_libraries(words, &config);
    if (card < words->n_scripts)
        config.script = words->scripts[card];
    watch->worker = card_worker_new(&config, &err);
    relay_worker(host->cards.relay, card, watch->worker);
    watch->answered_ns = now;
    watch->died_ns = 0;
    watch->is_up = 0;
    watch->is_dismissed = 0;
    watch->asked_ns = 0;
    if (watch->worker == NULL)
        log_error("card", "worker", "card %u: %s", card, err.text);
}

static void note(struct host *host, uint32_t card)
{
    struct host_card_watch *watch = &host->cards.watch[card];
    struct host_card_seen *seen = &host->cards.seen[card];

    lock_take(&host->cards.lock);
    seen->is_up = watch->is_up;
    seen->pid = watch->worker != NULL ? card_worker_pid(watch->worker) : -1;
    seen->lives = watch->worker != NULL ? card_worker_lives(watch->worker) : seen->lives;
    lock_give(&host->cards.lock);
}

static int is_fit(const struct host *host, uint32_t card, const struct card_event *event)
{
    struct error err = {0};

    // What stands in for a card has the machine's memory, and not what the profile says.
    if (host->config.cards.words.device != LEASES_CUDA ||
        profile_check_card(&host->config.cards.rules, card, (int64_t)event->bytes, &err) >= 0)
        return 1;
    log_error("card", "memory", "%s", err.text);
    return 0;
}

static void on_up(struct host *host, uint32_t card, const struct card_event *event)
{
    struct host_card_watch *watch = &host->cards.watch[card];

    watch->is_up = watch->was_up = (uint8_t)is_fit(host, card, event);
    watch->why[0] = '\0';
    watch->died_ns = 0;
    watch->looked_ns = 0;
    lock_take(&host->cards.lock);
    snprintf(host->cards.seen[card].device, sizeof(host->cards.seen[card].device), "%s",
             event->text);
    lock_give(&host->cards.lock);
    log_info_with("card", "up", LOG_FIELDS(LOG_NUMBER("card", card)), "card %u is there: %s", card,
                  event->text);
}

static void on_look(struct host *host, uint32_t card, const struct card_look *look, int64_t now)
{
    struct host_card_watch *watch = &host->cards.watch[card];
    struct gpu_event event = {
        .kind = GPU_HEAT, .card = (uint8_t)card, .heat_mc = look->celsius * 1000};

    watch->asked_ns = 0;
    lock_take(&host->cards.lock);
    host->cards.seen[card].look = *look;
    lock_give(&host->cards.lock);
    // A heat that stays is no news.
    if (look->celsius < 0 || event.heat_mc == watch->heat_mc || now - watch->told_ns < TELL_NS ||
        !tell(host, &event))
        return;
    watch->heat_mc = event.heat_mc;
    watch->told_ns = now;
}

static void take(struct host *host, uint32_t card, const struct card_event *event, int64_t now)
{
    struct host_card_watch *watch = &host->cards.watch[card];

    switch (event->kind) {
    case CARD_EVENT_UP:
        on_up(host, card, event);
        break;
    case CARD_EVENT_LOOKED:
        on_look(host, card, &event->look, now);
        break;
    case CARD_EVENT_DOWN:
    case CARD_EVENT_LOST:
        // Of a card that is not there each new start says the same.
        if (watch->is_up || strcmp(watch->why, event->text) != 0)
            log_warn_with("card", "down", LOG_FIELDS(LOG_NUMBER("card", card)),
                          "card %u: its worker has ended: %s", card, event->text);
        snprintf(watch->why, sizeof(watch->why), "%s", watch->is_up ? "" : event->text);
        if (watch->is_up)
            watch->died_ns = now;
        watch->is_up = 0;
        watch->asked_ns = 0;
        if (event->kind == CARD_EVENT_LOST)
            watch->was_up = 1; // nothing more is to be waited for
        return;
    default:
        relay_event(host->cards.relay, card, event);
        break;
    }
    if (watch->is_up)
        watch->answered_ns = now;
}

static int is_another_up(const struct host *host, uint32_t card)
{
    for (uint32_t i = 0; i < host->config.cards.rules.n_cards; i++) {
        if (i != card && host->cards.watch[i].is_up && !host->cards.watch[i].is_lost)
            return 1;
    }
    return 0;
}

static int is_gone(const struct host *host, uint32_t card, int64_t now)
{
    const struct host_card_watch *watch = &host->cards.watch[card];
    int64_t quiet_ns = watch->was_up ? QUIET_NS : BEGIN_NS;

    // While it fills a lease with a file, or makes it 0, it says nothing.
    if (watch->is_up)
        quiet_ns += (int64_t)(card_worker_moves(watch->worker) * MOVES_NS);
    return now - watch->answered_ns > quiet_ns ||
           (watch->died_ns != 0 && now - watch->died_ns > DEAD_NS && is_another_up(host, card));
}

/* Nobody has a lease there, and its worker is not to stay for that. */
static int is_idle(const struct host *host, uint32_t card)
{
    return host->config.cards.rules.cards[card].is_on_demand && !host->cards.watch[card].is_lost &&
           !relay_is_used(host->cards.relay, card);
}

/* What other workers said while this one ended has waited for who hears it. */
static void dismiss(struct host *host, uint32_t card)
{
    struct host_card_watch *watch = &host->cards.watch[card];
    int64_t began_ns = clock_mono(), took_ns;

    relay_worker(host->cards.relay, card, NULL);
    card_worker_free(watch->worker);
    watch->worker = NULL;
    watch->is_up = watch->was_up = 0;
    watch->died_ns = watch->asked_ns = 0;
    watch->is_dismissed = 1;
    took_ns = clock_mono() - began_ns;
    for (uint32_t i = 0; i < host->config.cards.rules.n_cards; i++)
        host->cards.watch[i].answered_ns += took_ns;
    note(host, card);
    log_info_with("card", "dismissed", LOG_FIELDS(LOG_NUMBER("card", card)),
                  "card %u has no lease left: its worker has ended", card);
}

static void turn(struct host *host, uint32_t card)
{
    struct host_card_watch *watch = &host->cards.watch[card];
    struct card_event event;
    int64_t now;

    if (watch->worker == NULL) {
        tell_filling(host, card);
        if (!is_idle(host, card) &&
            (watch->is_dismissed || clock_mono() - watch->answered_ns > ANEW_NS))
            begin(host, card, clock_mono());
        return;
    }
    if (is_idle(host, card)) {
        dismiss(host, card);
        tell_filling(host, card);
        return;
    }
    (void)card_worker_wait(watch->worker, 0);
    tell_filling(host, card); // before what it says of chunks behind that
    now = clock_mono();
    while (relay_has_room(host->cards.relay) && card_worker_next(watch->worker, &event)) {
        take(host, card, &event, now);
        if (event.kind == CARD_EVENT_LOST) {
            lose(host, card, now);
            relay_worker(host->cards.relay, card, NULL);
            card_worker_free(watch->worker);
            watch->worker = NULL;
            watch->answered_ns = now;
            note(host, card);
            return;
        }
    }
    if (watch->is_up && watch->asked_ns == 0 && now - watch->looked_ns >= LOOK_NS &&
        card_worker_look(watch->worker) >= 0)
        watch->asked_ns = watch->looked_ns = now;
    if (is_gone(host, card, now))
        lose(host, card, now);
    else if (watch->is_lost && watch->is_up &&
             tell(host, &(struct gpu_event){.kind = GPU_BACK, .card = (uint8_t)card}))
        watch->is_lost = 0;
    tell_filling(host, card);
    note(host, card);
}

static void wait_for_workers(struct host *host, uint32_t n_cards)
{
    struct pollfd polled[1 + 2 * GPU_CARDS_MAX + 2 * RELAY_OWN_PROCS] = {
        {.fd = host->cards.wake_fd, .events = POLLIN}};
    int64_t now = clock_mono(), until = now + TURN_NS;
    int owns[2 * RELAY_OWN_PROCS];
    uint32_t n = 1, n_owns = relay_owns_due(host->cards.relay, owns, &until);
    uint64_t unused;

    for (uint32_t i = 0; i < n_owns; i++)
        polled[n++] = (struct pollfd){.fd = owns[i], .events = POLLIN};

    for (uint32_t card = 0; card < n_cards; card++) {
        int fds[2];
        int64_t due;

        if (host->cards.watch[card].worker == NULL)
            continue;
        due = card_worker_due(host->cards.watch[card].worker, fds);
        until = due < until ? due : until;
        for (int k = 0; k < 2; k++) {
            if (fds[k] >= 0)
                polled[n++] = (struct pollfd){.fd = fds[k], .events = POLLIN};
        }
    }
    until = until > now ? until - now : 0;
    if (ppoll(polled, n, &(struct timespec){until / 1000000000, until % 1000000000}, NULL) < 0 &&
        errno != EINTR)
        log_error("card", "poll", "the cards' workers cannot be waited for: %s", strerror(errno));
    if ((polled[0].revents & POLLIN) != 0 &&
        read(host->cards.wake_fd, &unused, sizeof(unused)) < 0 && errno != EAGAIN)
        log_error("card", "wake", "the cards' thread cannot be woken: %s", strerror(errno));
}

static void *cards_main(void *ctx)
{
    struct host *host = ctx;
    const uint32_t n_cards = host->config.cards.rules.n_cards;

    for (uint32_t card = 0; card < n_cards; card++) {
        host->cards.watch[card].is_dismissed = (uint8_t)is_idle(host, card);
        if (!host->cards.watch[card].is_dismissed)
            begin(host, card, clock_mono());
    }
    while (!atomic_load(&host->cards.is_stopping)) {
        relay_take(host->cards.relay);
        for (uint32_t card = 0; card < n_cards; card++)
            turn(host, card);
        relay_owns(host->cards.relay);
        wait_for_workers(host, n_cards);
    }
    for (uint32_t card = 0; card < n_cards; card++) {
        relay_worker(host->cards.relay, card, NULL);
        card_worker_free(host->cards.watch[card].worker);
        host->cards.watch[card].worker = NULL;
    }
    relay_owns_end(host->cards.relay);
    return NULL;
}

static void on_asked(void *ctx)
{
    const struct host *host = ctx;
    uint64_t one = 1;

    // Full it is when nobody has read it for 2^64 - 2 times: then it is awake.
    if (write(host->cards.wake_fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
        log_warn("card", "wake", "the cards' thread takes its time: %s", strerror(errno));
}

static void on_answered(void *ctx)
{
    host_wake_core(ctx);
}

static void say(void *ctx, uint32_t card, const char *text)
{
    (void)ctx;
    log_warn_with("card", "lease", LOG_FIELDS(LOG_NUMBER("card", card)),
                  "card %u: a lease cannot be made: %s", card, text);
}

static struct card_worker *begin_own(void *ctx, uint32_t card, const struct card_own *own,
                                     struct error *err)
{
    const struct leases_words *words = &((const struct host *)ctx)->config.cards.words;
    struct card_worker_config config = card_worker_preset(leases_device_name(words->device));

    config.card = card;
    config.own = own;
    name_libraries(words, &config);
    return card_worker_new(&config, err);
}

/* NULL: there is none, and no room for one. */
static struct host_card_own *own_of(struct host_cards *cards, uint16_t slot, uint32_t lease)
{
    struct host_card_own *free = NULL;

    for (uint32_t i = 0; i < RELAY_OWN_MAX; i++) {
        struct host_card_own *own = &cards->owns[i];

        if (own->lease == lease && own->slot == slot)
            return own;
        free = own->lease == 0 ? own : free;
    }
    return free;
}

static void own_is(void *ctx, uint16_t slot, uint32_t lease, const struct relay_own_seen *seen)
{
    struct host *host = ctx;
    const struct crew_slot *of = &host->config.slots[slot];
    struct host_card_own *own;
    int64_t now = clock_mono();
    int is_news = 0;

    lock_take(&host->cards.lock);
    own = own_of(&host->cards, slot, lease);
    if (own != NULL && seen == NULL) {
        own->lease = 0;
    } else if (own != NULL) {
        if (own->lease == 0)
            *own = (struct host_card_own){.lease = lease, .slot = slot};
        is_news = seen->why[0] != '\0' && strcmp(own->seen.why, seen->why) != 0 &&
                  (own->said_ns == 0 || now - own->said_ns >= SAID_NS);
        own->said_ns = is_news ? now : own->said_ns;
        own->seen = *seen;
    }
    lock_give(&host->cards.lock);
    if (is_news)
        log_warn_with("card", "own", LOG_FIELDS(LOG_NUMBER("slot", slot)),
                      "own kernels of %s.%s: %s", of->record.name, of->leases[lease - 1].name,
                      seen->why);
}

static void find_resident(void *ctx, uint16_t slot, uint32_t lease, struct relay_resident *out)
{
    const struct host *host = ctx;
    const struct crew_slot *of = &host->config.slots[slot];
    struct setup_file file;
    const char *name;

    *out = (struct relay_resident){.fd = -1};
    if (slot >= host->config.n_slots || lease > of->n_leases)
        return;
    out->is_kernels = of->leases[lease - 1].kernels[0] != '\0';
    name = out->is_kernels ? of->leases[lease - 1].kernels : of->leases[lease - 1].resident;
    if (name[0] == '\0')
        return;
    out->fd = crew_file(host->crew, slot, name, &file);
    if (out->fd < 0)
        return;
    out->bytes = file.bytes;
    memcpy(out->digest, file.digest, sizeof(out->digest));
}

static void waits(void *ctx, const struct crew_slot *slot, const struct crew_lease *lease,
                  const char *text)
{
    (void)ctx;
    log_warn_with("card", "waits", LOG_FIELDS(LOG_NUMBER("slot", slot->record.slot)),
                  "agent %s: gpu.leases.%s %s", slot->record.name, lease->name, text);
}

int host_cards_start(struct host *host, struct error *err)
{
    const struct gpu_rules *rules = &host->config.cards.rules;
    const int64_t longest_ns = CHUNKS * rules->chunk_ns;
    const struct relay_config relay = {.n_cards = rules->n_cards,
                                       .chunk_ns = longest_ns > CHUNK_NS ? longest_ns : CHUNK_NS,
                                       .resident = find_resident,
                                       .wake = on_asked,
                                       .answered = on_answered,
                                       .say = say,
                                       .own = begin_own,
                                       .own_is = own_is,
                                       .ctx = host};
    struct host_cards *cards = &host->cards;

    // In a simulation whoever stands in for the workers says what they see.
    if (host->config.cards.rules.n_cards == 0 || host->config.ports != NULL)
        return AGON_OK;
    (void)leases_waits(&host->config.cards, host->config.slots, host->config.n_slots, waits, host);
    cards->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (cards->wake_fd < 0)
        return error_set(err, AGON_EIO, "no eventfd for the cards: %s", strerror(errno));
    if (relay_new(&cards->relay, &relay, err) < 0 ||
        machine_start(&cards->thread, cards_main, host) < 0) {
        close(cards->wake_fd);
        return error_set(err, AGON_EIO, "the cards' thread could not be started");
    }
    cards->is_running = 1;
    return AGON_OK;
}

void host_cards_stop(struct host *host)
{
    struct host_cards *cards = &host->cards;
    uint64_t one = 1;

    if (!cards->is_running)
        return;
    atomic_store(&cards->is_stopping, 1);
    if (write(cards->wake_fd, &one, sizeof(one)) < 0)
        log_warn("card", "wake", "the cards' thread takes its time: %s", strerror(errno));
    machine_join(&cards->thread);
    close(cards->wake_fd);
    cards->wake_fd = -1;
    cards->is_running = 0;
}
