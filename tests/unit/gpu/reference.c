// SPDX-License-Identifier: Apache-2.0
#include "reference.h"

#include <stdlib.h>
#include <string.h>

#define ALL 1000000

static int from_card[REF_ALL]; // of inference that lost its card with this event; -1: not
static int ended_job, n_put_out;

static void say(struct ref *ref, const char *kind, const char *why, int card, long long value)
{
    ref->said[ref->n_said++] = (struct ref_said){kind, why, card, -1, 0, 0, 0, value, 0};
}

static void say_lease(struct ref *ref, const char *kind, const char *why, int i)
{
    const struct ref_lease *lease = &ref->leases[i];

    ref->said[ref->n_said++] =
        (struct ref_said){kind, why, lease->card, -1, lease->owner, i + 1, 0, 0, 0};
}

static void say_job(struct ref *ref, const char *kind, const char *why, int j)
{
    say_lease(ref, kind, why, ref->jobs[j].lease);
    ref->said[ref->n_said - 1].job = j + 1;
    ref->said[ref->n_said - 1].value = ref->jobs[j].left;
}

static void refuse(struct ref *ref, const struct ref_event *event, const char *why)
{
    ref->said[ref->n_said++] =
        (struct ref_said){"refused", why, -1, -1, event->owner, event->lease, 0, 0, 0};
}

static long long least(long long a, long long b)
{
    return a < b ? a : b;
}

static long long most(long long a, long long b)
{
    return a > b ? a : b;
}

static int is_on(const struct ref *ref, int i, int card)
{
    const struct ref_lease *lease = &ref->leases[i];

    return (lease->state == 'h' || lease->state == 'l') && lease->card == card;
}

static int used_cards(const struct ref *ref)
{
    int own = 0, standby = 0;

    for (int c = 0; c < ref->rules->n_cards; c++) {
        if (ref->lost[c])
            continue;
        if (ref->rules->standby[c])
            standby++;
        else
            own++;
    }
    return own > 0 ? own : standby;
}

static int is_single(const struct ref *ref)
{
    int own = 0;

    for (int c = 0; c < ref->rules->n_cards; c++)
        own += !ref->rules->standby[c];
    return own >= 2 && used_cards(ref) == 1;
}

static int capacity(const struct ref *ref, int card)
{
    long long ppm = ALL;

    if (ref->step[card] >= 3)
        ppm = least(ppm, ref->rules->scaled);
    if (is_single(ref))
        ppm = least(ppm, ref->rules->single);
    return (int)ppm;
}

static const int *split(const struct ref *ref)
{
    if (ref->volatility > 0)
        return ref->rules->split[ref->volatility];
    return ref->rules->split[ref->weekly ? 3 : 0];
}

static int inference_part(const struct ref *ref, int card)
{
    return (int)least(split(ref)[0], capacity(ref, card));
}

static int inference_held(const struct ref *ref, int card)
{
    int sum = 0;

    for (int i = 0; i < ref->n_leases; i++) {
        if (is_on(ref, i, card) && ref->leases[i].class == 0)
            sum += ref->leases[i].share;
    }
    return sum;
}

static int training_part(const struct ref *ref, int card, int inference)
{
    long long left = capacity(ref, card) - most(inference, inference_part(ref, card));

    return (int)least(split(ref)[1], most(left, 0));
}

static int home_of(const struct ref *ref, int i)
{
    return ref->rules->budget_card[ref->leases[i].budget];
}

// The rank, as one number: smaller is served earlier.
static long long rank(const struct ref *ref, int i)
{
    return (ref->leases[i].class * 10LL + ref->leases[i].priority) * 1000000 + i;
}

static int may_put_out(const struct ref *ref, int who, int whom)
{
    return rank(ref, who) / 1000000 < rank(ref, whom) / 1000000 &&
           ref->leases[who].class <= ref->leases[whom].class;
}

static int running_job(const struct ref *ref, int i)
{
    for (int j = 0; j < ref->n_jobs; j++) {
        if (ref->jobs[j].left > 0 && ref->jobs[j].runs && ref->jobs[j].lease == i)
            return j;
    }
    return -1;
}

/* Which rule stands against lease i on the card, beside all that stay: 0 none, 1 dedicated, 2
 * budget, 3 memory, 4 split, 5 group. */
