/* The bodies the library sends, as JSON. */
#ifndef JOBD_CLIENT_BODIES_H
#define JOBD_CLIENT_BODIES_H

#include "base/buf.h"
#include "base/err.h"
#include "jobd.h"

#include <stdbool.h>

/* As much as the server takes. */
#define BODY_CEILING (1u << 20)

/* False, with a sentence, when a text is not UTF-8, the payload no JSON, or all of it too large. */
bool create_write(struct buf *body, const struct jobd_create *create, struct err *err);
bool claim_write(struct buf *body, const struct jobd_claim *claim, struct err *err);

/* Likewise; `next`, which may be NULL, is claimed with it. */
bool report_write(struct buf *body, const struct jobd_report *report, const struct jobd_claim *next,
                  struct err *err);

#endif
