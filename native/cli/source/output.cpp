// Tables, colours and JSON lines.
#include "output.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace kelek::cli {
namespace {

const char* code_of(Color color) {
  switch (color) {
    case Color::plain: return "";
    case Color::bold: return "\033[1m";
    case Color::dim: return "\033[2m";
    case Color::red: return "\033[31m";
    case Color::green: return "\033[32m";
    case Color::yellow: return "\033[33m";
    case Color::blue: return "\033[36m";
  }
  return "";
}

bool continues(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0u) == 0x80u;
}

std::string base64(std::string_view bytes) {
  static constexpr char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - at);
    for (std::size_t i = 0; i < 3; ++i) {
      group = (group << 8) | (i < count ? static_cast<unsigned char>(bytes[at + i]) : 0u);
    }
    for (std::size_t i = 0; i < 4; ++i) text += i <= count ? letters[(group >> (18 - 6 * i)) & 63u] : '=';
  }
  return text;
}

bool is_utf8(std::string_view text) {
  try {
    (void)nlohmann::json(std::string(text)).dump();
    return true;
  } catch (const nlohmann::json::exception&) {
    return false;
  }
}

}  // namespace

bool colors_wanted(int descriptor) {
  const char* no_color = std::getenv("NO_COLOR");
  if (no_color != nullptr && *no_color != '\0') return false;
  const char* terminal = std::getenv("TERM");
  if (terminal == nullptr || std::strcmp(terminal, "dumb") == 0) return false;
  return isatty(descriptor) == 1;
}

std::size_t terminal_width(int descriptor, std::size_t otherwise) {
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return otherwise;
  return size.ws_col;
}

Output::Output() : color(colors_wanted(STDOUT_FILENO)) {}

std::string Output::paint(Color color_wanted, std::string_view text) const {
  if (!color || color_wanted == Color::plain) return std::string(text);
  return std::string(code_of(color_wanted)) + std::string(text) + "\033[0m";
}

void write_out(std::string_view text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (written) return;
  const int code = errno;
  throw Failed(exit_error, code == EPIPE ? output_closed : "output",
               fmt::format("cannot write to standard output: {}", std::strerror(code)));
}

void Output::line(std::string_view text) const {
  if (!json) write_out(std::string(text) + "\n");
}

void Output::object(const Json& value) const {
  if (json) write_out(dump(value) + "\n");
}

int Output::report(const Failed& failure) const {
  std::string text = printable(failure.text);
  const bool sentence = text.size() > 1 && text.back() == '.' && text[text.size() - 2] != '.';
  if (sentence) text.pop_back();
  std::fprintf(stderr, "kelek: %s\n", text.c_str());
  try {
    object(Json{{"error", {{"kind", failure.kind}, {"text", failure.text}, {"exit_code", failure.exit_code}}}});
  } catch (const Failed&) {
    // Nobody reads it: what failed first is what counts.
  }
  return failure.exit_code;
}

void Table::add(std::vector<std::string> cells, Color color) {
  cells.resize(header_.size());
  rows_.push_back({std::move(cells), color});
}

bool Table::is_right(std::size_t column) const {
  return std::find(right_.begin(), right_.end(), column) != right_.end();
}

std::string Table::text(const Output& output, std::string_view indent) const {
  std::vector<std::size_t> widths;
  for (const std::string& cell : header_) widths.push_back(width_of(cell));
  for (const Row& row : rows_) {
    for (std::size_t i = 0; i < row.cells.size(); ++i) widths[i] = std::max(widths[i], width_of(row.cells[i]));
  }
  const auto format_row = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string padding(widths[i] - width_of(cells[i]), ' ');
      if (is_right(i)) {
        line += padding + cells[i];
      } else {
        line += cells[i] + padding;
      }
      if (i + 1 < cells.size()) line += "  ";
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    return line;
  };
  std::string all = std::string(indent) + output.paint(Color::bold, format_row(header_));
  for (const Row& row : rows_) all += "\n" + std::string(indent) + output.paint(row.color, format_row(row.cells));
  return all;
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) { return !continues(byte); }));
}

