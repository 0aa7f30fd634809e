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
    *runner = port != NULL ? *port : (struct runner_port){0};
    engine->nth_advanced[slot] = UINT64_MAX; // it is called whatever it wants
    if (runner->advance != NULL)
        slot_set_add(&engine->attached, slot);
}

static HOT void begin(struct engine *engine, int is_all)
{
    struct runner_turn *turn = &engine->turn;

    turn->seq = engine->seq;
    turn->at = engine->bus.at;
    engine->called = engine->attached;
    if (!is_all && !slot_set_is_empty(&engine->following)) {
        for (uint64_t words = engine->attached.words; words != 0; words &= words - 1) {
            uint32_t word = (uint32_t)__builtin_ctzll(words);
            uint64_t spared = engine->following.bits[word] & ~turn->wanting.bits[word];

            engine->called.bits[word] &= ~spared;
            if (engine->called.bits[word] == 0)
                engine->called.words &= ~((uint64_t)1 << word);
        }
    }
    engine->to_call = engine->called;
    engine->is_advancing = 1;
}

static HOT void end(struct engine *engine)
{
    struct runner_turn *turn = &engine->turn;

    turn->shown_seq = turn->seq;
    turn->shown_at = turn->at;
    turn->shown_public_seq = turn->public_seq;
    turn->shown_public_sub = turn->public_sub;
    if (turn->wanting.words != 0)
        turn->wanting = (struct slot_set){0};
    if (turn->private.words != 0)
        turn->private = (struct slot_set){0};
    engine->is_advancing = 0;
}

static HOT int call(struct engine *engine, uint16_t slot)
{
    const struct runner_port *runner = &engine->runners[slot];
    uint64_t nth = engine->slots.all[slot].nth;
    int is_wanted = nth != engine->nth_advanced[slot];

    engine->nth_advanced[slot] = nth;
    if (slot_set_has(&engine->following, slot))
        return runner->take_turn(runner->ctx);
    if ((is_wanted || runner->pass == NULL ? runner->advance : runner->pass)(runner->ctx,
                                                                             engine->seq) < 0)
        return AGON_EIO;
    if (runner->follow != NULL && runner->follow(runner->ctx, &engine->turn) == 1)
        slot_set_add(&engine->following, slot);
    return AGON_OK;
}

static inline int advance(struct engine *engine, int is_all, uint16_t *failed)
{
    uint16_t slot;

    if (!engine->is_advancing)
        begin(engine, is_all);
    while (slot_set_take(&engine->to_call, &slot)) {
        if (call(engine, slot) < 0) {
            *failed = slot;
            return AGON_EIO;
        }
    }
    end(engine);
    return AGON_OK;
}

HOT int engine_advance_runners(struct engine *engine, uint16_t *failed)
{
    return advance(engine, 1, failed);
}

HOT int engine_advance_wanting(struct engine *engine, uint16_t *failed)
{
    return advance(engine, 0, failed);
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
