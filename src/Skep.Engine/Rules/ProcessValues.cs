namespace Skep.Engine.Rules;

/// <summary>What can be asked of executions and exits, by name: values for the requests of <see cref="ExecutionHook"/> and <see cref="ExitHook"/>.</summary>
public static class ProcessValues
{
    /// <summary>Of the new program.</summary>
    public static IReadOnlyDictionary<string, ValueSpec> OfExecution { get; } = new Dictionary<string, ValueSpec>(StringComparer.Ordinal)
    {
        ["executable"] = OfTask("mm.exe_file", ValueKind.File),
        ["filename"] = new() { Kind = ValueKind.Text, StartType = "linux_binprm", Path = "filename" },
        ["arguments"] = OfTask("", ValueKind.Arguments),
        ["cwd"] = OfTask("fs.pwd", ValueKind.Path),
        ["comm"] = OfTask("comm", ValueKind.Text),
        ["uid"] = OfTask("cred.uid.val", ValueKind.UInt32),
        ["euid"] = OfTask("cred.euid.val", ValueKind.UInt32),
        ["gid"] = OfTask("cred.gid.val", ValueKind.UInt32),
        ["egid"] = OfTask("cred.egid.val", ValueKind.UInt32),
        ["flags"] = new() { Index = 1, Kind = ValueKind.ProcessFlags },
    };

    /// <summary>Of the process that ends. By then its memory may be gone, and with it executable and arguments: conditions on the process still know them.</summary>
    public static IReadOnlyDictionary<string, ValueSpec> OfExit { get; } = new Dictionary<string, ValueSpec>(StringComparer.Ordinal)
    {
        ["code"] = new() { Index = 1, Kind = ValueKind.UInt32 },
        ["signal"] = new() { Index = 2, Kind = ValueKind.UInt32 },
        ["comm"] = OfTask("comm", ValueKind.Text),
        ["uid"] = OfTask("cred.uid.val", ValueKind.UInt32),
        ["euid"] = OfTask("cred.euid.val", ValueKind.UInt32),
        ["gid"] = OfTask("cred.gid.val", ValueKind.UInt32),
        ["egid"] = OfTask("cred.egid.val", ValueKind.UInt32),
    };

    /// <summary>The status of an exit, as of wait(2).</summary>
    internal static ValueSpec Status { get; } = new() { Index = 0, Kind = ValueKind.UInt32 };

    static ValueSpec OfTask(string path, ValueKind kind) => new() { Source = ValueSource.CurrentTask, Path = path, Kind = kind };
}
