// SPDX-License-Identifier: Apache-2.0
/* book_follow: a follower is held, whoever looks and whenever, to a book that sets each part. */
#include <stdlib.h>

#include "../../support/must.h"
#include "base/rng.h"
#include "market/book_impl.h"

#define ON_WAY_MAX 16 /* a power of two */

static const struct {
    agon_px_t tick_px;
    uint32_t window, levels_max;
    int drift; // how far the middle wanders at a step, in ticks
    int room;  // how far from it levels stand
} worlds[] = {
    {1, 1024, 4000, 3, 900},  {5, 256, 300, 2, 140},    {100, 8192, 4000, 20, 3000},
    {3, 512, 64, 10, 60},     {7, 1024, 2000, 9, 1500}, {10, 32768, 16384, 2, 6000},
    {1, 256, 4000, 40, 2000},
};

struct part {
    struct agon_book_part head;
    struct agon_level level[EVENT_LEVELS_MAX];
};

/* Leader and follower, and for each a book that has the same happen to it and follows nobody. */
struct both {
    struct rng rng;
    int is_owed;        /* the whole book, at the beginning of such a time */
    int world, is_calm; /* of little delay, in which nobody takes anything */
    struct book *leader, *follower, *leads, *follows;
    int64_t middle;
    uint64_t id; // of the last part; 0: none has one
    struct part on_way[ON_WAY_MAX];
    uint32_t n_sent, n_come;
    uint64_t n_waited, n_copied, n_differed, n_set;
};

static uint64_t draw(struct both *both, uint64_t n)
{
    return rng_below(&both->rng, n);
}

static struct book *fresh(int world)
{
    struct book_config config = {.tick_px = worlds[world].tick_px,
                                 .window_ticks = worlds[world].window,
                                 .levels_max = worlds[world].levels_max};
    struct book *book = book_new(&config);

    MUST(book != NULL);
    return book;
}

static void assert_same(const struct book *a, const struct book *b)
{
    static unsigned char bytes[2][1 << 20];
    struct enc enc[2] = {{.at = bytes[0], .room = sizeof(bytes[0])},
                         {.at = bytes[1], .room = sizeof(bytes[1])}};

    book_save(a, &enc[0]);
    book_save(b, &enc[1]);
    MUST(enc_is_ok(&enc[0]));
    MUST_EQ(enc[0].used, enc[1].used);
    MUST(memcmp(bytes[0], bytes[1], enc[0].used) == 0);
}

static enum agon_side a_side(struct both *both)
{
    return draw(both, 2) == 0 ? AGON_BUY : AGON_SELL;
}

static agon_px_t a_price(struct both *both, enum agon_side side)
{
    int64_t away =
        (int64_t)draw(both, draw(both, 4) == 0 ? (uint64_t)worlds[both->world].room : 20);

    return (side == AGON_BUY ? both->middle - away : both->middle + 1 + away) *
           worlds[both->world].tick_px;
}

/* Most are as a venue's are; without numbers and times they tell themselves apart by little. */
static void draw_part(struct both *both, struct part *part)
{
    const int begins = both->is_owed || draw(both, both->is_calm ? 9000 : 300) == 0,
              is_pair = begins && draw(both, 3) == 0;

    both->is_owed = 0;
    memset(part, 0, sizeof(*part));
    part->head.n_bid = (uint16_t)(is_pair ? 1 : draw(both, 80));
    part->head.n_ask = (uint16_t)(is_pair ? 1 : draw(both, 80));
    part->head.hdr.type = begins ? AGON_EVENT_BOOK_SNAPSHOT : AGON_EVENT_BOOK_DELTA;
    part->head.flags = begins ? BOOK_PART_FIRST | BOOK_PART_LAST : 0;
    part->head.hdr.granules =
        (uint8_t)((sizeof(part->head) + (part->head.n_bid + part->head.n_ask) * 16u + 63) / 64);
    if (both->id != 0) {
        part->head.first_id = part->head.last_id = ++both->id;
        part->head.hdr.t_venue = (int64_t)both->id * 100;
    }
    for (uint32_t i = 0; i < (uint32_t)part->head.n_bid + part->head.n_ask; i++) {
        part->level[i].px = a_price(both, i < part->head.n_bid ? AGON_BUY : AGON_SELL);
        part->level[i].qty = draw(both, 2) == 0 ? 0 : (agon_qty_t)draw(both, 100) + 1;
    }
    if (draw(both, 500) == 0)
        part->level[0].px = 0; // which is no price: all of the part is refused
    if (draw(both, 400) == 0)
        both->middle += (int64_t)draw(both, 20000) - 10000;
    both->middle += (int64_t)draw(both, 2 * (uint64_t)worlds[both->world].drift + 1) -
                    worlds[both->world].drift;
    if (both->middle < 50000)
        both->middle = 50000;
}

static void send_one(struct both *both)
{
    struct part *part = &both->on_way[both->n_sent++ % ON_WAY_MAX];

    draw_part(both, part);
    if (!both->is_calm && draw(both, 500) == 0)
        return; // as an exchange that knows no book to change
    MUST_EQ(book_apply(both->leader, &part->head), book_apply(both->leads, &part->head));
    both->n_differed += both->leader->n_differs != 0;
}

