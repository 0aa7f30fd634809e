// SPDX-License-Identifier: Apache-2.0
#include "kernels/team.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/error.h"

struct member {
    struct team *team;
    uint32_t index;
    pthread_t thread;
};

struct team {
    pthread_mutex_t lock;
    pthread_cond_t begun, done;
    uint64_t turn;         /* guarded by lock: which piece of work, counted from 1 */
    uint32_t n_at_work;    /* guarded by lock */
    int is_over;           /* guarded by lock */
    uint32_t items, grain; /* of this turn; nobody works while they change */
    team_fn fn;
    void *ctx;
    _Atomic uint64_t next;  /* the first item that nobody has taken */
    uint32_t n_members;     /* threads besides the caller */
    struct member *members; /* owned */
};

static void work(struct team *team, uint32_t member)
{
    for (;;) {
        uint64_t from = atomic_fetch_add_explicit(&team->next, team->grain, memory_order_relaxed);

        if (from >= team->items)
            return;
        team->fn(team->ctx, (uint32_t)from,
                 team->items - from < team->grain ? team->items : (uint32_t)from + team->grain,
                 member);
    }
}

static void *member_main(void *arg)
{
    struct member *member = arg;
    struct team *team = member->team;
    uint64_t seen = 0;

    pthread_mutex_lock(&team->lock);
    for (;;) {
        while (team->turn == seen && !team->is_over)
            pthread_cond_wait(&team->begun, &team->lock);
        if (team->is_over)
            break;
        seen = team->turn;
        pthread_mutex_unlock(&team->lock);
        work(team, member->index);
        pthread_mutex_lock(&team->lock);
        if (--team->n_at_work == 0)
            pthread_cond_signal(&team->done);
    }
    pthread_mutex_unlock(&team->lock);
    return NULL;
}

struct team *team_new(uint32_t n_threads)
{
    struct team *team = calloc(1, sizeof(*team));

    REQUIRE(n_threads > 0 && n_threads <= TEAM_MOST);
    if (team == NULL)
        return NULL;
    pthread_mutex_init(&team->lock, NULL);
    pthread_cond_init(&team->begun, NULL);
    pthread_cond_init(&team->done, NULL);
    team->members = calloc(n_threads, sizeof(*team->members));
    for (uint32_t i = 0; team->members != NULL && i + 1 < n_threads; i++) {
        struct member *member = &team->members[i];

        *member = (struct member){.team = team, .index = i + 1};
        if (pthread_create(&member->thread, NULL, member_main, member) != 0)
            break;
        team->n_members++;
    }
    if (team->members != NULL && team->n_members + 1 == n_threads)
        return team;
    team_free(team);
    return NULL;
}

void team_free(struct team *team)
{
    if (team == NULL)
        return;
    pthread_mutex_lock(&team->lock);
    team->is_over = 1;
    pthread_cond_broadcast(&team->begun);
    pthread_mutex_unlock(&team->lock);
    for (uint32_t i = 0; i < team->n_members; i++)
        pthread_join(team->members[i].thread, NULL);
    pthread_cond_destroy(&team->begun);
    pthread_cond_destroy(&team->done);
    pthread_mutex_destroy(&team->lock);
    free(team->members);
    free(team);
}

void team_run(struct team *team, uint32_t items, uint32_t grain, team_fn fn, void *ctx)
{
    if (team->n_members == 0 || items <= grain) { // nobody is woken for what one does as fast
        fn(ctx, 0, items, 0);
        return;
    }
    pthread_mutex_lock(&team->lock);
    team->items = items;
    team->grain = grain;
    team->fn = fn;
    team->ctx = ctx;
    atomic_store_explicit(&team->next, 0, memory_order_relaxed);
    team->n_at_work = team->n_members;
    team->turn++;
    pthread_cond_broadcast(&team->begun);
    pthread_mutex_unlock(&team->lock);
    work(team, 0);
    pthread_mutex_lock(&team->lock);
    while (team->n_at_work > 0)
        pthread_cond_wait(&team->done, &team->lock);
    pthread_mutex_unlock(&team->lock);
}
