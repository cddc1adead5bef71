// The inside of Machine: state, what is derived from it, and the order of work for one entry.
#pragma once

#include <kelek/machine/machine.h>

#include "context.h"
#include "history.h"
#include "indexes.h"

namespace kelek::machine {

class Machine::Engine {
 public:
  Engine() : history_(0) {}
  // Of a state that was checked.
  explicit Engine(State state)
      : state_(std::move(state)), indexes_(Indexes::of(state_)), history_(state_.applied_index) {}

  ApplyOutcome apply(uint64_t index, uint64_t term, Command&& command);
  bool apply_empty(uint64_t index, uint64_t term);
  ApplyOutcome apply_undecodable(uint64_t index, uint64_t term, std::string_view reason);

  const State& state() const { return state_; }
  const Indexes& indexes() const { return indexes_; }
  const History& history() const { return history_; }

 private:
  bool is_next(uint64_t index, uint64_t term) const;
  void begin(uint64_t index, uint64_t term);
  // Log time goes on, and what that ends, ends.
  void pass_time(Context& context);
  Result run(Context& context, Command&& command, bool& replayed);
  // Fills in what every result has, hands out the events, and takes both into the running hash.
  void finish(ApplyOutcome& outcome);

  State state_;
  Indexes indexes_;
  History history_;
  std::vector<Event> events_;  // of the entry being applied
};

// What tests of the inner parts look at.
struct MachineInside {
  static const Indexes& indexes(const Machine& machine) { return machine.engine_->indexes(); }
};

}  // namespace kelek::machine
