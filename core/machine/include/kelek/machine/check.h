// What can be said about a command without looking at the state.
#pragma once

#include <kelek/machine/command.h>
#include <kelek/machine/limits.h>
#include <kelek/machine/result.h>

namespace kelek::machine {

// Looks at shape and sizes alone (empty or long names, counts, rules that contradict each other): the reason
// why this command is refused as `invalid` or `over_limit` whatever the state is; ok otherwise. A coordinator
// calls it before it proposes, so that nothing hopeless enters the log; apply calls it again.
Refusal check(const Command& command, const Limits& limits);

}  // namespace kelek::machine
