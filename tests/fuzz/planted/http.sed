# host/net/http.c: the first letter of a piece of a header name stays as it came
/for (size_t i = parse->head.n - n; i < parse->head.n; i++) {/s/parse->head.n - n;/parse->head.n - n + 1;/