static int stands_against(const struct ref *ref, int i, int card, const char *stays)
{
    const struct ref_lease *want = &ref->leases[i];
    long long bytes = want->bytes, of_budget = want->bytes;
    int inference = 0, training = 0, group = want->share, n = 0, dedicated = 0, own_group;

    for (int k = 0; k < ref->n_leases; k++) {
        const struct ref_lease *other = &ref->leases[k];

        if (!stays[k])
            continue;
        n++;
        bytes += other->bytes;
        if (other->group == want->group)
            group += other->share;
        if (other->dedicated) {
            dedicated++;
            continue;
        }
        if (other->budget == want->budget)
            of_budget += other->bytes;
        if (other->class == 0)
            inference += other->share;
        else
            training += other->share;
    }
    if (want->dedicated) {
        if (n > 0)
            return 1;
        return bytes > ref->rules->room[card] ? 3 : 0;
    }
    if (dedicated > 0)
        return 1;
    if (home_of(ref, i) == card && of_budget > ref->rules->budget_bytes[want->budget])
        return 2;
    if (bytes > ref->rules->room[card])
        return 3;
    if (want->share > 0) {
        if (want->class == 0 && inference + want->share > inference_part(ref, card))
            return 4;
        if (want->class != 0 && training + want->share > training_part(ref, card, inference))
            return 4;
    }
    if (want->group < 0)
        return 0;
    own_group = ref->rules->group_card[want->group];
    return (own_group < 0 || own_group == card) && group > ref->rules->group_share[want->group] ? 5
                                                                                                : 0;
}

static int has_to_do(const struct ref *ref, int rule, int i, int k)
{
    const struct ref_lease *want = &ref->leases[i], *other = &ref->leases[k];

    switch (rule) {
    case 1:
        return want->dedicated || other->dedicated;
    case 2:
        return other->budget == want->budget && other->bytes != 0;
    case 3:
        return other->bytes != 0;
    case 4:
        return other->share != 0 && (other->class > 0) == (want->class > 0);
    default:
        return other->share != 0 && other->group == want->group;
    }
}

static void fail_jobs(struct ref *ref, int i, const char *why)
{
    for (int j = 0; j < ref->n_jobs; j++) {
        if (ref->jobs[j].left > 0 && ref->jobs[j].lease == i) {
            say_job(ref, "job_failed", why, j);
            ref->jobs[j].left = 0;
        }
    }
}

static void over(struct ref *ref, int i, const char *why)
{
    fail_jobs(ref, i, why);
    say_lease(ref, "ended", why, i);
    ref->leases[i].state = 'x';
}

static void gone(struct ref *ref, int i)
{
    struct ref_lease *lease = &ref->leases[i];

    if (lease->ending) {
        over(ref, i, lease->why);
        return;
    }
    say_lease(ref, "evicted", lease->why, i);
    lease->state = 's';
    lease->card = -1;
}

static void put_out(struct ref *ref, int i, const char *why, int for_good)
{
    struct ref_lease *lease = &ref->leases[i];

    n_put_out++;
    lease->state = 'l';
    lease->why = why;
    lease->ending = for_good || !lease->resumes;
    if (running_job(ref, i) >= 0)
        say_lease(ref, "leaving", why, i);
    else
        gone(ref, i);
}

static const struct ref *sorted;
static int by_rank(const void *a, const void *b)
{
    long long x = rank(sorted, *(const int *)a), y = rank(sorted, *(const int *)b);

    return x < y ? -1 : x > y;
}

static int sort(const struct ref *ref, int *list, int n)
{
    sorted = ref;
    qsort(list, (size_t)n, sizeof(list[0]), by_rank);
    return n;
}

