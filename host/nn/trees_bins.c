// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/trees_impl.h"

struct work {
    struct trees_bins *bins;
    const struct trees_data *data;
    float *sorted; /* [members][n_rows] */
};

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a;
    float y = *(const float *)b;

    return (x > y) - (x < y);
}

/* Halfway, but above a: x < cut has a on the left and b on the right. */
static float between(float a, float b)
{
    float cut = (float)(((double)a + (double)b) / 2);

    return cut > a ? cut : b;
}

/* Cuts between neighbours, so that what is left of the values is spread over what is left of the
 * bins; all of them where the bins suffice. Where values are missing the first cut has all that
 * are there on its right: missing is what a node may ask. Returns how many. */
static uint32_t cut(const float *sorted, uint32_t n, int has_missing, uint32_t most, float *cuts)
{
    uint32_t n_distinct = n > 0;
    uint32_t n_cuts = 0;
    uint32_t n_left = n;
    uint32_t in_bin = 0;

    for (uint32_t i = 1; i < n; i++)
        n_distinct += sorted[i] > sorted[i - 1];
    if (n > 0 && has_missing) {
        cuts[n_cuts++] = sorted[0];
        n_distinct++;
    }
    for (uint32_t i = 1; i < n && n_cuts + 1 < most; i++) {
        in_bin++;
        if (sorted[i] > sorted[i - 1] &&
            (n_distinct <= most || (uint64_t)in_bin * (most - n_cuts) >= n_left)) {
            cuts[n_cuts++] = between(sorted[i - 1], sorted[i]);
            n_left -= in_bin;
            in_bin = 0;
        }
    }
    return n_cuts;
}

static uint32_t bin_of(const float *cuts, uint32_t n_cuts, float value)
{
    uint32_t low = 0;
    uint32_t high = n_cuts;

    while (low < high) {
        uint32_t middle = (low + high) / 2;

        if (cuts[middle] <= value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void work_features(void *ctx, uint32_t from, uint32_t to, uint32_t member)
{
    const struct work *work = ctx;
    const struct trees_data *data = work->data;
    struct trees_bins *bins = work->bins;
    float *sorted = work->sorted + (size_t)member * data->n_rows;

    for (uint32_t feature = from; feature < to; feature++) {
        const float *x = data->x + feature;
        float *cuts = bins->cuts + (size_t)feature * bins->most;
        uint16_t *ids = bins->ids + (size_t)feature * data->n_rows;
        uint32_t n = 0;

        for (size_t row = 0; row < data->n_rows; row++)
            if (!isnan(x[row * data->n_features]))
                sorted[n++] = x[row * data->n_features];
        qsort(sorted, n, sizeof(*sorted), by_value);
        bins->n_cuts[feature] = cut(sorted, n, n < data->n_rows, bins->most, cuts);
        for (size_t row = 0; row < data->n_rows; row++) {
            float value = x[row * data->n_features];

            ids[row] =
                (uint16_t)(isnan(value) ? bins->most : bin_of(cuts, bins->n_cuts[feature], value));
        }
    }
}

int trees_bins_init(struct trees_bins *bins, const struct trees_data *data, uint32_t most,
                    struct team *team, uint32_t n_threads)
{
    struct work work = {.bins = bins, .data = data};
    size_t n = (size_t)data->n_features * most;

    *bins = (struct trees_bins){data->n_rows, data->n_features, most, NULL, NULL, NULL};
    bins->n_cuts = calloc(data->n_features, sizeof(*bins->n_cuts));
    bins->cuts = calloc(n, sizeof(*bins->cuts));
    bins->ids = calloc((size_t)data->n_features * data->n_rows, sizeof(*bins->ids));
    work.sorted = calloc((size_t)n_threads * data->n_rows, sizeof(*work.sorted));
    if (bins->n_cuts == NULL || bins->cuts == NULL || bins->ids == NULL || work.sorted == NULL) {
        free(work.sorted);
        trees_bins_deinit(bins);
        return AGON_ENOMEM;
    }
    team_run(team, data->n_features, 1, work_features, &work);
    free(work.sorted);
    return AGON_OK;
}

void trees_bins_deinit(struct trees_bins *bins)
{
    free(bins->n_cuts);
    free(bins->cuts);
    free(bins->ids);
    *bins = (struct trees_bins){0};
}
