---- MODULE IOUtils ----
\* The trace is a module that is written for it, not a file that the environment names.
IOEnv == [x \in {} |-> ""]
atoi(text) == 0
====