static void come_one(struct both *both)
{
    struct part *part = &both->on_way[both->n_come++ % ON_WAY_MAX];
    uint32_t before = both->follower->n_waiting;
    int rc;

    part->head.hdr.seq += 7; // what a core writes on it
    part->head.hdr.t += 9;
    if (!both->is_calm && draw(both, 500) == 0)
        return;
    rc = book_apply(both->follower, &part->head);
    MUST_EQ(rc, book_apply(both->follows, &part->head));
    both->n_waited += both->follower->n_waiting > before;
    both->n_set += before > 0 && both->follower->n_waiting == 0;
    both->n_copied += before > 400000 && both->follower->n_waiting == 0 &&
                      book_is_level(both->follower, both->leader) && rc == AGON_OK &&
                      !book_begins(&part->head);
}

static void look(struct both *both, const struct book *book, const struct book *other)
{
    enum agon_side side = a_side(both);
    agon_px_t px = a_price(both, side);
    struct agon_level levels[2][12];
    uint32_t n;

    switch (draw(both, 6)) {
    case 0:
        MUST_EQ(book_qty(book, side, px), book_qty(other, side, px));
        return;
    case 1:
        MUST_EQ(book_count(book, side), book_count(other, side));
        return;
    case 2:
        MUST_EQ(book_is_cut(book), book_is_cut(other));
        MUST_EQ(book_is_crossed(book), book_is_crossed(other));
        return;
    case 3:
        assert_same(book, other);
        return;
    case 4:
        MUST_EQ(book_best(book, side, &levels[0][0]), book_best(other, side, &levels[1][0]));
        MUST(memcmp(&levels[0][0], &levels[1][0], sizeof(levels[0][0])) == 0);
        return;
    default:
        n = book_levels(book, side, levels[0], 12);
        MUST_EQ(n, book_levels(other, side, levels[1], 12));
        MUST(memcmp(levels[0], levels[1], n * sizeof(levels[0][0])) == 0);
    }
}

/* What no part says: an order takes what there is, or anything else that a book lets happen. */
static void meddle(struct both *both, struct book *book, struct book *other)
{
    const agon_px_t tick_px = worlds[both->world].tick_px;
    enum agon_side side = a_side(both);
    agon_px_t px = a_price(both, side);
    struct agon_level best, pair[2];
    uint64_t what = draw(both, 40);

    if (what < 34) {
        agon_qty_t qty = draw(both, 2) == 0 ? 0 : (agon_qty_t)draw(both, 90) + 1;

        px = book_best(other, side, &best) && what < 28 ? best.px : px;
        MUST_EQ(book_set(book, side, px, qty), book_set(other, side, px, qty));
    } else if (what < 36) {
        px = draw(both, 2) == 0 ? tick_px : tick_px * 2;
        MUST_EQ(book_set_tick(book, px), book_set_tick(other, px));
    } else if (what < 38) {
        pair[0] = (struct agon_level){a_price(both, AGON_BUY), 5};
        pair[1] = (struct agon_level){a_price(both, AGON_SELL), 6};
        book_show(book, &pair[0], &pair[1]);
        book_show(other, &pair[0], &pair[1]);
    } else {
        book_clear(book);
        book_clear(other);
    }
}

START_TEST(a_follower_is_what_it_would_be_by_itself)
{
    struct both *both = calloc(1, sizeof(*both));

    MUST(both != NULL);
    both->world = _i % (int)(sizeof(worlds) / sizeof(worlds[0]));
    rng_init(&both->rng, 900 + (uint64_t)_i);
    both->middle = 1000000;
    both->leader = fresh(both->world);
    both->follower = fresh(both->world);
    both->leads = fresh(both->world);
    both->follows = fresh(both->world);
    both->id = draw(both, 3) != 0;
    for (int step = 0; step < 30000; step++) {
        const int is_calm = step / 3000 % 2 == 0;
        const uint64_t others = is_calm ? 20000 : 60;

        both->is_owed |= is_calm && !both->is_calm;
        both->is_calm = is_calm;
        if (step % 10000 == 0) {
            both->n_come = both->n_sent;
            book_follow(both->follower, step % 20000 == 0 ? both->leader : NULL);
            book_follow(both->follower, both->leader);
        }
        if (both->n_sent - both->n_come < (is_calm ? 1 : ON_WAY_MAX) && draw(both, 2) == 0)
            send_one(both);
        if (both->n_come < both->n_sent && draw(both, 2) == 0)
            come_one(both);
        if (draw(both, others) == 0)
            meddle(both, both->leader, both->leads);
        if (draw(both, others * 20) == 0)
            meddle(both, both->follower, both->follows);
        if (both->n_come == both->n_sent ? draw(both, 2) == 0 : draw(both, is_calm ? 2000 : 9) == 0)
            look(both, both->follower, both->follows);
        if (draw(both, 9) == 0)
            look(both, both->leader, both->leads);
    }
    book_follow(both->follower, NULL);
    assert_same(both->follower, both->follows);
    MUST(both->n_waited > 1000);
    MUST(both->n_set > 10);
    if (worlds[both->world].levels_max > 1000) {
        MUST(both->n_differed > 10);
        MUST(both->n_copied > 0);
    }
    book_free(both->leader);
    book_free(both->follower);
    book_free(both->leads);
    book_free(both->follows);
    free(both);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("book_follow");
    TCase *tcase = tcase_create("promises");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_set_timeout(tcase, 100);
    tcase_add_loop_test(tcase, a_follower_is_what_it_would_be_by_itself, 0,
                        2 * (int)(sizeof(worlds) / sizeof(worlds[0])));
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed != 0;
}
