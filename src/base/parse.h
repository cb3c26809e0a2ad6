/* Numbers, durations and sizes from text, strictly. */
#ifndef JOBD_BASE_PARSE_H
#define JOBD_BASE_PARSE_H

#include "base/span.h"

#include <stdbool.h>
#include <stdint.h>

/* Decimal, optional `-`, nothing else, within min..max. */
bool parse_int(struct span text, int64_t min, int64_t max, int64_t *ret_value);

/*
 * A whole number with a unit: `250ms`, `10s`, `5m`, `2h`, `1d`; a bare number is seconds. In
 * milliseconds; never negative.
 */
bool parse_duration(struct span text, int64_t *ret_ms);

/* `true`, `yes`, `on`, `1` and `false`, `no`, `off`, `0`. */
bool parse_bool(struct span text, bool *ret_value);

/* The value of a hexadecimal digit of either case; -1 for any other byte. */
int parse_hex_digit(char digit);

#endif
