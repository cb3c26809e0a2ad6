/* Moving: a whole store copied into another, page by page, and compared with it at the end. */
#ifndef JOBD_STORE_MOVE_H
#define JOBD_STORE_MOVE_H

#include "store/store.h"

/* What a move is at. */
struct move_progress {
    enum move_stage { MOVE_COPYING, MOVE_INDEXING, MOVE_COMPARING } stage;
    enum record_kind kind; /* of what is copied or compared */
    int64_t done, total; /* rows of the kind, those of earlier runs included; or indexes */
};

/*
 * Both stores are opened for moving. The target is empty, or what an earlier move from the same
 * store left, which ended at any moment: then it goes on where that stopped. At the end each row of
 * either is compared with the other's by its digest, and only then the target is whole.
 *
 * Leases move as they are. By the target's lease clock each held one runs at least as long as by
 * the source's, and ends at the latest its own length after the target is opened to be served.
 */
struct move {
    struct store *from, *to;
    void (*progress)(void *context, const struct move_progress *progress); /* NULL: nobody asks */
    void *context;
    int64_t copied; /* out: rows, by this run */
    int64_t compared; /* out */
};

/* False with a sentence; the target is then as far as it got, and can be moved into again. */
bool move_run(struct move *move, struct err *err);

#endif
