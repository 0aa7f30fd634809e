// SPDX-License-Identifier: Apache-2.0
/* agon-train: learns from candles which way the next ones go, and writes the file that plugins/lstm
 * is given. What a window of candles says is judged by those after the last that it learned from.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rng.h"
#include "kernels/cpu.h"
#include "nn/served.h"
#include "nn/train.h"

#define INPUTS    3u /* as plugins/lstm/lstm.c has them */
#define OUTPUTS   3u
#define BATCH     32u
#define INTERVAL  1.96
#define LINE_MOST 4096

struct options {
    const char *arch, *out, *data;
    uint32_t seed, batches, hidden, layers, window, ahead;
    double flat_bps, rate;
};

struct bars {
    size_t n, room;
    double last_t;
    double (*ohlc)[4];
    real (*x)[INPUTS]; /* of bar i, and the one before it */
    uint8_t *label;    /* 0 up, 1 flat, 2 down; of the `ahead` bars after bar i */
};

static int usage(void)
{
    fprintf(
        stderr,
        "usage: agon-train --out FILE [OPTION...] BARS.csv\n\n"
        "Learns from candles (lines of time, open, high, low, close, ...) and writes a model of\n"
        "direction for plugins/lstm.\n\n"
        "  --arch lstm|tcn|transformer  what learns (lstm)\n"
        "  --seed N                     what is drawn (1)\n"
        "  --batches N                  of 32 windows each (400)\n"
        "  --hidden N, --layers N       size of the model (16, 1)\n"
        "  --window N                   candles of a window (32)\n"
        "  --ahead N                    candles that a move is over (1)\n"
        "  --flat BPS                   a smaller move counts as flat (0)\n");
    return 2;
}

static int take(struct options *options, const char *name, const char *value)
{
    const struct {
        const char *name;
        uint32_t *at, least, most;
    } numbers[] = {
        {"--seed", &options->seed, 0, 1000000000},    {"--batches", &options->batches, 1, 10000000},
        {"--hidden", &options->hidden, 1, NET_WIDTH}, {"--layers", &options->layers, 1, NET_LAYERS},
        {"--window", &options->window, 1, 256},       {"--ahead", &options->ahead, 1, 10000}};
    char *end;

    if (strcmp(name, "--out") == 0)
        options->out = value;
    else if (strcmp(name, "--arch") == 0)
        options->arch = value;
    else if (strcmp(name, "--flat") == 0) {
        options->flat_bps = strtod(value, &end);
        return *end == '\0' && options->flat_bps >= 0 && isfinite(options->flat_bps);
    } else {
        for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
            if (strcmp(name, numbers[i].name) == 0) {
                unsigned long long number = strtoull(value, &end, 10);

                if (*value < '0' || *value > '9' || *end != '\0' || number < numbers[i].least ||
                    number > numbers[i].most)
                    return 0;
                *numbers[i].at = (uint32_t)number;
                return 1;
            }
        return 0;
    }
    return 1;
}

/* time, open, high, low, close; a first line of names is passed over. */
static int read_line(struct bars *bars, char *line, size_t number)
{
    double values[5];
    char *at = line;

    for (uint32_t i = 0; i < 5; i++) {
        char *end;

        values[i] = strtod(at, &end);
        if (end == at || (i < 4 && *end != ',') || !isfinite(values[i])) {
            if (number == 1)
                return AGON_OK;
            fprintf(stderr,
                    "agon-train: line %zu is not a candle; expected time,open,high,low,close\n",
                    number);
            return AGON_EINVAL;
        }
        at = end + 1;
    }
    if (!(values[3] > 0 && values[2] >= values[3] && values[4] >= values[3] &&
          values[4] <= values[2])) {
        fprintf(
            stderr,
            "agon-train: the prices of line %zu do not make a candle; expected high and low around "
            "open and close, and all above 0\n",
            number);
        return AGON_EINVAL;
    }
    if (bars->n > 0 && !(values[0] > bars->last_t)) {
        fprintf(stderr,
                "agon-train: the time of line %zu is not behind that of the one before; expected "
                "candles in the order of time\n",
                number);
        return AGON_EINVAL;
    }
    bars->last_t = values[0];
    if (bars->n == bars->room) {
        size_t room = bars->room == 0 ? 4096 : 2 * bars->room;
        void *grown = realloc(bars->ohlc, room * sizeof(*bars->ohlc));

        if (grown == NULL)
            return AGON_ENOMEM;
        bars->ohlc = grown;
        bars->room = room;
    }
    memcpy(bars->ohlc[bars->n++], values + 1, sizeof(*bars->ohlc));
    return AGON_OK;
}

