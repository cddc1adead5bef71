// What the tests of storage share: entries and Readys in a few words, and a directory on a disk of either kind.
#pragma once

#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <kelek/storage/data_directory.h>

namespace kelek::storage::test {

inline Identity identity_of_node(raft::NodeId id = 1) {
  Identity identity;
  for (std::size_t i = 0; i < identity.cluster_id.size(); ++i) {
    identity.cluster_id[i] = static_cast<std::uint8_t>(0x10 + i);
  }
  identity.cluster_name = "reviews";
  identity.node_id = id;
  identity.incarnation = 7;
  return identity;
}

inline raft::Configuration three_voters() {
  const raft::NodeId ids[] = {1, 2, 3};
  return raft::Configuration::of_voters(ids);
}

/// Small segments and no thread of the log's own: the same bytes every time.
inline StorageOptions small_options(std::size_t segment_bytes = 16 * 1024) {
  StorageOptions options;
  options.log.segment_bytes = segment_bytes;
  options.log.background = false;
  return options;
}

inline raft::EntryRange entry(raft::Index index, raft::Term term, const std::string& text) {
  raft::EntryRange::Builder builder(index, 1);
  builder.add(term, raft::EntryKind::command, raft::Payload::copy_of(text));
  return builder.finish();
}

inline raft::EntryRange entries(raft::Index first, raft::Index last, raft::Term term, const std::string& text = "e") {
  raft::EntryRange::Builder builder(first, static_cast<std::uint32_t>(last - first + 1));
  for (raft::Index index = first; index <= last; ++index) {
    builder.add(term, raft::EntryKind::command, raft::Payload::copy_of(text + std::to_string(index)));
  }
  return builder.finish();
}

inline std::string describe(const Status& status) {
  return status ? "well" : status.error().text;
}

/// What a test asserts of things that must go well: shows the sentence if they do not.
#define REQUIRE_WELL(expression)                              \
  do {                                                        \
    const auto& well_result = (expression);                   \
    INFO((well_result.ok() ? "" : well_result.error().text)); \
    REQUIRE(well_result.ok());                                \
  } while (false)

inline Status write(Log& log, const raft::HardState& state, const raft::EntryRange& range) {
  Status staged = range.empty() ? log.stage(&state, {}) : log.stage(&state, {&range, 1});
  return staged ? log.commit() : staged;
}

inline Status write(Log& log, const raft::EntryRange& range) {
  Status staged = log.stage(nullptr, {&range, 1});
  return staged ? log.commit() : staged;
}

/// "1:a 2:b", the texts of the entries by index.
inline std::string texts(const std::vector<raft::EntryRange>& ranges) {
  std::string all;
  for (const raft::EntryRange& range : ranges) {
    range.for_each([&](raft::Index index, const raft::Entry& one) {
      all += (all.empty() ? "" : " ") + std::to_string(index) + ":" + std::string(one.payload.text());
    });
  }
  return all;
}

inline DataDirectory::Opened open_or_fail(FileSystem& files, const std::string& path,
                                          const StorageOptions& options = small_options()) {
  Result<DataDirectory::Opened> opened = DataDirectory::open(files, path, identity_of_node(), options);
  INFO((opened.ok() ? "" : opened.error().text));
  REQUIRE(opened.ok());
  return std::move(*opened);
}

inline void create_or_fail(FileSystem& files, const std::string& path,
                           const StorageOptions& options = small_options()) {
  REQUIRE_WELL(DataDirectory::create(files, path, identity_of_node(), three_voters(), options));
}

}  // namespace kelek::storage::test
