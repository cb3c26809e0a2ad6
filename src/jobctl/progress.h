/* What a wrapped command says of its progress, line by line. */
#ifndef JOBD_JOBCTL_PROGRESS_H
#define JOBD_JOBCTL_PROGRESS_H

#include "base/err.h"
#include "base/span.h"
#include "jobd.h"

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

/* Less than the server takes, so that something can be added. */
#define PROGRESS_MESSAGE_SIZE 3901

struct progress {
    int percent; /* 0..100, or JOBD_NO_PROGRESS: none was said */
    bool has_message;
    char message[PROGRESS_MESSAGE_SIZE]; /* valid UTF-8 without controls */
};

/*
 * Copies `text`, trimmed, as far as it fits, in the form the server takes: valid UTF-8 without
 * controls. Returns the length.
 */
size_t progress_clean(struct span text, char *ret_text, size_t size);

/* `42 message`, `42%`, `42 % message`, `42`, or `message`. False for a line without anything. */
bool progress_from_line(const char *line, struct progress *ret_progress);

/* Compiles a POSIX extended expression whose first group is the number. */
bool progress_pattern(regex_t *pattern, const char *text, struct err *err);

/* Group 1 is the number, group 2 the message. False when the line does not match. */
bool progress_from_match(const regex_t *pattern, const char *line, struct progress *ret_progress);

/*
 * Bytes cut into lines, which end at \n or \r. Of a line longer than the memory here the front is
 * kept. Start from {0}.
 */
struct lines {
    char text[8192];
    size_t len;
    void (*take)(void *context, const char *line);
    void *context;
};
void lines_feed(struct lines *lines, struct span bytes);
/* The last line may lack its end. */
void lines_end(struct lines *lines);

#endif
