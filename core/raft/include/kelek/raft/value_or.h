// ValueOr: a value, or the reason why there is none. Each library names its own reason (raft::Error, wire::Error,
// storage::Error, ...) and calls the pair its Result.
#pragma once

#include <utility>
#include <variant>

namespace kelek::raft {

/// Reason is never a Value. Which of the two it holds is set when it is made.
template <typename Value, typename Reason>
class [[nodiscard]] ValueOr {
 public:
  ValueOr(Value&& value) : state_(std::in_place_index<0>, std::move(value)) {}   // NOLINT: a value is a result
  ValueOr(const Value& value) : state_(std::in_place_index<0>, value) {}         // NOLINT
  ValueOr(Reason reason) : state_(std::in_place_index<1>, std::move(reason)) {}  // NOLINT: so is a reason

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  /// Only when ok().
  Value& value() { return std::get<0>(state_); }
  const Value& value() const { return std::get<0>(state_); }
  Value* operator->() { return &value(); }
  const Value* operator->() const { return &value(); }
  Value& operator*() { return value(); }
  const Value& operator*() const { return value(); }
  /// Only when not ok().
  const Reason& error() const { return std::get<1>(state_); }

 private:
  std::variant<Value, Reason> state_;
};

}  // namespace kelek::raft
