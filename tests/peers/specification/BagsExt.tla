---- MODULE BagsExt ----
\* What etcd's specification uses of bags: one more, and a fold that takes each as often as it is in there.
EXTENDS Naturals, Bags

BagAdd(bag, x) == bag (+) SetToBag({x})

RECURSIVE FoldTimes(_, _, _, _)
FoldTimes(op(_, _), base, x, times) == IF times = 0 THEN base ELSE op(FoldTimes(op, base, x, times - 1), x)

RECURSIVE FoldOver(_, _, _, _)
FoldOver(op(_, _), base, bag, set) ==
    IF set = {} THEN base
    ELSE LET x == CHOOSE each \in set : TRUE
         IN FoldOver(op, FoldTimes(op, base, x, bag[x]), bag, set \ {x})
FoldBag(op(_, _), base, bag) == FoldOver(op, base, bag, DOMAIN bag)
====
