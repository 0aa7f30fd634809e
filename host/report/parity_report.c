// SPDX-License-Identifier: Apache-2.0
#include "report/parity_report.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/utf8.h"

/* The worker's words are a stranger's. */
static const char *safe(const char *text, size_t room)
{
    static char buffers[4][2 * PARITY_TEXT];
    static unsigned next;
    char *buffer = buffers[next++ % 4];

    utf8_escape(text, strnlen(text, room), buffer, sizeof(buffers[0]));
    return buffer;
}

struct parity_sums parity_report_sums(const struct parity_report *of)
{
    const struct parity_scan *scan = of->scan;
    struct parity_sums sums = {0};

    for (uint32_t i = 0; i < scan->n_plays; i++) {
        const struct parity_judged *judged = &of->found->plays[i];

        sums.n_compared += judged->n_compared;
        sums.n_equal += judged->verdict == PARITY_EQUAL;
        sums.n_differ += judged->verdict == PARITY_DIFFERS;
        sums.n_unknown += judged->verdict == PARITY_UNKNOWN || judged->verdict == PARITY_OPEN;
    }
    return sums;
}

static double share_of(uint64_t n, uint64_t all)
{
    return all > 0 ? 100.0 * (double)n / (double)all : 100.0;
}

static const char *how_of(uint8_t how)
{
    static const char *const names[] = {"?",      "with the host", "added",
                                        "reload", "restore",       "fresh"};

    return names[how < sizeof(names) / sizeof(names[0]) ? how : 0];
}

static void print_side(const char *name, struct parity_side *side)
{
    if (!side->is_there) {
        printf("  %-9s nothing\n", name);
        return;
    }
    printf("  %-9s %s\n", name, safe(side->intent, sizeof(side->intent)));
    printf("            book      %s\n", safe(side->book, sizeof(side->book)));
    printf("            position  %s\n", safe(side->position, sizeof(side->position)));
}

static void print_difference(const struct parity_report *of)
{
    struct parity_difference *first = &of->found->first;
    const struct record_begin *begin = of->scan->plays[first->play].begin;

    printf("differs   agent %.31s, generation %u, at event %llu\n", begin->record.name,
           begin->generation, (unsigned long long)first->seq);
    printf("  why       %s\n", safe(first->cause, sizeof(first->cause)));
    printf("  caused by event %llu%s%s\n", (unsigned long long)first->cause_seq,
           first->event[0] != '\0' ? ", " : "", safe(first->event, sizeof(first->event)));
    print_side("journal", &first->live);
    print_side("again", &first->again);
}

static void print_unknown(const struct parity_report *of)
{
    const struct parity_scan *scan = of->scan;
    uint32_t n = 0;

    for (uint32_t i = 0; i < scan->n_plays; i++) {
        struct parity_judged *judged = &of->found->plays[i];
        const struct record_begin *begin = scan->plays[i].begin;

        if (judged->verdict != PARITY_UNKNOWN && judged->verdict != PARITY_OPEN)
            continue;
        if (n++ < PARITY_RANGES)
            printf("not compared  agent %.31s, generation %u, events %llu to %llu: %s\n",
                   begin->record.name, begin->generation, (unsigned long long)judged->from_seq,
                   (unsigned long long)judged->last_seq, safe(judged->why, sizeof(judged->why)));
    }
    for (uint32_t i = 0; i < scan->n_strangers; i++) {
        const struct parity_stranger *stranger = &scan->strangers[i];

        if (n++ < PARITY_RANGES)
            printf("not compared  slot %u, generation %u, events %llu to %llu, %llu intents: the "
                   "journal has no begin of it (an older build wrote it)\n",
                   stranger->slot, stranger->generation, (unsigned long long)stranger->first_seq,
                   (unsigned long long)stranger->last_seq, (unsigned long long)stranger->n_intents);
    }
    if (n > PARITY_RANGES)
        printf("not compared  %u more\n", n - PARITY_RANGES);
}

void parity_report_print(const struct parity_report *of, const struct parity_sums *sums)
{
    const struct parity_scan *scan = of->scan;

    printf("parity    locked: each decision from the live state\n"
           "journal   events %llu to %llu, %u runs\n"
           "agents    %u instances: %u equal, %u differ, %u not compared or not to their end\n"
           "intents   %llu of %llu compared and equal, %.4f %%\n",
           (unsigned long long)scan->first_seq, (unsigned long long)scan->last_seq, scan->n_runs,
           scan->n_plays, sums->n_equal, sums->n_differ, sums->n_unknown,
           (unsigned long long)sums->n_compared, (unsigned long long)scan->n_intents,
           share_of(sums->n_compared, scan->n_intents));
    if (of->found->first.is_set && of->found->first.play < scan->n_plays)
        print_difference(of);
    print_unknown(of);
}

