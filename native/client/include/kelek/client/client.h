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

#include <kelek/client/answer.h>
#include <kelek/client/client_options.h>
#include <kelek/machine/command.h>
#include <kelek/machine/result.h>

namespace kelek::client {

namespace detail {
using namespace machine;
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
}  // namespace detail

/// What the machine answers to a command of this type; std::monostate where the code says all.
template <typename Command>
using ResultOf = typename detail::ResultOf<Command>::type;

using CommandDone = std::function<void(Answer<machine::Result>&&)>;

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
