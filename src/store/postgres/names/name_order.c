/* Name orders: made by PostgreSQL from what `job_name` has. */
#include "store/postgres/names/name_order.h"

#include "store/postgres/names/segment.h"

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)
#define PLACES "(" TEXT(JOB_BLOCK) " / " NAME_PLACE_TEXT ")"
#define BLOCKS "(" TEXT(NAME_SEGMENT_WIDTH) " ^ s.level)::int8"

/* The jobs of the segment in order, counted from 0. Its blocks are as many as its level says. */
#define RANKED                                                                                     \
    "SELECT row_number() OVER (ORDER BY n.name_key, n.position DESC) - 1 AS rank, n.name_key, "    \
    "n.position, p.place * " NAME_PLACE_TEXT " + u.i - 1 AS ordinal FROM name_segment AS s CROSS " \
    "JOIN LATERAL (SELECT * FROM name_place WHERE place >= s.block * " PLACES " AND place < "      \
    "(s.block + " BLOCKS ") * " PLACES " OFFSET 0) AS p CROSS JOIN LATERAL unnest(p.positions) "   \
    "WITH ORDINALITY AS u (position, i) JOIN job_name AS n ON n.position = u.position WHERE "      \
    "s.first = $1 AND NOT EXISTS (SELECT FROM name_order WHERE segment = $1)"

/* Which jobs a run has is told by their ordinals, four bytes each, in no order. */
static const char insert[] =
    "INSERT INTO name_order (segment, run, first, last, newest, oldest, ordinals) SELECT $1, "
    "r.rank / " NAME_ORDER_RUN_TEXT ", min(r.name_key), max(r.name_key), max(r.position), "
    "min(r.position), string_agg(int4send(r.ordinal::int4), '') FROM (" RANKED ") AS r GROUP BY "
    "r.rank / " NAME_ORDER_RUN_TEXT;

void name_order_send(struct pg_connection *connection, int64_t segment)
{
    struct pg_params params = {0};

    param_number(&params, segment);
    pg_send(connection, insert, &params);
}
