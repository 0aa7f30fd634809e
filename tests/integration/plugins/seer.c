// SPDX-License-Identifier: Apache-2.0
/* seer: asks a model (agon.nn) at each trade, about the change of its price and its size, and goes
 * with the answer: buys where that begins to rise, sells where it begins to fall. For tests of
 * models that the host serves. */
#include <agon/agon.h>

struct seer {
    const struct agon_host *host;
    const struct agon_host_orders *orders;
    const struct agon_host_nn *nn;
    const struct agon_host_metric *metric;
    uint32_t model;
    void *memory; /* of the model, to be written with the state; NULL: it has none */
    uint64_t n_memory;
    struct seer_state {
        uint64_t n, ref;
        agon_px_t last_px;
        int64_t side;
        double last_y;
    } state;
};

static int on_start(void *plugin, uint32_t reason)
{
    (void)plugin;
    (void)reason;
    return AGON_OK;
}

static int on_event(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    struct seer *self = plugin;
    struct seer_state *state = &self->state;
    const struct agon_trade *trade = (const struct agon_trade *)(const void *)event;
    struct agon_intent intent = {.kind = AGON_INTENT_ORDER,
                                 .type = AGON_MARKET,
                                 .instrument = event->instrument,
                                 .qty = 100000};
    float x[2], y = 0;
    int64_t side;
    int rc;

    (void)nth;
    if (event->type != AGON_EVENT_TRADE)
        return AGON_OK;
    x[0] = state->last_px == 0 ? 0 : (float)(trade->px - state->last_px) / 100;
    x[1] = (float)trade->qty / 10000000;
    state->last_px = trade->px;
    state->n++;
    rc = self->nn->step(self->host, self->model, x, 2, &y, 1);
    if (rc == AGON_EAGAIN)
        return AGON_OK;
    if (rc < 0)
        return rc;
    (void)self->metric->gauge(self->host, 0, (double)y);
    side = (double)y > state->last_y ? 1 : -1;
    state->last_y = (double)y;
    if (side != state->side) {
        state->side = side;
        intent.side = side > 0 ? AGON_BUY : AGON_SELL;
        intent.client_ref = ++state->ref;
        (void)self->orders->submit(self->host, &intent, 1);
    }
    return AGON_OK;
}

static int on_stop(void *plugin, uint32_t reason)
{
    (void)plugin;
    (void)reason;
    return AGON_OK;
}

static int save_state(void *plugin, struct agon_out *out)
{
    struct seer *self = plugin;
    int rc = self->nn->save(self->host, self->model, self->memory);

    if (rc >= 0)
        rc = agon_write(out, &self->state, sizeof(self->state));
    return rc < 0 ? rc : agon_write(out, self->memory, self->n_memory);
}

static int load_state(void *plugin, struct agon_in *in, uint32_t schema)
{
    struct seer *self = plugin;
    int rc = schema == 1 ? agon_read(in, &self->state, sizeof(self->state)) : AGON_EVERSION;

    if (rc >= 0)
        rc = agon_read(in, self->memory, self->n_memory);
    return rc < 0 ? rc : self->nn->load(self->host, self->model, self->memory, self->n_memory);
}

static void destroy(void *plugin)
{
    (void)plugin; // the arena is the host's
}

static int open_model(struct seer *self, const struct agon_host *host,
                      const struct agon_host_arena *arena)
{
    static const struct agon_nn_inputs asked = {.names = "change size"};
    const float x[3] = {0};
    struct agon_nn_shape shape;
    float y[2];
    int rc;

    self->nn = host->get_extension(host, AGON_EXT_NN);
    self->metric = host->get_extension(host, AGON_EXT_METRIC);
    rc = self->nn->open(host, "model", &asked, &self->model, &shape);
    if (rc < 0)
        return rc;
    if (shape.outputs != 1)
        return AGON_EINVAL;
    // Of another count than the model's nothing is asked.
    if (self->nn->step(host, self->model, x, 1, y, 1) != AGON_EINVAL ||
        self->nn->step(host, self->model, x, 3, y, 1) != AGON_EINVAL ||
        self->nn->step(host, self->model, x, 2, y, 2) != AGON_EINVAL)
        return AGON_ECORRUPT;
    self->n_memory = shape.state_bytes;
    if (shape.state_bytes == 0)
        return AGON_OK; // trees
    self->memory = arena->take(host, shape.state_bytes, 8);
    return self->memory != NULL ? AGON_OK : AGON_ENOMEM;
}

static int create(const struct agon_host *host, uint32_t index, struct agon_agent *agent)
{
    const struct agon_host_arena *arena = host->get_extension(host, AGON_EXT_ARENA);
    struct seer *self;
    int rc;

    if (index != 0 || arena == NULL)
        return AGON_EINVAL;
    self = arena->take(host, sizeof(*self), 8);
    if (self == NULL)
        return AGON_ENOMEM;
    self->host = host;
    self->orders = host->get_extension(host, AGON_EXT_ORDERS);
    rc = open_model(self, host, arena);
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

static const char *const requires_ext[] = {AGON_EXT_ORDERS, AGON_EXT_ARENA, AGON_EXT_NN,
                                           AGON_EXT_METRIC};
static const struct agon_descriptor descriptor = {
    .size = sizeof(descriptor),
    .kind = AGON_STRATEGY,
    .id = "org.agon.test.seer",
    .name = "seer",
    .vendor = "Agon",
    .version = "1.0.0",
    .summary = "asks a model at each trade",
    .requires_ext = requires_ext,
    .n_requires = sizeof(requires_ext) / sizeof(requires_ext[0]),
    .budget_ns = 100000,
    .event_mask = AGON_ON(AGON_EVENT_TRADE),
    .arena_bytes = 65536,
    .state_schema = 1,
    .state_schema_oldest = 1,
    .caps = AGON_ADOPTS_ORDERS,
};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.agon.test.seer", "1.0.0");
AGON_EXPORT const struct agon_entry agon_plugin = {
    .size = sizeof(struct agon_entry),
    .abi_major = AGON_ABI_MAJOR,
    .abi_minor = AGON_ABI_MINOR,
    .n_plugins = 1,
    .plugins = descriptors,
    .create = create,
};