// 2: held there now; 1: when those that leave have; 0: no.
static int place(struct ref *ref, int i, int card)
{
    struct ref_lease *want = &ref->leases[i];
    char stays[REF_ALL] = {0}, leaves[REF_ALL] = {0};
    int held[REF_ALL], n = 0, rule;

    for (int k = 0; k < ref->n_leases; k++) {
        if (k != i && is_on(ref, k, card) && ref->leases[k].state == 'h') {
            held[n++] = k;
            stays[k] = 1;
        }
    }
    sort(ref, held, n);
    while ((rule = stands_against(ref, i, card, stays)) != 0) {
        int found = -1;

        for (int k = n - 1; k >= 0 && found < 0; k--) {
            if (stays[held[k]] && may_put_out(ref, i, held[k]) && has_to_do(ref, rule, i, held[k]))
                found = held[k];
        }
        if (found < 0)
            return 0;
        stays[found] = 0;
        leaves[found] = 1;
    }
    for (int k = 0; k < ref->n_leases; k++) {
        if (leaves[k])
            put_out(ref, k, "rank", 0);
    }
    for (int k = 0; k < ref->n_leases; k++)
        stays[k] = (char)(k != i && is_on(ref, k, card));
    if (stands_against(ref, i, card, stays) != 0)
        return 1;
    ref->said[ref->n_said++] = (struct ref_said){from_card[i] >= 0 || want->state == 'h' ? "moved"
                                                 : want->state == 'w'                    ? "granted"
                                                                      : "resumed",
                                                 from_card[i] >= 0 ? "lost" : "ok",
                                                 card,
                                                 from_card[i] >= 0    ? from_card[i]
                                                 : want->state == 'h' ? want->card
                                                                      : -1,
                                                 want->owner,
                                                 i + 1,
                                                 0,
                                                 0,
                                                 0};
    from_card[i] = -1;
    want->state = 'h';
    want->card = card;
    want->pass = ref->pass[card];
    return 2;
}

static void lose_cards(struct ref *ref)
{
    for (int i = 0; i < ref->n_leases; i++) {
        struct ref_lease *lease = &ref->leases[i];
        int j;

        if ((lease->state != 'h' && lease->state != 'l') || !ref->lost[lease->card])
            continue;
        j = running_job(ref, i);
        if (j >= 0) {
            ref->jobs[j].runs = 0;
            if (!lease->ending)
                say_job(ref, "job_again", "lost", j);
        }
        if (lease->state == 'l') {
            gone(ref, i);
        } else if (lease->class > 0) {
            put_out(ref, i, "lost", 0);
        } else {
            from_card[i] = lease->card;
            lease->state = 's';
            lease->card = -1;
        }
    }
}

static void shrink_training(struct ref *ref)
{
    for (int card = 0; card < ref->rules->n_cards; card++) {
        for (;;) {
            int last = -1, sum = 0;

            for (int i = 0; i < ref->n_leases; i++) {
                const struct ref_lease *lease = &ref->leases[i];

                if (lease->state != 'h' || lease->card != card || lease->class == 0 ||
                    lease->dedicated || lease->share == 0)
                    continue;
                sum += lease->share;
                if (last < 0 || rank(ref, i) > rank(ref, last))
                    last = i;
            }
            if (sum <= training_part(ref, card, inference_held(ref, card)))
                break;
            put_out(ref, last, "split", 0);
        }
    }
}

static void go_home(struct ref *ref)
{
    int list[REF_ALL], n = 0;

    for (int i = 0; i < ref->n_leases; i++) {
        if (ref->leases[i].state == 'h' && ref->leases[i].card != home_of(ref, i))
            list[n++] = i;
    }
    sort(ref, list, n);
    for (int k = 0; k < n; k++) {
        int i = list[k];

        if (ref->leases[i].state == 'h' && !ref->lost[home_of(ref, i)] && running_job(ref, i) < 0)
            place(ref, i, home_of(ref, i));
    }
}

// A better one of this card is a guest elsewhere: nobody behind him takes what is free at his home.
static int must_wait_for(struct ref *ref, int card, int i)
{
    int first = -1;

    for (int k = 0; k < ref->n_leases; k++) {
        if (ref->leases[k].state == 'h' && home_of(ref, k) == card && ref->leases[k].card != card &&
            (first < 0 || rank(ref, k) < rank(ref, first)))
            first = k;
    }
    return first >= 0 && rank(ref, first) < rank(ref, i);
}

