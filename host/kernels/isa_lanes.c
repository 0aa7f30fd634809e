// SPDX-License-Identifier: Apache-2.0
/* isa_lanes: the kernels that lane.h is the source of, as loops that compilers make vectors of. */
#include <string.h>

#include "kernels/isa.h"
#include "kernels/lane.h"

#define MAP(op, expression)                                                                        \
    case op:                                                                                       \
        for (uint32_t i = from; i < to; i++)                                                       \
            y[i] = (expression);                                                                   \
        break;

void ISA(isa_map)(const struct map_args *args, uint32_t from, uint32_t to, real *scratch)
{
    const real *a = args->a;
    const real *b = args->b;
    const real *c = args->c;
    real *y = args->y;
    real scale = args->scale;

    (void)scratch;
    switch (args->op) {
        LANE_MAPS(MAP)
    default:
        break;
    }
}

void ISA(isa_adam)(const struct adam_args *args, uint32_t from, uint32_t to, real *scratch)
{
    struct adam_args here = *args; // nobody else writes it: loops become vectors

    (void)scratch;
    for (uint32_t i = from; i < to; i++)
        lane_adam(&here, i);
}

void ISA(isa_dropout)(const struct dropout_args *args, uint32_t from, uint32_t to, real *scratch)
{
    struct dropout_args here = *args;

    (void)scratch;
    for (uint32_t quad = from; quad < to; quad++)
        lane_dropout(&here, quad);
}

void ISA(isa_scenarios)(const struct scenarios_args *args, uint32_t from, uint32_t to,
                        real *scratch)
{
    struct scenarios_args here = *args;

    (void)scratch;
    for (uint32_t first = from * ISA_SIDE; from < to; from++, first += ISA_SIDE)
        lane_scenarios(&here, first, here.n - first < ISA_SIDE ? here.n - first : ISA_SIDE);
}

void ISA(isa_sweeps)(const struct sweeps_args *args, uint32_t from, uint32_t to, real *scratch)
{
    struct sweeps_args here = *args;

    (void)scratch;
    for (uint32_t first = from * ISA_SIDE; from < to; from++, first += ISA_SIDE)
        lane_sweeps(&here, first, here.n - first < ISA_SIDE ? here.n - first : ISA_SIDE);
}

void ISA(isa_lstm_gates)(const struct lstm_gates_args *args, uint32_t from, uint32_t to,
                         real *scratch)
{
    struct lstm_gates_args here = *args;

    (void)scratch;
    for (uint32_t row = from; row < to; row++) {
        ISA_EACH
        for (uint32_t j = 0; j < here.hidden; j++)
            lane_lstm_gates(&here, row, j);
    }
}

void ISA(isa_lstm_gates_back)(const struct lstm_gates_back_args *args, uint32_t from, uint32_t to,
                              real *scratch)
{
    struct lstm_gates_back_args here = *args;

    (void)scratch;
    for (uint32_t row = from; row < to; row++) {
        ISA_EACH
        for (uint32_t j = 0; j < here.hidden; j++)
            lane_lstm_gates_back(&here, row, j);
    }
}

void ISA(isa_embed)(const struct embed_args *args, uint32_t from, uint32_t to, real *scratch)
{
    (void)scratch;
    for (uint32_t i = from; i < to; i++)
        memcpy(args->y + (size_t)i * args->width, args->table + (size_t)args->ids[i] * args->width,
               args->width * sizeof(real));
}

void ISA(isa_embed_back)(const struct embed_back_args *args, uint32_t from, uint32_t to,
                         real *scratch)
{
    (void)scratch;
    for (uint32_t block = from; block < to; block++) {
        uint32_t first = block * ISA_COLUMNS;
        uint32_t width = args->width - first < ISA_COLUMNS ? args->width - first : ISA_COLUMNS;

        for (uint32_t i = 0; i < args->n; i++) {
            real *into = args->dtable + (size_t)args->ids[i] * args->width + first;
            const real *dy = args->dy + (size_t)i * args->width + first;

            for (uint32_t j = 0; j < width; j++)
                into[j] += dy[j];
        }
    }
}
