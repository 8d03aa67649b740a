using Skep.Falco.Evaluation;
using Skep.Falco.Fields;

namespace Skep.Falco;

/// <summary>
/// Which matches become alerts: of a rule with a window those that complete it, of one that throttles the first of a time. Matches are counted for each combination
/// of the values of the rule's fields; of very many combinations those that were not seen for the longest time are forgotten.
/// </summary>
sealed class AlertLimits
{
    const int MostKeys = 16384;

    /// <summary>How long a throttled alert is not repeated, where its rule does not say.</summary>
    static readonly TimeSpan s_usual = TimeSpan.FromMinutes(1);

    readonly Dictionary<(string Rule, ulong Key), LinkedListNode<Counted>> _counted = [];
    readonly LinkedList<Counted> _byUse = new();

    /// <summary>Matches that were not told.</summary>
    public long HeldBack { get; private set; }

    /// <summary>Whether a match becomes an alert.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="item">The event.</param>
    /// <param name="time">When, nanoseconds.</param>
    public bool Lets(FalcoRule rule, IFalcoEvent item, ulong time)
    {
        var throttles = rule.Action?.Kind == FalcoActionKind.Throttle;
        if (rule.Window is null && !throttles) return true;
        var counted = Find(rule, KeyOf(rule.Window?.By ?? [], item));
        var within = (ulong)(rule.Window?.Within ?? s_usual).Ticks * 100;
        var isTold = throttles ? Throttle(counted, time, within) : Complete(counted, time, within, rule.Window!.Count);
        if (!isTold) HeldBack++;
        return isTold;
    }

    static bool Throttle(Counted counted, ulong time, ulong within)
    {
        if (counted.Times.Count > 0 && time - counted.Times.Peek() < within) return false;
        counted.Times.Clear();
        counted.Times.Enqueue(time);
        return true;
    }

    // One alert for each window that is full: its matches are used up.
    static bool Complete(Counted counted, ulong time, ulong within, int wanted)
    {
        while (counted.Times.Count > 0 && time - counted.Times.Peek() > within) counted.Times.Dequeue();
        counted.Times.Enqueue(time);
        if (counted.Times.Count < wanted) return false;
        counted.Times.Clear();
        return true;
    }

    Counted Find(FalcoRule rule, ulong key)
    {
        if (_counted.TryGetValue((rule.Name, key), out var node))
        {
            _byUse.Remove(node);
            _byUse.AddLast(node);
            return node.Value;
        }
        if (_counted.Count == MostKeys)
        {
            _counted.Remove((_byUse.First!.Value.Rule, _byUse.First.Value.Key));
            _byUse.RemoveFirst();
        }
        node = _byUse.AddLast(new Counted(rule.Name, key));
        _counted.Add((rule.Name, key), node);
        return node.Value;
    }

    // FNV-1a; a separator tells "ab","c" from "a","bc", and what is missing from what is empty.
    static ulong KeyOf(IReadOnlyList<FieldReference> fields, IFalcoEvent item)
    {
        var hash = 14695981039346656037;
        foreach (var field in fields)
        {
            var isThere = item.TryRead(field, 0, out var value);
            Add(isThere ? (byte)1 : (byte)0);
            if (!isThere) continue;
            foreach (var one in value.Bytes) Add(one);
            for (var bits = value.Bits; bits != 0; bits >>= 8) Add((byte)bits);
        }
        return hash;

        void Add(byte one) => hash = (hash ^ one) * 1099511628211;
    }

    sealed class Counted(string rule, ulong key)
    {
        public string Rule { get; } = rule;

        public ulong Key { get; } = key;

        public Queue<ulong> Times { get; } = new();
    }
}
