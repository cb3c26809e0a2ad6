/* Request bodies: JSON read with sentences for the user. */
#include "model/body.h"

#define FIELD_SENTENCE "The field "

static bool is_about(const struct err *problem, const char *field)
{
    struct span text = span_of(problem->text);
    return span_starts(text, field) && text.ptr[strlen(field)] == ' ';
}

static bool could_not_read(const struct err *problem, struct err *err)
{
    return err_set(err, "The body could not be read: %s.", problem->text);
}

struct json_value *body_parse(struct span body, struct err *err)
{
    struct err problem = {0};
    struct json_value *document = json_parse(body, &problem);
    if (document == NULL)
        could_not_read(&problem, err);
    return document;
}

bool body_read(const struct json_value *object, const struct json_field *fields, size_t count,
               bool strict, void *target, struct err *err)
{
    struct err problem = {0};
    if (json_read_object(object, fields, count, strict, target, &problem))
        return true;
    for (size_t i = 0; i < count; i++) {
        if (is_about(&problem, fields[i].name))
            return err_set(err, FIELD_SENTENCE "%s.", problem.text);
    }
    return could_not_read(&problem, err);
}

void body_error_at(struct err *err, const char *path)
{
    struct err problem = *err;
    if (span_starts(span_of(problem.text), FIELD_SENTENCE))
        err_set(err, FIELD_SENTENCE "%s.%s", path, problem.text + strlen(FIELD_SENTENCE));
    else
        err_prefix(err, "%s", path);
}
