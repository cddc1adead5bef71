---- MODULE FiniteSetsExt ----
EXTENDS Naturals, FiniteSets

Max(set) == CHOOSE x \in set : \A y \in set : x >= y
Min(set) == CHOOSE x \in set : \A y \in set : x <= y
====
