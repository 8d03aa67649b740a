namespace Skep.Engine.Processes;

// Who is in the tree, what it costs, and who leaves. A process is in one of five lists by what became of it; an ended one comes to the list
// of those that may go when its last running descendant has ended, so children precede their parents there and no child outlives its
// parent in the tree unless the memory cap asks for it.
public sealed partial class ProcessTree
{
    /// <summary>Bytes that every process costs beside its texts: the object and its entries in both indexes at their lowest load.</summary>
    public const int ProcessCost = 688;

    readonly ProcessList _ended = new(), _ancestors = new(), _ancestorsBare = new(), _running = new(), _runningBare = new();

    /// <summary>
    /// Bytes that the tree retains: <see cref="ProcessCost"/> for each process; for each text (executable with working directory, arguments,
    /// environment) 64 and its length, once for all processes that share it; for <see cref="ProcessInfo.Printed"/> the length of a byte array
    /// or string, what an <see cref="IRetained"/> says, or 64.
    /// </summary>
    public long RetainedBytes { get; private set; }

    internal void OnPrinted(ProcessInfo process)
    {
        var bytes = process.Printed switch
        {
            null => 0,
            byte[] array => 24 + array.Length,
            string text => 24 + 2 * text.Length,
            IRetained retained => retained.RetainedBytes,
            _ => 64,
        };
        RetainedBytes += bytes - process.PrintedBytes;
        process.PrintedBytes = bytes;
        Place(process);
        Shrink(process);
    }

    // Enters a process as the newest of its pid, or as one that has ended when a newer one is known. The placeholder of the same identity,
    // or the image seeded from /proc that is really this process, gives way.
    void Enter(ProcessInfo process, ProcessInfo? placeholder, ulong replacedStart = 0)
    {
        ProcessInfo? orphans = null;
        // It may have had to make room for the parent.
        if (placeholder?.Tree != this) placeholder = null;
        if (placeholder is null && _newest.TryGetValue(process.Id.Pid, out var seeded) && IsTwin(seeded, process)) placeholder = seeded;
        if (placeholder is not null)
        {
            if (!placeholder.IsAlive) process.EndTime = placeholder.EndTime;
            Hold(process, 1);
            orphans = DetachChildren(placeholder);
            Remove(placeholder);
            Hold(process, -1);
        }
        if (!_newest.TryGetValue(process.Id.Pid, out var newest)) _newest[process.Id.Pid] = process;
        else if (newest.Id.Start < process.Id.Start)
        {
            if (newest.IsAlive)
            {
                if (newest.Id.Start != replacedStart && !newest.IsPlaceholder) Counters.LostEnds++;
                End(newest, process.Id.Start);
            }
            _newest[process.Id.Pid] = process;
        }
        else
        {
            if (process.IsAlive) process.EndTime = newest.Id.Start;
            Counters.LateStarts++;
        }
        // Its parent may have left to make room, or be below it through a placeholder.
        if (process.Parent is { } parent && (parent.Tree != this || IsBelow(parent, orphans))) process.AdoptBy(null);
        _byId[process.Id] = process;
        process.Tree = this;
        RetainedBytes += ProcessCost;
        Hold(process, 1);
        process.References = process.IsAlive ? 1 : 0;
        Attach(process);
        Place(process);
        while (orphans is not null)
        {
            var child = orphans;
            orphans = child.NextSibling;
            child.NextSibling = null;
            child.AdoptBy(process, process.Id);
            Attach(child);
        }
        Shrink(process);
    }

    // The seeder read a process whose fork was still on its way here. Its start in /proc is that of the fork but for the rounding down.
    static bool IsTwin(ProcessInfo seeded, ProcessInfo process) =>
        (seeded.Flags & ProcessFlags.Seeded) != 0 && (process.Flags & ProcessFlags.Forked) != 0 && seeded.IsAlive
        && process.Id.Start >= seeded.Id.Start && process.Id.Start - seeded.Id.Start < 2 * ProcReader.TickNanoseconds;

    static bool IsBelow(ProcessInfo process, ProcessInfo? siblings)
    {
        for (var top = siblings; top is not null; top = top.NextSibling)
        {
            for (ProcessInfo? ancestor = process; ancestor is not null; ancestor = ancestor.Parent)
            {
                if (ancestor == top) return true;
            }
        }
        return false;
    }

    void End(ProcessInfo process, ulong time)
    {
        // A clock that stood still must not make it look alive.
        process.EndTime = Math.Max(time, 1);
        process.References--;
        if (process.Parent is { } parent) parent.References--;
        if (process.HoldingChildren == 0) LetGo(process.Parent);
        Place(process);
        // Parents follow their children into the list, so the order of time is also that of descent.
        for (var ancestor = process.Parent; ancestor is { Holds: false } && ancestor.List != _ended; ancestor = ancestor.Parent) Place(ancestor);
    }

    // One child less that runs or has running descendants, and so on upwards.
    static void LetGo(ProcessInfo? ancestor)
    {
        while (ancestor is not null)
        {
            ancestor.HoldingChildren--;
            if (ancestor.Holds) return;
            ancestor = ancestor.Parent;
        }
    }

