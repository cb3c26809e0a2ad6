/* Secrets: texts nobody can guess. */
#ifndef JOBD_AUTH_SECRET_H
#define JOBD_AUTH_SECRET_H

#include <stddef.h>

/* So many random bytes as base64url without padding, and a NUL. */
#define SECRET_SIZE(bytes) (((bytes)*8 + 5) / 6 + 1)

/* Fills SECRET_SIZE(bytes) from the random source. */
void secret_generate(char *ret_text, size_t bytes);

#endif