static void serve_once(struct ref *ref)
{
    int list[REF_ALL], n = 0, closed[REF_CARDS] = {0}, own = 0;
    const int before = n_put_out;

    for (int c = 0; c < ref->rules->n_cards; c++)
        own += !ref->lost[c] && !ref->rules->standby[c];
    for (int i = 0; i < ref->n_leases; i++) {
        if (ref->leases[i].state == 'w' || ref->leases[i].state == 's')
            list[n++] = i;
    }
    sort(ref, list, n);
    for (int k = 0; k < n && n_put_out == before; k++) {
        int i = list[k], home = home_of(ref, i);

        if (is_single(ref) && ref->leases[i].rank > ref->rules->top)
            continue;
        if (!ref->lost[home]) {
            int how = closed[home] || must_wait_for(ref, home, i) ? 0 : place(ref, i, home);

            if (how < 2)
                closed[home] = 1;
            continue;
        }
        for (int c = 0; c < ref->rules->n_cards && ref->leases[i].class == 0; c++) {
            int how;

            if (ref->lost[c] || closed[c] || must_wait_for(ref, c, i) ||
                (own > 0 && ref->rules->standby[c]))
                continue;
            how = place(ref, i, c);
            if (how == 1)
                closed[c] = 1;
            if (how > 0)
                break;
        }
    }
}

static void settle(struct ref *ref)
{
    int up = 0, before;

    for (int c = 0; c < ref->rules->n_cards; c++)
        up += !ref->lost[c];
    if (up != ref->n_up) {
        ref->n_up = up;
        say(ref, up == 0 ? "on_cpu" : is_single(ref) ? "single" : "cards", "ok", -1, up);
    }
    lose_cards(ref);
    for (int i = 0; i < ref->n_leases; i++) {
        if (ref->leases[i].state == 'h' && is_single(ref) && ref->leases[i].rank > ref->rules->top)
            put_out(ref, i, "top", 0);
    }
    shrink_training(ref);
    do {
        before = ref->n_said;
        go_home(ref);
        serve_once(ref);
    } while (ref->n_said != before);
    for (int i = 0; i < ref->n_leases; i++) {
        if (from_card[i] >= 0 && ref->leases[i].state == 's') {
            ref->leases[i].card = from_card[i];
            ref->leases[i].why = "lost";
            gone(ref, i);
        }
    }
}

static void take_time(struct ref *ref, int j)
{
    struct ref_lease *lease = &ref->leases[ref->jobs[j].lease];
    long long ns = ref->t - ref->jobs[j].began;

    ref->saved[lease->card] -= ns;
    if (lease->class > 0 && !lease->dedicated)
        ref->trained[lease->card] -= ns;
    lease->pass += ns * ALL / (lease->share > 0 ? lease->share : ALL);
}

static void run_jobs(struct ref *ref)
{
    for (int card = 0; card < ref->rules->n_cards; card++) {
        int best = -1, busy = 0;

        for (int j = 0; j < ref->n_jobs; j++) {
            const struct ref_job *job = &ref->jobs[j];
            const struct ref_lease *lease = &ref->leases[job->lease], *other;

            if (job->left == 0 || !is_on(ref, job->lease, card))
                continue;
            busy |= job->runs;
            if (job->runs || lease->state != 'h' ||
                (capacity(ref, card) < ALL && ref->saved[card] <= 0) ||
                (lease->class > 0 && !lease->dedicated && ref->trained[card] <= 0))
                continue;
            other = best >= 0 ? &ref->leases[ref->jobs[best].lease] : NULL;
            if (other == NULL || lease->class < other->class ||
                (lease->class == other->class &&
                 (lease->priority < other->priority ||
                  (lease->priority == other->priority && lease->pass < other->pass))))
                best = j;
        }
        if (busy || best < 0 || ref->filling[card])
            continue;
        ref->jobs[best].runs = 1;
        ref->jobs[best].began = ref->t;
        ref->pass[card] = most(ref->pass[card], ref->leases[ref->jobs[best].lease].pass);
        if (best == ended_job)
            ended_job = -1;
        say_job(ref, "job_started", "ok", best);
        ref->said[ref->n_said - 1].run = ++ref->jobs[best].starts;
    }
    if (ended_job >= 0 && ref->jobs[ended_job].left > 0)
        say_job(ref, "job_preempted", "rank", ended_job);
}

