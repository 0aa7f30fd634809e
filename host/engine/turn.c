// SPDX-License-Identifier: Apache-2.0
/* turn: whose runner is called for what was said. Who is concerned was decided when subscriptions
 * changed (control_watch); here is the walk over those. */
#include "base/hot.h"
#include "engine/impl.h"

void engine_attach_runner(struct engine *engine, uint16_t slot, const struct runner_port *port)
{
    struct runner_port *runner = &engine->runners[slot];

    REQUIRE(slot < SLOTS_MAX);
    if (slot_set_has(&engine->following, slot))
        (void)runner->follow(runner->ctx, NULL);
    slot_set_remove(&engine->following, slot);
    slot_set_remove(&engine->to_call, slot);
    slot_set_remove(&engine->attached, slot);
    slot_set_remove(&engine->together, slot);
    slot_set_remove(&engine->beginners, slot);
    slot_set_remove(&engine->beyond, slot);
    engine->turn_nth[slot] = UINT64_MAX; // whatever it is now
    *runner = port != NULL ? *port : (struct runner_port){0};
    if (engine->take_turns == NULL) {
        engine->take_turns = runner->take_turns;
        engine->taken_together = runner->together;
    }
    if (runner->take_turns != NULL && runner->take_turns == engine->take_turns &&
        runner->together == engine->taken_together)
        slot_set_add(&engine->together, slot);
    if (runner->begin != NULL)
        slot_set_add(&engine->beginners, slot);
    if (runner->advance != NULL)
        slot_set_add(&engine->attached, slot);
}

static HOT void begin(struct engine *engine, int is_all)
{
    struct runner_turn *turn = &engine->turn;

    turn->seq = engine->seq;
    turn->at = engine->bus.at;
    if (!is_all && !slot_set_is_empty(&engine->following)) {
        uint64_t words = 0;

        // Both are written word by word: a copy of what was just written waits for it.
        for (uint32_t word = 0; word < SLOT_WORDS; word++) {
            uint64_t spared = engine->following.bits[word] & ~turn->wanting.bits[word];
            uint64_t called = engine->attached.bits[word] & ~spared;

            engine->called.bits[word] = engine->to_call.bits[word] = called;
            words |= (uint64_t)(called != 0) << word;
        }
        engine->called.words = engine->to_call.words = words;
    } else {
        engine->called = engine->attached;
        engine->to_call = engine->attached;
    }
    engine->is_advancing = 1;
}

static HOT void end(struct engine *engine)
{
    struct runner_turn *turn = &engine->turn;

    turn->shown_seq = turn->seq;
    turn->shown_at = turn->at;
    turn->shown_public_seq = turn->public_seq;
    turn->shown_public_sub = turn->public_sub;
    turn->n_public = 0;
    if (turn->wanting.words != 0)
        turn->wanting = (struct slot_set){0};
    if (turn->private.words != 0)
        turn->private = (struct slot_set){0};
    engine->is_advancing = 0;
}

/* Not inlined: who follows nothing is not a thing of every event. */
static __attribute__((noinline)) int advance_one(struct engine *engine, uint16_t slot)
{
    const struct runner_port *runner = &engine->runners[slot];
    uint64_t nth = slots_nth(&engine->slots, slot);
    int is_wanted = nth != engine->turn_nth[slot];

    engine->turn_nth[slot] = nth;
    if ((is_wanted || runner->pass == NULL ? runner->advance : runner->pass)(runner->ctx,
                                                                             engine->seq) < 0)
        return AGON_EIO;
    if (runner->follow != NULL && runner->follow(runner->ctx, &engine->turn) == 1) {
        slot_set_add(&engine->following, slot);
        engine->shared[slot] = runner->shared != NULL ? runner->shared(runner->ctx) : NULL;
    }
    return AGON_OK;
}

