// The single steps on keys that commands and txns share. They do not check: the caller has.
#pragma once

#include "context.h"

namespace kelek::machine {

using KvAt = std::map<std::string, KvRecord, std::less<>>::iterator;

KvResult put_key(Context& context, KvPut put);
// The same for who has found the place of the key already (lower_bound).
KvResult put_key(Context& context, KvPut&& put, KvAt at);
KvResult delete_key(Context& context, const KvDelete& command);
KvResult delete_key_range(Context& context, const KeyRange& range);
// Adds the keys of the range to `keys`, what this entry removes in all.
Refusal can_delete_range(const Context& context, const KeyRange& range, uint64_t& keys);

}  // namespace kelek::machine