    void Attach(ProcessInfo process)
    {
        if (process.Parent is not { } parent) return;
        process.NextSibling = parent.FirstChild;
        if (parent.FirstChild is { } first) first.PreviousSibling = process;
        parent.FirstChild = process;
        if (process.IsAlive) parent.References++;
        if (!process.Holds) return;
        for (var ancestor = parent; ancestor is not null; ancestor = ancestor.Parent)
        {
            var held = ancestor.Holds;
            ancestor.HoldingChildren++;
            if (held) return;
            Place(ancestor);
        }
    }

    void Detach(ProcessInfo process)
    {
        if (process.Parent is not { } parent) return;
        if (process.PreviousSibling is { } previous) previous.NextSibling = process.NextSibling;
        else parent.FirstChild = process.NextSibling;
        if (process.NextSibling is { } next) next.PreviousSibling = process.PreviousSibling;
        process.NextSibling = process.PreviousSibling = null;
        if (process.IsAlive) parent.References--;
        if (process.Holds)
        {
            LetGo(parent);
            for (ProcessInfo? ancestor = parent; ancestor is { Holds: false } && ancestor.List != _ended; ancestor = ancestor.Parent) Place(ancestor);
        }
        process.AdoptBy(null);
    }

    // The children as a chain over NextSibling, their parent forgotten.
    ProcessInfo? DetachChildren(ProcessInfo process)
    {
        ProcessInfo? chain = null;
        while (process.FirstChild is { } child)
        {
            Detach(child);
            child.NextSibling = chain;
            chain = child;
        }
        return chain;
    }

    void Remove(ProcessInfo process)
    {
        for (var child = DetachChildren(process); child is not null;)
        {
            var next = child.NextSibling;
            child.NextSibling = null;
            child = next;
        }
        Detach(process);
        process.List!.Remove(process);
        _byId.Remove(process.Id);
        if (_newest.TryGetValue(process.Id.Pid, out var newest) && newest == process) _newest.Remove(process.Id.Pid);
        Hold(process, -1);
        RetainedBytes -= ProcessCost + process.PrintedBytes;
        process.PrintedBytes = 0;
        process.Tree = null;
    }

    void Place(ProcessInfo process)
    {
        if (process.Tree != this) return;
        var list = process.IsAlive ? (process.IsBare ? _runningBare : _running)
            : process.HoldingChildren == 0 ? _ended
            : process.IsBare ? _ancestorsBare : _ancestors;
        if (process.List == list) return;
        process.List?.Remove(process);
        process.ListedAt = _now;
        list.Append(process);
    }

    // Down to the cap, sparing the process at hand until nothing else is left.
    void Shrink(ProcessInfo current)
    {
        while (RetainedBytes > _options.MemoryCap)
        {
            if (FirstOf(_ended) is { } ended)
            {
                Remove(ended);
                Counters.EvictedEnded++;
            }
            else if (FirstOf(_ancestors) is { } texts)
            {
                DropTexts(texts);
                Counters.TextsDroppedOfEnded++;
            }
            else if (FirstOf(_ancestorsBare) is { } ancestor)
            {
                Remove(ancestor);
                Counters.EvictedAncestors++;
            }
            else if (FirstOf(_running) is { } running)
            {
                DropTexts(running);
                Counters.TextsDroppedOfRunning++;
            }
            else if (FirstOf(_runningBare) is { } bare)
            {
                Remove(bare);
                Counters.EvictedRunning++;
            }
            else if (!current.IsBare)
            {
                DropTexts(current);
                Counters.TextsDroppedOfRunning++;
            }
            else
            {
                return;
            }
        }

        ProcessInfo? FirstOf(ProcessList list) => list.First == current ? current.NextInList : list.First;
    }

    void DropTexts(ProcessInfo process)
    {
        if (process.ArgumentsText is not null) Exchange(process, null, isEnvironment: false);
        if (process.EnvironmentText is not null) Exchange(process, null, isEnvironment: true);
        process.ForgetPrinted();
        RetainedBytes -= process.PrintedBytes;
        process.PrintedBytes = 0;
        process.Mark(ProcessFlags.None, "its arguments were dropped to save memory");
        Place(process);
    }

    void Exchange(ProcessInfo process, SharedText? text, bool isEnvironment)
    {
        Hold(isEnvironment ? process.EnvironmentText : process.ArgumentsText, -1);
        if (isEnvironment) process.ReplaceEnvironment(text);
        else process.ReplaceArguments(text);
        Hold(text, 1);
        Place(process);
    }

    // A text may have half of the cap at most, so that one process with long arguments does not drive all others out.
    bool HasRoomFor(int bytes) => bytes <= _options.MemoryCap / 2;

    void Hold(ProcessInfo process, int change)
    {
        Hold(process.NamesText, change);
        Hold(process.ArgumentsText, change);
        Hold(process.EnvironmentText, change);
    }

    void Hold(SharedText? text, int change)
    {
        if (text is null) return;
        if (text.Holders == 0) RetainedBytes += text.Cost;
        text.Holders += change;
        if (text.Holders == 0) RetainedBytes -= text.Cost;
    }
}
