// Everything that people write and programs read: configuration, cluster file, review, lists of clients,
// addresses, keys, member contexts. Each is taken, or refused by an error that is a value or a Failed; what
// is taken is the same when it is written and read again.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <kelek/runtime/member_context.h>
#include <kelek/transport/address.h>
#include <kelek/transport/identity_registry.h>
#include <kelek/transport/keys.h>

#include "cluster_file.h"
#include "demo/review.h"
#include "exit_codes.h"
#include "settings.h"

#include "allocation_bound.h"

using namespace kelek;

namespace {

constexpr const char* file_name = "input";

// Calls `take`; any exception but Failed goes on and ends the run.
template <class Take>
void taken_or_failed(const Take& take) {
  try {
    take();
  } catch (const cli::Failed&) {
  }
}

void read_cluster_file(std::string_view text) {
  taken_or_failed([text] {
    const cli::ClusterFile file = cli::parse_cluster_file(text, file_name);
    const std::string written = cli::format(file);
    // Outside the handler's reach: what format() writes must be taken.
    std::string again;
    try {
      again = cli::format(cli::parse_cluster_file(written, file_name));
    } catch (const cli::Failed&) {
      std::abort();
    }
    if (again != written) std::abort();
  });
}

void read_member_context(std::string_view text) {
  const runtime::Result<runtime::MemberContext> context = runtime::decode_member_context(text);
  if (!context.ok()) return;
  const runtime::Result<runtime::MemberContext> again = runtime::decode_member_context(runtime::encode(*context));
  if (!again.ok() || !(*again == *context)) std::abort();
}

void read_names(std::string_view text) {
  for (const bool for_bind : {false, true}) {
    const transport::Result<transport::Address> address = transport::parse_address(text, for_bind);
    if (!address.ok()) continue;
    const auto again = transport::parse_address(address.value().endpoint(), for_bind);
    if (!again.ok() || again.value().endpoint() != address.value().endpoint()) std::abort();
  }
  if (const auto key = transport::PublicKey::from_text(text); key && key->text() != text) std::abort();
  const auto clients = transport::parse_authorised_clients(text, file_name);
  if (!clients.ok() && clients.error().text.find(file_name) == std::string::npos) std::abort();
  std::uint64_t number = 0;
  cli::parse_number(std::string(text), UINT64_MAX, number);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::AllocationBound bound(size);
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  taken_or_failed([text] { cli::parse_config(text, file_name); });
  taken_or_failed([text] { cli::parse_review(text, file_name); });
  read_cluster_file(text);
  read_member_context(text);
  read_names(text);
  return 0;
}
