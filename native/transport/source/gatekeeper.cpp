// The gatekeeper's loop.
#include "gatekeeper.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

#include "zap.h"

namespace kelek::transport {
namespace {

/// How much of one kind is done before the others have their turn.
constexpr int turn_length = 256;
constexpr std::size_t max_request_frames = 16;

}  // namespace

Result<std::unique_ptr<Gatekeeper>> Gatekeeper::start(void* context, const IdentityRegistry& registry,
                                                      AuditSink audit) {
  Result<Wakeup> wakeup = Wakeup::create();
  if (!wakeup) return wakeup.error();
  Result<Socket> requests = make_socket(context, ZMQ_REP);
  if (!requests) return requests.error();
  const Status options = OptionSetter(*requests).number(ZMQ_LINGER, 0).number(ZMQ_RCVHWM, 0).status();
  if (!options) return options.error();
  if (zmq_bind(requests->get(), zap_endpoint) != 0) return zmq_error("the ZAP handler cannot start", errno);
  std::unique_ptr<Gatekeeper> gatekeeper(
      new Gatekeeper(std::move(*requests), std::move(*wakeup), registry, std::move(audit)));
  // Signals are for the process's own threads: the new one inherits a mask that blocks them all.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::string problem;
  try {
    gatekeeper->thread_ = std::thread([keeper = gatekeeper.get()] { keeper->run(); });
  } catch (const std::system_error& error) {
    problem = error.what();
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (!problem.empty()) return Error{Problem::resources, "the gatekeeper's thread cannot start: " + problem};
  return gatekeeper;
}

Gatekeeper::Gatekeeper(Socket requests, Wakeup wakeup, const IdentityRegistry& registry, AuditSink audit)
    : requests_(std::move(requests)), wakeup_(std::move(wakeup)), registry_(registry), audit_(std::move(audit)) {}

Gatekeeper::~Gatekeeper() {
  stop_ = true;
  wakeup_.notify();
  if (thread_.joinable()) thread_.join();
}

WatchId Gatekeeper::add(Monitor monitor, Watch watch) {
  const std::lock_guard lock(mutex_);
  const WatchId id = ++last_id_;
  changes_.push_back({id, std::make_unique<Watched>(Watched{std::move(monitor), std::move(watch)})});
  wakeup_.notify();
  return id;
}

void Gatekeeper::remove(WatchId id) {
  const std::lock_guard lock(mutex_);
  changes_.push_back({id, nullptr});
  wakeup_.notify();
}

void Gatekeeper::run() {
  std::vector<zmq_pollitem_t> items;
  while (!stop_) {
    items.clear();
    items.push_back({nullptr, wakeup_.descriptor(), ZMQ_POLLIN, 0});
    items.push_back({requests_.get(), 0, ZMQ_POLLIN, 0});
    for (const auto& [id, watched] : watched_) items.push_back({watched->monitor.handle(), 0, ZMQ_POLLIN, 0});
    if (zmq_poll(items.data(), static_cast<int>(items.size()), -1) < 0) {
      if (errno == EINTR) continue;
      return;  // the context is ending, and with it the sockets that could ask
    }
    if (items[1].revents != 0) answer_requests();
    std::size_t next = 2;
    for (const auto& [id, watched] : watched_) {
      if (items[next++].revents != 0) read_events(*watched);
    }
    if (items[0].revents != 0) {
      wakeup_.clear();
      take_changes();
    }
  }
}

void Gatekeeper::take_changes() {
  std::vector<Change> changes;
  {
    const std::lock_guard lock(mutex_);
    changes.swap(changes_);
  }
  for (Change& change : changes) {
    if (change.added != nullptr) {
      watched_[change.id] = std::move(change.added);
      continue;
    }
    const auto found = watched_.find(change.id);
    if (found == watched_.end()) continue;
    read_events(*found->second);
    watched_.erase(found);
  }
}

void Gatekeeper::answer_requests() {
  for (int done = 0; done < turn_length; ++done) {
    if (!answer_request()) return;
  }
}

bool Gatekeeper::answer_request() {
  std::vector<std::string> frames;
  bool more = true;
  while (more) {
    Message part;
    if (!part.receive(requests_)) return false;
    if (frames.size() < max_request_frames) frames.emplace_back(part.text());
    more = part.has_more();
  }
  const ZapAnswer answer = answer_zap(frames, registry_);
  const std::string request_id = frames.size() > 1 ? frames[1] : std::string();
  const std::array<std::string_view, 6> reply = {
      "1.0", request_id, answer.status_code, answer.status_text, answer.user_id, std::string_view()};
  for (std::size_t part = 0; part < reply.size(); ++part) {
    const int flags = ZMQ_DONTWAIT | (part + 1 < reply.size() ? ZMQ_SNDMORE : 0);
    while (zmq_send(requests_.get(), reply[part].data(), reply[part].size(), flags) < 0 && errno == EINTR) {
    }
  }
  if (answer.audit) write(*answer.audit);
  return true;
}

void Gatekeeper::read_events(Watched& watched) {
  Monitor::Event event;
  for (int done = 0; done < turn_length && watched.monitor.next(event); ++done) {
    const std::optional<AuditRecord> record = std::visit([&](auto& watch) { return watch.take(event); }, watched.watch);
    if (record) write(*record);
  }
}

void Gatekeeper::write(AuditRecord record) {
  if (!audit_ || !limiter_.admit(record, std::chrono::steady_clock::now())) return;
  audit_(record);
}

}  // namespace kelek::transport
