// SPDX-License-Identifier: Apache-2.0
#include "score/setting.h"

#include <string.h>

static const struct setting table[SETTINGS] = {
    [SETTING_EDITION] = {"edition", 0, MEASURE_COUNT, 0, 5, NULL, "5"},
    [SETTING_MIN_TRADES] =
        {"min_trades", 0, MEASURE_COUNT, 1, 1000000,
         "closing fills in the window; fewer: an agent is not judged, keeps what it "
         "has, and is given nothing",
         "5"},
    [SETTING_INCREASE] = {"increase", 1, MEASURE_SHARE, 0, 10000000,
                          "maximum that one tournament adds to an agent's equity, in every mode",
                          "10%"},
    [SETTING_DECREASE] =
        {"decrease", 1, MEASURE_SHARE, 0, 1000000,
         "maximum that one tournament takes of an agent's equity; what a failed gate or a "
         "fault costs",
         "20%"},
    [SETTING_HYSTERESIS] = {"hysteresis", 1, MEASURE_SHARE, 0, 1000000,
                            "a change of an agent's equity by less than that is not made", "1%"},
    [SETTING_FLOOR] =
        {"floor", 1, MEASURE_SHARE, 0, 1000000,
         "share of the whole below which no agent is reduced, and to which one below it "
         "comes back",
         "1%"},
    [SETTING_BACK_AFTER] = {"back_after", 0, MEASURE_COUNT, 1, 1000,
                            "tournaments without a fault after which an agent below the floor is "
                            "given it",
                            "2"},
    [SETTING_FAULT_REST] = {"fault_rest", 0, MEASURE_COUNT, 1, 1000,
                            "tournaments in which an agent is given nothing after it crashed, hung "
                            "or flooded",
                            "4"},
    [SETTING_EVIDENCE] =
        {"evidence", 0, MEASURE_COUNT, 0, 10,
         "t-value of an agent's net returns from which on it is given more, and below minus "
         "that less; between them its result may be chance, and it keeps what it has; 0: off",
         "2"},
};

const struct setting *setting_at(uint32_t number)
{
    return number < SETTINGS ? &table[number] : NULL;
}

int setting_find(const char *name)
{
    for (int i = 0; i < SETTINGS; i++) {
        if (strcmp(table[i].name, name) == 0)
            return i;
    }
    return -1;
}
