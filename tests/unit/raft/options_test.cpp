// Options: the defaults are allowed, and each wrong value is named with its bound.
#include <catch2/catch.hpp>

#include <string>

#include <kelek/raft/entry.h>
#include <kelek/raft/options.h>

using namespace kelek::raft;

namespace {

Options good() {
  Options options;
  options.id = 1;
  return options;
}

/// The one reason why these options are refused.
std::string reason(const Options& options) {
  const auto reasons = options.validate();
  REQUIRE(reasons.size() == 1);
  return reasons.front();
}

}  // namespace

TEST_CASE("the defaults need an id and nothing else") {
  CHECK(good().validate().empty());
  CHECK(reason(Options()) == "id is 0 but 0 is nobody: members are numbered from 1.");
}

TEST_CASE("heartbeats must be faster than elections") {
  Options options = good();
  options.heartbeat_ticks = 10;
  CHECK(reason(options) == "heartbeat_ticks is 10 but must be below election_ticks, which is 10.");
  options.heartbeat_ticks = 0;
  CHECK(reason(options) == "heartbeat_ticks is 0 but must be at least 1.");
  options = good();
  options.election_ticks = UINT32_MAX;
  CHECK(reason(options) == "election_ticks is 4294967295 but must be at most 1000000000.");
  options = good();
  options.election_delay_ticks = UINT32_MAX;
  CHECK(reason(options).find("election_delay_ticks is 4294967295") == 0);
}

TEST_CASE("leases need voters that keep to their leader, and time") {
  Options options = good();
  options.lease_reads = true;
  CHECK(options.validate().empty());
  options.check_quorum = false;
  CHECK(reason(options).find("lease_reads is on but check_quorum is off") == 0);
  options = good();
  options.lease_drift_ticks = 10;
  CHECK(options.validate().empty());
  options.lease_reads = true;
  CHECK(reason(options) == "lease_drift_ticks is 10 but must be below election_ticks, which is 10.");
}

TEST_CASE("sizes have bounds on both sides") {
  const auto refused = [](auto Options::*member, auto value, const std::string& name) {
    Options options = good();
    options.*member = value;
    INFO(name);
    CHECK(reason(options).find(name + " is " + std::to_string(value) + " but must be at") == 0);
  };
  refused(&Options::max_append_entries, std::uint32_t{0}, "max_append_entries");
  refused(&Options::max_append_entries, EntryRange::max_built_entries + 1, "max_append_entries");
  refused(&Options::max_append_bytes, std::size_t{0}, "max_append_bytes");
  refused(&Options::max_append_bytes, max_payload_bytes + 1, "max_append_bytes");
  refused(&Options::max_inflight_appends, std::uint32_t{0}, "max_inflight_appends");
  refused(&Options::max_inflight_bytes, std::size_t{0}, "max_inflight_bytes");
  refused(&Options::max_inflight_bytes, SIZE_MAX, "max_inflight_bytes");
  refused(&Options::max_uncommitted_bytes, std::size_t{0}, "max_uncommitted_bytes");
  refused(&Options::max_uncommitted_bytes, SIZE_MAX, "max_uncommitted_bytes");
  refused(&Options::max_unapplied_entries, std::uint32_t{0}, "max_unapplied_entries");
  refused(&Options::max_unapplied_bytes, std::size_t{0}, "max_unapplied_bytes");
  refused(&Options::max_unapplied_bytes, SIZE_MAX, "max_unapplied_bytes");
  refused(&Options::max_waiting, std::size_t{0}, "max_waiting");
  refused(&Options::snapshot_chunk_bytes, std::uint32_t{0}, "snapshot_chunk_bytes");
  refused(&Options::snapshot_chunk_bytes, UINT32_MAX, "snapshot_chunk_bytes");
  refused(&Options::max_inflight_chunks, std::uint32_t{0}, "max_inflight_chunks");
  refused(&Options::max_kept_for_snapshot_bytes, SIZE_MAX, "max_kept_for_snapshot_bytes");
}

TEST_CASE("every reason is told at once") {
  Options options;
  options.heartbeat_ticks = 0;
  options.max_waiting = 0;
  CHECK(options.validate().size() == 3);
}
