// SPDX-License-Identifier: Apache-2.0
#include "base/num.h"
#include "engine/lockstep_impl.h"

agon_ns_t lockstep_close(struct run *run)
{
    const struct lockstep_config *config = run->config;
    agon_ns_t t_data = 0, t_stop = num_add(engine_t(config->engine), LINGER_NS);

    for (uint32_t i = 0; i < config->n_sources; i++) {
        if (!config->sources[i].is_companion && run->at[i] > t_data)
            t_data = run->at[i];
    }
    run->t_close = num_add(t_data, (MINUTE_NS - t_data % MINUTE_NS) % MINUTE_NS);
    if (config->t_end != 0 && run->t_close > config->t_end)
        run->t_close = config->t_end;
    engine_keep_sample(config->engine);
    return t_stop > run->t_close ? t_stop : run->t_close;
}
