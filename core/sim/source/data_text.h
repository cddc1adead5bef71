// The state of a simulated application, a list of texts, as the bytes of a snapshot.
#pragma once

#include <string>
#include <vector>

namespace kelek::sim {

/// Each text ends with a line feed; one within a text is "\n", a backslash "\\".
inline std::string pack_data(const std::vector<std::string>& data, std::size_t count) {
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i) {
    for (const char letter : data[i]) {
      if (letter == '\n' || letter == '\\') bytes += '\\';
      bytes += letter == '\n' ? 'n' : letter;
    }
    bytes += '\n';
  }
  return bytes;
}

inline std::vector<std::string> unpack_data(const std::string& bytes) {
  std::vector<std::string> data;
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] == '\n') {
      data.push_back(std::move(text));
      text.clear();
    } else if (bytes[i] == '\\' && i + 1 < bytes.size()) {
      text += bytes[++i] == 'n' ? '\n' : bytes[i];
    } else {
      text += bytes[i];
    }
  }
  return data;
}

}  // namespace kelek::sim
