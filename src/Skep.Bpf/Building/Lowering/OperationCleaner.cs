using Skep.Bpf.Instructions;

namespace Skep.Bpf.Building;

/// <summary>Drops what nothing reaches (the verifier refuses it), copies of results into variables, and results that nobody reads.</summary>
static class OperationCleaner
{
    public static List<Operation> Clean(List<Operation> operations) => DropUnused(DropCopies(DropUnreachable(operations)));

    public static Dictionary<Label, int> LabelPositions(List<Operation> operations)
    {
        var positions = new Dictionary<Label, int>();
        for (var i = 0; i < operations.Count; i++)
        {
            if (operations[i].Kind == OperationKind.Bind) positions[operations[i].Label] = i;
        }
        return positions;
    }

    static List<Operation> DropUnreachable(List<Operation> operations)
    {
        var labels = LabelPositions(operations);
        var reached = new bool[operations.Count];
        var pending = new Stack<int>([0]);
        while (pending.TryPop(out var i))
        {
            while (i < operations.Count && !reached[i])
            {
                reached[i] = true;
                var operation = operations[i];
                if (operation.Kind is OperationKind.Goto or OperationKind.Branch) pending.Push(labels[operation.Label]);
                if (operation.EndsFlow) break;
                i++;
            }
        }
        var kept = new List<Operation>(operations.Count);
        for (var i = 0; i < operations.Count; i++)
        {
            if (!reached[i]) continue;
            // A jump to what follows it anyway.
            if (operations[i].Kind == OperationKind.Goto && JumpsToNext(operations, reached, i, labels[operations[i].Label])) continue;
            kept.Add(operations[i]);
        }
        return kept;
    }

    static bool JumpsToNext(List<Operation> operations, bool[] reached, int at, int target)
    {
        if (target < at) return false;
        for (var i = at + 1; i < target; i++)
        {
            if (reached[i] && operations[i].Kind != OperationKind.Bind) return false;
        }
        return true;
    }

    /// <summary>
    /// <c>s = a; s += b; t = s</c> becomes <c>t = a; t += b</c> when nothing else reads s. What t held before must not be read once the first
    /// operation has changed it.
    /// </summary>
    static List<Operation> DropCopies(List<Operation> operations)
    {
        var (reads, writes) = (new Dictionary<int, int>(), new Dictionary<int, int>());
        foreach (var operation in operations)
        {
            foreach (var register in operation.Uses()) reads[register] = reads.GetValueOrDefault(register) + (operation.IsTwoAddress && register == operation.Target ? 0 : 1);
            foreach (var register in operation.Definitions()) writes[register] = writes.GetValueOrDefault(register) + 1;
        }
        var kept = new List<Operation>(operations.Count);
        foreach (var operation in operations)
        {
            if (operation.Kind != OperationKind.Move || !operation.A.IsVirtual || !TryRename(kept, operation.A.Register, operation.Target, reads, writes)) kept.Add(operation);
        }
        return kept;
    }

    static bool TryRename(List<Operation> before, int from, int to, Dictionary<int, int> reads, Dictionary<int, int> writes)
    {
        if (from == to || reads[from] != 1) return false;
        var first = before.Count - 1;
        while (first >= 0 && before[first].Kind == OperationKind.Compute && before[first].Target == from) first--;
        if (first < 0 || before[first].Target != from || before[first].IsTwoAddress || writes[from] != before.Count - first) return false;
        var target = Operand.Virtual(to);
        var keepsTarget = before[first].Kind == OperationKind.Move && before[first].A == target;
        for (var i = first + (keepsTarget ? 2 : 1); i < before.Count; i++)
        {
            if (before[i].A == target) return false;
        }
        for (var i = first; i < before.Count; i++)
        {
            before[i].Target = to;
            if (before[i].A == Operand.Virtual(from)) before[i].A = target;
        }
        writes[to] += writes[from] - 1;
        return true;
    }

    static List<Operation> DropUnused(List<Operation> operations)
    {
        var readers = new Dictionary<int, int>();
        foreach (var operation in operations)
        {
            foreach (var register in operation.Uses()) readers[register] = readers.GetValueOrDefault(register) + (operation.IsTwoAddress && register == operation.Target ? 0 : 1);
        }
        var kept = new List<Operation>(operations.Count);
        for (var i = operations.Count - 1; i >= 0; i--)
        {
            var operation = operations[i];
            if (operation.IsPure && readers.GetValueOrDefault(operation.Target) == 0)
            {
                foreach (var register in operation.Uses())
                {
                    if (register != operation.Target) readers[register]--;
                }
                continue;
            }
            if (operation.Kind == OperationKind.Call && operation.Target >= 0 && readers.GetValueOrDefault(operation.Target) == 0) operation.Target = -1;
            kept.Add(operation.Kind == OperationKind.Parameters ? WithoutUnread(operation, readers) : operation);
        }
        kept.Reverse();
        return kept;
    }

    static Operation WithoutUnread(Operation parameters, Dictionary<int, int> readers) => new(OperationKind.Parameters)
    {
        Arguments = [.. parameters.Arguments.Select(a => readers.GetValueOrDefault(a.Register) > 0 ? a : default)],
        Line = parameters.Line,
    };
}
