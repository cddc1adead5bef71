// JsonFields: the fields of a JSON object, taken one by one, so that what is missing, wrong or left over can be named.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace kelek::cli {

class JsonFields {
 public:
  /// Thrown by all of it; a phrase: `"call" is missing`.
  struct Wrong {
    std::string text;
  };

  /// `where` is told along with what is wrong: ` of "in"`, or nothing.
  JsonFields(const nlohmann::json& object, std::string where);

  bool has(const std::string& name) const { return object_.contains(name); }
  /// Null, or not there.
  bool is_null(const std::string& name);
  std::string text(const std::string& name);
  std::uint64_t number(const std::string& name);
  std::uint64_t number_or(const std::string& name, std::uint64_t otherwise);
  bool truth(const std::string& name);
  bool truth_or(const std::string& name, bool otherwise);
  std::vector<std::string> texts(const std::string& name);
  std::vector<std::uint64_t> numbers(const std::string& name);
  /// An object, or one without fields where there is none or it is null.
  nlohmann::json object(const std::string& name);
  /// Complains of a field that nobody has taken.
  void nothing_left() const;

 private:
  const nlohmann::json& take(const std::string& name);
  [[noreturn]] void wrong(const std::string& name, const std::string& what) const;

  nlohmann::json object_;
  std::string where_;
  std::set<std::string> taken_;
};

}  // namespace kelek::cli
