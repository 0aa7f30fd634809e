// SPDX-License-Identifier: Apache-2.0
#include "market/book.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/hot.h"
#include "base/zeroed.h"

__extension__ typedef unsigned __int128 wide_t;

#define WINDOW_DEFAULT 32768
#define WINDOW_MIN     256
#define WINDOW_MAX     262144
#define LEVELS_DEFAULT 16384
#define LEVELS_MAX     (1u << 24)
#define MISSES_MAX     64
#define NONE           UINT32_MAX

/* One side. Everything inside is in keys: the price for bids, minus the price for asks. A higher
 * key is a better one, so that both sides are one piece of code. */
struct half {
    int64_t sign;
    int64_t base;      /* key, in ticks, of the window's place 0 */
    uint32_t best;     /* highest place that is taken, or NONE */
    uint32_t n_near;   /* levels in the window */
    uint32_t n_far;    /* levels in the overflow */
    uint32_t n_misses; /* levels set near the best but outside the window since it was placed */
    agon_qty_t *qty;   /* of each place */
    uint64_t *bits;    /* places that are taken */
    uint64_t *summary; /* words of bits that are not 0 */
    struct agon_level *far; /* sorted, best last; px is the key */
};

struct book {
    int64_t tick_px;
    uint64_t magic; /* px / tick_px = (px * magic) >> 64 >> shift; 0: tick_px is 1 */
    uint32_t shift;
    uint32_t window, n_summary;
    uint32_t levels_max;
    uint8_t is_cut;
    uint8_t
        is_shown; /* all that there is are these, one a side (qty 0: none), and halves are empty */
    struct agon_level shown[2];
    struct half half[2];
    void *memory; /* owned: all arrays, of which no page is taken before there is a level in it */
};

/* Exact for 0 <= px < 2^63: the magic number is 2^(63 + l) / tick rounded up with 2^(l - 1) < tick
 * <= 2^l, so that its error times px stays below 1 / tick (Granlund and Montgomery, 1994). */
static void set_divisor(struct book *book, int64_t tick_px)
{
    uint64_t tick = (uint64_t)tick_px;
    uint32_t log = tick > 1 ? 64 - (uint32_t)__builtin_clzll(tick - 1) : 0;

    book->tick_px = tick_px;
    book->magic = tick > 1 ? (uint64_t)((((wide_t)1) << (63 + log)) / tick + 1) : 0;
    book->shift = tick > 1 ? log - 1 : 0;
}

static inline int64_t quotient(int64_t px, uint64_t magic, uint32_t shift)
{
    return (int64_t)((uint64_t)(((wide_t)(uint64_t)px * magic) >> 64) >> shift);
}

static inline int64_t ticks_of(const struct book *book, int64_t px)
{
    return book->magic == 0 ? px : quotient(px, book->magic, book->shift);
}

