// SPDX-License-Identifier: Apache-2.0
#include "match/gen_path.h"

#include <math.h>

#include "base/fmath.h"

#define MINUTES_PER_YEAR 525600.0
#define MINUTES_PER_DAY  1440.0

/* GARCH(1,1) at one minute: half of a shock is gone after three quarters of an hour. */
#define GARCH_SHOCK 0.06
#define GARCH_KEEP  0.925

/* Own part of a symbol's volatility: AR(1) of its logarithm, with this standard deviation. */
#define OWN_SD   0.15
#define OWN_KEEP 0.995

#define JUMP_SIGMAS      6.0 /* standard deviation of a jump, in that of the minute */
#define JUMPS_PER_DAY    2.0
#define CRASHES_PER_YEAR 1.0

static const double regime_factor[3] = {1.0, 1.7, 3.2}; /* calm, active, storm */
/* Chance per minute of going up and down a regime: calm lasts 8 hours, storms an hour and a half.
 */
static const double regime_up[3] = {1.0 / 480, 1.0 / 720, 0.0};
static const double regime_down[3] = {0.0, 1.0 / 240, 1.0 / 90};

/* --- correlation --- */

static int cholesky(const struct gen_config *config, double stretch, uint32_t n,
                    double factor[GEN_SYMBOLS_MAX][GEN_SYMBOLS_MAX])
{
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t j = 0; j <= i; j++) {
            double sum = i == j ? 1.0 : config->correlation[i][j] * stretch;

            for (uint32_t k = 0; k < j; k++)
                sum -= factor[i][k] * factor[j][k];
            if (i != j)
                factor[i][j] = sum / factor[j][j];
            else if (sum > 1e-9)
                factor[i][i] = sqrt(sum);
            else
                return 0;
        }
    }
    return 1;
}

static int check_correlation(const struct gen_config *config, uint32_t n, struct error *err)
{
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t j = 0; j < n; j++) {
            double value = config->correlation[i][j];

            if (!(value >= -1.0 && value <= 1.0))
                return error_set(err, AGON_EINVAL, "correlation[%u][%u] is not in -1 to 1", i, j);
            if (i == j && value != 1.0)
                return error_set(err, AGON_EINVAL, "correlation[%u][%u] is not 1", i, j);
            if (value != config->correlation[j][i])
                return error_set(err, AGON_EINVAL, "correlation[%u][%u] differs from its mirror", i,
                                 j);
        }
    }
    return AGON_OK;
}

/* Own jumps and own volatility water the correlation down; the shocks get that much more of it, as
 * far as the matrix stays one. */
static int make_factor(struct path *path, const struct gen_config *config, struct error *err)
{
    double jumps = path->jumps_per_minute * JUMP_SIGMAS * JUMP_SIGMAS;
    double wanted = (1.0 + jumps) * fmath_exp(OWN_SD * OWN_SD);

    for (int step = 8; step >= 0; step--)
        if (cholesky(config, 1.0 + (wanted - 1.0) * step / 8, path->n, path->factor))
            return AGON_OK;
    return error_set(err, AGON_EINVAL,
                     "the correlation matrix is not positive definite: some of its values "
                     "contradict each other");
}

/* --- minutes --- */

static void next_regime(struct path *path)
{
    double u = rng_unit(&path->rng);

    if (u < regime_up[path->regime])
        path->regime++;
    else if (u > 1.0 - regime_down[path->regime])
        path->regime--;
}

/* The market falls by 5 to 15 % within a minute (more where volatility is higher), and a third to
 * two thirds come back in the next hour, with volatility tripled at first. */
static void draw_crash(struct path *path)
{
    double drop = 0.05 + 0.10 * rng_unit(&path->rng);
    double back = 0.35 + 0.30 * rng_unit(&path->rng);
    int64_t ramp_ns = (10 + (int64_t)rng_below(&path->rng, 40)) * 1000000000;
    int64_t at_ns = (int64_t)rng_below(&path->rng, (uint64_t)(PATH_MINUTE_NS - ramp_ns));

    path->boost = 3.0;
    for (uint32_t i = 0; i < path->n; i++) {
        struct path_symbol *symbol = &path->symbols[i];
        double size = drop * sqrt(symbol->base_sigma / path->symbols[0].base_sigma) *
                      (0.9 + 0.2 * rng_unit(&path->rng));

        if (size > 0.6)
            size = 0.6;
        symbol->moves[1] = (struct path_move){fmath_log(1.0 - size), at_ns, ramp_ns};
        symbol->drift += size * back / 40.0;
    }
}

static void draw_symbol(struct path *path, uint32_t i, double shock)
{
    struct path_symbol *symbol = &path->symbols[i];

    symbol->own =
        OWN_KEEP * symbol->own + OWN_SD * sqrt(1.0 - OWN_KEEP * OWN_KEEP) * rng_normal(&path->rng);
    symbol->sigma = symbol->base_sigma * path->activity * path->busyness;
    if (!path->process.is_steady)
        symbol->sigma *= fmath_exp(symbol->own);
    symbol->diffuse =
        path_structured(path, i, shock) + symbol->drift - 0.5 * symbol->sigma * symbol->sigma;
    symbol->drift *= 1.0 - 1.0 / 40.0;
    symbol->moves[0].size = 0;
    symbol->moves[1].size = 0;
    if (rng_unit(&path->rng) < path->jumps_per_minute) {
        symbol->moves[0].size = JUMP_SIGMAS * symbol->sigma * rng_normal(&path->rng);
        symbol->moves[0].at_ns = (int64_t)rng_below(&path->rng, PATH_MINUTE_NS);
        symbol->moves[0].ramp_ns = 1;
    }
    symbol->walked = 0;
    symbol->at_ns = 0;
}