/* Processes: all are woken before the first is waited for. */
static HOT void begin_processes(struct engine *engine, uint32_t ahead, struct slot_set *begun,
                                int *is_urgent)
{
    const struct slot_set *set = &engine->beginners;
    const struct runner_port *last = NULL;

    for (uint64_t words = set->words; words != 0; words &= words - 1) {
        uint32_t word = (uint32_t)__builtin_ctzll(words);

        for (uint64_t bits = set->bits[word]; bits != 0; bits &= bits - 1) {
            uint32_t id = word * 64 + (uint32_t)__builtin_ctzll(bits);
            const struct runner_port *runner = &engine->runners[id];
            uint64_t nth = slots_nth(&engine->slots, (uint16_t)id);
            int is_wanted = nth != engine->turn_nth[id], rc;

            engine->turn_nth[id] = nth;
            if (slot_set_has(&engine->beyond, id))
                continue;
            rc = runner->begin(runner->ctx, engine->seq, ahead | (is_wanted ? TURN_WANTED : 0));
            if (rc > 0) {
                slot_set_add(begun, id);
                last = runner;
            }
            *is_urgent |= rc > 1;
        }
    }
    if (last != NULL && last->rouse != NULL)
        last->rouse(last->ctx);
}

/* The last first: most of the others are done by then, and wake nobody. */
static HOT void await_processes(struct engine *engine, const struct slot_set *begun)
{
    for (uint64_t words = begun->words; words != 0;) {
        uint32_t word = 63 - (uint32_t)__builtin_clzll(words);

        words ^= (uint64_t)1 << word;
        for (uint64_t bits = begun->bits[word]; bits != 0;) {
            uint32_t bit = 63 - (uint32_t)__builtin_clzll(bits);

            bits ^= (uint64_t)1 << bit;
            (void)engine->runners[word * 64 + bit].await(engine->runners[word * 64 + bit].ctx);
        }
    }
}

static void leave_out(struct slot_set *set, const struct slot_set *others)
{
    for (uint64_t words = others->words; words != 0; words &= words - 1) {
        uint32_t word = (uint32_t)__builtin_ctzll(words);

        set->bits[word] &= ~others->bits[word];
        if (set->bits[word] == 0)
            set->words &= ~((uint64_t)1 << word);
    }
}

/* Those of a word of 64 slots that are called in one go: of a turn of one record they want that,
 * and nothing else. */
static inline uint64_t are_together(const struct engine *engine, uint32_t word)
{
    const struct runner_turn *turn = &engine->turn;

    return turn->n_public != 1 ? 0
                               : engine->following.bits[word] & engine->together.bits[word] &
                                     turn->wanting.bits[word] & ~turn->private.bits[word];
}

/* A turn of public records alone, where all runners follow and are called together, and none is
 * beyond the first word of 64: most turns of most hosts. */
static inline int is_plain(const struct engine *engine)
{
    const struct runner_turn *turn = &engine->turn;

    return (turn->private.words | engine->beginners.words) == 0 && engine->attached.words == 1 &&
           (engine->attached.bits[0] & ~(engine->following.bits[0] & engine->together.bits[0])) ==
               0;
}

/* One by one, since there is more than one record. Who failed and who is behind it, as take_turns.
 */
static HOT inline uint64_t call_each(struct engine *engine, uint64_t slots)
{
    for (; slots != 0; slots &= slots - 1) {
        const struct runner_port *runner = &engine->runners[__builtin_ctzll(slots)];

        if (runner->take_turn(runner->ctx) < 0)
            break;
    }
    return slots;
}

/* Which slots failed and behind, as take_turns; 0: the turn has ended. */
static HOT inline uint64_t advance_plain(struct engine *engine)
{
    struct runner_turn *turn = &engine->turn;
    uint64_t slots = engine->attached.bits[0] & turn->wanting.bits[0];

    turn->seq = engine->seq;
    turn->at = engine->bus.at;
    engine->called = (struct slot_set){.words = slots != 0, .bits = {slots}};
    engine->is_advancing = 1;
    if (slots != 0)
        slots = turn->n_public == 1 ? engine->take_turns(engine->shared, slots)
                                    : call_each(engine, slots);
    if (slots == 0)
        end(engine);
    return slots;
}

HOT int engine_advance_nobody(struct engine *engine)
{
    if (engine->is_advancing || !is_plain(engine) ||
        (engine->attached.bits[0] & engine->turn.wanting.bits[0]) != 0)
        return 0;
    (void)advance_plain(engine);
    return 1;
}

HOT int turn_is_calm(const struct engine *engine)
{
    const struct runner_turn *turn = &engine->turn;

    return !engine->is_advancing && is_plain(engine) && turn->n_public == 0 &&
           turn->wanting.words == 0;
}

HOT void turn_of_nobody(struct engine *engine)
{
    engine->turn.seq = engine->seq;
    engine->turn.at = engine->bus.at;
    end(engine);
}

