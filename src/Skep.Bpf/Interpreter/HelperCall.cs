using System.Runtime.InteropServices;
using System.Text;

namespace Skep.Bpf.Interpreter;

/// <summary>A body for a helper or kernel function: reads the arguments, returns r0.</summary>
public delegate ulong HelperBody(in HelperCall call);

/// <summary>The arguments of a helper call and access to the memory of its caller.</summary>
public readonly ref struct HelperCall
{
    readonly ReadOnlySpan<ulong> _arguments;

    internal HelperCall(Machine machine, ReadOnlySpan<ulong> arguments)
    {
        Machine = machine;
        _arguments = arguments;
    }

    /// <summary>The calling machine.</summary>
    public Machine Machine { get; }

    /// <summary>An argument, from 1 to 5.</summary>
    public ulong this[int number] => _arguments[number - 1];

    /// <summary>The bytes that argument <paramref name="number"/> points to; faults when they are not readable.</summary>
    public ReadOnlySpan<byte> Read(int number, int size) => Machine.Access(this[number], size, write: false);

    /// <summary>The bytes that argument <paramref name="number"/> points to; faults when they are not writable.</summary>
    public Span<byte> Write(int number, int size) => Machine.Access(this[number], size, write: true);

    /// <summary>A value that argument <paramref name="number"/> points to.</summary>
    public T Read<T>(int number) where T : unmanaged => MemoryMarshal.Read<T>(Read(number, System.Runtime.CompilerServices.Unsafe.SizeOf<T>()));

    /// <summary>A size argument; faults when it is not between 0 and 2³¹.</summary>
    public int Size(int number) => this[number] <= int.MaxValue
        ? (int)this[number]
        : throw Machine.Fault(FaultKind.InvalidArgument, $"argument {number}: {(long)this[number]} is no size");

    /// <summary>The map that argument <paramref name="number"/> refers to; faults for anything else.</summary>
    public VirtualMap Map(int number) => Machine.Memory.TryFind(this[number], out var region) && region.Map is { } map && region.Address == this[number]
        ? map
        : throw Machine.Fault(FaultKind.InvalidArgument, $"argument {number}: 0x{this[number]:x} is no map");

    /// <summary>The map of a kind that argument <paramref name="number"/> refers to; faults for any other.</summary>
    public T Map<T>(int number) where T : VirtualMap => Map(number) as T
        ?? throw Machine.Fault(FaultKind.InvalidArgument, $"argument {number}: map '{Map(number).Name}' ({Map(number).Spec.Type}) is of the wrong kind");

    /// <summary>The NUL-terminated text that argument <paramref name="number"/> points to, at most <paramref name="limit"/> bytes.</summary>
    public string Text(int number, int limit)
    {
        var length = 0;
        while (length < limit && Machine.Access(this[number] + (ulong)length, 1, write: false)[0] != 0) length++;
        return Encoding.UTF8.GetString(Read(number, length));
    }

    /// <summary>Calls a BPF function given by address, as helpers with callbacks do.</summary>
    public ulong Invoke(int number, params ReadOnlySpan<ulong> arguments) => Machine.Invoke(this[number], arguments);
}
