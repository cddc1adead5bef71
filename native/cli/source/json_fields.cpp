// Fields of JSON objects, and what can be wrong with them.
#include "json_fields.h"

#include <utility>

namespace kelek::cli {

JsonFields::JsonFields(const nlohmann::json& object, std::string where) : object_(object), where_(std::move(where)) {
  if (!object_.is_object()) throw Wrong{"an object is wanted here" + where_};
}

void JsonFields::wrong(const std::string& name, const std::string& what) const {
  throw Wrong{"\"" + name + "\"" + where_ + " " + what};
}

const nlohmann::json& JsonFields::take(const std::string& name) {
  taken_.insert(name);
  const auto place = object_.find(name);
  if (place == object_.end()) wrong(name, "is missing");
  return *place;
}

bool JsonFields::is_null(const std::string& name) {
  taken_.insert(name);
  return !object_.contains(name) || object_[name].is_null();
}

std::string JsonFields::text(const std::string& name) {
  const nlohmann::json& value = take(name);
  if (!value.is_string()) wrong(name, "must be a text");
  return value.get<std::string>();
}

std::uint64_t JsonFields::number(const std::string& name) {
  const nlohmann::json& value = take(name);
  if (!value.is_number_unsigned()) wrong(name, "must be a whole number from 0 on");
  return value.get<std::uint64_t>();
}

std::uint64_t JsonFields::number_or(const std::string& name, std::uint64_t otherwise) {
  return is_null(name) ? otherwise : number(name);
}

bool JsonFields::truth(const std::string& name) {
  const nlohmann::json& value = take(name);
  if (!value.is_boolean()) wrong(name, "must be true or false");
  return value.get<bool>();
}

bool JsonFields::truth_or(const std::string& name, bool otherwise) {
  return is_null(name) ? otherwise : truth(name);
}

std::vector<std::string> JsonFields::texts(const std::string& name) {
  std::vector<std::string> texts;
  const nlohmann::json& value = take(name);
  if (!value.is_array()) wrong(name, "must be a list of texts");
  for (const nlohmann::json& each : value) {
    if (!each.is_string()) wrong(name, "must be a list of texts");
    texts.push_back(each.get<std::string>());
  }
  return texts;
}

std::vector<std::uint64_t> JsonFields::numbers(const std::string& name) {
  std::vector<std::uint64_t> numbers;
  const nlohmann::json& value = take(name);
  if (!value.is_array()) wrong(name, "must be a list of whole numbers");
  for (const nlohmann::json& each : value) {
    if (!each.is_number_unsigned()) wrong(name, "must be a list of whole numbers");
    numbers.push_back(each.get<std::uint64_t>());
  }
  return numbers;
}

nlohmann::json JsonFields::object(const std::string& name) {
  if (is_null(name)) return nlohmann::json::object();
  if (!object_[name].is_object()) wrong(name, "must be an object");
  return object_[name];
}

void JsonFields::nothing_left() const {
  for (const auto& [name, value] : object_.items()) {
    if (taken_.count(name) == 0) wrong(name, "is not known");
  }
}

}  // namespace kelek::cli