static const char *check_request(const struct ref *ref, const struct ref_event *e)
{
    const struct ref_rules *rules = ref->rules;
    long long best = 0;
    int card, class, alive = 0;

    if (e->budget >= rules->n_budgets || e->group >= rules->n_groups || e->priority > 4 ||
        e->bytes < 0 || e->share > ALL || (e->bytes == 0 && e->share == 0))
        return "invalid";
    card = rules->budget_card[e->budget];
    class = rules->budget_class[e->budget];
    if (e->group >= 0 &&
        (rules->group_class[e->group] != class ||
         (rules->group_card[e->group] >= 0 && rules->group_card[e->group] != card)))
        return "invalid";
    if (e->deadline != 0 && e->deadline <= ref->t)
        return "late";
    if ((e->fp64 && rules->weak_fp64[card]) || (e->training && !rules->cuda[card]))
        return "cannot";
    if (e->dedicated && class == 0)
        return "invalid";
    if (e->dedicated && e->bytes > rules->room[card])
        return "memory";
    if (!e->dedicated && e->bytes > rules->budget_bytes[e->budget])
        return "budget";
    for (int s = 0; s < 4; s++)
        best = most(best, rules->split[s][class > 0]);
    if (e->group >= 0)
        best = least(best, rules->group_share[e->group]);
    if (!e->dedicated && e->share > best)
        return "share";
    for (int i = 0; i < ref->n_leases; i++)
        alive += ref->leases[i].state != 'x';
    return alive >= rules->most_leases ? "full" : "";
}

static int request(struct ref *ref, const struct ref_event *e)
{
    const char *why = check_request(ref, e);

    if (why[0] != 0) {
        refuse(ref, e, why);
        return -1;
    }
    ref->leases[ref->n_leases] =
        (struct ref_lease){.state = 'w',
                           .class = ref->rules->budget_class[e->budget],
                           .priority = e->priority,
                           .share = e->share,
                           .rank = e->rank,
                           .budget = e->budget,
                           .group = e->group,
                           .owner = e->owner,
                           .card = -1,
                           .dedicated = e->dedicated,
                           .resumes = e->resumes || ref->rules->budget_class[e->budget] == 0,
                           .bytes = e->bytes,
                           .deadline = e->deadline};
    from_card[ref->n_leases] = -1;
    return ref->n_leases++;
}

static const char *check_use(const struct ref *ref, const struct ref_event *e)
{
    const struct ref_lease *lease;

    if (e->lease <= 0 || e->lease > ref->n_leases)
        return "unknown";
    lease = &ref->leases[e->lease - 1];
    if (lease->state == 'x')
        return "over";
    if (lease->owner != e->owner)
        return "others";
    return lease->state == 'l' && lease->ending ? "over" : "";
}

static void release(struct ref *ref, const struct ref_event *e)
{
    const char *why = check_use(ref, e);
    int i = (int)e->lease - 1;

    if (why[0] != 0) {
        refuse(ref, e, why);
    } else if (ref->leases[i].state == 'l') {
        ref->leases[i].ending = 1;
        ref->leases[i].why = "released";
        say_lease(ref, "leaving", "released", i);
    } else if (ref->leases[i].state == 'h') {
        put_out(ref, i, "released", 1);
    } else {
        over(ref, i, "released");
    }
}

static void submit(struct ref *ref, const struct ref_event *e)
{
    const char *why = check_use(ref, e);
    struct ref_lease *lease = why[0] == 0 ? &ref->leases[e->lease - 1] : NULL;
    int alive = 0, own = 0;

    if (lease != NULL && lease->state == 'w')
        why = "waits";
    else if (lease != NULL && (e->chunks == 0 || e->chunk <= 0 || e->chunk > ref->rules->chunk))
        why = "long";
    else if (lease != NULL && lease->share == 0 && !lease->dedicated)
        why = "share";
    for (int j = 0; j < ref->n_jobs; j++) {
        alive += ref->jobs[j].left > 0;
        own += ref->jobs[j].left > 0 && ref->jobs[j].lease == e->lease - 1;
    }
    if (why[0] == 0 && alive >= ref->rules->most_jobs)
        why = "full";
    if (why[0] != 0) {
        refuse(ref, e, why);
        return;
    }
    if (lease->state == 'h' && own == 0)
        lease->pass = most(lease->pass, ref->pass[lease->card]);
    ref->jobs[ref->n_jobs] = (struct ref_job){(int)e->lease - 1, e->chunks, 0, 0, 0};
    say_job(ref, "job_admitted", "ok", ref->n_jobs++);
}

