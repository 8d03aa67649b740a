using Skep.Bpf.Instructions;

namespace Skep.Bpf.Building;

/// <summary>
/// Linear scan. r6–r9 survive calls and take any value; r2–r5 take values that no call interrupts; r0 and r1 stay free for moving spilled
/// values and for results. When registers run out, the value that is needed for longest moves to the stack.
/// </summary>
sealed class RegisterAllocation
{
    static readonly Register[] s_surviving = [Register.R6, Register.R7, Register.R8, Register.R9];
    static readonly Register[] s_anywhere = [Register.R2, Register.R3, Register.R4, Register.R5, .. s_surviving];

    readonly Location[] _locations;
    readonly List<int> _slotEnds = [];

    RegisterAllocation(int registers) => _locations = new Location[registers];

    /// <summary>Spill slots used, eight bytes each.</summary>
    public int Slots => _slotEnds.Count;

    public Location this[int register] => _locations[register];

    public static RegisterAllocation Run(List<Operation> operations, int registers)
    {
        var allocation = new RegisterAllocation(registers);
        var calls = new List<int>();
        var hints = new Dictionary<int, Register>();
        var moves = new Dictionary<int, int>();
        for (var i = 0; i < operations.Count; i++)
        {
            var operation = operations[i];
            if (operation.Kind == OperationKind.Move && operation.A.IsVirtual) moves.TryAdd(operation.Target, operation.A.Register);
            if (operation.Kind != OperationKind.Call) continue;
            calls.Add(2 * i);
            for (var k = 1; k < operation.Arguments.Length; k++)
            {
                if (operation.Arguments[k].IsVirtual) hints.TryAdd(operation.Arguments[k].Register, (Register)(k + 1));
            }
        }
        allocation.Scan(Liveness.Intervals(operations, registers), calls, hints, moves);
        return allocation;
    }

    void Scan((int Start, int End)[] intervals, List<int> calls, Dictionary<int, Register> hints, Dictionary<int, int> moves)
    {
        var order = Enumerable.Range(0, intervals.Length).Where(r => intervals[r].End >= 0).OrderBy(r => intervals[r].Start).ThenBy(r => r);
        var active = new List<int>();
        foreach (var current in order)
        {
            var (start, end) = intervals[current];
            active.RemoveAll(r => intervals[r].End < start);
            var allowed = Interrupted(start, end, calls) ? s_surviving : s_anywhere;
            var free = allowed.Where(r => active.TrueForAll(a => _locations[a].Register != r)).ToList();
            if (free.Count > 0)
            {
                _locations[current] = Location.In(Prefer(free, current, hints, moves));
                active.Add(current);
                continue;
            }
            var victim = current;
            foreach (var other in active)
            {
                if (allowed.Contains(_locations[other].Register) && intervals[other].End > intervals[victim].End) victim = other;
            }
            if (victim != current)
            {
                _locations[current] = _locations[victim];
                active.Remove(victim);
                active.Add(current);
            }
            _locations[victim] = Location.Spilled(TakeSlot(intervals[victim]));
        }
    }

    Register Prefer(List<Register> free, int current, Dictionary<int, Register> hints, Dictionary<int, int> moves)
    {
        if (moves.TryGetValue(current, out var source) && !_locations[source].IsSpilled && free.Contains(_locations[source].Register)) return _locations[source].Register;
        return hints.TryGetValue(current, out var hint) && free.Contains(hint) ? hint : free[0];
    }

    // A victim's slot is needed from its own start, which lies in the past: only a slot that nobody used since can be shared.
    int TakeSlot((int Start, int End) interval)
    {
        for (var slot = 0; slot < _slotEnds.Count; slot++)
        {
            if (_slotEnds[slot] >= interval.Start) continue;
            _slotEnds[slot] = interval.End;
            return slot;
        }
        _slotEnds.Add(interval.End);
        return _slotEnds.Count - 1;
    }

    static bool Interrupted(int start, int end, List<int> calls)
    {
        var at = calls.BinarySearch(start + 1);
        if (at < 0) at = ~at;
        return at < calls.Count && calls[at] < end;
    }
}
