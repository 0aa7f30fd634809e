// SPDX-License-Identifier: Apache-2.0
#include "venue/stencil.h"

#include "venue/stamp.h"

#define MISSES 16 /* of a stream, before what it looks like is learnt anew */

#define LAST(n) (n == 0 ? 0 : (uint64_t)0x0f0f0f0f0f0f0f0f << (64 - 8 * n) % 64)

/* Of eight bytes, what is a digit's of the last so many; the second begins with a point. */
const uint64_t stencil_whole_of[9] = {LAST(0), LAST(1), LAST(2), LAST(3), LAST(4),
                                      LAST(5), LAST(6), LAST(7), LAST(8)};
const uint64_t stencil_part_of[10] = {LAST(0), LAST(0), LAST(1), LAST(2), LAST(3),
                                      LAST(4), LAST(5), LAST(6), LAST(7), LAST(8)};
const int64_t stencil_lower[10] = {1000000000, 100000000, 10000000, 1000000, 100000,
                                   10000,      1000,      100,      10,      1};
/* No byte, or a point and one to exp digits. */
const uint16_t stencil_usual[9] = {0x001, 0x005, 0x00d, 0x01d, 0x03d, 0x07d, 0x0fd, 0x1fd, 0x3fd};

int stencil_cut(const char *at, int exp, struct stencil_span *span)
{
    unsigned behind = span->end - span->point;
    unsigned n_cut = behind - 1 - (unsigned)exp;

    // The careful way knows what to do with others than these.
    if (behind < 2 || behind > 9 || (scan_load8(at + span->end - 8) & stencil_whole_of[n_cut]) != 0)
        return 0;
    span->last = span->end - n_cut;
    return 1;
}

const char *stencil_stamp_day(struct stencil *stencil, const char *at, int64_t *t)
{
    char text[32];
    struct scan scan;

    // 2023-09-25T07:49:37.708706Z, which is 27 bytes.
    text[0] = text[28] = '"';
    memcpy(text + 1, at, 27);
    if (at[26] != 'Z' || at[19] != '.')
        return NULL;
    scan_init(&scan, text, 29);
    if (stamp_read(&scan, t) < 0 || scan.at != text + 29)
        return NULL;
    memcpy(text + 12, "00:00:00.000000", 15);
    scan_init(&scan, text, 29);
    if (stamp_read(&scan, &stencil->day_ns) < 0)
        return NULL;
    memcpy(stencil->day, at, 11);
    return at + 27;
}

const char *stencil_text_slow(const char *at, const char *end)
{
    for (; at < end && *at != '"'; at++) {
        if ((unsigned char)*at < ' ' || (unsigned char)*at > '~' || *at == '\\')
            return NULL;
    }
    return at;
}

/* A mould of the n bytes that were found to be the run. */
static void make_run(struct stencil *stencil, struct stencil_run *run, const char *text, uint32_t n)
{
    const struct stencil_part *last = stencil->parts + stencil->run_end - 1;
    const char *at = text;

    run->n = 0;
    run->left = 0;
    if (n < MOULD_MIN || n > STENCIL_RUN_MAX || !mould_copy(run->bounds, text, n))
        return;
    for (const struct stencil_part *part = stencil->parts + stencil->run;; part++) {
        struct stencil_span span;
        uint32_t begin;

        at += *at == '-';
        begin = (uint32_t)(at - text);
        if (!stencil_is_number(at, text + n, &span))
            return;
        mould_digits(run->bounds, n, begin, span.point, span.point > 1 ? '1' : '0', '9');
        if (span.end > span.point)
            mould_digits(run->bounds, n, begin + span.point + 1, span.end - span.point - 1, '0',
                         '9');
        at += span.end;
        if (part == last)
            break;
        at += part[1].n;
    }
    run->n = (uint16_t)n;
}

