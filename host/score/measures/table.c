// SPDX-License-Identifier: Apache-2.0
#include "score/measure.h"

static const struct measure *const table[MEASURES] = {
#define MEASURE_ENTRY(symbol, name) &measure_##name,
    MEASURE_TABLE(MEASURE_ENTRY)
#undef MEASURE_ENTRY
};

const struct measure *measure_at(uint32_t number)
{
    return number < MEASURES ? table[number] : NULL;
}

int measure_find(const char *name)
{
    for (int i = 0; i < MEASURES; i++) {
        if (strcmp(table[i]->name, name) == 0)
            return i;
    }
    return -1;
}

int measure_is_bound(const struct measure *measure, double value)
{
    if (measure->unit != MEASURE_NUMBER)
        return 0;
    return (value >= MEASURE_RATIO_MAX) - (value <= -MEASURE_RATIO_MAX);
}

int measure_ratio(double gain, double loss, double *value)
{
    if (loss > 0.0)
        *value = gain / loss < MEASURE_RATIO_MAX ? gain / loss : MEASURE_RATIO_MAX;
    else
        *value = MEASURE_RATIO_MAX;
    return loss > 0.0 || gain > 0.0;
}
