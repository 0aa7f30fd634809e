// SPDX-License-Identifier: Apache-2.0
/* infer_plugin: asks the model in its file `model` at each trade and publishes when it has the
 * answer, with the trade's number; without inputs it publishes at once. For bench infer, which has
 * it in its binary (infer_blob.h). */
#include <agon/agon.h>

#define INPUTS_MAX 64

AGON_NUMBER(inputs, 1, AGON_INTEGER, AGON_PARAM_RESTART, 0, INPUTS_MAX, 0, 1, "",
            "of the model, which calls them f0, f1, ...; 0: none is asked");
static const struct agon_param *const params[] = {&inputs};
static const char *const publishes[] = {"answer"};

struct asks {
    const struct agon_host *host;
    const struct agon_host_nn *nn;
    const struct agon_host_signal *signal;
    uint32_t model, n, n_outputs, pad;
    uint64_t n_trades;
};

static int on_start(void *plugin, uint32_t reason)
{
    (void)plugin;
    (void)reason;
    return AGON_OK;
}

static int on_event(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    struct asks *self = plugin;
    const struct agon_trade *trade = (const struct agon_trade *)(const void *)event;
    struct agon_signal signal = {.hdr = {.type = AGON_EVENT_SIGNAL,
                                         .granules = sizeof(signal) / 64,
                                         .instrument = event->instrument}};
    float x[INPUTS_MAX], y[8] = {0};
    uint32_t i;
    int rc = AGON_OK;

    (void)nth;
    if (event->type != AGON_EVENT_TRADE)
        return AGON_OK;
    self->n_trades++;
    for (i = 0; i < self->n; i++) // from -1 to 1, others at each trade
        x[i] = (float)((self->n_trades * 2654435761U + i * 40503U) % 2001) / 1000 - 1;
    if (self->n > 0)
        rc = self->nn->step(self->host, self->model, x, self->n, y, self->n_outputs);
    if (rc == AGON_EAGAIN)
        return AGON_OK; // its window is not full yet
    if (rc < 0)
        return rc;
    signal.value = (double)trade->venue_id;
    signal.confidence = y[0] > 0 && y[0] < 1 ? (double)y[0] : 0; // the answer is waited for
    return self->signal->publish(self->host, &signal);
}

static int on_stop(void *plugin, uint32_t reason)
{
    (void)plugin;
    (void)reason;
    return AGON_OK;
}

static int save_state(void *plugin, struct agon_out *out)
{
    (void)plugin;
    (void)out;
    return AGON_OK;
}

static int load_state(void *plugin, struct agon_in *in, uint32_t schema)
{
    (void)plugin;
    (void)in;
    return schema == 1 ? AGON_OK : AGON_EVERSION;
}

static void destroy(void *plugin)
{
    (void)plugin; // the arena is the host's
}

static int open_model(struct asks *self)
{
    char names[INPUTS_MAX * 4];
    const struct agon_nn_inputs asked = {.names = names};
    struct agon_nn_shape shape;
    uint32_t i, at = 0;
    int rc;

    for (i = 0; i < self->n; i++) {
        if (i > 0)
            names[at++] = ' ';
        names[at++] = 'f';
        if (i >= 10)
            names[at++] = (char)('0' + i / 10);
        names[at++] = (char)('0' + i % 10);
    }
    names[at] = '\0';
    rc = self->nn->open(self->host, "model", &asked, &self->model, &shape);
    self->n_outputs = rc < 0 ? 0 : shape.outputs;
    return rc < 0 ? rc : shape.outputs > 8 ? AGON_EINVAL : AGON_OK;
}

static int create(const struct agon_host *host, uint32_t index, struct agon_agent *agent)
{
    const struct agon_host_arena *arena = host->get_extension(host, AGON_EXT_ARENA);
    const struct agon_host_param *param = host->get_extension(host, AGON_EXT_PARAM);
    struct asks *self;
    int64_t n;
    int rc;

    if (index != 0 || arena == NULL || param == NULL)
        return AGON_EINVAL;
    self = arena->take(host, sizeof(*self), 8);
    if (self == NULL)
        return AGON_ENOMEM;
    self->host = host;
    self->nn = host->get_extension(host, AGON_EXT_NN);
    self->signal = host->get_extension(host, AGON_EXT_SIGNAL);
    rc = param->integer(host, 1, &n);
    if (rc < 0)
        return rc;
    self->n = (uint32_t)n;
    rc = self->n > 0 ? open_model(self) : AGON_OK;
    if (rc < 0)
        return rc;
    return agon_agent_set(agent, &(struct agon_agent){.size = sizeof(struct agon_agent),
                                                      .self = self,
                                                      .on_start = on_start,
                                                      .on_event = on_event,
                                                      .on_stop = on_stop,
                                                      .save_state = save_state,
                                                      .load_state = load_state,
                                                      .destroy = destroy});
}

static const char *const requires_ext[] = {AGON_EXT_ARENA, AGON_EXT_PARAM, AGON_EXT_NN,
                                           AGON_EXT_SIGNAL};
static const struct agon_descriptor descriptor = {
    .size = sizeof(descriptor),
    .kind = AGON_MODEL,
    .id = "org.agon.bench.asks",
    .name = "asks",
    .vendor = "Agon",
    .version = "1.0.0",
    .summary = "asks a model at each trade",
    .params = params,
    .n_params = sizeof(params) / sizeof(params[0]),
    .requires_ext = requires_ext,
    .n_requires = sizeof(requires_ext) / sizeof(requires_ext[0]),
    .budget_ns = 50000000,
    .event_mask = AGON_ON(AGON_EVENT_TRADE),
    .arena_bytes = 65536,
    .state_schema = 1,
    .state_schema_oldest = 1,
    .publishes = publishes,
    .n_publishes = 1,
};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.agon.bench.asks", "1.0.0");
AGON_EXPORT const struct agon_entry agon_plugin = {
    .size = sizeof(struct agon_entry),
    .abi_major = AGON_ABI_MAJOR,
    .abi_minor = AGON_ABI_MINOR,
    .n_plugins = 1,
    .plugins = descriptors,
    .create = create,
};