static int read_bars(const struct options *options, struct bars *bars)
{
    FILE *file = fopen(options->data, "r");
    char line[LINE_MOST];
    size_t number = 0;
    int rc = AGON_OK;

    if (file == NULL) {
        fprintf(stderr, "agon-train: %s: %s\n", options->data, strerror(errno));
        return AGON_EIO;
    }
    while (rc >= 0 && fgets(line, sizeof(line), file) != NULL)
        rc = read_line(bars, line, ++number);
    if (rc >= 0 && ferror(file))
        rc = AGON_EIO;
    (void)fclose(file);
    return rc;
}

/* What each bar shows, and what became of it. */
static int derive(const struct options *options, struct bars *bars)
{
    bars->x = calloc(bars->n, sizeof(*bars->x));
    bars->label = calloc(bars->n, 1);
    if (bars->x == NULL || bars->label == NULL)
        return AGON_ENOMEM;
    for (size_t i = 1; i < bars->n; i++) {
        const double *bar = bars->ohlc[i];
        double range = bar[1] - bar[2];

        bars->x[i][0] = (real)((bar[3] / bars->ohlc[i - 1][3] - 1) * 1e4);
        bars->x[i][1] = (real)(range / bar[3] * 1e4);
        bars->x[i][2] = (real)(range > 0 ? (bar[3] - bar[2]) / range - 0.5 : 0);
    }
    for (size_t i = 0; i + options->ahead < bars->n; i++) {
        double move = (bars->ohlc[i + options->ahead][3] / bars->ohlc[i][3] - 1) * 1e4;

        bars->label[i] = move > options->flat_bps ? 0 : move < -options->flat_bps ? 2 : 1;
    }
    return AGON_OK;
}

static void normalise(const struct bars *bars, size_t until, real mean[INPUTS], real scale[INPUTS])
{
    for (uint32_t j = 0; j < INPUTS; j++) {
        double sum = 0;
        double squares = 0;

        for (size_t i = 1; i < until; i++)
            sum += (double)bars->x[i][j];
        sum /= (double)(until - 1);
        for (size_t i = 1; i < until; i++)
            squares += ((double)bars->x[i][j] - sum) * ((double)bars->x[i][j] - sum);
        squares = sqrt(squares / (double)(until - 1));
        mean[j] = (real)sum;
        // A column that does not move has rounding for a deviation.
        scale[j] = (real)(squares > 1e-9 * (1 + fabs(sum)) ? 1 / squares : 1);
    }
}

struct windows {
    const struct bars *bars;
    const struct net *net;
    uint32_t steps;
    real mean[INPUTS], scale[INPUTS];
    real *x, *target, *share;
};

/* Window `of` of a batch, whose last bar is `last`. */
static void put_window(struct windows *windows, uint32_t of, size_t last)
{
    for (uint32_t t = 0; t < windows->steps; t++) {
        size_t row =
            net_is_by_step(windows->net) ? (size_t)t * BATCH + of : (size_t)of * windows->steps + t;
        const real *x = windows->bars->x[last + 1 + t - windows->steps];
        int is_last = t + 1 == windows->steps;

        for (uint32_t j = 0; j < INPUTS; j++)
            windows->x[row * INPUTS + j] = (x[j] - windows->mean[j]) * windows->scale[j];
        for (uint32_t j = 0; j < OUTPUTS; j++) {
            windows->target[row * OUTPUTS + j] = windows->bars->label[last] == j;
            windows->share[row * OUTPUTS + j] = is_last ? (real)(1.0 / BATCH) : 0;
        }
    }
}

