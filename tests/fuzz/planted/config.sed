# host/config/config.c: the column of what is not YAML counts from 0
/(uint32_t)parser->problem_mark.column + 1, NULL, CONFIG_E_SYNTAX,/s/ + 1//
