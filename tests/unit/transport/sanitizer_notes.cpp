// What the thread sanitizer has to know: it does not see into Debian's libzmq, and takes the hand-over of messages
// between libzmq's threads for races.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() { return "called_from_lib:libzmq.so\nrace:libzmq.so\n"; }
