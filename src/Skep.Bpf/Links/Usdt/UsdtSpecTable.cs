using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>
/// The array map <c>usdt_specs</c> of a program that reads USDT arguments with <c>bpf/usdt.h</c>: one element per distinct site, chosen by
/// the attach cookie. Several links may share a table.
/// </summary>
public sealed class UsdtSpecTable
{
    /// <summary>Most arguments of a probe.</summary>
    public const int MaxArguments = 12;

    internal const int ElementSize = 16 + MaxArguments * 16;

    readonly Lock _gate = new();
    readonly BpfMap _map;
    readonly Dictionary<uint, (byte[] Content, int Users)> _elements = [];

    /// <summary>Uses a map.</summary>
    /// <param name="map">An array map with the value size of <c>struct usdt_spec</c>.</param>
    public UsdtSpecTable(BpfMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        if (map.Type != MapType.Array || map.ValueSize != ElementSize)
        {
            throw new ArgumentException($"map '{map.Name}' is not an array of {ElementSize} bytes: it is not the one of bpf/usdt.h", nameof(map));
        }
        _map = map;
    }

    /// <summary>Finds or fills an element and returns its index.</summary>
    internal uint Add(UsdtProbe probe, ulong cookie)
    {
        var content = Encode(probe, cookie);
        lock (_gate)
        {
            foreach (var (index, element) in _elements)
            {
                if (!element.Content.AsSpan().SequenceEqual(content)) continue;
                _elements[index] = element with { Users = element.Users + 1 };
                return index;
            }
            for (var index = 0u; index < _map.MaxEntries; index++)
            {
                if (_elements.ContainsKey(index)) continue;
                var result = MapElement.Update(_map.Fd.Value, MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in index)), content, flags: 0);
                if (result < 0) throw new BpfSyscallException($"write specification of {probe.Provider}:{probe.Name} to map '{_map.Name}'", -result);
                _elements[index] = (content, 1);
                return index;
            }
        }
        throw new BpfException($"map '{_map.Name}' is full: it holds {_map.MaxEntries} USDT sites; raise its max_entries before load");
    }

    internal void Release(uint index)
    {
        lock (_gate)
        {
            if (!_elements.TryGetValue(index, out var element)) return;
            if (element.Users > 1) _elements[index] = element with { Users = element.Users - 1 };
            else _elements.Remove(index);
        }
    }

    /// <summary><c>struct usdt_spec</c> of <c>bpf/usdt.h</c>.</summary>
    internal static byte[] Encode(UsdtProbe probe, ulong cookie)
    {
        var bytes = new byte[ElementSize];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, cookie);
        var count = Math.Min(probe.Arguments.Count, MaxArguments);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), count);
        for (var i = 0; i < count; i++)
        {
            var argument = probe.Arguments[i];
            MemoryMarshal.Write(bytes.AsSpan(16 + i * 16), in argument);
        }
        return bytes;
    }
}