/* As advance says. Whom it is not up to any more, where one failed, is left for the next call. */
static inline int turn_plain(struct engine *engine, uint16_t *failed)
{
    uint64_t failing = advance_plain(engine);

    if (failing == 0)
        return AGON_OK;
    *failed = (uint16_t)__builtin_ctzll(failing);
    failing &= failing - 1;
    engine->to_call = (struct slot_set){.words = failing != 0, .bits = {failing}};
    return AGON_EIO;
}

HOT int engine_advance_plain(struct engine *engine, uint16_t *failed)
{
    if (engine->is_advancing || !is_plain(engine))
        return 0;
    return turn_plain(engine, failed) < 0 ? AGON_EIO : 1;
}

HOT int engine_calm_turn(struct engine *engine, uint16_t *failed)
{
    if (engine->turn.private.words != 0)
        return 0;
    return turn_plain(engine, failed) < 0 ? AGON_EIO : 1;
}

static inline int advance(struct engine *engine, int is_all, struct slot_set *ahead, int *is_urgent,
                          uint16_t *failed)
{
    struct slot_set *left = &engine->to_call;

    if (!engine->is_advancing && !is_all && is_plain(engine))
        return turn_plain(engine, failed);
    if (!engine->is_advancing) {
        begin(engine, is_all);
        if (!slot_set_is_empty(&engine->beginners) && ahead != NULL) {
            begin_processes(engine, TURN_AHEAD, ahead, is_urgent);
            leave_out(&engine->called, &engine->beginners);
            engine->to_call = engine->called;
        } else if (!slot_set_is_empty(&engine->beginners)) {
            struct slot_set begun = {0};
            int ignored = 0;

            begin_processes(engine, 0, &begun, &ignored);
            await_processes(engine, &begun);
        }
    }
    for (; left->words != 0; left->words &= left->words - 1) {
        uint32_t word = (uint32_t)__builtin_ctzll(left->words);
        uint64_t slots = left->bits[word], following = engine->following.bits[word];
        uint64_t together = are_together(engine, word);

        while (slots != 0) {
            uint16_t slot = (uint16_t)(word * 64 + (uint32_t)__builtin_ctzll(slots));
            const struct runner_port *runner = &engine->runners[slot];
            uint64_t first = slots & -slots;

            if ((together & first) != 0) {
                // In their order: up to the first that is called by itself.
                uint64_t others = slots & ~together;
                uint64_t some = others != 0 ? slots & ((others & -others) - 1) : slots;
                uint64_t failing = engine->take_turns(&engine->shared[word * 64], some);

                slots ^= some;
                if (failing == 0)
                    continue;
                slots |= failing;
                slot = (uint16_t)(word * 64 + (uint32_t)__builtin_ctzll(failing));
            } else if ((following & first) != 0 ? runner->take_turn(runner->ctx) >= 0
                                                : advance_one(engine, slot) >= 0) {
                slots &= slots - 1;
                continue;
            }
            left->bits[word] = slots & (slots - 1);
            if (left->bits[word] == 0)
                left->words &= left->words - 1;
            *failed = slot;
            return AGON_EIO;
        }
        left->bits[word] = 0;
    }
    end(engine);
    return AGON_OK;
}

HOT int engine_advance_runners(struct engine *engine, uint16_t *failed)
{
    return advance(engine, 1, NULL, NULL, failed);
}

HOT int engine_advance_wanting(struct engine *engine, uint16_t *failed)
{
    return advance(engine, 0, NULL, NULL, failed);
}

HOT int engine_advance_ahead(struct engine *engine, struct slot_set *ahead, int *is_urgent,
                             uint16_t *failed)
{
    return advance(engine, 0, ahead, is_urgent, failed);
}

int engine_await_runner(struct engine *engine, uint16_t slot)
{
    const struct runner_port *runner = &engine->runners[slot];

    return runner->await != NULL ? runner->await(runner->ctx) : 1;
}

int engine_is_wished(const struct engine *engine)
{
    for (uint32_t i = 0; i < engine->slots.n; i++) {
        const struct runner_port *runner = &engine->runners[i];

        if (runner->is_wished != NULL && runner->is_wished(runner->ctx))
            return 1;
    }
    return 0;
}

const struct slot_set *engine_called(const struct engine *engine)
{
    return &engine->called;
}
