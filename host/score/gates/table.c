// SPDX-License-Identifier: Apache-2.0
#include "score/gate.h"

static const struct gate *const table[GATES] = {
#define GATE_ENTRY(symbol, name) &gate_##name,
    GATE_TABLE(GATE_ENTRY)
#undef GATE_ENTRY
};

const struct gate *gate_at(uint32_t number)
{
    return number < GATES ? table[number] : NULL;
}

int gate_find(const char *name)
{
    for (int i = 0; i < GATES; i++) {
        if (strcmp(table[i]->name, name) == 0)
            return i;
    }
    return -1;
}

int gate_value(const struct gate *gate, const struct window_figures *figures, double *value)
{
    *value = 0.0;
    return gate->measure != NULL ? gate->measure->of(figures, value) : gate->of(figures, value);
}

const char *gate_key(const struct gate *gate)
{
    return gate->key != NULL ? gate->key : gate->name;
}

int gate_yearly(const struct measure *measure, const struct window_figures *figures, double *value)
{
    if (figures->days == NULL || figures->days->n_samples < GATE_DAYS_MIN)
        return GATE_NOT_YET;
    return measure->of(figures->days, value);
}

int gate_above(double value, double limit)
{
    return value > limit;
}

int gate_at_least(double value, double limit)
{
    return value >= limit;
}

int gate_below(double value, double limit)
{
    return value < limit;
}