std::string shortened(std::string_view text, std::size_t width) {
  if (width_of(text) <= width || width == 0) return std::string(text);
  std::size_t seen = 0;
  std::size_t end = 0;
  while (end < text.size() && (continues(text[end]) || seen + 1 < width)) {
    if (!continues(text[end])) ++seen;
    ++end;
  }
  return std::string(text.substr(0, end)) + "…";
}

std::string wrapped(std::string_view text, std::size_t width, std::string_view indent) {
  std::string all;
  std::size_t column = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find_first_of(" \n", at), text.size());
    const std::string_view word = text.substr(at, end - at);
    if (column != 0 && column + 1 + width_of(word) > width) {
      all += "\n" + std::string(indent);
      column = 0;
    }
    if (column != 0) all += ' ';
    all += word;
    column += width_of(word) + (column != 0 ? 1 : 0);
    at = end + 1;
    if (end < text.size() && text[end] == '\n' && at < text.size()) {
      all += "\n" + std::string(indent);
      column = 0;
    }
  }
  return all;
}

std::string printable(std::string_view text, bool keep_lines) {
  std::string clean;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const unsigned char byte = static_cast<unsigned char>(text[i]);
    const unsigned char next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    const bool line = keep_lines && (text[i] == '\n' || text[i] == '\t');
    if ((byte < 0x20 || byte == 0x7f) && !line) {
      clean += fmt::format("\\x{:02x}", byte);
    } else if (byte == 0xc2 && next >= 0x80 && next < 0xa0) {
      // U+0080 to U+009F: U+009B begins a sequence as ESC [ does.
      clean += fmt::format("\\x{:02x}", next);
      ++i;
    } else {
      clean += text[i];
    }
  }
  return clean;
}

std::string hex(std::uint64_t number) {
  return fmt::format("{:016x}", number);
}

std::string duration_text(std::uint64_t milliseconds) {
  if (milliseconds < 1'000) return fmt::format("{} ms", milliseconds);
  const std::uint64_t seconds = milliseconds / 1'000;
  if (seconds < 60) return fmt::format("{}.{} s", seconds, milliseconds % 1'000 / 100);
  if (seconds < 3'600) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
  if (seconds < 86'400) return fmt::format("{} h {} min", seconds / 3'600, seconds / 60 % 60);
  return fmt::format("{} d {} h", seconds / 86'400, seconds / 3'600 % 24);
}

std::string bytes_text(std::uint64_t bytes) {
  static constexpr const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  std::size_t unit = 0;
  std::uint64_t whole = bytes;
  std::uint64_t tenths = 0;
  while (whole >= 1'024 && unit + 1 < std::size(units)) {
    tenths = whole % 1'024 * 10 / 1'024;
    whole /= 1'024;
    ++unit;
  }
  if (unit == 0 || whole >= 100) return fmt::format("{} {}", whole, units[unit]);
  return fmt::format("{}.{} {}", whole, tenths, units[unit]);
}

std::string time_text(std::uint64_t unix_ms) {
  if (unix_ms == 0) return {};
  const std::time_t seconds = static_cast<std::time_t>(unix_ms / 1'000);
  std::tm parts{};
  if (gmtime_r(&seconds, &parts) == nullptr) return std::to_string(unix_ms) + " ms";
  char text[32];
  if (std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts) == 0) return {};
  return fmt::format("{}.{:03}Z", text, unix_ms % 1'000);
}

std::string dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void put_bytes(Json& into, const std::string& key, std::string_view text) {
  if (is_utf8(text)) {
    into[key] = std::string(text);
  } else {
    into[key + "_base64"] = base64(text);
  }
}

}  // namespace kelek::cli
