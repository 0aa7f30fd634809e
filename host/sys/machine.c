// SPDX-License-Identifier: Apache-2.0
#include "sys/machine.h"

static const struct machine *simulated;

void machine_set(const struct machine *machine)
{
    simulated = machine;
}

const struct machine *machine_simulated(void)
{
    return simulated;
}
