// SPDX-License-Identifier: Apache-2.0
/* seer: asks a model (agon.nn) at each trade, about the change of its price and its size, and goes
 * with the answer: buys where that begins to rise, sells where it begins to fall. For tests of
 * models that the host serves. */
#include <agon/ext/nn.h>
#include <agon/strategy.h>

struct seer {
    struct agon_strategy base;
    const struct agon_host *host;
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

static int on_trade(void *plugin, const struct agon_trade *trade)
{
    struct seer *self = plugin;
    struct seer_state *state = &self->state;
    struct agon_intent intent = {.kind = AGON_INTENT_ORDER,
                                 .type = AGON_MARKET,
                                 .instrument = trade->hdr.instrument,
                                 .qty = 100000};
    float x[2], y = 0;
    int64_t side;
    int rc;

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
        (void)self->base.desk.orders->submit(self->host, &intent, 1);
    }
    return AGON_OK;
}

static int write_model(void *plugin, struct agon_out *out)
{
    struct seer *self = plugin;
    int rc = self->nn->save(self->host, self->model, self->memory);

    return rc < 0 ? rc : agon_write(out, self->memory, self->n_memory);
}

static int read_model(void *plugin, struct agon_in *in)
{
    struct seer *self = plugin;
    int rc = agon_read(in, self->memory, self->n_memory);

    return rc < 0 ? rc : self->nn->load(self->host, self->model, self->memory, self->n_memory);
}

static int init(void *plugin)
{
    struct seer *self = plugin;
    const struct agon_host *host = self->base.desk.host;
    const struct agon_host_arena *arena = host->get_extension(host, AGON_EXT_ARENA);
    static const struct agon_nn_inputs asked = {.names = "change size"};
    const float x[3] = {0};
    struct agon_nn_shape shape;
    float y[2];
    int rc;

    self->host = host;
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

static const struct agon_handlers handlers = {.on_trade = on_trade};
static const struct agon_rule rule = {AGON_RULE(struct seer), .init = init,
                                      .write_more = write_model, .read_more = read_model,
                                      .on = &handlers};
AGON_NO_PARAMS(struct seer);
AGON_SERVICES(AGON_TO_TRADE, AGON_EXT_NN, AGON_EXT_METRIC);
static const struct agon_descriptor descriptor = {
    AGON_DESCRIBES(struct seer, 100000),
    .kind = AGON_STRATEGY,
    .caps = AGON_ADOPTS_ORDERS,
    AGON_NAMED("org.agon.test.seer", "1.0.0", "seer", "Agon"),
    .summary = "asks a model at each trade",
    AGON_SCHEMA(1, 1),
    .event_mask = AGON_ON(AGON_EVENT_TRADE)};
AGON_PLUGIN("org.agon.test.seer", "1.0.0", descriptor, rule);
