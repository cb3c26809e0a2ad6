/* The statement that exports records: by their keys, so that it goes on where it ended. */
#include "store/record_select.h"

static void add_columns(const struct record_select *select, const struct record_column *columns,
                        size_t count, const char *behind, struct buf *sql)
{
    for (size_t i = 0; i < count; i++) {
        buf_add_str(sql, i > 0 ? ", " : "");
        select->add_column(sql, &columns[i]);
        buf_add_str(sql, behind);
    }
}

void record_select(const struct record_select *select, const struct store_export *export,
                   struct buf *sql)
{
    const struct record_layout *layout = &record_layouts[export->kind];

    buf_add_str(sql, "SELECT ");
    add_columns(select, layout->columns, layout->count, "", sql);
    buf_printf(sql, " FROM %s", select->table);
    if (export->after != NULL) {
        buf_add_str(sql, " WHERE (");
        add_columns(select, layout->columns, layout->keys, "", sql);
        buf_add_str(sql, ") > (");
        for (size_t i = 0; i < layout->keys; i++)
            buf_printf(sql, "%s%c%zu", i > 0 ? ", " : "", select->mark, i + 1);
        buf_add_str(sql, ")");
    }
    buf_add_str(sql, " ORDER BY ");
    add_columns(select, layout->columns, layout->keys, export->last ? " DESC" : "", sql);
    buf_printf(sql, " LIMIT %zu", export->last ? (size_t)1 : export->limit);
}