static uint32_t answer_of(const struct windows *windows, const real *y, uint32_t of)
{
    size_t row = net_is_by_step(windows->net) ? (size_t)(windows->steps - 1) * BATCH + of
                                              : (size_t)of * windows->steps + windows->steps - 1;
    uint32_t best = 0;

    for (uint32_t j = 1; j < OUTPUTS; j++)
        best = y[row * OUTPUTS + j] > y[row * OUTPUTS + best] ? j : best;
    return best;
}

/* On bars [from, to): how often it is right, beside the answer that is right most often there. */
static void judge(struct train *train, struct windows *windows, uint32_t ahead, size_t from,
                  size_t to)
{
    size_t n = 0;
    size_t right = 0;
    size_t of[OUTPUTS] = {0};
    size_t most = 0;
    double share;
    double off;

    for (size_t first = from; first + BATCH <= to; first += BATCH) {
        for (uint32_t i = 0; i < BATCH; i++)
            put_window(windows, i, first + i);
        train_forward(train, windows->x);
        for (uint32_t i = 0; i < BATCH; i++) {
            uint32_t label = windows->bars->label[first + i];

            n++;
            right += answer_of(windows, train->y, i) == label; // the processor's memory is ours
            of[label]++;
        }
    }
    if (n == 0)
        return;
    for (uint32_t j = 0; j < OUTPUTS; j++)
        most = of[j] > most ? of[j] : most;
    share = (double)right / (double)n;
    // Moves that overlap are not each one of its own: so many of them count as one.
    off = INTERVAL * sqrt(share * (1 - share) * ahead / (double)n);
    printf("out of sample: right in %.1f %% of %zu candles (%.1f to %.1f); one answer alone in "
           "%.1f %%: %s\n",
           100 * share, n, 100 * (share - off), 100 * (share + off), 100 * (double)most / (double)n,
           share - off > (double)most / (double)n ? "an edge" : "no edge that can be claimed");
}

static int learn(const struct options *options, const struct bars *bars, struct windows *windows,
                 struct train *train)
{
    size_t learnt = bars->n * 4 / 5; /* and the rest is asked */
    size_t first = options->window;
    /* No window that is asked reaches into a move that was learnt from. */
    size_t asked = learnt + options->ahead + options->window;
    double loss = 0;

    if (learnt < first + options->ahead + BATCH || asked + BATCH + options->ahead > bars->n) {
        fprintf(stderr, "agon-train: %zu candles are too few; expected at least %u\n", bars->n,
                10 * (options->window + options->ahead + BATCH));
        return AGON_EINVAL;
    }
    normalise(bars, learnt, windows->mean, windows->scale);
    for (uint32_t batch = 0; batch < options->batches; batch++) {
        struct rng rng;

        rng_init(&rng, rng_at(options->seed, 7, batch, 0, 0));
        for (uint32_t i = 0; i < BATCH; i++)
            put_window(windows, i, first + rng_below(&rng, learnt - first - options->ahead));
        if (batch == options->batches * 3 / 4)
            train->adam.rate /= 10;
        train_step(train, windows->x, windows->target, windows->share);
        loss += train_loss(train, windows->target, windows->share);
        if ((batch + 1) % 100 == 0 || batch + 1 == options->batches) {
            uint32_t n = batch % 100 + 1;

            printf("batch %u: loss %.4f\n", batch + 1, loss / n);
            if (!isfinite(loss)) {
                fprintf(stderr, "agon-train: the loss is not a number any more; expected other "
                                "candles or another --seed\n");
                return AGON_EINVAL;
            }
            loss = 0;
        }
    }
    judge(train, windows, options->ahead, asked, bars->n - options->ahead);
    return AGON_OK;
}