static void draw_minute(struct path *path)
{
    double normals[GEN_SYMBOLS_MAX];
    double leader = 0;
    double hour = (double)(path->t / PATH_MINUTE_NS % 1440) / MINUTES_PER_DAY;

    next_regime(path);
    path->boost = 1.0 + (path->boost - 1.0) * 0.985;
    path->busyness =
        path->process.is_flat ? 1.0 : sqrt(1.0 + 0.6 * fmath_cos(6.283185307179586 * hour));
    path->activity = path->process.is_steady
                         ? path->boost
                         : sqrt(path->variance) * regime_factor[path->regime] * path->boost;
    path_structure(path);
    for (uint32_t i = 0; i < path->n; i++) {
        double shock = 0;

        normals[i] = rng_normal(&path->rng);
        for (uint32_t j = 0; j <= i; j++)
            shock += path->factor[i][j] * normals[j];
        if (i == 0)
            leader = shock;
        draw_symbol(path, i, shock);
    }
    path->variance = 1.0 - GARCH_SHOCK - GARCH_KEEP +
                     (GARCH_SHOCK * leader * leader + GARCH_KEEP) * path->variance;
    if (rng_unit(&path->rng) < path->crashes_per_minute)
        draw_crash(path);
}

static double moved(const struct path_symbol *symbol, int64_t at_ns)
{
    double sum = 0;

    for (int i = 0; i < PATH_MOVES; i++) {
        const struct path_move *move = &symbol->moves[i];

        if (move->size == 0 || at_ns <= move->at_ns)
            continue;
        if (at_ns >= move->at_ns + move->ramp_ns)
            sum += move->size;
        else
            sum += move->size * (double)(at_ns - move->at_ns) / (double)move->ramp_ns;
    }
    return sum;
}

/* A price stays one: at the edges of what can be shown the walk is mirrored. */
static double mirrored(const struct path_symbol *symbol, double log_px)
{
    if (log_px < symbol->log_min)
        log_px = 2 * symbol->log_min - log_px;
    if (log_px > symbol->log_max)
        log_px = 2 * symbol->log_max - log_px;
    return log_px < symbol->log_min ? symbol->log_min : log_px;
}

void path_step(struct path *path)
{
    for (uint32_t i = 0; i < path->n; i++) {
        struct path_symbol *symbol = &path->symbols[i];

        symbol->log_px =
            mirrored(symbol, symbol->log_px + symbol->diffuse + moved(symbol, PATH_MINUTE_NS));
    }
    path->t += PATH_MINUTE_NS;
    draw_minute(path);
}

double path_log_px(const struct path *path, uint32_t i)
{
    const struct path_symbol *symbol = &path->symbols[i];

    return mirrored(symbol, symbol->log_px + symbol->walked + moved(symbol, symbol->at_ns));
}

double path_walk(struct path *path, uint32_t i, int64_t at_ns, struct rng *rng)
{
    struct path_symbol *symbol = &path->symbols[i];
    double left = (double)(PATH_MINUTE_NS - symbol->at_ns);
    double step = (double)(at_ns - symbol->at_ns);

    if (step > 0 && left > 0) {
        double spread = step * (left - step) / left / (double)PATH_MINUTE_NS;

        symbol->walked += (symbol->diffuse - symbol->walked) * (step / left) +
                          symbol->sigma * sqrt(spread > 0 ? spread : 0) * rng_normal(rng);
        symbol->at_ns = at_ns;
    }
    return path_log_px(path, i);
}

int path_init(struct path *path, const struct gen_config *config, const struct instruments *table,
              struct error *err)
{
    uint32_t n = 0;
    int rc;

    while (n < config->n_symbols && !config->symbols[n].follows)
        n++;
    rc = check_correlation(config, n, err);
    if (rc < 0)
        return rc;
    rng_init(&path->rng, rng_at(config->seed, 1, 0, 0, 0));
    path->n = n;
    path->t = config->t_start;
    path->variance = 1.0;
    path->regime = 0;
    path->boost = 1.0;
    path->jumps_per_minute =
        (config->jumps_per_day < 0 ? JUMPS_PER_DAY : config->jumps_per_day) / MINUTES_PER_DAY;
    path->crashes_per_minute =
        (config->crashes_per_year < 0 ? CRASHES_PER_YEAR : config->crashes_per_year) /
        MINUTES_PER_YEAR;
    path_structure_init(path, config);
    rc = make_factor(path, config, err);
    if (rc < 0)
        return rc;
    for (uint32_t i = 0; i < path->n; i++) {
        struct path_symbol *symbol = &path->symbols[i];
        const struct agon_instrument *def = instruments_get(table, config->symbols[i].instrument);

        symbol->base_sigma = config->symbols[i].volatility / sqrt(MINUTES_PER_YEAR);
        symbol->log_px = fmath_log((double)config->symbols[i].start_px);
        symbol->log_min = fmath_log((double)def->tick_px * 4.0);
        symbol->log_max = fmath_log(1e15);
        symbol->log_px = symbol->anchor = mirrored(symbol, symbol->log_px);
    }
    draw_minute(path);
    return AGON_OK;
}
