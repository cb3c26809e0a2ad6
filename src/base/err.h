/* What went wrong, as one sentence in fixed memory. */
#ifndef JOBD_BASE_ERR_H
#define JOBD_BASE_ERR_H

#include <stdbool.h>

/*
 * Functions that can fail take a `struct err *` last but for their outputs and write a sentence
 * there before they return false (base) or an `enum problem` other than PROBLEM_NONE (model and
 * above). The text is UTF-8, names the input at fault, never holds a secret, and is cut at a
 * character boundary when too long. Start from `struct err err = {0}`.
 */
struct err {
    char text[320];
};

/*
 * Writes the sentence; `err` may be NULL. Always returns false, so that `return err_set(err, …)`
 * reads well.
 */
bool err_set(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts `prefix: ` in front of what is there. Always returns false. */
bool err_prefix(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