static void chunk(struct ref *ref, const struct ref_event *e)
{
    struct ref_job *job = e->job > 0 && e->job <= ref->n_jobs ? &ref->jobs[e->job - 1] : NULL;

    // An end is believed of the start that was last, on the card that it was on.
    if (job == NULL || job->left == 0 || !job->runs || ref->leases[job->lease].card != e->card ||
        e->run != job->starts) {
        ref->said[ref->n_said++] = (struct ref_said){
            "refused", job == NULL ? "unknown" : "over", e->card, -1, 0, 0, e->job, 0, e->run};
        return;
    }
    take_time(ref, (int)e->job - 1);
    job->runs = 0;
    job->left--;
    if (e->failed) {
        say_job(ref, "job_failed", "failed", (int)e->job - 1);
        job->left = 0;
    } else if (job->left == 0) {
        say_job(ref, "job_done", "ok", (int)e->job - 1);
    } else {
        ended_job = (int)e->job - 1;
    }
    if (ref->leases[job->lease].state == 'l')
        gone(ref, job->lease);
}

static void shut(struct ref *ref, int card, const char *why)
{
    if (!ref->lost[card])
        say(ref, "card_shut", why, card, 0);
    ref->lost[card] = 1;
}

static void heat(struct ref *ref, int card, int mc)
{
    const int above[] = {0, ref->rules->warm, ref->rules->alert, ref->rules->scale,
                         ref->rules->stop};
    int *step = &ref->step[card];

    ref->heat[card] = mc;
    for (int k = *step + 1; k <= 4 && mc > above[k]; k++) {
        *step = k;
        if (k == 1)
            say(ref, "card_warm", "hot", card, mc);
        if (k == 2)
            ref->hot[card] = ref->t;
        if (k == 3)
            say(ref, "card_scaled", "hot", card, ref->rules->scaled);
        if (k == 4) {
            say(ref, "stop", "hot", card, mc);
            shut(ref, card, "hot");
        }
    }
    for (int k = *step; k > 0 && mc <= above[k] - ref->rules->less; k--) {
        *step = k - 1;
        if (k == 2) {
            ref->hot[card] = -1;
            ref->alerted[card] = 0;
        }
        say(ref, "card_cool", "ok", card, k - 1);
    }
}

/* What was begun while nothing runs there is as if begun at the end of that. */
static void fill(struct ref *ref, int card, int is_on)
{
    for (int j = 0; j < ref->n_jobs; j++) {
        if (ref->jobs[j].left > 0 && ref->jobs[j].runs && ref->filling[card] &&
            ref->leases[ref->jobs[j].lease].card == card)
            ref->jobs[j].began = ref->t;
    }
    ref->filling[card] = is_on;
}

static void of_card(struct ref *ref, const struct ref_event *e)
{
    if (e->card >= ref->rules->n_cards) {
        say(ref, "refused", "invalid", e->card, 0);
    } else if (strcmp(e->kind, "heat") == 0) {
        heat(ref, e->card, e->heat);
    } else if (strcmp(e->kind, "lost") == 0) {
        shut(ref, e->card, "lost");
    } else if (strcmp(e->kind, "filling") == 0 && e->state > 1) {
        say(ref, "refused", "invalid", e->card, 0);
    } else if (strcmp(e->kind, "filling") == 0) {
        fill(ref, e->card, e->state);
    } else if (ref->step[e->card] == 4) {
        say(ref, "refused", "hot", e->card, ref->heat[e->card]);
    } else if (ref->lost[e->card]) {
        ref->lost[e->card] = 0;
        say(ref, "card_back", "ok", e->card, 0);
    }
}

static long long part_of(long long ns, int ppm)
{
    return ns / ALL * ppm + ns % ALL * ppm / ALL;
}

static void accrue(struct ref *ref, long long dt)
{
    long long window = ref->rules->window;

    for (int c = 0; c < ref->rules->n_cards; c++) {
        int all = capacity(ref, c), train = training_part(ref, c, inference_held(ref, c));

        ref->saved[c] = least(ref->saved[c] + part_of(dt, all), part_of(window, all));
        ref->trained[c] = least(ref->trained[c] + part_of(dt, train), part_of(window, train));
    }
}

