/* Merging the segments of the name index, so that whoever asks looks into few. */
#ifndef JOBD_STORE_SQLITE_INDEX_NAME_MERGE_H
#define JOBD_STORE_SQLITE_INDEX_NAME_MERGE_H

#include "store/sqlite/sqlite.h"

/*
 * Goes on with merging until about so many rows were read or thrown out, more where segments have
 * piled up; the state of it is in the tables, so it may stop anywhere. *ret_more tells whether
 * anything may be left to do. As name_index_step else.
 */
bool name_merge_step(struct sqlite_reader *writer, int rows, bool *ret_more);

#endif
