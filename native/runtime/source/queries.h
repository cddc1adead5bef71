// Queries: what the machine knows, as the client protocol asks for it.
#pragma once

#include <cstddef>

#include <kelek/machine/machine.h>
#include <kelek/wire/client_protocol.h>
#include <kelek/wire/queries.h>

namespace kelek::runtime {

/// Pages are cut so that a frame of max_bytes holds them; what cannot be cut may still be larger.
wire::ResponseBody answer_query(const machine::Machine& machine, const wire::QueryBody& query, std::size_t max_bytes);

}  // namespace kelek::runtime
