using Skep.Engine.Rules;
using Skep.Tetragon.Export;

namespace Skep.Tetragon.Policies;

/// <summary>What the printer has to know of a hook: <see cref="HookRequest.Tag"/> of all hooks of this dialect.</summary>
public sealed record HookTag : IExportedHook
{
    /// <summary>Name of the policy.</summary>
    public required string Policy { get; init; }

    /// <summary>The policy's namespace; empty for one of the whole cluster.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>The section that the hook stands in.</summary>
    public required HookSection Section { get; init; }

    /// <summary>Function, usdt or LSM hook as events name it, with the architecture's prefix for system calls: <c>__x64_sys_openat</c>. Empty for tracepoints.</summary>
    public string Function { get; init; } = "";

    /// <summary>The file of a uprobe or usdt; empty for hooks of the kernel.</summary>
    public string Path { get; init; } = "";

    /// <summary>A usdt's provider.</summary>
    public string Provider { get; init; } = "";

    /// <summary>Where a uprobe without a symbol is.</summary>
    public ulong Offset { get; init; }

    /// <summary>Offset of a uprobe's counter of listeners; 0 for none.</summary>
    public ulong Counter { get; init; }

    /// <summary>A tracepoint's subsystem.</summary>
    public string Subsystem { get; init; } = "";

    /// <summary>A tracepoint's name.</summary>
    public string Event { get; init; } = "";

    /// <summary>The hook's message; empty for none.</summary>
    public string Message { get; init; } = "";

    /// <summary>The hook's tags.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>One for each of <see cref="HookRequest.Values"/>: first the arguments, then the data, then what is returned.</summary>
    public IReadOnlyList<ValueTag> Values { get; init; } = [];

    /// <summary>How many of <see cref="Values"/> are arguments.</summary>
    public int ArgumentCount { get; init; }

    /// <summary>How many of <see cref="Values"/>, after the arguments, are data.</summary>
    public int DataCount { get; init; }

    /// <summary>Place in <see cref="Values"/> of what the function returns; -1 when that is not captured.</summary>
    public int ReturnValue { get; init; } = -1;

    /// <summary>What each rule does, in their order, as events name it.</summary>
    public IReadOnlyList<ExportRule> Rules { get; init; } = [];

    /// <inheritdoc/>
    public ExportHook ExportOf(HookRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new ExportHook(
            Section switch
            {
                HookSection.Tracepoint => ExportSection.Tracepoint,
                HookSection.Lsm => ExportSection.Lsm,
                HookSection.Uprobe => ExportSection.Uprobe,
                HookSection.Usdt => ExportSection.Usdt,
                _ => ExportSection.Kprobe,
            },
            Section == HookSection.Tracepoint ? (Subsystem.Length > 0 ? $"{Subsystem}/{Event}" : Event) : Function,
            Policy, [.. request.Values.Select((value, place) => Printed(request.Values, value, place))], Rules, Message, Tags,
            Path.Length > 0 ? new ExportFile(Path, Provider, Offset, Counter) : null);
    }

    ExportValue Printed(IReadOnlyList<ValueSpec> values, ValueSpec value, int place)
    {
        var role = value.Kind == ValueKind.CommandArgument ? ExportRole.None : place == ReturnValue ? ExportRole.Return : place >= ArgumentCount && place < ArgumentCount + DataCount ? ExportRole.Data : ExportRole.Argument;
        var size = -1;
        for (var i = 0; i < values.Count && value.SizeIndex >= 0; i++)
        {
            if (values[i] is { Source: ValueSource.Argument, Path: "" } other && other.Index == value.SizeIndex) size = i;
        }
        return new ExportValue(value.Kind, role, place < Values.Count ? Values[place].Label : "", size);
    }
}
