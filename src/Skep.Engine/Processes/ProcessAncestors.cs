namespace Skep.Engine.Processes;

/// <summary>The ancestors of a process, its parent first, as far as they are known. To be enumerated with <c>foreach</c>; allocates nothing.</summary>
public readonly struct ProcessAncestors(ProcessInfo process)
{
    /// <summary>Starts at the parent.</summary>
    public Enumerator GetEnumerator() => new(process);

    /// <summary>Walks from parent to parent.</summary>
    public struct Enumerator
    {
        ProcessInfo? _current;

        internal Enumerator(ProcessInfo process) => _current = process;

        /// <summary>The ancestor at hand.</summary>
        public readonly ProcessInfo Current => _current!;

        /// <summary>Steps to the next parent; false when there is none.</summary>
        public bool MoveNext() => (_current = _current?.Parent) is not null;
    }
}
