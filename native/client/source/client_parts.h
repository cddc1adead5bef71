// The client's inside: calls that wait, one link at a time to a coordinator, the session, and the watches.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <kelek/client/client.h>
#include <kelek/transport/client_socket.h>
#include <kelek/wire/client_codec.h>

namespace kelek::client {

std::uint64_t now_ms();

/// One call, from request to answer.
struct Call {
  std::uint64_t id = 0;
  wire::RequestBody body;
  RequestDone done;  // empty: nobody waits any more, or it is the client's own
  std::uint64_t deadline_ms = 0;
  /// Under the session; its sequence is given when it is first sent.
  bool in_session = false;
  std::uint64_t sequence = 0;
  bool on_the_way = false;  // sent over the present link, and not answered
  /// An earlier copy was sent, and what became of it is not known: only a definite answer to a retry tells.
  bool may_have_happened = false;
  /// The last reason why it is not done yet.
  Problem problem;
};

class Client::Parts {
 public:
  Parts(ClientOptions options, transport::KeyPair keys, std::unique_ptr<transport::ClientNetwork> network);

  // ---- calls (calls.cpp) ----
  void begin(wire::RequestBody body, RequestDone done, const CallOptions& call, bool in_session);
  /// Makes one round: sends, receives, calls back.
  void run(std::uint64_t timeout_ms);
  std::size_t unanswered() const { return unanswered_; }

  // ---- session (session.cpp) ----
  std::uint64_t session_id() const { return session_id_; }
  void forget_session();

  // ---- watches (watching.cpp) ----
  WatchId watch(const machine::WatchFilter& filter, std::uint64_t from_revision, WatchCallback callback);
  void unwatch(WatchId id);

  // ---- link (link.cpp) ----
  std::string link_text() const;
  const Endpoint& coordinator() const { return options_.coordinators[endpoint_]; }

  ClientOptions options_;

 private:
  struct Watching {
    machine::WatchFilter filter;
    std::uint64_t next_revision = 0;  // 0: from now on, whenever that is
    WatchCallback callback;
    bool on_the_way = false;
    std::uint64_t not_before_ms = 0;
  };

  // calls.cpp
  Call& enter(wire::RequestBody body, RequestDone done, std::uint64_t deadline_ms, bool in_session);
  void send_due();
  bool send(Call& call);
  void arrived(Call& call);
  void retry(Call& call, std::uint64_t delay_ms);
  void finish(std::uint64_t id, Answer<wire::ResponseBody>&& answer);
  void expire();
  void call_back();
  std::uint64_t next_event_ms() const;

  // responses.cpp
  void receive(const raft::Payload& frame);
  void receive_response(wire::ClientResponse& response);
  void receive_refusal(Call& call, wire::ClientResponse& response);
  void receive_unknown(Call& call, wire::ClientResponse& response);
  bool receive_session_refusal(Call& call, const wire::ClientResponse& response);
  void follow_leader(const wire::ClientResponse& response);
  bool is_cut_off(wire::RefusalCode code);

  // session.cpp
  void open_session();
  void keep_session();
  void let_session_calls_go();
  void fill_hole(Call& call);

  // link.cpp
  void connect();
  void leave(const Problem& problem);
  static bool retry_is_harmless(const Call& call);
  void look_at_link();
  void ping_or_leave();
  bool expects_answers() const;
  std::uint64_t patience_until_ms() const;

  // watching.cpp
  void send_watches();
  bool receive_watch_response(const wire::ClientResponse& response);
  void receive_events(wire::EventFrame& frame);

  transport::KeyPair keys_;
  std::unique_ptr<transport::ClientNetwork> network_;
  std::unique_ptr<transport::ClientSocket> socket_;
  std::size_t endpoint_ = 0;
  std::uint64_t connect_at_ms_ = 0;
  std::uint64_t connecting_since_ms_ = 0;
  std::uint64_t heard_ms_ = 0;
  std::uint64_t pinged_ms_ = 0;  // 0: not since it was last heard
  std::size_t on_the_way_ = 0;
  std::size_t failures_in_a_row_ = 0;
  std::uint64_t leaderless_since_ms_ = 0;  // the coordinator says so since then; 0: it does not
  Problem link_problem_;
  std::string last_link_text_;

  std::map<std::uint64_t, Call> calls_;
  std::deque<std::uint64_t> to_send_;
  std::multimap<std::uint64_t, std::uint64_t> delayed_;    // when, id
  std::multimap<std::uint64_t, std::uint64_t> deadlines_;  // when, id
  std::deque<std::uint64_t> waiting_for_session_;
  std::uint64_t last_id_ = 0;
  std::size_t unanswered_ = 0;
  struct Finished {
    RequestDone done;
    Answer<wire::ResponseBody> answer;
  };
  std::deque<Finished> finished_;

  std::uint64_t session_id_ = 0;
  bool session_opening_ = false;
  std::uint64_t session_opener_ = 0;  // the newest call that opens one
  std::uint64_t next_sequence_ = 1;
  std::size_t session_in_flight_ = 0;
  std::uint64_t session_used_ms_ = 0;

  std::map<WatchId, Watching> watches_;
  WatchId last_watch_ = 0;
  struct News {
    WatchCallback callback;
    WatchNews news;
  };
  std::deque<News> news_;

  wire::Buffer buffer_;
};

/// The coordinator's words in ours.
ProblemKind problem_of(wire::RefusalCode code);

}  // namespace kelek::client
