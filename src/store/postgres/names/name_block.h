/* Name blocks: runs of jobs with the grams that are in any of their names. */
#ifndef JOBD_STORE_POSTGRES_NAMES_NAME_BLOCK_H
#define JOBD_STORE_POSTGRES_NAMES_NAME_BLOCK_H

/*
 * An index over the names of single jobs would cost each create more than all the rest of it, and
 * PostgreSQL would have to sort what it finds. So so many jobs in a row share one row: a pattern's
 * grams tell the blocks that may hold it, and those are read newest first, until the page is full.
 */
#define NAME_BLOCK_JOBS 32 /* 256 would take half of the room, and read six times as much */

/* The longest grams, in code points. */
#define NAME_BLOCK_GRAM 4

#endif
