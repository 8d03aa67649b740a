namespace Skep.Engine.Processes;

/// <summary>What ties a process into its <see cref="ProcessTree"/>; touched by the tree alone.</summary>
public sealed partial class ProcessInfo
{
    internal ProcessTree? Tree;
    internal SharedText? NamesText, ArgumentsText, EnvironmentText;
    internal ProcessInfo? FirstChild, NextSibling, PreviousSibling;
    internal ProcessInfo? NextInList, PreviousInList;
    internal ProcessList? List;

    // When it came to its list, by the clock of the records.
    internal ulong ListedAt;

    // Children that run or have running descendants.
    internal int HoldingChildren;
    internal int PrintedBytes;

    // A stand-in made for an event whose start of process was not seen: gives way to the real thing.
    internal bool IsPlaceholder;

    // Policies choose executions, and this one was not among the events: nor is its end.
    internal bool IsUnwanted;

    // Where the recording of this moment knows it.
    internal Recording.RecordingMark RecordingMark;

    // Of what it is itself, without its container.
    internal int OwnVersion => _version;

    internal bool IsAlive => EndTime == 0;

    internal bool Holds => IsAlive || HoldingChildren > 0;

    internal bool IsBare => ArgumentsText is null && EnvironmentText is null && PrintedBytes == 0;

    internal void AdoptBy(ProcessInfo? parent) => _parent = parent;

    internal void AdoptBy(ProcessInfo? parent, ProcessId id)
    {
        _parent = parent;
        _parentId = id;
    }

    internal void Mark(ProcessFlags flags, string? because)
    {
        _flags |= flags;
        _unknownBecause ??= because;
        _version++;
    }

    internal void ReplaceArguments(SharedText? text)
    {
        ArgumentsText = text;
        _arguments = text?.Bytes;
        _version++;
    }

    internal void ReplaceEnvironment(SharedText? text)
    {
        EnvironmentText = text;
        _environment = text?.Bytes;
        _version++;
    }

    internal void ForgetPrinted() => _printed = null;
}
