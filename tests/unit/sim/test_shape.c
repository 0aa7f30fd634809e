// SPDX-License-Identifier: Apache-2.0
/* JSON that is written by its shape. */
#include <check.h>
#include <stdlib.h>

#include "sim/pit.h"
#include "sim/shape.h"
#include "suite.h"

static struct jout out;

static void begin(void)
{
    jout_reset(&out);
}

static void end(void)
{
    jout_deinit(&out);
}

START_TEST(values_stand_where_the_shape_has_them)
{
    SHAPE(&out, "{id:'a b' text:$ n:$ on:$ dec:$ none:null list:[] $:{x:1.50 y:[$ '' $]}}",
          shape_text("q\"'$"), shape_int(-7), shape_bool(1), shape_dec(150, 2), shape_text("XBT"),
          shape_raw("[1]", 3), shape_int(2));
    ck_assert_str_eq(jout_text(&out),
                     "{\"id\":\"a b\",\"text\":\"q\\\"'$\",\"n\":-7,\"on\":true,\"dec\":\"1.50\","
                     "\"none\":null,\"list\":[],\"XBT\":{\"x\":1.50,\"y\":[[1],\"\",2]}}");
}
END_TEST

START_TEST(a_key_without_a_value_is_left_out)
{
    SHAPE(&out, "{a:$ b:$ c:$", shape_none(), shape_some(""), shape_some("c"));
    SHAPE(&out, "d:$ e:$}", shape_some(NULL), shape_bool(0));
    ck_assert_str_eq(jout_text(&out), "{\"c\":\"c\",\"e\":false}");
}
END_TEST

START_TEST(numbers_and_times_are_as_exchanges_write_them)
{
    SHAPE(&out, "[$ $ $ $ $ $]", shape_bare(150000000, 1), shape_bare(150000001, 1),
          shape_cut(150000000, 0), shape_cut(-1, 8), shape_when(1700000000123456789),
          shape_unix(1700000000123456789));
    SHAPE(&out, "[$ $ $ $ $]", shape_num(150000000), shape_id(17), shape_id(0),
          shape_ms(1700000000123456789), shape_ms(0));
    ck_assert_str_eq(jout_text(&out), "[1.5,1.50000001,\"2\",\"-0.00000001\","
                                      "\"2023-11-14T22:13:20.123456Z\",1700000000.123456],"
                                      "[\"1.5\",\"17\",\"\",\"1700000000123\",\"\"]");
}
END_TEST

START_TEST(a_shape_is_put_together_of_parts)
{
    shape_put(&out, "{data:[", NULL, 0);
    for (int i = 0; i < 2; i++)
        SHAPE(&out, "{i:$}", shape_int(i));
    SHAPE(&out, "] sequence:$}", shape_int(3));
    ck_assert_str_eq(jout_text(&out), "{\"data\":[{\"i\":0},{\"i\":1}],\"sequence\":3}");
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("shape");
    TCase *tcases[] = {tcase, NULL};

    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, values_stand_where_the_shape_has_them);
    tcase_add_test(tcase, a_key_without_a_value_is_left_out);
    tcase_add_test(tcase, numbers_and_times_are_as_exchanges_write_them);
    tcase_add_test(tcase, a_shape_is_put_together_of_parts);
    return suite_run_all("sim_shape", tcases);
}