static uint64_t round_up(uint64_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

struct book *book_new(const struct book_config *config)
{
    uint32_t window = config->window_ticks != 0 ? config->window_ticks : WINDOW_DEFAULT;
    uint32_t levels_max = config->levels_max != 0 ? config->levels_max : LEVELS_DEFAULT;
    uint32_t n_words = window / 64;
    uint32_t n_summary = (n_words + 63) / 64;
    uint64_t near_bytes = round_up((uint64_t)window * 8) + round_up((uint64_t)n_words * 8) +
                          round_up((uint64_t)n_summary * 8);
    uint64_t far_bytes = round_up((uint64_t)levels_max * sizeof(struct agon_level));
    struct book *book;
    unsigned char *at;

    if (config->tick_px <= 0 || window < WINDOW_MIN || window > WINDOW_MAX ||
        (window & (window - 1)) != 0 || levels_max > LEVELS_MAX)
        return NULL;
    book = calloc(1, sizeof(*book));
    if (book == NULL)
        return NULL;
    at = zeroed_new(64, 2 * (near_bytes + far_bytes), &book->memory);
    if (at == NULL) {
        free(book);
        return NULL;
    }
    set_divisor(book, config->tick_px);
    book->window = window;
    book->n_summary = n_summary;
    book->levels_max = levels_max;
    for (int i = 0; i < 2; i++) {
        struct half *half = &book->half[i];

        half->sign = i == 0 ? 1 : -1;
        half->best = NONE;
        half->qty = (agon_qty_t *)(void *)at;
        half->bits = (uint64_t *)(void *)(at + round_up((uint64_t)window * 8));
        half->summary = half->bits + round_up((uint64_t)n_words * 8) / 8;
        half->far = (struct agon_level *)(void *)(at + near_bytes);
        at += near_bytes + far_bytes;
    }
    return book;
}

void book_free(struct book *book)
{
    if (book == NULL)
        return;
    free(book->memory);
    free(book);
}

static inline struct half *half_of(const struct book *book, enum agon_side side)
{
    // The book is what is const; its halves are reached through it.
    if (side != AGON_BUY && side != AGON_SELL)
        return NULL;
    return (struct half *)(uintptr_t)&book->half[side - AGON_BUY];
}

/* The highest taken place below limit, or NONE. */
static HOT uint32_t next_below(const struct half *half, uint32_t limit)
{
    uint32_t word = limit / 64;
    uint64_t bits = limit % 64 != 0 ? half->bits[word] & (~(uint64_t)0 >> (64 - limit % 64)) : 0;
    uint32_t group;

    if (bits != 0)
        return word * 64 + 63 - (uint32_t)__builtin_clzll(bits);
    group = word / 64;
    bits = word % 64 != 0 ? half->summary[group] & (~(uint64_t)0 >> (64 - word % 64)) : 0;
    while (bits == 0) {
        if (group == 0)
            return NONE;
        bits = half->summary[--group];
    }
    word = group * 64 + 63 - (uint32_t)__builtin_clzll(bits);
    return word * 64 + 63 - (uint32_t)__builtin_clzll(half->bits[word]);
}

static uint32_t lowest(const struct book *book, const struct half *half)
{
    for (uint32_t group = 0; group < book->n_summary; group++) {
        if (half->summary[group] != 0) {
            uint32_t word = group * 64 + (uint32_t)__builtin_ctzll(half->summary[group]);

            return word * 64 + (uint32_t)__builtin_ctzll(half->bits[word]);
        }
    }
    return NONE;
}

/* Sets or clears (qty 0) a place. Whether a level comes or goes is as good as random in a live
 * book, so that nothing here branches on it: a wrong guess costs more than all the rest. */
static inline void set_near(struct half *half, uint32_t place, agon_qty_t qty)
{
    uint32_t at = place / 64;
    uint64_t is_there = qty != 0;
    uint64_t word = half->bits[at];
    uint64_t was_there = word >> (place % 64) & 1;
    uint64_t summary = half->summary[at / 64] & ~((uint64_t)1 << (at % 64));
    // NONE is -1 here, below every place.
    int32_t best = (int32_t)half->best;
    int32_t candidate = is_there ? (int32_t)place : -1;

    word = (word & ~((uint64_t)1 << (place % 64))) | is_there << (place % 64);
    half->bits[at] = word;
    half->summary[at / 64] = summary | (uint64_t)(word != 0) << (at % 64);
    half->qty[place] = qty;
    half->n_near += (uint32_t)is_there - (uint32_t)was_there;
    half->best = (uint32_t)(candidate > best ? candidate : best);
    if (__builtin_expect((int32_t)place == best && !is_there, 0))
        half->best = half->n_near != 0 ? next_below(half, place) : NONE;
}

/* The best of the window goes: of books that are said anew again and again it is often the only
 * one. */
static inline void drop_best(struct half *half)
{
    uint32_t place = half->best;
    uint32_t at = place / 64;
    uint64_t word = half->bits[at] & ~((uint64_t)1 << (place % 64));

    half->qty[place] = 0;
    half->bits[at] = word;
    if (word == 0)
        half->summary[at / 64] &= ~((uint64_t)1 << (at % 64));
    half->best = --half->n_near != 0 ? next_below(half, place) : NONE;
}

static int64_t key_at(const struct book *book, const struct half *half, uint32_t place)
{
    return (int64_t)((uint64_t)half->base + place) * book->tick_px;
}

/* The first overflow level whose key is not below key. */
static uint32_t far_from(const struct half *half, int64_t key)
{
    const struct agon_level *from = half->far;
    uint32_t n = half->n_far;

    // Which half it is in is as good as random: nothing branches on it.
    while (n > 1) {
        uint32_t some = n / 2;

        from = from[some - 1].px < key ? from + some : from;
        n -= some;
    }
    return (uint32_t)(from - half->far) + (n == 1 && from->px < key);
}

static int is_far_at(const struct half *half, uint32_t at, int64_t key)
{
    return at < half->n_far && half->far[at].px == key;
}

static void drop_far(struct half *half, uint32_t at)
{
    half->n_far--;
    memmove(&half->far[at], &half->far[at + 1], (half->n_far - at) * sizeof(half->far[0]));
}

/* Where a price stands: its place in the window, or NONE. */
static inline uint32_t place_of(const struct book *book, const struct half *half, agon_px_t px,
                                int64_t *tick_key)
{
    int64_t ticks = ticks_of(book, px);
    uint64_t place;

    if (ticks * book->tick_px != px) {
        *tick_key = INT64_MIN; // off the tick: no place in any window
        return NONE;
    }
    *tick_key = half->sign * ticks;
    place = (uint64_t)*tick_key - (uint64_t)half->base;
    return place < book->window ? (uint32_t)place : NONE;
}

static int64_t best_key(const struct book *book, const struct half *half)
{
    int64_t key = half->best != NONE ? key_at(book, half, half->best) : INT64_MIN;

    if (half->n_far > 0 && half->far[half->n_far - 1].px > key)
        key = half->far[half->n_far - 1].px;
    return key;
}

static int64_t best_ticks(const struct book *book, const struct half *half)
{
    return half->sign * ticks_of(book, half->sign * best_key(book, half));
}

/* Every level into the overflow, which has room for all that a side may hold. */
static HOT void spill(const struct book *book, struct half *half)
{
    uint32_t to = half->n_near + half->n_far;
    uint32_t from = half->n_far;

    // From the best down and from the end backwards: no level is overwritten before it has moved.
    while (half->best != NONE) {
        int64_t key = key_at(book, half, half->best);

        while (from > 0 && half->far[from - 1].px > key)
            half->far[--to] = half->far[--from];
        half->far[--to] = (struct agon_level){.px = key, .qty = half->qty[half->best]};
        half->n_far++;
        set_near(half, half->best, 0);
    }
}

/* Places the window around the best price, a quarter of it on the better side, and takes in what it
 * now covers. */
static HOT void centre(const struct book *book, struct half *half, int64_t best)
{
    uint32_t kept = 0;

    half->base = (int64_t)((uint64_t)best - book->window / 4 * 3);
    half->n_misses = 0;
    for (uint32_t i = 0; i < half->n_far; i++) {
        int64_t tick_key;
        uint32_t place = place_of(book, half, half->sign * half->far[i].px, &tick_key);

        if (place != NONE)
            set_near(half, place, half->far[i].qty);
        else
            half->far[kept++] = half->far[i];
    }
    half->n_far = kept;
}

/* A level near the best but outside the window is a miss; only misses that a window around the best
 * would cure count, and only many of them, so that one odd price moves nothing. */
static void count_miss(const struct book *book, struct half *half, int64_t tick_key)
{
    int64_t best = best_ticks(book, half);
    int64_t better = tick_key - best; // of one sign, so that this cannot overflow

    if (better < -(int64_t)(book->window / 2) || better > (int64_t)(book->window / 8) ||
        ++half->n_misses < MISSES_MAX)
        return;
    spill(book, half);
    centre(book, half, best);
}

static void drop_worst(const struct book *book, struct half *half)
{
    uint32_t place = lowest(book, half);

    if (place == NONE || (half->n_far > 0 && half->far[0].px < key_at(book, half, place)))
        drop_far(half, 0);
    else
        set_near(half, place, 0);
}

static int is_worse_than_all(const struct book *book, const struct half *half, int64_t key)
{
    uint32_t place = lowest(book, half);

    return (half->n_far == 0 || key < half->far[0].px) &&
           (place == NONE || key < key_at(book, half, place));
}

/* Makes room for a new level on a full side; false when the new one is itself the worst. */
static HOT int make_room(struct book *book, struct half *half, int64_t key, int *rc)
{
    if (half->n_near + half->n_far < book->levels_max)
        return 1;
    book->is_cut = 1;
    *rc = AGON_ENOSPC;
    if (is_worse_than_all(book, half, key))
        return 0;
    drop_worst(book, half);
    return 1;
}

__attribute__((noinline)) static HOT int set_far(struct book *book, struct half *half, agon_px_t px,
                                                 agon_qty_t qty, int64_t tick_key)
{
    int64_t key = half->sign * px;
    uint32_t at = far_from(half, key);
    int rc = AGON_OK;

    if (is_far_at(half, at, key)) {
        if (qty != 0)
            half->far[at].qty = qty;
        else
            drop_far(half, at);
    } else if (qty != 0) {
        if (!make_room(book, half, key, &rc))
            return rc;
        at = far_from(half, key);
        memmove(&half->far[at + 1], &half->far[at], (half->n_far - at) * sizeof(half->far[0]));
        half->far[at] = (struct agon_level){.px = key, .qty = qty};
        half->n_far++;
    }
    if (tick_key != INT64_MIN && half->n_near + half->n_far > 0)
        count_miss(book, half, tick_key);
    return rc;
}

__attribute__((noinline)) static HOT int set_anywhere(struct book *book, struct half *half,
                                                      agon_px_t px, agon_qty_t qty)
{
    int64_t tick_key;
    uint32_t place = place_of(book, half, px, &tick_key);
    int rc = AGON_OK;

    if (place == NONE) {
        if (half->n_near + half->n_far > 0 || qty == 0 || tick_key == INT64_MIN)
            return set_far(book, half, px, qty, tick_key);
        centre(book, half, tick_key); // the first level of an empty side
        place = book->window / 4 * 3;
    }
    if (qty != 0 && half->qty[place] == 0 && !make_room(book, half, half->sign * px, &rc))
        return rc;
    set_near(half, place, qty);
    return rc;
}

// The common case, a level in the window of a side that is not full, without a call.
static inline int set_level(struct book *book, struct half *half, agon_px_t px, agon_qty_t qty)
{
    int64_t ticks = ticks_of(book, px);
    uint64_t place = (uint64_t)(half->sign * ticks) - (uint64_t)half->base;

    if (__builtin_expect(ticks * book->tick_px != px || place >= book->window ||
                             half->n_near + half->n_far >= book->levels_max,
                         0))
        return set_anywhere(book, half, px, qty);
    set_near(half, (uint32_t)place, qty);
    return AGON_OK;
}

/* A side of a part, whose levels are all in order. What is the same for all of them is looked up
 * once: where they stand, how many there are, and the best, which is searched for behind the last
 * one. A level that is no common case, and of a side that could become full each, goes its own way
 * between the others. */
static inline __attribute__((always_inline)) void set_levels(struct book *book, struct half *half,
                                                             int64_t sign,
                                                             const struct agon_level *levels,
                                                             uint32_t n, int is_unit)
{
    const struct agon_level *const end = levels + n;
    const uint64_t magic = book->magic;
    const uint32_t shift = book->shift;
    const int64_t tick_px = book->tick_px;

    while (levels < end) {
        uint64_t *restrict bits = half->bits;
        agon_qty_t *restrict qtys = half->qty;
        const uint64_t base = (uint64_t)half->base;
        const uint64_t n_after = half->n_near + half->n_far + (uint64_t)(end - levels);
        const uint64_t window = n_after <= book->levels_max ? book->window : 0;
        uint32_t n_near = half->n_near;
        // NONE is -1 here, below every place.
        int32_t best = (int32_t)half->best;

        for (; levels < end; levels++) {
            const agon_qty_t qty = levels->qty;
            const int64_t ticks = is_unit ? levels->px : quotient(levels->px, magic, shift);
            const uint64_t place = (uint64_t)(sign * ticks) - base;
            const uint64_t is_there = qty != 0;
            uint64_t word, before, was_there;
            int32_t candidate;

            if (__builtin_expect(place >= window || (!is_unit && ticks * tick_px != levels->px), 0))
                break;
            before = bits[place / 64];
            was_there = before >> place % 64 & 1;
            word = (before & ~((uint64_t)1 << place % 64)) | is_there << place % 64;
            n_near += (uint32_t)is_there - (uint32_t)was_there;
            bits[place / 64] = word;
            // One bit is another at most: nothing is in both where either is 0, and only there.
            if (__builtin_expect((word & before) == 0, 0)) {
                uint64_t bit = (uint64_t)1 << place / 64 % 64;
                uint64_t *group = &half->summary[place / 64 / 64];

                *group = word != 0 ? *group | bit : *group & ~bit;
            }
            qtys[place] = qty;
            candidate = (int32_t)((uint32_t)place | ((uint32_t)is_there - 1)); // -1: nothing
            best = candidate > best ? candidate : best;
        }
        half->n_near = n_near;
        if (best >= 0 && (bits[best / 64] >> best % 64 & 1) == 0)
            half->best = n_near != 0 ? next_below(half, (uint32_t)best) : NONE;
        else
            half->best = (uint32_t)best;
        if (levels < end) {
            (void)set_anywhere(book, half, levels->px, levels->qty);
            levels++;
        }
    }
}

/* Levels that were shown go to where others can stand beside them. */
static __attribute__((noinline)) void settle(struct book *book)
{
    book->is_shown = 0;
    for (int i = 0; i < 2; i++) {
        if (book->shown[i].qty != 0)
            (void)set_level(book, &book->half[i], book->shown[i].px, book->shown[i].qty);
    }
}

static inline const struct agon_level *shown_of(const struct book *book, enum agon_side side)
{
    return &book->shown[side - AGON_BUY];
}

int book_set(struct book *book, enum agon_side side, agon_px_t px, agon_qty_t qty)
{
    struct half *half = half_of(book, side);

    if (half == NULL || px <= 0 || qty < 0)
        return AGON_EINVAL;
    if (book->is_shown)
        settle(book);
    return set_level(book, half, px, qty);
}

HOT void book_show(struct book *book, const struct agon_level *bid, const struct agon_level *ask)
{
    const struct agon_level none = {0};

    if (!book->is_shown)
        book_clear(book);
    book->shown[0] = bid->px > 0 && bid->qty > 0 ? *bid : none;
    book->shown[1] = ask->px > 0 && ask->qty > 0 ? *ask : none;
    book->is_shown = 1;
}

void book_clear(struct book *book)
{
    book->is_shown = 0;
    for (int i = 0; i < 2; i++) {
        struct half *half = &book->half[i];

        while (half->best != NONE)
            drop_best(half);
        half->n_far = 0;
        half->n_misses = 0;
    }
    book->is_cut = 0;
}

agon_qty_t book_qty(const struct book *book, enum agon_side side, agon_px_t px)
{
    const struct half *half = half_of(book, side);
    int64_t tick_key;
    uint32_t place;
    uint32_t at;

    if (half == NULL || px <= 0)
        return 0;
    if (book->is_shown)
        return shown_of(book, side)->px == px ? shown_of(book, side)->qty : 0;
    place = place_of(book, half, px, &tick_key);
    if (place != NONE)
        return half->qty[place];
    at = far_from(half, half->sign * px);
    return is_far_at(half, at, half->sign * px) ? half->far[at].qty : 0;
}

HOT int book_best(const struct book *book, enum agon_side side, struct agon_level *best)
{
    const struct half *half = half_of(book, side);
    int64_t key = INT64_MIN;
    agon_qty_t qty = 0;

    if (half == NULL) {
        *best = (struct agon_level){0};
        return 0;
    }
    if (book->is_shown) {
        *best = *shown_of(book, side);
        return best->qty != 0;
    }
    if (half->best != NONE) {
        key = key_at(book, half, half->best);
        qty = half->qty[half->best];
    }
    if (half->n_far > 0 && half->far[half->n_far - 1].px > key) {
        key = half->far[half->n_far - 1].px;
        qty = half->far[half->n_far - 1].qty;
    }
    best->px = qty != 0 ? half->sign * key : 0;
    best->qty = qty;
    return qty != 0;
}

HOT uint32_t book_levels(const struct book *book, enum agon_side side, struct agon_level *levels,
                         uint32_t n)
{
    const struct half *half = half_of(book, side);
    uint32_t n_out = 0;
    uint32_t place;
    uint32_t from, n_near;

    if (half == NULL)
        return 0;
    if (book->is_shown) {
        if (n == 0 || shown_of(book, side)->qty == 0)
            return 0;
        levels[0] = *shown_of(book, side);
        return 1;
    }
    place = half->best;
    from = half->n_far;
    n_near = half->n_near;
    while (n_out < n && (place != NONE || from > 0)) {
        int64_t key = place != NONE ? key_at(book, half, place) : INT64_MIN;

        if (from > 0 && half->far[from - 1].px > key) {
            from--;
            levels[n_out++] = (struct agon_level){.px = half->sign * half->far[from].px,
                                                  .qty = half->far[from].qty};
        } else {
            levels[n_out++] = (struct agon_level){.px = half->sign * key, .qty = half->qty[place]};
            place = --n_near != 0 ? next_below(half, place) : NONE;
        }
    }
    return n_out;
}

uint32_t book_count(const struct book *book, enum agon_side side)
{
    const struct half *half = half_of(book, side);

    if (half != NULL && book->is_shown)
        return shown_of(book, side)->qty != 0;
    return half != NULL ? half->n_near + half->n_far : 0;
}

int book_is_crossed(const struct book *book)
{
    struct agon_level bid;
    struct agon_level ask;

    return book_best(book, AGON_BUY, &bid) && book_best(book, AGON_SELL, &ask) && bid.px >= ask.px;
}

int book_is_cut(const struct book *book)
{
    return book->is_cut;
}

int book_set_tick(struct book *book, agon_px_t tick_px)
{
    if (tick_px <= 0)
        return AGON_EINVAL;
    if (tick_px == book->tick_px)
        return AGON_OK;
    for (int i = 0; i < 2; i++)
        spill(book, &book->half[i]);
    set_divisor(book, tick_px);
    for (int i = 0; i < 2; i++) {
        if (book->half[i].n_far > 0)
            centre(book, &book->half[i], best_ticks(book, &book->half[i]));
    }
    return AGON_OK;
}

/* Price and quantity of a level, looked at together. */
typedef uint64_t pair_t __attribute__((vector_size(16)));
_Static_assert(sizeof(struct agon_level) == sizeof(pair_t) && offsetof(struct agon_level, px) == 0,
               "a level is its price and its quantity");

HOT int book_apply(struct book *book, const struct agon_book_part *part)
{
    const struct agon_level *levels = (const struct agon_level *)(const void *)(part + 1);
    uint32_t n_bid = part->n_bid;
    uint32_t n = n_bid + part->n_ask;
    const pair_t one = {1, 0};
    pair_t wrong = {0, 0}; // their highest bits

    if (part->hdr.type != AGON_EVENT_BOOK_SNAPSHOT && part->hdr.type != AGON_EVENT_BOOK_DELTA)
        return AGON_EINVAL;
    if (sizeof(*part) + n * sizeof(*levels) > event_bytes(&part->hdr))
        return AGON_EINVAL;
    // A price has to be above zero, a quantity not below.
    for (uint32_t i = 0; i < n; i++) {
        pair_t level;

        memcpy(&level, &levels[i], sizeof(level));
        wrong |= level | (level - one);
    }
    if ((wrong[0] | wrong[1]) >> 63 != 0)
        return AGON_EINVAL;
    if (part->hdr.type == AGON_EVENT_BOOK_SNAPSHOT && (part->flags & BOOK_PART_FIRST) != 0) {
        if (n_bid == 1 && n == 2 && levels[0].qty > 0 && levels[1].qty > 0) {
            book_show(book, &levels[0], &levels[1]);
            return AGON_OK;
        }
        book_clear(book);
    } else if (book->is_shown) {
        settle(book);
    }
    if (book->magic == 0) {
        set_levels(book, &book->half[0], 1, levels, n_bid, 1);
        set_levels(book, &book->half[1], -1, levels + n_bid, n - n_bid, 1);
    } else {
        set_levels(book, &book->half[0], 1, levels, n_bid, 0);
        set_levels(book, &book->half[1], -1, levels + n_bid, n - n_bid, 0);
    }
    return AGON_OK;
}

static void save_level(struct enc *enc, int64_t px, agon_qty_t qty)
{
    enc_i64(enc, px);
    enc_i64(enc, qty);
}

void book_save(const struct book *book, struct enc *enc)
{
    enc_u8(enc, book->is_cut);
    for (int i = 0; i < 2; i++) {
        const struct half *half = &book->half[i];
        uint32_t from = half->n_far;

        if (book->is_shown) {
            enc_u32(enc, book->shown[i].qty != 0);
            if (book->shown[i].qty != 0)
                save_level(enc, book->shown[i].px, book->shown[i].qty);
            continue;
        }
        enc_u32(enc, half->n_near + half->n_far);
        for (uint32_t place = half->best; place != NONE; place = next_below(half, place)) {
            int64_t key = key_at(book, half, place);

            for (; from > 0 && half->far[from - 1].px > key; from--)
                save_level(enc, half->sign * half->far[from - 1].px, half->far[from - 1].qty);
            save_level(enc, half->sign * key, half->qty[place]);
        }
        for (; from > 0; from--)
            save_level(enc, half->sign * half->far[from - 1].px, half->far[from - 1].qty);
    }
}

int book_load(struct book *book, struct dec *dec)
{
    uint8_t is_cut = dec_u8(dec);

    book_clear(book);
    if (is_cut > 1)
        dec_fail(dec);
    for (int i = 0; i < 2 && dec_is_ok(dec); i++) {
        struct half *half = &book->half[i];
        uint32_t n = dec_u32(dec);
        int64_t last = INT64_MAX;

        if (n > book->levels_max)
            dec_fail(dec);
        for (uint32_t k = 0; k < n && dec_is_ok(dec); k++) {
            agon_px_t px = dec_i64(dec);
            agon_qty_t qty = dec_i64(dec);

            if (!dec_is_ok(dec))
                break;
            if (px <= 0 || qty <= 0 || half->sign * px >= last)
                dec_fail(dec);
            else
                set_level(book, half, px, qty);
            last = half->sign * px;
        }
    }
    if (!dec_is_ok(dec)) {
        book_clear(book);
        return AGON_ECORRUPT;
    }
    book->is_cut = is_cut;
    return AGON_OK;
}
