// Client: talks to a cluster of coordinators through any one of them. Belongs to one thread, and has none of its own:
// the calls that wait, and run(), do all the work: sending, receiving, failing over, keeping the session alive.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <kelek/client/answer.h>
#include <kelek/client/client_options.h>
#include <kelek/machine/command.h>
#include <kelek/machine/result.h>
#include <kelek/wire/client_protocol.h>

namespace kelek::client {

namespace detail {
using namespace machine;
// Two tables: a line each.
// clang-format off
template <typename Command> struct ResultOf { using type = std::monostate; };
template <> struct ResultOf<KvPut> { using type = KvResult; };
template <> struct ResultOf<KvDelete> { using type = KvResult; };
template <> struct ResultOf<KvDeleteRange> { using type = KvResult; };
template <> struct ResultOf<KvTxn> { using type = TxnResult; };
template <> struct ResultOf<TopicAppend> { using type = TopicResult; };
template <> struct ResultOf<TopicTrim> { using type = TopicResult; };
template <> struct ResultOf<BallotOpen> { using type = BallotResult; };
template <> struct ResultOf<BallotVote> { using type = BallotResult; };
template <> struct ResultOf<BallotCancel> { using type = BallotResult; };
template <> struct ResultOf<GrantRequest> { using type = GrantResult; };
template <> struct ResultOf<GrantIssue> { using type = GrantResult; };
template <> struct ResultOf<GrantUse> { using type = GrantResult; };
template <> struct ResultOf<GrantRevoke> { using type = GrantResult; };
template <> struct ResultOf<GrantExtend> { using type = GrantResult; };
template <> struct ResultOf<LockAcquire> { using type = LockResult; };
template <> struct ResultOf<LockRelease> { using type = LockResult; };
template <> struct ResultOf<LockExtend> { using type = LockResult; };

template <typename Query> struct AnswerTo;
template <> struct AnswerTo<wire::KvGetQuery> { using type = wire::KvGetAnswer; };
template <> struct AnswerTo<wire::KvListQuery> { using type = machine::KvPage; };
template <> struct AnswerTo<wire::KvCountQuery> { using type = machine::KvCount; };
template <> struct AnswerTo<wire::TopicReadQuery> { using type = machine::TopicPage; };
template <> struct AnswerTo<wire::TopicTailQuery> { using type = machine::TopicPage; };
template <> struct AnswerTo<wire::TopicListQuery> { using type = wire::TopicListAnswer; };
template <> struct AnswerTo<wire::BallotGetQuery> { using type = wire::BallotGetAnswer; };
template <> struct AnswerTo<wire::BallotListQuery> { using type = wire::BallotListAnswer; };
template <> struct AnswerTo<wire::GrantGetQuery> { using type = wire::GrantGetAnswer; };
template <> struct AnswerTo<wire::GrantListQuery> { using type = wire::GrantListAnswer; };
template <> struct AnswerTo<wire::GrantCheckQuery> { using type = wire::GrantCheckAnswer; };
template <> struct AnswerTo<wire::PolicyGetQuery> { using type = wire::PolicyGetAnswer; };
template <> struct AnswerTo<wire::PolicyListQuery> { using type = wire::PolicyListAnswer; };
template <> struct AnswerTo<wire::LockGetQuery> { using type = wire::LockGetAnswer; };
template <> struct AnswerTo<wire::LockListQuery> { using type = wire::LockListAnswer; };
template <> struct AnswerTo<wire::SessionGetQuery> { using type = wire::SessionGetAnswer; };
template <> struct AnswerTo<wire::SessionListQuery> { using type = wire::SessionListAnswer; };
template <> struct AnswerTo<wire::LimitsQuery> { using type = machine::Limits; };
template <> struct AnswerTo<wire::MachineQuery> { using type = wire::MachineAnswer; };
// clang-format on
}  // namespace detail

/// What a query of this type is answered with.
template <typename Query>
using AnswerTo = typename detail::AnswerTo<Query>::type;

/// What the machine answers to a command of this type; std::monostate where the code says all.
template <typename Command>
using ResultOf = typename detail::ResultOf<Command>::type;

using CommandDone = std::function<void(Answer<machine::Result>&&)>;
using RequestDone = std::function<void(Answer<wire::ResponseBody>&&)>;
using WatchId = std::uint64_t;

/// What a watch tells.
struct WatchNews {
  /// Consecutive from call to call; none is told twice or left out. Empty: only progress, or the end.
  std::vector<machine::SharedEventBatch> batches;
  /// All revisions below were told of.
  std::uint64_t next_revision = 0;
  /// Not none: the watch has ended. compacted: read the state anew, and watch from `first_revision` on.
  Problem problem;
  std::uint64_t first_revision = 0;
};
using WatchCallback = std::function<void(const WatchNews&)>;

class Client {
 public:
  /// Reads the key and prepares the sockets; connects when there is something to send. bad_use: no coordinators, a
  /// malformed address or key, a key file that is missing or open to others; the text names it.
  static Answer<std::unique_ptr<Client>> create(ClientOptions options);
  /// What is unanswered is dropped: its callbacks are not called.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // ---- commands ----

