# host/net/http_head.c: a header's name may hold blanks
s/while (name < n && is_token_char((unsigned char)line\[name\]))/while (name < n \&\& (is_token_char((unsigned char)line[name]) || line[name] == ' '))/
