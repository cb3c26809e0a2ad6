/* Text rules: what a text in a request may hold, and the sentence for one that breaks it. */
#ifndef JOBD_MODEL_TEXT_RULE_H
#define JOBD_MODEL_TEXT_RULE_H

#include "base/err.h"
#include "base/span.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

struct text_rule {
    const char *what; /* as the sentence names it: "field name", "parameter type" */
    size_t min, max; /* code points */
    enum text_controls controls;
};

/* False with a sentence for the user. Never repeats the text itself. */
bool text_rule_check(const struct text_rule *rule, struct span text, struct err *err);

#endif
