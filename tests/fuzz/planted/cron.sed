# host/base/cron.c: a number one beyond the largest passes
/if (\*value < field->least || \*value > field->most)/s/field->most)/field->most + 1)/