static void put_side(struct jout *out, const char *name, struct parity_side *side)
{
    jout_key(out, name);
    if (!side->is_there) {
        jout_null(out);
        return;
    }
    jout_open(out, '{');
    jout_kv_str(out, "intent", safe(side->intent, sizeof(side->intent)));
    jout_kv_str(out, "book", safe(side->book, sizeof(side->book)));
    jout_kv_str(out, "position", safe(side->position, sizeof(side->position)));
    jout_close(out, '{');
}

static void put_play(struct jout *out, const struct parity_play *play, struct parity_judged *judged)
{
    static const char *const verdicts[] = {"not_compared", "equal", "differs", "not_compared"};
    const struct record_begin *begin = play->begin;
    char name[SLOT_NAME], hex[2 * HASH_SIZE + 1];

    memcpy(name, begin->record.name, sizeof(name));
    hash_hex(begin->file_hash, hex);
    jout_open(out, '{');
    jout_kv_str(out, "agent", safe(name, sizeof(name)));
    jout_kv_int(out, "run", play->run);
    jout_kv_int(out, "generation", begin->generation);
    jout_kv_str(out, "began", how_of(begin->how));
    jout_kv_str(out, "file", hex);
    jout_kv_int(out, "from_event", (int64_t)begin->cut_seq + 1);
    jout_kv_int(out, "to_event", (int64_t)play->end_seq);
    jout_kv_int(out, "intents", (int64_t)play->n_intents);
    jout_kv_int(out, "compared", (int64_t)judged->n_compared);
    jout_kv_str(out, "verdict", verdicts[judged->verdict < 4 ? judged->verdict : 0]);
    if (judged->verdict == PARITY_UNKNOWN) {
        jout_kv_int(out, "not_compared_from", (int64_t)judged->from_seq);
        jout_kv_int(out, "not_compared_to", (int64_t)judged->last_seq);
    }
    if (judged->why[0] != '\0')
        jout_kv_str(out, "why", safe(judged->why, sizeof(judged->why)));
    jout_close(out, '{');
}

static void put_difference(struct jout *out, const struct parity_report *of)
{
    struct parity_difference *first = &of->found->first;
    const struct record_begin *begin = of->scan->plays[first->play].begin;
    char name[SLOT_NAME];

    memcpy(name, begin->record.name, sizeof(name));
    jout_key(out, "first_difference");
    jout_open(out, '{');
    jout_kv_str(out, "agent", safe(name, sizeof(name)));
    jout_kv_int(out, "generation", begin->generation);
    jout_kv_int(out, "event", (int64_t)first->seq);
    jout_kv_int(out, "cause_event", (int64_t)first->cause_seq);
    jout_kv_str(out, "cause", safe(first->cause, sizeof(first->cause)));
    put_side(out, "journal", &first->live);
    put_side(out, "again", &first->again);
    jout_close(out, '{');
}

void parity_report_json(const struct parity_report *of, const struct parity_sums *sums,
                        struct jout *out)
{
    const struct parity_scan *scan = of->scan;

    jout_kv_str(out, "mode", "locked");
    jout_kv_int(out, "first_event", (int64_t)scan->first_seq);
    jout_kv_int(out, "last_event", (int64_t)scan->last_seq);
    jout_kv_int(out, "runs", scan->n_runs);
    jout_kv_int(out, "instances", scan->n_plays);
    jout_kv_int(out, "equal", sums->n_equal);
    jout_kv_int(out, "differ", sums->n_differ);
    jout_kv_int(out, "not_compared", sums->n_unknown);
    jout_kv_int(out, "intents", (int64_t)scan->n_intents);
    jout_kv_int(out, "intents_compared", (int64_t)sums->n_compared);
    jout_kv_real(out, "share_percent", share_of(sums->n_compared, scan->n_intents));
    jout_key(out, "agents");
    jout_open(out, '[');
    for (uint32_t i = 0; i < scan->n_plays; i++)
        put_play(out, &scan->plays[i], &of->found->plays[i]);
    jout_close(out, '[');
    jout_key(out, "without_begin");
    jout_open(out, '[');
    for (uint32_t i = 0; i < scan->n_strangers; i++) {
        const struct parity_stranger *stranger = &scan->strangers[i];

        jout_open(out, '{');
        jout_kv_int(out, "slot", stranger->slot);
        jout_kv_int(out, "generation", stranger->generation);
        jout_kv_int(out, "from_event", (int64_t)stranger->first_seq);
        jout_kv_int(out, "to_event", (int64_t)stranger->last_seq);
        jout_kv_int(out, "intents", (int64_t)stranger->n_intents);
        jout_close(out, '{');
    }
    jout_close(out, '[');
    if (of->found->first.is_set && of->found->first.play < scan->n_plays)
        put_difference(out, of);
}
