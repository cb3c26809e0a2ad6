/* Request ids of claims, and the grants that claims are answered with. */
#ifndef JOBD_STORE_POSTGRES_WRITE_CLAIM_REQUEST_H
#define JOBD_STORE_POSTGRES_WRITE_CLAIM_REQUEST_H

#include "base/scope.h"
#include "store/postgres/write/batch.h"

/* The claim that a step makes. */
static inline struct store_claim *pg_claim_of(const struct pg_step *step)
{
    return pg_call_claim(step->call);
}

/* The steps of pg_operation, for the request id. */
void pg_claim_request_look(struct pg_batch *batch, struct pg_step *step);
bool pg_claim_request_load(struct pg_batch *batch, struct pg_step *step);

/* *ret_known: the claim is answered by what is still held of the first time. */
enum problem pg_claim_again(struct pg_batch *batch, struct pg_step *step, bool *ret_known);

/* Keeps the request id with what was just granted, and throws out some that are too old. */
bool pg_claim_request_keep(struct pg_batch *batch, struct pg_step *step);

/*
 * Copies the texts of a job and its payload into the next grant; false when the caller's memory has
 * no room. pg_grant_fill then adds the grant as it is held now.
 */
bool pg_grant_room(struct store_claim *claim, const struct pg_held *held);
void pg_grant_fill(struct store_claim *claim, const struct pg_held *held, struct moment now);

#endif
