---- MODULE SequencesExt ----
\* The operators on sequences that etcd's specification uses, by the names it knows them by.
EXTENDS Naturals, Sequences

ToSet(sequence) == {sequence[k] : k \in DOMAIN sequence}

IsPrefix(prefix, sequence) ==
    /\ Len(prefix) <= Len(sequence)
    /\ \A k \in 1..Len(prefix) : prefix[k] = sequence[k]

RECURSIVE FoldSeqTo(_, _, _, _)
FoldSeqTo(op(_, _), base, sequence, k) ==
    IF k = 0 THEN base ELSE op(sequence[k], FoldSeqTo(op, base, sequence, k - 1))
FoldSeq(op(_, _), base, sequence) == FoldSeqTo(op, base, sequence, Len(sequence))

\* The first, or the last within some, that passes the test; 0: none does.
SelectInSeq(sequence, Test(_)) ==
    LET passing == {k \in DOMAIN sequence : Test(sequence[k])}
    IN IF passing = {} THEN 0 ELSE CHOOSE k \in passing : \A other \in passing : k <= other
SelectLastInSubSeq(sequence, from, to, Test(_)) ==
    LET passing == {k \in from..to : Test(sequence[k])}
    IN IF passing = {} THEN 0 ELSE CHOOSE k \in passing : \A other \in passing : k >= other
====
