using System.Runtime.CompilerServices;
using Skep.Bpf.Interop;

namespace Skep.Bpf;

public partial class BpfMap
{
    /// <summary>
    /// Bytes of a value as user space passes it: for per-CPU maps one slot for each possible CPU, each rounded up to 8 bytes; 4 for maps whose
    /// values are descriptors; <see cref="ValueSize"/> for all others (kernel/bpf/syscall.c: bpf_map_value_size).
    /// </summary>
    public int UserValueSize { get; }

    /// <summary>Whether values have one slot for each possible CPU.</summary>
    public bool IsPerCpu => Type is MapType.PerCpuHash or MapType.PerCpuArray or MapType.LruPerCpuHash or MapType.PerCpuCgroupStorage;

    /// <summary>Copies the value of <paramref name="key"/> into <paramref name="value"/>; false when there is none.</summary>
    /// <param name="key"><see cref="KeySize"/> bytes.</param>
    /// <param name="value"><see cref="UserValueSize"/> bytes.</param>
    /// <param name="flags">How to copy.</param>
    /// <exception cref="BpfSyscallException">The kernel refused: this kind of map has no lookup from user space, or it is write-only.</exception>
    public bool TryLookup(ReadOnlySpan<byte> key, Span<byte> value, MapLookupFlags flags = MapLookupFlags.None)
    {
        CheckKey(key.Length);
        CheckValue(value.Length);
        var result = MapCalls.Lookup(Fd, key, value, (ulong)flags);
        return result >= 0 || IsAbsent(result, "look up in");
    }

    /// <summary>Creates or replaces an element.</summary>
    /// <param name="key"><see cref="KeySize"/> bytes.</param>
    /// <param name="value"><see cref="UserValueSize"/> bytes.</param>
    /// <param name="flags">Whether the element must or must not exist.</param>
    /// <exception cref="BpfSyscallException">E2BIG: the map is full; EEXIST, ENOENT: <paramref name="flags"/> forbid it; EPERM: the map is frozen or read-only.</exception>
    public void Update(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, MapUpdateFlags flags = MapUpdateFlags.Any)
    {
        CheckKey(key.Length);
        CheckValue(value.Length);
        var result = MapCalls.Update(Fd, key, value, (ulong)flags);
        if (result < 0) throw Failure("update", -result);
    }

    /// <summary>As <see cref="Update"/>, but false when <paramref name="flags"/> forbid it because the element exists (or does not).</summary>
    public bool TryUpdate(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, MapUpdateFlags flags)
    {
        CheckKey(key.Length);
        CheckValue(value.Length);
        var result = MapCalls.Update(Fd, key, value, (ulong)flags);
        if (result >= 0) return true;
        var refused = (result == -Errno.EEXIST && (flags & MapUpdateFlags.NoExist) != 0) || (result == -Errno.ENOENT && (flags & MapUpdateFlags.Exist) != 0);
        return refused ? false : throw Failure("update", -result);
    }

    /// <summary>Deletes an element; false when there is none.</summary>
    public bool Delete(ReadOnlySpan<byte> key)
    {
        CheckKey(key.Length);
        var result = MapCalls.Delete(Fd, key);
        return result >= 0 || IsAbsent(result, "delete from");
    }

    /// <summary>Takes an element out of the map in one step; false when there is none. Queues and stacks have it since Linux 4.20, hashes since 5.14.</summary>
    public bool TryLookupAndDelete(ReadOnlySpan<byte> key, Span<byte> value, MapLookupFlags flags = MapLookupFlags.None)
    {
        CheckKey(key.Length);
        CheckValue(value.Length);
        var result = MapCalls.LookupAndDelete(Fd, key, value, (ulong)flags);
        return result >= 0 || IsAbsent(result, "look up and delete in");
    }

    /// <summary>
    /// Finds the key after <paramref name="key"/> in the kernel's order; an empty <paramref name="key"/> asks for the first. False at the end.
    /// When <paramref name="key"/> has vanished meanwhile, hash maps start again at their first key (kernel/bpf/hashtab.c: htab_map_get_next_key).
    /// </summary>
    public bool TryGetNextKey(ReadOnlySpan<byte> key, Span<byte> next)
    {
        if (!key.IsEmpty) CheckKey(key.Length);
        CheckKey(next.Length);
        var result = MapCalls.NextKey(Fd, key, next);
        return result >= 0 || IsAbsent(result, "iterate");
    }

    /// <summary>Forbids every further change from user space; programs may still write unless the map is <see cref="MapFlags.ProgramReadOnly"/>. Requires at least Linux 5.2.</summary>
    public void Freeze()
    {
        var result = MapCalls.Freeze(Fd);
        if (result < 0) throw Failure("freeze", -result);
    }

    internal static int SizeInUserSpace(MapType type, uint valueSize) => type switch
    {
        MapType.PerCpuHash or MapType.PerCpuArray or MapType.LruPerCpuHash or MapType.PerCpuCgroupStorage =>
            checked((int)((ulong)SlotSize(valueSize) * (ulong)PossibleCpus.Count)),
        MapType.ProgArray or MapType.PerfEventArray or MapType.CgroupArray or MapType.ArrayOfMaps or MapType.HashOfMaps => sizeof(uint),
        _ => checked((int)valueSize),
    };

    /// <summary>Bytes of one CPU's slot, and of one element of a memory-mapped array.</summary>
    internal static int SlotSize(uint valueSize) => checked((int)(((ulong)valueSize + 7) & ~7ul));

    /// <summary>False for "no such element"; throws for every other result.</summary>
    bool IsAbsent(int result, string verb) => result == -Errno.ENOENT ? false : throw Failure(verb, -result);

    void CheckKey(int length)
    {
        if (length != (int)KeySize) ThrowSize("key", length, (int)KeySize);
    }

    void CheckValue(int length)
    {
        if (length != UserValueSize) ThrowSize("value", length, UserValueSize);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    void ThrowSize(string what, int actual, int wanted) => throw new ArgumentException($"map '{Name}': a {what} has {wanted} bytes, not {actual}");

    /// <summary>A failed operation in plain words.</summary>
    internal BpfSyscallException Failure(string verb, int errno) => new($"{verb} map '{Name}' ({Type})", errno, errno switch
    {
        Errno.E2BIG when Type is MapType.Queue or MapType.Stack => $"it is full: it holds {MaxEntries} elements",
        Errno.E2BIG when KeySize == sizeof(uint) => $"it is full or the index is not below {MaxEntries}",
        Errno.E2BIG => $"it is full: it holds {MaxEntries} elements",
        Errno.EEXIST => "the element exists already",
        Errno.ENOENT => "there is no such element",
        Errno.EPERM => "it is frozen, or this descriptor may not do that, or the caller lacks CAP_BPF",
        Errno.ENOTSUPP or Errno.EOPNOTSUPP => $"maps of type {Type} do not offer this to user space",
        _ => null,
    });
}
