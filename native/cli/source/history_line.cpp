// Operations as lines of history files.
#include "history_file.h"
#include "output.h"

namespace kelek::cli {
namespace {

using namespace sim::history;

Json or_null(const std::optional<std::string>& text) {
  return text ? Json(*text) : Json(nullptr);
}
void put_if_told(Json& into, const char* name, std::uint64_t number) {
  if (number != 0) into[name] = number;
}

/// {"in": ..., "out": ...} of an operation that was answered.
class Parts {
 public:
  Json in = Json::object();
  Json out = Json::object();

  void operator()(const Get& get) {
    out["value"] = or_null(get.value);
    put_if_told(out, "version", get.version);
  }
  void operator()(const Put& put) {
    in["value"] = put.value;
    put_if_told(out, "version", put.version);
  }
  void operator()(const CompareAndSet& cas) {
    in["expected"] = or_null(cas.expected);
    in["value"] = cas.value;
    out["done"] = cas.done;
    put_if_told(out, "version", cas.version);
  }
  void operator()(const Delete& erase) {
    if (erase.existed) out["existed"] = *erase.existed;
  }
  void operator()(const Append& append) {
    in["record"] = append.record;
    if (append.position) out["position"] = *append.position;
  }
  void operator()(const ReadLog& read) {
    put_if_told(in, "from", read.from);
    out["records"] = read.records;
  }
  void operator()(const Acquire& acquire) {
    put_if_told(in, "lease", acquire.lease_time);
    out["got"] = acquire.got;
    if (acquire.got) out["fence"] = acquire.fence;
  }
  void operator()(const Release& release) {
    in["fence"] = release.fence;
    out["done"] = release.done;
  }
  void operator()(const Add& add) {
    in["amount"] = add.amount;
    put_if_told(in, "session", add.session);
    put_if_told(in, "sequence", add.sequence);
    if (add.total) out["total"] = *add.total;
  }
  void operator()(const ReadTotal& read) { out["total"] = read.total; }
  void operator()(const ChangeMembers& change) {
    in["members"] = change.members;
    put_if_told(out, "index", change.index);
  }
  void operator()(const ReadMembers& read) {
    out["members"] = read.members;
    put_if_told(out, "index", read.index);
  }
};

}  // namespace

std::string history_line(const Operation& operation) {
  Parts parts;
  std::visit(parts, operation.action);
  Json line = {{"process", operation.process}, {"op", action_name(operation.action)}, {"key", operation.key}};
  if (!parts.in.empty()) line["in"] = std::move(parts.in);
  switch (operation.ending) {
    case Ending::answered: line["out"] = std::move(parts.out); break;
    case Ending::unknown: line["out"] = nullptr; break;
    case Ending::refused: line["out"] = {{"refused", "refused"}}; break;
  }
  line["call"] = operation.call_time;
  line["return"] = operation.ending == Ending::answered ? Json(operation.return_time) : Json(nullptr);
  if (operation.stale) line["stale"] = true;
  put_if_told(line, "revision", operation.revision);
  return dump(line);
}

}  // namespace kelek::cli
