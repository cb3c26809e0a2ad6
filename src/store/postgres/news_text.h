/* News as text, for notifications that other daemons hear. */
#ifndef JOBD_STORE_POSTGRES_NEWS_TEXT_H
#define JOBD_STORE_POSTGRES_NEWS_TEXT_H

#include "base/buf.h"
#include "store/news.h"

#include <stdbool.h>

/* PostgreSQL takes less than 8,000 bytes. */
#define NEWS_TEXT_MAX 7900

/*
 * Lines of `c POSITION CHANGE COUNT` (jobs at consecutive positions, under consecutive change
 * numbers), `r COUNT TYPE` and `d TIME` (of the lease clock).
 */
struct news_text {
    struct buf text; /* as much as goes into one notification */
    void (*send)(void *context, struct span text); /* takes what is full, and the rest at the end */
    void *context;
};

/* Writes all of it; `head` begins each text. False without memory. */
bool news_text_write(struct news_text *out, const struct news *news, const char *head);

/* Adds what a text says, without its head. False when it cannot be read. */
bool news_text_read(struct news *news, struct span text);

#endif
