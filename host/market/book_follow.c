// SPDX-License-Identifier: Apache-2.0
/* book_follow: a book that is given the parts that another one, its leader, was given before, in
 * the same order. Where both have had the same, and the leader holds nothing that no part said,
 * they are the same book: the follower's parts only wait, and who looks at it sees the leader's
 * levels. Where the leader is ahead, or otherwise, the follower sets what has waited, and goes on
 * as any book does. */
#include <stdlib.h>
#include <string.h>

#include "base/hot.h"
#include "market/book_impl.h"

#define WAITING_BYTES ((uint32_t)512 << 10) /* many parts, and more than any one has */

static inline uint64_t mix(uint64_t print, uint64_t word)
{
    print = (print ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return print ^ print >> 32;
}

/* The print of a book behind this part: of what tells parts of one instrument from each other and
 * is the same at both ends of their way. */
static inline uint64_t print_behind(const struct book *book, const struct agon_book_part *part)
{
    const struct agon_level *levels = (const struct agon_level *)(const void *)(part + 1);
    uint32_t n = (uint32_t)part->n_bid + part->n_ask;
    uint64_t print = book_begins(part) ? 1 : book->print;

    print = mix(print, (uint64_t)part->hdr.t_venue);
    print = mix(print, part->first_id);
    print = mix(print, part->last_id);
    print = mix(print, part->n_bid | (uint64_t)part->n_ask << 16 | (uint64_t)part->flags << 32);
    for (uint32_t i = 0; i<n; i += n> 1 ? n - 1 : 1) {
        print = mix(print, (uint64_t)levels[i].px);
        print = mix(print, (uint64_t)levels[i].qty);
    }
    return print;
}

/* Could a side come to be full, so that it is of importance what was set before? */
static void note_room(struct book *book, uint32_t n)
{
    for (uint32_t i = 0; i < 2; i++) {
        if (book->half[i].n_near + book->half[i].n_far + n + BOOK_DIFFERS_MAX >= book->levels_max)
            book->is_astray = 1;
    }
}

void book_note_differ(struct book *book, enum agon_side side, agon_px_t px)
{
    if (book->n_waiting != 0)
        book_set_waiting(book);
    if (book->leader != NULL || book->n_differs == BOOK_DIFFERS_MAX) {
        book_go_astray(book);
        return;
    }
    note_room(book, 1);
    book->differs[book->n_differs++] = (struct differ){px, side};
}

/* Where a part names a price, it says all of it again. */
static void differ_less(struct book *book, const struct agon_book_part *part)
{
    const struct agon_level *levels = (const struct agon_level *)(const void *)(part + 1);
    uint32_t n = (uint32_t)part->n_bid + part->n_ask, kept = 0;

    note_room(book, n);
    for (uint32_t i = 0; i < book->n_differs; i++) {
        const struct differ differ = book->differs[i];
        uint32_t at = differ.side == AGON_BUY ? 0 : part->n_bid;
        uint32_t end = differ.side == AGON_BUY ? part->n_bid : n;

        while (at < end && levels[at].px != differ.px)
            at++;
        if (at == end)
            book->differs[kept++] = differ;
    }
    book->n_differs = kept;
}

HOT void book_note_part(struct book *book, const struct agon_book_part *part)
{
    book->print = print_behind(book, part);
    if (book_begins(part)) {
        book->n_begun++;
        book->is_astray = 0;
        book->n_differs = 0;
    } else if (book->n_differs != 0) {
        differ_less(book, part);
    }
}

void book_set_waiting(struct book *book)
{
    const unsigned char *at = book->waiting, *end = at + book->n_waiting;

    book->n_waiting = 0;
    while (at < end) {
        const struct agon_book_part *part = (const void *)at;

        book_set_part(book, part);
        at += event_bytes(&part->hdr);
    }
}

static void copy_half(const struct book *book, const struct half *from, struct half *half)
{
    const struct half to = *half;

    for (uint32_t word = 0; word < book->window / 64; word++) {
        if ((from->bits[word] | to.bits[word]) == 0)
            continue;
        memcpy(&to.qty[(size_t)word * 64], &from->qty[(size_t)word * 64], 64 * sizeof(*to.qty));
        to.bits[word] = from->bits[word];
    }
    memcpy(to.summary, from->summary, book->n_summary * sizeof(*to.summary));
    memcpy(to.far, from->far, from->n_far * sizeof(*to.far));
    *half = *from;
    half->qty = to.qty;
    half->bits = to.bits;
    half->summary = to.summary;
    half->far = to.far;
}

/* All that the leader holds, in the place of what waits. */
static void copy_leader(struct book *book)
{
    const struct book *leader = book->leader;

    for (int i = 0; i < 2; i++) {
        copy_half(book, &leader->half[i], &book->half[i]);
        book->shown[i] = leader->shown[i];
    }
    book->is_shown = leader->is_shown;
    book->is_cut = leader->is_cut;
    book->n_waiting = 0;
}

HOT int book_wait(struct book *book, const struct agon_book_part *part)
{
    const struct book *leader = book->leader;
    const int begins = book_begins(part);
    uint32_t bytes = event_bytes(&part->hdr);
    uint64_t print;

    if ((leader->n_differs | leader->is_astray) != 0 || (book->is_astray && !begins) ||
        (begins && book_is_pair(part)))
        return 0;
    // As the leader will have it once it has set this part: then it was judged there.
    print = print_behind(book, part);
    if (leader->print != print || leader->n_begun != book->n_begun + (uint64_t)begins)
        return 0;
    if (begins)
        book->n_waiting = 0;
    else if (book->n_waiting + bytes > WAITING_BYTES && book->tick_px != leader->tick_px)
        return 0;
    book->print = print;
    book->n_begun += (uint64_t)begins;
    book->is_astray = 0;
    if (book->n_waiting + bytes > WAITING_BYTES) {
        copy_leader(book);
        return 1;
    }
    memcpy(book->waiting + book->n_waiting, part, bytes);
    book->n_waiting += bytes;
    return 1;
}

void book_follow(struct book *book, struct book *leader)
{
    if (book->n_waiting != 0)
        book_set_waiting(book);
    book->leader = NULL;
    if (leader == NULL || leader == book || leader->leader != NULL ||
        book->window != leader->window || book->levels_max != leader->levels_max)
        return;
    if (book->waiting == NULL && (book->waiting = malloc(WAITING_BYTES)) == NULL)
        return; // it sets each part, as before
    book->leader = leader;
    leader->is_led = 1;
    book->n_begun = leader->n_begun = 0;
    // What either holds is no part's, until both are said from the beginning.
    book_go_astray(book);
    book_go_astray(leader);
}
