namespace Skep.Bpf.Building;

/// <summary>
/// Where each virtual register is alive, as one interval of positions: operation i reads at 2i and writes at 2i + 1. An interval covers all places
/// from where the register holds a value that may still be read, around loops too.
/// </summary>
static class Liveness
{
    public static (int Start, int End)[] Intervals(List<Operation> operations, int registers)
    {
        var labels = OperationCleaner.LabelPositions(operations);
        var starts = BlockStarts(operations);
        var blockOf = new Dictionary<int, int>();
        for (var b = 0; b < starts.Count; b++) blockOf[starts[b]] = b;

        var words = (registers + 63) / 64;
        var liveIn = new ulong[starts.Count][];
        var liveOut = new ulong[starts.Count][];
        for (var b = 0; b < starts.Count; b++) (liveIn[b], liveOut[b]) = (new ulong[words], new ulong[words]);
        bool changed;
        do
        {
            changed = false;
            for (var b = starts.Count - 1; b >= 0; b--)
            {
                var end = b + 1 < starts.Count ? starts[b + 1] : operations.Count;
                var last = operations[end - 1];
                var live = liveOut[b];
                if (!last.EndsFlow && end < operations.Count) changed |= Merge(live, liveIn[b + 1]);
                if (last.Kind is OperationKind.Goto or OperationKind.Branch) changed |= Merge(live, liveIn[blockOf[labels[last.Label]]]);
                var before = (ulong[])live.Clone();
                for (var i = end - 1; i >= starts[b]; i--)
                {
                    foreach (var register in operations[i].Definitions()) before[register / 64] &= ~(1UL << (register % 64));
                    foreach (var register in operations[i].Uses()) before[register / 64] |= 1UL << (register % 64);
                }
                changed |= Merge(liveIn[b], before);
            }
        } while (changed);
        return Collect(operations, starts, liveIn, liveOut, registers);
    }

    static List<int> BlockStarts(List<Operation> operations)
    {
        var starts = new List<int>();
        for (var i = 0; i < operations.Count; i++)
        {
            if (i == 0 || operations[i].Kind == OperationKind.Bind || operations[i - 1].EndsFlow || operations[i - 1].Kind == OperationKind.Branch) starts.Add(i);
        }
        return starts;
    }

    static (int Start, int End)[] Collect(List<Operation> operations, List<int> starts, ulong[][] liveIn, ulong[][] liveOut, int registers)
    {
        var intervals = new (int Start, int End)[registers];
        Array.Fill(intervals, (int.MaxValue, -1));
        for (var b = 0; b < starts.Count; b++)
        {
            var end = b + 1 < starts.Count ? starts[b + 1] : operations.Count;
            for (var register = 0; register < registers; register++)
            {
                if ((liveIn[b][register / 64] >> (register % 64) & 1) != 0) Extend(register, 2 * starts[b]);
                if ((liveOut[b][register / 64] >> (register % 64) & 1) != 0) Extend(register, 2 * end - 1);
            }
            for (var i = starts[b]; i < end; i++)
            {
                foreach (var register in operations[i].Uses()) Extend(register, 2 * i);
                foreach (var register in operations[i].Definitions()) Extend(register, 2 * i + 1);
            }
        }
        return intervals;

        void Extend(int register, int position)
        {
            ref var interval = ref intervals[register];
            interval = (Math.Min(interval.Start, position), Math.Max(interval.End, position));
        }
    }

    static bool Merge(ulong[] into, ulong[] from)
    {
        var changed = false;
        for (var i = 0; i < into.Length; i++)
        {
            var merged = into[i] | from[i];
            changed |= merged != into[i];
            into[i] = merged;
        }
        return changed;
    }
}
