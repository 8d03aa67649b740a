namespace Skep.Engine.Processes;

/// <summary>Processes of one fate, oldest first; a process is in one list at a time.</summary>
sealed class ProcessList
{
    ProcessInfo? _last;

    public ProcessInfo? First { get; private set; }

    public int Count { get; private set; }

    public void Append(ProcessInfo process)
    {
        process.List = this;
        process.PreviousInList = _last;
        process.NextInList = null;
        if (_last is null) First = process;
        else _last.NextInList = process;
        _last = process;
        Count++;
    }

    public void Remove(ProcessInfo process)
    {
        if (process.PreviousInList is { } previous) previous.NextInList = process.NextInList;
        else First = process.NextInList;
        if (process.NextInList is { } next) next.PreviousInList = process.PreviousInList;
        else _last = process.PreviousInList;
        process.List = null;
        process.PreviousInList = process.NextInList = null;
        Count--;
    }
}
