// The lines that set a scenario up, before anything moves.
#pragma once

#include "words.h"

namespace kelek::sim {

/// Fills in the scenario's title and setup.
class SetupParser {
 public:
  SetupParser(Scenario& scenario, Known& known) : scenario_(scenario), known_(known) {}

  static bool is_setup(std::string_view word);
  /// `word` is the first of the line.
  std::optional<Problem> line(const Word& word, const Line& line);
  bool has_cluster() const { return has_cluster_; }

 private:
  void title(const Word& word, Cursor& cursor);
  void cluster(const Word& word, const Line& line, Cursor& cursor);
  void option(const Word& word, Cursor& cursor, std::set<std::string>& named);
  bool number_option(std::string_view name, std::string_view value, Place place, Cursor& cursor);
  bool switch_option(std::string_view name, std::string_view value, Place place, Cursor& cursor);
  void members(std::string_view value, Place place, Cursor& cursor, NodeIds& into);
  void check_options(const Word& word, Cursor& cursor);
  void spare(Cursor& cursor);
  void seed_log(Cursor& cursor);
  void seed_term(Cursor& cursor);

  Scenario& scenario_;
  Known& known_;
  bool has_cluster_ = false;
  bool has_title_ = false;
  Place heartbeat_;
};

}  // namespace kelek::sim
