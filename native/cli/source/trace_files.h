// Trace files as command_trace.cpp and its like read them.
#pragma once

#include <string>

#include <kelek/wire/trace_codec.h>

namespace kelek::cli {

/// Reads piece by piece. Throws Failed that names the file where it cannot be opened.
kelek::wire::TraceReader::Read trace_source(const std::string& file);

}  // namespace kelek::cli
