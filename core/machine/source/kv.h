// The single steps on keys that commands and txns share. They do not check: the caller has.
#pragma once

#include "context.h"

namespace kelek::machine {

KvResult put_key(Context& context, const KvPut& put);
KvResult delete_key(Context& context, const KvDelete& command);
KvResult delete_key_range(Context& context, const KeyRange& range);
Refusal can_delete_range(const Context& context, const KeyRange& range);

}  // namespace kelek::machine
