// SPDX-License-Identifier: Apache-2.0
/* Money as the API, `agon ctl` and /metrics have it: each figure under its own name, with its sign;
 * a position of a perpetual in contracts, and one that nothing is known of. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/impl.h"
#include "market/instrument_kind.h"
#include "ops/api_history.h"

static struct host_view *view;
static struct jout out;
static struct api api;

static void begin(void)
{
    view = calloc(1, sizeof(*view));
    ck_assert_ptr_nonnull(view);
    api = (struct api){.view = view, .history = api_history_new()};
    ck_assert_ptr_nonnull(api.history);
    view->base_exp = 8;
    strcpy(view->base_currency, "USDT");
    view->n_slots = 1;
    view->slots[0].is_used = 1;
    strcpy(view->slots[0].name, "one");
    view->slots[0].figures = (struct figures){.capital_amt = 10000000000,
                                              .equity_amt = 9300000000,
                                              .result_amt = -700000000,
                                              .gross_amt = -200000000,
                                              .fee_amt = 600000000,
                                              .rebate_amt = 300000000,
                                              .funding_amt = -200000000,
                                              .slippage_amt = -50000000,
                                              .volume_amt = 123456000000,
                                              .is_split = 1,
                                              .has_t = 1,
                                              .yield = -0.07,
                                              .drawdown = 0.125,
                                              .t = -0.5,
                                              .t_low = -2.5,
                                              .t_high = 1.5,
                                              .sharpe = -1.75,
                                              .n_samples = 25,
                                              .sample_s = 3600};
    view->figures = view->slots[0].figures;
    view->figures.equity_amt += 100000000;
    view->pool_amt = 100000000;
    view->n_instruments = 1;
    strcpy(view->instruments[0].symbol, "BTCUSDT");
    strcpy(view->instruments[0].unit, "USDT");
    view->instruments[0].kind = INSTRUMENT_LINEAR;
    view->instruments[0].px_exp = 1;
    view->instruments[0].qty_exp = view->instruments[0].base_exp = 3;
    view->instruments[0].quote_exp = 8;
    view->instruments[0].last_px = 610005;
    view->slots[0].n_positions = 1;
    view->slots[0].positions[0] =
        (struct host_view_position){.instrument = 1,
                                    .held_amt = -40,
                                    .qty = -40,
                                    .realised_amt = -1234000000,
                                    .fee_amt = 98000000,
                                    .funding_amt = -55000000,
                                    .n_fills = 3,
                                    .figures = {.entry_px = 6000012345678,
                                                .break_even_px = 5999000000000,
                                                .notional_amt = -244002000000,
                                                .unrealised_amt = -3999506173}};
}

static void end(void)
{
    jout_deinit(&out);
    api_history_free(api.history);
    free(view);
}

START_TEST(json_has_each_with_its_sign)
{
    begin();
    jout_open(&out, '{');
    api_put_figures(&api, &view->slots[0].figures, &out);
    jout_close(&out, '{');
    ck_assert_str_eq(
        jout_text(&out),
        "{\"currency\":\"USDT\",\"capital\":\"100.00\",\"equity\":\"93.00\",\"result\":\"-7.00\","
        "\"return\":-0.07,\"drawdown\":0.125,\"sharpe\":null,\"sortino\":null,\"t\":-0.5,"
        "\"t_low\":-2.5,\"t_high\":1.5,\"gross\":\"-2.00\",\"fees\":\"6.00\",\"rebates\":\"3.00\","
        "\"funding\":\"-2.00\",\"slippage\":\"-0.50\",\"volume\":\"1234.56\",\"judgement\":\"too "
        "short to judge\","
        "\"samples\":25,\"sample_s\":3600,\"days\":0}");
    jout_reset(&out);
    view->slots[0].figures.is_annual = 1;
    view->slots[0].figures.is_split = 0;
    jout_open(&out, '{');
    api_put_figures(&api, &view->slots[0].figures, &out);
    jout_close(&out, '{');
    ck_assert_ptr_nonnull(strstr(jout_text(&out), "\"sharpe\":-1.75,"));
    ck_assert_ptr_nonnull(
        strstr(jout_text(&out), "\"gross\":null,\"fees\":\"6.00\",\"rebates\":null"));
    ck_assert_ptr_nonnull(strstr(jout_text(&out), "\"judgement\":null"));
    end();
}
END_TEST

/* Not those of the figures, which are at mids. */
START_TEST(losses_against_limits_are_the_risk_gates_own)
{
    begin();
    view->slots[0].gate_equity_amt = 9800000000;
    view->slots[0].day_lost_amt = 125000000;
    view->slots[0].day_scaled_amt = 250000000; // of twice the capital by now
    view->slots[0].gate_high_amt = 10000000000;
    view->slots[0].limits.drawdown_ppm = 100000;
    api_put_agent_live(&api, 0, &out);
    ck_assert_ptr_nonnull(strstr(jout_text(&out),
                                 "\"day_loss\":\"1.25\",\"day_loss_scaled\":\"2.50\","
                                 "\"fall\":0.02,\"drawdown_limit\":0.1"));
    jout_reset(&out);
    view->slots[0].gate_equity_amt = 9950000000;
    view->slots[0].day_lost_amt = view->slots[0].day_scaled_amt = -25000000; // a gain of the day
    view->slots[0].gate_high_amt = 0;
    api_put_agent_live(&api, 0, &out);
    ck_assert_ptr_nonnull(strstr(jout_text(&out), "\"day_loss_scaled\":\"-0.25\",\"fall\":0"));
    end();
}
END_TEST