const char *stencil_run_slow(struct stencil *stencil, const char *at, const char *end)
{
    size_t left = (size_t)(end - at);
    struct stencil_run *run = &stencil->runs[left % STENCIL_RUNS];
    const struct stencil_part *last = stencil->parts + stencil->run_end - 1;
    const char *begin = at;

    for (const struct stencil_part *part = stencil->parts + stencil->run;; part++) {
        at = stencil_number_any(at, end);
        if (at == NULL || part == last)
            break;
        if (end - at < part[1].n || memcmp(at, stencil->text + part[1].at, part[1].n) != 0)
            return NULL;
        at += part[1].n;
    }
    // A length that comes seldom does not take the place of one that comes often.
    if (at != NULL && left <= UINT16_MAX && run->n_missed++ % MISSES == 0) {
        make_run(stencil, run, begin, (uint32_t)(at - begin));
        run->left = run->n > 0 ? (uint16_t)left : 0;
    }
    return at;
}

/* Learning --------------------------------------------------------------------------------------
 */

struct learner {
    struct stencil *stencil;
    const char *text;
    uint32_t n, at, from; /* what is looked at, and where the text before it begins */
    uint32_t n_text;
    const struct stencil_key *keys;
};

static int is_at(const struct learner *learner, char c)
{
    return learner->at < learner->n && learner->text[learner->at] == c;
}

/* The text from the last value up to here, and what stands here. */
static int add_part(struct learner *learner, uint8_t what, uint8_t value)
{
    struct stencil *stencil = learner->stencil;
    uint32_t n = learner->at - learner->from;

    if (stencil->n_parts == STENCIL_PARTS || learner->n_text + n > STENCIL_TEXT)
        return 0;
    stencil->parts[stencil->n_parts++] =
        (struct stencil_part){.at = (uint16_t)learner->n_text,
                              .n = (uint16_t)n,
                              .care = n < 16 ? (uint16_t)((1u << n) - 1) : UINT16_MAX,
                              .what = what,
                              .value = value};
    memcpy(stencil->text + learner->n_text, learner->text + learner->from, n);
    learner->n_text += n;
    learner->from = learner->at;
    return 1;
}

/* What stands from here to stop is a value. */
static int go_on(struct learner *learner, const char *stop)
{
    if (stop == NULL || stop > learner->text + learner->n)
        return 0;
    learner->at = learner->from = (uint32_t)(stop - learner->text);
    return 1;
}

/* Over a text that is the same in all. */
static int go_over_text(struct learner *learner)
{
    const char *stop;

    if (!is_at(learner, '"'))
        return 0;
    stop = stencil_text_any(learner->text + learner->at + 1, learner->text + learner->n);
    if (stop == NULL || stop == learner->text + learner->n)
        return 0;
    learner->at = (uint32_t)(stop - learner->text) + 1;
    return 1;
}

static int go_over_word(struct learner *learner, const char *word)
{
    size_t n = strlen(word);

    if (learner->n - learner->at < n || memcmp(learner->text + learner->at, word, n) != 0)
        return 0;
    learner->at += (uint32_t)n;
    return 1;
}

/* To the ] that closes what was opened before here; none of its texts has one. */
static const char *levels_end(const struct learner *learner)
{
    uint32_t depth = 1;

    for (uint32_t at = learner->at; at < learner->n; at++) {
        depth += learner->text[at] == '[';
        depth -= learner->text[at] == ']';
        if (depth == 0)
            return learner->text + at;
    }
    return NULL;
}

/* Numbers end where a byte stands that can be in none. */
static const char *number_end(const struct learner *learner)
{
    uint32_t at = learner->at;

    while (at < learner->n && scan_is_number_byte((unsigned char)learner->text[at]))
        at++;
    return at == learner->at ? NULL : learner->text + at;
}

static int learn_any(struct learner *learner)
{
    if (is_at(learner, '"')) {
        learner->at++;
        return add_part(learner, STENCIL_TEXT_ANY, 0) &&
               go_on(learner,
                     stencil_text_any(learner->text + learner->at, learner->text + learner->n)) &&
               go_over_word(learner, "\"");
    }
    if (go_over_word(learner, "true") || go_over_word(learner, "false") ||
        go_over_word(learner, "null"))
        return 1;
    return add_part(learner, STENCIL_NUMBER_ANY, 0) && go_on(learner, number_end(learner));
}