static void pass_time(struct ref *ref, long long t)
{
    const int *before = split(ref);

    accrue(ref, t - ref->t);
    ref->t = t;
    if (t - ref->reviewed >= ref->rules->review) {
        while (t - ref->reviewed >= ref->rules->review)
            ref->reviewed += ref->rules->review;
        ref->volatility = ref->wanted;
        if (split(ref) != before)
            say(ref, "split", "ok", -1, split(ref)[1]);
    }
    for (int j = 0; j < ref->n_jobs; j++) {
        struct ref_job *job = &ref->jobs[j];

        if (job->left > 0 && job->runs && t - job->began > 2 * ref->rules->chunk &&
            !ref->filling[ref->leases[job->lease].card]) {
            take_time(ref, j);
            say(ref, "worker_again", "hung", ref->leases[job->lease].card, 0);
            say_job(ref, "job_failed", "hung", j);
            job->left = 0;
            if (ref->leases[job->lease].state == 'l')
                gone(ref, job->lease);
        }
    }
    for (int i = 0; i < ref->n_leases; i++) {
        struct ref_lease *lease = &ref->leases[i];

        if (lease->state == 'x' || lease->deadline == 0 || t < lease->deadline)
            continue;
        if (lease->state == 'h') {
            put_out(ref, i, "late", 1);
        } else if (lease->state != 'l') {
            over(ref, i, "late");
        } else if (!lease->ending) {
            lease->ending = 1;
            lease->why = "late";
        }
    }
    for (int c = 0; c < ref->rules->n_cards; c++) {
        if (ref->hot[c] >= 0 && !ref->alerted[c] && t - ref->hot[c] >= ref->rules->sustained) {
            ref->alerted[c] = 1;
            say(ref, "card_alert", "hot", c, ref->heat[c]);
        }
    }
}

static int n_on(const struct ref *ref, int card)
{
    int n = 0;

    for (int i = 0; i < ref->n_leases; i++)
        n += is_on(ref, i, card);
    return n;
}

void ref_init(struct ref *ref, const struct ref_rules *rules, long long t)
{
    memset(ref, 0, sizeof(*ref));
    ref->rules = rules;
    ref->t = t;
    ref->reviewed = t;
    ref->n_up = rules->n_cards;
    for (int c = 0; c < REF_CARDS; c++)
        ref->hot[c] = -1;
    accrue(ref, 1000 * rules->window);
}

void ref_step(struct ref *ref, const struct ref_event *e)
{
    const int *before;
    int had[REF_CARDS], asked = -1;

    ref->n_said = 0;
    ended_job = -1;
    for (int i = 0; i < REF_ALL; i++)
        from_card[i] = -1;
    for (int c = 0; c < ref->rules->n_cards; c++)
        had[c] = n_on(ref, c);
    pass_time(ref, e->t);
    before = split(ref);
    if (strcmp(e->kind, "request") == 0)
        asked = request(ref, e);
    else if (strcmp(e->kind, "release") == 0)
        release(ref, e);
    else if (strcmp(e->kind, "submit") == 0)
        submit(ref, e);
    else if (strcmp(e->kind, "chunk") == 0)
        chunk(ref, e);
    else if (strcmp(e->kind, "volatility") == 0 && e->state > 2)
        refuse(ref, e, "invalid");
    else if (strcmp(e->kind, "volatility") == 0)
        ref->wanted = e->state;
    else if (strcmp(e->kind, "tournament") == 0)
        ref->weekly = e->state;
    else if (strcmp(e->kind, "tick") != 0)
        of_card(ref, e);
    if (split(ref) != before)
        say(ref, "split", "ok", -1, split(ref)[1]);
    settle(ref);
    if (asked >= 0 && ref->leases[asked].state == 'w')
        say_lease(ref, "queued", "ok", asked);
    run_jobs(ref);
    for (int c = 0; c < ref->rules->n_cards; c++) {
        if (ref->rules->on_demand[c] && had[c] > 0 && n_on(ref, c) == 0)
            say(ref, "worker_end", "ok", c, 0);
    }
}