START_TEST(a_position_of_a_perpetual_is_shown)
{
    begin();
    api_put_position(&api, 0, &view->slots[0].positions[0], &out);
    ck_assert_str_eq(
        jout_text(&out),
        "{\"agent\":\"one\",\"symbol\":\"BTCUSDT\",\"side\":\"short\",\"quantity\":\"-0.040\","
        "\"is_dust\":false,\"entry\":\"60000.12345678\",\"break_even\":\"59990.0\",\"mark\":"
        "\"61000.5\","
        "\"notional\":\"-2440.02\",\"unrealised\":\"-40.00\",\"realised\":\"-12.34\","
        "\"funding\":\"-0.55\",\"fees\":\"0.98\",\"currency\":\"USDT\",\"entry_tag\":\"\","
        "\"fills\":3}");
    jout_reset(&out);
    // What no order can sell has no price at which it would close without loss.
    view->slots[0].positions[0].is_dust = 1;
    api_put_position(&api, 0, &view->slots[0].positions[0], &out);
    ck_assert_ptr_nonnull(strstr(jout_text(&out), "\"is_dust\":true,"));
    ck_assert_ptr_null(strstr(jout_text(&out), "break_even"));
    jout_reset(&out);
    // Nothing is not dust.
    view->slots[0].positions[0].held_amt = 0;
    api_put_position(&api, 0, &view->slots[0].positions[0], &out);
    ck_assert_ptr_nonnull(strstr(jout_text(&out), "\"is_dust\":false,"));
    jout_reset(&out);
    view->instruments[0].kind = INSTRUMENT_INVERSE;
    api_put_position(&api, 0, &view->slots[0].positions[0], &out);
    ck_assert_str_eq(jout_text(&out), "{\"agent\":\"one\",\"symbol\":\"BTCUSDT\",\"fills\":3}");
    end();
}
END_TEST

START_TEST(metrics_have_each_with_its_sign)
{
    static const char *const lines[] = {
        "agon_agent_equity{agent=\"one\"} 93.00\n",
        "agon_agent_capital{agent=\"one\"} 100.00\n",
        "agon_agent_result{agent=\"one\"} -7.00\n",
        "agon_agent_gross{agent=\"one\"} -2.00\n",
        "agon_agent_fees{agent=\"one\"} 6.00\n",
        "agon_agent_rebates{agent=\"one\"} 3.00\n",
        "agon_agent_funding{agent=\"one\"} -2.00\n",
        "agon_agent_slippage{agent=\"one\"} -0.50\n",
        "agon_agent_volume{agent=\"one\"} 1234.56\n",
        "agon_agent_return_ratio{agent=\"one\"} -0.07\n",
        "agon_agent_drawdown_ratio{agent=\"one\"} 0.125\n",
        "agon_agent_day_loss{agent=\"one\"} 1.25\n",
        "agon_agent_day_loss_scaled{agent=\"one\"} 2.50\n",
        "agon_agent_day_loss_limit{agent=\"one\"} 3.00\n",
        "agon_left_agents 2\n",
        "agon_left_capital 11.00\n",
        "agon_left_equity 10.00\n",
        "agon_left_result -1.00\n",
        "agon_agent_t{agent=\"one\"} -0.5\n",
        "agon_agent_t_low{agent=\"one\"} -2.5\n",
        "agon_agent_t_high{agent=\"one\"} 1.5\n",
        "\nagon_equity 94.00\n",
        "\nagon_result -7.00\n",
        "\nagon_pool 1.00\n",
        "agon_position_quantity{agent=\"one\",symbol=\"BTCUSDT\"} -0.040\n",
        "_entry_price{agent=\"one\",symbol=\"BTCUSDT\"} 60000.12345678\n",
        "_break_even_price{agent=\"one\",symbol=\"BTCUSDT\"} 59990.00000000\n",
        "_notional{agent=\"one\",symbol=\"BTCUSDT\",currency=\"USDT\"} -2440.02\n",
        "_unrealised{agent=\"one\",symbol=\"BTCUSDT\",currency=\"USDT\"} -40.00\n"};
    char *text = NULL;
    size_t n;
    FILE *file = open_memstream(&text, &n);

    begin();
    view->slots[0].gate_equity_amt = 9800000000;
    view->slots[0].day_lost_amt = 125000000;
    view->slots[0].day_scaled_amt = 250000000;
    view->n_left = 2;
    view->left.capital_amt = 1100000000;
    view->left.equity_amt = 1000000000;
    view->left.result_amt = -100000000;
    view->slots[0].limits.daily_loss_amt = 300000000;
    ck_assert_ptr_nonnull(file);
    api_figure_metrics(file, &api);
    ck_assert_int_eq(fclose(file), 0);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        ck_assert_msg(strstr(text, lines[i]) != NULL, "not there: %s", lines[i]);
    ck_assert_ptr_null(strstr(text, "sharpe{")); // not yet judged
    free(text);
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ops_figures");
    TCase *tcase = tcase_create("figures");
    SRunner *runner;
    int n_failed;

    tcase_add_test(tcase, json_has_each_with_its_sign);
    tcase_add_test(tcase, losses_against_limits_are_the_risk_gates_own);
    tcase_add_test(tcase, a_position_of_a_perpetual_is_shown);
    tcase_add_test(tcase, metrics_have_each_with_its_sign);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