static int learn_value(struct learner *learner, const struct stencil_key *key)
{
    int is_quoted;
    const char *stop;

    switch (key->what) {
    case STENCIL_NOTHING:
        return learn_any(learner);
    case STENCIL_WORD:
        return go_over_text(learner);
    case STENCIL_LEVELS:
        return go_over_word(learner, "[") && add_part(learner, key->what, key->value) &&
               go_on(learner, levels_end(learner)) && go_over_word(learner, "]");
    default:
        break;
    }
    is_quoted = is_at(learner, '"');
    learner->at += (uint32_t)is_quoted;
    if (!add_part(learner, key->what, key->value))
        return 0;
    stop = is_quoted ? stencil_text_any(learner->text + learner->at, learner->text + learner->n)
                     : number_end(learner);
    return go_on(learner, stop) && (!is_quoted || go_over_word(learner, "\""));
}

static int learn_key(struct learner *learner, const char **key, uint32_t *n)
{
    uint32_t begin = learner->at + 1;

    if (!go_over_text(learner))
        return 0;
    *key = learner->text + begin;
    *n = learner->at - 1 - begin;
    return go_over_word(learner, ":");
}

static int learn_record(struct learner *learner)
{
    if (!is_at(learner, '{'))
        return 0;
    do {
        const struct stencil_key *key = learner->keys;
        const char *name;
        uint32_t n;

        learner->at++;
        if (!learn_key(learner, &name, &n))
            return 0;
        while (key->key != NULL && (strlen(key->key) != n || memcmp(key->key, name, n) != 0))
            key++;
        if (!learn_value(learner, key))
            return 0;
    } while (is_at(learner, ','));
    return go_over_word(learner, "}");
}

/* What is around the records: texts, and objects of texts. */
static int learn_around(struct learner *learner, int depth)
{
    struct stencil *stencil = learner->stencil;

    if (!is_at(learner, '{'))
        return 0;
    do {
        const char *name;
        uint32_t n;
        int is_good;

        learner->at++;
        if (!learn_key(learner, &name, &n))
            return 0;
        if (n == 4 && memcmp(name, "data", 4) == 0 && depth == 0) {
            is_good = stencil->tail == 0 && go_over_word(learner, "[") &&
                      add_part(learner, STENCIL_NOTHING, 0);
            stencil->first = stencil->n_parts;
            is_good = is_good && learn_record(learner) && add_part(learner, STENCIL_NOTHING, 0);
            stencil->tail = stencil->n_parts;
            is_good = is_good && go_over_word(learner, "]");
        } else {
            is_good = is_at(learner, '{') && depth == 0 ? learn_around(learner, 1)
                                                        : go_over_text(learner);
        }
        if (!is_good)
            return 0;
    } while (is_at(learner, ','));
    return go_over_word(learner, "}");
}

/* The longest row of numbers that nobody asks for becomes one. */
static void find_run(struct stencil *stencil)
{
    uint8_t n = 0;

    for (uint8_t i = 0; i < stencil->n_parts; i++) {
        n = stencil->parts[i].what == STENCIL_NUMBER_ANY ? (uint8_t)(n + 1) : 0;
        if (n > 1 && n > stencil->run_end - stencil->run) {
            stencil->run_end = (uint8_t)(i + 1);
            stencil->run = (uint8_t)(i + 1 - n);
        }
    }
    if (stencil->run_end > 0)
        stencil->parts[stencil->run].what = STENCIL_RUN;
}

void stencil_learn(struct stencils *stencils, uint64_t stream, const char *text, size_t n,
                   const struct stencil_key *keys, const struct symbol *symbol, int kind)
{
    struct stencil *place = &stencils->all[stream >> 56];
    struct stencil stencil;
    struct learner learner = {.stencil = &stencil, .text = text, .n = (uint32_t)n, .keys = keys};

    if (stencils->is_careful || n > UINT16_MAX || place->n_missed++ % MISSES != 0)
        return;
    memset(&stencil, 0, sizeof(stencil));
    stencil.stream = stream;
    stencil.symbol = symbol;
    stencil.kind = kind;
    stencil.n_missed = place->n_missed;
    // The last part is what is behind the records: values there are not taken.
    if (learn_around(&learner, 0) && learner.at == n && stencil.tail > 0 &&
        stencil.tail == stencil.n_parts && add_part(&learner, STENCIL_NOTHING, 0)) {
        find_run(&stencil);
        *place = stencil;
    }
}