static int write_model(const struct options *options, struct windows *windows, struct train *train)
{
    char part[4096];
    FILE *file = NULL;
    char served[32];
    struct error err = {0};
    int rc;

    // Whole or not at all: what is there may be what a roster names.
    if (snprintf(part, sizeof(part), "%s.part", options->out) < (int)sizeof(part))
        file = fopen(part, "wb");
    else
        errno = ENAMETOOLONG;
    if (file == NULL) {
        fprintf(stderr, "agon-train: %s: %s\n", options->out, strerror(errno));
        return AGON_EIO;
    }
    (void)snprintf(served, sizeof(served), "window:%u", options->window);
    rc = served_write(file, windows->net, served, windows->mean, windows->scale, train->weights,
                      &err);
    if (rc >= 0 && (fflush(file) != 0 || fsync(fileno(file)) != 0))
        rc = error_set(&err, AGON_EIO, "it does not take it all: %s", strerror(errno));
    if (fclose(file) != 0 && rc >= 0)
        rc = error_set(&err, AGON_EIO, "it does not take it all: %s", strerror(errno));
    if (rc >= 0 && rename(part, options->out) != 0)
        rc = error_set(&err, AGON_EIO, "%s", strerror(errno));
    if (rc < 0) {
        fprintf(stderr, "agon-train: %s: %s\n", options->out, err.text);
        (void)unlink(part);
    }
    return rc;
}

static int run(const struct options *options, const struct net *net, struct bars *bars)
{
    struct device *device = cpu_device_new(CPU_BEST, 1);
    size_t rows = (size_t)options->window * BATCH;
    struct windows windows = {.bars = bars,
                              .net = net,
                              .steps = options->window,
                              .x = calloc(rows * (INPUTS + 2 * OUTPUTS), sizeof(real))};
    struct train train = {0};
    int rc = AGON_ENOMEM;

    if (device != NULL && windows.x != NULL &&
        train_init(device, net, options->window, BATCH, TRAIN_CLASSES, options->rate, options->seed,
                   &train) >= 0) {
        windows.target = windows.x + rows * INPUTS;
        windows.share = windows.target + rows * OUTPUTS;
        rc = learn(options, bars, &windows, &train);
        if (rc >= 0)
            rc = write_model(options, &windows, &train);
        train_deinit(&train);
    }
    free(windows.x);
    if (device != NULL)
        device->free(device);
    return rc;
}

int main(int argc, char **argv)
{
    struct options options = {.arch = "lstm",
                              .seed = 1,
                              .batches = 400,
                              .hidden = 16,
                              .layers = 1,
                              .window = 32,
                              .ahead = 1,
                              .rate = 0.005};
    struct net_shape shape = {.inputs = INPUTS, .outputs = OUTPUTS, .taps = 3, .heads = 1};
    struct bars bars = {0};
    struct error err = {0};
    struct net net;
    char name[32];
    int rc = AGON_ENOMEM;

    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) != 0)
            options.data = argv[i];
        else if (i + 1 == argc || !take(&options, argv[i], argv[i + 1]))
            return usage();
        else
            i++;
    }
    if (options.out == NULL || options.data == NULL)
        return usage();
    (void)snprintf(name, sizeof(name), "%s/1", options.arch);
    shape.arch = net_arch_find(name);
    shape.hidden = options.hidden;
    shape.layers = options.layers;
    shape.span = options.window;
    shape.feed = 2 * options.hidden < NET_WIDTH ? 2 * options.hidden : NET_WIDTH;
    if (shape.arch == NULL)
        return usage();
    if (net_init(&shape, &net, &err) < 0) {
        fprintf(stderr, "agon-train: %s\n", err.text);
        return 2;
    }
    rc = read_bars(&options, &bars);
    if (rc >= 0)
        rc = derive(&options, &bars);
    if (rc >= 0)
        rc = run(&options, &net, &bars);
    if (rc == AGON_ENOMEM)
        fprintf(stderr, "agon-train: no memory\n");
    free(bars.ohlc);
    free(bars.x);
    free(bars.label);
    return rc == AGON_EINVAL ? 4 : rc < 0 ? 6 : 0;
}
