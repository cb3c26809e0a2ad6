/* What is written for people: nothing a terminal obeys, in columns that fit it. */
#ifndef JOBD_JOBCTL_PRINT_H
#define JOBD_JOBCTL_PRINT_H

#include "base/buf.h"
#include "base/scope.h"
#include "jobd.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* How standard output, or standard error, is looked at. */
struct screen {
    bool terminal; /* not a file, a pipe, or a terminal that can only print */
    bool color; /* NO_COLOR is respected */
    size_t columns;
};
struct screen screen_of(FILE *stream);

/*
 * Appends the text with everything that could steer a terminal (controls, bytes that are no UTF-8,
 * reversals of direction) spelled out; lines become one.
 */
void print_safe(struct buf *out, const char *text);

/* The same, cut to `columns` (with an ellipsis) and filled up with blanks to at least `width`. */
void print_cell(struct buf *out, const char *text, size_t width, size_t columns);

/* How many columns print_safe's result takes. */
size_t print_width(const char *text);

/* "[####......]  42%", always as wide; without progress the bar is empty. */
void print_bar(struct buf *out, int progress);

/* The progress in a column: the bar on a terminal, elsewhere a number, or "-". */
void print_progress(struct buf *out, int progress, bool terminal);

/* A state in its colour, filled up to `width`. */
void print_state(struct buf *out, const char *state, size_t width, bool color);

/* "2026-11-23 17:21:05" by the user's clock; "-" for JOBD_NO_TIME. */
#define PRINT_TIME_SIZE 32
void print_time(int64_t ms, char ret_text[static PRINT_TIME_SIZE]);

/* Writes the buffer and releases it. False when the stream does not take it. */
bool print_out(FILE *stream, struct buf *text);

#endif