  /// Proposes a command and waits for its outcome: `client.execute(machine::KvPut{...})`. Not ok with
  /// machine_refused where the machine said no; `value` is then what it said with it.
  template <typename Command>
  Answer<ResultOf<Command>> execute(Command command, const CallOptions& call = {}) {
    return narrow<ResultOf<Command>>(execute_command(machine::CommandBody(std::move(command)), call));
  }
  Answer<machine::Result> execute_command(machine::CommandBody command, const CallOptions& call = {});

  /// The same without waiting: `done` is called once, within a later call of run() or of any call that waits.
  /// Commands of one client under a session are applied in the order of these calls.
  void execute_async(machine::CommandBody command, CommandDone done, const CallOptions& call = {});

  // ---- queries ----

  /// Asks the machine: `client.ask(wire::KvGetQuery{"key"})`. Linearizable unless the options say stale.
  template <typename Query>
  Answer<AnswerTo<Query>> ask(Query query, const CallOptions& call = {}) {
    wire::Query whole;
    whole.consistency = call.stale ? wire::Consistency::stale : wire::Consistency::linearizable;
    whole.min_index = call.min_revision;
    whole.body = std::move(query);
    return pick<AnswerTo<Query>>(request(std::move(whole), call));
  }

  // ---- everything else (admin.h has the calls by name) ----

  /// Sends a request that is no command, and waits. Requests that only the leader can answer go to the leader.
  Answer<wire::ResponseBody> request(wire::RequestBody body, const CallOptions& call = {});
  void request_async(wire::RequestBody body, RequestDone done, const CallOptions& call = {});

  /// The body that was asked for; bad_frame if another came.
  template <typename Value>
  static Answer<Value> pick(Answer<wire::ResponseBody>&& from) {
    Answer<Value> to;
    to.kind = from.kind;
    to.problem = std::move(from.problem);
    to.revision = from.revision;
    to.term = from.term;
    to.member = from.member;
    if (Value* body = std::get_if<Value>(&from.value)) {
      to.value = std::move(*body);
    } else if (to.ok()) {
      to.kind = OutcomeKind::refused;
      to.problem = {ProblemKind::bad_frame, machine::Code::ok, "The coordinator answered something else than asked."};
    }
    return to;
  }

  // ---- watches ----

  /// Calls back, within run() and the calls that wait, with every event that passes the filter from `from_revision`
  /// on (0: from now on). Goes on with another coordinator when one is lost, and leaves nothing out.
  WatchId watch(const machine::WatchFilter& filter, std::uint64_t from_revision, WatchCallback callback);
  void unwatch(WatchId watch);

  // ---- driving ----

  /// Sends, receives and calls back until `timeout` is up or something was called back.
  /// Anything below 1 ms looks once and returns.
  void run(std::chrono::milliseconds timeout);
  /// Calls that were begun and not yet called back.
  std::size_t unanswered() const;
  /// Which coordinator is talked to, and how that stands, for people.
  std::string link_text() const;
  const Endpoint& coordinator() const;

  /// The session's id, 0 if none is open.
  std::uint64_t session_id() const;
  /// Ends the session, with all that is bound to it. Waits. Without a session: ok.
  Answer<Nothing> close_session(const CallOptions& call = {});

  class Parts;
  /// For the other headers of this library.
  Parts& parts() { return *parts_; }

 private:
  explicit Client(std::unique_ptr<Parts> parts);

  template <typename Value>
  static Answer<Value> narrow(Answer<machine::Result>&& from) {
    Answer<Value> to;
    to.kind = from.kind;
    to.problem = std::move(from.problem);
    to.revision = from.revision;
    to.term = from.term;
    to.member = from.member;
    if (Value* body = std::get_if<Value>(&from.value.body)) to.value = std::move(*body);
    return to;
  }

  std::unique_ptr<Parts> parts_;
};

}  // namespace kelek::client
