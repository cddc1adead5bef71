// The coordinator put together.
#include <kelek/runtime/coordinator.h>

#include <thread>
#include <utility>

#include "engine.h"
#include "loop.h"
#include "opening.h"

namespace kelek::runtime {

/// In the order in which they are made; the sockets and the log go last.
class Coordinator::Parts {
 public:
  Parts(CoordinatorOptions options, transport::Wakeup given)
      : events(options),
        wakeup(std::move(given)),
        engine(std::move(options), events),
        opening(engine, [this] { wakeup.notify(); }),
        loop(engine, opening, wakeup) {}

  Events events;
  transport::Wakeup wakeup;
  Engine engine;
  Opening opening;
  Loop loop;
  std::thread thread;
  Failure result;
};

Result<std::unique_ptr<Coordinator>> Coordinator::open(CoordinatorOptions options) {
  transport::Result<transport::Wakeup> wakeup = transport::Wakeup::create();
  if (!wakeup.ok()) return Failure{FailureKind::internal, wakeup.error().text};
  auto parts = std::make_unique<Parts>(std::move(options), std::move(*wakeup));
  const Failure failure = parts->opening.open();
  if (failure.failed()) return failure;
  return std::unique_ptr<Coordinator>(new Coordinator(std::move(parts)));
}

Coordinator::Coordinator(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Coordinator::~Coordinator() {
  abandon();
  if (parts_->thread.joinable()) parts_->thread.join();
}

Failure Coordinator::run() {
  return parts_->loop.run();
}

void Coordinator::start() {
  parts_->thread = std::thread([this] { parts_->result = parts_->loop.run(); });
}

Failure Coordinator::join() {
  if (parts_->thread.joinable()) parts_->thread.join();
  return parts_->result;
}

void Coordinator::request_stop() noexcept {
  parts_->loop.request_stop();
}

void Coordinator::abandon() noexcept {
  parts_->loop.abandon();
}

bool Coordinator::submit(Submission submission) {
  return parts_->loop.submit(std::move(submission));
}

raft::NodeId Coordinator::node_id() const {
  return parts_->engine.options.node_id;
}

raft::Incarnation Coordinator::incarnation() const {
  return parts_->engine.incarnation;
}

}  // namespace kelek::runtime
