// Result: a value, or an Error that names the thing (file, line, address, key) and says why.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

namespace kelek::transport {

/// What kind of thing is wrong, for callers that choose an exit code or try something else.
enum class Problem : std::uint8_t {
  bad_address,     ///< not an address we connect to or bind, or one that this machine does not have
  address_in_use,  ///< somebody else listens there
  no_permission,   ///< the system does not allow it
  bad_key,         ///< a key, key file or authorised-clients file that is missing, unsafe or malformed
  bad_option,      ///< an option out of its range
  unsupported,     ///< the libraries here are too old or were built without something we need
  resources,       ///< out of descriptors or memory
};

struct Error {
  Problem problem = Problem::resources;
  /// One line for people; never holds a secret.
  std::string text;
};

template <typename Value>
class [[nodiscard]] Result {
 public:
  Result(Value value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: a value is a result
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: so is an error

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
  const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<Value, Error> state_;
};

struct Nothing {};
/// Done, or refused.
using Status = Result<Nothing>;

}  // namespace kelek::transport
