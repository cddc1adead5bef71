// The three forms.
#include "trace_tellers.h"

#include <cstdio>

#include <fmt/format.h>

#include <kelek/sim/trace_writers.h>

namespace kelek::cli {
namespace {

/// A write for each line would be most of the work.
constexpr std::size_t piece_bytes = 64 * 1024;

/// A sentence for what happened; the receipt of a message only where its sending was not told.
class Sentences final : public TraceTeller {
 public:
  Sentences(const Output& output, std::uint64_t most) : output_(output), most_(most) {}

  bool tell(const raft::TraceEvent& event, std::uint64_t at_us, bool unexplained) override {
    if (began_us_ == 0) began_us_ = at_us;
    const bool is_receipt = std::holds_alternative<raft::ReceiveEvent>(event.what);
    if ((is_receipt && !unexplained) || std::holds_alternative<raft::PersistedEvent>(event.what)) return true;
    const std::string sentence = printable(raft::format_sentence(event));
    const std::uint64_t since_us = at_us > began_us_ ? at_us - began_us_ : 0;
    if (output_.json) {
      Json told = {{"at_us", at_us},         {"node", event.node},
                   {"term", event.term},     {"role", static_cast<int>(event.role)},
                   {"commit", event.commit}, {"last_index", event.last_index},
                   {"sentence", sentence}};
      if (unexplained) told["unexplained"] = true;
      text_ += dump(told) + "\n";
    } else {
      text_ += fmt::format("{:>12.6f} s  {}{}\n", static_cast<double>(since_us) / 1e6, sentence,
                           unexplained ? "  [no file says that this was sent]" : "");
    }
    if (text_.size() >= piece_bytes) flush();
    return most_ == 0 || ++told_ < most_;
  }
  void finish() override { flush(); }

 private:
  void flush() {
    if (!text_.empty()) write_out(text_);
    text_.clear();
  }

  const Output& output_;
  std::uint64_t most_;
  std::uint64_t told_ = 0;
  std::uint64_t began_us_ = 0;
  std::string text_;
};

/// The specification explains every step: nothing can be told behind one that has no cause.
class Etcd final : public TraceTeller {
 public:
  explicit Etcd(std::uint64_t most) : most_(most) {}

  bool tell(const raft::TraceEvent& event, std::uint64_t, bool unexplained) override {
    const auto* receive = std::get_if<raft::ReceiveEvent>(&event.what);
    if (unexplained && receive != nullptr && sim::EtcdTraceWriter::tells(*receive->message)) {
      std::fputs(fmt::format("kelek: told up to here: node {} hears from node {} what no file says was sent\n",
                             event.node, receive->message->from)
                     .c_str(),
                 stderr);
      return false;
    }
    writer_.add(event, text_);
    if (text_.size() >= piece_bytes) flush();
    return most_ == 0 || writer_.lines() < most_;
  }
  void finish() override { flush(); }

 private:
  void flush() {
    if (!text_.empty()) write_out(text_);
    text_.clear();
  }

  sim::EtcdTraceWriter writer_;
  std::uint64_t most_;
  std::string text_;
};

class Perfetto final : public TraceTeller {
 public:
  explicit Perfetto(std::uint64_t most) : most_(most) {}

  bool tell(const raft::TraceEvent& event, std::uint64_t at_us, bool) override {
    if (began_us_ == 0) began_us_ = at_us;
    writer_.add(event, at_us > began_us_ ? at_us - began_us_ : 0, text_);
    if (text_.size() >= piece_bytes) flush();
    return most_ == 0 || ++told_ < most_;
  }
  void finish() override {
    writer_.finish(text_);
    flush();
  }

 private:
  void flush() {
    write_out(text_);
    text_.clear();
  }

  sim::PerfettoTraceWriter writer_;
  std::uint64_t most_;
  std::uint64_t told_ = 0;
  std::uint64_t began_us_ = 0;
  std::string text_;
};

}  // namespace

std::unique_ptr<TraceTeller> trace_teller(const std::string& format, const Output& output, std::uint64_t most_events) {
  if (format == "sentences") return std::make_unique<Sentences>(output, most_events);
  if (format == "etcd") return std::make_unique<Etcd>(most_events);
  if (format == "perfetto") return std::make_unique<Perfetto>(most_events);
  throw bad_use(fmt::format("--format is sentences, etcd or perfetto, not '{}'", format));
}

}  // namespace kelek::cli
