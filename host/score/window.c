// SPDX-License-Identifier: Apache-2.0
#include "score/window.h"

#include "base/num.h"

#define YEAR_S (365.0 * 86400.0)

void window_start(struct window *window, int64_t equity_amt)
{
    memset(window, 0, sizeof(*window));
    window->open.base_amt = equity_amt;
}

void window_recapitalise(struct window *window, int64_t change_amt)
{
    window->open.base_amt = num_add(window->open.base_amt, change_amt);
}

void window_fill(struct window *window, int64_t result_amt, int is_closing)
{
    struct window_sample *open = &window->open;

    if (!is_closing)
        return;
    if (result_amt > 0) {
        open->n_wins++;
        open->won_amt = num_add(open->won_amt, result_amt);
    } else if (result_amt < 0) {
        open->n_losses++;
        open->lost_amt = num_add(open->lost_amt, -result_amt);
    }
}

void window_sample(struct window *window, int64_t equity_amt)
{
    window->open.equity_amt = equity_amt;
    window->samples[window->next] = window->open;
    window->next = (window->next + 1) % WINDOW_MAX;
    if (window->n < WINDOW_MAX)
        window->n++;
    window->open = (struct window_sample){.base_amt = equity_amt};
}

const struct window_sample *window_at(const struct window *window, uint32_t back)
{
    if (back >= window->n)
        return NULL;
    return &window->samples[(window->next + WINDOW_MAX - 1 - back) % WINDOW_MAX];
}

static double return_of(const struct window_sample *sample)
{
    return (double)num_add(sample->equity_amt, -sample->base_amt) / (double)sample->base_amt;
}

static void take_returns(struct window_figures *to)
{
    double count = (double)to->n_samples;
    double sum = 0.0;
    double square = 0.0;
    double high = 1.0;

    for (uint32_t back = to->n; back-- > 0;) {
        const struct window_sample *sample = window_at(to->window, back);

        if (sample->base_amt > 0) {
            double change = return_of(sample);

            sum += change;
            to->growth *= 1.0 + change;
            if (to->growth > high)
                high = to->growth;
            if ((high - to->growth) / high > to->drawdown)
                to->drawdown = (high - to->growth) / high;
        }
    }
    to->mean = sum / count;
    // A second pass: the difference of two large sums would lose what is to be measured.
    for (uint32_t back = to->n; back-- > 0;) {
        const struct window_sample *sample = window_at(to->window, back);

        if (sample->base_amt > 0) {
            double off = return_of(sample) - to->mean;

            square += off * off;
        }
    }
    if (to->n_samples < 2)
        return;
    to->variance = square / (count - 1.0);
    to->has_spread = to->variance > 1e-12 * to->mean * to->mean;
    if (to->has_spread)
        to->kelly = to->mean / to->variance;
}

struct window_figures window_figures(const struct window *window, uint32_t n, uint32_t sample_s)
{
    struct window_figures to = {.window = window,
                                .n = n < window->n ? n : window->n,
                                .per_year = YEAR_S / (double)sample_s,
                                .is_yearly = 1,
                                .growth = 1.0};

    for (uint32_t back = to.n; back-- > 0;) {
        const struct window_sample *sample = window_at(window, back);

        to.n_samples += sample->base_amt > 0;
        to.n_wins += sample->n_wins;
        to.n_losses += sample->n_losses;
        to.won_amt = num_add(to.won_amt, sample->won_amt);
        to.lost_amt = num_add(to.lost_amt, sample->lost_amt);
    }
    if (to.n_samples > 0)
        take_returns(&to);
    return to;
}

static void save_sample(const struct window_sample *sample, struct enc *enc)
{
    enc_i64(enc, sample->base_amt);
    enc_i64(enc, sample->equity_amt);
    enc_i64(enc, sample->won_amt);
    enc_i64(enc, sample->lost_amt);
    enc_u32(enc, sample->n_wins);
    enc_u32(enc, sample->n_losses);
}

static void load_sample(struct window_sample *sample, struct dec *dec)
{
    sample->base_amt = dec_i64(dec);
    sample->equity_amt = dec_i64(dec);
    sample->won_amt = dec_i64(dec);
    sample->lost_amt = dec_i64(dec);
    sample->n_wins = dec_u32(dec);
    sample->n_losses = dec_u32(dec);
}

// Oldest first: where the ring happens to stand is no state.
void window_save(const struct window *window, struct enc *enc)
{
    enc_u32(enc, window->n);
    for (uint32_t back = window->n; back-- > 0;)
        save_sample(window_at(window, back), enc);
    save_sample(&window->open, enc);
}

void window_load(struct window *window, struct dec *dec)
{
    memset(window, 0, sizeof(*window));
    window->n = dec_u32(dec);
    if (window->n > WINDOW_MAX) {
        dec_fail(dec);
        window->n = 0;
    }
    window->next = window->n % WINDOW_MAX;
    for (uint32_t i = 0; i < window->n; i++)
        load_sample(&window->samples[i], dec);
    load_sample(&window->open, dec);
}
