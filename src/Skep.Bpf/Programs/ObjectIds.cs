using System.Collections;
using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>
/// Ids of all objects of one kind in the kernel, ascending, asked one by one while enumerating: objects may come and go meanwhile, so opening
/// an id can find nothing. Enumerating needs CAP_SYS_ADMIN.
/// </summary>
public readonly struct ObjectIds : IEnumerable<uint>
{
    readonly BpfCommand _next;

    ObjectIds(BpfCommand next) => _next = next;

    /// <summary>Ids of programs. Requires at least Linux 4.13.</summary>
    public static ObjectIds Programs => new(BpfCommand.ProgramGetNextId);

    /// <summary>Ids of maps. Requires at least Linux 4.13.</summary>
    public static ObjectIds Maps => new(BpfCommand.MapGetNextId);

    /// <summary>Ids of links. Requires at least Linux 5.8.</summary>
    public static ObjectIds Links => new(BpfCommand.LinkGetNextId);

    /// <summary>Ids of BTF objects, the kernel's and its modules' included. Requires at least Linux 5.4.</summary>
    public static ObjectIds Btfs => new(BpfCommand.BtfGetNextId);

    /// <summary>Starts from the lowest id.</summary>
    public Enumerator GetEnumerator() => new(_next);

    IEnumerator<uint> IEnumerable<uint>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Asks the kernel for one id after the other.</summary>
    public struct Enumerator : IEnumerator<uint>
    {
        readonly BpfCommand _next;
        uint _current;

        internal Enumerator(BpfCommand next) => _next = next;

        /// <inheritdoc/>
        public readonly uint Current => _current;

        readonly object IEnumerator.Current => _current;

        /// <inheritdoc/>
        /// <exception cref="BpfSyscallException">The user may not list objects.</exception>
        public bool MoveNext() => BpfObjects.TryGetNextId(_next, _current, out _current);

        /// <inheritdoc/>
        public void Reset() => _current = 0;

        /// <inheritdoc/>
        public readonly void Dispose()
        {
        }
    }
}
