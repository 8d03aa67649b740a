using Skep.Engine.Records;
using Skep.Engine.Rules;

namespace Skep.Falco.Calls;

/// <summary>
/// What is captured of a system call, in the engine's terms. Values get their places as rules ask for them; the first that do not fit are not decided in the kernel,
/// or missing in the output.
/// </summary>
sealed class CallValues(CallInfo call)
{
    /// <summary>The table of a record also holds two stacks.</summary>
    const int Most = HookRecord.MaxArguments - 2;

    /// <summary>How many generations of ancestors the kernel looks at.</summary>
    public const int MostGenerations = 7;

    static readonly ValueSpec[] s_ancestors =
        [.. Enumerable.Range(0, MostGenerations + 1).Select(g => OfTask($"{string.Concat(Enumerable.Repeat("real_parent.", g))}group_leader.comm", ValueKind.Text))];

    static readonly ValueSpec s_newFile = new() { Source = ValueSource.Returned, Kind = ValueKind.FileDescriptor }, s_newSocket = new() { Source = ValueSource.Returned, Kind = ValueKind.DescriptorSocket };

    readonly List<ValueSpec> _specs = [];

    /// <summary>The call.</summary>
    public CallInfo Call => call;

    /// <summary>Whether it is an execution that has succeeded: the process is asked before its first instruction, and there is no result.</summary>
    public bool IsExecution { get; init; }

    /// <summary>What is captured, by place.</summary>
    public IReadOnlyList<ValueSpec> Specs => _specs;

    /// <summary>Whether something that rules ask for has found no place.</summary>
    public bool IsFull { get; private set; }

    /// <summary>The place of what is captured so; -1 when it is not.</summary>
    public int Find(ValueSpec spec) => _specs.IndexOf(spec);

    /// <summary>The place of what is captured so from now on; -1 when there is no room.</summary>
    public int Require(ValueSpec spec)
    {
        var place = _specs.IndexOf(spec);
        if (place >= 0) return place;
        if (_specs.Count == Most)
        {
            IsFull = true;
            return -1;
        }
        _specs.Add(spec);
        return _specs.Count - 1;
    }

    /// <summary>What the call returned.</summary>
    public static ValueSpec Result { get; } = new() { Source = ValueSource.Returned, Kind = ValueKind.Int64 };

    /// <summary>The name of the process's first thread.</summary>
    public static ValueSpec Name => NameOfAncestor(0);

    /// <summary>The effective user.</summary>
    public static ValueSpec User { get; } = OfTask("cred.euid.val", ValueKind.UInt32);

    /// <summary>The effective group.</summary>
    public static ValueSpec Group { get; } = OfTask("cred.egid.val", ValueKind.UInt32);

    /// <summary>The working directory.</summary>
    public static ValueSpec WorkingDirectory { get; } = OfTask("fs.pwd", ValueKind.Path);

    /// <summary>The name of an ancestor: the parent has generation 1, the process itself 0.</summary>
    public static ValueSpec NameOfAncestor(int generation) => s_ancestors[generation];

    /// <summary>The file that the event is about; null when it is about none.</summary>
    public ValueSpec? File => call.ReturnsDescriptor ? s_newFile : call.Descriptor?.File;

    /// <summary>The socket that the event is about; null when it is about none.</summary>
    public ValueSpec? Socket => call.ReturnsDescriptor ? s_newSocket : call.Descriptor?.Socket;

    /// <summary>The number of the descriptor that the event is about; null when it is about none.</summary>
    public ValueSpec? Descriptor => call.ReturnsDescriptor ? Result : call.Descriptor?.Value;

    static ValueSpec OfTask(string path, ValueKind kind) => new() { Source = ValueSource.CurrentTask, Path = path, Kind = kind };
}
