/* What reading takes on a store of ten million jobs, in microseconds, about. */
#ifndef JOBD_STORE_POSTGRES_FIND_COSTS_H
#define JOBD_STORE_POSTGRES_FIND_COSTS_H

#define FIND_LISTED_US 10. /* a job by its position, which may be anywhere */
#define FIND_TABLE_US 3. /* a job of an index, with what only the table has */
#define FIND_KEY_US 2. /* an entry of an index, its name compared or some names looked up */
#define FIND_INDEX_US .5 /* an entry of an index */
#define FIND_RUN_US 4. /* a run of names */

#endif
